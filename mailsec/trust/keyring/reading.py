"""OpenPGP certificates and secret keys out of a file: armored or binary, one or thousands, honest or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mailsec.core.errors import BadInput
from mailsec.core.limits.keys import RING_BLOCKS, RING_CERTIFICATE_BYTES, RING_PACKETS, RING_SELF_WORK, RING_USER_IDS
from mailsec.core.text import from_bytes
from mailsec.message.person import parse_address
from mailsec.trust.keyring.algorithms import algorithm_of
from mailsec.trust.keyring.armor import PRIVATE, PUBLIC, ArmorError, blocks, is_armored
from mailsec.trust.keyring.certifications import CERTIFYING
from mailsec.trust.keyring.component import PRIMARY_REVOCATION, SOFT_REASONS
from mailsec.trust.keyring.keys import Kind
from mailsec.trust.keyring.packets import (
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SECRET_KEY,
    SECRET_SUBKEY,
    SIGNATURE,
    USER_ID,
    Packet,
    PacketError,
    SignaturePacket,
    fingerprint,
    key_id,
    packets,
    signature,
)

# RFC 9580 section 10.1, with secret keys, trust, marker and padding. Containers are not among them: compressed data inside
# compressed data would unfold without end.
_IN_KEYS = frozenset({SIGNATURE, PUBLIC_KEY, 10, 12, USER_ID, PUBLIC_SUBKEY, 17, 21, SECRET_KEY, SECRET_SUBKEY})
_REASONS = {0: "no reason given", 1: "superseded", 2: "compromised", 3: "retired", 32: "the user ID is no longer valid"}
_HINT = "give OpenPGP keys, armored or binary, or certificates in PEM, DER, PKCS#12 or .p7c"


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
    handles: tuple[str, ...]
    created: int
    expires: int | None
    revocation: Revocation | None
    algorithm: str
    bits: int
    user_ids: tuple[UserId, ...]
    data: bytes
    secret: bytes | None = None
    kind: Kind = Kind.OPENPGP


def read_keys(data: bytes) -> Iterator[Reading | BadInput]:
    """The certificates in `data`, in order; in the place of one that cannot be used, what is wrong with it.

    Raises BadInput where `data` holds no key at all.
    """
    try:
        groups = [group for block in _binary(data) for group in _grouped(block)]
    except (ArmorError, PacketError) as error:
        raise BadInput(f"the data is no OpenPGP key: {error}", hint=_HINT) from None
    if not groups:
        raise BadInput("the data is no OpenPGP key", hint=_HINT)
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


def merged(old: bytes, read: Reading) -> Reading:
    """`read` with what is known of the same OpenPGP key already. Raises BadInput where they cannot be joined."""
    from pysequoia import Cert  # noqa: PLC0415 (large, and few runs read a key)

    try:
        return replace(read_key(bytes(Cert.from_bytes(old).merge(Cert.from_bytes(read.data)))), secret=read.secret)
    except RuntimeError:
        raise BadInput(f"key {read.fingerprint} cannot be merged with what the ring has") from None


def read_revocations(data: bytes) -> list[tuple[str, bytes]]:
    """The revocations of whole keys in `data` that stand without their keys: whose each claims to be, and the packet. Empty
    where `data` is anything else."""
    try:
        found = [packet for block in _binary(data) for packet in packets(block, RING_USER_IDS)]
    except (ArmorError, PacketError):
        return []
    read = [(packet, _signature(packet) if packet.tag == SIGNATURE else None) for packet in found]
    revocations = [(claim.issuer, packet.framed) for packet, claim in read if claim and claim.type == PRIMARY_REVOCATION]
    return revocations if len(revocations) == len(found) else []


def _binary(data: bytes) -> list[bytes]:
    """The packets of each armored block of keys; the data itself where it is not armored. Raises ArmorError."""
    if not is_armored(data):
        return [data]
    return [block.data for block in blocks(data, RING_BLOCKS) if block.label in (PUBLIC, PRIVATE)]


def _grouped(data: bytes) -> list[list[Packet]]:
    """The packets of each certificate. Raises PacketError."""
    groups: list[list[Packet]] = []
    for packet in packets(data, RING_PACKETS):
        if packet.tag not in _IN_KEYS:
            raise PacketError("it has a packet of another kind")
        if packet.tag in (PUBLIC_KEY, SECRET_KEY):
            groups.append([])
        if not groups:
            raise PacketError("it does not begin with a key")
        groups[-1].append(packet)
    return groups


def _read(group: Sequence[Packet]) -> Reading:
    """One certificate. Raises BadInput where it is too large or nothing of it holds."""
    from pysequoia import Cert, Tsk  # noqa: PLC0415 (large, and few runs read a key)

    whole = b"".join(packet.framed for packet in group)
    _bound(group, len(whole))
    secret = whole if any(packet.tag in (SECRET_KEY, SECRET_SUBKEY) for packet in group) else None
    try:
        certificate = Tsk.from_bytes(whole).extract_certificate() if secret else Cert.from_bytes(whole)
        print, expires, revoked = certificate.fingerprint.upper(), certificate.expiration, certificate.is_revoked
        names = frozenset(str(user_id) for user_id in certificate.user_ids)
    except RuntimeError:  # its text is a backtrace
        raise BadInput(f"key {_name(group)}: nothing in it is signed by the key itself in a way that holds") from None
    public = bytes(certificate)
    parts = list(packets(public, RING_PACKETS))
    algorithm, bits = algorithm_of(parts[0].body)
    keys = [fingerprint(packet.body) for packet in parts if packet.tag in (PUBLIC_KEY, PUBLIC_SUBKEY)]
    return Reading(
        print,
        tuple(dict.fromkeys(handle for key in keys if key for handle in (key, key_id(key)))),
        int.from_bytes(parts[0].body[1:5], "big"),
        int(expires.timestamp()) if expires else None,
        _revocation(parts) if revoked else None,
        algorithm,
        bits,
        tuple(_user_ids(parts, names, print)),
        public,
        secret,
    )


def _name(group: Sequence[Packet]) -> str:
    """How a key that cannot be used is called: by its fingerprint where it is a public one."""
    return (fingerprint(group[0].body) if group[0].tag == PUBLIC_KEY else "") or "of a version that is not known"


def _bound(group: Sequence[Packet], octets: int) -> None:
    """Refuse what would keep the library busy: its work grows with signatures times user IDs."""
    name = fingerprint(group[0].body)
    user_ids = sum(packet.tag == USER_ID for packet in group)
    places = user_ids + sum(packet.tag in (PUBLIC_SUBKEY, SECRET_SUBKEY) for packet in group)
    own = sum(packet.tag == SIGNATURE and _is_own(packet, name) for packet in group)
    for bad, what in (
        (octets > RING_CERTIFICATE_BYTES, f"{octets} octets; at most {RING_CERTIFICATE_BYTES} are read"),
        (user_ids > RING_USER_IDS, f"{user_ids} user IDs; at most {RING_USER_IDS} are read"),
        (own * places > RING_SELF_WORK, f"{own} signatures of its own for {places} user IDs and subkeys: too many to be tried"),
    ):
        if bad:
            raise BadInput(f"key {_name(group)} has {what}", hint="ask its owner for a clean copy")


def _is_own(packet: Packet, name: str) -> bool:
    """True where a signature may be the key's own: it says so, or nothing can be said."""
    found = _signature(packet)
    return found is None or found.issuer in (name, key_id(name), "")


def _signature(packet: Packet) -> SignaturePacket | None:
    try:
        return signature(packet.body)
    except PacketError:
        return None


def _user_ids(parts: Sequence[Packet], valid: frozenset[str], own: str) -> Iterator[UserId]:
    """The user IDs that hold, each with the other keys that claim to have certified it."""
    for packet, claims in user_id_claims(parts):
        text = from_bytes(packet.body)
        if text in valid:
            by = dict.fromkeys(claim.issuer for claim in claims if claim.issuer not in (own, key_id(own), ""))
            yield UserId(text, address_of(text), tuple(by))


def user_id_claims(parts: Sequence[Packet]) -> Iterator[tuple[Packet, list[SignaturePacket]]]:
    """Each user ID of a certificate with the certifications and revocations that stand behind it, none of them verified."""
    current: tuple[Packet, list[SignaturePacket]] | None = None
    for packet in parts:
        if packet.tag != SIGNATURE:
            if current is not None:
                yield current
            current = (packet, []) if packet.tag == USER_ID else None
        elif current is not None and (found := _signature(packet)) is not None and found.type in CERTIFYING:
            current[1].append(found)
    if current is not None:
        yield current


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


def _revocation(parts: Sequence[Packet]) -> Revocation:
    """The revocation that weighs most: a hard one before a soft one, then the earliest."""
    found = []
    for packet in parts:
        claim = _signature(packet) if packet.tag == SIGNATURE else None
        if claim is not None and claim.type == PRIMARY_REVOCATION:
            code = claim.reason or 0
            found.append(Revocation(claim.created, code not in SOFT_REASONS, _REASONS.get(code, f"reason {code}")))
    found.sort(key=lambda each: (not each.hard, each.at or 0))
    return found[0] if found else Revocation(None, True, "no reason given")
