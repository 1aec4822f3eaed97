"""Performs what a dialogue asks for (`transport/wire.py`) over real sockets: the one place where mail meets the network.

`converse(dialogue)` takes one dialogue, as a client, to its result; `net/serve.py` is the other side.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeVar

from mailsec.core.limits.transport import WIRE_ADDRESSES, WIRE_CONNECTIONS
from mailsec.core.text import clipped
from mailsec.net.channel import Channel, Ended
from mailsec.net.security import Security
from mailsec.net.steps import Loop, Steps, Want, reached, system_words
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
    Receive,
    Secured,
    Send,
    StartTls,
    TlsWish,
)

T = TypeVar("T")


def converse(dialogue: Dialogue[T], security: Security | None = None) -> T:
    """Perform the acts of `dialogue` until it ends; its result. What it leaves open is closed.

    `security` says whom TLS certificates are judged by (default: the system's roots, now). Raises what the dialogue raises.
    """
    loop: Loop[int, T] = Loop()
    try:
        loop.go(0, perform(dialogue, security or Security()))
        while not (done := loop.taken()):
            loop.turn(loop.patience())
        return done[0][1]
    finally:
        loop.close()


def perform(dialogue: Dialogue[T], security: Security, taken: Channel | None = None) -> Steps[T]:
    """The same as steps of a `Loop`. `taken` is a connection that is there from the beginning, with the number 0."""
    performer = _Performer(security)
    if taken is not None:
        performer.channels[0] = taken
    try:
        act = next(dialogue)
        while True:
            act = dialogue.send((yield from performer.outcome(act)))
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        dialogue.close()
        performer.close()


@dataclass(slots=True)
class _Performer:
    """The connections of one dialogue, by number, and its clock."""

    security: Security
    channels: dict[int, Channel] = field(default_factory=dict)
    start: float = field(default_factory=time.monotonic)

    @property
    def at(self) -> float:
        return time.monotonic() - self.start

    def close(self) -> None:
        for channel in self.channels.values():
            channel.close()
        self.channels.clear()

    def outcome(self, act: Act) -> Steps[Outcome]:
        """Perform `act`; what came of it."""
        try:
            return (yield from self._performed(act))
        except Ended as ended:
            injected = ended.injected if isinstance(act, StartTls) else b""
            return Failed(ended.end, ended.reason, self.at, injected)
        except TimeoutError:
            return Failed(End.TIMEOUT, "no answer in time" if isinstance(act, Receive) else "not done in time", self.at)

    def _performed(self, act: Act) -> Steps[Outcome]:
        match act:
            case Receive():
                data = yield from self._channel(act.on).received(self.start + act.until)
                return Got(data, self.at)
            case Send():
                yield from self._channel(act.on).sent(act.data, self.start + act.until)
                return Done(self.at)
            case StartTls():
                return (yield from self._secured(self._channel(act.on), act.wish, self.start + act.until))
            case Connect():
                return (yield from self._connected(act))
            case Close():
                if channel := self.channels.pop(act.on, None):
                    channel.close()
                return Done(self.at)
            case Pause():
                yield from _rested(time.monotonic() + act.seconds)
                return Done(self.at)

    def _channel(self, number: int) -> Channel:
        if number not in self.channels:
            raise Ended(End.CLOSED, "there is no such connection")
        return self.channels[number]

    def _connected(self, act: Connect) -> Steps[Outcome]:
        if previous := self.channels.pop(act.on, None):
            previous.close()
        if len(self.channels) >= WIRE_CONNECTIONS:
            raise Ended(End.REFUSED, f"more than {WIRE_CONNECTIONS} connections at once")
        until = self.start + act.until
        channel = yield from _first(act.addresses, act.port, until)
        self.channels[act.on] = channel
        if act.tls is None:
            return Done(self.at, channel.address)
        return (yield from self._secured(channel, act.tls, until))

    def _secured(self, channel: Channel, wish: TlsWish, until: float) -> Steps[Outcome]:
        if channel.tls is not None:
            raise Ended(End.TLS, "TLS is on already")
        try:
            context, name = self.security.context(wish), self.security.indication(wish)
        except (OSError, ValueError) as error:
            reason = f"TLS cannot be had as it is wanted: {self.security.problem(error)}"
            raise channel.refuse(End.TLS, reason) from None
        injected = yield from channel.secured(context, name, until, server=wish.server)
        assert channel.tls is not None
        return Secured(self.security.state(channel.tls.state, wish), self.at, injected, channel.address)


def _rested(until: float) -> Steps[None]:
    try:
        yield Want(None, 0, until)
    except TimeoutError:
        return


# --- connections


def _first(addresses: tuple[str, ...], port: int, until: float) -> Steps[Channel]:
    """A connection to the first of `addresses` that takes it, each with its share of the time. Raises Ended: what all said."""
    told: list[str] = []
    ends: set[End] = set()
    tried = addresses[:WIRE_ADDRESSES]
    for at, address in enumerate(tried):
        now = time.monotonic()
        try:
            sock, target = _target(address, port)
            yield from reached(sock, target, now + (until - now) / (len(tried) - at))
        except (OSError, ValueError, OverflowError) as error:
            ends.add(_end(error))
            told.append(f"{clipped(address, 80)}: {system_words(error) if isinstance(error, OSError) else error}")
        else:
            return Channel(sock, address)
    if len(addresses) > len(tried):
        told.append(f"{len(addresses) - len(tried)} more addresses are not tried")
    end = next((end for end in (End.TIMEOUT, End.REFUSED) if end in ends), End.UNREACHABLE)
    raise Ended(end, "; ".join(told) or "no address to connect to")


def _target(address: str, port: int) -> tuple[socket.socket, object]:
    """A socket of the family of `address` (an IP address, or the path of a unix socket), and the address as it takes it."""
    if address.startswith("/"):
        return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), address
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    if not 0 < port < 65_536:
        raise ValueError(f"{port} is no port")
    return socket.socket(family, socket.SOCK_STREAM), (address, port)


def _end(error: Exception) -> End:
    if isinstance(error, TimeoutError):
        return End.TIMEOUT
    return End.REFUSED if isinstance(error, ConnectionError) else End.UNREACHABLE
