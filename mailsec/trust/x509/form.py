"""What a file of certificates and private keys looks like from outside, told apart without any cryptography."""

from __future__ import annotations

import re
from collections.abc import Iterator

BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
CERTIFICATE = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE"})
MANY = frozenset({b"PKCS7", b"CMS"})
PLAIN = frozenset({b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY"})
ENCRYPTED = b"ENCRYPTED PRIVATE KEY"
"""The labels of PEM (RFC 7468) that are read."""
_OPENPGP = b"PGP "
_REQUEST = b"CERTIFICATE REQUEST"
_OURS = CERTIFICATE | MANY | PLAIN | {ENCRYPTED, _REQUEST}
_SEQUENCE = b"\x30"
_BINARY = b"\x80"
"""Where the first octet of OpenPGP in binary begins (RFC 9580 section 4.2)."""


def is_der(data: bytes) -> bool:
    """Whether `data` looks like DER."""
    return data[:1] == _SEQUENCE


def is_x509(data: bytes) -> bool:
    """Whether `data` looks like certificates and private keys of X.509, with OpenPGP beside them or not."""
    return is_der(data) or (data[:1] < _BINARY and any(label in _OURS for label in labels(data)))


def labels(data: bytes) -> Iterator[bytes]:
    """The labels of the blocks of PEM in `data`, without those of OpenPGP."""
    return (each[1] for each in BEGIN.finditer(data) if not each[1].startswith(_OPENPGP))


def openpgp_beside(data: bytes) -> bytes:
    """Of a file of X.509 what begins with its first armored block of OpenPGP; empty where there is none."""
    at = -1 if is_der(data) else data.find(b"-----BEGIN " + _OPENPGP)
    return data[at:] if at >= 0 else b""
