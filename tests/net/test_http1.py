"""HTTP/1.1 replies, octet by octet; the standard library's reader is the second judge."""

from __future__ import annotations

import http.client
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.network import HTTPS_HEADER_BYTES, HTTPS_SHOWN
from mailsec.net.http1 import HttpProblem, Reader, Response, TooLarge
from tests.https_server import chunked, reply

HEAD = b"HTTP/1.1 200 OK\r\n"


def read(data: bytes, limit: int = 1000, *, step: int = 0, closed: bool = True, bodiless: bool = False) -> Response:
    reader = Reader(limit, bodiless=bodiless)
    for at in range(0, len(data), step or len(data) or 1):
        reader.feed(data[at : at + (step or len(data))])
    if closed:
        reader.end()
    assert reader.done
    return reader.response


GOOD = [
    reply(b"hello", b"Content-Type: text/plain"),
    reply(b""),
    HEAD + b"content-LENGTH:5 \r\n\r\nhello",
    HEAD + b"Content-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello",
    HEAD + b"\r\nuntil closed",
    HEAD.replace(b"\r", b"") + b"Content-Length: 5\n\nhello",
    b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n" + reply(b"x"),
    chunked([b"a", b"bc" * 100]),
    chunked([b"a"], b"Trailer: 1\r\n"),
    HEAD + b"Transfer-Encoding: Chunked\r\n\r\n0003;x=y\r\nabc\r\n0\r\n\r\n",
    HEAD + b"Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx",
    HEAD + b"X-Empty:\r\nX-Odd: \xff\xfe\r\nContent-Length: 1\r\n\r\nx",
]


class _Socket:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


@pytest.mark.parametrize("data", GOOD)
def test_as_the_standard_library_reads_it(data: bytes) -> None:
    peer = http.client.HTTPResponse(_Socket(data))
    peer.begin()
    while peer.status == 103:  # it passes over 100 only
        peer = http.client.HTTPResponse(_Socket(data.partition(b"Link: a\r\n\r\n")[2]))
        peer.begin()
    for step in (0, 1, 3):
        found = read(data, step=step)
        assert (found.code, found.body, found.content_type) == (
            peer.status,
            peer.read() if not step else found.body,
            peer.headers.get("content-type", ""),
        )


@pytest.mark.parametrize("data", GOOD)
def test_any_cut_is_noticed(data: bytes) -> None:
    whole = read(data)
    for end in range(len(data)):
        try:
            found = read(data[:end])
        except HttpProblem:
            continue
        # only what lasts until the connection closes cannot be known to be cut
        assert found == whole or (b"until closed" in data and whole.body.startswith(found.body))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"ICY 200 OK\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 099 Low\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 2000 High\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "another protocol"),
        (HEAD + b"no colon\r\n\r\n", "malformed header field"),
        (HEAD + b"Name : x\r\n\r\n", "malformed header field"),
        (HEAD + b"A: 1\r\n folded\r\n\r\n", "malformed header field"),
        (HEAD + b": x\r\n\r\n", "malformed header field"),
        (HEAD + b"Content-Encoding: br\r\n\r\n", "compressed"),
        (HEAD + b"Content-Length: 1, 2\r\n\r\n", "Content-Length"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "Content-Length"),
        (HEAD + b"Content-Length: -1\r\n\r\n", "Content-Length"),
        (HEAD + b"Content-Length: +1\r\n\r\n", "Content-Length"),
        (HEAD + b"Content-Length:\r\n\r\n", "Content-Length"),
        (HEAD + b"Content-Length: " + b"9" * 16 + b"\r\n\r\n", "Content-Length"),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "not read"),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "not read"),
        (HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "not read"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk's size"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\n", "chunk's size"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n\r\n", "chunk's size"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 300, "in a chunk's line"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxyz", "after a chunk"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\ry\n", "after a chunk"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxy\n", "does not end"),
        (chunked([b"a"], b"T: " + b"x" * HTTPS_HEADER_BYTES), "in the trailers"),
        (b"x" * (HTTPS_HEADER_BYTES + 10), "in the header section"),
        (HEAD + b"A: b\r\n" * HTTPS_HEADER_BYTES, "in the header section"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * HTTPS_HEADER_BYTES, "in the header section"),
    ],
)
def test_problems(data: bytes, reason: str) -> None:
    for step in (0, 1) if len(data) < 1000 else (0, 997):
        with pytest.raises(HttpProblem, match=reason):
            read(data, step=step)


def test_after_a_problem_it_reads_no_more() -> None:
    reader = Reader(10)
    for data in (b"garbage\r\n", reply(b"x")):
        with pytest.raises(HttpProblem):
            reader.feed(data)
    with pytest.raises(HttpProblem):
        reader.end()
    assert not reader.done


def test_after_the_end_it_reads_no_more() -> None:
    reader = Reader(10)
    reader.feed(reply(b"x") + b"more")
    reader.feed(b"more")
    reader.end()
    assert reader.response.body == b"x"


@pytest.mark.parametrize("data", [reply(b"x" * 11), HEAD + b"\r\n" + b"x" * 11, chunked([b"x" * 6, b"x" * 5])])
def test_too_large(data: bytes) -> None:
    assert len(read(data, 11).body) == 11
    with pytest.raises(TooLarge, match="larger than 10 octets"):
        read(data, 10)


def test_head_has_no_body() -> None:
    found = read(HEAD + b"Content-Length: 99999\r\nContent-Encoding: gzip\r\n\r\n", bodiless=True)
    assert (found.code, found.body) == (200, b"")


def test_text_of_the_server_is_clipped_and_has_no_lone_surrogates() -> None:
    found = read(reply(b"", b"Content-Type: \xff" + b"x" * 10_000, b"Location: a", b"Location: b", status=b"301 Moved"))
    assert len(found.content_type) == HTTPS_SHOWN
    assert found.content_type.startswith("\\xffx")
    assert found.location == "a"


def test_one_octet_at_a_time_is_linear() -> None:
    start = time.monotonic()
    assert len(read(chunked([b"x"] * 20_000), 20_000, step=1).body) == 20_000
    with pytest.raises(HttpProblem):
        read(b"HTTP/1.1 200 OK\r\nX: " + b"x" * HTTPS_HEADER_BYTES, step=1)
    assert time.monotonic() - start < 5


@given(st.binary(), st.sampled_from([b"", HEAD, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", HEAD + b"Content-Length: 9\r\n"]))
def test_nothing_else_is_raised(data: bytes, start: bytes) -> None:
    reader = Reader(100)
    try:
        reader.feed(start + data)
        reader.end()
    except HttpProblem:
        return
    assert reader.done
    assert len(reader.response.body) <= 100


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=10), st.integers(1, 50))
def test_chunks_round_trip(pieces: list[bytes], step: int) -> None:
    assert read(chunked(pieces), step=step).body == b"".join(pieces)
