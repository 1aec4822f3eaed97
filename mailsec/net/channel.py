"""One connection of mail: octets in and out, in the clear or under TLS.

TLS runs over memory, so that every octet passes through here first: what came in the clear before a handshake is seen, kept
apart, and never reaches the encrypted session. While something is sent, what the peer says is read and kept, up to a bound, so
that two who talk at once do not wait for each other for ever.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mailsec.core.limits.transport import WIRE_INJECTED, WIRE_KEPT
from mailsec.net.steps import Steps, Want, system_words
from mailsec.transport.wire import End

if TYPE_CHECKING:
    import ssl

    from mailsec.net.session import TlsSession

T = TypeVar("T")
_CHUNK = 65_536
_EITHER = selectors.EVENT_READ | selectors.EVENT_WRITE
_HELLO = b"\x16\x03"
"""How the first record of a TLS client begins; no command of a text protocol has it."""
_LAST_WORDS = 16
"""Pieces of what the peer said that are still read from a connection that is over."""


class Ended(Exception):
    """The connection, or what was asked of it, is over. `injected` as in `transport.wire.Failed`."""

    def __init__(self, end: End, reason: str, injected: bytes = b"") -> None:
        super().__init__(reason)
        self.end = end
        self.reason = reason
        self.injected = injected


class Channel:
    """A connected socket, which it owns. Every method that waits raises TimeoutError at `until`, or `Ended`."""

    def __init__(self, sock: socket.socket, address: str = "") -> None:
        self.address = address
        self.tls: TlsSession | None = None
        self._sock = sock
        self._inbox = bytearray()  # what came while something was sent
        self._over: Ended | None = None  # nothing will be read any more
        self._stuck = False  # something was sent in part

    # --- octets

    def sent(self, data: bytes, until: float) -> Steps[None]:
        """Send all of `data`. After a handshake that failed nothing goes out any more, least of all in the clear."""
        if self._over is not None and self._over.end is not End.CLOSED:
            raise self._over
        rest = memoryview(data)
        while rest:
            piece = rest[:_CHUNK]
            if self.tls is None:
                yield from self._pushed(piece, until)
                count = len(piece)
            else:
                count = yield from self._patiently(self.tls, partial(self.tls.write, piece), until)
                yield from self._pushed(self.tls.out(), until)
            rest = rest[count:]

    def received(self, until: float) -> Steps[bytes]:
        """At least one octet."""
        if self._inbox:
            kept, self._inbox = bytes(self._inbox), bytearray()
            return kept
        if self._over is not None:
            raise self._over
        if self.tls is None:
            data = yield from self._pulled(until)
        else:
            data = yield from self._patiently(self.tls, self.tls.read, until)
        if not data:
            raise self._ended(End.CLOSED, "the peer closed the connection")
        return data

    def _pulled(self, until: float, *, at_once: bool = True) -> Steps[bytes]:
        """What the socket has; empty at its end. Not `at_once`: the clock is looked at first, so that nobody outruns it."""
        if not at_once:
            yield Want(self._sock, selectors.EVENT_READ, until)
        while True:
            try:
                return self._sock.recv(_CHUNK)
            except BlockingIOError:
                yield Want(self._sock, selectors.EVENT_READ, until)
            except OSError as error:
                raise self._ended(End.CUT, system_words(error)) from None

    def _pushed(self, data: memoryview | bytes, until: float) -> Steps[None]:
        """All of `data` to the socket, listening meanwhile."""
        rest = memoryview(data)
        if not rest:
            return
        if self._stuck:
            raise Ended(End.TIMEOUT, "what was sent before has not got through")
        while rest:
            try:
                rest = rest[self._sock.send(rest) :]
            except BlockingIOError:
                self._stuck = True  # until it turns out otherwise
                yield Want(self._sock, selectors.EVENT_WRITE if self._over else _EITHER, until)
                self._listen()
            except OSError as error:
                raise self._cut_off(system_words(error)) from None
        self._stuck = False

    def _listen(self) -> bool:
        """Keep what the peer says while it is being sent to; True where something came. Raises Ended where it is too much."""
        if self._over is not None:
            return False
        try:
            raw = self._sock.recv(_CHUNK)
        except BlockingIOError:
            return False
        except OSError as error:
            self._ended(End.CUT, system_words(error))
            return False
        if self.tls is None:
            self._inbox += raw
            if not raw:
                self._ended(End.CLOSED, "the peer closed the connection")
        else:
            self.tls.feed(raw)
            self._decrypt(self.tls)
        if len(self._inbox) > WIRE_KEPT:
            raise self._ended(End.FLOOD, f"more than {WIRE_KEPT} octets came while something was sent")
        return bool(raw)

    def _decrypt(self, tls: TlsSession) -> None:
        """What can be read of what came, into the inbox."""
        try:
            while data := tls.read():
                self._inbox += data
        except OSError as error:
            self._broken(tls, error)
        else:
            if data is not None:
                self._ended(End.CLOSED, "the peer closed the connection")

    def _cut_off(self, reason: str) -> Ended:
        """Nothing can be sent any more. A peer that closes often says why, and that is still there to be read."""
        before = self._over
        with suppress(Ended):
            for _ in range(_LAST_WORDS):
                if not self._listen():
                    break
        self._over = before or Ended(End.CUT, reason)
        return self._over

    def _patiently(self, tls: TlsSession, act: Callable[[], T | None], until: float) -> Steps[T]:
        """What `act` of TLS returns, as soon as it has what it needs."""
        while True:
            try:
                result = act()
            except OSError as error:
                raise self._broken(tls, error) from None
            if result is not None:
                return result
            yield from self._pushed(tls.out(), until)
            tls.feed((yield from self._pulled(until, at_once=False)))

    def _broken(self, tls: TlsSession, error: OSError) -> Ended:
        """TLS is over; the peer is told why, if it still listens."""
        with suppress(OSError):
            self._sock.send(tls.out())
        return self._ended(*tls.ending(error))

    def _ended(self, end: End, reason: str, injected: bytes = b"") -> Ended:
        """Note that nothing more can be read; the first reason is the one that stays."""
        if self._over is None:
            self._over = Ended(end, reason, injected)
        return self._over

    # --- the handshake

    def refuse(self, end: End, reason: str) -> Ended:
        """Let nothing more go through: the handshake that should come now cannot."""
        return self._ended(end, reason)

    def secured(self, context: ssl.SSLContext, name: str | None, until: float, *, server: bool) -> Steps[bytes]:
        """A TLS handshake; what had come in the clear before it and is no part of it."""
        from mailsec.net.session import TlsSession  # noqa: PLC0415 - slow to load, and a dialogue in the clear never needs it

        if self._over is not None:
            raise self._over
        injected, hello = _before_hello(self._waiting()) if server else (self._waiting(), b"")
        tls = TlsSession(context, name, server=server)
        if hello:
            tls.feed(hello)
        try:
            yield from self._shaken(tls, until)
        except Ended as ended:
            ended.injected = injected + ended.injected
            raise
        except TimeoutError:
            raise self._ended(End.TIMEOUT, "no end of the TLS handshake in time", injected) from None
        self.tls = tls
        return injected

    def _waiting(self) -> bytes:
        """Everything that is there unread: what was kept and what the system holds."""
        waiting, self._inbox = self._inbox, bytearray()
        while len(waiting) <= WIRE_INJECTED:
            try:
                raw = self._sock.recv(_CHUNK)
            except BlockingIOError:
                return bytes(waiting)
            except OSError as error:
                raise self._ended(End.CUT, system_words(error), bytes(waiting)) from None
            if not raw:
                raise self._ended(End.CLOSED, "the peer closed the connection", bytes(waiting))
            waiting += raw
        reason = f"more than {WIRE_INJECTED} octets in the clear where a TLS handshake should begin"
        raise self._ended(End.FLOOD, reason, bytes(waiting[:WIRE_INJECTED]))

    def _shaken(self, tls: TlsSession, until: float) -> Steps[None]:
        begun = tls.fed
        while True:
            try:
                over = tls.shake()
            except OSError as error:
                raise self._broken(tls, error) from None
            yield from self._flushed(tls.out(), until)
            if over:
                return
            raw = yield from self._pulled(until, at_once=False)
            if not begun and _is_text(raw):
                reason = "text in the clear came in place of the TLS handshake"
                raise self._ended(End.TLS, reason, raw[:WIRE_INJECTED])
            begun = True
            tls.feed(raw)

    def _flushed(self, data: bytes, until: float) -> Steps[None]:
        """Send what TLS has to say. Nothing is listened to: in a handshake the peer has its turn afterwards."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._sock.send(rest) :]
            except BlockingIOError:
                yield Want(self._sock, selectors.EVENT_WRITE, until)
            except OSError as error:
                raise self._ended(End.CUT, system_words(error)) from None

    # --- the end

    def close(self) -> None:
        """Close it, with the closing alert of TLS where that goes out at once; nothing is waited for."""
        with suppress(OSError):
            if self.tls is not None and (self._over is None or self._over.end is End.CLOSED):
                self._sock.send(self.tls.farewell())
            self._sock.shutdown(socket.SHUT_WR)
            # What lies unread would turn the end into a reset, which can take our last words with it.
            for _ in range(_LAST_WORDS):
                if not self._sock.recv(_CHUNK):
                    break
        self._sock.close()


def _before_hello(waiting: bytes) -> tuple[bytes, bytes]:
    """What stands before the first record of a TLS client, and from there on."""
    at = waiting.find(_HELLO)
    return (waiting, b"") if at < 0 else (waiting[:at], waiting[at:])


def _is_text(raw: bytes) -> bool:
    """True for octets that no TLS record begins with, but a line of text does."""
    return bool(raw) and (raw[0] in b"\t\r\n" or 0x20 <= raw[0] < 0x7F)
