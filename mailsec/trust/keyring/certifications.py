"""Third-party certifications: somebody's signature that a user ID belongs to a key (RFC 9580 sections 5.2.1.6 and 5.2.4).

No library at hand verifies them. What is not understood (a critical subpacket, an algorithm, a version) certifies nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailsec.trust.keyring.packets import Packet, SignaturePacket, subpackets

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

REVOKING = 0x30
CERTIFYING = frozenset(range(0x10, 0x14)) | {REVOKING}
# RFC 9580 section 5.2.3.7: those whose meaning is regarded here, or which say nothing against a certification.
_UNDERSTOOD = frozenset({2, 3, 4, 5, 6, 7, 12, 16, 20, 26, 28, 33, 35})
_HASHES = {8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224", 12: "sha3_256", 14: "sha3_512"}
"""RFC 9580 section 9.5, without MD5, SHA-1 and RIPEMD-160, which certify nothing."""
_RSA, _ECDSA, _EDDSA, _ED25519, _ED448 = frozenset({1, 3}), 19, 22, 27, 28
_RSA_BITS = range(2048, 16385)
_ED25519_OID = bytes.fromhex("2b06010401da470f01")


@dataclass(frozen=True, slots=True)
class _Frame:
    """The parts of a signature that its cryptography works on: what it covers of itself, and what stands behind the digest."""

    hashed: bytes
    left: bytes
    salt: bytes
    material: bytes
    understood: bool


def _frame(body: bytes) -> _Frame:
    """A signature that `packets.signature` has read, so that its lengths are right."""
    wide = 4 if body[0] == 6 else 2
    start = 4 + wide
    end = start + int.from_bytes(body[4:start], "big")
    after = end + wide + int.from_bytes(body[end : end + wide], "big")
    left, after = body[after : after + 2], after + 2
    salt = b""
    if body[0] == 6:
        salt = body[after + 1 : after + 1 + body[after]] if after < len(body) else b""
        after += 1 + len(salt)
    critical = {kind & 0x7F for kind, _ in subpackets(body[start:end]) if kind & 0x80}
    return _Frame(body[:end], left, salt, body[after:], critical <= _UNDERSTOOD)


def counts_at(claim: SignaturePacket, now: int) -> bool:
    """True where a certification's own dates let it count at the time `now`."""
    return claim.created is not None and claim.created <= now and (claim.expires is None or now < claim.expires)


def holds(claim: SignaturePacket, target: Packet, user_id: Packet, issuer: bytes) -> bool:
    """Whether the key `issuer` (the body of its packet) made this certification of `user_id` on the key `target`."""
    name = _HASHES.get(claim.hash)
    if name is None or claim.type not in CERTIFYING or claim.version != issuer[0] or len(target.body) > 0xFFFF:
        return False
    frame = _frame(claim.body)
    digest = _digest(claim.version, frame, target.body, user_id.body, name)
    return frame.understood and digest[:2] == frame.left and _verified(claim.algorithm, frame.material, digest, name, issuer)


def _digest(version: int, frame: _Frame, target: bytes, user_id: bytes, name: str) -> bytes:
    # The signature's version says how a key is hashed, not the key's own.
    prefix = b"\x9b" + len(target).to_bytes(4, "big") if version == 6 else b"\x99" + len(target).to_bytes(2, "big")
    state = hashlib.new(name, frame.salt + prefix + target + b"\xb4" + len(user_id).to_bytes(4, "big") + user_id)
    state.update(frame.hashed + bytes((version, 0xFF)) + len(frame.hashed).to_bytes(4, "big"))
    return state.digest()


def _verified(algorithm: int, material: bytes, digest: bytes, name: str, issuer: bytes) -> bool:
    # Listing a ring without trusted keys needs no cryptography.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415

    try:
        key = _public_key(issuer)
        if key is None:
            return False
        _verify(key, algorithm, material, digest, name)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, OverflowError):
        return False
    return True


def _public_key(body: bytes) -> PublicKeyTypes | None:
    """The key in a public key packet, None for algorithms that do not sign or that nobody should use."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa  # noqa: PLC0415

    algorithm, material = body[5], body[10:] if body[0] == 6 else body[6:]
    if algorithm in _RSA:
        modulus, exponent = mpis(material, 2)
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
    (number,) = mpis(data, 1)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _verify(key: PublicKeyTypes, algorithm: int, material: bytes, digest: bytes, name: str) -> None:
    """Raises InvalidSignature or ValueError where the signature over `digest` is not the key's."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils  # noqa: PLC0415

    prehashed = utils.Prehashed(getattr(hashes, name.upper())())
    if isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA:
        (number,) = mpis(material, 1)
        key.verify(number.to_bytes(key.key_size + 7 >> 3, "big"), digest, padding.PKCS1v15(), prehashed)
    elif isinstance(key, ed25519.Ed25519PublicKey) and algorithm == _ED25519:
        key.verify(material[:64], digest)
    elif isinstance(key, ed448.Ed448PublicKey) and algorithm == _ED448:
        key.verify(material[:114], digest)
    elif isinstance(key, ed25519.Ed25519PublicKey) and algorithm == _EDDSA:
        key.verify(b"".join(number.to_bytes(32, "big") for number in mpis(material, 2)), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == _ECDSA:
        key.verify(utils.encode_dss_signature(*mpis(material, 2)), digest, ec.ECDSA(prehashed))
    else:
        raise ValueError("a signature of another algorithm than the key's")


def mpis(data: bytes, count: int) -> list[int]:
    """The first `count` numbers in `data` (RFC 9580 section 3.2). Raises ValueError where they are not all there."""
    found = []
    at = 0
    for _ in range(count):
        octets = (int.from_bytes(data[at : at + 2], "big") + 7) // 8
        if at + 2 + octets > len(data):
            raise ValueError("a number is cut off")
        found.append(int.from_bytes(data[at + 2 : at + 2 + octets], "big"))
        at += 2 + octets
    return found
