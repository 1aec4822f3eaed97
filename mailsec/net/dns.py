"""Live DNS: questions in parallel over UDP, over TCP where a reply does not fit (RFC 1035 section 4.2, RFC 7766, RFC 6891).

Each attempt has its own socket, so its own random port, and its own random ID (RFC 5452); the socket is connected, so that only
the server asked can reply. What does not answer the question is passed over, and the wait goes on. A server that fails or
refuses is left for the next one; when none is left, the answer says what each did. Only a reply that says so is an absence.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from mailsec.core.errors import UsageError
from mailsec.core.flow import Answer, AnswerStatus, Ask, Dnssec, Fetched, FetchStatus, Query, Record, Reply
from mailsec.core.limits.network import (
    DNS_ATTEMPT,
    DNS_ATTEMPTS,
    DNS_IN_FLIGHT,
    DNS_SERVERS,
    DNS_STRAYS,
    DNS_TIMEOUT,
    MAX_CNAMES,
)
from mailsec.core.rdata import name
from mailsec.net.names import NameProblem, encode, type_number
from mailsec.net.resolvconf import Server, parse_server
from mailsec.net.steps import fileno
from mailsec.net.wire import Asked, Failure, Follow, Found, Outcome, Truncated, malformed, read

_LARGEST = 65_535


@dataclass(slots=True, eq=False)
class _Question:
    """A query on its way: what was learned so far, and the attempt that is in flight."""

    query: Query
    name: bytes
    type: int
    aliases: list[Record] = field(default_factory=list)
    proof: list[Record] = field(default_factory=list)
    attempts: int = 0
    turn: int = 0
    down: set[int] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    status: AnswerStatus = AnswerStatus.TIMEOUT
    authentic: bool = True
    # the attempt
    server: int = 0
    sock: socket.socket | None = None
    until: float = 0.0
    strays: int = 0
    tcp: bool = False
    unsent: bytes = b""
    received: bytearray = field(default_factory=bytearray)


class LiveSource:
    """A Source that asks name servers. Not for more than one thread.

    `nameservers` are addresses as `parse_server` reads them. `timeout` is the deadline of all questions together, in seconds
    from the first one (or the first after `rearm`); after it each is answered *timeout* at once. An attempt waits `attempt`
    seconds, a question has up to `attempts` of them (at least one a server), and `in_flight` questions are on the wire at once.
    `dnssec_ok` and `checking_disabled` set the DO and CD flags; for questions of `validated_types` they are always set.
    `trust_ad` asks for the AD flag and believes it: answers with it are *secure*, others *insecure*. That is worth as much as
    the way to the server (RFC 6840 section 5.7).

    A server that cannot be reached counts as silent: *timeout* where no server said anything. Otherwise the status is that of
    the first failure that was heard (*servfail* for a malformed reply), and the reason says what each attempt met.
    """

    def __init__(  # noqa: PLR0913 - each is a knob of its own, and all have their usual value
        self,
        nameservers: Sequence[str | Server],
        timeout: float = DNS_TIMEOUT,
        *,
        attempt: float = DNS_ATTEMPT,
        attempts: int = DNS_ATTEMPTS,
        in_flight: int = DNS_IN_FLIGHT,
        dnssec_ok: bool = False,
        checking_disabled: bool = False,
        trust_ad: bool = False,
        validated_types: Collection[str] = frozenset(),
    ) -> None:
        if not 0 < len(nameservers) <= DNS_SERVERS:
            raise UsageError(f"between 1 and {DNS_SERVERS} name servers can be asked")
        self._servers = [parse_server(each) if isinstance(each, str) else each for each in nameservers]
        self._addresses = [_address(server) for server in self._servers]
        self._timeout, self._attempt, self._in_flight = timeout, attempt, in_flight
        self._attempts = max(attempts, len(self._servers))
        self._flags = (dnssec_ok, checking_disabled, trust_ad)
        self._validated = frozenset(map(type_number, validated_types))
        self._trust_ad = trust_ad
        self._deadline: float | None = None
        self._plain: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._queue: deque[_Question] = deque()
        self._flying: set[_Question] = set()
        self._timers: deque[tuple[float, _Question]] = deque()
        self._done: list[tuple[Ask, Reply]] = []

    def rearm(self) -> None:
        """Let the deadline run anew from the next question on."""
        self._deadline = None

    def start(self, ask: Ask) -> Reply | None:
        if not isinstance(ask, Query):
            return Fetched(ask, FetchStatus.UNRECORDED, reason="this source asks the DNS only")
        try:
            question = _Question(ask, encode(ask.name), type_number(ask.type))
        except NameProblem as problem:
            return Answer(ask, AnswerStatus.SERVFAIL, reason=f"cannot be asked: {problem}")
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + self._timeout
        if now >= self._deadline:
            return Answer(ask, AnswerStatus.TIMEOUT, reason="asked after the deadline")
        self._queue.append(question)
        self._fill()
        return None

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        if self.idle:
            raise RuntimeError("nothing is in flight")
        while not self._done:
            self._turn()
        return self._taken()

    def close(self) -> None:
        for question in self._flying:
            self._release(question)
        self._flying.clear()
        self._queue.clear()
        self._selector.close()

    # --- beside another source (`composite`)

    @property
    def idle(self) -> bool:
        """True where nothing was asked that is not answered."""
        return not (self._done or self._flying)

    def poll(self) -> Sequence[tuple[Ask, Reply]]:
        """The replies that are there by now; does not wait."""
        if self._flying:
            self._turn(0.0)
        return self._taken()

    def patience(self) -> float | None:
        """Seconds after which `poll` has something to do though `fileno` stays silent; None where nothing is in flight."""
        if self._done:
            return 0.0
        return self._patience(time.monotonic()) if self._flying else None

    def fileno(self) -> int:
        """A file descriptor that becomes readable when `poll` has something to do."""
        return fileno(self._selector)

    def forget(self, asks: Collection[Ask]) -> None:
        """Give up what of `asks` is in flight: no reply comes."""
        self._queue = deque(each for each in self._queue if each.query not in asks)
        for question in [each for each in self._flying if each.query in asks]:
            self._release(question)
            self._flying.discard(question)
        self._fill()

    # --- the order of things

    def _taken(self) -> Sequence[tuple[Ask, Reply]]:
        done, self._done = self._done, []
        return done

    def _turn(self, limit: float = inf) -> None:
        """Let everything go on that can, after at most `limit` seconds."""
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._give_up()
            return
        self._expire(now)
        if self._flying and not self._done:
            for key, events in self._selector.select(min(limit, self._patience(now))):
                question, sock, asked = key.data
                self._advance(question, sock, asked, events)
        self._fill()

    def _fill(self) -> None:
        while self._queue and len(self._flying) < self._in_flight:
            question = self._queue.popleft()
            self._flying.add(question)
            self._next(question)

    def _patience(self, now: float) -> float:
        """Seconds until the next attempt is over. All attempts are equally long, so the oldest timer is the first."""
        first = self._timers[0][0]
        return max(0.0, min(first, first if self._deadline is None else self._deadline) - now)

    def _expire(self, now: float) -> None:
        while self._timers and (self._timers[0][0] <= now or self._timers[0][1].until != self._timers[0][0]):
            until, question = self._timers.popleft()
            if question.until == until:
                what = "only what does not answer the question" if question.strays else "no reply"
                self._failed(question, AnswerStatus.TIMEOUT, f"{what} within {self._attempt:g} s", out=False)

    def _give_up(self) -> None:
        """The deadline has passed: everything is answered."""
        for question in (*self._flying, *self._queue):
            self._release(question)
            reason = _told([*question.failures, "no reply before the deadline"])
            self._finish(question, Answer(question.query, AnswerStatus.TIMEOUT, aliases=tuple(question.aliases), reason=reason))
        self._queue.clear()

    def _next(self, question: _Question) -> None:
        """Begin the next attempt that can be begun, or end the question."""
        while question.attempts < self._attempts and (server := self._pick(question)) is not None:
            question.attempts += 1
            question.server = server
            if self._ask(question):
                return
        reason = _told(question.failures)
        self._finish(question, Answer(question.query, question.status, aliases=tuple(question.aliases), reason=reason))

    def _pick(self, question: _Question) -> int | None:
        count = len(self._servers)
        for step in range(count):
            server = (question.turn + step) % count
            if server not in question.down:
                question.turn = server + 1
                return server
        return None

    def _finish(self, question: _Question, answer: Answer) -> None:
        self._flying.discard(question)
        self._done.append((question.query, answer))

    def _failed(self, question: _Question, status: AnswerStatus, reason: str, *, out: bool) -> None:
        """An attempt failed; `out` where its server is not worth another."""
        self._note(question, status, reason, out=out)
        self._next(question)

    def _note(self, question: _Question, status: AnswerStatus, reason: str, *, out: bool) -> None:
        self._release(question)
        question.failures.append(f"{self._servers[question.server]}: {reason}")
        if question.status is AnswerStatus.TIMEOUT:
            question.status = status
        if out:
            question.down.add(question.server)

    # --- one attempt

    def _ask(self, question: _Question, *, tcp: bool = False) -> bool:
        """Send the question to its server; False where that cannot be begun."""
        id = int.from_bytes(os.urandom(2), "big")
        edns = question.server not in self._plain
        flags = (True, True, False) if question.type in self._validated else self._flags
        asked = Asked(id, question.name, question.type, edns, *flags)
        packet = asked.packet()
        family, address = self._addresses[question.server]
        try:
            sock = question.sock = socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
            sock.setblocking(False)
            question.tcp, question.strays = tcp, 0
            if tcp:
                question.unsent, question.received = len(packet).to_bytes(2, "big") + packet, bytearray()
                sock.connect_ex(address)
            else:
                sock.connect(address)
                sock.send(packet)
            events = selectors.EVENT_WRITE if tcp else selectors.EVENT_READ
            self._selector.register(sock, events, (question, sock, asked))
        except OSError as error:
            self._note(question, AnswerStatus.TIMEOUT, _words(error), out=True)
            return False
        question.until = time.monotonic() + self._attempt
        self._timers.append((question.until, question))
        return True

    def _release(self, question: _Question) -> None:
        if question.sock is not None:
            if question.sock.fileno() in self._selector.get_map():
                self._selector.unregister(question.sock)
            question.sock.close()
        question.sock, question.until = None, 0.0

    def _advance(self, question: _Question, sock: socket.socket, asked: Asked, events: int) -> None:
        """Something happened at the question's socket."""
        try:
            outcome = self._stream(question, sock, asked, events) if question.tcp else self._datagrams(question, sock, asked)
        except OSError as error:
            self._failed(question, AnswerStatus.TIMEOUT, _words(error), out=True)
            return
        if outcome is not None:
            self._judge(question, outcome)

    def _datagrams(self, question: _Question, sock: socket.socket, asked: Asked) -> Outcome | None:
        while question.strays <= DNS_STRAYS:
            try:
                data = sock.recv(_LARGEST)
            except BlockingIOError:
                return None
            if asked.is_answered_by(data):
                return read(asked, data)
            question.strays += 1
        return Truncated()

    def _stream(self, question: _Question, sock: socket.socket, asked: Asked, events: int) -> Outcome | None:
        if events & selectors.EVENT_WRITE:
            question.unsent = question.unsent[sock.send(question.unsent) :]
            if not question.unsent:
                self._selector.modify(sock, selectors.EVENT_READ, (question, sock, asked))
            return None
        chunk = sock.recv(_LARGEST)
        question.received += chunk
        length = int.from_bytes(question.received[:2], "big")
        if len(question.received) < 2 + length:
            return None if chunk else Failure(AnswerStatus.SERVFAIL, "the connection was cut", again=True)
        data = bytes(question.received[2 : 2 + length])
        if not asked.is_answered_by(data):
            return malformed("answers another question")
        outcome = read(asked, data)
        return malformed("truncated over TCP") if isinstance(outcome, Truncated) else outcome

    def _judge(self, question: _Question, outcome: Outcome) -> None:
        self._release(question)
        if isinstance(outcome, Found | Follow):
            self._learned(question, outcome)
        elif isinstance(outcome, Failure) and not outcome.without_edns:
            self._failed(question, outcome.status, outcome.reason, out=not outcome.again)
        else:
            tcp = isinstance(outcome, Truncated)
            if not tcp:
                # RFC 6891 section 7: the server does not know EDNS, which is no failure. It is asked once: then it is known.
                self._plain.add(question.server)
            if not self._ask(question, tcp=tcp):
                self._next(question)

    def _learned(self, question: _Question, outcome: Found | Follow) -> None:
        question.authentic = question.authentic and outcome.authentic
        question.aliases += outcome.aliases
        question.proof += outcome.proof
        problem = _alias_problem(question)
        if problem:
            self._finish(
                question, Answer(question.query, AnswerStatus.SERVFAIL, aliases=tuple(question.aliases), reason=problem)
            )
        elif isinstance(outcome, Found):
            state = Dnssec.UNCHECKED
            if self._trust_ad:
                state = Dnssec.SECURE if question.authentic else Dnssec.INSECURE
            aliases, proof = tuple(question.aliases), tuple(question.proof)
            self._finish(question, Answer(question.query, outcome.status, outcome.records, aliases, proof, state))
        else:
            question.name, question.attempts, question.turn = outcome.target, 0, 0
            question.down, question.failures, question.status = set(), [], AnswerStatus.TIMEOUT
            self._next(question)


def _alias_problem(question: _Question) -> str:
    """Why the aliases lead nowhere, or nothing."""
    seen = {alias.owner for alias in question.aliases}
    if len(seen) < len(question.aliases) or (question.aliases and name(question.aliases[-1].rdata) in seen):
        return f"a CNAME loop at {question.aliases[-1].owner}"
    return f"more than {MAX_CNAMES} aliases" if len(question.aliases) > MAX_CNAMES else ""


def _address(server: Server) -> tuple[int, Any]:
    """Family and address as sockets take them."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    try:
        family, _, _, _, address = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_DGRAM, flags=flags)[0]
    except OSError as error:
        raise UsageError(f"not a name server: {server}: {error.strerror}") from None
    return family, address


def _told(failures: Sequence[str]) -> str:
    """What every attempt met, in one sentence."""
    return "; ".join(text if count == 1 else f"{text} ({count} times)" for text, count in Counter(failures).items())


def _words(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
