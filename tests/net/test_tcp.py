"""Dialogues over real sockets: what is performed, and how it ends when the peer does not play along."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailsec.core.limits.transport import WIRE_ADDRESSES, WIRE_CONNECTIONS, WIRE_INJECTED, WIRE_KEPT
from mailsec.core.results import Status
from mailsec.net.channel import Channel, Ended
from mailsec.net.security import Security
from mailsec.net.steps import Loop
from mailsec.net.tcp import converse
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
        peer.hear()
        peer.say(b"220 go\r\n")
        peer.secure(ca.chain("good"))
        peer.say(b"250 secret\r\n")
        peer.hear()
        peer.sock.unwrap()

    _, _, secured, got, _, end = run(
        talk,
        Send(0, b"STARTTLS\r\n", 5),
        Receive(0, 5),
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


# --- connections


def connect(*addresses: str, port: int = 1, until: float = 5, tls: TlsWish | None = None) -> Outcome:
    return converse(script(Connect(0, addresses, port, until, tls)))[0]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_a_connection_that_is_refused_is_no_timeout() -> None:
    failed = connect("127.0.0.1", "::1", port=free_port())
    assert isinstance(failed, Failed)
    assert failed.end is End.REFUSED
    assert failed.reason.startswith("127.0.0.1: connection refused; ::1: ")


@pytest.mark.parametrize(
    ("address", "port", "reason"),
    [
        ("mail.example.com", 25, "mail.example.com: 'mail.example.com' does not appear to be an IPv4 or IPv6 address"),
        ("127.0.0.1", 0, "127.0.0.1: 0 is no port"),
        ("127.0.0.1", 70_000, "127.0.0.1: 70000 is no port"),
        ("/no/such/socket", 25, "/no/such/socket: no such file or directory"),
        ("/" + "x" * 200, 25, "/" + "x" * 78 + "…: af_unix path too long"),
        ("127.0.0.1\0", 25, "127.0.0.1\0: '127.0.0.1\\x00' does not appear to be an IPv4 or IPv6 address"),
    ],
)
def test_what_is_nowhere(address: str, port: int, reason: str) -> None:
    failed = connect(address, port=port)
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.UNREACHABLE, reason)


def test_no_address_at_all() -> None:
    failed = connect()
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.UNREACHABLE, "no address to connect to")


def test_the_first_address_that_takes_it() -> None:
    with Peer(lambda peer: peer.say(b"hi")) as server:
        done, got = converse(script(Connect(0, ("127.0.0.2", "127.0.0.1"), server.port, 5), Receive(0, 5)))
    assert isinstance(done, Done)
    assert done.address == "127.0.0.1"
    assert isinstance(got, Got)


def test_many_addresses_are_not_all_tried() -> None:
    failed = connect(*["nowhere"] * (WIRE_ADDRESSES + 3))
    assert isinstance(failed, Failed)
    assert failed.reason.count("nowhere:") == WIRE_ADDRESSES
    assert failed.reason.endswith("; 3 more addresses are not tried")


def full(sock: socket.socket) -> list[socket.socket]:
    """Connections that fill the queue of a listener, so that the next one waits."""
    waiting = []
    for _ in range(4):
        each = socket.socket()
        each.setblocking(False)
        each.connect_ex(sock.getsockname())
        waiting.append(each)
    return waiting


def test_each_address_has_its_share_of_the_time() -> None:
    with socket.socket() as silent, Peer(lambda peer: peer.say(b"hi")) as server:
        silent.bind(("127.0.0.2", server.port))
        silent.listen(0)
        waiting = full(silent)
        addresses = ("127.0.0.2", "127.0.0.1")
        done = converse(script(Connect(0, addresses, server.port, 1)))[0]
        late = converse(script(Connect(0, addresses[:1], server.port, 0.1)))[0]
        for each in waiting:
            each.close()
    assert isinstance(done, Done)
    assert done.address == "127.0.0.1"
    assert 0.4 <= done.at < 1
    assert isinstance(late, Failed)
    assert (late.end, late.reason) == (End.TIMEOUT, "127.0.0.2: timed out")


def test_ipv6_and_unix_sockets(tmp_path: Path) -> None:
    with Peer(lambda peer: peer.say(b"six"), socket.AF_INET6, ("::1", 0)) as server:
        assert isinstance(converse(script(Connect(0, ("::1",), server.port, 5), Receive(0, 5)))[1], Got)
    path = str(tmp_path / "socket")
    with Peer(lambda peer: peer.say(b"unix"), socket.AF_UNIX, path):
        done, got = converse(script(Connect(0, (path,), 0, 5), Receive(0, 5)))
    assert isinstance(done, Done)
    assert done.address == path
    assert isinstance(got, Got)


def test_several_connections_at_once() -> None:
    with Peer(lambda peer: peer.say(b"you are " + peer.hear())) as server:
        outcomes = converse(
            script(
                Connect(1, LOCAL, server.port, 5),
                Connect(2, LOCAL, server.port, 5),
                Send(1, b"one\n", 5),
                Send(2, b"two\n", 5),
                Receive(2, 5),
                Receive(1, 5),
                Close(1),
                Receive(1, 5),
                Close(1),
            )
        )
    assert [each.data for each in outcomes if isinstance(each, Got)] == [b"you are two\n", b"you are one\n"]
    assert isinstance(outcomes[-2], Failed)
    assert (outcomes[-2].end, outcomes[-2].reason) == (End.CLOSED, "there is no such connection")
    assert isinstance(outcomes[-1], Done)


def test_a_number_that_is_used_again_closes_the_first() -> None:
    ended = threading.Event()

    def talk(peer: Line) -> None:
        if not peer.hear():
            ended.set()

    with Peer(talk) as server:

        def dialogue() -> Dialogue[bool]:
            yield Connect(0, LOCAL, server.port, 5)
            yield Connect(0, LOCAL, server.port, 5)
            return ended.wait(5)

        assert converse(dialogue())


def test_connections_are_bounded() -> None:
    with Peer(lambda peer: peer.rest()) as server:
        acts = [Connect(number, LOCAL, server.port, 5) for number in range(WIRE_CONNECTIONS + 1)]
        *_, last = converse(script(*acts))
    assert isinstance(last, Failed)
    assert (last.end, last.reason) == (End.REFUSED, f"more than {WIRE_CONNECTIONS} connections at once")


# --- peers that do not play along


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_a_reset_is_no_orderly_end() -> None:
    def talk(peer: Line) -> None:
        peer.hear()
        reset(peer.sock)

    _, failed = run(talk, Send(0, b"EHLO x\r\n", 5), Receive(0, 5))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.CUT, "connection reset by peer")


def test_silence_is_a_timeout_and_the_dialogue_goes_on() -> None:
    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"late")

    failed, _, got = run(talk, Receive(0, 0.1), Send(0, b"now\n", 5), Receive(0, 5))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.TIMEOUT, "no answer in time")
    assert 0.05 < failed.at < 4
    assert isinstance(got, Got)


def test_a_deadline_that_has_passed() -> None:
    def talk(peer: Line) -> None:
        peer.rest()

    assert [each.end for each in run(talk, Receive(0, -1)) if isinstance(each, Failed)] == [End.TIMEOUT]


def test_both_may_talk_at_once() -> None:
    """A pipelining client and a server that answers each command: more than all buffers hold, in both directions."""
    size = 700_000

    def talk(peer: Line) -> None:
        heard = 0
        while heard < 12 * size:
            heard += len(peer.sock.recv(65_536))
            peer.say(b"x" * 4_000)

    def dialogue(port: int) -> Dialogue[int]:
        yield Connect(0, LOCAL, port, 5)
        total = 0
        for _ in range(12):
            assert isinstance((yield Send(0, b"y" * size, 20)), Done)
            got = yield Receive(0, 20)
            assert isinstance(got, Got)
            total += len(got.data)
        return total

    with Peer(talk) as server:
        assert converse(dialogue(server.port)) > 0


def flood(peer: Line) -> None:
    while not peer.stopping.is_set():
        peer.say(b"x" * 65_536)


def test_a_flood_while_sending_ends_the_connection() -> None:
    failed, rest, after = run(flood, Send(0, b"y" * 50_000_000, 20), Receive(0, 5), Receive(0, 5))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.FLOOD, f"more than {WIRE_KEPT} octets came while something was sent")
    assert isinstance(rest, Got)
    assert WIRE_KEPT < len(rest.data) <= WIRE_KEPT + 65_536
    assert isinstance(after, Failed)
    assert after.end is End.FLOOD


def test_a_flood_is_taken_in_pieces_that_are_asked_for() -> None:
    first, second = run(flood, Receive(0, 5), Receive(0, 5))
    assert isinstance(first, Got)
    assert isinstance(second, Got)
    assert 0 < len(first.data) <= 65_536


def test_last_words_are_heard() -> None:
    def talk(peer: Line) -> None:
        peer.say(b"421 too much\r\n")
        peer.sock.recv(10)
        reset(peer.sock)

    failed, got, after = run(talk, Send(0, b"y" * 50_000_000, 20), Receive(0, 5), Receive(0, 5))
    assert isinstance(failed, Failed)
    assert failed.end is End.CUT
    assert isinstance(got, Got)
    assert got.data == b"421 too much\r\n"
    assert isinstance(after, Failed)
    assert after.end is End.CUT


def test_a_peer_that_only_listens_no_more_can_still_be_sent_to() -> None:
    def talk(peer: Line) -> None:
        peer.say(b"that is all")
        peer.sock.shutdown(socket.SHUT_WR)
        heard = 0
        while heard < 8_000_000:
            heard += len(peer.sock.recv(65_536))

    done, got, failed = run(talk, Send(0, b"y" * 8_000_000, 20), Receive(0, 5), Receive(0, 5))
    assert isinstance(done, Done)
    assert isinstance(got, Got)
    assert isinstance(failed, Failed)
    assert failed.end is End.CLOSED


def test_a_peer_that_takes_nothing() -> None:
    failed, again = run(lambda peer: peer.rest(), Send(0, b"y" * 50_000_000, 0.3), Send(0, b"QUIT\r\n", 5))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.TIMEOUT, "not done in time")
    assert isinstance(again, Failed)
    assert (again.end, again.reason) == (End.TIMEOUT, "what was sent before has not got through")


def test_a_pause_lets_time_pass() -> None:
    (done,) = converse(script(Pause(0.1)))
    assert isinstance(done, Done)
    assert 0.1 <= done.at < 3


def test_a_dialogue_that_fails_leaves_nothing_open() -> None:
    ended = threading.Event()

    def talk(peer: Line) -> None:
        peer.hear()
        ended.set()

    def dialogue(port: int) -> Dialogue[None]:
        yield Connect(0, LOCAL, port, 5)
        raise RuntimeError("a bug")

    with Peer(talk) as server:
        with pytest.raises(RuntimeError, match="a bug"):
            converse(dialogue(server.port))
        assert ended.wait(5)


# --- TLS


@dataclass(frozen=True)
class Handshake:
    """What the server does after it was told STARTTLS."""

    certificate: str = "good"
    before: bytes = b""
    settings: tuple[tuple[str, Any], ...] = ()

    def __call__(self, ca: Authority) -> Callable[[Line], None]:
        def talk(peer: Line) -> None:
            peer.hear()
            peer.say(b"220 go\r\n" + self.before)
            peer.secure(ca.chain(self.certificate), **dict(self.settings))
            peer.say(b"250 ok\r\n")
            peer.hear()

        return talk


def starttls(ca: Authority, peer: Callable[[Line], None], wish: TlsWish = WISH, *more: Act) -> list[Outcome]:
    """The outcomes from the handshake on, after the server's 220 was read to its line end."""

    def dialogue(port: int) -> Dialogue[list[Outcome]]:
        yield Connect(0, LOCAL, port, 5)
        yield Send(0, b"STARTTLS\r\n", 5)
        got = yield Receive(0, 5)
        assert isinstance(got, Got)
        return (yield from script(StartTls(0, wish, 5), *more))

    with Peer(peer) as server:
        return converse(dialogue(server.port), Security(ca.path))


@pytest.mark.parametrize(
    ("certificate", "reasons"),
    [
        ("good", ()),
        ("expired", ("the certificate has expired",)),
        ("early", ("the certificate is not valid yet",)),
        ("wrong-name", ("the certificate is for another name: other.example.org",)),
        ("self-signed", ("the certificate is self-signed",)),
        ("unknown", ("the certificate's issuer is not known: CN=Another",)),
    ],
)
def test_no_certificate_makes_a_handshake_fail(ca: Authority, certificate: str, reasons: tuple[str, ...]) -> None:
    (secured,) = starttls(ca, Handshake(certificate)(ca))
    assert isinstance(secured, Secured)
    assert secured.tls.pkix.reasons == reasons
    assert secured.tls.pkix.status is (Status.FAIL if reasons else Status.PASS)
    assert secured.tls.chain


def test_nobody_is_trusted_without_roots(ca: Authority) -> None:
    (secured,) = starttls(ca, Handshake()(ca), TlsWish())
    assert isinstance(secured, Secured)
    assert secured.tls.pkix.status is Status.NEUTRAL
    with Peer(lambda peer: peer.secure(ca.chain("good"))) as server:
        (secured,) = converse(script(Connect(0, LOCAL, server.port, 5, WISH)))
    assert isinstance(secured, Secured)
    assert secured.address == "127.0.0.1"
    assert secured.tls.pkix.reasons == ("the certificate's chain ends in a root that is not trusted",)


@pytest.mark.parametrize(
    ("name", "asked"),
    [(HOST, HOST), ("MTA-STS.Example.COM.", HOST), ("127.0.0.1", None), ("", None), ("a..b", None), ("::1", None)],
)
def test_the_name_that_is_asked_for(ca: Authority, name: str, asked: str | None) -> None:
    seen: list[str | None] = []

    def talk(peer: Line) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(ca.chain("good"))
        context.sni_callback = lambda sock, name, context: seen.append(name)
        peer.sock = context.wrap_socket(peer.sock, server_side=True)

    with Peer(talk) as server:
        (secured,) = converse(script(Connect(0, LOCAL, server.port, 5, TlsWish(name))), Security(ca.path))
    assert isinstance(secured, Secured)
    assert seen == [asked]


def test_a_name_of_other_scripts_is_asked_for_in_ascii(ca: Authority) -> None:
    assert Security.indication(TlsWish("mx.bücher.example")) == "mx.xn--bcher-kva.example"


OLD = (("minimum_version", ssl.TLSVersion.MINIMUM_SUPPORTED), ("maximum_version", ssl.TLSVersion.TLSv1_1))
OLD_CIPHERS = ("ciphers", "ALL:@SECLEVEL=0")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_are_spoken_where_they_are_wished(ca: Authority) -> None:
    server = Handshake(settings=(*OLD, OLD_CIPHERS))
    (secured,) = starttls(ca, server(ca), TlsWish(HOST, ("TLSv1", "")))
    assert isinstance(secured, Secured)
    assert secured.tls.version == "TLSv1.1"
    (failed,) = starttls(ca, server(ca), TlsWish(HOST, ("TLSv1.2", "")))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.TLS, "TLS failed: the other side has none of the versions offered")
    (secured,) = starttls(ca, Handshake()(ca), TlsWish(HOST, ("TLSv1", "")))
    assert isinstance(secured, Secured)
    assert secured.tls.version == "TLSv1.3"


def test_the_highest_version_and_the_ciphers_that_are_wished(ca: Authority) -> None:
    wish = TlsWish(HOST, ("", "TLSv1.2"), "ECDHE-ECDSA-AES128-GCM-SHA256")
    (secured,) = starttls(ca, Handshake()(ca), wish)
    assert isinstance(secured, Secured)
    state = secured.tls
    assert (state.version, state.cipher, state.bits) == ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", 128)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (TlsWish(HOST, ("SSLv3", "")), "SSLv3 is no version of TLS that can be had here"),
        (TlsWish(HOST, ciphers="NONSENSE"), "no such cipher suites"),
        (TlsWish(HOST, server=True), "there is no certificate to show"),
    ],
)
def test_wishes_that_cannot_be_met_send_nothing_in_the_clear(ca: Authority, wish: TlsWish, reason: str) -> None:
    heard = []

    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"220 go\r\n")
        heard.append(peer.hear())

    failed, sent = starttls(ca, talk, wish, Send(0, b"MAIL FROM:<secret@example.com>\r\n", 5))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.TLS, f"TLS cannot be had as it is wanted: {reason}")
    assert isinstance(sent, Failed)
    assert sent.end is End.TLS
    assert heard == [b""]


def test_tls_is_not_begun_twice(ca: Authority) -> None:
    _, failed, got = starttls(ca, Handshake()(ca), WISH, StartTls(0, WISH, 5), Receive(0, 5))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.TLS, "TLS is on already")
    assert isinstance(got, Got)


def test_what_comes_in_the_clear_before_the_handshake_is_no_part_of_tls(ca: Authority) -> None:
    """What the client has read already is its own; what lies in the system's buffer is reported and dropped."""
    said = threading.Event()

    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"220 go\r\n")
        peer.hear()
        peer.say(b"250 injected\r\n")
        said.set()
        peer.secure(ca.chain("good"))
        peer.say(b"250 true\r\n")

    def dialogue(port: int) -> Dialogue[list[Outcome]]:
        yield Connect(0, LOCAL, port, 5)
        yield Send(0, b"STARTTLS\r\n", 5)
        yield Receive(0, 5)
        yield Send(0, b"\n", 5)
        assert said.wait(5)
        yield Pause(0.1)
        return (yield from script(StartTls(0, WISH, 5), Receive(0, 5)))

    with Peer(talk) as server:
        secured, got = converse(dialogue(server.port), Security(ca.path))
    assert isinstance(secured, Secured)
    assert secured.injected == b"250 injected\r\n"
    assert isinstance(got, Got)
    assert got.data == b"250 true\r\n"


def test_text_in_place_of_the_handshake(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"220 go\r\n")
        peer.sock.recv(3)
        peer.say(b"this is not TLS\r\n")
        peer.hear()

    failed, after = starttls(ca, talk, WISH, Receive(0, 5))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.injected) == (End.TLS, b"this is not TLS\r\n")
    assert failed.reason == "text in the clear came in place of the TLS handshake"
    assert isinstance(after, Failed)
    assert after.end is End.TLS


def test_a_flood_in_place_of_the_handshake(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"220 go\r\n")
        peer.hear()
        flood(peer)

    def dialogue(port: int) -> Dialogue[Outcome]:
        yield Connect(0, LOCAL, port, 5)
        yield Send(0, b"STARTTLS\r\n", 5)
        yield Receive(0, 5)
        yield Send(0, b"\n", 5)
        yield Pause(0.3)
        return (yield StartTls(0, WISH, 5))

    with Peer(talk) as server:
        failed = converse(dialogue(server.port))
    assert isinstance(failed, Failed)
    assert failed.end is End.FLOOD
    assert len(failed.injected) == WIRE_INJECTED


@pytest.mark.parametrize(
    ("said", "end", "reason"),
    [
        (b"\x16\x03\x03\x00\x04junk", End.TLS, "TLS failed: "),
        (b"\x15\x03\x03\x00\x02\x02\x28", End.TLS, "TLS failed: the other side has nothing in common with what was offered"),
        (b"\xff" * 100, End.TLS, "TLS failed: the other side does not speak TLS here"),
        (b"\x16\x03\x03\x00", End.CUT, "the connection was cut"),
        (b"", End.CUT, "the connection was cut"),
    ],
)
def test_a_broken_handshake(ca: Authority, said: bytes, end: End, reason: str) -> None:
    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"220 go\r\n")
        peer.sock.recv(65_536)
        peer.say(said)

    (failed,) = starttls(ca, talk)
    assert isinstance(failed, Failed)
    assert failed.end is end
    assert failed.reason.startswith(reason)


def test_a_handshake_without_end(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"220 go\r\n")
        peer.rest()

    def dialogue(port: int) -> Dialogue[Outcome]:
        yield Connect(0, LOCAL, port, 5)
        yield Send(0, b"STARTTLS\r\n", 5)
        yield Receive(0, 5)
        return (yield StartTls(0, WISH, 0.3))

    with Peer(talk) as server:
        failed = converse(dialogue(server.port))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.TIMEOUT, "no end of the TLS handshake in time")


def test_tls_that_is_cut_is_not_closed(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        Handshake()(ca)(peer)
        socket.socket.shutdown(peer.sock, socket.SHUT_WR)

    _, _, _, failed = starttls(ca, talk, WISH, Receive(0, 5), Send(0, b"QUIT\r\n", 5), Receive(0, 5))
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (End.CUT, "the connection was cut")


def test_garbage_within_tls(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        Handshake()(ca)(peer)
        socket.socket.send(peer.sock, b"250 in the clear\r\n")
        peer.rest()

    _, _, _, failed = starttls(ca, talk, WISH, Receive(0, 5), Send(0, b"QUIT\r\n", 5), Receive(0, 5))
    assert isinstance(failed, Failed)
    assert failed.end is End.TLS


@pytest.mark.parametrize("highest", ["TLSv1.2", "TLSv1.3"])
def test_both_may_talk_at_once_under_tls(ca: Authority, highest: str) -> None:
    size = 400_000

    def talk(peer: Line) -> None:
        peer.secure(ca.chain("good"))
        heard = 0
        while heard < 10 * size:
            heard += len(peer.sock.recv(65_536))
            peer.say(b"x" * 2_000)

    def dialogue(port: int) -> Dialogue[int]:
        yield Connect(0, LOCAL, port, 5, TlsWish(HOST, ("", highest)))
        total = 0
        for _ in range(10):
            assert isinstance((yield Send(0, b"y" * size, 20)), Done)
            got = yield Receive(0, 20)
            assert isinstance(got, Got)
            total += len(got.data)
        return total

    with Peer(talk) as server:
        assert converse(dialogue(server.port), Security(ca.path)) > 0


def test_a_flood_under_tls(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        peer.secure(ca.chain("good"))
        flood(peer)

    with Peer(talk) as server:
        _, failed, rest = converse(
            script(Connect(0, LOCAL, server.port, 5, WISH), Send(0, b"y" * 50_000_000, 20), Receive(0, 5)), Security(ca.path)
        )
    assert isinstance(failed, Failed)
    assert failed.end is End.FLOOD
    assert isinstance(rest, Got)


def swallow(peer: Line) -> None:
    """Take octets off the wire, whatever TLS makes of them, until the client has gone."""
    while socket.socket.recv(peer.sock, 65_536):
        pass


def cut(peer: Line) -> None:
    socket.socket.shutdown(peer.sock, socket.SHUT_WR)


def closing_alert(peer: Line) -> None:
    peer.sock.settimeout(0)
    with suppress(OSError):
        peer.sock.unwrap()
    peer.sock.settimeout(10)


def garbage(peer: Line) -> None:
    socket.socket.send(peer.sock, b"250 in the clear\r\n")


@pytest.mark.parametrize(
    ("deed", "end", "reason"),
    [
        (cut, End.CUT, "the connection was cut"),
        (closing_alert, End.CLOSED, "the peer closed the connection"),
        (garbage, End.TLS, "TLS failed: the other side does not speak TLS here"),
    ],
)
def test_the_end_of_tls_while_something_is_sent(ca: Authority, deed: Callable[[Line], None], end: End, reason: str) -> None:
    """What was said before is still heard, and then how it ended."""

    def talk(peer: Line) -> None:
        peer.secure(ca.chain("good"))
        peer.say(b"421 no more\r\n")
        deed(peer)
        swallow(peer)

    with Peer(talk) as server:
        _, _, got, failed = converse(
            script(Connect(0, LOCAL, server.port, 5, WISH), Send(0, b"y" * 8_000_000, 20), Receive(0, 5), Receive(0, 5)),
            Security(ca.path),
        )
    assert isinstance(got, Got)
    assert got.data == b"421 no more\r\n"
    assert isinstance(failed, Failed)
    assert (failed.end, failed.reason) == (end, reason)


def test_nothing_is_sent_over_tls_that_is_broken(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        peer.secure(ca.chain("good"))
        garbage(peer)
        peer.rest()

    with Peer(talk) as server:
        acts = Connect(0, LOCAL, server.port, 5, WISH), Receive(0, 5), Send(0, b"secret", 5), StartTls(0, WISH, 5)
        *_, received, sent, again = converse(script(*acts), Security(ca.path))
    assert [each.end for each in (received, sent, again) if isinstance(each, Failed)] == [End.TLS] * 3


def test_a_peer_that_has_gone_before_the_handshake(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"220 go\r\n")

    def dialogue(port: int) -> Dialogue[list[Outcome]]:
        yield Connect(0, LOCAL, port, 5)
        yield Send(0, b"STARTTLS\r\n", 5)
        yield Receive(0, 5)
        yield Pause(0.2)
        return (yield from script(StartTls(0, WISH, 5), StartTls(0, WISH, 5)))

    with Peer(talk) as server:
        outcomes = converse(dialogue(server.port))
    assert [each.end for each in outcomes if isinstance(each, Failed)] == [End.CLOSED] * 2


def test_a_reset_before_the_handshake(ca: Authority) -> None:
    def talk(peer: Line) -> None:
        peer.hear()
        peer.say(b"220 go\r\n")
        peer.hear()
        reset(peer.sock)

    def dialogue(port: int) -> Dialogue[Outcome]:
        yield Connect(0, LOCAL, port, 5)
        yield Send(0, b"STARTTLS\r\n", 5)
        yield Receive(0, 5)
        yield Send(0, b"\n", 5)
        yield Pause(0.2)
        return (yield StartTls(0, WISH, 5))

    with Peer(talk) as server:
        failed = converse(dialogue(server.port))
    assert isinstance(failed, Failed)
    assert failed.end is End.CUT


class Scripted(socket.socket):
    """A socket whose `send` and `recv` do what they are told, and then what they always do."""

    sends: tuple[BaseException, ...] = ()
    receives: tuple[BaseException, ...] = ()

    def send(self, data: Any, flags: int = 0) -> int:
        if self.sends:
            first, *rest = self.sends
            self.sends = tuple(rest)
            raise first
        return super().send(data, flags)

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self.receives:
            first, *rest = self.receives
            self.receives = tuple(rest)
            raise first
        return super().recv(size, flags)


def steps(channel: Channel, flow: Any) -> Any:
    """Drive one act of a channel."""
    loop: Loop[int, Any] = Loop()
    loop.go(0, flow)
    while not (done := loop.taken()):
        loop.turn(loop.patience())
    loop.close()
    return done[0][1]


def pair() -> tuple[Scripted, socket.socket]:
    ours, theirs = socket.socketpair()
    scripted = Scripted(fileno=ours.detach())
    scripted.setblocking(False)
    return scripted, theirs


def test_who_echoes_everything_is_heard_while_sending() -> None:
    """Neither side has room for what the other says: whoever only talks would wait for ever."""
    ours, theirs = pair()
    for each in (ours, theirs):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    channel, size = Channel(ours), 500_000

    def echo() -> None:
        theirs.settimeout(10)
        while data := theirs.recv(65_536):
            theirs.sendall(data)

    thread = threading.Thread(target=echo)
    thread.start()
    steps(channel, channel.sent(b"y" * size, time.monotonic() + 5))
    heard = 0
    while heard < size:
        heard += len(steps(channel, channel.received(time.monotonic() + 5)))
    channel.close()
    thread.join()
    theirs.close()


def test_a_reset_that_is_heard_while_sending() -> None:
    ours, theirs = pair()
    ours.sends, ours.receives = (BlockingIOError(),), (ConnectionResetError(104, "Connection reset by peer"),)
    channel = Channel(ours)
    until = time.monotonic() + 5
    steps(channel, channel.sent(b"hello", until))
    assert theirs.recv(10) == b"hello"
    with pytest.raises(Ended) as ended:
        steps(channel, channel.received(until))
    assert (ended.value.end, ended.value.reason) == (End.CUT, "connection reset by peer")
    channel.close()
    theirs.close()


def test_a_handshake_waits_for_room() -> None:
    ours, theirs = pair()
    ours.sends = (BlockingIOError(), ConnectionResetError(104, "Connection reset by peer"))
    channel = Channel(ours)
    context = Security().context(WISH)
    with pytest.raises(Ended) as ended:
        steps(channel, channel.secured(context, None, time.monotonic() + 5, server=False))
    assert ended.value.end is End.CUT
    channel.close()
    theirs.close()
