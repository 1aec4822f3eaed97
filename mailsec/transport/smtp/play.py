"""The client's side of a script: a dialogue that says what it says and judges what comes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mailsec.core.limits import SMTP_SCRIPT_BYTES, SMTP_SCRIPT_FILES, SMTP_UNREAD, SMTP_VARIABLES
from mailsec.core.results import Status
from mailsec.core.text import clipped, from_bytes, visible
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.commands import Command, CommandReader, stuffed
from mailsec.transport.smtp.course import Course, Ending, Judgement, Kind, Line, Party, Recorder, Setting, Stop, lines_of
from mailsec.transport.smtp.handshake import judge_terms, state_words
from mailsec.transport.smtp.replies import Broken, Event, ReplyReader
from mailsec.transport.smtp.replies import Reply as Received
from mailsec.transport.smtp.script import (
    Connection,
    ExpectClose,
    How,
    Lmtp,
    Reply,
    Say,
    Script,
    SkipUnless,
    Sleep,
    Step,
    Timeout,
    Tls,
    TlsExpect,
    Verify,
)
from mailsec.transport.wire import (
    Close,
    Connect,
    Dialogue,
    Done,
    End,
    Failed,
    Got,
    Outcome,
    Pause,
    Receive,
    Secured,
    Send,
    StartTls,
    TlsState,
    TlsWish,
)

DaneJudge: TypeAlias = Callable[[TlsState], tuple[Status, str]]
"""Whether TLSA records vouch for a certificate, and why or why not."""

_ENDS = {End.TLS: Kind.DEVIATES, End.FLOOD: Kind.DEVIATES}
_GREETING = "the greeting"
_CONTENT = "the message"
_QUOTED = 120


@dataclass(frozen=True, slots=True)
class Target:
    """Where the server is. `name` is what its certificate must be for; `dane` judges it by TLSA records where they were asked."""

    addresses: tuple[str, ...]
    port: int
    name: str = ""
    dane: DaneJudge | None = None


def play(script: Script, target: Target, setting: Setting) -> Dialogue[Course]:
    """Play `script` to the server at `target`; how it went. The variables must be known (`bind`)."""
    player = _Player(script, target, setting)
    ending = yield from player.run()
    return player.recorder.course(ending)


@dataclass(slots=True)
class _Connection:
    """One connection. `asked` is what has been said and not been answered: a verb, `_GREETING`, or `_CONTENT`."""

    number: int
    reader: ReplyReader = field(default_factory=ReplyReader)
    replies: deque[tuple[float, Event]] = field(default_factory=deque)
    said: CommandReader = field(default_factory=lambda: CommandReader(SMTP_SCRIPT_FILES))
    asked: deque[tuple[str, str]] = field(default_factory=deque)
    unsent: list[tuple[bytes, bytes, int]] = field(default_factory=list)
    answering: bool = False
    offered: tuple[bytes, ...] = ()
    accepted: list[str] = field(default_factory=list)
    policy: Tls | None = None
    tls: TlsState | None = None
    hopes: list[tuple[int, TlsExpect]] = field(default_factory=list)
    open: bool = False
    over: Failed | None = None
    last: str = ""


class _Player:
    def __init__(self, script: Script, target: Target, setting: Setting) -> None:
        self.recorder = Recorder(script, setting)
        self._script, self._target, self._setting = script, target, setting
        self._values = dict(setting.values)
        self._masks = self.recorder.masks
        self._wait = setting.wait
        self._now = 0.0
        self._lmtp = False
        self._index = -1
        self._number = 1
        self._connections: dict[int, _Connection] = {}

    # --- the whole

    def run(self) -> Dialogue[Ending]:
        """Every step in order, up to the first that cannot be."""
        ending = Ending(Kind.DONE)
        try:
            for index, step in enumerate(self._script.steps):
                self._index = index
                yield from self._step(step)
            yield from self._finish()
        except Stop as stop:
            ending = Ending(stop.kind, stop.reason, self._index)
        for connection in self._connections.values():
            self._leave(connection)
            if connection.open:
                yield Close(connection.number)
        return ending

    def _step(self, step: Step) -> Dialogue[None]:
        if isinstance(step, Say):
            yield from self._say(step)
            return
        yield from self._flush()
        if not isinstance(step, Reply):
            self.recorder.transcript.statement(step.source)
        match step:
            case Reply():
                yield from self._expect(step)
            case Tls():
                self._here.policy = step
            case TlsExpect():
                self._here.hopes.append((self._index, step))
                self._judge_hopes(self._here)
            case ExpectClose():
                yield from self._expect_close()
            case Sleep():
                self._see((yield Pause(step.seconds)))
            case Timeout():
                self._wait = step.seconds
            case Connection():
                self._number = step.number
            case SkipUnless():
                self._skip_unless(step)
            case Lmtp():
                self._lmtp = True

    def _finish(self) -> Dialogue[None]:
        for number in tuple(self._connections):
            self._number = number
            yield from self._flush()
        for connection in self._connections.values():
            if connection.hopes:
                self._index = connection.hopes[0][0]
                raise Stop(Kind.DEVIATES, "TLS was expected and never came on")

    def _leave(self, connection: _Connection) -> None:
        """Note what came and nobody asked for."""
        if not connection.replies:
            return
        for at, event in list(connection.replies)[:SMTP_UNREAD]:
            self._record(connection, at, event, -1)
        first = connection.replies[0][1]
        self.recorder.found(rules.UNASKED, f"{len(connection.replies)}, the first: {_quoted(first.raw)}", -1)

    @property
    def _here(self) -> _Connection:
        return self._connections.setdefault(self._number, _Connection(self._number))

    @property
    def _until(self) -> float:
        return min(self._now + self._wait, self._setting.limit)

    def _see(self, outcome: Outcome) -> Outcome:
        self._now = outcome.at
        return outcome

    # --- connections

    def _connected(self) -> Dialogue[_Connection]:
        connection = self._here
        if connection.open or connection.over is not None:
            return connection
        policy = connection.policy
        wish = self._wish(policy) if policy is not None and policy.at_once else None
        outcome = self._see((yield Connect(connection.number, self._target.addresses, self._target.port, self._until, wish)))
        if isinstance(outcome, Failed):
            connection.over = outcome
            raise Stop(_ENDS.get(outcome.end, Kind.TEMPORARY), f"no connection: {outcome.end}: {outcome.reason}")
        connection.open = True
        connection.asked.append((_GREETING, ""))
        if isinstance(outcome, Done | Secured):
            self.recorder.address = self.recorder.address or outcome.address
            self.recorder.happened(self._now, connection.number, f"connected to {outcome.address} port {self._target.port}")
        if isinstance(outcome, Secured):
            self._secured(connection, outcome)
        return connection

    def _wish(self, policy: Tls | None) -> TlsWish:
        name = policy.name if policy is not None and policy.name else self._target.name
        return TlsWish(name, policy.versions if policy is not None else ("", ""))

    def _secure(self, connection: _Connection) -> Dialogue[None]:
        """The switch behind the 220 to STARTTLS. What came in the clear behind it is shown and goes no further."""
        early = b"".join(event.raw for _, event in connection.replies) + connection.reader.rest
        outcome = self._see((yield StartTls(connection.number, self._wish(connection.policy), self._until)))
        injected = early + (outcome.injected if isinstance(outcome, Secured | Failed) else b"")
        connection.reader, connection.replies = ReplyReader(), deque()
        connection.offered = ()
        if injected:
            self._injected(connection, injected)
        if isinstance(outcome, Failed):
            connection.over = outcome
            raise Stop(_ENDS.get(outcome.end, Kind.TEMPORARY), f"the TLS handshake failed: {outcome.end}: {outcome.reason}")
        if isinstance(outcome, Secured):
            self._secured(connection, outcome)

    def _injected(self, connection: _Connection, data: bytes) -> None:
        for line in lines_of(data)[:SMTP_UNREAD]:
            self._note_line(connection, self._now, Party.SERVER, line, self._masks.hidden(line), self._index)
            self.recorder.transcript.comment(f"in the clear before TLS: {_quoted(self._masks.hidden(line))}")
        said = f"{len(data)} octets behind the 220 to STARTTLS: {_quoted(self._masks.hidden(data))}"
        self.recorder.found(rules.INJECTION, said, self._index)

    def _secured(self, connection: _Connection, outcome: Secured) -> None:
        connection.tls = outcome.tls
        self.recorder.states.append((connection.number, outcome.tls))
        self.recorder.happened(self._now, connection.number, f"TLS on: {state_words(outcome.tls)}", self._index)
        policy = connection.policy
        if policy is not None and policy.verify is Verify.PKIX and outcome.tls.pkix.status is not Status.PASS:
            raise Stop(Kind.DEVIATES, f"the certificate does not hold: {'; '.join(outcome.tls.pkix.reasons) or 'not judged'}")
        if policy is not None and policy.verify is Verify.DANE:
            self._judge_dane(outcome.tls)
        self._judge_hopes(connection)

    def _judge_dane(self, tls: TlsState) -> None:
        status, reason = self._target.dane(tls) if self._target.dane else (Status.SKIPPED, "no TLSA records were asked for")
        if status is not Status.PASS:
            kind = Kind.TEMPORARY if status is Status.TEMPERROR else Kind.DEVIATES
            raise Stop(kind, f"DANE does not vouch for the certificate: {reason}")

    def _judge_hopes(self, connection: _Connection) -> None:
        if connection.tls is None:
            return
        hopes, connection.hopes = connection.hopes, []
        for index, hope in hopes:
            problems = judge_terms(hope.terms, connection.tls)
            received = (state_words(connection.tls).encode(),)
            self.recorder.judgements.append(Judgement(index, self._now, received, problems))
            if problems:
                self._index = index
                raise Stop(Kind.DEVIATES, "; ".join(problems))

    # --- what is said

    def _say(self, step: Say) -> Dialogue[None]:
        connection = yield from self._connected()
        content = connection.said.in_content
        if step.how is How.FILE:
            real, shown = self._file(connection, step, content)
        else:
            real, shown = self._text(connection, step, content)
        connection.unsent.append((real, shown, self._index))
        connection.said.feed(real)
        while (event := connection.said.next()) is not None and not isinstance(event, Broken):
            if isinstance(event, Command):
                connection.asked.append(("" if connection.answering else event.verb, _argument(event.text)))
            elif event.raw != event.data:  # ended by its dot: no piece of BDAT
                recipients = connection.accepted if self._lmtp and connection.accepted else [""]
                connection.asked.extend((_CONTENT, recipient) for recipient in recipients)
        connection.answering = False

    def _file(self, connection: _Connection, step: Say, content: bool) -> tuple[bytes, bytes]:
        """What a file is sent as, and shown as. Dots are doubled but in a piece of BDAT."""
        data = self._setting.files[self._index]
        if content or not connection.asked or connection.asked[-1][0] != "BDAT":
            data = stuffed(data)
        if len(data) > SMTP_SCRIPT_BYTES // 2:
            self.recorder.transcript.statement(step.source)
        else:
            for line in lines_of(data):
                self.recorder.transcript.line(line, content=content)
        return data, self._masks.hidden(data)

    def _text(self, connection: _Connection, step: Say, content: bool) -> tuple[bytes, bytes]:
        """What a statement sends, and is shown as. Within content dots are doubled but for the line that ends it."""
        real, shown = step.text.fill(self._values), step.text.fill(self._values, self._setting.secrets)
        if content:
            shown = self._masks.hidden(shown)
        else:
            shown = self._masks.said(shown, answering=connection.answering)
        self.recorder.transcript.said(step, step.text, masked=shown if b"{masked-" in shown else b"")
        if step.how is How.RAW:
            return real, shown
        dot = b"." if content and real.startswith(b".") and real != b"." else b""
        return dot + real + b"\r\n", dot + shown + b"\r\n"

    def _flush(self) -> Dialogue[None]:
        """Send what was said, in one piece."""
        connection = self._here
        if not connection.unsent:
            return
        said, connection.unsent = connection.unsent, []
        outcome: Outcome | None = None
        if connection.over is None:
            outcome = self._see((yield Send(connection.number, b"".join(real for real, _, _ in said), self._until)))
        for real, shown, index in said:
            for one, other in _lines(real, shown):
                self._note_line(connection, self._now, Party.CLIENT, one, other, index)
        if outcome is None:
            raise self._ended(connection)
        if isinstance(outcome, Failed):
            connection.over = outcome
            if outcome.end is End.FLOOD or not isinstance(self._script.steps[self._index], Reply):
                raise self._ended(connection)

    # --- what comes back

    def _expect(self, step: Reply) -> Dialogue[None]:
        connection = yield from self._connected()
        yield from self._expect_one(step, connection)
        # one answer a recipient: what the script does not write out is as its last one
        while self._lmtp and connection.asked and connection.asked[0][0] == _CONTENT == connection.last and self._is_last():
            yield from self._expect_one(step, connection)

    def _is_last(self) -> bool:
        following = self._script.steps[self._index + 1 : self._index + 2]
        return not following or not isinstance(following[0], Reply)

    def _expect_one(self, step: Reply, connection: _Connection) -> Dialogue[None]:
        if self._lmtp and connection.last == _CONTENT and not connection.asked:
            raise Stop(Kind.DEVIATES, "the script has more replies here than recipients were accepted")
        at, event = yield from self._event(connection)
        verb, argument = connection.asked.popleft() if connection.asked else ("", "")
        connection.last = verb
        self.recorder.time(at)
        self._record(connection, at, event, self._index)
        if isinstance(event, Broken):
            self.recorder.transcript.statement(step.source)
            self.recorder.transcript.comment(f"received: {_quoted(self._masks.hidden(event.raw))}")
            raise Stop(Kind.DEVIATES, f"no reply: {event.reason}: {_quoted(event.raw)}")
        judged = step.expected.judge(event, self._values, strict=self._setting.strict)
        received = tuple(self._masks.hidden(line) for line in lines_of(event.raw))
        problems = tuple(from_bytes(self._masks.hidden(each.encode())) for each in judged.problems)
        notes = (*((f"for {argument}",) if verb == _CONTENT and argument else ()), *judged.notes)
        self.recorder.judgements.append(Judgement(self._index, at, received, problems, notes))
        if event.flaws:
            self.recorder.found(rules.REPLY_FLAW, f"{', '.join(event.flaws)}: {_quoted(event.raw)}", self._index)
        self.recorder.transcript.replied(step, event.code, event.lines, strict=self._setting.strict, fulfilled=not problems)
        if problems:
            raise Stop(Kind.DEVIATES, "; ".join(problems))
        if len({*self._values, *judged.captured}) > SMTP_VARIABLES:
            raise Stop(Kind.DEVIATES, f"more than {SMTP_VARIABLES} variables")
        self._values.update(judged.captured)
        yield from self._follow(connection, verb, argument, event)

    def _follow(self, connection: _Connection, verb: str, argument: str, reply: Received) -> Dialogue[None]:
        """What a reply changes."""
        connection.answering = reply.code == 334
        if reply.code == 354:
            connection.said.content()
        if verb in ("EHLO", "LHLO", "HELO", "MAIL", "RSET"):
            connection.accepted.clear()
        if verb in ("EHLO", "LHLO") and reply.code == 250:
            connection.offered = reply.lines[1:]
        if verb == "RCPT" and reply.code // 100 == 2:
            connection.accepted.append(argument)
        if verb == "STARTTLS" and reply.code == 220:
            yield from self._secure(connection)

    def _event(self, connection: _Connection) -> Dialogue[tuple[float, Event]]:
        """The next reply and when it came."""
        until = self._until
        while not connection.replies:
            if connection.over is not None and connection.over.end is not End.CUT:
                raise self._ended(connection)
            outcome = self._see((yield Receive(connection.number, until)))
            if isinstance(outcome, Got):
                connection.replies.extend((outcome.at, event) for event in connection.reader.feed(outcome.data))
            elif isinstance(outcome, Failed):
                connection.over = outcome
                raise self._ended(connection)
        return connection.replies.popleft()

    def _ended(self, connection: _Connection) -> Stop:
        failed = connection.over
        assert failed is not None
        step = self._script.steps[self._index]
        if isinstance(step, Reply):
            self.recorder.transcript.statement(step.source)
        rest = connection.reader.rest
        if rest:
            self._note_line(connection, self._now, Party.SERVER, rest, self._masks.hidden(rest), self._index)
        waiting = connection.asked[0][0] if connection.asked else ""
        what = f"no reply to {waiting}" if waiting and waiting != _GREETING else f"no {waiting.removeprefix('the ') or 'reply'}"
        half = f", {len(rest)} octets of an unfinished reply" if rest else ""
        return Stop(_ENDS.get(failed.end, Kind.TEMPORARY), f"{what}: {failed.end}: {failed.reason}{half}")

    def _expect_close(self) -> Dialogue[None]:
        connection = yield from self._connected()
        until = self._until
        while not connection.replies:
            outcome = self._see((yield Receive(connection.number, until)))
            if isinstance(outcome, Got):
                connection.replies.extend((outcome.at, event) for event in connection.reader.feed(outcome.data))
                continue
            assert isinstance(outcome, Failed)
            if outcome.end not in (End.CLOSED, End.CUT):
                raise Stop(Kind.DEVIATES, f"expected the end of the connection: {outcome.end}: {outcome.reason}")
            connection.over, connection.open = outcome, False
            self.recorder.happened(self._now, connection.number, f"connection {outcome.end}: {outcome.reason}", self._index)
            self.recorder.judgements.append(Judgement(self._index, self._now, (outcome.reason.encode(),)))
            return
        at, event = connection.replies.popleft()
        self._record(connection, at, event, self._index)
        problem = f"expected the end of the connection, received {_quoted(self._masks.hidden(event.raw))}"
        self.recorder.judgements.append(Judgement(self._index, at, (self._masks.hidden(event.raw),), (problem,)))
        raise Stop(Kind.DEVIATES, problem)

    def _skip_unless(self, step: SkipUnless) -> None:
        keyword, *parameters = (word.upper().encode() for word in step.words)
        for line in self._here.offered:
            first, *others = line.upper().split()[:SMTP_UNREAD] or [b""]
            if first == keyword and set(parameters) <= set(others):
                return
        raise Stop(Kind.SKIPPED, f"the server does not offer {' '.join(step.words)}")

    # --- the record

    def _record(self, connection: _Connection, at: float, event: Event, step: int) -> None:
        for line in lines_of(event.raw):
            self._note_line(connection, at, Party.SERVER, line, self._masks.hidden(line), step)

    def _note_line(self, connection: _Connection, at: float, who: Party, data: bytes, shown: bytes, step: int) -> None:
        version = connection.tls.version if connection.tls is not None else ""
        self.recorder.lines.append(Line(at, connection.number, who, version, data, shown, step))


def _lines(real: bytes, shown: bytes) -> Sequence[tuple[bytes, bytes]]:
    """What was sent line by line, as it is and as it is shown; as one where the two have not the same lines."""
    ones, others = lines_of(real), lines_of(shown)
    return list(zip(ones, others, strict=True)) if len(ones) == len(others) else [(real, shown)]


def _argument(command: bytes) -> str:
    """What stands behind the colon of MAIL and RCPT, without parameters."""
    return from_bytes(command.partition(b":")[2].strip().split(b" ")[0])


def _quoted(data: bytes) -> str:
    return clipped(visible(from_bytes(data[: 4 * _QUOTED].rstrip(b"\r\n"))), _QUOTED)
