"""What can be found about results that other hosts wrote (RFC 8601, RFC 7208 section 9.1)."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_CLAIMED = (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING)

CONTRADICTS = Rule(
    "authres-contradicts",
    Severity.INFO,
    "Another host judged otherwise",
    "RFC 8601 section 7.1",
    _CLAIMED,
    "Rely on what was judged here: the message may have been changed or forwarded in between, or the field is invented.",
)
DISAGREE = Rule(
    "authres-disagree",
    Severity.INFO,
    "Hosts on the way disagree with each other",
    "RFC 8601 section 7.1",
    _CLAIMED,
    "Rely on none of them: the message may have been changed or forwarded in between, or a field is invented.",
)
RECEIVER_CONTRADICTS = Rule(
    "authres-receiver-contradicts",
    Severity.LOW,
    "The receiver that is trusted judged otherwise",
    "RFC 8601 section 4.1",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.TAMPERING),
    "Find out which is right: a record may have been changed since, or the message after it came in.",
)
REPORTED = Rule(
    "authres-reported",
    Severity.INFO,
    "A result of the receiver stands in for what can no longer be judged",
    "RFC 8601 section 4.1",
    (),
    "Nothing to do: it is as good as that receiver is. Without --trust-authres it does not count.",
)
TOO_MANY = Rule(
    "authres-too-many",
    Severity.LOW,
    "More fields with results of other hosts than are read",
    "mailsec limit",
    (Threat.UNAVAILABLE, Threat.PHISHING),
    "Look at the message by hand: no honest message has so many.",
)

RULES: tuple[Rule, ...] = (CONTRADICTS, DISAGREE, RECEIVER_CONTRADICTS, REPORTED, TOO_MANY)
