"""An HTTPS server in this process, for tests: certificates of a test authority, and every way to misbehave.

    with HttpsServer({"/policy": page(b"version: STSv1")}) as server:
        source = HttpsSource(ca_file=server.authority.path)
        source.start(server.pinned("/policy"))

A page is a function that is given the connection and the request's header section, and sends what it likes. Connections have a
thread each, joined when the server ends.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mailsec.net.browse import PinnedFetch
from tests.peer import Line, Peer

HOST = "mta-sts.example.com"
_NOW = datetime.now(UTC)


@dataclass
class Connection:
    """One connection as a page sees it; `stopping` is set when the server ends."""

    sock: socket.socket
    stopping: threading.Event

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def rest(self, seconds: float) -> bool:
        """Wait; True where the server ends meanwhile."""
        return self.stopping.wait(seconds)


Page: TypeAlias = Callable[[Connection, bytes], None]


class Authority:
    """A certificate authority for one test run, its files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("Test Authority")
        self.certificate = self._sign(self.name, self.key, "", authority=True)
        self.path = str(folder / "ca.pem")
        Path(self.path).write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def chain(self, kind: str) -> str:
        """The path of a PEM file with key and certificates: good, expired, early, wrong-name, self-signed or unknown."""
        path = self.folder / f"{kind}.pem"
        if not path.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = self._leaf(kind, key)
            chain = [certificate] if kind in ("self-signed", "unknown") else [certificate, self.certificate]
            private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            path.write_bytes(private + b"".join(each.public_bytes(Encoding.PEM) for each in chain))
        return str(path)

    def _leaf(self, kind: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        if kind == "self-signed":
            return self._sign(_name(HOST), key, HOST, issuer=(_name(HOST), key))
        if kind == "unknown":
            return self._sign(_name(HOST), key, HOST, issuer=(_name("Another"), ec.generate_private_key(ec.SECP256R1())))
        start = {"expired": -20, "early": 5}.get(kind, -1)
        return self._sign(_name(HOST), key, "other.example.org" if kind == "wrong-name" else HOST, start=start)

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        host: str,
        *,
        authority: bool = False,
        start: int = -1,
        issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None,
    ) -> x509.Certificate:
        name, signer = issuer or (self.name, self.key)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(_NOW + timedelta(days=start))
        builder = builder.not_valid_after(_NOW + timedelta(days=start + 10))
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(signer, hashes.SHA256())


@cache
def authority(folder: Path) -> Authority:
    """The authority of `folder`, made once."""
    return Authority(folder)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class HttpsServer:
    """The server, on 127.0.0.1; a context manager. `requests` lists the header sections it got, `names` the names asked for.

    `certificate` is a kind of `Authority.chain`; `raw` replaces TLS as a whole: it is called with each connection.
    `plain` is HTTP without TLS. `delay` seconds pass before each handshake.
    """

    authority: Authority
    pages: Mapping[str, Page] = field(default_factory=dict)
    certificate: str = "good"
    raw: Page | None = None
    delay: float = 0.0
    plain: bool = False
    address: str = "127.0.0.1"
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __enter__(self) -> HttpsServer:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.authority.chain(self.certificate))
        self._context.sni_callback = lambda sock, name, context: self.names.append(name)
        self._peer = Peer(self._talk, address=(self.address, 0), errors=self.errors)
        self._peer.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._peer.__exit__()

    @property
    def port(self) -> int:
        return self._peer.port

    @property
    def stopping(self) -> threading.Event:
        """Set when the server ends."""
        return self._peer.stopping

    def url(self, path: str = "/", host: str = HOST) -> str:
        return f"http{'' if self.plain else 's'}://{host}:{self.port}{path}"

    def pinned(self, path: str = "/", max_bytes: int = 65_536, **more: object) -> PinnedFetch:
        """A request for `path` that goes here."""
        values = {"addresses": (self.address,), **more}
        return PinnedFetch(self.url(path), max_bytes, **values)

    def _talk(self, line: Line) -> None:
        if self.raw is not None:
            self.raw(Connection(line.sock, line.stopping), b"")
        elif not (self.delay and line.stopping.wait(self.delay)):
            self._converse(line)

    def _converse(self, line: Line) -> None:
        if self.plain:
            self._answer(line.sock, line.stopping)
            return
        with self._context.wrap_socket(line.sock, server_side=True) as secure:
            if self._answer(secure, line.stopping):
                secure.unwrap()

    def _answer(self, sock: socket.socket, stopping: threading.Event) -> bool:
        head = _head(sock)
        if head:
            self.requests.append(head)
            path = head.split(b" ")[1].decode()
            self.pages.get(path, missing)(Connection(sock, stopping), head)
        return bool(head)


def _head(sock: socket.socket) -> bytes:
    """A request: its header section, and the body that its Content-Length announces."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(4096)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
    pieces = [body]
    while length > sum(map(len, pieces)):
        pieces.append(sock.recv(65_536))
    return head + b"\r\n\r\n" + b"".join(pieces)


# --- pages


def reply(body: bytes = b"", *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole reply with a Content-Length."""
    lines = [b"HTTP/1.1 " + status, *fields, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def page(body: bytes = b"", *fields: bytes, status: bytes = b"200 OK") -> Page:
    """A page as it should be."""
    return raw(reply(body, *fields, status=status))


def raw(data: bytes) -> Page:
    """These octets."""
    return lambda connection, head: connection.send(data)


def redirect(location: str, status: bytes = b"302 Found") -> Page:
    return page(b"gone", b"Location: " + location.encode(), status=status)


def dripping(data: bytes, pause: float) -> Page:
    """One octet after the other."""

    def send(connection: Connection, head: bytes) -> None:
        for at in range(len(data)):
            connection.send(data[at : at + 1])
            if connection.rest(pause):
                return

    return send


def silent(connection: Connection, head: bytes) -> None:
    """Nothing, until the server ends."""
    connection.rest(5)


def endless(start: bytes, piece: bytes = b"x" * 65_536) -> Page:
    """`start`, then `piece` for ever."""

    def send(connection: Connection, head: bytes) -> None:
        connection.send(start)
        while not connection.rest(0):
            connection.send(piece)

    return send


def cut(data: bytes) -> Page:
    """These octets, and the connection is gone without a word."""

    def send(connection: Connection, head: bytes) -> None:
        connection.send(data)
        connection.sock.shutdown(socket.SHUT_RDWR)

    return send


def chunked(pieces: Iterator[bytes] | list[bytes], trailer: bytes = b"") -> bytes:
    """A whole chunked reply."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailer + b"\r\n"


missing = page(b"not here", status=b"404 Not Found")
