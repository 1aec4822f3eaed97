"""What can be found about CAA records, and about the certificates of a path.

The rules of paths are no more than medium: what is judged by the path (a signature, a mark) weighs a refusal itself.
"""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_FALSE_CERTIFICATE = (Threat.SPOOFED_RECEIVER, Threat.EAVESDROPPING)
_FALSE_PERSON = (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING)
_CHANGED = (*_FALSE_PERSON, Threat.TAMPERING)

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
# --- certificates of a path
UNREADABLE = Rule(
    "x509-unreadable",
    Severity.MEDIUM,
    "The certificate cannot be read, or there is none",
    "RFC 5280 section 4.1",
    _FALSE_PERSON,
    "Ask the signer for the certificate as the authority issued it.",
)
EXPIRED = Rule(
    "x509-expired",
    Severity.MEDIUM,
    "A certificate of the path has expired",
    "RFC 5280 section 4.1.2.5",
    _FALSE_PERSON,
    "Renew the certificate; for an old mail, judge it as of its day with --at.",
)
EARLY = Rule(
    "x509-not-yet-valid",
    Severity.MEDIUM,
    "A certificate of the path is not valid yet",
    "RFC 5280 section 4.1.2.5",
    _FALSE_PERSON,
    "Wait until it is valid, and look whether the clock is right.",
)
REVOKED = Rule(
    "x509-revoked",
    Severity.MEDIUM,
    "A certificate of the path is revoked",
    "RFC 5280 section 6.3",
    _CHANGED,
    "Do not believe it; ask the signer, by another way than mail, for a new certificate.",
)
REVOCATION_UNKNOWN = Rule(
    "x509-revocation-unknown",
    Severity.INFO,
    "It is not known whether a certificate of the path is revoked, and that was required",
    "RFC 5280 section 6.3",
    _CHANGED,
    "Name lists with --crl or OCSP responses with --ocsp, or let them be asked for with --fetch.",
)
USAGE = Rule(
    "x509-usage",
    Severity.MEDIUM,
    "A certificate of the path is not for what it is used for",
    "RFC 8550 section 4.4",
    _FALSE_PERSON,
    "Have a certificate issued whose key usage and extended key usage are those of mail, or of marks.",
)
NOT_AUTHORITY = Rule(
    "x509-not-authority",
    Severity.MEDIUM,
    "A certificate was issued by one that may not issue any",
    "RFC 5280 section 4.2.1.9",
    _FALSE_PERSON,
    "Do not believe it: whoever holds any certificate can make such a path.",
)
PATH_LENGTH = Rule(
    "x509-path-length",
    Severity.MEDIUM,
    "There are more authorities below one than it allows",
    "RFC 5280 section 4.2.1.9",
    _FALSE_PERSON,
    "Have the certificate issued by an authority that is allowed to be there.",
)
NAME_CONSTRAINT = Rule(
    "x509-name-constraint",
    Severity.MEDIUM,
    "A certificate has a name that an authority above it may not vouch for",
    "RFC 5280 section 4.2.1.10",
    _FALSE_PERSON,
    "Have the certificate issued by an authority that may vouch for the domain.",
)
POLICY = Rule(
    "x509-policy",
    Severity.MEDIUM,
    "The path has no certificate policy where an authority wants one",
    "RFC 5280 section 6.1",
    _FALSE_PERSON,
    "Have the certificate issued under a policy that the authority allows.",
)
CRITICAL = Rule(
    "x509-critical-extension",
    Severity.MEDIUM,
    "A certificate has a critical extension that is not known",
    "RFC 5280 section 4.2",
    _FALSE_PERSON,
    "Ask the authority what the extension is for; nothing may be concluded without it.",
)
SIGNATURE = Rule(
    "x509-signature",
    Severity.MEDIUM,
    "A certificate was not signed by the issuer that it names",
    "RFC 5280 section 6.1.3",
    _CHANGED,
    "Do not believe it: it was changed, or made up in an authority's name.",
)
WEAK = Rule(
    "x509-weak",
    Severity.MEDIUM,
    "A certificate has a weak key, or a signature that can be forged",
    "RFC 8550 section 4.3",
    _CHANGED,
    "Have a certificate issued for an RSA key of 2048 bits or more, or an elliptic curve, signed with SHA-256 or better.",
)
PATH = Rule(
    "x509-path",
    Severity.MEDIUM,
    "The path of a certificate breaks a rule",
    "RFC 5280 section 6.1",
    _FALSE_PERSON,
    "Have the certificate issued anew, and send the authorities above it along.",
)
UNKNOWN_ROOT = Rule(
    "x509-unknown-root",
    Severity.INFO,
    "The path ends in a root that is not trusted",
    "RFC 5280 section 6.1.1",
    _FALSE_PERSON,
    "Where you know the root to be right, name it with --ca (for marks --bimi-ca), or trust it in the key ring.",
)
UNKNOWN_ISSUER = Rule(
    "x509-unknown-issuer",
    Severity.INFO,
    "The issuer of a certificate is not at hand",
    "RFC 5280 section 4.2.2.1",
    _FALSE_PERSON,
    "Ask for it with --fetch, or name a file of roots and authorities with --ca (for marks --bimi-ca).",
)
TOO_MANY_PATHS = Rule(
    "x509-too-many-paths",
    Severity.LOW,
    "A message has more signatures with paths of their own than are judged",
    "mailsec limit",
    (*_FALSE_PERSON, Threat.UNAVAILABLE),
    "Look at the message by hand: honest mail has one or two signatures.",
)

RULES: tuple[Rule, ...] = (
    NONE,
    NO_ISSUEMAIL,
    UNKNOWN_CRITICAL,
    UNKNOWN,
    MALFORMED,
    RESERVED_FLAGS,
    TOO_MANY,
    UNREADABLE,
    EXPIRED,
    EARLY,
    REVOKED,
    REVOCATION_UNKNOWN,
    USAGE,
    NOT_AUTHORITY,
    PATH_LENGTH,
    NAME_CONSTRAINT,
    POLICY,
    CRITICAL,
    SIGNATURE,
    WEAK,
    PATH,
    UNKNOWN_ROOT,
    UNKNOWN_ISSUER,
    TOO_MANY_PATHS,
)
