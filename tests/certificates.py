"""Certificates for tests, made here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

NOW = 1_800_000_000
"""The time that certificates are made for."""


def make(
    name: str,
    *,
    days: tuple[int, int] = (-1, 365),
    names: Sequence[x509.GeneralName] = (),
    extensions: Sequence[x509.ExtensionType] = (),
    subject: Sequence[x509.NameAttribute[str]] = (),
    key: Any = None,
    hash: HashAlgorithm | None = SHA256(),  # noqa: B008 - it has no state
) -> bytes:
    """A self-signed certificate in DER for `name`, valid from and until so many days from NOW."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    start = datetime.fromtimestamp(NOW, UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), *subject])
    builder = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start + timedelta(days=days[0]))
        .not_valid_after(start + timedelta(days=days[1]))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hash).public_bytes(Encoding.DER)
