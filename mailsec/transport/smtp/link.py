"""One connection of a script's client: what goes out in one piece, what comes back reply by reply, and TLS between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from mailsec.core.limits.transport import SMTP_SCRIPT_FILES, SMTP_UNREAD
from mailsec.core.results import Status
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.commands import Command, CommandReader
from mailsec.transport.smtp.course import Judgement, Kind, Line, Party, Recorder, Stop, lines_of, quoted
from mailsec.transport.smtp.handshake import judge_terms, state_words
from mailsec.transport.smtp.replies import Broken, Event, ReplyReader
from mailsec.transport.smtp.script import Tls, TlsExpect, Verify
from mailsec.transport.wire import (
    Connect,
    Dialogue,
    Done,
    End,
    Failed,
    Got,
    Outcome,
    Receive,
    Secured,
    Send,
    StartTls,
    TlsState,
    TlsWish,
)

DaneJudge: TypeAlias = Callable[[TlsState], tuple[Status, str]]
"""Whether TLSA records vouch for a certificate, and why or why not."""

GREETING = "the greeting"
CONTENT = "the message"
_ENDS = {End.TLS: Kind.DEVIATES, End.FLOOD: Kind.DEVIATES}


class Target(NamedTuple):
    """Where the server is. `name` is what its certificate must be for; `dane` judges it where TLSA records were asked for."""

    addresses: tuple[str, ...]
    port: int
    name: str = ""
    dane: DaneJudge | None = None


@dataclass(slots=True)
class Situation:
    """What all connections of a dialogue share: the record, where the server is, and the time.

    `limit` is when all of it must be over, `wait` how long each thing may take, `step` the step that is being played.
    """

    recorder: Recorder
    target: Target
    limit: float
    wait: float
    now: float = 0.0
    step: int = -1

    @property
    def until(self) -> float:
        """When what begins now must be over."""
        return min(self.now + self.wait, self.limit)

    def see(self, outcome: Outcome) -> Outcome:
        """Note when it was."""
        self.now = outcome.at
        return outcome


@dataclass(slots=True)
class Link:
    """The connection `number`. `asked` is what has no reply yet: a verb, `GREETING` or `CONTENT`, and its argument.

    `answering` says that the server waits for an answer to its challenge. Methods raise `Stop` where it cannot go on.
    """

    number: int
    shared: Situation
    answering: bool = False
    lmtp: bool = False
    offered: tuple[bytes, ...] = ()
    accepted: list[str] = field(default_factory=list)
    asked: deque[tuple[str, str]] = field(default_factory=deque)
    last: str = ""
    policy: Tls | None = None
    hopes: list[tuple[int, TlsExpect]] = field(default_factory=list)
    tls: TlsState | None = None
    open: bool = False
    over: Failed | None = None  # nothing more is heard
    unsent: Failed | None = None  # nothing more can be said
    _reader: ReplyReader = field(default_factory=ReplyReader)
    _replies: deque[tuple[float, Event]] = field(default_factory=deque)
    _said: CommandReader = field(default_factory=lambda: CommandReader(SMTP_SCRIPT_FILES))
    _waiting: list[tuple[bytes, bytes, int]] = field(default_factory=list)

    # --- the connection

    def connect(self) -> Dialogue[None]:
        """Connect, unless that was done."""
        if self.open or self.over is not None:
            return
        shared, target = self.shared, self.shared.target
        wish = self._wish() if self.policy is not None and self.policy.at_once else None
        outcome = shared.see((yield Connect(self.number, target.addresses, target.port, shared.until, wish)))
        if isinstance(outcome, Failed):
            self.over = outcome
            raise Stop(_ENDS.get(outcome.end, Kind.TEMPORARY), f"no connection: {outcome.end}: {outcome.reason}")
        assert isinstance(outcome, Done | Secured)
        self.open = True
        self.asked.append((GREETING, ""))
        shared.recorder.address = shared.recorder.address or outcome.address
        shared.recorder.happened(shared.now, self.number, f"connected to {outcome.address} port {target.port}")
        if isinstance(outcome, Secured):
            self._secured(outcome)

    def _wish(self) -> TlsWish:
        name = self.policy.name if self.policy is not None else ""
        return TlsWish(name or self.shared.target.name, self.policy.versions if self.policy is not None else ("", ""))

    def secure(self) -> Dialogue[None]:
        """The switch behind the 220 to STARTTLS. What came in the clear behind it is shown and goes no further."""
        shared = self.shared
        early = b"".join(event.raw for _, event in self._replies) + self._reader.rest
        self._reader, self._replies, self.offered = ReplyReader(), deque(), ()
        outcome = shared.see((yield StartTls(self.number, self._wish(), shared.until)))
        assert isinstance(outcome, Secured | Failed)
        if injected := early + outcome.injected:
            self._injected(injected)
        if isinstance(outcome, Failed):
            self.over = outcome
            raise Stop(_ENDS.get(outcome.end, Kind.TEMPORARY), f"the TLS handshake failed: {outcome.end}: {outcome.reason}")
        self._secured(outcome)

    def _injected(self, data: bytes) -> None:
        recorder, masks = self.shared.recorder, self.shared.recorder.masks
        for line in lines_of(data)[:SMTP_UNREAD]:
            self._note(Party.SERVER, self.shared.now, line, masks.hidden(line), self.shared.step)
            recorder.transcript.comment(f"in the clear before TLS: {quoted(masks.hidden(line))}")
        said = f"{len(data)} octets behind the 220 to STARTTLS: {quoted(masks.hidden(data))}"
        recorder.found(rules.INJECTION, said, self.shared.step)

    def _secured(self, outcome: Secured) -> None:
        self.tls, policy, shared = outcome.tls, self.policy, self.shared
        verify = policy.verify if policy is not None else Verify.NONE
        shared.recorder.states.append((self.number, self.tls, verify is not Verify.NONE))
        shared.recorder.happened(shared.now, self.number, f"TLS on: {state_words(self.tls)}", shared.step)
        if verify is Verify.PKIX and self.tls.pkix.status is not Status.PASS:
            raise Stop(Kind.DEVIATES, f"the certificate does not hold: {'; '.join(self.tls.pkix.reasons) or 'not judged'}")
        if verify is Verify.DANE:
            self._judge_dane(self.tls)
        self.judge_hopes()

    def _judge_dane(self, tls: TlsState) -> None:
        dane = self.shared.target.dane
        status, reason = dane(tls) if dane is not None else (Status.SKIPPED, "no TLSA records were asked for")
        if status is not Status.PASS:
            kind = Kind.TEMPORARY if status is Status.TEMPERROR else Kind.DEVIATES
            raise Stop(kind, f"DANE does not vouch for the certificate: {reason}")

    def judge_hopes(self) -> None:
        """Judge the handshake, if it has come, by what is expected of it."""
        if self.tls is None:
            return
        hopes, self.hopes = self.hopes, []
        for index, hope in hopes:
            problems = judge_terms(hope.terms, self.tls)
            received = (state_words(self.tls).encode(),)
            self.shared.recorder.judgements.append(Judgement(index, self.shared.now, received, problems))
            if problems:
                self.shared.step = index
                raise Stop(Kind.DEVIATES, "; ".join(problems))

    # --- out

    @property
    def in_content(self) -> bool:
        """True between a 354 and the end of data."""
        return self._said.in_content

    def begin_content(self) -> None:
        """A 354 came."""
        self._said.content()

    def say(self, real: bytes, shown: bytes) -> None:
        """Put something into the next piece, and note what answers it will have."""
        self._waiting.append((real, shown, self.shared.step))
        self._said.feed(real)
        while (event := self._said.next()) is not None and not isinstance(event, Broken):
            if isinstance(event, Command):
                self.asked.append(("" if self.answering else event.verb, event.path))
            elif event.raw != event.data:  # ended by its dot: no piece of BDAT
                self.asked.extend((CONTENT, each) for each in (self.accepted if self.lmtp and self.accepted else [""]))
        self.answering = False

    def flush(self, *, listens: bool) -> Dialogue[None]:
        """Send the piece. `listens` says that a reply is waited for next: a server that has closed may have said why."""
        if not self._waiting:
            return
        said, self._waiting = self._waiting, []
        shared, outcome = self.shared, None
        if self.over is None and self.unsent is None:
            outcome = shared.see((yield Send(self.number, b"".join(real for real, _, _ in said), shared.until)))
        for real, shown, step in said:
            for one, other in _lines(real, shown):
                self._note(Party.CLIENT, shared.now, one, other, step)
        if isinstance(outcome, Failed):
            self.unsent = outcome
        failed = self.over or self.unsent
        if failed is not None and (not listens or failed.end in (End.TIMEOUT, End.FLOOD)):
            raise self.ended(failed)

    # --- in

    def event(self) -> Dialogue[tuple[float, Event]]:
        """The next reply and when it came."""
        if (failed := (yield from self._filled())) is not None:
            raise self.ended(self.unsent or failed)
        return self._replies.popleft()

    def end(self) -> Dialogue[tuple[float, Event] | Failed]:
        """The end of the connection, or what is said in its place."""
        if (failed := (yield from self._filled())) is not None:
            self.open = failed.end not in (End.CLOSED, End.CUT)
            return failed
        return self._replies.popleft()

    def _filled(self) -> Dialogue[Failed | None]:
        """Wait until there is a reply; why there is none."""
        shared, until = self.shared, self.shared.until
        while not self._replies:
            if self.over is not None:
                return self.over
            outcome = shared.see((yield Receive(self.number, until)))
            if isinstance(outcome, Got):
                self._replies.extend((outcome.at, event) for event in self._reader.feed(outcome.data))
            elif isinstance(outcome, Failed):
                self.over = outcome
        return None

    def ended(self, failed: Failed) -> Stop:
        """What to say of a connection that is over."""
        rest = self._reader.rest
        if rest:
            self._note(Party.SERVER, self.shared.now, rest, self.shared.recorder.masks.hidden(rest), self.shared.step)
        to = self.asked[0][0] if self.asked else ""
        what = "no greeting" if to == GREETING else f"no reply to {to}" if to else "no reply"
        half = f", after {len(rest)} octets of an unfinished reply" if rest else ""
        return Stop(_ENDS.get(failed.end, Kind.TEMPORARY), f"{what}: {failed.end}: {failed.reason}{half}")

    def leave(self) -> None:
        """Note what came and nobody asked for."""
        for at, event in list(self._replies)[:SMTP_UNREAD]:
            self.record(at, event, -1)
        if self._replies:
            first = quoted(self.shared.recorder.masks.hidden(self._replies[0][1].raw))
            self.shared.recorder.found(rules.UNASKED, f"{len(self._replies)}, the first: {first}", -1)

    # --- the record

    def record(self, at: float, event: Event, step: int) -> None:
        """Note the lines of a reply."""
        for line in lines_of(event.before + event.raw if isinstance(event, Broken) else event.raw):
            self._note(Party.SERVER, at, line, self.shared.recorder.masks.hidden(line), step)

    def _note(self, who: Party, at: float, data: bytes, shown: bytes, step: int) -> None:
        version = self.tls.version if self.tls is not None else ""
        self.shared.recorder.lines.append(Line(at, self.number, who, version, data, shown, step))


def _lines(real: bytes, shown: bytes) -> list[tuple[bytes, bytes]]:
    """What was sent line by line, as it is and as it is shown; as one where the two have not the same lines."""
    ones, others = lines_of(real), lines_of(shown)
    return list(zip(ones, others, strict=True)) if len(ones) == len(others) else [(real, shown)]
