"""The client's session, from the connection to QUIT: the procedures of RFC 5321 section 3, with STARTTLS (RFC 3207), AUTH
(RFC 4954) and LMTP (RFC 2033). What happens inside of it, message by message, is in `transaction`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mailsec.core.results import finding
from mailsec.transport.sasl.mechanisms import Place
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.auth import Credentials, authenticate
from mailsec.transport.smtp.capabilities import Capabilities, capabilities
from mailsec.transport.smtp.conversation import Conversation
from mailsec.transport.smtp.outcome import Ending, Halt, SessionResult, Step, Stopped, said
from mailsec.transport.smtp.policy import Need, TlsPolicy, TlsVerdict, judge_tls
from mailsec.transport.smtp.replies import Reply
from mailsec.transport.smtp.transaction import Job, Transactions
from mailsec.transport.wire import Dialogue

_UNKNOWN_COMMAND = (500, 501, 502, 504)
"""Replies to EHLO after which HELO may work (RFC 5321 section 3.2)."""


@dataclass(frozen=True, slots=True)
class Server:
    """Whom to connect to. `name` is what it is called, `addresses` are tried in order."""

    name: str
    addresses: tuple[str, ...]
    port: int
    lmtp: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """How a session is held.

    `helo` is this host's name, `policy` what TLS has to be like, judged for `now` (seconds since 1970 UTC). `implicit` is TLS
    from the first octet (RFC 8314), else STARTTLS. `nonce` is a text that is used once, `quit_after` the last step wanted.
    """

    helo: str
    policy: TlsPolicy
    now: int
    implicit: bool = False
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
    return SessionResult(
        answers=transactions.answers(ending),
        ending=ending,
        address=talk.address,
        tls=talk.tls,
        extensions=session.extensions,
        mechanism=session.mechanism,
        verdict=session.verdict,
        findings=talk.findings,
    )


@dataclass(slots=True)
class _Session:
    """What is known of the session so far."""

    server: Server
    manner: Manner
    talk: Conversation
    extensions: Capabilities = field(default_factory=Capabilities)
    mechanism: str = ""
    verdict: TlsVerdict | None = None

    def open(self) -> Dialogue[None]:
        """Everything before the first message. Opportunistic TLS that fails is done without."""
        policy = self.manner.policy
        try:
            yield from self._until_secure(policy)
        except Stopped as stopped:
            optional = policy.need is Need.OPPORTUNISTIC and not self.manner.implicit
            if not optional or stopped.ending.halt is not Halt.TLS or self.talk.usable or not self.talk.time_left:
                raise
            self._without_tls(stopped.ending.reason)
            yield from self.talk.renew()
            yield from self._until_secure(replace(policy, need=Need.NONE))
        if self.manner.credentials is not None:
            place = Place(self.server.name, self.server.port, self.manner.nonce)
            self.mechanism = yield from authenticate(self.talk, self.extensions, self.manner.credentials, place)
            self._done(Step.AUTH)

    def _until_secure(self, policy: TlsPolicy) -> Dialogue[None]:
        implicit = self.manner.implicit
        yield from self.talk.connect(self.server.addresses, self.server.port, policy.wish if implicit else None)
        if implicit:
            self._check_tls(policy)
        self._done(Step.CONNECT)
        greeting = yield from self.talk.hear(Step.GREETING)
        _expect(2, Step.GREETING, greeting, "the server takes no mail")
        self._done(Step.GREETING)
        yield from self._hello()
        if not implicit:
            if policy.need is not Need.NONE:
                yield from self._starttls(policy)
            else:
                self._check_tls(policy)
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

    def _starttls(self, policy: TlsPolicy) -> Dialogue[None]:
        """TLS, and EHLO again (RFC 3207 section 4.2). Where it is not mandatory it is done without if the server has none."""
        why = "the server does not offer STARTTLS"
        if "STARTTLS" in self.extensions:
            reply = yield from self.talk.ask(Step.STARTTLS, "STARTTLS")
            if reply.code == 220:
                yield from self.talk.secure(policy.wish)
                self._check_tls(policy)
                yield from self._hello()
                return
            why = f"STARTTLS is offered and refused: {said(reply)}"
            if reply.code == 421 or reply.code // 100 not in (4, 5):
                raise _stopped(Step.STARTTLS, reply, "STARTTLS is offered and refused")
            self._without_tls(why)
        if policy.need.mandatory:
            raise Stopped(Ending(Halt.TLS, Step.STARTTLS, f"{why}; {policy.why}" if policy.why else why))
        self._check_tls(policy)

    def _without_tls(self, reason: str) -> None:
        if not self.manner.policy.need.mandatory:
            self.talk.found(finding(rules.TLS_FAILED, f"{self.server.name}: {reason}"))
            self.talk.note("on in the clear, since TLS does not work")

    def _check_tls(self, policy: TlsPolicy) -> None:
        """Go on where the handshake, or that there was none, is what the policy wants."""
        self.verdict = judge_tls(policy, self.talk.tls, now=self.manner.now)
        said_already = self.talk.has(rules.TLS_FAILED)  # that it goes in the clear
        for found in self.verdict.findings:
            if not (said_already and found.rule == rules.IN_THE_CLEAR.id):
                self.talk.found(found)
        if self.verdict.complaint:
            self.talk.note(self.verdict.complaint)
            raise Stopped(Ending(Halt.TLS, Step.STARTTLS, self.verdict.complaint))

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
