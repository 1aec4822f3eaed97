"""What can be found about SMIMEA records."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_READ_BY_OTHERS = (Threat.EAVESDROPPING, Threat.UNAUTHORIZED_RECEIVER)
_FORGED = (Threat.TAMPERING, Threat.UNAUTHORIZED_MESSAGE)

CASE_VARIANT = Rule(
    "smimea-case-variant",
    Severity.MEDIUM,
    "Only the lower-cased address has SMIMEA records: they may belong to somebody else",
    "RFC 8162 section 3",
    _READ_BY_OTHERS,
    "Publish the records for every spelling that is in use, or write the address as its owner does.",
)
INSECURE = Rule(
    "smimea-insecure",
    Severity.MEDIUM,
    "The SMIMEA records are published without DNSSEC, so nobody may trust them",
    "RFC 8162 section 8",
    (Threat.DNS_POISONING, *_READ_BY_OTHERS),
    "Sign the zone.",
)
NOT_VALIDATED = Rule(
    "smimea-not-validated",
    Severity.LOW,
    "Whether DNSSEC vouches for the SMIMEA records was not found out",
    "RFC 8162 section 8",
    (Threat.DNS_POISONING,),
    "Run the check with DNSSEC validation.",
)
MALFORMED = Rule(
    "smimea-malformed",
    Severity.MEDIUM,
    "An SMIMEA record cannot be used: it is damaged or has numbers that nobody assigned",
    "RFC 8162 section 2",
    _FORGED,
    "Make the record again from the certificate.",
)
NO_CERTIFICATE = Rule(
    "smimea-no-certificate",
    Severity.INFO,
    "The SMIMEA records confirm a certificate, but none carries it",
    "RFC 8162 section 2",
    _READ_BY_OTHERS,
    "Publish the whole certificate as 3 0 0, so that others can encrypt to it.",
)
EXPIRED = Rule(
    "smimea-expired",
    Severity.MEDIUM,
    "The certificate is not valid now",
    "RFC 5280 section 4.1.2.5",
    _FORGED,
    "Publish the present certificate.",
)
OTHER_ADDRESS = Rule(
    "smimea-other-address",
    Severity.MEDIUM,
    "The certificate does not name the address",
    "RFC 8550 section 3",
    _FORGED,
    "Publish a certificate with the address as rfc822Name in its subjectAltName.",
)
NOT_FOR_MAIL = Rule(
    "smimea-not-for-mail",
    Severity.MEDIUM,
    "The certificate's extended key usage does not include mail",
    "RFC 8550 section 4.4.4",
    _FORGED,
    "Publish a certificate with emailProtection.",
)
WEAK = Rule(
    "smimea-weak",
    Severity.MEDIUM,
    "The certificate has a weak key or a weak signature",
    "RFC 8550 section 4.3",
    _FORGED,
    "Replace it by one with RSA of 2048 bits or more, or an elliptic curve, signed with SHA-256.",
)
TOO_MANY = Rule(
    "smimea-too-many",
    Severity.LOW,
    "The address has more SMIMEA records than are judged",
    "mailsec limit",
    (Threat.UNAVAILABLE,),
    "Keep the records of the present and the next certificate.",
)

RULES: tuple[Rule, ...] = (
    CASE_VARIANT,
    INSECURE,
    NOT_VALIDATED,
    MALFORMED,
    NO_CERTIFICATE,
    EXPIRED,
    OTHER_ADDRESS,
    NOT_FOR_MAIL,
    WEAK,
    TOO_MANY,
)
