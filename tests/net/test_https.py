"""HTTPS requests against a server in this process, with every fault that it knows."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from cryptography import x509

from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, AnswerStatus, Fetch, Fetched, FetchStatus, Purpose, Query
from mailsec.core.limits.transport import TLS_CHAIN
from mailsec.net.browse import PinnedFetch
from mailsec.net.https import HttpsSource
from mailsec.net.tls import Trust, peer_chain, words
from tests.https_server import (
    HOST,
    Authority,
    HttpsServer,
    Page,
    chunked,
    cut,
    dripping,
    endless,
    missing,
    page,
    raw,
    redirect,
    reply,
    silent,
)

SHORT = 0.3
Serve = Callable[..., HttpsServer]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def serve(authority: Authority) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda page=missing, **more: stack.enter_context(HttpsServer(authority, {"/": page}, **more))


@pytest.fixture
def source(authority: Authority) -> Iterator[HttpsSource]:
    found = HttpsSource(ca_file=authority.path)
    yield found
    found.close()


@pytest.fixture
def hasty(authority: Authority) -> Iterator[HttpsSource]:
    found = HttpsSource(request=SHORT, connect=SHORT, ca_file=authority.path)
    yield found
    found.close()


def get(source: HttpsSource, fetch: PinnedFetch) -> Fetched:
    assert source.start(fetch) is None
    ((asked, found),) = source.wait()
    assert asked == fetch
    assert isinstance(found, Fetched)
    assert found.fetch == fetch
    assert source.idle
    return found


def outcome(found: Fetched) -> tuple[FetchStatus, str]:
    return found.status, found.reason


# --- replies


def test_a_page(serve: Serve, source: HttpsSource) -> None:
    server = serve(page(b"version: STSv1\n", b"Content-Type: text/plain; charset=utf-8"))
    found = get(source, server.pinned(accept="text/plain"))
    assert (found.status, found.code, found.body) == (FetchStatus.OK, 200, b"version: STSv1\n")
    assert found.content_type == "text/plain; charset=utf-8"
    assert not found.reason
    assert [x509.load_der_x509_certificate(each).subject.rfc4514_string() for each in found.chain] == [
        f"CN={HOST}",
        "CN=Test Authority",
    ]
    head = server.requests[0].decode().split("\r\n")
    assert head[:4] == ["GET / HTTP/1.1", f"Host: {HOST}:{server.port}", "User-Agent: mailsec", "Accept: text/plain"]
    assert "Accept-Encoding: identity" in head
    assert not [line for line in head if line.startswith(("Cookie", "Authorization", "Content"))]
    assert server.names == [HOST]


def test_a_reply_of_any_code_is_ok(serve: Serve, source: HttpsSource) -> None:
    found = get(source, serve().pinned())
    assert (found.status, found.code, found.body) == (FetchStatus.OK, 404, b"not here")


def test_no_redirection_is_followed(serve: Serve, source: HttpsSource) -> None:
    server = serve(redirect("https://elsewhere.example/"))
    found = get(source, server.pinned())
    assert (found.status, found.code, found.reason) == (FetchStatus.OK, 302, "Location: https://elsewhere.example/")
    assert len(server.requests) == 1


def test_a_location_without_a_redirection_says_nothing(serve: Serve, source: HttpsSource) -> None:
    assert not get(source, serve(page(b"", b"Location: /x", status=b"201 Created")).pinned()).reason


def test_a_body_is_sent(serve: Serve, source: HttpsSource) -> None:
    server = serve(page(b"thanks"))
    assert get(source, server.pinned(method="POST", body=b"x" * 5_000_000)).body == b"thanks"
    assert server.requests[0].count(b"x") >= 5_000_000
    assert get(source, server.pinned(method="POST")).code == 200
    assert b"Content-Length: 0" in server.requests[1]


def test_head(serve: Serve, source: HttpsSource) -> None:
    server = serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"))
    found = get(source, server.pinned(method="HEAD"))
    assert (found.status, found.code, found.body) == (FetchStatus.OK, 200, b"")


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("chunked", raw(chunked([b"ab", b"c" * 1000, b"d"]))),
        ("until it closes", raw(b"HTTP/1.0 200 OK\r\n\r\n" + b"ab" + b"c" * 1000 + b"d")),
        ("dripping", dripping(reply(b"ab" + b"c" * 1000 + b"d"), 0.0)),
        ("dripping chunks", dripping(chunked([b"a", b"b" + b"c" * 1000, b"d"], b"X-Trailer: 1\r\n"), 0.0)),
        ("more than it says", raw(reply(b"ab" + b"c" * 1000 + b"d") + b"HTTP/1.1 500 Oops\r\n\r\n")),
        ("after an interim reply", raw(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + reply(b"ab" + b"c" * 1000 + b"d"))),
    ],
)
def test_bodies(serve: Serve, source: HttpsSource, name: str, sent: Page) -> None:
    found = get(source, serve(sent).pinned())
    assert (found.status, found.code, found.body) == (FetchStatus.OK, 200, b"ab" + b"c" * 1000 + b"d"), name


# --- limits


def test_a_body_that_is_announced_too_large_is_not_read(serve: Serve, source: HttpsSource) -> None:
    server = serve(endless(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"))
    assert outcome(get(source, server.pinned())) == (FetchStatus.TOO_LARGE, "larger than 65536 octets")


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n"]
)
def test_a_body_that_grows_too_large(serve: Serve, source: HttpsSource, start: bytes) -> None:
    found = get(source, serve(endless(start)).pinned())
    assert (found.status, found.code, found.body) == (FetchStatus.TOO_LARGE, 200, b"")
    assert found.chain


def test_a_body_of_just_the_size(serve: Serve, source: HttpsSource) -> None:
    server = serve(page(b"12345"))
    assert get(source, server.pinned(max_bytes=5)).body == b"12345"
    assert get(source, server.pinned(max_bytes=4)).status is FetchStatus.TOO_LARGE


def test_endless_headers(serve: Serve, source: HttpsSource) -> None:
    found = get(source, serve(endless(b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"x" * 1000 + b"\r\n")).pinned())
    assert outcome(found) == (FetchStatus.FAILED, "too much in the header section")


def test_a_stream_of_chunks_does_not_outrun_the_clock(serve: Serve, hasty: HttpsSource) -> None:
    server = serve(endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 200 + b"\r\nx\r\n"))
    start = time.monotonic()
    assert get(hasty, server.pinned(max_bytes=10**9)).status is FetchStatus.TIMEOUT
    assert time.monotonic() - start < SHORT + 2


@pytest.mark.parametrize("sent", [silent, dripping(reply(b"x" * 1000), 0.05), dripping(b"HTTP/1.1 200 OK\r\n" * 99, 0.05)])
def test_a_slow_reply(serve: Serve, hasty: HttpsSource, sent: Page) -> None:
    start = time.monotonic()
    found = get(hasty, serve(sent).pinned())
    assert outcome(found) == (FetchStatus.TIMEOUT, "timed out before the reply was whole")
    assert len(found.chain) == 2
    assert SHORT <= time.monotonic() - start < SHORT + 2


def test_a_slow_handshake(serve: Serve, hasty: HttpsSource) -> None:
    assert outcome(get(hasty, serve(raw=silent).pinned())) == (FetchStatus.TIMEOUT, "timed out in the TLS handshake")


# --- what is no reply


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (raw(b"220 mx.example.com ESMTP\r\n"), "the reply is not HTTP/1.1"),
        (raw(b"\r\n\r\n"), "the reply is not HTTP/1.1"),
        (raw(b"HTTP/2 200\r\n\r\n"), "the reply is not HTTP/1.1"),
        (raw(b""), "the connection was closed in the header section"),
        (raw(b"HTTP/1.1 200 OK\r\nX: 1\r\n"), "the connection was closed in the header section"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"), "the connection was closed before the end of the body"),
        (raw(chunked([b"abc"])[:-5]), "the connection was closed in a chunk's line"),
        (cut(b"HTTP/1.1 200 OK\r\n\r\nhalf a policy"), "the connection was cut before the reply was whole"),
        (page(b"x", b"Content-Encoding: gzip"), "the body is compressed, which was not asked for"),
    ],
)
def test_no_reply(serve: Serve, source: HttpsSource, sent: Page, reason: str) -> None:
    found = get(source, serve(sent).pinned())
    assert outcome(found) == (FetchStatus.FAILED, reason)
    assert not found.body
    assert len(found.chain) == 2


# --- connections and certificates


@pytest.mark.parametrize(
    ("kind", "reason", "length"),
    [
        ("expired", "the certificate has expired", 2),
        ("early", "the certificate is not valid yet", 2),
        ("wrong-name", "the certificate is for another name", 2),
        ("self-signed", "the certificate is self-signed", 1),
        ("unknown", "the certificate's issuer is not known", 1),
    ],
)
def test_a_bad_certificate_is_shown(serve: Serve, source: HttpsSource, kind: str, reason: str, length: int) -> None:
    server = serve(page(b"secret"), certificate=kind)
    found = get(source, server.pinned())
    assert outcome(found) == (FetchStatus.FAILED, reason)
    assert len(found.chain) == length
    assert x509.load_der_x509_certificate(found.chain[0])
    assert not server.requests


def test_a_bad_certificate_of_a_server_that_then_goes_silent(serve: Serve, hasty: HttpsSource) -> None:
    server = serve(certificate="expired")
    context = server._context
    server._context = type("Once", (), {"wrap_socket": lambda _, sock, **more: _once(server, context, sock, **more)})()
    found = get(hasty, server.pinned())
    assert outcome(found) == (FetchStatus.FAILED, "the certificate has expired")
    assert not found.chain


def _once(server: HttpsServer, context: object, sock: socket.socket, **more: object) -> object:
    if server.errors or server.names:
        server.stopping.wait(1)
        raise OSError("silent")
    return context.wrap_socket(sock, **more)


def test_without_roots_of_its_own_a_source_has_those_of_the_system(serve: Serve) -> None:
    source = HttpsSource()
    found = get(source, serve().pinned())
    assert outcome(found) == (FetchStatus.FAILED, "the certificate's chain ends in a root that is not trusted")
    source.close()


def test_roots_that_cannot_be_read(tmp_path: object) -> None:
    with pytest.raises(BadInput, match="no such file"):
        HttpsSource(ca_file=f"{tmp_path}/none")
    with pytest.raises(BadInput, match="no certificates in it"):
        HttpsSource(ca_file=__file__)


def test_a_server_without_tls(serve: Serve, source: HttpsSource) -> None:
    found = get(source, serve(raw=raw(b"220 mx.example.com ESMTP\r\n")).pinned())
    assert outcome(found) == (FetchStatus.FAILED, "TLS failed: the other side does not speak TLS here in the TLS handshake")


def test_a_server_that_hangs_up_in_the_handshake(serve: Serve, source: HttpsSource) -> None:
    def hang_up(connection: object, head: bytes) -> None:
        connection.sock.recv(4096)

    found = get(source, serve(raw=hang_up).pinned())
    assert found.status is FetchStatus.FAILED
    assert found.reason in (
        "the connection was cut in the TLS handshake",
        "connection reset by peer in the TLS handshake",
    )


def test_old_tls_is_not_spoken(serve: Serve, source: HttpsSource) -> None:
    # A ServerHello of TLS 1.0, as an old server answers.
    hello = b"\x03\x01" + bytes(32) + b"\x00\xc0\x14\x00"
    record = b"\x02" + len(hello).to_bytes(3, "big") + hello
    found = get(source, serve(raw=raw(b"\x16\x03\x01" + len(record).to_bytes(2, "big") + record)).pinned())
    assert outcome(found) == (
        FetchStatus.FAILED,
        "TLS failed: the other side only has versions that are not allowed in the TLS handshake",
    )


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_no_connection(source: HttpsSource) -> None:
    fetch = PinnedFetch(f"https://{HOST}:{closed_port()}/", 10, addresses=("127.0.0.1", "127.0.0.2"))
    assert outcome(get(source, fetch)) == (
        FetchStatus.FAILED,
        "127.0.0.1: connection refused; 127.0.0.2: connection refused",
    )
    assert outcome(get(source, PinnedFetch("https://a.example/", 10))) == (FetchStatus.FAILED, "no address to connect to")


def test_the_next_address_is_tried(serve: Serve, source: HttpsSource) -> None:
    server = serve(page(b"here"), address="127.0.0.3")
    assert get(source, server.pinned(addresses=("127.0.0.2", "127.0.0.3"))).body == b"here"


def test_an_address_that_takes_no_connection(hasty: HttpsSource) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        found = get(hasty, PinnedFetch(f"https://{HOST}:{port}/", 10, addresses=("127.0.0.1",)))
        assert outcome(found) == (FetchStatus.TIMEOUT, "127.0.0.1: timed out")
        for filler in fillers:
            filler.close()


def test_an_address_that_cannot_be_connected_to(source: HttpsSource) -> None:
    found = get(source, PinnedFetch("https://a.example/", 10, addresses=("255.255.255.255",)))
    assert found.status is FetchStatus.FAILED
    assert found.reason.startswith("255.255.255.255: ")


def test_an_address_family_that_the_machine_lacks(source: HttpsSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(97, "Address family not supported by protocol")

    monkeypatch.setattr("mailsec.net.exchange.socket.socket", refuse)
    found = get(source, PinnedFetch("https://a.example/", 10, addresses=("::1",)))
    assert outcome(found) == (FetchStatus.FAILED, "::1: address family not supported by protocol")


def test_a_connection_that_is_gone_before_the_handshake(source: HttpsSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    monkeypatch.setattr("ssl.SSLContext.wrap_socket", refuse)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fetch = PinnedFetch(f"https://{HOST}:{listener.getsockname()[1]}/", 10, addresses=("127.0.0.1",))
        found = get(source, fetch)
    assert outcome(found) == (FetchStatus.FAILED, "transport endpoint is not connected in the TLS handshake")


# --- many at once


def test_requests_run_side_by_side(serve: Serve, authority: Authority) -> None:
    server = serve(delay=SHORT)
    source = HttpsSource(ca_file=authority.path, in_flight=10)
    start = time.monotonic()
    fetches = [server.pinned(f"/{number}") for number in range(20)]
    for fetch in fetches:
        assert source.start(fetch) is None
    assert 0 < (source.patience() or 0) <= 10
    found: dict[object, object] = {}
    while len(found) < 20:
        found.update(source.wait())
    assert set(found) == set(fetches)
    assert time.monotonic() - start < 20 * SHORT / 2
    assert source.patience() is None
    source.close()


def test_polling(serve: Serve, source: HttpsSource) -> None:
    assert source.poll() == []
    assert source.fileno() >= 0
    source.start(PinnedFetch(f"https://{HOST}:{closed_port()}/", 10))
    assert source.patience() == 0.0
    assert len(source.poll()) == 1
    with pytest.raises(RuntimeError):
        source.wait()


def test_what_is_forgotten_gets_no_reply(serve: Serve, authority: Authority) -> None:
    source = HttpsSource(ca_file=authority.path, in_flight=1)
    slow, fast = serve(silent), serve(page(b"fast"))
    first, second, third = slow.pinned(), slow.pinned("/queued"), fast.pinned()
    for fetch in (first, second, third):
        source.start(fetch)
    source.forget({first, second})
    assert [ask for ask, _ in source.wait()] == [third]
    assert source.idle
    source.start(first)
    source.close()


def test_what_it_does_not_answer(source: HttpsSource) -> None:
    query, fetch = Query("a.example", "A"), Fetch("https://a.example/", 10)
    answer = source.start(query)
    assert isinstance(answer, Answer)
    assert answer.status is AnswerStatus.UNRECORDED
    found = source.start(fetch)
    assert isinstance(found, Fetched)
    assert found.status is FetchStatus.REFUSED
    found = source.start(PinnedFetch("http://a.example/", 10, addresses=("127.0.0.1",)))
    assert isinstance(found, Fetched)
    assert outcome(found) == (FetchStatus.REFUSED, "only https is fetched")


def test_plain_http_for_revocation(serve: Serve, source: HttpsSource) -> None:
    big = b"x" * 3_000_000
    server = serve(page(big), plain=True)
    found = get(source, server.pinned(max_bytes=len(big), purpose=Purpose.REVOCATION))
    assert (found.status, found.code, found.body, found.chain) == (FetchStatus.OK, 200, big, ())
    assert b"Host: mta-sts.example.com:%d\r\n" % server.port in server.requests[0]


def test_a_long_request_over_plain_http(serve: Serve, source: HttpsSource) -> None:
    server = serve(page(b"good"), plain=True)
    body = b"x" * 8_000_000
    found = get(source, server.pinned(method="POST", body=body, purpose=Purpose.REVOCATION))
    assert (found.body, server.requests[0].endswith(body)) == (b"good", True)


def test_tls_that_is_none(serve: Serve, hasty: HttpsSource) -> None:
    server = serve(silent, plain=True)
    found = get(hasty, server.pinned(purpose=Purpose.REVOCATION))
    assert found.status is FetchStatus.TIMEOUT


def test_the_chain_where_python_has_a_public_method() -> None:
    class Sock:
        def get_unverified_chain(self) -> list[bytes]:
            return [b"leaf", *[b"more"] * 100]

    assert peer_chain(Sock()) == (b"leaf", *[b"more"] * (TLS_CHAIN - 1))


def test_both_contexts_refuse_old_tls(authority: Authority) -> None:
    trust = Trust(authority.path)
    assert {trust.verifying.minimum_version, trust.looking.minimum_version} == {ssl.TLSVersion.TLSv1_2}
    assert trust.verifying.verify_mode is ssl.CERT_REQUIRED
    assert trust.verifying.check_hostname


def test_no_context_takes_a_cut_for_an_end() -> None:
    trust = Trust()
    for context in (trust.verifying, trust.looking):
        assert not context.options & ssl.OP_IGNORE_UNEXPECTED_EOF


def test_an_early_end_has_one_name_whatever_raises_it() -> None:
    error = ssl.SSLError(1, "[SSL: UNEXPECTED_EOF_WHILE_READING] unexpected eof while reading")
    error.reason = "UNEXPECTED_EOF_WHILE_READING"
    assert words(error) == words(ssl.SSLEOFError(8, "EOF occurred")) == "the connection was cut"
