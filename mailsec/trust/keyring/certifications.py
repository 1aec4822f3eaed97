"""Third-party certifications: somebody's signature that a user ID belongs to a key (RFC 9580 sections 5.2.1.6 and 5.2.4).

No library at hand verifies them. What is not understood (a critical subpacket, an algorithm, a version) certifies nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailsec.trust.keyring.packets import SignaturePacket, mpis

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

CERTIFYING = frozenset({0x10, 0x11, 0x12, 0x13})
REVOKING = 0x30
_CREATED, _EXPIRES = 2, 3
# RFC 9580 section 5.2.3.7: those whose meaning is regarded here, or which say nothing against a certification.
_UNDERSTOOD = frozenset({2, 3, 4, 5, 6, 7, 12, 16, 20, 26, 28, 33, 35})
_HASHES = {8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224", 12: "sha3_256", 14: "sha3_512"}
"""RFC 9580 section 9.5, without MD5, SHA-1 and RIPEMD-160, which certify nothing."""
_RSA, _ECDSA, _EDDSA, _ED25519, _ED448 = frozenset({1, 3}), 19, 22, 27, 28
_RSA_BITS = range(2048, 16385)
_ED25519_OID = bytes.fromhex("2b06010401da470f01")


@dataclass(frozen=True, slots=True)
class Certification:
    """One certification (or, with `revokes`, its revocation) as it stands beside a user ID; whether it is valid is not said.

    `issuers` are the fingerprints and key IDs it claims to come from, `created` and `expires` seconds since 1970 UTC.
    """

    signature: SignaturePacket
    issuers: tuple[str, ...]
    created: int
    expires: int | None
    revokes: bool

    def at(self, now: int) -> bool:
        """True where its own dates let it count at the time `now`."""
        return self.created <= now and (self.expires is None or now < self.expires)


def certification_of(signature: SignaturePacket) -> Certification | None:
    """The certification that a signature packet is, None where it is something else or has no date."""
    if signature.type not in CERTIFYING and signature.type != REVOKING:
        return None
    created = signature.number(_CREATED)
    if created is None or not signature.critical <= _UNDERSTOOD:
        return None
    lasts = signature.number(_EXPIRES)
    return Certification(signature, issuers(signature), created, created + lasts if lasts else None, signature.type == REVOKING)


def issuers(signature: SignaturePacket) -> tuple[str, ...]:
    """The keys that a signature claims to come from: fingerprints and 16-digit key IDs; a hint where they are not hashed."""
    found: dict[str, None] = {}
    for subpackets in (signature.subpackets, signature.unhashed):
        if fingerprint := subpackets.get(33, b"")[1:]:
            found[fingerprint.hex().upper()] = None
        if key_id := subpackets.get(16):
            found[key_id.hex().upper()] = None
    return tuple(found)


def holds(certification: Certification, target: bytes, user_id: bytes, issuer: bytes) -> bool:
    """Whether the key `issuer` made this certification of `user_id` on the key `target`; both bodies of public key packets."""
    signature = certification.signature
    name = _HASHES.get(signature.hash)
    if name is None or signature.version != issuer[0] or len(target) > 0xFFFF:
        return False
    digest = _digest(signature, target, user_id, name)
    return digest[:2] == signature.left and _verified(signature, digest, name, issuer)


def _digest(signature: SignaturePacket, target: bytes, user_id: bytes, name: str) -> bytes:
    # The signature's version says how a key is hashed, not the key's own.
    prefix = b"\x9b" + len(target).to_bytes(4, "big") if signature.version == 6 else b"\x99" + len(target).to_bytes(2, "big")
    trailer = bytes((signature.version, 0xFF)) + len(signature.hashed).to_bytes(4, "big")
    state = hashlib.new(name, signature.salt + prefix + target + b"\xb4" + len(user_id).to_bytes(4, "big") + user_id)
    state.update(signature.hashed + trailer)
    return state.digest()


def _verified(signature: SignaturePacket, digest: bytes, name: str, issuer: bytes) -> bool:
    # Listing a ring without trusted keys needs no cryptography.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415

    try:
        key = _public_key(issuer)
        if key is None:
            return False
        _verify(key, signature, digest, name)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, OverflowError):
        return False
    return True


def _public_key(body: bytes) -> PublicKeyTypes | None:
    """The key in a public key packet, None for algorithms that do not sign or that nobody should use."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa  # noqa: PLC0415

    algorithm, material = body[5], body[10:] if body[0] == 6 else body[6:]
    if algorithm in _RSA and (numbers := mpis(material, 2)):
        modulus, exponent = numbers
        return rsa.RSAPublicNumbers(exponent, modulus).public_key() if modulus.bit_length() in _RSA_BITS else None
    if algorithm == _ED25519:
        return ed25519.Ed25519PublicKey.from_public_bytes(material[:32])
    if algorithm == _ED448:
        return ed448.Ed448PublicKey.from_public_bytes(material[:57])
    if algorithm not in (_ECDSA, _EDDSA) or not material:
        return None
    oid, rest = material[1 : 1 + material[0]], material[1 + material[0] :]
    point = _point(rest)
    if algorithm == _EDDSA:
        return ed25519.Ed25519PublicKey.from_public_bytes(point[1:]) if oid == _ED25519_OID and point[:1] == b"\x40" else None
    curves: dict[str, ec.EllipticCurve] = {
        "2a8648ce3d030107": ec.SECP256R1(),
        "2b81040022": ec.SECP384R1(),
        "2b81040023": ec.SECP521R1(),
    }
    curve = curves.get(oid.hex())
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point) if curve else None


def _point(data: bytes) -> bytes:
    numbers = mpis(data, 1)
    return numbers[0].to_bytes((numbers[0].bit_length() + 7) // 8, "big") if numbers else b""


def _verify(key: PublicKeyTypes, signature: SignaturePacket, digest: bytes, name: str) -> None:
    """Raises InvalidSignature or ValueError where the signature over `digest` is not the key's."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils  # noqa: PLC0415

    prehashed = utils.Prehashed(getattr(hashes, name.upper())())
    if isinstance(key, rsa.RSAPublicKey) and signature.public in _RSA:
        (number,) = _numbers(signature, 1)
        key.verify(number.to_bytes(key.key_size + 7 >> 3, "big"), digest, padding.PKCS1v15(), prehashed)
    elif isinstance(key, ed25519.Ed25519PublicKey) and signature.public == _ED25519:
        key.verify(signature.material[:64], digest)
    elif isinstance(key, ed448.Ed448PublicKey) and signature.public == _ED448:
        key.verify(signature.material[:114], digest)
    elif isinstance(key, ed25519.Ed25519PublicKey) and signature.public == _EDDSA:
        key.verify(b"".join(number.to_bytes(32, "big") for number in _numbers(signature, 2)), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and signature.public == _ECDSA:
        key.verify(utils.encode_dss_signature(*_numbers(signature, 2)), digest, ec.ECDSA(prehashed))
    else:
        raise ValueError("a signature of another algorithm than the key's")


def _numbers(signature: SignaturePacket, count: int) -> list[int]:
    numbers = mpis(signature.material, count)
    if numbers is None:
        raise ValueError("cut off")
    return numbers
