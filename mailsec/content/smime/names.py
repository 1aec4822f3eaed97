"""What people call the algorithms in CMS structures, by their object identifiers in hexadecimal digits."""

from __future__ import annotations

from collections.abc import Mapping

from mailsec.content.smime.enveloped import CIPHERS

_SHA_2 = "6086480165030402"
_NAMES: Mapping[str, str] = {
    "2a864886f70d0205": "MD5",
    "2b0e03021a": "SHA-1",
    f"{_SHA_2}01": "SHA-256",
    f"{_SHA_2}02": "SHA-384",
    f"{_SHA_2}03": "SHA-512",
    f"{_SHA_2}04": "SHA-224",
    "2a864886f70d010101": "RSA",
    "2a864886f70d010104": "RSA with MD5",
    "2a864886f70d010105": "RSA with SHA-1",
    "2a864886f70d010107": "RSAES-OAEP",
    "2a864886f70d01010a": "RSASSA-PSS",
    "2a864886f70d01010b": "RSA with SHA-256",
    "2a864886f70d01010c": "RSA with SHA-384",
    "2a864886f70d01010d": "RSA with SHA-512",
    "2a8648ce380401": "DSA",
    "2a8648ce380403": "DSA with SHA-1",
    f"{_SHA_2[:-2]}0302": "DSA with SHA-256",
    "2a8648ce3d0201": "EC",
    "2a8648ce3d0401": "ECDSA with SHA-1",
    "2a8648ce3d040302": "ECDSA with SHA-256",
    "2a8648ce3d040303": "ECDSA with SHA-384",
    "2a8648ce3d040304": "ECDSA with SHA-512",
    "2b6570": "Ed25519",
    "2b656e": "X25519",
    "2b81051086483f0002": "ECDH with SHA-1",
    "2b8104010b00": "ECDH with SHA-224",
    "2b8104010b01": "ECDH with SHA-256",
    "2b8104010b02": "ECDH with SHA-384",
    "2b8104010b03": "ECDH with SHA-512",
    "2a864886f70d0109100313": "ECDH with HKDF and SHA-256",
    "2a864886f70d0109100314": "ECDH with HKDF and SHA-384",
    "2a864886f70d0109100315": "ECDH with HKDF and SHA-512",
    "2a864886f70d0109100308": "zlib",
} | {oid: cipher.name for oid, cipher in CIPHERS.items()}


def algorithm_name(oid: str) -> str:
    """The name of an algorithm, its object identifier in dotted form where it has none here."""
    return _NAMES.get(oid) or dotted(bytes.fromhex(oid))


def dotted(content: bytes) -> str:
    """An object identifier as people write it (X.690 section 8.19)."""
    numbers: list[int] = []
    number = 0
    for octet in content[:_LONGEST]:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    if not numbers:
        return "an algorithm without name"
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


_LONGEST = 64
"""Octets of an object identifier that are read: honest ones have about ten."""
