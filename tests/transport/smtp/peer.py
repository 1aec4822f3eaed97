"""A server in memory, and a driver that performs a dialogue's acts on it: no socket, no clock but a counter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

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
    Receive,
    Secured,
    Send,
    StartTls,
    TlsState,
)

T = TypeVar("T")
Answerer = Callable[[str], bytes | None]
TLS = TlsState("TLSv1.3", "TLS_AES_256_GCM_SHA384", 256, "mx.example.test")
EHLO = ("PIPELINING", "SIZE 10000", "8BITMIME", "SMTPUTF8", "DSN", "STARTTLS", "AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256")


def reply(text: str) -> bytes:
    return f"{text}\r\n".encode()


def hello(extensions: Iterable[str]) -> bytes:
    lines = ("mx.example.test", *extensions)
    return b"".join(f"250{' ' if at == len(lines) - 1 else '-'}{line}\r\n".encode() for at, line in enumerate(lines))


@dataclass
class Peer:
    """Answers each line by `special` (text to reply, or None for the usual answer; b"" for silence), else as a good server.

    `lines` is what it was sent, `messages` the contents it took, still dot-stuffed. It closes after QUIT, or where `closes`
    names the verb it heard; `cut` instead of an orderly end.
    """

    special: Answerer = lambda line: None
    greeting: bytes = b"220 mx.example.test\r\n"
    extensions: tuple[str, ...] = EHLO
    lmtp: bool = False
    handshake: Outcome | None = None
    connects: list[Outcome] = field(default_factory=list)
    closes: str = ""
    lines: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    at: float = 0.0
    _inbox: bytes = b""
    _outbox: bytes = b""
    _content: bool = False
    _closed: bool = False
    _tls: bool = False
    _accepted: int = 0
    _mail: bool = False

    def perform(self, act: Act) -> Outcome:
        self.acts.append(act)
        self.at += 0.001
        match act:
            case Connect():
                return self._connect(act)
            case Send():
                if self._closed:
                    return Failed(End.CUT, "connection reset by peer", self.at)
                before = len(self.lines)
                self._feed(act.data)
                self.groups.append(len(self.lines) - before)
                return Done(self.at)
            case Receive():
                if self._outbox:
                    data, self._outbox = self._outbox, b""
                    return Got(data, self.at)
                if self._closed:
                    return Failed(End.CLOSED, "the peer closed the connection", self.at)
                self.at = act.until
                return Failed(End.TIMEOUT, "timed out", self.at)
            case StartTls():
                injected, self._outbox = self._outbox, b""
                self._tls = True
                return self.handshake or Secured(TLS, self.at, injected)
            case Close():
                self._closed = True
                return Done(self.at)
            case _:
                raise AssertionError(act)

    def _connect(self, act: Connect) -> Outcome:
        self._closed = self._tls = self._content = False
        self._inbox, self._outbox = b"", self.greeting
        if self.connects:
            return self.connects.pop(0)
        return Secured(TLS, self.at, address="192.0.2.25") if act.tls else Done(self.at, "192.0.2.25")

    def _feed(self, data: bytes) -> None:
        self._inbox += data
        while not self._closed:
            if self._content:
                end = 0 if self._inbox.startswith(b".\r\n") else self._inbox.find(b"\r\n.\r\n") + 2
                if end == 1:
                    return
                self.messages.append(self._inbox[:end])
                self._inbox, self._content = self._inbox[end + 3 :], False
                self.lines.append(".")
                for _ in range(self._accepted if self.lmtp else 1):
                    self._answer(".")
                continue
            line, found, rest = self._inbox.partition(b"\r\n")
            if not found:
                return
            self._inbox = rest
            self.lines.append(line.decode())
            self._answer(line.decode())

    def _answer(self, line: str) -> None:
        said = self.special(line)
        said = self._usual(line) if said is None else said
        self._outbox += said
        verb = line.split(" ", maxsplit=1)[0].split(":", maxsplit=1)[0].upper()
        if verb == "MAIL":
            self._accepted, self._mail = 0, said.startswith(b"2")
        self._accepted += verb == "RCPT" and said.startswith(b"2")
        self._content = verb == "DATA" and said.startswith(b"354")
        if verb == "QUIT" or (self.closes and verb == self.closes):
            self._closed = True

    def _usual(self, line: str) -> bytes:
        match line.split(" ", maxsplit=1)[0].upper():
            case "EHLO" | "LHLO":
                there = [each for each in self.extensions if not (self._tls and each == "STARTTLS")]
                return hello(there)
            case "STARTTLS":
                return b"220 go\r\n"
            case "RCPT" | "DATA" if not self._mail:
                return b"503 MAIL first\r\n"
            case "DATA":
                return b"354 go\r\n" if self._accepted else b"554 no valid recipients\r\n"
            case "QUIT":
                return b"221 bye\r\n"
            case "AUTH":
                return b"235 welcome\r\n"
            case _:
                return b"250 ok\r\n"


def drive(dialogue: Dialogue[T], peer: Peer) -> T:
    """Perform what `dialogue` asks for until it is over."""
    try:
        act = next(dialogue)
        while True:
            act = dialogue.send(peer.perform(act))
    except StopIteration as done:
        return done.value
