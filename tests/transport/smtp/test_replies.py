from __future__ import annotations

import io
import smtplib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.transport import SMTP_REPLY_BYTES, SMTP_REPLY_LINE, SMTP_REPLY_LINES
from mailsec.transport.smtp.replies import Broken, Event, Flaw, Reply, ReplyReader

PIECES = [
    b"250 OK\r\n",
    b"250-mx.example\r\n",
    b"250-",
    b"354",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"220 hi\n",
    b"251 \xc3\xa9\r\n",
    b"999 no\r\n",
    b"hello\r\n",
    b"2",
    b"250",
    b"5xx",
    b" ",
    b"a" * 600 + b"\r\n",
    b"550-5.7.1 no\r\n550 5.7.1 really\r\n",
]
STREAMS = st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)


def read(data: bytes) -> list[Event]:
    return ReplyReader().feed(data)


def in_pieces(data: bytes, cuts: list[int]) -> list[Event]:
    reader = ReplyReader()
    places = [0, *sorted(cuts), len(data)]
    return [event for start, end in pairwise(places) for event in reader.feed(data[start:end])]


@given(STREAMS, st.data())
def test_any_split_gives_the_same_events(data: bytes, cuts: st.DataObject) -> None:
    places = cuts.draw(st.lists(st.integers(0, len(data)), max_size=8))
    assert in_pieces(data, places) == read(data)
    assert in_pieces(data, list(range(len(data)))) == read(data)


@given(STREAMS)
def test_nothing_is_lost_and_nothing_is_read_twice(data: bytes) -> None:
    reader = ReplyReader()
    events = reader.feed(data)
    taken = b"".join(event.before + event.raw if isinstance(event, Broken) else event.raw for event in events)
    assert data.startswith(taken)
    if not reader.broken:
        assert taken + reader.rest == data


TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)


@given(st.lists(st.tuples(st.integers(200, 599), st.lists(TEXT, min_size=1, max_size=4)), min_size=1, max_size=4))
def test_the_standard_library_reads_the_same(replies: list[tuple[int, list[str]]]) -> None:
    data = "".join(
        f"{code}{' ' if at == len(texts) - 1 else '-'}{text}\r\n" for code, texts in replies for at, text in enumerate(texts)
    ).encode()
    theirs = smtplib.SMTP()
    theirs.file = io.BufferedReader(io.BytesIO(data))
    for reply, (code, _) in zip(read(data), replies, strict=True):
        assert isinstance(reply, Reply)
        assert reply.code == code
        assert (reply.code, b"\n".join(line.strip(b" \t\r\n") for line in reply.lines)) == theirs.getreply()


def test_a_reply_and_its_parts() -> None:
    data = b"550-5.7.1 no\r\n550 5.7.1 really\r\n"
    (reply,) = read(data)
    assert isinstance(reply, Reply)
    assert (reply.code, reply.lines, reply.raw, reply.flaws) == (550, (b"5.7.1 no", b"5.7.1 really"), data, ())
    assert (reply.text, reply.enhanced) == (b"5.7.1 no\n5.7.1 really", "5.7.1")
    assert read(b"250 2.1.0.4 no\r\n")[0].enhanced == ""  # type: ignore[union-attr] # it is a Reply


@pytest.mark.parametrize(
    ("data", "flaws"),
    [
        (b"250 ok\n", {Flaw.BARE_LF}),
        (b"250 a\rb\r\n", {Flaw.BARE_CR}),
        (b"250 \0\r\n", {Flaw.NUL}),
        (b"250 \xe9\r\n", {Flaw.EIGHT_BIT}),
        (b"250-a\r\n251 b\r\n", {Flaw.MIXED_CODES}),
        (b"250-a\r\n251-b\r\n250 c\n", {Flaw.MIXED_CODES, Flaw.BARE_LF}),
        (b"250 " + b"x" * 507 + b"\r\n", {Flaw.LONG_LINE}),
        (b"250 " + b"x" * 506 + b"\r\n", set()),
        (b"250\r\n", set()),
        (b"250 \t \r\n", set()),
    ],
)
def test_flaws_are_told(data: bytes, flaws: set[Flaw]) -> None:
    (reply,) = read(data)
    assert isinstance(reply, Reply)
    assert set(reply.flaws) == flaws
    assert reply.raw == data


@pytest.mark.parametrize(
    "data", [b"hello\r\n", b"\r\n", b"25\r\n", b"250x\r\n", b"600 a\r\n", b"099 a\r\n", b"-250 a\r\n", b"\0" * 9 + b"\n"]
)
def test_what_is_no_reply_breaks_it(data: bytes) -> None:
    reader = ReplyReader()
    (broken,) = reader.feed(data + b"250 ok\r\n")
    assert isinstance(broken, Broken)
    assert broken.raw == data
    assert reader.broken
    assert reader.feed(b"250 ok\r\n") == []
    assert reader.rest == b""


def test_a_line_without_end_is_not_kept() -> None:
    reader = ReplyReader()
    events: list[Event] = []
    for _ in range(100):
        events += reader.feed(b"250 " + b"x" * 1000)
    assert [type(event) for event in events] == [Broken]
    assert len(events[0].raw) == SMTP_REPLY_LINE


def test_a_long_line_that_ends_breaks_it_as_well() -> None:
    (broken,) = read(b"250 " + b"x" * SMTP_REPLY_LINE + b"\r\n")
    assert isinstance(broken, Broken)
    (reply,) = read(b"250 " + b"x" * (SMTP_REPLY_LINE - 6) + b"\r\n")
    assert isinstance(reply, Reply)


def test_a_reply_without_end_breaks_it() -> None:
    assert isinstance(read(b"250-x\r\n" * (SMTP_REPLY_LINES + 1))[0], Broken)
    line = b"250-" + b"x" * 8000 + b"\r\n"
    assert isinstance(read(line * (SMTP_REPLY_BYTES // len(line) + 1))[0], Broken)
    assert isinstance(read(b"250-x\r\n" * (SMTP_REPLY_LINES - 1) + b"250 x\r\n")[0], Reply)
