"""Logos and mark certificates for tests, made here; nothing of them is anybody's brand."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from asn1crypto.algos import DigestAlgorithm
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certificates import Issued, issue

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">\n'
    b'<title>Example</title>\n<rect width="64" height="64" fill="#06c"/>\n</svg>\n'
)
BRAND = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.31")
LOGOTYPE = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.12")
MARK_TYPE = x509.ObjectIdentifier("1.3.6.1.4.1.53087.1.13")
REGISTRATION = x509.ObjectIdentifier("1.3.6.1.4.1.53087.1.4")
PILOT = x509.ObjectIdentifier("1.3.6.1.4.1.53087.4.1")
TIMESTAMPS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


def der(tag: int, *pieces: bytes) -> bytes:
    """One element in DER, out of the pieces inside of it."""
    body = b"".join(pieces)
    size = len(body)
    head = (
        bytes([size])
        if size < 0x80
        else bytes([0x80 | (size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8)
    )
    return bytes([tag]) + head + body


def image(address: bytes, *hashes: tuple[str, bytes]) -> bytes:
    """One image with its hashes, as RFC 3709 section 4.1 writes it."""
    written = (der(0x30, DigestAlgorithm({"algorithm": name}).dump(), der(0x04, value)) for name, value in hashes)
    return der(0x30, der(0x30, der(0x16, b"image/svg+xml"), der(0x30, *written), der(0x30, der(0x16, address))))


def logotype(*images: bytes) -> bytes:
    """The extension's value with these images of the subject."""
    return der(0x30, der(0xA2, der(0xA0, der(0x30, *images))))


def data(svg: bytes = SVG, *, packed: bool = True) -> bytes:
    """A logo as a data: address."""
    kept = gzip.compress(svg, mtime=0) if packed else svg
    return b"data:image/svg+xml;base64," + b64encode(kept)


def with_logo(svg: bytes = SVG, digest: bytes | None = None, *, packed: bool = True) -> bytes:
    """The extension's value with a logo and its hash."""
    return logotype(image(data(svg, packed=packed), ("sha256", digest or sha256(svg).digest())))


def plain(oid: x509.ObjectIdentifier, value: bytes) -> tuple[x509.ExtensionType, bool]:
    return x509.UnrecognizedExtension(oid, value), False


def usage(*oids: x509.ObjectIdentifier) -> tuple[x509.ExtensionType, bool]:
    return x509.ExtendedKeyUsage(oids), False


@cache
def root() -> Issued:
    return issue("Mark Root", authority=True)


@cache
def issuer() -> Issued:
    return issue("Mark Issuer", root(), authority=True, extensions=(usage(BRAND),))


def mark(
    *domains: str,
    value: bytes | None = b"",
    usages: Sequence[x509.ObjectIdentifier] = (BRAND,),
    kind: str = "Registered Mark",
    more: Sequence[tuple[x509.ExtensionType, bool]] = (plain(TIMESTAMPS, b"\x04\x02\x00\x00"),),
    **settings: Any,
) -> Issued:
    """A mark certificate; `value` is that of its logotype, None for none."""
    value = with_logo() if value == b"" else value
    extensions = [*more, *([usage(*usages)] if usages else []), *([plain(LOGOTYPE, value)] if value is not None else [])]
    subject = [x509.NameAttribute(MARK_TYPE, kind), x509.NameAttribute(REGISTRATION, "123")] if kind else []
    above = settings.pop("issuer", issuer())
    return issue("Example Inc", above, *(domains or ("example.com",)), extensions=extensions, subject=subject, **settings)


def bundle(leaf: Issued, *others: Issued) -> bytes:
    """The file that a= leads to; its issuer and root behind it, where no others are named."""
    return b"".join(each.pem for each in (leaf, *(others or (issuer(), root()))))


SERVER = ExtendedKeyUsageOID.SERVER_AUTH
