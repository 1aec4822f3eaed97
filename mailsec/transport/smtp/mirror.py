"""The server's side of a script: a dialogue that says what the script expects and judges what a client says."""

from __future__ import annotations

from typing import NamedTuple

from mailsec.core.limits.transport import SMTP_UNREAD, SMTP_VARIABLES
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.commands import END_OF_DATA, Command, CommandReader, Content, stuffed, unstuffed
from mailsec.transport.smtp.counterpart import matched, shown_text, texts_of, usual_code, written
from mailsec.transport.smtp.course import (
    Course,
    Ending,
    Judgement,
    Kind,
    Line,
    Party,
    Recorder,
    Setting,
    Stop,
    lines_of,
    quoted,
)
from mailsec.transport.smtp.handshake import judge_terms, state_words
from mailsec.transport.smtp.link import CONTENT, GREETING
from mailsec.transport.smtp.replies import Broken, Flaw
from mailsec.transport.smtp.script import ExpectClose, How, Lmtp, Say, Script, Sleep, Timeout, Tls, TlsExpect
from mailsec.transport.smtp.template import Template
from mailsec.transport.smtp.turn import Answer, Await, AwaitContent, Other, Turn, turned
from mailsec.transport.wire import (
    Close,
    Dialogue,
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

_FAREWELL = b"421 4.3.0 The script has something else here\r\n"


class Place(NamedTuple):
    """Which connection of the script this one is, and who is at its other end."""

    number: int = 1
    peer: str = ""


def mirror(script: Script, place: Place, setting: Setting) -> Dialogue[Course]:
    """Play the server of `script` on the connection 0, which is there; how it went."""
    player = _Mirror(script, place, setting)
    ending = yield from player.run(turned(script, place.number))
    return player.recorder.course(ending)


class _Mirror:
    def __init__(self, script: Script, place: Place, setting: Setting) -> None:
        self.recorder = Recorder(script, setting, place.peer)
        self._script, self._place, self._setting = script, place, setting
        self._values = dict(setting.values)
        self._masks = self.recorder.masks
        self._reader = CommandReader()
        self._wait, self._now = setting.wait, 0.0
        self._step = -1
        self._lmtp, self._answering = False, False
        self._asked = GREETING
        self._accepted, self._due = 0, 0
        self._policy: Tls | None = None
        self._tls: TlsState | None = None
        self._hopes: list[tuple[int, TlsExpect]] = []
        self._closed = False

    def run(self, turns: tuple[Turn, ...]) -> Dialogue[Ending]:
        """Every turn in order, up to the first that cannot be."""
        self.recorder.happened(0.0, self._place.number, f"connection from {self._place.peer}")
        ending = Ending(Kind.DONE)
        try:
            for turn in turns:
                self._step = turn.step
                yield from self._turn(turn)
            self._check_end()
        except Stop as stop:
            ending = Ending(stop.kind, stop.reason, self._step)
            if stop.kind is Kind.DEVIATES and not self._closed:
                yield from self._send(_FAREWELL, -1, forced=True)
        yield Close(0)
        return ending

    def _turn(self, turn: Turn) -> Dialogue[None]:
        if self._closed:
            return
        match turn:
            case Await():
                yield from self._await(turn)
            case AwaitContent():
                yield from self._await_content(turn)
            case Answer():
                yield from self._answer(turn)
            case Other():
                yield from self._other(turn)

    def _other(self, turn: Other) -> Dialogue[None]:
        self.recorder.transcript.statement(turn.directive.source)
        match turn.directive:
            case Tls() as policy:
                self._policy = policy
                if policy.at_once:
                    yield from self._secure()
            case TlsExpect() as hope:
                self._hopes.append((turn.step, hope))
                self._judge_hopes()
            case ExpectClose():
                yield Close(0)
                self._closed = True
                self.recorder.happened(self._now, self._place.number, "connection closed, as the script has it", turn.step)
            case Sleep(seconds=seconds):
                self._see((yield Pause(seconds)))
            case Timeout(seconds=seconds):
                self._wait = seconds
            case Lmtp():
                self._lmtp = True

    def _check_end(self) -> None:
        if self._hopes:
            self._step = self._hopes[0][0]
            raise Stop(Kind.DEVIATES, "TLS was expected and never came on")
        if (event := self._reader.next()) is not None or self._reader.rest:
            raw = event.raw if event is not None else self._reader.rest
            self._note(Party.CLIENT, raw, self._masks.hidden(raw), -1)
            raise Stop(Kind.DEVIATES, f"the client goes on behind the end of the script: {quoted(self._masks.hidden(raw))}")

    # --- what the client says

    def _await(self, turn: Await) -> Dialogue[None]:
        event = yield from self._event("a command")
        shown = self._recorded(event, turn.step)
        problems: list[str] = []
        notes: list[str] = []
        if isinstance(event, Content):
            problems.append(f"expected {shown_text(turn.text)}, received a piece of a message")
            self._asked = ""
        else:
            self._asked = "AUTH" if self._answering else event.verb
            captured = matched(turn.text, self._values, event.text)
            if captured is None or (self._setting.strict and turn.text.fill({**self._values, **captured}) != event.text):
                self._differs(turn.text, event, shown, problems, notes)
            else:
                self._values.update(captured)
            if event.flaws:
                self.recorder.found(rules.COMMAND_FLAW, f"{', '.join(event.flaws)}: {quoted(shown)}", turn.step)
        self._answering = False
        self._judge(turn.step, shown, problems, notes)

    def _differs(self, text: Template, event: Command, shown: bytes, problems: list[str], notes: list[str]) -> None:
        """The client's line is not the script's. The verb (of AUTH the mechanism as well) decides, unless all is demanded."""
        if self._answering:
            return
        said = f"expected {shown_text(text)}, received {quoted(shown)}"
        words = 2 if event.verb == "AUTH" else 1
        same = event.text.upper().split(b" ")[:words] == text.fill(self._values).upper().split(b" ")[:words]
        (notes if same and not self._setting.strict else problems).append(said)

    def _await_content(self, turn: AwaitContent) -> Dialogue[None]:
        event = yield from self._event("the message")
        shown = self._recorded(event, turn.step)
        problems: list[str] = []
        notes: list[str] = []
        if isinstance(event, Content):
            wanted = self._wanted(turn, chunk=event.raw == event.data)
            if event.data != wanted:
                said = f"the message is not the script's: {len(event.data)} octets, not {len(wanted)}"
                (problems if self._setting.strict else notes).append(said)
            if bad := [flaw for flaw in event.flaws if flaw in (Flaw.BARE_CR, Flaw.BARE_LF)]:
                self.recorder.found(rules.BARE_LINE_ENDS, ", ".join(bad), turn.step)
            if event.raw != event.data:
                self._asked, self._due = CONTENT, self._accepted
        else:
            problems.append(f"expected a message, received {quoted(shown)}")
        self._judge(turn.step, shown, problems, notes)

    def _wanted(self, turn: AwaitContent, *, chunk: bool) -> bytes:
        """The content that the script sends, without its end; a chunk is sent as it is."""
        parts: list[bytes] = []
        for index in turn.steps:
            step = self._script.steps[index]
            assert isinstance(step, Say)
            if step.how is How.FILE:
                data = self._setting.files[index]
                parts.append(data if chunk else stuffed(data))
                continue
            data = step.text.fill(self._values)
            dot = b"." if step.how is How.LINE and data.startswith(b".") and data != b"." else b""
            parts.append(data if step.how is How.RAW else dot + data + b"\r\n")
        whole = b"".join(parts)
        end = (b"\r\n" + whole).find(END_OF_DATA)
        return whole if chunk or end < 0 else unstuffed(whole[:end])

    def _judge(self, step: int, shown: bytes, problems: list[str], notes: list[str]) -> None:
        self.recorder.judgements.append(Judgement(step, self._now, (shown,), tuple(problems), tuple(notes)))
        if problems:
            raise Stop(Kind.DEVIATES, "; ".join(problems))
        if len(self._values) > SMTP_VARIABLES:
            raise Stop(Kind.DEVIATES, f"more than {SMTP_VARIABLES} variables")

    def _event(self, what: str) -> Dialogue[Command | Content]:
        until = min(self._now + self._wait, self._setting.limit)
        while (event := self._reader.next()) is None:
            outcome = self._see((yield Receive(0, until)))
            if isinstance(outcome, Failed):
                raise self._ended(outcome, what)
            if isinstance(outcome, Got):
                self._reader.feed(outcome.data)
        if isinstance(event, Broken):
            self._note(Party.CLIENT, event.raw, self._masks.hidden(event.raw), self._step)
            raise Stop(Kind.DEVIATES, f"no command: {event.reason}: {quoted(event.raw)}")
        return event

    def _ended(self, failed: Failed, what: str) -> Stop:
        self._closed = True
        rest = self._reader.rest
        if rest:
            self._note(Party.CLIENT, rest, self._masks.hidden(rest), self._step)
        kind = Kind.DEVIATES if failed.end in (End.CLOSED, End.TLS, End.FLOOD) else Kind.TEMPORARY
        return Stop(kind, f"no {what.removeprefix('a ').removeprefix('the ')}: {failed.end}: {failed.reason}")

    def _recorded(self, event: Command | Content, step: int) -> bytes:
        """Note the lines of `event`; what it is shown as."""
        self.recorder.time(self._now)
        if isinstance(event, Command):
            shown = self._masks.said(event.text, answering=self._answering)
            self._note(Party.CLIENT, event.raw, shown + event.raw[len(event.text) :], step)
            self.recorder.transcript.line(event.raw, content=False, masked=shown if b"{masked-" in shown else b"")
            return shown
        for line in lines_of(event.raw):
            self._note(Party.CLIENT, line, self._masks.hidden(line), step)
            self.recorder.transcript.line(line, content=event.raw != event.data)
        return f"{len(event.raw)} octets".encode()

    # --- what the server says

    def _answer(self, turn: Answer) -> Dialogue[None]:
        if self._asked == CONTENT and self._lmtp and self._due < 1:
            return  # as many as there are recipients
        code = usual_code(turn.reply.expected.codes, self._asked)
        texts = texts_of(turn.reply.expected, code, self._asked, self._values)
        data = written(code, texts)
        self.recorder.transcript.reply(code, texts)
        yield from self._send(data, turn.step)
        if self._asked == CONTENT and self._lmtp:
            self._due -= 1
            while turn.last and self._due > 0:
                self._due -= 1
                self.recorder.transcript.reply(code, texts)
                yield from self._send(data, turn.step)
            return
        yield from self._follow(code)

    def _follow(self, code: int) -> Dialogue[None]:
        """What an answer changes."""
        asked, self._asked = self._asked, ""
        self._answering = code == 334
        if code == 354:
            self._reader.content()
        if asked in ("EHLO", "LHLO", "HELO", "MAIL", "RSET"):
            self._accepted = 0
        if asked == "RCPT" and code // 100 == 2:
            self._accepted += 1
        if asked == "STARTTLS" and code == 220:
            yield from self._secure()

    def _send(self, data: bytes, step: int, *, forced: bool = False) -> Dialogue[None]:
        outcome = self._see((yield Send(0, data, min(self._now + self._wait, self._setting.limit))))
        for line in lines_of(data):
            self._note(Party.SERVER, line, self._masks.hidden(line), step)
        if isinstance(outcome, Failed) and not forced:
            raise self._ended(outcome, "a reader of the reply")

    def _secure(self) -> Dialogue[None]:
        early = self._reader.rest
        versions = self._policy.versions if self._policy is not None else ("", "")
        until = min(self._now + self._wait, self._setting.limit)
        outcome = self._see((yield StartTls(0, TlsWish(versions=versions, server=True), until)))
        injected = early + (outcome.injected if isinstance(outcome, Secured | Failed) else b"")
        self._reader = CommandReader()
        if injected:
            for line in lines_of(injected)[:SMTP_UNREAD]:
                self.recorder.transcript.comment(f"in the clear before TLS: {quoted(self._masks.hidden(line))}")
                self._note(Party.CLIENT, line, self._masks.hidden(line), self._step)
            said = f"{len(injected)} octets behind STARTTLS: {quoted(self._masks.hidden(injected))}"
            self.recorder.found(rules.INJECTION, said, self._step)
        if isinstance(outcome, Failed):
            stop = self._ended(outcome, "TLS")
            raise Stop(stop.kind, f"the TLS handshake failed: {outcome.end}: {outcome.reason}")
        if isinstance(outcome, Secured):
            self._tls = outcome.tls
            self.recorder.states.append((self._place.number, outcome.tls, False))
            self.recorder.happened(self._now, self._place.number, f"TLS on: {state_words(outcome.tls)}", self._step)
        self._judge_hopes()

    def _judge_hopes(self) -> None:
        if self._tls is None:
            return
        hopes, self._hopes = self._hopes, []
        for index, hope in hopes:
            self._step = index
            terms = tuple(term for term in hope.terms if term[0] != "pkix")  # the client judges that
            problems = judge_terms(terms, self._tls)
            self._judge(index, state_words(self._tls).encode(), list(problems), [])

    def _see(self, outcome: Outcome) -> Outcome:
        self._now = outcome.at
        return outcome

    def _note(self, who: Party, data: bytes, shown: bytes, step: int) -> None:
        version = self._tls.version if self._tls is not None else ""
        self.recorder.lines.append(Line(self._now, self._place.number, who, version, data, shown, step))
