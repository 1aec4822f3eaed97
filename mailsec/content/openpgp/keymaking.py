"""Making OpenPGP keys, and changing one's own: generation, protection, expiry, revocation.

Keys come from rPGP, which protects what it generates; changes are signed by pysequoia; only PGPy protects a key that exists.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.trust.keyring.component import CERTIFICATIONS, DIRECT
from mailsec.trust.keyring.packets import (
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SECRET_KEY,
    SECRET_SUBKEY,
    SIGNATURE,
    Packet,
    fingerprint,
    is_local,
    key_id,
    packets,
    signature,
)

if TYPE_CHECKING:
    from openpgp.composed import KeyType
    from openpgp.types import S2kParams
    from pysequoia import PySigner

T = TypeVar("T")
Kind = Literal["ed25519", "rsa3072", "rsa4096", "p256", "p384", "p521"]
KINDS: tuple[Kind, ...] = ("ed25519", "rsa3072", "rsa4096", "p256", "p384", "p521")
# The count octet of an iterated S2K (RFC 9580 section 3.7.1.3): 65 million octets, a fifteenth of a second.
_S2K_COUNT = 255


@dataclass(frozen=True, slots=True)
class KeyWish:
    """A key to be made: for `user_ids`, the first one primary.

    `modern` makes a key of version 6 (RFC 9580), which older software cannot use. Times are seconds since 1970 UTC; `expires`
    None makes a key that never does. `passphrase` "" leaves the secret parts unprotected.
    """

    user_ids: tuple[str, ...]
    kind: Kind
    created: int
    expires: int | None
    passphrase: str
    modern: bool = False


def generate(wish: KeyWish) -> bytes:
    """A new transferable secret key: a primary key that certifies and signs, and a subkey for encryption."""
    from openpgp.composed import EncryptionCaps, SecretKeyParamsBuilder, SubkeyParamsBuilder  # noqa: PLC0415 (large)

    signing, encrypting = _kinds(wish)
    subkey = SubkeyParamsBuilder().version(6 if wish.modern else 4).key_type(encrypting)
    subkey = subkey.can_encrypt(EncryptionCaps.all()).created_at(wish.created)
    key = SecretKeyParamsBuilder().version(6 if wish.modern else 4).key_type(signing).can_certify(True).can_sign(True)
    key = key.created_at(wish.created).primary_user_id(wish.user_ids[0]).user_ids(list(wish.user_ids[1:]))
    # What older software cannot decrypt is offered by keys alone that it cannot use either.
    key = key.feature_seipd_v1(True).feature_seipd_v2(wish.modern)
    key = key.preferred_symmetric_algorithms(["aes256", "aes192", "aes128"])
    key = key.preferred_hash_algorithms(["sha512", "sha384", "sha256"]).preferred_compression_algorithms([])
    if wish.passphrase:
        subkey = subkey.passphrase(wish.passphrase).s2k(_protection())
        key = key.passphrase(wish.passphrase).s2k(_protection())
    made = key.subkey(subkey.build()).build().generate().to_bytes()
    return made if wish.expires is None else with_expiry(made, wish.expires, wish.passphrase)


def _protection() -> S2kParams:
    """One part's protection, made anew for each, so that no two share salt and initialization vector."""
    from openpgp.types import S2kParams, StringToKey  # noqa: PLC0415

    return S2kParams.cfb("aes256", StringToKey.iterated("sha256", _S2K_COUNT))


def _kinds(wish: KeyWish) -> tuple[KeyType, KeyType]:
    """The kinds of the primary key and of the subkey."""
    from openpgp.composed import KeyType  # noqa: PLC0415

    match wish.kind:
        case "rsa3072" | "rsa4096":
            return KeyType.rsa(int(wish.kind[3:])), KeyType.rsa(int(wish.kind[3:]))
        case "p256" | "p384" | "p521":
            return KeyType.ecdsa(wish.kind), KeyType.ecdh(wish.kind)
        case _ if wish.modern:
            return KeyType.ed25519(), KeyType.x25519()
        case _:
            return KeyType.ed25519_legacy(), KeyType.ecdh("curve25519")


def is_protected(secret: bytes) -> bool:
    """Whether a passphrase protects every secret part of a transferable secret key. Raises BadInput where it cannot be read."""
    from openpgp.composed import SignedSecretKey  # noqa: PLC0415

    key = _readable(lambda: SignedSecretKey.from_bytes(secret))
    return all(each.usage != "unprotected" for each in (key.primary_secret_s2k(), *key.secret_subkey_s2ks()))


def protected(secret: bytes, passphrase: str) -> bytes:
    """An unprotected transferable secret key under `passphrase`. Raises BadInput for keys that no library here can protect."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, about what it imports
        from pgpy import PGPKey  # noqa: PLC0415
        from pgpy.constants import HashAlgorithm, SymmetricKeyAlgorithm  # noqa: PLC0415

        try:
            key, _ = PGPKey.from_blob(secret)
            key.protect(passphrase, SymmetricKeyAlgorithm.AES256, HashAlgorithm.SHA256)
            made = bytes(key)
        except Exception:  # whatever the library does with keys that it does not know
            hint = "set a passphrase with the program that made the key, or insist with --no-passphrase"
            raise BadInput("a key of this kind cannot be given a passphrase here", hint=hint) from None
    # the library writes signatures anew, and not as they were made: nothing is taken from it but the secret parts
    from pysequoia import Tsk  # noqa: PLC0415

    return with_secrets(bytes(Tsk.from_bytes(secret).extract_certificate()), made)


def with_expiry(secret: bytes, expires: int, passphrase: str) -> bytes:
    """A transferable secret key that expires at `expires` (seconds since 1970 UTC). Raises KeyUnavailable, see `_certifier`."""
    from pysequoia import Tsk  # noqa: PLC0415

    certificate = Tsk.from_bytes(secret).extract_certificate()
    when = datetime.fromtimestamp(expires, UTC)
    changed = bytes(certificate.set_expiration(when, _certifier(secret, passphrase)))
    return with_secrets(_without_older(changed, expires), secret)


def _without_older(certificate: bytes, expires: int) -> bytes:
    """A certificate without the self-signatures that state another expiry: of two of the same second readers take any."""
    parts = list(packets(certificate))
    own = fingerprint(parts[0].body)
    lasts = expires - int.from_bytes(parts[0].body[1:5], "big")
    kept = []
    primary = True
    for packet in parts:
        primary = primary and packet.tag != PUBLIC_SUBKEY
        if primary and packet.tag == SIGNATURE:
            claim = signature(packet.body)
            stating = claim.type in CERTIFICATIONS or claim.type == DIRECT
            if stating and claim.issuer in (own, key_id(own)) and claim.key_lasts != lasts:
                continue
        kept.append(packet.framed)
    return b"".join(kept)


def revocation(secret: bytes, passphrase: str) -> bytes:
    """A revocation of the whole key, a signature packet. It gives no reason, so it is hard: nothing the key signed counts."""
    from pysequoia import Tsk  # noqa: PLC0415

    return bytes(Tsk.from_bytes(secret).extract_certificate().revoke(_certifier(secret, passphrase)))


def _certifier(secret: bytes, passphrase: str) -> PySigner:
    """What signs changes of a key. Raises KeyUnavailable: a wrong passphrase, or the primary key's secret is not there."""
    from pysequoia import Tsk  # noqa: PLC0415

    try:
        return Tsk.from_bytes(secret).certifier(passphrase or None)
    except RuntimeError:  # one exception for all that can be wrong
        hint = "the passphrase is wrong, or the primary key's secret part is kept elsewhere"
        raise KeyUnavailable("the secret key cannot be unlocked", hint=hint) from None


def with_secrets(certificate: bytes, secret: bytes) -> bytes:
    """The transferable secret key of `certificate`, a later state of the public part, with the secret parts of `secret`."""
    parts = [packet for packet in packets(secret) if packet.tag in (SECRET_KEY, SECRET_SUBKEY)]
    return b"".join(_with_secret(packet, parts) for packet in packets(certificate))


def _with_secret(packet: Packet, parts: list[Packet]) -> bytes:
    """A key's packet with its secret part, where there is one: it begins with the public one (RFC 9580 section 5.5.3)."""
    if packet.tag in (PUBLIC_KEY, PUBLIC_SUBKEY):
        packet = next((part for part in parts if part.body.startswith(packet.body)), packet)
    return packet.framed


def _readable(read: Callable[[], T]) -> T:
    from openpgp.errors import Error  # noqa: PLC0415

    try:
        return read()
    except Error:
        raise BadInput("the secret key cannot be read") from None


def exportable(certificate: bytes) -> bytes:
    """A certificate without the certifications that are for their maker's own use (RFC 9580 section 5.2.3.19)."""
    return b"".join(packet.framed for packet in packets(certificate) if not (packet.tag == SIGNATURE and is_local(packet.body)))


def armored(data: bytes, *, secret: bool) -> bytes:
    """Keys in ASCII armor."""
    from pysequoia import ArmorKind, armor  # noqa: PLC0415

    return armor(data, ArmorKind.SecretKey if secret else ArmorKind.PublicKey).encode("ascii")
