"""The listening side: a dialogue for each connection, side by side in one thread.

    with Listener() as listener:
        for peer, result in serve(listener, lambda peer: greeter()): …

The dialogue finds its connection under the number 0 and makes TLS with `TlsWish(server=True)`.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from math import inf
from typing import Generic, Self, TypeVar

from mailsec.core.errors import TemporaryFailure, UsageError
from mailsec.core.limits.transport import SERVED_AT_ONCE
from mailsec.net.channel import Channel
from mailsec.net.security import Security
from mailsec.net.steps import Loop, Steps, Want, system_words
from mailsec.net.tcp import perform
from mailsec.transport.wire import Dialogue

T = TypeVar("T")
_DOOR = 0
_BREATH = 0.1
"""Seconds until a connection is accepted again after the system had no room for one."""


class Listener:
    """A listening socket, a context manager: on an IP address (loopback unless another is given) or the path of a unix socket.

    `port` 0 is any that is free. Raises UsageError where there can be no such address, TemporaryFailure where it is taken.
    """

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        self._path = address if address.startswith("/") else ""
        try:
            family = socket.AF_UNIX if self._path else _family(address)
            self.sock = socket.socket(family, socket.SOCK_STREAM)
        except ValueError:
            raise UsageError(f"{address} is no IP address to listen on", hint="give one such as 127.0.0.1 or ::1") from None
        try:
            if not self._path:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.sock.bind(self._path or (address, port))
            self.sock.listen()
            self.sock.setblocking(False)
        except (OSError, OverflowError, ValueError) as error:
            self.sock.close()
            why = system_words(error) if isinstance(error, OSError) else str(error)
            raise TemporaryFailure(f"cannot listen on {address}, port {port}: {why}") from None
        self.address = address
        self.port: int = 0 if self._path else self.sock.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()
        if self._path:
            with suppress(OSError):
                os.unlink(self._path)


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET


@dataclass(frozen=True, slots=True)
class Serving:
    """How much is served: `count` connections in all (0: no end) within `seconds` (0: no end), `at_once` side by side.

    Time and number bound what is accepted; how long a connection lasts is the dialogue's matter.
    """

    count: int = 0
    seconds: float = 0.0
    at_once: int = SERVED_AT_ONCE


def serve(
    listener: Listener,
    make: Callable[[str], Dialogue[T]],
    security: Security | None = None,
    serving: Serving = Serving(),
) -> Generator[tuple[str, T], None, None]:
    """Serve until there is no more to serve; (peer, result) as each dialogue ends, however many are still under way.

    `make` makes the dialogue for a peer, which is told as text. Closing the iterator, or an exception in it such as Ctrl-C,
    closes all connections.
    """
    host = _Host(listener, make, security or Security(), serving)
    try:
        while host.turn():
            yield from host.taken()
        yield from host.taken()
    finally:
        host.loop.close()


class _Host(Generic[T]):
    """The connections under way; the door is one of the things that the loop drives."""

    def __init__(self, listener: Listener, make: Callable[[str], Dialogue[T]], security: Security, serving: Serving) -> None:
        self.loop: Loop[int, tuple[str, T] | None] = Loop()
        self._listener = listener.sock
        self._make = make
        self._security = security
        self._at_once = serving.at_once
        self._left = serving.count or inf
        self._until = time.monotonic() + serving.seconds if serving.seconds else inf
        self._number = _DOOR

    def turn(self) -> bool:
        """Let everything go on that can; False where nothing is left to do."""
        if _DOOR not in self.loop and self._wanted() and time.monotonic() < self._until:
            self.loop.go(_DOOR, self._door())
        if self.loop.idle:
            return False
        self.loop.turn(self.loop.patience())
        return True

    def taken(self) -> Iterator[tuple[str, T]]:
        for _, ended in self.loop.taken():
            if ended is not None:
                yield ended

    def _wanted(self) -> bool:
        return self._left > 0 and len(self.loop) < self._at_once

    def _door(self) -> Steps[None]:
        while self._wanted():
            try:
                yield Want(self._listener, selectors.EVENT_READ, self._until)
            except TimeoutError:
                return
            try:
                sock, address = self._listener.accept()
            except (BlockingIOError, ConnectionError):
                continue
            except OSError:
                with suppress(TimeoutError):
                    yield Want(None, 0, time.monotonic() + _BREATH)
                continue
            self._welcome(sock, _peer(address))

    def _welcome(self, sock: socket.socket, peer: str) -> None:
        sock.setblocking(False)
        self._left -= 1
        self._number += 1
        self.loop.go(self._number, self._served(Channel(sock, peer), peer))

    def _served(self, channel: Channel, peer: str) -> Steps[tuple[str, T]]:
        result = yield from perform(self._make(peer), self._security, channel)
        return peer, result


def _peer(address: object) -> str:
    if not isinstance(address, tuple):
        return "unix"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
