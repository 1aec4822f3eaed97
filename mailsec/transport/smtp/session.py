"""The client's session, from the connection to QUIT: the procedures of RFC 5321 section 3, with STARTTLS (RFC 3207), AUTH
(RFC 4954) and LMTP (RFC 2033). What happens inside of it, message by message, is in `transaction`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mailsec.core.results import finding
from mailsec.transport.sasl.mechanisms import Place
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.auth import Credentials, authenticate
from mailsec.transport.smtp.capabilities import Capabilities, capabilities
from mailsec.transport.smtp.conversation import Conversation
from mailsec.transport.smtp.outcome import Ending, Halt, SessionResult, Step, Stopped, said
from mailsec.transport.smtp.replies import Reply
from mailsec.transport.smtp.transaction import Job, Transactions
from mailsec.transport.wire import Dialogue, TlsState, TlsWish

_UNKNOWN_COMMAND = (500, 501, 502, 504)
"""Replies to EHLO after which HELO may work (RFC 5321 section 3.2)."""


class Upgrade(StrEnum):
    """What is to be done about STARTTLS."""

    NEVER = "never"
    MAY = "may"  # opportunistic: with TLS where it works, in the clear where it does not (RFC 7435)
    MUST = "must"
    IMPLICIT = "implicit"  # TLS from the first octet (RFC 8314)


@dataclass(frozen=True, slots=True)
class Security:
    """How the connection is to be secured. `judge` says why a handshake (None: there was none) is not good enough, "" where
    it is."""

    upgrade: Upgrade = Upgrade.MAY
    wish: TlsWish = field(default_factory=TlsWish)
    judge: Callable[[TlsState | None], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Server:
    """Whom to connect to. `name` is what it is called, `addresses` are tried in order."""

    name: str
    addresses: tuple[str, ...]
    port: int
    lmtp: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """How a session is held. `helo` is this host's name, `nonce` a text that is used once; `quit_after` the step after which
    nothing more is wanted."""

    helo: str
    security: Security = field(default_factory=Security)
    credentials: Credentials | None = None
    nonce: str = ""
    quit_after: Step | None = None


class _Enough(Exception):
    """The step that was to be the last is done."""


def deliver(server: Server, manner: Manner, jobs: Sequence[Job], talk: Conversation) -> Dialogue[SessionResult]:
    """Bring `jobs` to `server` over one connection; what became of each. `talk` is new, and holds the record afterwards."""
    session = _Session(server, manner, talk)
    transactions = Transactions(talk, jobs, lmtp=server.lmtp, quit_after=manner.quit_after)
    ending: Ending | None = None
    try:
        yield from session.open()
        yield from transactions.run(session.extensions, server.name)
        yield from session.quit()
    except _Enough:
        yield from session.quit()
    except Stopped as stopped:
        ending = stopped.ending
        yield from session.quit(ending)
    yield from talk.close()
    answers = transactions.answers(ending)
    return SessionResult(answers, ending, talk.address, talk.tls, session.extensions, session.mechanism, talk.findings)


@dataclass(slots=True)
class _Session:
    """What is known of the session so far."""

    server: Server
    manner: Manner
    talk: Conversation
    extensions: Capabilities = field(default_factory=Capabilities)
    mechanism: str = ""

    def open(self) -> Dialogue[None]:
        """Everything before the first message. Opportunistic TLS that fails is done without."""
        upgrade = self.manner.security.upgrade
        try:
            yield from self._until_secure(upgrade)
        except Stopped as stopped:
            if upgrade is not Upgrade.MAY or stopped.ending.halt is not Halt.TLS or self.talk.usable:
                raise
            self.talk.found(finding(rules.TLS_FAILED, f"{self.server.name}: {stopped.ending.reason}"))
            self.talk.note("TLS does not work: once more in the clear")
            yield from self.talk.renew()
            yield from self._until_secure(Upgrade.NEVER)
        if self.manner.credentials is not None:
            place = Place(self.server.name, self.server.port, self.manner.nonce)
            self.mechanism = yield from authenticate(self.talk, self.extensions, self.manner.credentials, place)
            self._done(Step.AUTH)

    def _until_secure(self, upgrade: Upgrade) -> Dialogue[None]:
        implicit = upgrade is Upgrade.IMPLICIT
        wish = self.manner.security.wish
        yield from self.talk.connect(self.server.addresses, self.server.port, wish if implicit else None)
        if implicit:
            self._check_security()
        self._done(Step.CONNECT)
        greeting = yield from self.talk.hear(Step.GREETING)
        _expect(2, Step.GREETING, greeting, "the server takes no mail")
        self._done(Step.GREETING)
        yield from self._hello()
        if upgrade in (Upgrade.MAY, Upgrade.MUST):
            yield from self._starttls(must=upgrade is Upgrade.MUST)
        elif not implicit:
            self._check_security()
        self._done(Step.EHLO)
        self._done(Step.STARTTLS)

    def _hello(self) -> Dialogue[None]:
        """EHLO, LHLO, or where EHLO is not known HELO. What was known of the server before is forgotten."""
        self.extensions = Capabilities()
        verb = "LHLO" if self.server.lmtp else "EHLO"
        reply = yield from self.talk.ask(Step.EHLO, f"{verb} {self.manner.helo}")
        if reply.code in _UNKNOWN_COMMAND and not self.server.lmtp:
            reply = yield from self.talk.ask(Step.EHLO, f"HELO {self.manner.helo}")
            _expect(2, Step.EHLO, reply, "HELO is refused")
            return
        _expect(2, Step.EHLO, reply, f"{verb} is refused")
        self.extensions = capabilities(reply)

    def _starttls(self, *, must: bool) -> Dialogue[None]:
        """TLS, and EHLO again (RFC 3207 section 4.2). Without `must` it is done without where the server has or wants none."""
        if "STARTTLS" in self.extensions:
            reply = yield from self.talk.ask(Step.STARTTLS, "STARTTLS")
            if reply.code == 220:
                yield from self.talk.secure(self.manner.security.wish)
                self._check_security()
                yield from self._hello()
                return
            why = "STARTTLS is offered and refused"
            if reply.code == 421 or reply.code // 100 not in (4, 5):
                raise _stopped(Step.STARTTLS, reply, why)
            self.talk.found(finding(rules.TLS_FAILED, f"{self.server.name}: {why}: {said(reply)}"))
        else:
            why = "the server does not offer STARTTLS"
        if must:
            raise Stopped(Ending(Halt.TLS, Step.STARTTLS, why))
        self._check_security()

    def _check_security(self) -> None:
        reason = self.manner.security.judge(self.talk.tls)
        if reason:
            self.talk.note(reason)
            raise Stopped(Ending(Halt.TLS, Step.STARTTLS, reason))

    def _done(self, step: Step) -> None:
        if self.manner.quit_after is step:
            raise _Enough

    def quit(self, ending: Ending | None = None) -> Dialogue[None]:
        """QUIT, where the server can still be talked to; what it answers matters to nobody."""
        if not self.talk.usable or (ending is not None and ending.halt in (Halt.CONNECTION, Halt.PROTOCOL)):
            return
        try:
            yield from self.talk.ask(Step.QUIT, "QUIT")
        except Stopped:
            return


def _expect(digit: int, step: Step, reply: Reply, otherwise: str) -> None:
    """Go on where the reply's first digit is `digit`: it alone decides (RFC 5321 section 4.3.2)."""
    if reply.code // 100 != digit:
        raise _stopped(step, reply, otherwise)


def _stopped(step: Step, reply: Reply, why: str) -> Stopped:
    halt = {4: Halt.TEMPORARY, 5: Halt.PERMANENT}.get(reply.code // 100, Halt.PROTOCOL)
    return Stopped(Ending(halt, step, f"{why}: {said(reply)}", reply))
