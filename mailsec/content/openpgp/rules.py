"""What can be found about OPENPGPKEY records."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_READ_BY_OTHERS = (Threat.EAVESDROPPING, Threat.UNAUTHORIZED_RECEIVER)
_FORGED = (Threat.TAMPERING, Threat.UNAUTHORIZED_MESSAGE)

CASE_VARIANT = Rule(
    "openpgpkey-case-variant",
    Severity.MEDIUM,
    "Only the lower-cased address has OPENPGPKEY records: the key may belong to somebody else",
    "RFC 7929 section 4",
    _READ_BY_OTHERS,
    "Publish the key for every spelling that is in use, or write the address as its owner does.",
)
INSECURE = Rule(
    "openpgpkey-insecure",
    Severity.MEDIUM,
    "The OPENPGPKEY records are published without DNSSEC, so nobody may trust them",
    "RFC 7929 section 5.1",
    (Threat.DNS_POISONING, *_READ_BY_OTHERS),
    "Sign the zone.",
)
NOT_VALIDATED = Rule(
    "openpgpkey-not-validated",
    Severity.LOW,
    "Whether DNSSEC vouches for the OPENPGPKEY records was not found out",
    "RFC 7929 section 5.1",
    (Threat.DNS_POISONING,),
    "Run the check with DNSSEC validation.",
)
MALFORMED = Rule(
    "openpgpkey-malformed",
    Severity.MEDIUM,
    "An OPENPGPKEY record holds no key that can be read",
    "RFC 7929 section 2.1",
    _FORGED,
    "Publish the binary export of the public key, without ASCII armor.",
)
SECRET_KEY = Rule(
    "openpgpkey-secret-key",
    Severity.HIGH,
    "An OPENPGPKEY record publishes secret key material",
    "RFC 7929 section 2.1",
    (*_READ_BY_OTHERS, *_FORGED),
    "Delete the record, revoke the key and make a new one: its secret half has to count as known to everybody.",
)
SEVERAL_KEYS = Rule(
    "openpgpkey-several-keys",
    Severity.LOW,
    "The address has several keys, of which senders may take any",
    "RFC 7929 section 2.1",
    _READ_BY_OTHERS,
    "Publish one key, with its expired and revoked predecessors removed.",
)
EXPIRED = Rule(
    "openpgpkey-expired",
    Severity.MEDIUM,
    "The key has expired",
    "RFC 9580 section 5.2.3.13",
    _FORGED,
    "Extend the key's validity and publish it again.",
)
REVOKED = Rule(
    "openpgpkey-revoked",
    Severity.MEDIUM,
    "The key has been revoked by its owner",
    "RFC 9580 section 5.2.1",
    _FORGED,
    "Publish the new key.",
)
UNBOUND = Rule(
    "openpgpkey-unbound",
    Severity.MEDIUM,
    "The key has no self-signature that holds, so nobody may use it",
    "RFC 9580 section 10.1",
    _FORGED,
    "Publish the whole key, with self-signatures newer than SHA-1.",
)
OTHER_ADDRESS = Rule(
    "openpgpkey-other-address",
    Severity.MEDIUM,
    "No user ID of the key names the address",
    "RFC 7929 section 5.2",
    _FORGED,
    "Add the address as a user ID, and publish the key again.",
)
WEAK = Rule(
    "openpgpkey-weak",
    Severity.MEDIUM,
    "The key is weak",
    "RFC 9580 section 9.1",
    _FORGED,
    "Make a new key: Ed25519 with X25519, or RSA of 3072 bits.",
)
TOO_MANY = Rule(
    "openpgpkey-too-many",
    Severity.LOW,
    "The address has more OPENPGPKEY records or packets than are judged",
    "mailsec limit",
    (Threat.UNAVAILABLE,),
    "Publish one key without third-party certifications.",
)

RULES: tuple[Rule, ...] = (
    CASE_VARIANT,
    INSECURE,
    NOT_VALIDATED,
    MALFORMED,
    SECRET_KEY,
    SEVERAL_KEYS,
    EXPIRED,
    REVOKED,
    UNBOUND,
    OTHER_ADDRESS,
    WEAK,
    TOO_MANY,
)
