"""The public key of a certificate as it stands there (RFC 5280 section 4.1.2.7): what digests of keys are made from.

A library would decode and encode it anew, which need not give the same octets, and knows not every kind of key.
"""

from __future__ import annotations

_SEQUENCE, _VERSION = 0x30, 0xA0
_BEFORE = 5
"""What stands before the key: serial number, signature algorithm, issuer, validity, subject; the version is optional."""
_MAX_LENGTH_OCTETS = 4


def public_key_info(certificate: bytes) -> bytes | None:
    """The SubjectPublicKeyInfo in a certificate (DER), or None where there is none."""
    try:
        _, at, _ = element(certificate, 0, _SEQUENCE)
        _, at, _ = element(certificate, at, _SEQUENCE)
        tag, _, after = element(certificate, at)
        if tag == _VERSION:
            at = after
        for _ in range(_BEFORE):
            _, _, at = element(certificate, at)
        _, _, end = element(certificate, at, _SEQUENCE)
    except (IndexError, ValueError):
        return None
    return certificate[at:end]


def element(data: bytes, at: int, expected: int | None = None) -> tuple[int, int, int]:
    """Tag, start of the content and end of the element at `at`. Raises IndexError or ValueError where there is none."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 0 < octets <= _MAX_LENGTH_OCTETS:
            raise ValueError("a length of no definite form")
        start += octets
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data) or expected not in (None, tag):
        raise ValueError("an element runs over the end, or is another one")
    return tag, start, start + length
