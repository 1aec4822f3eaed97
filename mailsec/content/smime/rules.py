"""What can be found about S/MIME signatures and encrypted messages, and about SMIMEA records."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_READ_BY_OTHERS = (Threat.EAVESDROPPING, Threat.UNAUTHORIZED_RECEIVER)
_FORGED = (Threat.TAMPERING, Threat.UNAUTHORIZED_MESSAGE)

CASE_VARIANT = Rule(
    "smimea-case-variant",
    Severity.MEDIUM,
    "Only the lower-cased address has SMIMEA records: they may belong to somebody else",
    "RFC 8162 section 4",
    _READ_BY_OTHERS,
    "Publish the records for every spelling that is in use, or write the address as its owner does.",
)
INSECURE = Rule(
    "smimea-insecure",
    Severity.MEDIUM,
    "The SMIMEA records are published without DNSSEC, so nobody may trust them",
    "RFC 8162 section 6",
    (Threat.DNS_POISONING, *_READ_BY_OTHERS),
    "Sign the zone.",
)
NOT_VALIDATED = Rule(
    "smimea-not-validated",
    Severity.LOW,
    "Whether DNSSEC vouches for the SMIMEA records was not found out",
    "RFC 8162 section 6",
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
MIXED_CASE = Rule(
    "smimea-mixed-case",
    Severity.LOW,
    "The record is for an address with upper-case letters, and many programs ask for the lower-cased one",
    "RFC 8162 section 4",
    (Threat.UNAVAILABLE,),
    "Publish a record for every spelling that is in use.",
)
LARGE = Rule(
    "smimea-large",
    Severity.LOW,
    "The record is so large that some name servers and networks will not carry it",
    "RFC 8162 section 7",
    (Threat.UNAVAILABLE,),
    "Use a certificate with an elliptic curve and without needless extensions.",
)
NOT_AUTHORITY = Rule(
    "smimea-not-authority",
    Severity.MEDIUM,
    "The record calls a certificate an authority that may not issue others",
    "RFC 5280 section 4.2.1.9",
    _FORGED,
    "Publish the person's own certificate with usage 3, or name the certificate of the authority.",
)
OTHER_CERTIFICATE = Rule(
    "smimea-other-certificate",
    Severity.MEDIUM,
    "The domain publishes which certificates the address has, and the signer's is none of them",
    "RFC 6698 section 2.1.1",
    _FORGED,
    "Ask the author in another way; one who has a new certificate has to publish it too.",
)

SIGNATURE_BAD = Rule(
    "smime-signature-bad",
    Severity.HIGH,
    "The S/MIME signature does not fit the text",
    "RFC 5652 section 5.6",
    _FORGED,
    "Ask the sender to send it again; take nothing in it as theirs.",
)
SIGNATURE_WEAK = Rule(
    "smime-signature-weak",
    Severity.HIGH,
    "The S/MIME signature is made with a hash or key that can be forged",
    "RFC 8551 section 2.1",
    _FORGED,
    "Ask the sender for a signature with SHA-256 and RSA of 2048 bits or more, or an elliptic curve.",
)
SIGNATURE_DSA = Rule(
    "smime-signature-dsa",
    Severity.HIGH,
    "The S/MIME signature is made with DSA, which is not accepted any more",
    "RFC 8551 appendix B",
    _FORGED,
    "Ask the sender for a signature with RSA or an elliptic curve.",
)
SIGNATURE_UNSUPPORTED = Rule(
    "smime-signature-unsupported",
    Severity.LOW,
    "The S/MIME signature uses an algorithm that is not known here",
    "RFC 8551 section 2.2",
    _FORGED,
    "Take the message as unsigned, or judge it with another program.",
)
SIGNATURE_UNREADABLE = Rule(
    "smime-signature-unreadable",
    Severity.MEDIUM,
    "The S/MIME structure is damaged, cut off, or not what the message calls it",
    "RFC 8551 section 3",
    _FORGED,
    "Ask the sender to send it again.",
)
CONTENT_TWICE = Rule(
    "smime-content-twice",
    Severity.HIGH,
    "The detached signature carries a text of its own: programs can show one and verify the other",
    "RFC 8551 section 3.5.3",
    _FORGED,
    "Do not rely on it: no honest program makes this.",
)
NOT_SIGNED = Rule(
    "smime-not-signed",
    Severity.MEDIUM,
    "The message calls itself signed, and nobody signed it",
    "RFC 8551 section 3.2.2",
    _FORGED,
    "Take it as unsigned.",
)
SIGNER_UNKNOWN = Rule(
    "smime-signer-unknown",
    Severity.LOW,
    "The certificate that made the S/MIME signature is not known",
    "RFC 8551 section 4",
    _FORGED,
    "Ask the sender to send the certificate along, as nearly all programs do.",
)
SIGNER_CERTIFICATE = Rule(
    "smime-signer-certificate",
    Severity.HIGH,
    "The certificate that made the S/MIME signature is not good for that",
    "RFC 8550 section 4",
    _FORGED,
    "Judge it for the time it arrived where the certificate has expired since (--at); else take nothing in it as the author's.",
)
SIGNER_UNCHECKED = Rule(
    "smime-signer-unchecked",
    Severity.LOW,
    "Whether the certificate that made the S/MIME signature is revoked was to be found out, and was not",
    "RFC 8550 section 4.2",
    _FORGED,
    "Hand in the lists of its authorities (--crl, --ocsp), or let them be fetched (--fetch).",
)
NOT_AUTHENTICATED = Rule(
    "smime-not-authenticated",
    Severity.HIGH,
    "The message was encrypted without protection against changes, and no good signature inside makes up for it",
    "RFC 8551 section 6",
    (Threat.TAMPERING, *_READ_BY_OTHERS),
    "Take nothing in it for the sender's, load nothing from the network that it names, and ask for AES-GCM or a signature.",
)
LEGACY_CIPHER = Rule(
    "smime-legacy-cipher",
    Severity.MEDIUM,
    "The message is encrypted with a cipher that only old programs use",
    "RFC 8551 appendix B",
    _READ_BY_OTHERS,
    "Ask the sender to encrypt with AES.",
)
NOT_FOR = Rule(
    "smime-not-for",
    Severity.LOW,
    "Somebody to whom the message is addressed has no certificate among those that it is encrypted to",
    "RFC 8551 section 3.3",
    (Threat.UNAVAILABLE,),
    "Name the certificate of every recipient with --to-key, or import it: mailsec keys import.",
)
OVERRULED = Rule(
    "smime-certificate-overruled",
    Severity.MEDIUM,
    "A message was encrypted to a certificate that should not be used",
    "RFC 8550 section 4",
    _READ_BY_OTHERS,
    "Get the recipient's present certificate, and let somebody you trust vouch for it.",
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
    MIXED_CASE,
    LARGE,
    NOT_AUTHORITY,
    OTHER_CERTIFICATE,
    SIGNATURE_BAD,
    SIGNATURE_WEAK,
    SIGNATURE_DSA,
    SIGNATURE_UNSUPPORTED,
    SIGNATURE_UNREADABLE,
    CONTENT_TWICE,
    NOT_SIGNED,
    SIGNER_UNKNOWN,
    SIGNER_CERTIFICATE,
    SIGNER_UNCHECKED,
    NOT_AUTHENTICATED,
    LEGACY_CIPHER,
    NOT_FOR,
    OVERRULED,
)
