"""What can be found about the way that a message says it took."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_FORGED = (Threat.UNAUTHORIZED_SENDER, Threat.PHISHING)

BACK_IN_TIME = Rule(
    "path-back-in-time",
    Severity.LOW,
    "A hop is earlier than the one before it",
    "RFC 5321 section 4.4",
    _FORGED,
    "Correct the clock of the host, if it is yours; else do not build on the times below: they may be invented.",
)
BROKEN_CHAIN = Rule(
    "path-broken-chain",
    Severity.INFO,
    "A hop took the message from a host that no Received field below belongs to",
    "RFC 5321 section 4.4",
    _FORGED,
    "Do not build on the fields below that hop: whoever handed the message over there can have written them.",
)
LOOP = Rule(
    "path-loop",
    Severity.LOW,
    "The message came back to the same host again and again",
    "RFC 5321 section 6.3",
    (Threat.UNAVAILABLE, Threat.BOMBING),
    "Look for two forwarding rules that send to each other, at the hosts that are named.",
)
TOO_MANY_HOPS = Rule(
    "path-too-many-hops",
    Severity.MEDIUM,
    "More Received fields than are read",
    "mailsec limit",
    (Threat.UNAVAILABLE, Threat.BOMBING),
    "Look at the message by hand: transfer agents give up at 50 to 100 hops.",
)
UNKNOWN_FORMAT = Rule(
    "path-unknown-format",
    Severity.INFO,
    "A Received field that cannot be read",
    "RFC 5321 section 4.4",
    (Threat.UNAUTHORIZED_SENDER,),
    "Read it by hand: it is shown with its place in the file.",
)
PRIVATE_BORDER = Rule(
    "path-private-border",
    Severity.MEDIUM,
    "The border took the message from a private address",
    "RFC 1918 section 3",
    (Threat.UNAUTHORIZED_SENDER,),
    "Name the host that takes mail from the Internet as --received-from: SPF about a private address says nothing.",
)
LONG_DELAY = Rule(
    "path-long-delay",
    Severity.LOW,
    "A hop kept the message longer than a queue does",
    "RFC 5321 section 4.5.4.1",
    (Threat.UNSOLICITED_BULK,),
    "Ask the host's postmaster, if it is yours; else think of an old message that somebody sent again (a replay).",
)
WEAK_TLS = Rule(
    "path-weak-tls",
    Severity.INFO,
    "A hop was encrypted with a version or cipher that is no longer to be used",
    "RFC 8996 section 4",
    (Threat.EAVESDROPPING,),
    "Have the receiving host refuse it, if it is yours: RFC 9325 says what to offer.",
)

RULES: tuple[Rule, ...] = (
    *(BACK_IN_TIME, BROKEN_CHAIN, LOOP, TOO_MANY_HOPS, UNKNOWN_FORMAT, PRIVATE_BORDER, LONG_DELAY, WEAK_TLS),
)
