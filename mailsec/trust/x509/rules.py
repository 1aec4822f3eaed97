"""What can be found about CAA records."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_FALSE_CERTIFICATE = (Threat.SPOOFED_RECEIVER, Threat.EAVESDROPPING)
_FALSE_PERSON = (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING)

NONE = Rule(
    "caa-none",
    Severity.INFO,
    "No CAA record says which authorities may issue certificates for the domain",
    "RFC 8659 section 3",
    _FALSE_CERTIFICATE,
    "Publish CAA records with the authorities that you use.",
)
NO_ISSUEMAIL = Rule(
    "caa-no-issuemail",
    Severity.INFO,
    "Any authority may issue S/MIME certificates for addresses of the domain",
    "RFC 9495 section 4",
    _FALSE_PERSON,
    'Publish CAA 0 issuemail with the authority that you use, or ";" where nobody has S/MIME certificates.',
)
UNKNOWN_CRITICAL = Rule(
    "caa-unknown-critical",
    Severity.MEDIUM,
    "A CAA record marks a property as critical that nobody registered, so no authority may issue",
    "RFC 8659 section 4.1",
    (Threat.UNAVAILABLE,),
    "Correct the tag, or set the flags to 0.",
)
UNKNOWN = Rule(
    "caa-unknown-tag",
    Severity.LOW,
    "A CAA record has a tag that nobody registered and everybody ignores",
    "RFC 8659 section 4.1",
    _FALSE_CERTIFICATE,
    "Correct the spelling of the tag.",
)
MALFORMED = Rule(
    "caa-malformed",
    Severity.MEDIUM,
    "A CAA record is not valid; one with a damaged issuer allows nobody",
    "RFC 8659 section 4.2",
    (*_FALSE_CERTIFICATE, Threat.UNAVAILABLE),
    "Write the domain name of the authority, then its parameters, each behind a semicolon.",
)
RESERVED_FLAGS = Rule(
    "caa-reserved-flags",
    Severity.LOW,
    "A CAA record sets flags that have no meaning",
    "RFC 8659 section 4.1",
    _FALSE_CERTIFICATE,
    "Set the flags to 0, or to 128 for a critical property.",
)
TOO_MANY = Rule(
    "caa-too-many",
    Severity.LOW,
    "There are more CAA records than are judged",
    "mailsec limit",
    (Threat.UNAVAILABLE,),
    "Keep one record for each authority that you use.",
)

RULES: tuple[Rule, ...] = (NONE, NO_ISSUEMAIL, UNKNOWN_CRITICAL, UNKNOWN, MALFORMED, RESERVED_FLAGS, TOO_MANY)
