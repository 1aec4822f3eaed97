"""TLS over memory, between two that know no socket."""

from __future__ import annotations

import ssl

import pytest

from mailsec.net.security import Security
from mailsec.net.session import TlsSession
from mailsec.transport.wire import End, TlsWish
from tests.https_server import HOST, Authority, authority


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def pair(ca: Authority) -> tuple[TlsSession, TlsSession]:
    """A client and a server behind their handshake."""
    server = Security(certificate=ca.chain("good"))
    client = TlsSession(Security().context(TlsWish(HOST)), HOST, server=False)
    other = TlsSession(server.context(TlsWish(server=True)), None, server=True)
    done = [False, False]
    while not all(done):
        for at, (one, peer) in enumerate(((client, other), (other, client))):
            done[at] = done[at] or one.shake()
            if said := one.out():
                peer.feed(said)
    return client, other


def test_what_one_says_the_other_reads(pair: tuple[TlsSession, TlsSession]) -> None:
    client, server = pair
    assert server.read() is None
    assert client.write(memoryview(b"QUIT\r\n")) == 6
    said = client.out()
    assert b"QUIT" not in said
    server.feed(said)
    assert server.fed
    assert server.read() == b"QUIT\r\n"
    assert not server.fed


def ending(session: TlsSession) -> tuple[End, str]:
    try:
        while session.read():
            pass
    except ssl.SSLError as error:
        return session.ending(error)
    return End.CLOSED, "the peer closed the connection"


def test_a_farewell_is_an_orderly_end(pair: tuple[TlsSession, TlsSession]) -> None:
    client, server = pair
    server.feed(client.farewell())
    assert ending(server) == (End.CLOSED, "the peer closed the connection")


def test_an_end_without_a_farewell_is_a_cut(pair: tuple[TlsSession, TlsSession]) -> None:
    _, server = pair
    server.feed(b"")
    assert ending(server) == (End.CUT, "the connection was cut")


def test_what_is_no_record_breaks_it(pair: tuple[TlsSession, TlsSession]) -> None:
    _, server = pair
    server.feed(b"QUIT\r\n")
    assert ending(server)[0] is End.TLS
