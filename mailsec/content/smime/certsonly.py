"""Certificates sent by mail: a MIME entity with nothing but certificates in it (certs-only, RFC 8551 section 3.8)."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Iterable

from mailsec.trust.x509.bundle import certs_only

_HEAD = (
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: application/pkcs7-mime; smime-type=certs-only; name="smime.p7c"\r\n'
    b"Content-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="smime.p7c"\r\n\r\n'
)


def certificates_entity(certificates: Iterable[bytes]) -> bytes:
    """The entity with these certificates (DER): the end of a message whose other header fields stand before it."""
    return _HEAD + encodebytes(certs_only(certificates)).replace(b"\n", b"\r\n")
