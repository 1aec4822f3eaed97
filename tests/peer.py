"""A peer of mail protocols in this process, for tests of what moves octets: a function that is given each connection.

    with Peer(lambda peer: peer.say(b"220 hi\\r\\n")) as server:
        converse(dialogue(server.port))

It runs in threads that are joined when the server ends.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Line:
    """One connection as the peer has it."""

    sock: socket.socket
    stopping: threading.Event

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def hear(self, end: bytes = b"\n") -> bytes:
        """What comes up to and with `end`, or the end of the connection."""
        data = b""
        while not data.endswith(end) and (piece := self.sock.recv(65_536)):
            data += piece
        return data

    def secure(self, certificate: str, **settings: object) -> None:
        """The server's side of a TLS handshake."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        for name, value in settings.items():
            if name == "ciphers":
                context.set_ciphers(str(value))
            else:
                setattr(context, name, value)
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def rest(self, seconds: float = 5) -> None:
        """Say nothing until the test is over."""
        self.stopping.wait(seconds)


@dataclass
class Peer:
    """A server on a free port of 127.0.0.1; a context manager. `errors` are what went wrong in its threads."""

    talk: Callable[[Line], None]
    family: int = socket.AF_INET
    address: object = ("127.0.0.1", 0)
    errors: list[str] = field(default_factory=list)

    def __enter__(self) -> Peer:
        self._listener = socket.socket(self.family, socket.SOCK_STREAM)
        self._listener.bind(self.address)
        self._listener.listen()
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        with socket.socket(self.family, socket.SOCK_STREAM) as wake:
            wake.connect(self._listener.getsockname())
        for thread in self._threads:
            thread.join()
        self._listener.close()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self.stopping.is_set():
                sock.close()
                return
            thread = threading.Thread(target=self._serve, args=(sock,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(10)
        line = Line(sock, self.stopping)
        try:
            self.talk(line)
        except (OSError, ValueError) as error:
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            line.sock.close()
