"""What can be found when mail is sent, and of the servers that take it."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_SMUGGLED = (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING)
_LISTENED = (Threat.EAVESDROPPING,)
_CHANGED = (Threat.TAMPERING,)
_LOST = (Threat.UNAVAILABLE,)

LINE_ENDS_MENDED = Rule(
    "smtp-line-ends-mended",
    Severity.LOW,
    "Bare CR or LF in the message were made line ends",
    "RFC 5321 section 2.3.8",
    _SMUGGLED,
    "Write the message with CRLF, or with LF only; signatures over the old line ends no longer hold.",
)
LONG_LINE = Rule(
    "smtp-long-line",
    Severity.MEDIUM,
    "A line is longer than mail allows",
    "RFC 5321 section 4.5.3.1.6",
    _CHANGED,
    "Encode the part as quoted-printable or base64: servers break long lines, which breaks signatures.",
)
HEADER_NOT_UTF8 = Rule(
    "smtp-header-not-utf8",
    Severity.MEDIUM,
    "The header holds octets of no known encoding",
    "RFC 6532 section 3",
    _CHANGED,
    "Write the field with encoded words or in UTF-8.",
)
BCC_SIGNED = Rule(
    "smtp-bcc-signed",
    Severity.LOW,
    "A field with hidden recipients was removed, though a signature covers it",
    "RFC 6376 section 5.4",
    _CHANGED,
    "Sign after Bcc is gone, or leave it out of the signed fields.",
)
FIELD_NOT_ADDED = Rule(
    "smtp-field-not-added",
    Severity.LOW,
    "A field is missing that the submitter would add",
    "RFC 6409 section 8",
    _CHANGED,
    "Write Date and Message-ID before the message is signed.",
)
DSN_NOT_OFFERED = Rule(
    "smtp-dsn-not-offered",
    Severity.LOW,
    "The server cannot be asked for delivery status notifications",
    "RFC 3461 section 4",
    _LOST,
    "Do not rely on being told what becomes of the message.",
)
REPLY_FLAW = Rule(
    "smtp-reply-flaw",
    Severity.LOW,
    "A reply of the server is not well formed",
    "RFC 5321 section 4.2",
    _CHANGED,
    "Tell whoever keeps the server: clients may read such replies differently.",
)
UNASKED = Rule(
    "smtp-unasked-reply",
    Severity.MEDIUM,
    "The server said something that it was not asked for",
    "RFC 5321 section 4.2",
    _CHANGED,
    "Look at what it is: replies that do not belong to a command make a client believe what did not happen.",
)
INJECTION = Rule(
    "smtp-starttls-injection",
    Severity.HIGH,
    "Octets came in the clear between the answer to STARTTLS and the handshake",
    "RFC 3207 section 6",
    (Threat.TAMPERING, Threat.EAVESDROPPING),
    "Somebody between here and the server, or the server itself, wants them taken for a part of the encrypted session.",
)
TLS_FAILED = Rule(
    "smtp-tls-failed",
    Severity.MEDIUM,
    "TLS was offered and did not come off, so the message went in the clear",
    "RFC 7435 section 3",
    _LISTENED,
    "Ask with --tls require, which sends nothing in the clear.",
)
DEVIATES = Rule(
    "smtp-script-deviation",
    Severity.MEDIUM,
    "The other side does not do what the script says",
    "RFC 5321 section 4.3.2",
    _LOST,
    "Compare what was received with the script's line, and correct the one that is wrong.",
)
COMMAND_FLAW = Rule(
    "smtp-command-flaw",
    Severity.LOW,
    "A command of the client is not well formed",
    "RFC 5321 section 2.3.8",
    _CHANGED,
    "Let the client end each line with CRLF and keep to ASCII and 512 octets a line.",
)
BARE_LINE_ENDS = Rule(
    "smtp-bare-line-ends",
    Severity.MEDIUM,
    "The client sends a message with CR or LF alone in it",
    "RFC 5321 section 2.3.8",
    _SMUGGLED,
    "Let the client make line ends right before it sends: servers disagree on what a bare CR or LF ends.",
)
IN_THE_CLEAR = Rule(
    "smtp-in-the-clear",
    Severity.MEDIUM,
    "The mail host offers no TLS, so what is sent to it can be read on the way",
    "RFC 3207 section 4",
    _LISTENED,
    "Ask with --tls require, which sends nothing in the clear; the host's owner has to switch TLS on.",
)
OLD_TLS = Rule(
    "smtp-old-tls",
    Severity.MEDIUM,
    "The mail host only has a version of TLS that is no longer safe",
    "RFC 9325 section 3.1.1",
    _LISTENED,
    "The host's owner has to switch on TLS 1.2 or 1.3; old versions are used only where anything is better than nothing.",
)
STS_TESTING = Rule(
    "smtp-sts-testing-failed",
    Severity.LOW,
    "The mail host is not what the domain's MTA-STS policy demands, which is in mode testing",
    "RFC 8461 section 5",
    (Threat.SPOOFED_RECEIVER, Threat.EAVESDROPPING),
    "Repair the host before the policy goes to mode enforce: mail will be refused then.",
)
RULES = (
    LINE_ENDS_MENDED,
    LONG_LINE,
    HEADER_NOT_UTF8,
    BCC_SIGNED,
    FIELD_NOT_ADDED,
    DSN_NOT_OFFERED,
    REPLY_FLAW,
    UNASKED,
    INJECTION,
    TLS_FAILED,
    DEVIATES,
    COMMAND_FLAW,
    BARE_LINE_ENDS,
    IN_THE_CLEAR,
    OLD_TLS,
    STS_TESTING,
)
