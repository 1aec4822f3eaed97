"""What can be found about OpenPGP keys, signatures and encrypted messages, and about OPENPGPKEY records."""

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
    "RFC 7929 section 5",
    (Threat.DNS_POISONING, *_READ_BY_OTHERS),
    "Sign the zone.",
)
NOT_VALIDATED = Rule(
    "openpgpkey-not-validated",
    Severity.LOW,
    "Whether DNSSEC vouches for the OPENPGPKEY records was not found out",
    "RFC 7929 section 5",
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
    "RFC 7929 section 5.3",
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

SIGNATURE_BAD = Rule(
    "openpgp-signature-bad",
    Severity.HIGH,
    "The OpenPGP signature does not fit the text",
    "RFC 9580 section 5.2",
    _FORGED,
    "Ask the sender to send it again; take nothing in it as theirs.",
)
KEY_UNKNOWN = Rule(
    "openpgp-key-unknown",
    Severity.LOW,
    "The key that made the OpenPGP signature is not known",
    "RFC 9580 section 5.2",
    _FORGED,
    "Get the key from its owner and name its file with --key, or import it: mailsec keys import FILE.",
)
KEY_EXPIRED = Rule(
    "openpgp-key-expired",
    Severity.MEDIUM,
    "The OpenPGP key had expired before the signature was made",
    "RFC 9580 section 5.2.3.13",
    _FORGED,
    "Ask the owner for the key with its validity extended, and import it again.",
)
KEY_EXPIRED_SINCE = Rule(
    "openpgp-key-expired-since",
    Severity.INFO,
    "The OpenPGP key has expired since",
    "RFC 9580 section 5.2.3.13",
    _FORGED,
    "Nothing for this message; get the owner's present key before you write to them.",
)
KEY_REVOKED = Rule(
    "openpgp-key-revoked",
    Severity.HIGH,
    "The OpenPGP key is revoked",
    "RFC 9580 section 5.2.3.31",
    _FORGED,
    "Take nothing in it as the owner's: whoever has the key can choose the date of a signature too.",
)
KEY_REVOKED_SINCE = Rule(
    "openpgp-key-revoked-since",
    Severity.LOW,
    "The OpenPGP key has been retired since",
    "RFC 9580 section 5.2.3.31",
    _FORGED,
    "Get the owner's present key before you write to them.",
)
SIGNATURE_WEAK = Rule(
    "openpgp-signature-weak",
    Severity.HIGH,
    "The OpenPGP signature rests on a weak hash or key",
    "RFC 9580 section 9.5",
    _FORGED,
    "Ask the sender to sign with SHA-256 or better, and a key of today.",
)
NOT_SIGNING_KEY = Rule(
    "openpgp-not-signing-key",
    Severity.HIGH,
    "The key that made the OpenPGP signature may not sign for the certificate it stands in",
    "RFC 9580 section 5.2.1.8",
    _FORGED,
    "Get the certificate anew from its owner: a key was put into it that does not belong there.",
)
SIGNATURE_FUTURE = Rule(
    "openpgp-signature-future",
    Severity.MEDIUM,
    "The OpenPGP signature says that it was made in the future",
    "RFC 9580 section 5.2.3.11",
    _FORGED,
    "Compare the clocks of both sides.",
)
SIGNATURE_EXPIRED = Rule(
    "openpgp-signature-expired",
    Severity.MEDIUM,
    "The OpenPGP signature has expired",
    "RFC 9580 section 5.2.3.18",
    _FORGED,
    "Ask the sender whether what it says still holds.",
)
SIGNATURE_UNSUPPORTED = Rule(
    "openpgp-signature-unsupported",
    Severity.LOW,
    "The OpenPGP signature is of a version or algorithm that is not known",
    "RFC 9580 section 5.2",
    _FORGED,
    "Ask the sender to sign with version 4 or 6 and a usual algorithm.",
)
SIGNATURE_UNREADABLE = Rule(
    "openpgp-signature-unreadable",
    Severity.HIGH,
    "What stands where an OpenPGP signature must stand is none that can be read",
    "RFC 3156 section 5",
    _FORGED,
    "Ask the sender to send it again; take nothing in it as theirs.",
)
INJECTED = Rule(
    "openpgp-cleartext-injected",
    Severity.HIGH,
    "A cleartext signed message has lines in front of its text that look signed and are not",
    "RFC 9580 section 7.1",
    _FORGED,
    "Believe none of those lines.",
)
OVERRULED = Rule(
    "openpgp-key-overruled",
    Severity.MEDIUM,
    "A message was encrypted to a key that should not be used",
    "RFC 9580 section 13.1",
    _READ_BY_OTHERS,
    "Get the owner's present key.",
)
NOT_FOR = Rule(
    "openpgp-recipient-without-key",
    Severity.LOW,
    "The message names a recipient of whom no key takes part",
    "RFC 3156 section 4",
    (Threat.UNAVAILABLE,),
    "Name that recipient's key too, with --to-key FILE.",
)

MIXED_CASE = Rule(
    "openpgpkey-mixed-case",
    Severity.LOW,
    "The record is for an address with upper-case letters, and many programs ask for the lower-cased one",
    "RFC 7929 section 4",
    (Threat.UNAVAILABLE,),
    "Publish a record for every spelling that is in use.",
)
LARGE = Rule(
    "openpgpkey-large",
    Severity.LOW,
    "The record is so large that some name servers and networks will not carry it",
    "RFC 7929 section 2.1.2",
    (Threat.UNAVAILABLE,),
    "Publish the key without the certifications of others and without other user IDs.",
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
    SIGNATURE_BAD,
    KEY_UNKNOWN,
    KEY_EXPIRED,
    KEY_EXPIRED_SINCE,
    KEY_REVOKED,
    KEY_REVOKED_SINCE,
    SIGNATURE_WEAK,
    NOT_SIGNING_KEY,
    SIGNATURE_FUTURE,
    SIGNATURE_EXPIRED,
    SIGNATURE_UNSUPPORTED,
    SIGNATURE_UNREADABLE,
    INJECTED,
    OVERRULED,
    NOT_FOR,
    MIXED_CASE,
    LARGE,
)
