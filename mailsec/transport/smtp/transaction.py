"""Mail transactions over an open session (RFC 5321 section 3.3): MAIL, RCPT, DATA and the content, in groups where the server
offers PIPELINING (RFC 2920), with one answer for each recipient at the end in LMTP (RFC 2033).

With PIPELINING the content of a message and the commands of the next one are one group (RFC 2920 section 3.1), so that each
costs one round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mailsec.core.results import finding
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.capabilities import Capabilities
from mailsec.transport.smtp.conversation import Conversation
from mailsec.transport.smtp.envelope import Envelope, mail_command, rcpt_command
from mailsec.transport.smtp.outcome import Answer, Ending, Fate, Halt, Step, Stopped, said
from mailsec.transport.smtp.paths import Path
from mailsec.transport.smtp.prepare import Content
from mailsec.transport.smtp.replies import Reply
from mailsec.transport.wire import Dialogue

_TOO_MANY = 552
"""Said to RCPT it means that this transaction has enough recipients, which is temporary (RFC 5321 section 4.5.3.1.10)."""
_PARTS = (Step.MAIL, Step.RCPT, Step.DATA)
_FATES = {4: Fate.DEFERRED, 5: Fate.REFUSED}
_END_FATES = {Halt.PERMANENT: Fate.REFUSED, Halt.LOGIN: Fate.UNTRIED}


@dataclass(frozen=True, slots=True)
class Job:
    """One message for some recipients."""

    envelope: Envelope
    content: Content


@dataclass(slots=True)
class _Open:
    """A transaction under way: its place among the jobs, and the recipients that were accepted so far."""

    at: int
    accepted: list[int] = field(default_factory=list)
    sent: bool = False
    """All of the content was handed over, the line `.` included."""


class Transactions:
    """All jobs of a session, one after the other."""

    def __init__(self, talk: Conversation, jobs: Sequence[Job], *, lmtp: bool, quit_after: Step | None = None) -> None:
        self._talk = talk
        self._jobs = jobs
        self._lmtp = lmtp
        self._last = quit_after if quit_after in _PARTS else None
        self._extensions = Capabilities()
        self._server = ""
        self._found: list[dict[int, Answer]] = [{} for _ in jobs]
        self._waiting: _Open | None = None  # a 354 was given, and the content is not answered yet
        self._begun = False  # a MAIL was accepted, and nothing has ended its transaction

    def run(self, extensions: Capabilities, server: str) -> Dialogue[None]:
        """Send everything that the server can take."""
        self._extensions, self._server = extensions, server
        for at in range(len(self._jobs)):
            recipients = self._fitting(at)
            if not recipients:
                continue
            if "PIPELINING" in extensions:
                yield from self._group(at, recipients)
            else:
                yield from self._one_by_one(at, recipients)
            if self._last is not None:
                return
        yield from self._finish()
        self._talk.part = -1

    def answers(self, ending: Ending | None) -> tuple[tuple[Answer, ...], ...]:
        """One tuple for each job. What the session's `ending` left open has its reason."""
        return tuple(
            tuple(
                self._found[at].get(index) or self._left_open(at, index, path, ending)
                for index, path in enumerate(job.envelope.recipients)
            )
            for at, job in enumerate(self._jobs)
        )

    def _left_open(self, at: int, index: int, path: Path, ending: Ending | None) -> Answer:
        waiting = self._waiting
        if ending is None:
            return Answer(path, Fate.UNTRIED, Step.CONNECT, "nothing was sent")
        if waiting is not None and waiting.at == at and waiting.sent and index in waiting.accepted:
            return Answer(
                path, Fate.UNKNOWN, Step.MESSAGE, f"sent whole, and no answer came: {ending.reason}", None, ending.halt
            )
        fate = _END_FATES.get(ending.halt, Fate.DEFERRED)
        return Answer(path, fate, ending.step, ending.reason, ending.reply, ending.halt)

    # --- what the server cannot take

    def _fitting(self, at: int) -> list[int]:
        """The recipients for whom the server can take the message; the others have their answer."""
        job = self._jobs[at]
        lacking = self._lacking(job)
        fitting = []
        for index, path in enumerate(job.envelope.recipients):
            reason = lacking or (self._without_utf8("the recipient's address") if path.utf8 else "")
            if reason:
                self._found[at][index] = Answer(path, Fate.UNFIT, Step.EHLO, reason)
            else:
                fitting.append(index)
        if job.envelope.dsn.wanted and "DSN" not in self._extensions:
            self._talk.found(finding(rules.DSN_NOT_OFFERED, self._server))
        return fitting

    def _lacking(self, job: Job) -> str:
        """Why the server cannot take the message for anybody."""
        content, limit = job.content, self._extensions.size
        if limit is not None and content.size > limit:
            return f"{self._server} takes at most {limit} octets, and the message has {content.size}"
        if content.eight_bit and "8BITMIME" not in self._extensions:
            return f"{self._server} does not offer 8BITMIME, and the message has octets above 127"
        if content.utf8 or job.envelope.sender.utf8:
            return self._without_utf8("the header" if content.utf8 else "the sender's address")
        return ""

    def _without_utf8(self, what: str) -> str:
        return "" if "SMTPUTF8" in self._extensions else f"{self._server} does not offer SMTPUTF8, and {what} needs it"

    # --- one message

    def _commands(self, at: int, recipients: Sequence[int]) -> tuple[str, list[str]]:
        """MAIL, and RCPT for each recipient."""
        envelope, content = self._jobs[at].envelope, self._jobs[at].content
        paths = [envelope.recipients[index] for index in recipients]
        utf8 = content.utf8 or envelope.sender.utf8 or any(path.utf8 for path in paths)
        mail = mail_command(envelope, self._extensions, size=content.size, eight_bit=content.eight_bit, utf8=utf8)
        return mail, [rcpt_command(path, envelope.dsn, self._extensions) for path in paths]

    def _group(self, at: int, recipients: Sequence[int]) -> Dialogue[None]:
        """The content that waits, and all commands of the next transaction, without waiting in between."""
        mail, rcpts = self._commands(at, recipients)
        lines = [*(["RSET"] if self._begun else []), mail]
        lines += rcpts if self._last is not Step.MAIL else []
        lines += ["DATA"] if self._last in (None, Step.DATA) else []
        yield from self._content(lines, at)
        if self._begun:
            self._begun = False
            yield from self._hear(Step.RSET)
        transaction = _Open(at)
        taken = self._taken(transaction, recipients, (yield from self._hear(Step.MAIL)))
        if self._last is Step.MAIL:
            return
        for index in recipients:
            reply = yield from self._hear(Step.RCPT)
            if taken:
                self._recipient(transaction, index, reply)
        if self._last is not Step.RCPT:
            yield from self._go(transaction, (yield from self._hear(Step.DATA)), taken=taken)

    def _one_by_one(self, at: int, recipients: Sequence[int]) -> Dialogue[None]:
        """Each command after the reply to the one before."""
        yield from self._finish()
        self._talk.part = at
        if self._begun:
            self._begun = False
            yield from self._ask(Step.RSET, "RSET")
        mail, rcpts = self._commands(at, recipients)
        transaction = _Open(at)
        if not self._taken(transaction, recipients, (yield from self._ask(Step.MAIL, mail))) or self._last is Step.MAIL:
            return
        for index, line in zip(recipients, rcpts, strict=True):
            self._recipient(transaction, index, (yield from self._ask(Step.RCPT, line)))
        if transaction.accepted and self._last is not Step.RCPT:
            yield from self._go(transaction, (yield from self._ask(Step.DATA, "DATA")), taken=True)

    def _taken(self, transaction: _Open, recipients: Sequence[int], reply: Reply) -> bool:
        """True where MAIL was accepted; else that is the answer for every recipient."""
        if reply.code // 100 == 2:
            self._begun = True
            if self._last is Step.MAIL:
                self._settle(transaction.at, recipients, Step.MAIL, reply, Fate.UNTRIED)
            return True
        self._settle(transaction.at, recipients, Step.MAIL, reply)
        return False

    def _recipient(self, transaction: _Open, index: int, reply: Reply) -> None:
        if reply.code // 100 == 2:
            transaction.accepted.append(index)
            if self._last is not None:
                self._settle(transaction.at, (index,), Step.RCPT, reply, Fate.UNTRIED)
        else:
            fate = Fate.DEFERRED if reply.code == _TOO_MANY else None
            self._settle(transaction.at, (index,), Step.RCPT, reply, fate)

    def _go(self, transaction: _Open, reply: Reply, *, taken: bool) -> Dialogue[None]:
        """What follows the reply to DATA. The content itself waits, so that it can go with the next group."""
        if reply.code // 100 != 3:
            self._settle(transaction.at, transaction.accepted, Step.DATA, reply)
            return
        if self._last is Step.DATA:
            # without the line `.` nothing is delivered (RFC 5321 section 4.1.1.10)
            yield from self._talk.close()
            return
        if transaction.accepted:
            self._waiting, self._begun = transaction, False
            return
        if not taken:
            raise Stopped(Ending(Halt.PROTOCOL, Step.DATA, f"content is asked for after MAIL was refused: {said(reply)}"))
        # RFC 2920 section 3.1: an empty message ends what has no recipient
        self._begun = False
        yield from self._ask(Step.MESSAGE, ".")

    # --- the content

    def _finish(self) -> Dialogue[None]:
        """Send the content that waits, and hear what becomes of it."""
        if self._waiting is not None:
            yield from self._content((), self._waiting.at)

    def _content(self, lines: Sequence[str], at: int) -> Dialogue[None]:
        """Send the content that waits, if any, with `lines` of the message `at` behind it, and hear what becomes of it."""
        waiting, self._talk.part = self._waiting, at
        if waiting is None:
            yield from self._talk.say(Step.MAIL, *lines)
            return
        content, self._talk.part = self._jobs[waiting.at].content, waiting.at
        yield from self._talk.say_content(content.data, lines, at)
        waiting.sent = not self._talk.unsent or bool(lines)
        for each in [(index,) for index in waiting.accepted] if self._lmtp else [tuple(waiting.accepted)]:
            reply = yield from self._hear(Step.MESSAGE)
            self._settle(waiting.at, each, Step.MESSAGE, reply, Fate.ACCEPTED if reply.code // 100 == 2 else None)
        self._waiting, self._talk.part = None, at

    # --- replies

    def _ask(self, step: Step, line: str) -> Dialogue[Reply]:
        yield from self._talk.say(step, line)
        return (yield from self._hear(step))

    def _hear(self, step: Step) -> Dialogue[Reply]:
        """The next reply; 421 ends the session at any step (RFC 5321 section 3.8)."""
        reply = yield from self._talk.hear(step)
        if reply.code == 421:
            raise Stopped(Ending(Halt.TEMPORARY, step, f"the server leaves: {said(reply)}", reply))
        return reply

    def _settle(self, at: int, recipients: Sequence[int], step: Step, reply: Reply, fate: Fate | None = None) -> None:
        """The answer for some recipients; without a `fate` the reply's first digit decides."""
        fate = fate or _FATES.get(reply.code // 100)
        if fate is None:
            raise Stopped(Ending(Halt.PROTOCOL, step, f"a reply that this step does not have: {said(reply)}", reply))
        for index in recipients:
            path = self._jobs[at].envelope.recipients[index]
            self._found[at][index] = Answer(path, fate, step, said(reply), reply)
