"""What an X.509 certificate of a person says, read with care: its bytes come from strangers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPublicKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from mailsec.core.limits.transport import KEY_NAME_TEXT, KEY_NAMES
from mailsec.core.text import clipped, from_bytes
from mailsec.trust.x509.usage import FOR_MAIL, MIN_RSA_BITS, WEAK_HASHES, extension

SMTP_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_UTF8_STRING = 0x0C


class CertificateError(ValueError):
    """The data is no certificate that can be read."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate. Times in seconds since 1970 UTC; `bits` is 0 where the kind of key has no choice of sizes.

    `for_mail` is True too where there is no extended key usage, `addresses` are those it names, as it writes them.
    """

    fingerprint: str
    subject: str
    issuer: str
    not_before: int
    not_after: int
    algorithm: str
    bits: int
    signature_hash: str
    addresses: tuple[str, ...]
    for_mail: bool

    @property
    def weakness(self) -> str:
        """Why the key or the signature is weak; "" where neither is."""
        if self.algorithm == "rsa" and self.bits < MIN_RSA_BITS:
            return f"an RSA key of {self.bits} bits"
        if self.algorithm == "dsa":
            return "a DSA key"
        return f"signed with {self.signature_hash}" if self.signature_hash in WEAK_HASHES else ""


def load(der: bytes) -> Certificate:
    """The certificate in `der`. Raises CertificateError."""
    try:
        # The library warns of oddities that are no concern of whoever reads the report.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(x509.load_der_x509_certificate(der), der)
    except Exception:  # ValueError, TypeError and several classes of the library's own, for what strangers make up
        raise CertificateError("the data is no certificate: damaged or cut off") from None


def _read(certificate: x509.Certificate, der: bytes) -> Certificate:
    algorithm, bits = kind_of_key(certificate.public_key())
    hashed = certificate.signature_hash_algorithm
    return Certificate(
        sha256(der).hexdigest(),
        clipped(certificate.subject.rfc4514_string(), KEY_NAME_TEXT),
        clipped(certificate.issuer.rfc4514_string(), KEY_NAME_TEXT),
        int(certificate.not_valid_before_utc.timestamp()),
        int(certificate.not_valid_after_utc.timestamp()),
        algorithm,
        bits,
        hashed.name if hashed else "",
        tuple(_addresses(certificate))[:KEY_NAMES],
        _for_mail(certificate),
    )


def kind_of_key(key: object) -> tuple[str, int]:
    """The algorithm of a public key, and its bits; 0 where there is no choice of sizes."""
    if isinstance(key, RSAPublicKey):
        return "rsa", key.key_size
    if isinstance(key, EllipticCurvePublicKey):
        return key.curve.name, key.key_size
    if isinstance(key, DSAPublicKey):
        return "dsa", key.key_size
    return "unknown" if key is None else type(key).__name__.removesuffix("PublicKey").lower(), 0


def _addresses(certificate: x509.Certificate) -> Iterator[str]:
    """The rfc822Names and SmtpUTF8Mailboxes; the subject's emailAddress only where there is no subjectAltName (RFC 8550)."""
    names = extension(certificate, x509.SubjectAlternativeName)
    if names is None:
        for attribute in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
            yield str(attribute.value)
        return
    for name in names:
        if isinstance(name, x509.RFC822Name):
            yield name.value
        elif isinstance(name, x509.OtherName) and name.type_id == SMTP_UTF8_MAILBOX:
            yield _utf8_string(name.value)


def _utf8_string(der: bytes) -> str:
    """The text of a short DER UTF8String; an address has at most 254 octets. "" for anything else."""
    header = 3 if der[1:2] == b"\x81" else 2
    if der[:1] != bytes([_UTF8_STRING]) or len(der) < header or der[header - 1] != len(der) - header:
        return ""
    return from_bytes(der[header:])


def _for_mail(certificate: x509.Certificate) -> bool:
    usage = extension(certificate, x509.ExtendedKeyUsage)
    return usage is None or not FOR_MAIL.isdisjoint(usage)
