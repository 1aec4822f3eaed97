"""The border of a receiver that is trusted."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mailsec.message.border import border
from tests.message.received_fields import DATE, TIME, field
from tests.message.received_fields import message as made

HOST = "mx.example.net"
OUTSIDE = field("from mail.example.com (mail.example.com [192.0.2.10]) by mx.example.net (Postfix) with ESMTPS id 1" + DATE)
LOCAL = field("from localhost (localhost [127.0.0.1]) by mx.example.net (Postfix) with ESMTP id 2" + DATE)
FILTER = field(
    "from mx.example.net ([127.0.0.1]) by localhost (mx.example.net [127.0.0.1]) (amavisd-new, port 10024) with ESMTP id 3"
    + DATE
)
SENDER = field("from laptop (laptop [198.51.100.7]) by mail.example.com (Postfix) with ESMTPSA id 4" + DATE)
FORGED = field("from bank.example (bank.example [203.0.113.99]) by mx.example.net (Postfix) with ESMTP id 5" + DATE)
RETURN = "Return-Path: <joe@example.com>\r\n"


def test_the_border_of_a_plain_delivery() -> None:
    message = made(RETURN, OUTSIDE, SENDER)
    found = border(message, "MX.example.net.")
    assert found.reason == ""
    assert (found.ip, found.helo, found.mail_from, found.time) == (
        ip_address("192.0.2.10"),
        "mail.example.com",
        "joe@example.com",
        TIME,
    )
    assert found.field == message.fields[1]
    assert found.return_path == message.fields[0]


@pytest.mark.parametrize(
    "above",
    [
        LOCAL,
        LOCAL + FILTER,
        field("from mx.example.net by mx.example.net with LMTP id 9" + DATE),
        field("from mx.example.net by imap.example.net with LMTP id 9" + DATE).replace("from mx", "from imap"),
        field("from mx.example.net ([10.0.0.1]) by imap.example.net with LMTP id 9" + DATE),
        field("from x (mx.example.net [198.51.100.1]) by imap.example.net (Postfix) with ESMTP id 9" + DATE),
        field("by 2002:a05:6a10:1::1 with SMTP id 9" + DATE),
        field("by mx.example.net (Postfix, from userid 5)\r\n id 9" + DATE),
        field("from y (z.example.net [198.51.100.2]) by imap.example.net (Postfix) with ESMTP id 8" + DATE)
        + field("from x (mx.example.net [198.51.100.1]) by z.example.net (Postfix) with ESMTP id 9" + DATE),
    ],
)
def test_hops_inside_of_the_receiver(above: str) -> None:
    assert border(made(above, OUTSIDE, SENDER, FORGED), HOST).ip == ip_address("192.0.2.10")


def test_a_forged_field_lower_down_does_not_count() -> None:
    found = border(made(OUTSIDE, SENDER, FORGED), HOST)
    assert found.ip == ip_address("192.0.2.10")


@pytest.mark.parametrize(
    ("above", "reason"),
    [
        (SENDER, "does not show"),
        (
            field("from mx.example.net (unknown [198.51.100.66]) by imap.example.net (Postfix) with ESMTP id 9" + DATE),
            "does not show",
        ),
        (
            field("from mx.example.net (evil.example [198.51.100.66]) by imap.example.net (Postfix) with SMTP id 9" + DATE),
            "does not show",
        ),
        (field("by imap.example.net (Postfix, from userid 33) id 9" + DATE), "does not show"),
        (field("by imap.example.net with magic id 9" + DATE), "does not show"),
    ],
)
def test_a_run_that_the_receiver_may_not_have_written_does_not_count(above: str, reason: str) -> None:
    found = border(made(above, FORGED), HOST)
    assert found.ip is None
    assert reason in found.reason
    assert found.field is not None


def test_why_there_is_no_border() -> None:
    assert "no Received field" in border(made(), HOST).reason
    assert "no Received field" in border(made(SENDER), HOST).reason
    assert "unknown format" in border(made(field("from a by mx.example.net with magic id 1" + DATE)), HOST).reason
    assert "names no client" in border(made(LOCAL), HOST).reason
    assert "names no client" in border(made(field("by mx.example.net (Postfix, from userid 5) id 9" + DATE)), HOST).reason
    # a field of another format ends the run: what lies below it is not the border
    unknown = field("from a by mx.example.net with magic id 1" + DATE)
    assert "unknown format" in border(made(LOCAL, unknown, SENDER), HOST).reason


@pytest.mark.parametrize("above", ["", LOCAL, LOCAL + FILTER])
@pytest.mark.parametrize("forged", [FORGED, FILTER + FORGED, FORGED + FORGED, LOCAL + FORGED])
def test_a_forged_field_right_below_the_border_does_not_count(above: str, forged: str) -> None:
    assert border(made(above, OUTSIDE, forged), HOST).ip == ip_address("192.0.2.10")


def test_a_run_within_one_machine() -> None:
    exchange = "from MX.example.net (10.0.0.5) by mx.example.net (10.0.0.5) with Microsoft SMTP Server id 15.1.1.1"
    front = "from mail.example.com (192.0.2.10) by mx.example.net (10.0.0.5) with Microsoft SMTP Server id 15.1.1.1"
    made_of = made(field(f"{exchange} via Mailbox Transport{DATE}"), field(f"{exchange}{DATE}"), field(f"{front}{DATE}"))
    assert border(made_of, HOST).ip == ip_address("192.0.2.10")
    named = field("from x (mx.example.net [198.51.100.1]) by mx.example.net (Postfix) with ESMTP id 9" + DATE)
    assert border(made(named, OUTSIDE, FORGED), HOST).ip == ip_address("192.0.2.10")
    # another client of the same network is the border
    inside = field("from MX.example.net (10.0.0.6) by mx.example.net (10.0.0.5) with Microsoft SMTP Server id 15.1.1.1" + DATE)
    assert border(made(inside, FORGED), HOST).ip == ip_address("10.0.0.6")


def test_a_filter_counts_only_below_a_local_hop() -> None:
    found = border(made(OUTSIDE, FILTER, FORGED), HOST)
    assert found.ip == ip_address("192.0.2.10")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<>", ""),
        (" < > ", ""),
        ("<joe@example.com>", "joe@example.com"),
        ("joe@example.com", "joe@example.com"),
        ("<@relay.example:joe@example.com>", "joe@example.com"),
        ('<"a b"@example.com>', '"a b"@example.com'),
        ("<a@b@c>", None),
        ("<a@b> <c@d>", None),
        ("", None),
        ("<joe>", None),
    ],
)
def test_return_paths(value: str, expected: str | None) -> None:
    assert border(made(f"Return-Path: {value}\r\n", OUTSIDE), HOST).mail_from == expected


def test_the_return_path_comes_only_from_above_the_border() -> None:
    assert border(made(OUTSIDE, RETURN), HOST).mail_from is None
    between = border(made(LOCAL, RETURN, OUTSIDE, "Return-Path: <evil@example.org>\r\n"), HOST)
    assert between.mail_from == "joe@example.com"
    assert border(made("Return-Path: <>\r\n", RETURN, OUTSIDE), HOST).mail_from == ""
