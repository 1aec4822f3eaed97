"""What can be found about the place of signatures and ciphertexts in a message, and about whose they are."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_FORGED = (Threat.TAMPERING, Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING)
_READ = (Threat.EAVESDROPPING, Threat.UNAUTHORIZED_RECEIVER)

SIGNER_NOT_AUTHOR = Rule(
    "content-signer-not-author",
    Severity.HIGH,
    "The signature is valid, but the key belongs to somebody else than the author",
    "RFC 8551 section 4.4",
    _FORGED,
    "Do not take the message for the author's: a good signature of another person proves nothing about From.",
)
AUTHOR_UNDECIDED = Rule(
    "content-author-undecided",
    Severity.HIGH,
    "A signed message does not name exactly one author, so no signature can be the author's",
    "RFC 5322 section 3.6.2",
    _FORGED,
    "Do not rely on it: programs will show different authors.",
)
ADDRESS_IN_NAME = Rule(
    "content-address-in-name",
    Severity.HIGH,
    "The author's display name shows another address than the one that the signature is good for",
    "RFC 5322 section 3.4",
    _FORGED,
    "Go by the address in angle brackets alone.",
)
UNAUTHENTICATED = Rule(
    "content-key-unauthenticated",
    Severity.LOW,
    "The signature is valid, but nobody has vouched that the key is the author's",
    "RFC 9580 section 5.2.1.4",
    _FORGED,
    "Compare the fingerprint with the owner on another way, then say so: mailsec keys trust FINGERPRINT --address ADDRESS.",
)
UNSIGNED_PARTS = Rule(
    "content-unsigned-parts",
    Severity.MEDIUM,
    "Parts of the message are not covered by the signature",
    "RFC 1847 section 2.1",
    _FORGED,
    "Rely on the signed part alone; --allow-partial accepts footers of mailing lists.",
)
SIGNED_ATTACHMENT = Rule(
    "content-signed-attachment",
    Severity.MEDIUM,
    "What is signed is an attachment: the signature says nothing about this message",
    "RFC 1847 section 2.1",
    _FORGED,
    "Save the attachment and verify it alone.",
)
AMBIGUOUS = Rule(
    "content-ambiguous-structure",
    Severity.MEDIUM,
    "Programs can disagree about what the signature covers: the MIME structure is damaged",
    "RFC 2046 section 5.1",
    _FORGED,
    "Rely on nothing in it; ask the sender to send it again.",
)
IMITATED = Rule(
    "content-signature-imitated",
    Severity.HIGH,
    "Unsigned HTML shows what looks like a signature",
    "RFC 3156 section 5",
    _FORGED,
    "Believe what mailsec or your mail program says about signatures, never what stands in the message.",
)
HIDING = Rule(
    "content-html-around",
    Severity.HIGH,
    "Unprotected HTML beside a protected part can hide it, dress it up, or carry it away",
    "RFC 9787 section 7.1",
    (*_FORGED, *_READ),
    "Look at the protected part alone.",
)
HEADER_UNPROTECTED = Rule(
    "content-header-unprotected",
    Severity.MEDIUM,
    "The signature covers the text, not Subject, To, Cc and Date: an old text can be sent again under new ones",
    "RFC 9788 section 4",
    _FORGED,
    "Compare the text itself with subject, date and recipients.",
)
HEADER_DIFFERS = Rule(
    "content-header-differs",
    Severity.HIGH,
    "The header that everybody sees is another one than the header that was signed",
    "RFC 9788 section 4",
    _FORGED,
    "Go by the protected fields.",
)
OTHER_SENDER = Rule(
    "content-other-sender",
    Severity.MEDIUM,
    "A field that nothing protects names somebody else than the signer",
    "RFC 5322 section 3.6.2",
    _FORGED,
    "Answer to the address of the signer, not to the one that the field proposes.",
)
SEVERAL_CIPHERTEXTS = Rule(
    "content-several-ciphertexts",
    Severity.HIGH,
    "The message holds several ciphertexts, as somebody would who wants strangers' texts decrypted and sent back",
    "RFC 9787 section 7.1",
    _READ,
    "Decrypt one at a time, and never answer with what was decrypted.",
)
CIPHERTEXT_BESIDE = Rule(
    "content-ciphertext-beside-plaintext",
    Severity.MEDIUM,
    "The ciphertext is only a part of the message; what stands beside it was not encrypted",
    "RFC 9787 section 7.1",
    _READ,
    "Read the decrypted part alone, and do not quote it in an answer.",
)
TOO_MANY = Rule(
    "content-too-many-layers",
    Severity.MEDIUM,
    "The message has more signatures or ciphertexts than are judged",
    "mailsec limit",
    (Threat.UNAVAILABLE,),
    "Look at the message itself: no honest one has as many.",
)

RULES: tuple[Rule, ...] = (
    SIGNER_NOT_AUTHOR,
    AUTHOR_UNDECIDED,
    ADDRESS_IN_NAME,
    UNAUTHENTICATED,
    UNSIGNED_PARTS,
    SIGNED_ATTACHMENT,
    AMBIGUOUS,
    IMITATED,
    HIDING,
    HEADER_UNPROTECTED,
    HEADER_DIFFERS,
    OTHER_SENDER,
    SEVERAL_CIPHERTEXTS,
    CIPHERTEXT_BESIDE,
    TOO_MANY,
)
