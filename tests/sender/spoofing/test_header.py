"""Hidden fields and dates."""

from __future__ import annotations

import pytest

from mailsec.core.rules import Severity
from tests.sender.spoofing.support import NOW, findings, mail, severities

GOOD = b"From: a@b.example\r\n"


@pytest.mark.parametrize(
    "message",
    [
        b" From: x@other.example\r\n" + GOOD + b"\r\nx",
        GOOD + b"X: y\r\n\tFROM : <x@other.example>\r\n\r\nx",
        GOOD + b"From\r\n : x@other.example\r\n\r\nx",
        GOOD + b"X: y\rFrom: x@other.example\r\n\r\nx",
        GOOD + b"From\x00: x@other.example\r\n\r\nx",
        GOOD + b"\x01From: x@other.example\r\n\r\nx",
        GOOD + b"From\xc2\xa0: x@other.example\r\n\r\nx",
        b"To: x@y.example\r\nFrom\x00: nobody\r\n\r\nx",
    ],
)
def test_a_hidden_from(message: bytes) -> None:
    found = findings(message)["hidden-from"]
    assert found.severity is Severity.HIGH
    assert found.message.startswith("From: ")


@pytest.mark.parametrize(
    "message",
    [
        GOOD + b"Subject\r\n : x\r\n\r\nx",
        GOOD + b"X: y\rSubject: x\r\n\r\nx",
        GOOD + b"Content-Type\x00: text/html\r\n\r\nx",
        GOOD + b" \r\nX: y\r\n\r\nx",
        GOOD + b"X: y\r\n from: a@b.example\r\n\r\nx",  # the same address again
        GOOD + b"X: y\r\n Sender: x@other.example\r\n\r\nx",
    ],
)
def test_another_hidden_field(message: bytes) -> None:
    assert severities(message)["hidden-field"] is Severity.MEDIUM


@pytest.mark.parametrize(
    "message",
    [
        GOOD + b"Subject: see\r\n from: nobody\r\n\r\nx",
        GOOD + b"DKIM-Signature: v=1; h=date:\r\n from:i@b.example\r\n\r\nx",
        GOOD + b"X: h=date:\r\n from:to; i=@b.example\r\n\r\nx",
        GOOD + b"From you: x\r\n\r\nx",
        GOOD + b"X: y\r\n \r\n\r\nx",  # behind it comes nothing
        GOOD + b"no colon\r\nX: y\r\n\r\nx",
    ],
)
def test_what_only_resembles_one(message: bytes) -> None:
    assert not findings(message).keys() & {"hidden-from", "hidden-field"}


def test_several_are_counted() -> None:
    found = findings(GOOD + b"X: y\r\n" + b" from: x@o.example\r\n" * 30 + b"\r\nx")["hidden-from"]
    assert found.message.endswith("and 29 more")


def dated(text: str, now: int | None = NOW) -> set[str]:
    return set(findings(mail("a@b.example", f"Date: {text}"), now=now))


def test_dates() -> None:
    assert dated("Mon, 21 Sep 2026 14:13:20 +0000") == set()
    assert dated("Tue, 21 Sep 2026 14:13:20 +0000") == {"weekday"}
    assert dated("21 Sep 2026 14:13:20 +0000") == set()
    assert dated("Thu, 24 Sep 2026 14:13:20 +0000") == {"date-future"}
    assert dated("Thu, 24 Sep 2026 14:13:20 +0000", None) == set()
    assert dated("Tue, 22 Sep 2026 14:13:20 +0000 (CEST)") == set()
    assert dated("whenever") == set()
