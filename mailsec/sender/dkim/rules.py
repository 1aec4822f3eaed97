"""What the DKIM room can find (RFC 6376, 8301, 8463)."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

UNSIGNED_TAIL = Rule(
    "dkim-unsigned-tail",
    Severity.MEDIUM,
    "The signature covers only the beginning of the body",
    "RFC 6376 section 8.2",
    (Threat.TAMPERING, Threat.PHISHING),
    "Sign without l=; treat what stands behind the signed octets as anybody's text.",
)
UNSIGNED_DUPLICATE = Rule(
    "dkim-unsigned-duplicate",
    Severity.MEDIUM,
    "A field that may stand once stands more often than was signed",
    "RFC 6376 section 8.15",
    (Threat.TAMPERING, Threat.PHISHING),
    "List each such field once more in h= than it is present, so that none can be added; do not trust the upper instance.",
)
NOT_OVERSIGNED = Rule(
    "dkim-not-oversigned",
    Severity.INFO,
    "Another instance of a signed field could be added without breaking the signature",
    "RFC 6376 section 8.15",
    (Threat.TAMPERING,),
    "List From, To, Subject, Date and the MIME fields once more in h= than they are present.",
)
CONTENT_TYPE_UNSIGNED = Rule(
    "dkim-content-type-unsigned",
    Severity.LOW,
    "Content-Type is not signed",
    "RFC 6376 section 5.4.1",
    (Threat.TAMPERING,),
    "Add Content-Type to h=: whoever changes it changes which parts of the body are shown.",
)
FIELD_UNSIGNED = Rule(
    "dkim-field-unsigned",
    Severity.LOW,
    "Subject, Date or To is not signed",
    "RFC 6376 section 5.4.1",
    (Threat.TAMPERING, Threat.PHISHING),
    "Add the fields to h=: the message could be sent again under another subject or to somebody else.",
)
KEY_SHORT = Rule(
    "dkim-key-short",
    Severity.LOW,
    "The RSA key has fewer than 2048 bits",
    "RFC 8301 section 3.2",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Publish a key of 2048 bits under a new selector and sign with it; below 1024 bits a signature never counts.",
)
TEST_MODE = Rule(
    "dkim-test-mode",
    Severity.LOW,
    "The key says that the domain is only testing DKIM",
    "RFC 6376 section 3.6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Remove t=y from the key record once signing works.",
)
SHA1 = Rule(
    "dkim-sha1",
    Severity.MEDIUM,
    "The signature uses SHA-1",
    "RFC 8301 section 3.1",
    (Threat.TAMPERING, Threat.UNAUTHORIZED_MESSAGE),
    "Sign with rsa-sha256 (or ed25519-sha256 beside it): signatures with SHA-1 must not be accepted.",
)
EXPIRED = Rule(
    "dkim-expired",
    Severity.LOW,
    "The signature had expired",
    "RFC 6376 section 3.5",
    (Threat.TAMPERING,),
    "Judge the message at the time it was received, or sign with a later x=.",
)
FUTURE = Rule(
    "dkim-timestamp-future",
    Severity.LOW,
    "The signature says that it was made in the future",
    "RFC 6376 section 3.5",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Set the signer's clock.",
)
SIGNATURE_LIMIT = Rule(
    "dkim-signature-limit",
    Severity.LOW,
    "The message has more signatures than are judged",
    "RFC 6376 section 6.1",
    (Threat.UNAVAILABLE,),
    "Look at the message itself: honest ones have one to four signatures.",
)
SEVERAL_KEYS = Rule(
    "dkim-several-keys",
    Severity.LOW,
    "There are several key records at one selector",
    "RFC 6376 section 3.6.2.2",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Publish one key record a selector: with several, which one is used is undefined.",
)

RULES: tuple[Rule, ...] = (
    UNSIGNED_TAIL,
    UNSIGNED_DUPLICATE,
    NOT_OVERSIGNED,
    CONTENT_TYPE_UNSIGNED,
    FIELD_UNSIGNED,
    KEY_SHORT,
    TEST_MODE,
    SHA1,
    EXPIRED,
    FUTURE,
    SIGNATURE_LIMIT,
    SEVERAL_KEYS,
)
