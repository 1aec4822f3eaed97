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
KEY_REFUSED = Rule(
    "dkim-key-size-refused",
    Severity.HIGH,
    "The RSA key has a size that no verifier accepts",
    "RFC 8301 section 3.2",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING),
    "Revoke the key (empty p=) and publish one of 2048 bits under a new selector: anybody can break one below 1024 bits.",
)
KEY_MALFORMED = Rule(
    "dkim-key-malformed",
    Severity.MEDIUM,
    "The key record cannot be read, so no signature made with the key holds",
    "RFC 6376 section 3.6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Publish the record again in the form v=DKIM1; k=rsa; p=BASE64, without quotes or backslashes in the text.",
)
KEY_VERSION = Rule(
    "dkim-key-version",
    Severity.MEDIUM,
    "The key record does not begin with v=DKIM1, though it has a v=, and is discarded",
    "RFC 6376 section 3.6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Begin the record with v=DKIM1.",
)
KEY_NO_VERSION = Rule(
    "dkim-key-no-version",
    Severity.INFO,
    "The key record does not say that it is one",
    "RFC 6376 section 3.6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Begin the record with v=DKIM1.",
)
KEY_KIND = Rule(
    "dkim-key-kind",
    Severity.MEDIUM,
    "The key is of a kind that verifiers do not know",
    "RFC 6376 section 3.6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Use k=rsa or k=ed25519.",
)
KEY_REVOKED = Rule(
    "dkim-key-revoked",
    Severity.INFO,
    "The key is revoked",
    "RFC 6376 section 3.6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Nothing has to be done while no mail is signed with it; the record can go when no signed mail is under way any more.",
)
KEY_SHA1_ONLY = Rule(
    "dkim-key-sha1-only",
    Severity.MEDIUM,
    "The key may be used with SHA-1 only, which no verifier accepts",
    "RFC 8301 section 3.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Delete h= from the key record, or write h=sha256.",
)
KEY_NOT_FOR_MAIL = Rule(
    "dkim-key-not-for-mail",
    Severity.MEDIUM,
    "The key may not be used for mail",
    "RFC 6376 section 3.6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Delete s= from the key record, or write s=email.",
)
KEY_STRICT = Rule(
    "dkim-key-strict-identity",
    Severity.INFO,
    "The key allows no subdomain in i=",
    "RFC 6376 section 3.6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Nothing has to be done where i= names the domain itself, as most signers write it.",
)
KEY_GRANULARITY = Rule(
    "dkim-key-granularity",
    Severity.LOW,
    "The key record has the abandoned tag g=",
    "RFC 6376 appendix C.2",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Delete g=: it means nothing any more, and an empty one makes old verifiers refuse every signature.",
)
KEY_UNKNOWN_TAG = Rule(
    "dkim-key-unknown-tag",
    Severity.INFO,
    "The key record has a tag that is not defined",
    "RFC 6376 section 3.6.1",
    (Threat.UNAVAILABLE,),
    "Delete the tag: verifiers ignore it.",
)
KEY_SHARED = Rule(
    "dkim-key-shared",
    Severity.INFO,
    "The same key stands at several selectors",
    "RFC 6376 section 3.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Use a key of its own at each selector: replacing one that leaked is then a matter of one record.",
)
KEY_OLD = Rule(
    "dkim-key-old",
    Severity.INFO,
    "The selector says that the key is more than two years old",
    "RFC 6376 section 3.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Publish a new key under a new selector, sign with it, and revoke the old one a week later.",
)
WILDCARD = Rule(
    "dkim-wildcard",
    Severity.MEDIUM,
    "Every selector has a key, because a wildcard stands below _domainkey",
    "RFC 6376 section 3.6.2.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Delete the wildcard and publish each key at its own selector: a wildcard keeps answering for keys that were withdrawn.",
)
LOOKUP_FAILED = Rule(
    "dkim-lookup-failed",
    Severity.LOW,
    "A question to the DNS about a DKIM key was not answered",
    "RFC 6376 section 6.1.2",
    (Threat.DNS_POISONING, Threat.UNAVAILABLE),
    "Ask again later, or give the missing name in a zone file.",
)
SELECTOR_LIMIT = Rule(
    "dkim-selector-limit",
    Severity.LOW,
    "More selectors were given than are asked for",
    "RFC 6376 section 3.1",
    (Threat.UNAVAILABLE,),
    "Give fewer selectors at a time.",
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
    KEY_REFUSED,
    KEY_MALFORMED,
    KEY_VERSION,
    KEY_NO_VERSION,
    KEY_KIND,
    KEY_REVOKED,
    KEY_SHA1_ONLY,
    KEY_NOT_FOR_MAIL,
    KEY_STRICT,
    KEY_GRANULARITY,
    KEY_UNKNOWN_TAG,
    KEY_SHARED,
    KEY_OLD,
    WILDCARD,
    LOOKUP_FAILED,
    SELECTOR_LIMIT,
)
