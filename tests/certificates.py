"""Certificates for tests, made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

NOW = 1_800_000_000
"""The time that certificates are made for."""


def spki(der: bytes) -> bytes:
    """The public key of a certificate, in DER as certificates have it."""
    return x509.load_der_x509_certificate(der).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class Issued:
    """A certificate, and the key that it is for."""

    der: bytes
    key: Any

    @property
    def name(self) -> x509.Name:
        return x509.load_der_x509_certificate(self.der).subject

    @property
    def pem(self) -> bytes:
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def issue(
    name: str,
    issuer: Issued | None = None,
    *hosts: str,
    days: tuple[int, int] = (-1, 365),
    authority: bool | None = False,
    key: Any = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    subject: Sequence[x509.NameAttribute[str]] = (),
    hash: HashAlgorithm | None = SHA256(),  # noqa: B008 - it has no state
    serial: int = 0,
) -> Issued:
    """A certificate of `issuer` (None: of itself) for `hosts`: names, addresses that begin with "ip:", or mail addresses.

    `authority` None: without basic constraints.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    start = datetime.fromtimestamp(NOW, UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), *subject])
    builder = x509.CertificateBuilder().subject_name(who).issuer_name(issuer.name if issuer else who)
    builder = builder.public_key(key.public_key()).serial_number(serial or x509.random_serial_number())
    builder = builder.not_valid_before(start + timedelta(days[0])).not_valid_after(start + timedelta(days[1]))
    if authority is not None:
        builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(_general, hosts)), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    hash = None if isinstance(signer, Ed25519PrivateKey) else hash
    return Issued(builder.sign(signer, hash).public_bytes(Encoding.DER), key)


def _general(name: str) -> x509.GeneralName:
    if name.startswith("ip:"):
        return x509.IPAddress(ip_address(name[3:]))
    return x509.RFC822Name(name) if "@" in name else x509.DNSName(name)


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
