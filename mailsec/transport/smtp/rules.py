"""What can be found when SMTP is spoken by script."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_INTERCEPTED = (Threat.EAVESDROPPING, Threat.TAMPERING)
_SMUGGLED = (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING)
_LOST = (Threat.UNAVAILABLE,)

INJECTED = Rule(
    "smtp-plaintext-injected",
    Severity.HIGH,
    "Plaintext came where the TLS handshake should begin",
    "RFC 3207 section 4.2",
    _INTERCEPTED,
    "Find out who put it there: the peer itself, or somebody between. A program that takes it into the encrypted session believes "
    "what an attacker wrote (CVE-2011-0411).",
)
MALFORMED_REPLY = Rule(
    "smtp-malformed-reply",
    Severity.LOW,
    "A reply is not written as SMTP has it",
    "RFC 5321 section 4.2",
    _LOST,
    "Let the server end each line with CRLF, use one code for all lines of a reply, ASCII and at most 512 octets a line.",
)
UNASKED_REPLY = Rule(
    "smtp-unasked-reply",
    Severity.MEDIUM,
    "The server says more than it was asked for",
    "RFC 5321 section 4.1.1",
    _SMUGGLED,
    "Compare replies and commands: a server that answers twice to one message has read a second one in it.",
)
MALFORMED_COMMAND = Rule(
    "smtp-malformed-command",
    Severity.LOW,
    "A command is not written as SMTP has it",
    "RFC 5321 section 2.3.8",
    _LOST,
    "Let the client end each line with CRLF, and keep to 512 octets a line.",
)
BARE_LINE_ENDS = Rule(
    "smtp-bare-line-ends",
    Severity.MEDIUM,
    "The content of a message holds CR or LF alone",
    "RFC 5321 section 2.3.8",
    _SMUGGLED,
    "Let the client make line ends right before it sends: servers disagree on what a bare CR or LF ends.",
)
RULES = (INJECTED, MALFORMED_REPLY, UNASKED_REPLY, MALFORMED_COMMAND, BARE_LINE_ENDS)
