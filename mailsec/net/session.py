"""TLS over memory: octets of the wire in and out, and no socket. Loaded for a handshake: the library of TLS loads slowly."""

from __future__ import annotations

import ssl
from contextlib import suppress

from mailsec.net.tls import was_cut, words
from mailsec.transport.wire import End

_CHUNK = 65_536


class TlsSession:
    """One TLS connection. What it cannot go on with is an OSError, whose meaning `ending` knows; its methods give None where
    they wait for the peer."""

    def __init__(self, context: ssl.SSLContext, name: str | None, *, server: bool) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.state = context.wrap_bio(self._incoming, self._outgoing, server_side=server, server_hostname=name)

    @property
    def fed(self) -> bool:
        """True where something came that was not taken yet."""
        return bool(self._incoming.pending)

    def feed(self, raw: bytes) -> None:
        """Take what came over the wire; nothing is its end."""
        if raw:
            self._incoming.write(raw)
        else:
            self._incoming.write_eof()

    def out(self) -> bytes:
        """What is to go over the wire."""
        return self._outgoing.read()

    def shake(self) -> bool:
        """Go on with the handshake; True where it is over."""
        try:
            self.state.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self) -> bytes | None:
        """What the peer says; empty at its end."""
        try:
            return self.state.read(_CHUNK)
        except ssl.SSLWantReadError:
            return None

    def write(self, piece: memoryview) -> int | None:
        """Say `piece`; how many octets of it were taken."""
        try:
            return self.state.write(piece)
        except ssl.SSLWantReadError:
            return None

    def farewell(self) -> bytes:
        """The closing alert, with what was not sent before it."""
        with suppress(ssl.SSLWantReadError):
            self.state.unwrap()
        return self.out()

    @staticmethod
    def ending(error: OSError) -> tuple[End, str]:
        """How an error ends the connection, and why in words."""
        assert isinstance(error, ssl.SSLError)  # over memory there is no other
        if isinstance(error, ssl.SSLZeroReturnError):
            return End.CLOSED, "the peer closed the connection"
        return End.CUT if was_cut(error) else End.TLS, words(error)
