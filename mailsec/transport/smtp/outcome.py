"""What becomes of a session and of each message in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mailsec.core.results import Finding
from mailsec.core.text import clipped, from_bytes
from mailsec.transport.smtp.capabilities import Capabilities
from mailsec.transport.smtp.paths import Path
from mailsec.transport.smtp.policy import TlsVerdict
from mailsec.transport.smtp.replies import Reply
from mailsec.transport.wire import TlsState

_SHOWN = 200


def said(reply: Reply) -> str:
    """A reply in one line of a sentence."""
    return f"{reply.code} {clipped(from_bytes(reply.text), _SHOWN)}"


class Step(StrEnum):
    """The steps of a session, in their order."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    MESSAGE = "message"
    RSET = "rset"
    QUIT = "quit"


class Halt(StrEnum):
    """Why a session ended before its end."""

    TEMPORARY = "temporary"  # 4yz
    PERMANENT = "permanent"  # 5yz
    CONNECTION = "connection"  # refused, cut, timed out
    TLS = "tls"  # the handshake failed, or what came of it is not what the policy wants
    PROTOCOL = "protocol"  # what came is against the protocol
    LOGIN = "login"  # the credentials were refused, or there is no way to use them


class Fate(StrEnum):
    """What became of a message for one recipient."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"  # it may work later, or elsewhere
    UNFIT = "unfit"  # this server lacks what the message needs
    UNKNOWN = "unknown"  # all of it was sent, and no answer came: it may have been taken
    UNTRIED = "untried"  # nobody got as far as to ask


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one recipient, at which step, and the reply that decided where there was one; `halt` where it was the end
    of the session."""

    recipient: Path
    fate: Fate
    step: Step
    reason: str = ""
    reply: Reply | None = None
    halt: Halt | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """Why and where a session ended early."""

    halt: Halt
    step: Step
    reason: str
    reply: Reply | None = None


class Stopped(Exception):
    """Ends a session from within; never leaves `session.deliver`."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.reason)
        self.ending = ending


@dataclass(frozen=True, slots=True)
class SessionResult:
    """A session that is over. `answers` has one tuple for each message, in the order of its recipients.

    `extensions` are those after TLS where there was any; `mechanism` is what the login was made with, "" without one;
    `verdict` what was judged of TLS, None where it did not come to that.
    """

    answers: tuple[tuple[Answer, ...], ...]
    ending: Ending | None = None
    address: str = ""
    tls: TlsState | None = None
    extensions: Capabilities = field(default_factory=Capabilities)
    mechanism: str = ""
    verdict: TlsVerdict | None = None
    findings: tuple[Finding, ...] = ()
