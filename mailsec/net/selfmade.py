"""A certificate made on the fly, for a server that has none of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_DAYS = 7


@dataclass(frozen=True, slots=True)
class SelfMade:
    """A PEM file with a key and the certificate, and the certificate in DER."""

    path: str
    der: bytes


@contextmanager
def selfmade(names: Sequence[str]) -> Iterator[SelfMade]:
    """A self-signed certificate for `names` (A-labels or IP addresses), valid for a week; its file is gone afterwards."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(names, key)
    handle, path = tempfile.mkstemp(prefix="mailsec-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.write(certificate.public_bytes(Encoding.PEM))
        yield SelfMade(path, certificate.public_bytes(Encoding.DER))
    finally:
        os.unlink(path)


def _certificate(names: Sequence[str], key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now = datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailsec")])
    builder = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
    return builder.sign(key, hashes.SHA256())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
