"""OpenPGP certificates and secret keys out of a file: armored or binary, one or thousands, honest or not."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailsec.core.errors import BadInput
from mailsec.core.limits import RING_CERTIFICATE_BYTES, RING_SELF_WORK, RING_USER_IDS
from mailsec.core.text import from_bytes
from mailsec.message.address import parse_address
from mailsec.trust.keyring.certifications import CERTIFYING, REVOKING, issuers
from mailsec.trust.keyring.packets import PRIMARY_TAGS, SECRET_TAGS, KeyDataError, algorithm_of, signature_of, tags_of

if TYPE_CHECKING:
    from pysequoia import Cert
    from pysequoia.packet import Packet

SIGNATURE, USER_ID = 2, 13
_PUBLIC_SUBKEY, _SECRET_SUBKEY = 14, 7
_KEY_REVOCATION = 0x20
_REASON = 29
# RFC 9580 section 5.2.3.31: what was signed before a key was superseded or retired stays valid; everything else is hard.
_SOFT = {1: "superseded", 3: "retired"}
_HARD = {0: "no reason given", 2: "compromised"}
_MIN_RSA_BITS = 2048
_ARMOR = re.compile(
    rb"-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----[ \t]*\r?\n(?:[^\r\n]+:[^\r\n]*\r?\n)*[ \t]*\r?\n"
    rb"([A-Za-z0-9+/=\s]*)-----END PGP"
)


@dataclass(frozen=True, slots=True)
class UserId:
    """A user ID with a self-signature that holds. `address` is "" where it names none; `certified_by` are the other keys that
    claim to have certified it, by fingerprint or key ID."""

    text: str
    address: str
    certified_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key's revocation: at what time, and whether what it signed before is void, too (`hard`)."""

    at: int | None
    hard: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A certificate as it was read. Times in seconds since 1970 UTC; `expires` None where it never does.

    `handles` are fingerprints and key IDs of the key and its subkeys. `data` has no secret parts; `secret` is the transferable
    secret key, None without one.
    """

    fingerprint: str
    key_id: str
    handles: tuple[str, ...]
    created: int
    expires: int | None
    revocation: Revocation | None
    algorithm: str
    bits: int
    user_ids: tuple[UserId, ...]
    data: bytes
    secret: bytes | None = None

    @property
    def weakness(self) -> str:
        """Why the key is weak; "" where it is not."""
        if self.algorithm == "rsa" and self.bits < _MIN_RSA_BITS:
            return f"an RSA key of {self.bits} bits"
        return f"a key for {self.algorithm}" if self.algorithm in ("dsa", "elgamal") else ""


def key_id_of(fingerprint: str) -> str:
    """The key ID: the low 64 bits of a fingerprint of version 4, the high 64 bits of a later one (RFC 9580 section 5.5.4)."""
    return fingerprint[-16:] if len(fingerprint) == 40 else fingerprint[:16]


def read_keys(data: bytes) -> Iterator[Reading | BadInput]:
    """The certificates in `data`, in order; in the place of one that cannot be used, what is wrong with it.

    Raises BadInput where `data` holds no key at all.
    """
    try:
        groups = [group for block in _blocks(data) for group in _grouped(block)]
    except KeyDataError as error:
        raise BadInput(error.message, hint="give OpenPGP keys, armored or binary") from None
    if not groups:
        raise BadInput("the data is no OpenPGP key", hint="give OpenPGP keys, armored or binary")
    for group in groups:
        try:
            yield _read(group)
        except BadInput as error:
            yield error


def read_key(data: bytes) -> Reading:
    """The one certificate in `data`. Raises BadInput where there is none, it cannot be used, or there are several."""
    found = list(read_keys(data))
    if len(found) > 1:
        raise BadInput(f"the data holds {len(found)} keys, where one is wanted")
    if isinstance(found[0], BadInput):
        raise found[0]
    return found[0]


def _blocks(data: bytes) -> list[bytes]:
    """The binary form of each armored block; the data itself where it is not armored. Raises KeyDataError."""
    if b"-----BEGIN PGP" not in data:
        return [data]
    blocks = []
    for match in _ARMOR.finditer(data):
        # the checksum's line begins with `=`; implementations are told not to rely on it (RFC 9580 section 6.1)
        text = re.sub(rb"(?m)^=[A-Za-z0-9+/]{4}\s*$", b"", match[1])
        try:
            blocks.append(binascii.a2b_base64(text))
        except binascii.Error:
            raise KeyDataError("the ASCII armor is damaged") from None
    return blocks


def _grouped(data: bytes) -> list[list[Packet]]:
    """The packets of each certificate. Raises KeyDataError."""
    # The library is large, and few runs read a key.
    from pysequoia.packet import PacketPile  # noqa: PLC0415

    for _ in tags_of(data):  # nothing but the packets of keys may reach the library
        pass
    try:
        packets = list(PacketPile.from_bytes(data)) if data else []
    except RuntimeError:  # its text is a backtrace
        raise KeyDataError("the data is no OpenPGP key: damaged or cut off") from None
    groups: list[list[Packet]] = []
    for packet in packets:
        if int(packet.tag) in PRIMARY_TAGS:
            groups.append([])
        if not groups:
            raise KeyDataError("the data is no OpenPGP key: it does not begin with one")
        groups[-1].append(packet)
    return groups


def _read(packets: Sequence[Packet]) -> Reading:
    """One certificate. Raises BadInput where it is too large or nothing of it holds."""
    from pysequoia import Cert, Tsk  # noqa: PLC0415

    primary = packets[0]
    fingerprint = (primary.fingerprint or "").upper()
    if not fingerprint:
        raise BadInput("a key of a version that is not known")
    whole = b"".join(bytes(packet) for packet in packets)
    _bound(packets, fingerprint, len(whole))
    try:
        secret = whole if any(int(packet.tag) in SECRET_TAGS for packet in packets) else None
        certificate = Tsk.from_bytes(whole).extract_certificate() if secret else Cert.from_bytes(whole)
        expires, revoked, names = certificate.expiration, certificate.is_revoked, _names(certificate)
    except RuntimeError:
        raise BadInput(
            f"key {fingerprint}: nothing in it is signed by the key itself, or only in a way that is broken"
        ) from None
    keys = [packet for packet in packets if packet.fingerprint]
    algorithm, bits = algorithm_of(bytes(primary.body))
    return Reading(
        fingerprint,
        key_id_of(fingerprint),
        tuple(dict.fromkeys(handle for key in keys for handle in _handles(key))),
        int(primary.key_created.timestamp()) if primary.key_created else 0,
        int(expires.timestamp()) if expires else None,
        _revocation(packets) if revoked else None,
        algorithm,
        bits,
        tuple(_user_ids(packets, names, fingerprint)),
        bytes(certificate),
        secret,
    )


def _handles(key: Packet) -> tuple[str, str]:
    fingerprint = (key.fingerprint or "").upper()
    return fingerprint, key_id_of(fingerprint)


def _bound(packets: Sequence[Packet], fingerprint: str, octets: int) -> None:
    """Refuse what would keep the library busy: its work grows with signatures times user IDs."""
    key_id = key_id_of(fingerprint)
    user_ids = sum(int(packet.tag) == USER_ID for packet in packets)
    places = user_ids + sum(int(packet.tag) in (_PUBLIC_SUBKEY, _SECRET_SUBKEY) for packet in packets)
    own = sum(int(packet.tag) == SIGNATURE and _is_own(packet, fingerprint, key_id) for packet in packets)
    for bad, what in (
        (octets > RING_CERTIFICATE_BYTES, f"{octets} octets; at most {RING_CERTIFICATE_BYTES} are read"),
        (user_ids > RING_USER_IDS, f"{user_ids} user IDs; at most {RING_USER_IDS} are read"),
        (own * places > RING_SELF_WORK, f"{own} signatures of its own for {places} user IDs and subkeys: too many to be tried"),
    ):
        if bad:
            raise BadInput(f"key {fingerprint} has {what}", hint="ask its owner for a clean copy")


def _is_own(packet: Packet, fingerprint: str, key_id: str) -> bool:
    """True where a signature may be the key's own: it says so, or says nothing."""
    issuer = (packet.issuer_fingerprint or packet.issuer_key_id or "").upper()
    return issuer in (fingerprint, key_id, "")


def _names(certificate: Cert) -> frozenset[str]:
    return frozenset(str(user_id) for user_id in certificate.user_ids)


def _user_ids(packets: Sequence[Packet], valid: frozenset[str], own: str) -> Iterator[UserId]:
    """The user IDs that hold, each with the other keys that claim to have certified it."""
    for text, signatures in user_id_signatures(packets):
        if text in valid:
            parsed = [signature_of(bytes(packet.body)) for packet in signatures]
            claims = (each for each in parsed if each and (each.type in CERTIFYING or each.type == REVOKING))
            by = dict.fromkeys(handle for claim in claims for handle in issuers(claim) if handle not in (own, key_id_of(own)))
            yield UserId(text, address_of(text), tuple(by))


def user_id_signatures(packets: Sequence[Packet]) -> Iterator[tuple[str, list[Packet]]]:
    """Each user ID of a certificate with the signatures that stand behind it."""
    current: list[Packet] | None = None
    text = ""
    for packet in packets:
        tag = int(packet.tag)
        if tag == SIGNATURE:
            if current is not None:
                current.append(packet)
            continue
        if current is not None:
            yield text, current
        current, text = ([], from_bytes(bytes(packet.body))) if tag == USER_ID else (None, "")
    if current is not None:
        yield text, current


def address_of(user_id: str) -> str:
    """The mailbox that a user ID names, domain as A-labels; "" where it names none or more than one."""
    inner = user_id
    if "<" in user_id or ">" in user_id:
        if user_id.count("<") != 1 or user_id.count(">") != 1 or not user_id.endswith(">"):
            return ""
        inner = user_id[user_id.index("<") + 1 : -1]
    try:
        return str(parse_address(inner))
    except BadInput:
        return ""


def _revocation(packets: Sequence[Packet]) -> Revocation:
    """The revocation that weighs most: a hard one before a soft one, then the earliest."""
    found = []
    for packet in packets:
        signature = signature_of(bytes(packet.body)) if int(packet.tag) == SIGNATURE else None
        if signature is not None and signature.type == _KEY_REVOCATION:
            reason = signature.subpackets.get(_REASON, b"\0")
            code = reason[0] if reason else 0
            words = _SOFT.get(code) or _HARD.get(code, f"reason {code}")
            found.append(Revocation(signature.number(2), code not in _SOFT, words))
    found.sort(key=lambda each: (not each.hard, each.at or 0))
    return found[0] if found else Revocation(None, True, "no reason given")
