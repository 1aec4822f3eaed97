from __future__ import annotations

import smtplib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.transport import SMTP_COMMAND_LINE
from mailsec.transport.smtp.commands import Command, CommandReader, Content, Event, stuffed, unstuffed
from mailsec.transport.smtp.replies import Broken, Flaw

PIECES = [
    b"EHLO a.example\r\n",
    b"DATA\r\n",
    b"BDAT 4\r\n",
    b"BDAT 3 LAST\r\n",
    b"abcd",
    b".\r\n",
    b"\r\n.\r\n",
    b"\n.\n",
    b"\r.\r",
    b"..\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"x" * 600 + b"\r\n",
]
STREAMS = st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)


def drained(reader: CommandReader) -> list[Event]:
    """All events there are; behind DATA comes content, as if a 354 had been said."""
    events: list[Event] = []
    while (event := reader.next()) is not None:
        events.append(event)
        if isinstance(event, Command) and event.verb == "DATA":
            reader.content()
    return events


def in_pieces(data: bytes, cuts: list[int]) -> list[Event]:
    reader = CommandReader()
    events: list[Event] = []
    places = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(places):
        reader.feed(data[start:end])
        events += drained(reader)
    return events


@given(STREAMS, st.data())
def test_any_split_gives_the_same_events(data: bytes, cuts: st.DataObject) -> None:
    whole = in_pieces(data, [])
    assert in_pieces(data, cuts.draw(st.lists(st.integers(0, len(data)), max_size=8))) == whole
    assert in_pieces(data, list(range(len(data)))) == whole


@given(STREAMS)
def test_nothing_is_lost(data: bytes) -> None:
    reader = CommandReader()
    reader.feed(data)
    events = drained(reader)
    assert b"".join(event.raw for event in events) + reader.rest == data


def test_commands() -> None:
    reader = CommandReader()
    reader.feed(b"MAIL FROM:<a@b.example> SIZE=1\r\nrcpt To: <c@d.example>\nNOOP")
    mail, rcpt = drained(reader)
    assert mail == Command(b"MAIL FROM:<a@b.example> SIZE=1", b"MAIL FROM:<a@b.example> SIZE=1\r\n")
    assert isinstance(mail, Command)
    assert isinstance(rcpt, Command)
    assert (mail.verb, mail.path, rcpt.verb, rcpt.path) == ("MAIL", "<a@b.example>", "RCPT", "<c@d.example>")
    assert rcpt.flaws == (Flaw.BARE_LF,)
    assert reader.rest == b"NOOP"


@pytest.mark.parametrize(
    "ending",
    [b"\n.\n", b"\n.\r", b"\r.\n", b"\r.\r", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n", b"\r\n. \r\n"],
)
def test_only_crlf_dot_crlf_ends_a_message(ending: bytes) -> None:
    reader = CommandReader()
    reader.content()
    reader.feed(b"Subject: x\r\n\r\nfirst" + ending + b"MAIL FROM:<evil@x.example>\r\n")
    assert reader.next() is None
    assert reader.in_content
    reader.feed(b"\r\n.\r\nQUIT\r\n")
    content = reader.next()
    assert isinstance(content, Content)
    assert b"evil" in content.data
    assert reader.next() == Command(b"QUIT", b"QUIT\r\n")


def test_flaws_of_content() -> None:
    reader = CommandReader()
    reader.content()
    reader.feed(b"a\nb\rc\0\xff" + b"x" * 999 + b"\r\n.\r\n")
    content = reader.next()
    assert isinstance(content, Content)
    assert set(content.flaws) == {Flaw.BARE_LF, Flaw.BARE_CR, Flaw.NUL}


def test_an_empty_message() -> None:
    reader = CommandReader()
    reader.content()
    reader.feed(b".\r\n")
    assert reader.next() == Content(b"", b".\r\n")


def test_flaws_of_a_command() -> None:
    reader = CommandReader()
    reader.feed(b"NOOP \r\0\xff" + b"x" * 600 + b"\n")
    event = reader.next()
    assert isinstance(event, Command)
    assert set(event.flaws) == {Flaw.BARE_LF, Flaw.BARE_CR, Flaw.NUL, Flaw.EIGHT_BIT, Flaw.LONG_LINE}


def test_a_chunk_follows_its_command_whatever_is_in_it() -> None:
    reader = CommandReader()
    reader.feed(b"BDAT 9 LAST\r\n\r\n.\r\nQUITNOOP\r\n")
    assert drained(reader)[1:] == [Content(b"\r\n.\r\nQUIT", b"\r\n.\r\nQUIT"), Command(b"NOOP", b"NOOP\r\n")]


def test_a_line_without_end_breaks_it() -> None:
    reader = CommandReader()
    reader.feed(b"x" * (SMTP_COMMAND_LINE + 5))
    broken = reader.next()
    assert isinstance(broken, Broken)
    assert len(broken.raw) == SMTP_COMMAND_LINE
    reader.feed(b"QUIT\r\n")
    assert reader.next() is None
    assert reader.rest == b""


def test_too_much_content_breaks_it() -> None:
    reader = CommandReader(1000)
    reader.content()
    reader.feed(b"x" * 1001)
    assert isinstance(reader.next(), Broken)
    reader = CommandReader(1000)
    reader.content()
    reader.feed(b"x" * 1000 + b"\r\n.\r\n")
    assert isinstance(reader.next(), Broken)
    reader = CommandReader(1000)
    reader.feed(b"BDAT 1001\r\n")
    assert isinstance(reader.next(), Broken)


LINES = st.lists(st.sampled_from([b"", b".", b"..", b".a", b"a.", b"a", b" ."]), max_size=8).map(
    lambda lines: b"".join(line + b"\r\n" for line in lines)
)


@given(LINES)
def test_dots_are_doubled_as_the_standard_library_does(data: bytes) -> None:
    assert stuffed(data) == smtplib._quote_periods(data)
    assert unstuffed(stuffed(data)) == data


@given(LINES)
def test_what_was_doubled_is_read_as_it_was(data: bytes) -> None:
    reader = CommandReader()
    reader.content()
    reader.feed(stuffed(data) + b".\r\n")
    content = reader.next()
    assert isinstance(content, Content)
    assert content.data == data
