"""What kind of key an OpenPGP packet holds, and whether it is strong enough."""

from __future__ import annotations

_MIN_RSA_BITS = 2048
# RFC 9580 section 9.1: the algorithms whose key is a number of any size, and the first number of which says that size.
_SIZED = {1: "rsa", 2: "rsa", 3: "rsa", 16: "elgamal", 17: "dsa"}
_OTHER = {25: "x25519", 26: "x448", 27: "ed25519", 28: "ed448"}
_WITH_CURVE = {18: "ecdh", 19: "ecdsa", 22: "eddsa"}
# RFC 9580 section 9.2
_CURVES = {
    "2a8648ce3d030107": "p256",
    "2b81040022": "p384",
    "2b81040023": "p521",
    "2b2403030208010107": "brainpoolP256r1",
    "2b240303020801010b": "brainpoolP384r1",
    "2b240303020801010d": "brainpoolP512r1",
    "2b06010401da470f01": "ed25519",
    "2b060104019755010501": "curve25519",
}


def algorithm_of(body: bytes) -> tuple[str, int]:
    """Algorithm and size in bits of a public key packet (RFC 9580 section 5.5.2), with the curve's name where there is one.

    Sizes are 0 where the algorithm has only one.
    """
    material = body[10:] if body[:1] == b"\x06" else body[6:]
    number = body[5] if len(body) > 5 else 0
    if number in _SIZED:
        return _SIZED[number], int.from_bytes(material[:2], "big")
    if number in _WITH_CURVE:
        curve = material[1 : 1 + material[0]].hex() if material else ""
        return f"{_WITH_CURVE[number]} {_CURVES.get(curve, curve)}", 0
    return _OTHER.get(number, f"algorithm {number}"), 0


def weakness(algorithm: str, bits: int) -> str:
    """Why a key of this kind is weak; "" where it is not."""
    if algorithm == "rsa" and bits < _MIN_RSA_BITS:
        return f"an RSA key of {bits} bits"
    return f"a key for {algorithm}" if algorithm in ("dsa", "elgamal") else ""
