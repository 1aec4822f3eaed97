"""Received fields in the formats of known programs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_RECEIVED, MAX_RECEIVED_BYTES
from mailsec.message.border import border
from mailsec.message.fields import parse
from mailsec.message.received import Format, Hop, hops, parse_received
from tests.message.received_fields import DATE, KNOWN, TIME, field


def hop(value: str) -> Hop:
    return parse_received(parse((field(value) + "\r\n").encode()).fields[0])


@pytest.mark.parametrize(("value", "expected"), KNOWN)
def test_known_formats(value: str, expected: tuple[Format, str, str, str | None, str, str, str]) -> None:
    found = hop(value + DATE)
    ip = None if found.ip is None else str(found.ip)
    assert (found.format, found.helo, found.tcp_name, ip, found.by, found.protocol, found.id) == expected
    assert found.time == TIME


def test_the_other_clauses() -> None:
    found = hop(KNOWN[0][0] + DATE)
    assert found.recipient == "user@example.net"
    found = hop(
        "from a.example (1.2.3.4) by b.example (::1) with Microsoft SMTP Server id 15.20.1.1 via Frontend Transport" + DATE
    )
    assert found.via == "Frontend Transport"
    assert hop("by b.example (Postfix) id 1; no date").time is None
    assert hop("by b.example (Postfix) id 1; Mon, 2 Nov 2026 02:00:00 -0800 (PST)").time == TIME
    assert str(hop("from a (a [::ffff:192.0.2.1]) by b (Postfix) with SMTP id 1" + DATE).ip) == "192.0.2.1"


@pytest.mark.parametrize(
    ("value", "by"),
    [
        ("", ""),
        ("from a by b", ""),
        ("by b (Postfix) id 1", ""),
        ("by b (Postfix id 1" + DATE, ""),
        ("by b) id 1" + DATE, ""),
        ("by b (Postfix) id 1; x; y", ""),
        ("from a b (a [1.2.3.4]) by c (Postfix) with SMTP id 1" + DATE, ""),
        ("from a (a [1.2.3.4]) by c d (Postfix) with SMTP id 1" + DATE, ""),
        ("(a [1.2.3.4]) from a by c (Postfix) with SMTP id 1" + DATE, ""),
        ("hello by c (Postfix) id 1" + DATE, ""),
        ("from a (a [1.2.3.4]) with SMTP by c (Postfix) id 1" + DATE, ""),
        ("by c (Postfix) from a (a [1.2.3.4]) with SMTP id 1" + DATE, ""),
        ("from a (a [1.2.3.4]) by c (Postfix) with SMTP id 1 id 2" + DATE, ""),
        ("from a (a [1.2.3.4]) by c (Postfix) with (x) SMTP id 1" + DATE, ""),
        ("from a (a [1.2.3.4]) by c (Postfix) with SMTP id" + DATE, ""),
        ("from a (a [1.2.3.4]) id 1" + DATE, ""),
        # the receiver's name is read, but nothing is believed
        ("from a (a [1.2.3.4]) by c (Sendmail) with SMTP id 1" + DATE, "c"),
        ("from a by c (Postfix) with SMTP id 1" + DATE, "c"),
        ("from a (a 1.2.3.4) by c (Postfix) with SMTP id 1" + DATE, "c"),
        ("from a (a [1.2.3.4.5]) by c (Postfix) with SMTP id 1" + DATE, "c"),
        ("from a (a b [1.2.3.4]) by c (Postfix) with SMTP id 1" + DATE, "c"),
        ("from a ([1.2.3.4] helo=b c) by c with smtp (Exim 4.96) id 1" + DATE, "c"),
        ("from [1.2.3.4] (hello) by c with smtp (Exim 4.96) id 1" + DATE, "c"),
        ("from [1.2.3] by c with smtp (Exim 4.96) id 1" + DATE, "c"),
        ("from a by c with smtp (Exim 4.96) id 1" + DATE, "c"),
        ("from a (1.2.3) by c (1.2.3.4) with Microsoft SMTP Server id 15.20.1.1" + DATE, "c"),
        ("from a (1.2.3.4) by c (1.2.3.4) with Microsoft SMTP Server id abc" + DATE, "c"),
        ("from a (1.2.3.4) by c (1.2.3.4) with HTTP2 id 15.20.1.1" + DATE, "c"),
        ("from a (a [1.2.3.4]) by c with SMTP id 1" + DATE, "c"),
        ("from a (a [1.2.3.4]) by mx.google.com.example with SMTP id 1" + DATE, "mx.google.com.example"),
        ("from a (a [1.2.3.4]) by mx.google.com with SMTP" + DATE, "mx.google.com"),
        ("by 2002:a05::1 with HTTP id 1" + DATE, "2002:a05::1"),
        ("by c with SMTP id 1" + DATE, "c"),
    ],
)
def test_unknown_formats_say_nothing(value: str, by: str) -> None:
    found = hop(value)
    assert (found.format, found.by, found.helo, found.ip, found.time) == (Format.UNKNOWN, by, "", None, None)
    assert not found.is_internal


def test_bounds() -> None:
    assert hop("by c (Postfix) id " + "1" * MAX_RECEIVED_BYTES + DATE).format is Format.UNKNOWN
    message = parse((field("by c (Postfix) id 1" + DATE) * (MAX_RECEIVED + 5) + "\r\n").encode())
    assert len(hops(message)) == MAX_RECEIVED
    assert hop("by c (" + "(" * 4000 + ")" * 4000 + ") id 1" + DATE).format is Format.UNKNOWN
    assert hop("by c (Postfix \\) ) id 1" + DATE).format is Format.POSTFIX


_PIECE = st.sampled_from(
    ["from", "by", "with", "id", "for", "via", "a.example", "(a [192.0.2.1])", "(Postfix)", ";", "(", ")", "\\", "é", "\0"]
)


@given(st.lists(_PIECE, max_size=14).map(" ".join) | st.text(max_size=60))
def test_it_never_raises(value: str) -> None:
    message = parse(b"Received: " + value.encode() + b"\r\n\r\n")
    for found in hops(message):
        assert found.by == "" or found.by in value.lower()
    border(message, "a.example")
