"""Secret keys for decryption: their packets taken apart, and unlocked with a passphrase (RFC 9580 section 5.5.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha1

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailsec.content.openpgp.symmetric import (
    Aead,
    UnknownAlgorithmError,
    WrongError,
    block_size,
    cfb_decrypted,
    from_passphrase,
    key_size,
    nonce_size,
    specifier_size,
    summed,
)
from mailsec.core.limits.content import PGP_UNLOCKED
from mailsec.trust.keyring.packets import GNU_STUB, SECRET_KEY, SECRET_SUBKEY, PacketError, fingerprint, packets

RSA, ECDH, X25519, X448 = frozenset({1, 2}), 18, 25, 26
_CHECKED, _AEAD = 254, 253
_SUMMED = 255


@dataclass(frozen=True, slots=True)
class SecretPart:
    """One key that decrypts: its algorithm by number, its public and secret fields as in the packet, and its fingerprint."""

    algorithm: int
    public: bytes
    secret: bytes
    fingerprint: str


def multiprecision(data: bytes) -> tuple[bytes, bytes]:
    """The number at the start of `data`, and what follows it. Raises WrongError where it is cut off."""
    size = int.from_bytes(data[:2], "big") + 7 >> 3
    if len(data) < 2 + size:
        raise WrongError("a number that is cut off")
    return data[2 : 2 + size], data[2 + size :]


def _any_key(_: str, __: int) -> bool:
    return True


def secret_parts(
    key: bytes, passphrase: str | None, wanted: Callable[[str, int], bool] = _any_key
) -> Iterator[SecretPart | UnknownAlgorithmError]:
    """The keys in a transferable secret key that can decrypt, subkeys first, but for those that the passphrase does not open
    or that are kept elsewhere; an error in place of one that is protected in a way that is not known.

    Only those whose fingerprint and algorithm are `wanted` are unlocked, and of them the first PGP_UNLOCKED: unlocking takes
    time by design.
    """
    try:
        found = [each for each in packets(key) if each.tag in (SECRET_KEY, SECRET_SUBKEY)]
    except PacketError:
        return
    tried = 0
    for packet in sorted(found, key=lambda each: each.tag, reverse=True):
        try:
            public = _public(packet.body)
            name = fingerprint(public)
            if not public or tried == PGP_UNLOCKED or not wanted(name, public[5]):
                continue
            tried += 1
            secret = _unlocked(packet.tag, public, packet.body[len(public) :], passphrase)
        except UnknownAlgorithmError as error:
            yield error
        except (WrongError, IndexError):
            continue
        else:
            yield SecretPart(public[5], public[10 if public[0] == 6 else 6 :], secret, name)


def _public(body: bytes) -> bytes:
    """The public key in a secret key packet with this body; nothing where it does not decrypt."""
    if body[0] not in (4, 6):
        return b""
    start = 10 if body[0] == 6 else 6
    fields = _public_size(body[5], body[start:])
    return b"" if fields is None else body[: start + fields]


def _public_size(algorithm: int, data: bytes) -> int | None:
    """Octets of the public fields; None for keys that do not decrypt."""
    if algorithm in RSA:
        return len(data) - len(multiprecision(multiprecision(data)[1])[1])
    if algorithm == ECDH:
        _, rest = multiprecision(data[1 + data[0] :])
        return len(data) - len(rest) + 1 + rest[0]
    return {X25519: 32, X448: 56}.get(algorithm)


def _unlocked(tag: int, public: bytes, data: bytes, passphrase: str | None) -> bytes:
    """The secret fields behind a public key. Raises WrongError where the passphrase does not open them."""
    usage, modern = data[0], public[0] == 6
    if not usage:
        return data[1:] if modern else summed(data[1:])
    if usage in (_CHECKED, _SUMMED) and data[2] == GNU_STUB:
        raise WrongError("kept on a card, or nowhere")
    if usage not in (_CHECKED, _AEAD):
        raise UnknownAlgorithmError(f"secret keys protected by method {usage}")
    if passphrase is None:
        raise WrongError("locked")
    at = 2 if modern else 1
    cipher, mode = data[at], data[at + 1] if usage == _AEAD else 0
    at += 2 if usage == _AEAD else 1
    at += 1 if modern else 0
    specifier = data[at : at + specifier_size(data[at:])]
    at += len(specifier)
    key = from_passphrase(specifier, passphrase, key_size(cipher))
    if usage == _AEAD:
        head = bytes((0xC0 | tag,))
        derived = HKDF(SHA256(), key_size(cipher), None, head + bytes((public[0], cipher, mode))).derive(key)
        size = nonce_size(mode)
        return Aead(cipher, mode, derived).opened(data[at : at + size], data[at + size :], head + public)
    vector = data[at : at + block_size(cipher)]
    opened = cfb_decrypted(cipher, key, data[at + len(vector) :], vector)
    if sha1(opened[:-20], usedforsecurity=False).digest() != opened[-20:]:
        raise WrongError("another passphrase")
    return opened[:-20]
