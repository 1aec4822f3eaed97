"""Ends of data, and commands behind them."""

from __future__ import annotations

import pytest

from mailsec.core.rules import Severity
from tests.sender.spoofing.support import findings, severities

HEAD = b"From: a@b.example\r\n\r\nHi."


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\r\n.\r\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n"]
)
@pytest.mark.parametrize("command", [b"MAIL FROM:<x@y.example>", b"\r\nehlo x", b"RSET", b"BDAT 5 LAST", b"rcpt to:<x@y>"])
def test_a_dialogue(end: bytes, command: bytes) -> None:
    found = findings(HEAD + end + command + b"\r\n")["smuggled-dialogue"]
    assert found.severity is Severity.HIGH
    assert "CR LF ." in found.message or " . " in found.message or "NUL" in found.message


def test_in_order_line_ends_make_it_a_quotation_perhaps() -> None:
    assert severities(HEAD + b"\r\n.\r\nMAIL FROM:<x@y.example>\r\n") == {"smuggled-dialogue": Severity.MEDIUM}
    assert severities((HEAD + b"\r\n.\r\nMAIL FROM:<x@y.example>\r\n").replace(b"\r\n", b"\n")) == {
        "smuggled-dialogue": Severity.MEDIUM
    }


@pytest.mark.parametrize("end", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n"])
def test_an_end_without_a_command(end: bytes) -> None:
    assert severities(HEAD + end + b"the rest\r\n") == {"end-of-data": Severity.MEDIUM}


@pytest.mark.parametrize(
    "body",
    [b"\r\n.\r\nthe rest\r\n", b"\n..\nMAIL FROM:<x>\r\n", b" . \nMAIL FROM:<x>\r\n", b"\nDATA\n", b"\r\n.\r\nDATABASE\r\n"],
)
def test_no_end(body: bytes) -> None:
    assert findings(HEAD + body) == {}


def test_a_thousand_dots_in_front_hide_nothing() -> None:
    assert "smuggled-dialogue" in findings(HEAD + b"\r\n.\r\n" * 5_000 + b"\n.\nMAIL FROM:<x@y.example>\r\n")
