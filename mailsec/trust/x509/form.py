"""What a file of certificates and private keys looks like from outside, told apart without any cryptography."""

from __future__ import annotations

import re

BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
CERTIFICATE = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE"})
MANY = frozenset({b"PKCS7", b"CMS"})
PLAIN = frozenset({b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY"})
ENCRYPTED = b"ENCRYPTED PRIVATE KEY"
"""The labels of PEM (RFC 7468) that are read."""
_READ = CERTIFICATE | MANY | PLAIN | {ENCRYPTED}
_SEQUENCE = b"\x30"


def is_der(data: bytes) -> bool:
    """Whether `data` looks like DER."""
    return data[:1] == _SEQUENCE


def is_x509(data: bytes) -> bool:
    """Whether `data` looks like certificates and private keys of X.509: one of the forms that are read."""
    found = BEGIN.search(data)
    return is_der(data) or (found is not None and found[1] in _READ)
