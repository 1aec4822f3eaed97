"""Dialogues without a network: fed by hand, or a script's client and its mirror at the two ends of a variable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mailsec.core.results import Status
from mailsec.transport.smtp.course import Course, Setting
from mailsec.transport.smtp.link import Target
from mailsec.transport.smtp.mirror import Place, mirror
from mailsec.transport.smtp.parse import parse
from mailsec.transport.smtp.play import play
from mailsec.transport.wire import (
    Act,
    Close,
    Connect,
    Dialogue,
    Done,
    End,
    Failed,
    Got,
    Outcome,
    Pause,
    PkixVerdict,
    Receive,
    Secured,
    Send,
    StartTls,
    TlsState,
)

TLS = TlsState("TLSv1.3", "TLS_AES_256_GCM_SHA384", 256, "mx.test", (), PkixVerdict(Status.PASS))
TARGET = Target(("192.0.2.1",), 25, "mx.test")
Feed = bytes | Failed | Secured


def script(text: str):
    return parse(text.encode(), "test.smtp")


def failed(end: End, injected: bytes = b"") -> Failed:
    return Failed(end, f"it is {end}", 0.0, injected)


@dataclass
class Fed:
    """How a dialogue went that was fed by hand: the acts that it asked for, and what it came to."""

    acts: list[Act]
    course: Course

    @property
    def sent(self) -> list[bytes]:
        return [act.data for act in self.acts if isinstance(act, Send)]


def feed(dialogue: Dialogue[Course], feeds: Iterable[Feed]) -> Fed:
    """Answer each Receive (and StartTls, and a Connect where a Failed comes first) from `feeds`; behind them comes silence."""
    waiting = list(feeds)
    acts: list[Act] = []
    act, at = next(dialogue), 0.0
    while True:
        acts.append(act)
        at += 0.01 + (act.seconds if isinstance(act, Pause) else 0)
        try:
            act = dialogue.send(_outcome(act, waiting, at))
        except StopIteration as done:
            return Fed(acts, done.value)


def _outcome(act: Act, waiting: list[Feed], at: float) -> Outcome:
    following = waiting[0] if waiting else None
    unsent = isinstance(following, Failed) and following.reason == "unsent"
    match act:
        case Receive():
            outcome = waiting.pop(0) if waiting else Failed(End.TIMEOUT, "no answer in time", at)
            return Got(outcome, at) if isinstance(outcome, bytes) else outcome
        case Connect() | StartTls() if isinstance(following, Failed | Secured):
            return waiting.pop(0)
        case Send() if unsent:
            return waiting.pop(0)
        case Connect(tls=None):
            return Done(at, act.addresses[0])
        case Connect() | StartTls():
            return Secured(TLS, at, address="192.0.2.1")
    return Done(at)


def run(text: str, *feeds: Feed, target: Target = TARGET, **setting: object) -> Fed:
    """Play `text` as a client to what is fed."""
    return feed(play(script(text), target, Setting(**setting)), feeds)


def serve(text: str, *feeds: Feed, number: int = 1, **setting: object) -> Fed:
    """Play the mirror of `text` to what is fed."""
    return feed(mirror(script(text), Place(number, "192.0.2.9:4000"), Setting(**setting)), feeds)


# --- both ends


@dataclass
class _Server:
    dialogue: Dialogue[Course]
    act: Act
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    over: bool = False
    left: bool = False  # by the client
    result: Course | None = None


@dataclass
class Duel:
    """A client and the servers that it connected to."""

    client: Course
    servers: list[Course]


def duel(client: Dialogue[Course], make: Callable[[int], Dialogue[Course]]) -> Duel:
    """Let `client` speak to what `make` makes for each connection, until it ends."""
    wire = _Wire(make)
    act = next(client)
    while True:
        try:
            act = client.send(wire.outcome(act))
        except StopIteration as done:
            return Duel(done.value, wire.results())


class _Wire:
    def __init__(self, make: Callable[[int], Dialogue[Course]]) -> None:
        self._make = make
        self._servers: dict[int, _Server] = {}
        self._at = 0.0

    def _now(self) -> float:
        self._at += 0.001
        return self._at

    def results(self) -> list[Course]:
        for server in self._servers.values():
            server.left = True
            self._advance(server)
        return [server.result for server in self._servers.values() if server.result is not None]

    def outcome(self, act: Act) -> Outcome:
        match act:
            case Pause():
                self._at += act.seconds
            case Connect():
                return self._connect(act)
            case Close():
                self._servers[act.on].left = True
                self._advance(self._servers[act.on])
            case Send():
                self._servers[act.on].inbox += act.data
                self._advance(self._servers[act.on])
            case StartTls():
                return self._shake(self._servers[act.on])
            case Receive():
                return self._receive(self._servers[act.on])
        return Done(self._now())

    def _connect(self, act: Connect) -> Outcome:
        dialogue = self._make(len(self._servers) + 1)
        server = self._servers[act.on] = _Server(dialogue, next(dialogue))
        return self._shake(server) if act.tls is not None else Done(self._now(), act.addresses[0])

    def _receive(self, server: _Server) -> Outcome:
        self._advance(server)
        if not server.outbox:
            return Failed(End.CLOSED if server.over else End.TIMEOUT, "nothing came", self._now())
        data, server.outbox = bytes(server.outbox), bytearray()
        return Got(data, self._now())

    def _shake(self, server: _Server) -> Outcome:
        self._advance(server)
        if not isinstance(server.act, StartTls) or server.over:
            return Failed(End.TLS, "no TLS", self._now(), bytes(server.outbox))
        early, late = bytes(server.outbox), bytes(server.inbox)
        server.outbox.clear()
        server.inbox.clear()
        self._give(server, Secured(TLS, self._now(), late))
        return Secured(TLS, self._now(), early, "192.0.2.1")

    def _advance(self, server: _Server) -> None:
        while not server.over:
            match server.act:
                case Receive():
                    if server.inbox:
                        data, server.inbox = bytes(server.inbox), bytearray()
                        self._give(server, Got(data, self._now()))
                    elif server.left:
                        self._give(server, Failed(End.CLOSED, "the peer closed the connection", self._now()))
                    else:
                        return
                case StartTls():
                    if not server.left:
                        return
                    self._give(server, Failed(End.CLOSED, "the peer closed the connection", self._now()))
                case Send(data=data):
                    server.outbox += data
                    self._give(server, Done(self._now()))
                case _:
                    self._give(server, Done(self._now()))

    def _give(self, server: _Server, outcome: Outcome) -> None:
        try:
            server.act = server.dialogue.send(outcome)
        except StopIteration as done:
            server.over, server.result = True, done.value


def against_itself(text: str, **setting: object) -> Duel:
    """A script's client and the script's mirror."""
    made = script(text)
    return duel(play(made, TARGET, Setting(**setting)), lambda number: mirror(made, Place(number, "peer"), Setting(**setting)))
