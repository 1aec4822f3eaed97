"""Session keys: found in the packets before a ciphertext, by a secret key or a passphrase (RFC 9580 sections 5.1 and 5.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    BrainpoolP256R1,
    BrainpoolP384R1,
    BrainpoolP512R1,
    EllipticCurve,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailsec.content.openpgp.secretparts import ECDH, RSA, X448, X25519, SecretPart, multiprecision
from mailsec.content.openpgp.symmetric import (
    Aead,
    UnknownAlgorithmError,
    WrongError,
    cfb_decrypted,
    from_passphrase,
    hashed,
    key_size,
    nonce_size,
    specifier_size,
    summed,
)
from mailsec.core.limits.content import PGP_RSA_BITS
from mailsec.trust.keyring.packets import key_id

_CURVE25519 = bytes.fromhex("2b060104019755010501")
_CURVES: dict[bytes, type[EllipticCurve]] = {
    bytes.fromhex("2a8648ce3d030107"): SECP256R1,
    bytes.fromhex("2b81040022"): SECP384R1,
    bytes.fromhex("2b81040023"): SECP521R1,
    bytes.fromhex("2b2403030208010107"): BrainpoolP256R1,
    bytes.fromhex("2b240303020801010b"): BrainpoolP384R1,
    bytes.fromhex("2b240303020801010d"): BrainpoolP512R1,
}
_ANONYMOUS = b"Anonymous Sender    "


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A session key. `cipher` is None where the container names the cipher (packets of version 6)."""

    cipher: int | None
    key: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A session key packet (PKESK): whom it names by fingerprint or key ID ("" where hidden), its algorithm and data."""

    named: str
    algorithm: int
    data: bytes
    modern: bool

    def is_for(self, fingerprint: str, algorithm: int) -> bool:
        """True where the key may be the one that is meant."""
        fits = algorithm == self.algorithm or {algorithm, self.algorithm} <= RSA
        return fits and (not self.named or self.named in (fingerprint, key_id(fingerprint)))


def sealed_key(body: bytes) -> Sealed | None:
    """The session key packet with this body, None where it is of a version that is not known, or cut off."""
    if body[:1] not in (b"\x03", b"\x06"):
        return None
    modern = body[0] == 6
    at = 2 + int.from_bytes(body[1:2], "big") if modern else 9
    if len(body) <= at:
        return None
    named = (body[3:at] if modern else body[1:9]).hex().upper()
    return Sealed(named if named.strip("0") else "", body[at], body[at + 1 :], modern)


def by_key(sealed: Sealed, parts: Iterable[SecretPart]) -> Iterator[SessionKey | WrongError | UnknownAlgorithmError]:
    """What the keys find in a session key packet, or why one that is named finds nothing.

    All that can be wrong with it is one error: who may send texts to have them tried learns nothing of where they failed.
    """
    for part in parts:
        if not sealed.is_for(part.fingerprint, part.algorithm):
            continue
        try:
            yield _found(part, sealed.data, modern=sealed.modern)
        except UnknownAlgorithmError as error:
            yield error
        except UnsupportedAlgorithm:  # as the system's OpenSSL was built
            yield UnknownAlgorithmError("a curve")
        except (IndexError, ValueError, InvalidUnwrap):
            if sealed.named:
                yield WrongError("its session key was damaged or changed on its way")


def _found(part: SecretPart, data: bytes, *, modern: bool) -> SessionKey:
    if part.algorithm in (X25519, X448):
        return _modern_exchange(part, data, modern=modern)
    text = _rsa(part, data) if part.algorithm in RSA else unpadded(_exchange(part, data))
    return SessionKey(None if modern else text[0], summed(text[0 if modern else 1 :]))


def _rsa(part: SecretPart, data: bytes) -> bytes:
    numbers = []
    rest = part.public + part.secret
    for _ in range(5):
        number, rest = multiprecision(rest)
        numbers.append(int.from_bytes(number, "big"))
    n, e, d, p, q = numbers
    if p * q != n or n.bit_length() > PGP_RSA_BITS or min(p, q) < 3 or (e * d - 1) % (p - 1) or (e * d - 1) % (q - 1):
        raise WrongError("a key whose numbers do not fit")
    made = RSAPrivateNumbers(p, q, d, rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q), rsa_crt_iqmp(p, q), RSAPublicNumbers(e, n))
    private = made.private_key(unsafe_skip_rsa_key_validation=True)  # ten times the work; who stored it has tried it
    secret, _ = multiprecision(data)
    return private.decrypt(secret.rjust(private.key_size + 7 >> 3, b"\0"), PKCS1v15())


def _exchange(part: SecretPart, data: bytes) -> bytes:
    """The wrapped text of an ECDH session key (RFC 9580 section 11.4)."""
    curve = part.public[1 : 1 + part.public[0]]
    own, rest = multiprecision(part.public[1 + len(curve) :])
    parameters = rest[: 1 + rest[0]]
    _, _, digest, cipher = parameters[:4]
    point, wrapped = multiprecision(data)
    shared = _shared(curve, multiprecision(part.secret)[0], own, point)
    sender = part.public[: 1 + len(curve)] + bytes((ECDH,)) + parameters + _ANONYMOUS + bytes.fromhex(part.fingerprint)
    return aes_key_unwrap(hashed(digest, b"\0\0\0\1" + shared + sender)[: key_size(cipher)], wrapped[1 : 1 + wrapped[0]])


def _shared(curve: bytes, secret: bytes, own: bytes, point: bytes) -> bytes:
    """The shared secret with `point`. Raises WrongError where `own` is not the secret's public point: who changed the public
    half of a stored key could learn of the secret from what is done with it."""
    if curve == _CURVE25519:
        private = X25519PrivateKey.from_private_bytes(secret.rjust(32, b"\0")[::-1])
        _same(own[1:], private.public_key().public_bytes_raw())
        return private.exchange(X25519PublicKey.from_public_bytes(point[1:]))
    if curve not in _CURVES:
        raise UnknownAlgorithmError("a curve")
    kind = _CURVES[curve]()
    peer = EllipticCurvePublicKey.from_encoded_point(kind, point)
    key = derive_private_key(int.from_bytes(secret, "big"), kind)
    _same(own, key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return key.exchange(ec.ECDH(), peer)


def _same(stated: bytes, derived: bytes) -> None:
    if stated != derived:
        raise WrongError("a key whose halves do not belong together")


def unpadded(text: bytes) -> bytes:
    """A text without the padding of ECDH (PKCS #5). Raises WrongError where it has none."""
    size = text[-1] if text else 0
    if not 0 < size <= len(text) or text[-size:] != bytes((size,)) * size:
        raise WrongError("another key")
    return text[:-size]


def _modern_exchange(part: SecretPart, data: bytes, *, modern: bool) -> SessionKey:
    """A session key for X25519 or X448 (RFC 9580 sections 5.1.6 and 5.1.7)."""
    size = len(part.public)
    ephemeral, wrapped = data[:size], data[size + 1 : size + 1 + data[size]]
    if part.algorithm == X25519:
        key25519 = X25519PrivateKey.from_private_bytes(part.secret)
        _same(part.public, key25519.public_key().public_bytes_raw())
        shared = key25519.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        derive = HKDF(SHA256(), 16, None, b"OpenPGP X25519")
    else:
        key448 = X448PrivateKey.from_private_bytes(part.secret)
        _same(part.public, key448.public_key().public_bytes_raw())
        shared = key448.exchange(X448PublicKey.from_public_bytes(ephemeral))
        derive = HKDF(SHA512(), 32, None, b"OpenPGP X448")
    key = derive.derive(ephemeral + part.public + shared)
    return SessionKey(None if modern else wrapped[0], aes_key_unwrap(key, wrapped if modern else wrapped[1:]))


def by_passphrase(body: bytes, passphrase: str) -> SessionKey | None:
    """What the passphrase finds in the session key packet (SKESK) with this body. Raises UnknownAlgorithmError."""
    try:
        return _from_words(body, passphrase)
    except (WrongError, IndexError):
        return None


def _from_words(body: bytes, passphrase: str) -> SessionKey:
    version = body[0]
    if version not in (4, 5, 6):
        raise UnknownAlgorithmError(f"session keys of version {version}")
    at = 2 if version == 6 else 1
    cipher, mode = body[at], body[at + 1]
    at += {4: 1, 5: 2, 6: 3}[version]
    specifier = body[at : at + specifier_size(body[at:])]
    rest = body[at + len(specifier) :]
    key = from_passphrase(specifier, passphrase, key_size(cipher))
    if version == 4:
        text = cfb_decrypted(cipher, key, rest) if rest else bytes((cipher,)) + key
        return SessionKey(text[0], text[1:])
    head = bytes((0xC3, version, cipher, mode))
    if version == 6:
        key = HKDF(SHA256(), len(key), None, head).derive(key)
    size = nonce_size(mode)
    opened = Aead(cipher, mode, key).opened(rest[:size], rest[size:], head)
    return SessionKey(None if version == 6 else cipher, opened)
