"""The client's side of a script: a dialogue that says what it says and judges what comes back."""

from __future__ import annotations

from mailsec.core.limits.transport import SMTP_SCRIPT_BYTES, SMTP_UNREAD, SMTP_VARIABLES
from mailsec.core.text import from_bytes
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.commands import stuffed
from mailsec.transport.smtp.course import Course, Ending, Judgement, Kind, Recorder, Setting, Stop, lines_of, quoted
from mailsec.transport.smtp.link import CONTENT, Link, Situation, Target
from mailsec.transport.smtp.replies import Broken
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
)
from mailsec.transport.wire import Close, Dialogue, End, Failed, Pause


def play(script: Script, target: Target, setting: Setting) -> Dialogue[Course]:
    """Play `script` to the server at `target`; how it went. Its variables must be known (`bind.check_variables`)."""
    player = _Player(script, target, setting)
    ending = yield from player.run()
    return player.recorder.course(ending)


class _Player:
    def __init__(self, script: Script, target: Target, setting: Setting) -> None:
        self.recorder = Recorder(script, setting)
        self._script, self._setting = script, setting
        self._shared = Situation(self.recorder, target, setting.limit, setting.wait)
        self._values = dict(setting.values)
        self._masks = self.recorder.masks
        self._lmtp = False
        self._number = 1
        self._links: dict[int, Link] = {}

    def run(self) -> Dialogue[Ending]:
        """Every step in order, up to the first that cannot be."""
        ending = Ending(Kind.DONE)
        try:
            for index, step in enumerate(self._script.steps):
                self._shared.step = index
                yield from self._step(step)
            yield from self._finish()
        except Stop as stop:
            ending = Ending(stop.kind, stop.reason, self._shared.step)
        for link in self._links.values():
            link.leave()
            if link.open:
                yield Close(link.number)
        return ending

    @property
    def _here(self) -> Link:
        """The connection that the steps are about."""
        link = self._links.get(self._number)
        if link is None:
            link = self._links[self._number] = Link(self._number, self._shared)
        link.lmtp = self._lmtp
        return link

    def _step(self, step: Step) -> Dialogue[None]:
        if isinstance(step, Say):
            yield from self._say(step)
            return
        yield from self._here.flush(listens=isinstance(step, Reply | ExpectClose))
        if isinstance(step, Reply):
            yield from self._expect(step)
            return
        self.recorder.transcript.statement(step.source)
        match step:
            case Tls():
                self._here.policy = step
            case TlsExpect():
                self._here.hopes.append((self._shared.step, step))
                self._here.judge_hopes()
            case ExpectClose():
                yield from self._expect_close()
            case Sleep():
                self._shared.see((yield Pause(step.seconds)))
            case Timeout():
                self._shared.wait = step.seconds
            case Connection():
                self._number = step.number
            case SkipUnless():
                self._skip_unless(step)
            case Lmtp():
                self._lmtp = True

    def _finish(self) -> Dialogue[None]:
        for link in self._links.values():
            yield from link.flush(listens=False)
        for link in self._links.values():
            if link.hopes:
                self._shared.step = link.hopes[0][0]
                raise Stop(Kind.DEVIATES, "TLS was expected and never came on")

    # --- what is said

    def _say(self, step: Say) -> Dialogue[None]:
        link = self._here
        yield from link.connect()
        link.say(*(self._file(link, step) if step.how is How.FILE else self._text(link, step)))

    def _file(self, link: Link, step: Say) -> tuple[bytes, bytes]:
        """What a file is sent as, and shown as. Dots are doubled but in a piece of BDAT."""
        data = self._setting.files[self._shared.step]
        if link.in_content or not link.asked or link.asked[-1][0] != "BDAT":
            data = stuffed(data)
        if len(data) > SMTP_SCRIPT_BYTES // 2:
            self.recorder.transcript.statement(step.source)
        else:
            for line in lines_of(data):
                self.recorder.transcript.line(line, content=link.in_content)
        return data, self._masks.hidden(data)

    def _text(self, link: Link, step: Say) -> tuple[bytes, bytes]:
        """What a statement sends, and is shown as. Within content dots are doubled but for the line that ends it."""
        real, shown = step.text.fill(self._values), step.text.fill(self._values, self._setting.secrets)
        content = link.in_content
        shown = self._masks.hidden(shown) if content else self._masks.said(shown, answering=link.answering)
        self.recorder.transcript.said(step, step.text, masked=shown if b"{masked-" in shown else b"")
        if step.how is How.RAW:
            return real, shown
        dot = b"." if content and real.startswith(b".") and real != b"." else b""
        return dot + real + b"\r\n", dot + shown + b"\r\n"

    # --- what comes back

    def _expect(self, step: Reply) -> Dialogue[None]:
        link = self._here
        try:
            yield from link.connect()
            yield from self._expect_one(step, link)
            # one reply for each recipient: those that the script does not write out are as its last one
            while self._lmtp and link.last == CONTENT and link.asked and link.asked[0][0] == CONTENT and self._is_last():
                yield from self._expect_one(step, link)
        except Stop:
            if not self.recorder.judgements or self.recorder.judgements[-1].step != self._shared.step:
                self.recorder.transcript.statement(step.source)  # nothing came that could stand in its place
            raise

    def _is_last(self) -> bool:
        following = self._script.steps[self._shared.step + 1 : self._shared.step + 2]
        return not following or not isinstance(following[0], Reply)

    def _expect_one(self, step: Reply, link: Link) -> Dialogue[None]:
        if self._lmtp and link.last == CONTENT and not link.asked:
            raise Stop(Kind.DEVIATES, "the script has more replies here than recipients were accepted")
        at, event = yield from link.event()
        verb, argument = link.asked.popleft() if link.asked else ("", "")
        link.last = verb
        self.recorder.time(at)
        link.record(at, event, self._shared.step)
        if isinstance(event, Broken):
            self.recorder.transcript.comment(f"received: {quoted(self._masks.hidden(event.raw))}")
            raise Stop(Kind.DEVIATES, f"no reply: {event.reason}: {quoted(self._masks.hidden(event.raw))}")
        self._judge(step, at, event, f"for {argument}" if verb == CONTENT and argument else "")
        yield from self._follow(link, verb, argument, event)

    def _judge(self, step: Reply, at: float, reply: Received, note: str) -> None:
        judged = step.expected.judge(reply, self._values, strict=self._setting.strict)
        received = tuple(self._masks.hidden(line) for line in lines_of(reply.raw))
        problems, notes = (
            tuple(from_bytes(self._masks.hidden(each.encode())) for each in texts) for texts in (judged.problems, judged.notes)
        )
        judgement = Judgement(self._shared.step, at, received, problems, (*filter(None, (note,)), *notes))
        self.recorder.judgements.append(judgement)
        self.recorder.transcript.replied(step, reply.code, reply.lines, strict=self._setting.strict, fulfilled=not problems)
        if reply.flaws:
            said = f"{', '.join(reply.flaws)}: {quoted(self._masks.hidden(reply.raw))}"
            self.recorder.found(rules.REPLY_FLAW, said, self._shared.step)
        if problems:
            raise Stop(Kind.DEVIATES, "; ".join(problems))
        self._values.update(judged.captured)
        if len(self._values) > SMTP_VARIABLES:
            raise Stop(Kind.DEVIATES, f"more than {SMTP_VARIABLES} variables")

    @staticmethod
    def _follow(link: Link, verb: str, argument: str, reply: Received) -> Dialogue[None]:
        """What a reply changes."""
        link.answering = reply.code == 334
        if reply.code == 354:
            link.begin_content()
        if verb in ("EHLO", "LHLO", "HELO", "MAIL", "RSET"):
            link.accepted.clear()
        if verb in ("EHLO", "LHLO") and reply.code == 250:
            link.offered = reply.lines[1:]
        if verb == "RCPT" and reply.code // 100 == 2:
            link.accepted.append(argument)
        if verb == "STARTTLS" and reply.code == 220:
            yield from link.secure()

    def _expect_close(self) -> Dialogue[None]:
        link, step = self._here, self._shared.step
        yield from link.connect()
        ended = yield from link.end()
        if not isinstance(ended, Failed):
            at, event = ended
            link.record(at, event, step)
            shown = self._masks.hidden(event.raw)
            problem = f"expected the end of the connection, received {quoted(shown)}"
            self.recorder.judgements.append(Judgement(step, at, (shown,), (problem,)))
            raise Stop(Kind.DEVIATES, problem)
        if ended.end not in (End.CLOSED, End.CUT):
            raise Stop(Kind.DEVIATES, f"expected the end of the connection: {ended.end}: {ended.reason}")
        self.recorder.happened(self._shared.now, link.number, f"connection {ended.end}: {ended.reason}", step)
        self.recorder.judgements.append(Judgement(step, self._shared.now, (ended.reason.encode(),)))

    def _skip_unless(self, step: SkipUnless) -> None:
        keyword, *parameters = (word.upper().encode() for word in step.words)
        for line in self._here.offered:
            first, *others = line.upper().split()[:SMTP_UNREAD] or [b""]
            if first == keyword and set(parameters) <= set(others):
                return
        raise Stop(Kind.SKIPPED, f"the server does not offer {' '.join(step.words)}")
