"""Certificates sent by mail: a MIME entity with nothing but certificates in it (certs-only, RFC 8551 section 3.8)."""

from __future__ import annotations

from collections.abc import Iterable

from mailsec.content.smime.streamed import Streamed, entity
from mailsec.trust.x509.bundle import certs_only


def certificates_entity(certificates: Iterable[bytes]) -> bytes:
    """The entity with these certificates (DER): the end of a message whose other header fields stand before it."""
    made = certs_only(certificates)
    pieces = entity("pkcs7-mime; smime-type=certs-only", "smime.p7c", Streamed(len(made), (made,)))
    return b"".join((b"MIME-Version: 1.0\r\n", *pieces))
