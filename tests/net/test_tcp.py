"""Dialogues over real sockets: what is performed, and how it ends when the peer does not play along."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from mailsec.core.results import Status
from mailsec.net.security import Security
from mailsec.net.tcp import converse
from mailsec.transport.wire import (
    Act,
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
    TlsWish,
)
from tests.https_server import HOST, Authority, authority
from tests.peer import Line, Peer

LOCAL = ("127.0.0.1",)
WISH = TlsWish(HOST)


def script(*acts: Act) -> Dialogue[list[Outcome]]:
    """A dialogue that asks for these acts, one after the other, and keeps what comes of them."""
    outcomes = []
    for act in acts:
        outcomes.append((yield act))
    return outcomes


def run(peer: Callable[[Line], None], *acts: Act, security: Security | None = None) -> list[Outcome]:
    """The outcomes of `acts` behind a connection with the number 0."""
    with Peer(peer) as server:
        return converse(script(Connect(0, LOCAL, server.port, 5), *acts), security)[1:]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


def test_lines_go_back_and_forth() -> None:
    def talk(peer: Line) -> None:
        peer.say(b"220 hello\r\n")
        assert peer.hear() == b"QUIT\r\n"
        peer.say(b"221 bye\r\n")

    first, done, second, end = run(talk, Receive(0, 5), Send(0, b"QUIT\r\n", 5), Receive(0, 5), Receive(0, 5))
    assert isinstance(first, Got)
    assert isinstance(second, Got)
    assert (first.data, second.data) == (b"220 hello\r\n", b"221 bye\r\n")
    assert isinstance(done, Done)
    assert 0 <= first.at <= done.at <= second.at
    assert isinstance(end, Failed)
    assert (end.end, end.reason) == (End.CLOSED, "the peer closed the connection")


def test_tls_begins_where_it_is_asked_for(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        peer.say(b"220 go\r\n")
        peer.hear()
        peer.secure(ca.chain("good"))
        peer.say(b"250 secret\r\n")
        peer.hear()
        peer.sock.unwrap()

    _, _, secured, got, _, end = run(
        talk,
        Receive(0, 5),
        Send(0, b"STARTTLS\r\n", 5),
        StartTls(0, WISH, 5),
        Receive(0, 5),
        Send(0, b"QUIT\r\n", 5),
        Receive(0, 5),
        security=Security(ca.path),
    )
    assert isinstance(secured, Secured)
    state = secured.tls
    assert (state.version, state.name, secured.injected) == ("TLSv1.3", HOST, b"")
    assert state.bits >= 128
    assert ssl.DER_cert_to_PEM_cert(state.chain[0]).strip() in Path(ca.chain("good")).read_text()
    assert (state.pkix.status, state.pkix.reasons) == (Status.PASS, ())
    assert isinstance(got, Got)
    assert got.data == b"250 secret\r\n"
    assert isinstance(end, Failed)
    assert end.end is End.CLOSED
