"""Received fields of programs that only showing reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_RECEIVED_BYTES
from mailsec.message.border import border
from mailsec.message.fields import parse
from mailsec.message.path.claimed import read_hop
from mailsec.message.received import Format, parse_received
from tests.message.received_fields import DATE, KNOWN, TIME
from tests.message.received_fields import claimed as hop

# value without its date; format, by, helo, tcp_name, ip, protocol
LOOSE = [
    ("(qmail 12345 invoked from network)", (Format.QMAIL, "", "", "", None, "")),
    ("(qmail 12345 invoked by uid 500)", (Format.QMAIL, "", "", "", None, "local")),
    ("(qmail 12345 invoked by alias)", (Format.QMAIL, "", "", "", None, "local")),
    (
        "(qmail 12345 messnum 67 invoked from network[192.0.2.1/mail.example.com])",
        (Format.QMAIL, "", "", "", None, ""),
    ),
    (
        "from unknown (HELO pc.example.com) (joe@192.0.2.10)\n  by mx.example.net with SMTP",
        (Format.QMAIL, "mx.example.net", "pc.example.com", "", "192.0.2.10", "SMTP"),
    ),
    (
        "from mail.example.com (HELO pc.example.com) (192.0.2.10) by mx.example.net (qp 77) with ESMTPA",
        (Format.QMAIL, "mx.example.net", "pc.example.com", "mail.example.com", "192.0.2.10", "ESMTPA"),
    ),
    (
        "from [192.0.2.10] (HELO pc.example.com) by mx.example.net with SMTP",
        (Format.QMAIL, "mx.example.net", "pc.example.com", "", "192.0.2.10", "SMTP"),
    ),
    (
        "from mail.example.com (192.0.2.10) by mx.example.net with QMQP",
        (Format.STANDARD, "mx.example.net", "mail.example.com", "", "192.0.2.10", "QMQP"),
    ),
    (
        "from pop.example.net [2001:db8::5] by localhost with IMAP (fetchmail-6.3.26) for <joe@localhost> (single-drop)",
        (Format.FETCHMAIL, "localhost", "pop.example.net", "", "2001:db8::5", "IMAP"),
    ),
    (
        "(from joe@localhost) by mail.example.com (8.9.3/8.9.3) id AA1 for bob@example.net",
        (Format.STANDARD, "mail.example.com", "", "", None, "local"),
    ),
    (
        "from mail pickup service by web.example.com with Microsoft SMTPSVC",
        (Format.STANDARD, "web.example.com", "", "", None, "local"),
    ),
    (
        "from pc ([192.0.2.10]) by web.example.com with Microsoft SMTPSVC(6.0.3790.4675)",
        (Format.STANDARD, "web.example.com", "pc", "", "192.0.2.10", "SMTP"),
    ),
    (
        "from [192.0.2.1] by web.example.com via HTTP",
        (Format.STANDARD, "web.example.com", "[192.0.2.1]", "", "192.0.2.1", ""),
    ),
    ("by relay.example.com", (Format.STANDARD, "relay.example.com", "", "", None, "")),
    (
        "from a.example (EHLO pc.example.com) ([IPv6:2001:db8::7]) by b.example (JAMES SMTP Server ) with ESMTP ID 7",
        (Format.QMAIL, "b.example", "pc.example.com", "a.example", "2001:db8::7", "ESMTP"),
    ),
    (
        "from a.example (999.1.1.1) by b.example (Haraka/3.0.3) with ESMTPSA id 7.1 envelope-from <a@a.example>",
        (Format.STANDARD, "b.example", "a.example", "", None, "ESMTPSA"),
    ),
]


@pytest.mark.parametrize(("value", "expected"), LOOSE)
def test_other_formats(value: str, expected: tuple[Format, str, str, str, str | None, str]) -> None:
    found = hop(value + DATE)
    ip = None if found.ip is None else str(found.ip)
    assert (found.format, found.by, found.helo, found.tcp_name, ip, found.protocol) == expected
    assert found.time == TIME
    # for showing only
    assert parse_received(found.field).format is Format.UNKNOWN


@pytest.mark.parametrize("value", [value for value, _ in KNOWN])
def test_what_is_known_stays_as_it_is_known(value: str) -> None:
    found = hop(value + DATE)
    assert found == parse_received(found.field)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "(EGP: mail-8_2_2_0)" + DATE,
        "from a by b",
        "from a (b by c" + DATE,
        "from a by" + DATE,
        "via dmail for x" + DATE,
        "by b; yesterday",
        "from a by b with SMTP id " + "1" * MAX_RECEIVED_BYTES + DATE,
    ],
)
def test_what_cannot_be_read_is_unknown(value: str) -> None:
    assert hop(value).format is Format.UNKNOWN


def test_the_recipient_and_the_rest() -> None:
    found = hop(
        "from pop.example.net [192.0.2.5] by localhost with POP3 (fetchmail-6) for <joe@localhost> (single-drop)" + DATE
    )
    assert found.recipient == "joe@localhost"
    assert "single-drop" in found.notes
    found = hop("from a.example by B.example. via TCP with ESMTP id 7 for <x@b.example>" + DATE)
    assert (found.by, found.via, found.id) == ("b.example", "TCP", "7")


_PIECE = st.sampled_from(
    [
        "from",
        "by",
        "with",
        "id",
        "for",
        "via",
        "a.example",
        "(HELO b)",
        "([192.0.2.1])",
        "[::1]",
        "(qmail 1 invoked by uid 1)",
        ";",
    ]
)


@given(st.lists(_PIECE, max_size=16).map(" ".join) | st.text(max_size=80))
def test_it_never_raises_and_the_border_never_rests_on_it(value: str) -> None:
    message = parse(b"Received: " + value.encode() + b"\r\n\r\n")
    for each in message.fields:
        found = read_hop(each)
        if found.format in (Format.QMAIL, Format.FETCHMAIL, Format.STANDARD):
            assert found.by == "" or border(message, found.by).ip is None
