"""Whether a certificate is for mail and sound by itself: usages, dates, key and signature (RFC 8550 sections 4.3 and 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPublicKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x448 import X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.x509 import Certificate
from cryptography.x509.oid import ExtendedKeyUsageOID

from mailsec.core.limits.keys import X509_RSA_BITS
from mailsec.core.limits.transport import LISTED
from mailsec.core.moment import utc
from mailsec.core.results import Finding, finding
from mailsec.trust.x509 import rules

FOR_MAIL = frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})
BRAND_INDICATOR = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.31")
"""id-kp-BrandIndicatorforMessageIdentification."""
WEAK_HASHES = frozenset({"md2", "md4", "md5", "sha1"})
MIN_RSA_BITS = 2048
_AGREEING = (EllipticCurvePublicKey, X25519PublicKey, X448PublicKey)
_KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
_EXTENDED = {
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    BRAND_INDICATOR: "BrandIndicatorforMessageIdentification",
}

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


class Purpose(StrEnum):
    """What a certificate is looked at for: a person's, or a brand's."""

    SIGN = "signing mail"
    ENCRYPT = "encrypting mail"
    MARK = "vouching for a mark"
    MARK_ISSUER = "issuing mark certificates"


_FOR_MARKS = frozenset({Purpose.MARK, Purpose.MARK_ISSUER})


def above(purpose: Purpose | None) -> Purpose | None:
    """What the issuers of a certificate for `purpose` are looked at for; None is mail."""
    return Purpose.MARK_ISSUER if purpose in _FOR_MARKS else None


def usage_flaws(certificate: Certificate, purpose: Purpose | None) -> Iterator[Finding]:
    """What keeps a certificate from the purpose; None asks for mail alone, as of an authority."""
    for said in _usage_flaws(certificate, purpose):
        yield finding(rules.USAGE, said)


def _usage_flaws(certificate: Certificate, purpose: Purpose | None) -> Iterator[str]:
    extended = extension(certificate, x509.ExtendedKeyUsage)
    if purpose in _FOR_MARKS:
        if flaw := _mark_flaw(extended, purpose):
            yield flaw
        return
    if extended is not None and FOR_MAIL.isdisjoint(extended):
        yield "the certificate is not for mail: no emailProtection in its extended key usage (RFC 8550 section 4.4.4)"
    usage = extension(certificate, x509.KeyUsage)
    if usage is None or purpose is None:
        return
    if purpose is Purpose.SIGN and not (usage.digital_signature or usage.content_commitment):
        yield "the certificate is not for signing: no digitalSignature in its key usage (RFC 8550 section 4.4.2)"
    if purpose is Purpose.ENCRYPT:
        agreeing = isinstance(public_key(certificate), _AGREEING)
        if not (usage.key_agreement if agreeing else usage.key_encipherment):
            needed = "keyAgreement" if agreeing else "keyEncipherment"
            yield f"the certificate is not for encryption: no {needed} in its key usage (RFC 8550 section 4.4.2)"


def _mark_flaw(extended: x509.ExtendedKeyUsage | None, purpose: Purpose | None) -> str:
    """A mark certificate has the one purpose alone, its issuers have it among others, or say nothing."""
    found = None if extended is None else set(extended)
    if purpose is Purpose.MARK and found != {BRAND_INDICATOR}:
        return f"the certificate is not for marks: its extended key usage is not {BRAND_INDICATOR.dotted_string} alone"
    if found is not None and found.isdisjoint((BRAND_INDICATOR, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)):
        return f"the certificate is not for issuers of marks: no {BRAND_INDICATOR.dotted_string} in its extended key usage"
    return ""


def described_usage(certificate: Certificate) -> str:
    """What a certificate says that it is for, as the standards call it; "" where it says nothing."""
    usage, extended = extension(certificate, x509.KeyUsage), extension(certificate, x509.ExtendedKeyUsage)
    named = [] if usage is None else [name for flag, name in _KEY_USAGES.items() if getattr(usage, flag)]
    named += [_EXTENDED.get(oid, oid.dotted_string) for oid in list(extended or ())[:LISTED]]
    return ", ".join(named)


def is_authority(certificate: Certificate) -> bool:
    """Whether it says that it may issue others, or is so old that it cannot say it (RFC 5280 section 4.2.1.9)."""
    limits = extension(certificate, x509.BasicConstraints)
    return certificate.version is x509.Version.v1 if limits is None else limits.ca


def date_flaws(certificate: Certificate, now: int) -> Iterator[Finding]:
    """Why the certificate is not valid at `now` (seconds since 1970 UTC)."""
    begin, end = int(certificate.not_valid_before_utc.timestamp()), int(certificate.not_valid_after_utc.timestamp())
    if now < begin:
        yield finding(rules.EARLY, f"the certificate is not valid before {utc(begin)} (RFC 5280 section 4.1.2.5)")
    if now > end:
        yield finding(rules.EXPIRED, f"the certificate has expired at {utc(end)} (RFC 5280 section 4.1.2.5)")


def strength_flaws(certificate: Certificate, *, root: bool) -> Iterator[Finding]:
    """What makes its key or its signature weak; nobody believes a root for its signature."""
    key = public_key(certificate)
    if isinstance(key, RSAPublicKey) and not MIN_RSA_BITS <= key.key_size <= X509_RSA_BITS:
        yield finding(rules.WEAK, f"the certificate has an RSA key of {key.key_size} bits (RFC 8550 section 4.3)")
    elif isinstance(key, DSAPublicKey):
        yield finding(rules.WEAK, "the certificate has a DSA key (RFC 8550 section 4.3)")
    hashed = "" if root else signature_hash(certificate)
    if hashed in WEAK_HASHES:
        yield finding(rules.WEAK, f"the certificate is signed with {hashed} (RFC 8550 section 4.3)")


def public_key(certificate: Certificate) -> object:
    """The key of a certificate; None where it is of a kind that is not known. Raises ValueError where it is damaged."""
    try:
        return certificate.public_key()
    except UnsupportedAlgorithm:
        return None


def signature_hash(certificate: Certificate) -> str:
    """The name of the hash in a certificate's signature; "" where it has none, or one that is not known. Raises ValueError
    where it is damaged."""
    try:
        hashed = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return hashed.name if hashed else ""


def extension(certificate: Certificate, kind: type[_Extension]) -> _Extension | None:
    """An extension of a certificate, or None."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
