"""The listening side, against ordinary clients in threads."""

from __future__ import annotations

import errno
import os
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from mailsec.core.errors import TemporaryFailure, UsageError
from mailsec.net.security import Security
from mailsec.net.selfmade import selfmade
from mailsec.net.serve import Listener, Serving, serve
from mailsec.net.tcp import converse
from mailsec.transport.wire import Connect, Dialogue, End, Failed, Got, Receive, Secured, Send, StartTls, TlsWish

TLS = TlsWish(server=True)


def echo(peer: str) -> Dialogue[bytes]:
    """One line, said back; the result is the line."""
    got = yield Receive(0, 5)
    line = got.data if isinstance(got, Got) else b""
    yield Send(0, b"you said " + line, 5)
    return line


def client(port: int, line: bytes = b"hello\n", address: str = "127.0.0.1") -> bytes:
    with socket.create_connection((address, port), 10) as sock:
        sock.sendall(line)
        answer = b""
        while piece := sock.recv(100):
            answer += piece
        return answer


def served(listener: Listener, clients: list[Callable[[], bytes]], serving: Serving) -> tuple[list[bytes], list[bytes]]:
    """What the clients got and what the dialogues made of it."""
    with ThreadPoolExecutor(8) as pool:
        asked: list[Future[bytes]] = [pool.submit(each) for each in clients]
        made = [result for _, result in serve(listener, echo, serving=serving)]
        return [each.result() for each in asked], made


def test_many_at_once_in_one_thread() -> None:
    with Listener() as listener:
        clients = [lambda number=number: client(listener.port, b"%d\n" % number) for number in range(8)]
        got, made = served(listener, clients, Serving(count=8))
    assert got == [b"you said %d\n" % number for number in range(8)]
    assert sorted(made) == [b"%d\n" % number for number in range(8)]


def test_no_more_at_once_than_allowed() -> None:
    with Listener() as listener:
        got, made = served(listener, [lambda: client(listener.port)] * 6, Serving(count=6, at_once=1))
    assert got == [b"you said hello\n"] * 6
    assert len(made) == 6


def test_it_ends_when_its_time_is_over() -> None:
    with Listener() as listener:
        start = time.monotonic()
        assert list(serve(listener, echo, serving=Serving(seconds=0.2))) == []
        assert 0.2 <= time.monotonic() - start < 5


def test_the_peer_is_told() -> None:
    told = []

    def make(peer: str) -> Dialogue[bytes]:
        told.append(peer)
        return echo(peer)

    with Listener("::1") as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(client, listener.port, address="::1")
        ((peer, line),) = serve(listener, make, serving=Serving(count=1))
    assert line == b"hello\n"
    assert told == [peer]
    assert peer.startswith("[::1]:")


def test_a_unix_socket_is_gone_afterwards(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")

    def ask() -> bytes:
        return converse(iter_send(path))

    def iter_send(path: str) -> Dialogue[bytes]:
        yield Connect(0, (path,), 0, 5)
        yield Send(0, b"hi\n", 5)
        got = yield Receive(0, 5)
        return got.data if isinstance(got, Got) else b""

    with Listener(path) as listener, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        ((peer, line),) = serve(listener, echo, serving=Serving(count=1))
        assert asked.result() == b"you said hi\n"
    assert (peer, line, listener.port) == ("unix", b"hi\n", 0)
    assert not os.path.exists(path)


def test_places_where_nobody_can_listen(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no IP address"):
        Listener("mail.example.com")
    with Listener() as taken, pytest.raises(TemporaryFailure, match=f"port {taken.port}: address already in use"):
        Listener(port=taken.port)
    for address, port in (("127.0.0.1", 70_000), (str(tmp_path / "no" / "folder"), 0), ("192.0.2.1", 0)):
        with pytest.raises(TemporaryFailure):
            Listener(address, port)


def smtp(peer: str) -> Dialogue[str]:
    """Enough of a server for a client that wants TLS; the result is the version."""
    lines = (b"220 hi\r\n", b"250-hi\r\n250 STARTTLS\r\n", b"220 go\r\n")
    yield Send(0, lines[0], 5)
    for reply in lines[1:]:
        yield Receive(0, 5)
        yield Send(0, reply, 5)
    secured = yield StartTls(0, TLS, 5)
    assert isinstance(secured, Secured)
    for reply in (b"250 hi\r\n", b"221 bye\r\n"):
        yield Receive(0, 5)
        yield Send(0, reply, 5)
    return secured.tls.version


def test_starttls_with_a_certificate_made_on_the_fly() -> None:
    def talk(port: int, certificate: bytes) -> bytes:
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(certificate))
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as session:
            session.ehlo("x")
            session.starttls(context=context)
            session.ehlo("x")
        return b"done"

    with selfmade(["mail.example.com", "127.0.0.1"]) as made, Listener() as listener, ThreadPoolExecutor(1) as pool:
        assert os.stat(made.path).st_mode & 0o077 == 0
        asked = pool.submit(talk, listener.port, made.der)
        ((_, version),) = serve(listener, smtp, Security(certificate=made.path), Serving(count=1))
        assert asked.result() == b"done"
    assert version == "TLSv1.3"
    assert not os.path.exists(made.path)


def test_a_certificate_without_a_name() -> None:
    with selfmade([]) as made:
        assert made.der


def starttls_only(peer: str) -> Dialogue[tuple[bytes, bytes]]:
    """TLS is begun at once after the answer; what was injected, and what came encrypted."""
    yield Receive(0, 5)
    yield Send(0, b"220 go\r\n", 5)
    secured = yield StartTls(0, TLS, 5)
    assert isinstance(secured, Secured | Failed)
    if isinstance(secured, Failed):
        return secured.injected, secured.reason.encode()
    got = yield Receive(0, 5)
    return secured.injected, got.data if isinstance(got, Got) else b""


@pytest.mark.parametrize(
    ("before", "injected"), [(b"", b""), (b"MAIL FROM:<evil@example.com>\r\n", b"MAIL FROM:<evil@example.com>\r\n")]
)
def test_commands_before_the_handshake_do_not_cross_it(before: bytes, injected: bytes) -> None:
    """They lie in the same segment as the client's first TLS record."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    tls = context.wrap_bio(incoming, outgoing)
    go = threading.Event()

    def attack(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            sock.sendall(b"STARTTLS\r\n")
            sock.recv(100)
            with pytest.raises(ssl.SSLWantReadError):
                tls.do_handshake()
            sock.sendall(before + outgoing.read())
            go.set()
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    incoming.write(sock.recv(65_536))
            tls.write(b"QUIT\r\n")
            sock.sendall(outgoing.read())
            sock.recv(100)

    def waiting(peer: str) -> Dialogue[tuple[bytes, bytes]]:
        inner = starttls_only(peer)
        act = next(inner)
        while True:
            if isinstance(act, StartTls):
                assert go.wait(5)
                time.sleep(0.05)
            try:
                act = inner.send((yield act))
            except StopIteration as done:
                return done.value

    with selfmade(["x"]) as made, Listener() as listener, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(attack, listener.port)
        ((_, result),) = serve(listener, waiting, Security(certificate=made.path), Serving(count=1))
        asked.result()
    assert result == (injected, b"QUIT\r\n")


def test_text_where_a_client_should_begin_tls() -> None:
    def ask(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            sock.sendall(b"STARTTLS\r\n")
            sock.recv(100)
            sock.sendall(b"EHLO in the clear\r\n")

    with selfmade(["x"]) as made, Listener() as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(ask, listener.port)
        ((_, result),) = serve(listener, starttls_only, Security(certificate=made.path), Serving(count=1))
    assert result[0] == b"EHLO in the clear\r\n"


def test_ending_early_closes_what_is_open() -> None:
    with Listener() as listener, ThreadPoolExecutor(1) as pool:
        with socket.create_connection(("127.0.0.1", listener.port), 10) as silent:
            talking = pool.submit(lambda: client(listener.port))
            results = serve(listener, echo)
            assert next(results)[1] == b"hello\n"
            results.close()
            assert silent.recv(100) == b""
        assert talking.result() == b"you said hello\n"


def test_a_bug_in_a_dialogue_is_not_hidden() -> None:
    def broken(peer: str) -> Dialogue[None]:
        yield Receive(0, 5)
        raise RuntimeError("a bug")

    with Listener() as listener, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lambda: client(listener.port))
        with pytest.raises(RuntimeError, match="a bug"):
            list(serve(listener, broken))
        assert asked.result() == b""


def test_a_client_that_has_left_again() -> None:
    def end(peer: str) -> Dialogue[End | None]:
        got = yield Receive(0, 5)
        return got.end if isinstance(got, Failed) else None

    with Listener() as listener:
        socket.create_connection(("127.0.0.1", listener.port)).close()
        assert [ended for _, ended in serve(listener, end, serving=Serving(count=1))] == [End.CLOSED]


class Refusing(socket.socket):
    """A listening socket for which the system has no room at first, and whose first client has left before it is accepted."""

    troubles = (OSError(errno.EMFILE, "Too many open files"), ConnectionAbortedError())

    def accept(self) -> tuple[socket.socket, object]:
        if self.troubles:
            trouble, *rest = self.troubles
            self.troubles = tuple(rest)
            raise trouble
        return super().accept()


def test_no_room_for_another_connection() -> None:
    with Listener() as listener, ThreadPoolExecutor(1) as pool:
        listener.sock = Refusing(fileno=listener.sock.detach())
        asked = pool.submit(lambda: client(listener.port))
        assert [line for _, line in serve(listener, echo, serving=Serving(count=1))] == [b"hello\n"]
        assert asked.result() == b"you said hello\n"
