"""One connection as a client sees it: lines out, replies in, each within its time, and every one of them noted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailsec.core.limits.transport import SMTP_CONNECT_WAIT, SMTP_QUIT_WAIT
from mailsec.core.results import Finding, finding
from mailsec.core.rules import Rule
from mailsec.core.text import clipped, from_bytes
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.course import Line, Party, lines_of
from mailsec.transport.smtp.outcome import Ending, Halt, Step, Stopped
from mailsec.transport.smtp.prepare import content_blocks
from mailsec.transport.smtp.replies import Broken, Event, Flaw, Reply, ReplyReader
from mailsec.transport.wire import (
    Close,
    Connect,
    Dialogue,
    Done,
    End,
    Failed,
    Got,
    Receive,
    Secured,
    Send,
    StartTls,
    TlsState,
    TlsWish,
)

WAITS = {
    Step.CONNECT: SMTP_CONNECT_WAIT,
    Step.GREETING: 300.0,
    Step.EHLO: 300.0,
    Step.STARTTLS: 120.0,
    Step.AUTH: 300.0,
    Step.MAIL: 300.0,
    Step.RCPT: 300.0,
    Step.DATA: 120.0,
    Step.MESSAGE: 600.0,
    Step.RSET: 300.0,
    Step.QUIT: SMTP_QUIT_WAIT,
}
"""Seconds to wait for the reply at each step (RFC 5321 section 4.5.3.2), all of them within the session's own limit."""
BLOCK_WAIT = 180.0
"""Seconds for each block of content to be taken (RFC 5321 section 4.5.3.2.5)."""

_HALTS = {End.TLS: Halt.TLS, End.FLOOD: Halt.PROTOCOL}
_QUOTED = 200
_TELLING = 4
MASK = b"{masked}"
"""What stands in the record for what shows a name or a secret; in a script it would be a variable."""


@dataclass(slots=True)
class Conversation:
    """The connection `on` until `limit` (seconds since the dialogue began). Its methods raise `Stopped`."""

    limit: float
    on: int = 0
    now: float = 0.0
    address: str = ""
    tls: TlsState | None = None
    part: int = -1
    """What the lines belong to that are noted next: the place of a message, -1 for what all have in common."""
    usable: bool = False
    """There is a connection, and the server may still be talked to."""
    _open: bool = False
    _reader: ReplyReader = field(default_factory=ReplyReader)
    _events: deque[Event] = field(default_factory=deque)
    _unsent: Failed | None = None
    _findings: dict[str, Finding] = field(default_factory=dict)
    _secrets: list[bytes] = field(default_factory=list)
    _noted: list[tuple[float, Party | None, str, bytes, int]] = field(default_factory=list)

    @property
    def record(self) -> list[Line]:
        """Every line that was spoken, and what happened besides."""
        return [
            Line(at, self.on, who, version, line, line, part)
            for at, who, version, said, part in self._noted
            for line in lines_of(said)
        ]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed, each rule once."""
        return tuple(self._findings.values())

    @property
    def unsent(self) -> bool:
        """True where something could not be sent."""
        return self._unsent is not None

    @property
    def time_left(self) -> bool:
        """True before the limit."""
        return self.now < self.limit

    def conceal(self, *secrets: bytes) -> None:
        """Hide `secrets` wherever the server says them again; one of few octets stands in other texts by chance."""
        self._secrets = [*self._secrets, *(secret for secret in secrets if len(secret) >= _TELLING)]

    def found(self, what: Finding) -> None:
        """Note `what`, unless its rule has been noted already."""
        self._findings.setdefault(what.rule, what)

    def has(self, rule: Rule) -> bool:
        """True where something was noted under `rule`."""
        return rule.id in self._findings

    # --- the connection

    def connect(self, addresses: Sequence[str], port: int, wish: TlsWish | None) -> Dialogue[None]:
        """Connect, with `wish` under TLS from the start."""
        self._open = True
        outcome = yield Connect(self.on, tuple(addresses), port, self._until(Step.CONNECT), wish)
        self.now = outcome.at
        if isinstance(outcome, Failed):
            raise self._failed(Step.CONNECT, outcome)
        assert isinstance(outcome, Done | Secured)
        self.address, self.usable = outcome.address, True
        self.tls = outcome.tls if isinstance(outcome, Secured) else None

    def secure(self, wish: TlsWish) -> Dialogue[None]:
        """The TLS handshake. What came in the clear and was not asked for ends the session: somebody put it there."""
        before = self._left()
        if before:
            raise self._injected(before)
        outcome = yield StartTls(self.on, wish, self._until(Step.STARTTLS))
        self.now = outcome.at
        if isinstance(outcome, Secured | Failed) and outcome.injected:
            self.usable = False
            raise self._injected(outcome.injected)
        if isinstance(outcome, Failed):
            self.usable = False
            raise self._failed(Step.STARTTLS, outcome, Halt.TLS)
        assert isinstance(outcome, Secured)
        self.tls = outcome.tls
        self._reader, self._events = ReplyReader(), deque()  # empty already, as was made sure of above; and they stay apart

    def close(self) -> Dialogue[None]:
        """Close the connection, if there is one."""
        if self._open:
            self._open = self.usable = False
            yield Close(self.on)

    def renew(self) -> Dialogue[None]:
        """Close the connection and forget what belonged to it, so that another can be made."""
        yield from self.close()
        self._reader, self._events = ReplyReader(), deque()
        self._unsent = self.tls = None

    # --- lines

    def say(self, step: Step, *lines: str, shown: Sequence[str] = ()) -> Dialogue[None]:
        """Send `lines` in one piece. `shown` is what the record has in their place.

        Where the connection breaks, the server may have said why: the next `hear` finds out.
        """
        self._check_silence(step)
        yield from self._send(self._octets(shown or lines, lines))

    def say_content(self, data: bytes, lines: Sequence[str], part: int) -> Dialogue[None]:
        """Send the content of a message, which is dot-stuffed here, and the commands of the next one with its last block;
        they belong to `part`."""
        self._check_silence(Step.MESSAGE)
        self.note(f"content of {len(data)} octets, and the line .")
        blocks = content_blocks(data)
        block = next(blocks)
        for following in blocks:
            yield from self._send(block)
            block = following
        own, self.part = self.part, part
        commands = self._octets(lines, lines)
        self.part = own
        yield from self._send(block + commands)

    def _octets(self, shown: Sequence[str], lines: Sequence[str]) -> bytes:
        for line in shown:
            self._note(Party.CLIENT, f"{line}\r\n".encode())
        return "".join(f"{line}\r\n" for line in lines).encode()

    def _send(self, block: bytes) -> Dialogue[None]:
        if self._unsent is None:
            outcome = yield Send(self.on, block, min(self.now + BLOCK_WAIT, self.limit))
            self.now = outcome.at
            if isinstance(outcome, Failed):
                self._unsent = outcome

    def hear(self, step: Step) -> Dialogue[Reply]:
        """The next reply."""
        until = self._until(step)
        while not self._events:
            if self._unsent is not None and self._unsent.end is End.FLOOD:
                raise self._failed(step, self._unsent)
            outcome = yield Receive(self.on, until)
            self.now = outcome.at
            if not isinstance(outcome, Got):
                assert isinstance(outcome, Failed)
                self.usable = False
                raise self._failed(step, self._unsent or outcome)
            self._events.extend(self._reader.feed(outcome.data))
        return self._next(step)

    def heard(self, step: Step) -> Reply | None:
        """The next reply where it is here already, as it often is in a group (RFC 2920): nothing is waited for."""
        return self._next(step) if self._events else None

    def _next(self, step: Step) -> Reply:
        event = self._events.popleft()
        if self._secrets:
            event = self._hidden(event)
        self._note(Party.SERVER, self._masked(event.raw))
        if isinstance(event, Broken):
            raise Stopped(Ending(Halt.PROTOCOL, step, f"no reply of SMTP: {event.reason}"))
        if event.flaws:
            self._say_flaws(event.flaws)
        return event

    def ask(self, step: Step, line: str, *, shown: str = "") -> Dialogue[Reply]:
        """One command and its reply."""
        yield from self.say(step, line, shown=(shown,) if shown else ())
        return (yield from self.hear(step))

    def note(self, text: str) -> None:
        """Something that is no line of either side."""
        self._note(None, text.encode())

    # --- inside

    def _note(self, who: Party | None, said: bytes) -> None:
        # cut into lines later: nobody waits for the record while the server does
        self._noted.append((self.now, who, self.tls.version if self.tls is not None else "", said, self.part))

    def _hidden(self, event: Event) -> Event:
        """What the server said, without the secrets in it. A challenge stays as it is, since it is to be answered."""
        raw = self._masked(event.raw)
        if raw == event.raw or (isinstance(event, Reply) and event.code == 334):
            return event
        if isinstance(event, Broken):
            return Broken(event.reason, raw)
        return event._replace(raw=raw, lines=tuple(map(self._masked, event.lines)))

    def _masked(self, data: bytes) -> bytes:
        for secret in self._secrets:
            data = data.replace(secret, MASK)
        return data

    def _until(self, step: Step) -> float:
        return min(self.now + WAITS[step], self.limit)

    def _left(self) -> bytes:
        """What came and was not asked for."""
        return b"".join(event.raw for event in self._events) + self._reader.rest

    def _check_silence(self, step: Step) -> None:
        """Before it is asked, the server has nothing to say but 421, with which it may leave at any time."""
        if not self._events and not self._reader.rest:
            return
        event = self._events[0] if self._events else None
        if isinstance(event, Reply) and event.code == 421:
            self._note(Party.SERVER, event.raw)
            raise Stopped(Ending(Halt.TEMPORARY, step, "the server leaves", event))
        text = clipped(from_bytes(self._left()[:_QUOTED]), _QUOTED)
        self.found(finding(rules.UNASKED, text))
        self.note(f"not asked for: {text}")
        raise Stopped(Ending(Halt.PROTOCOL, step, f"the server said what it was not asked for: {text}"))

    def _injected(self, octets: bytes) -> Stopped:
        text = clipped(from_bytes(octets[:_QUOTED]), _QUOTED)
        self.found(finding(rules.INJECTION, f"{len(octets)} octets, which begin with {text!r}"))
        self.note(f"in the clear before TLS: {text}")
        return Stopped(
            Ending(Halt.PROTOCOL, Step.STARTTLS, f"{len(octets)} octets came in the clear behind the answer to STARTTLS")
        )

    def _failed(self, step: Step, failed: Failed, halt: Halt | None = None) -> Stopped:
        reason = failed.reason or failed.end.value
        self.note(f"{failed.end.value}: {reason}")
        return Stopped(Ending(halt or _HALTS.get(failed.end, Halt.CONNECTION), step, f"{failed.end.value}: {reason}"))

    def _say_flaws(self, flaws: Sequence[Flaw]) -> None:
        self.found(finding(rules.REPLY_FLAW, ", ".join(flaws)))
