"""What a hop is in the architecture of mail (RFC 5598 section 2), by its transmission type (IANA's WITH protocol types)."""

from __future__ import annotations

from enum import StrEnum

from mailsec.message.received import Format, Hop


class Role(StrEnum):
    """Who took the message at a hop."""

    USER_AGENT = "user agent"
    SUBMISSION = "submission"
    TRANSFER = "transfer"
    DELIVERY = "delivery"


_FETCHED = ("IMAP", "POP2", "POP3", "APOP", "ETRN", "ODMR", "KPOP")
# by a web page, by Exchange's own stores, by Yahoo's web front ends: the message was written here
_WRITTEN = frozenset({"HTTP", "HTTPS", "MAPI", "NNFMP", "DAV"})
_AUTHENTICATED = frozenset(
    {"ESMTPA", "ESMTPSA", "UTF8SMTPA", "UTF8SMTPSA", "ASMTP", "SMTPA", "SMTPSA"}  # the last three in older programs
)


def role(hop: Hop, *, first: bool) -> Role:
    """The role of `hop`; `first` says that it is the lowest Received field.

    A message that a receiver took from a process on its own machine was submitted there where this is the first hop; further
    up it came back from a filter or a mailing list.
    """
    protocol = hop.protocol.upper()
    if protocol.startswith(_FETCHED):
        return Role.USER_AGENT
    if protocol in _AUTHENTICATED or protocol in _WRITTEN:
        return Role.SUBMISSION
    if "LMTP" in protocol and hop.format is not Format.AMAVIS:
        return Role.DELIVERY
    local = hop.format is not Format.UNKNOWN and hop.ip is None and not hop.helo and protocol in ("", "LOCAL")
    return Role.SUBMISSION if first and local else Role.TRANSFER
