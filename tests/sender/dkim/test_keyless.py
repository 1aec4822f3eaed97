"""What is left to say of a signature whose key is gone."""

from __future__ import annotations

import pytest

from mailsec.message.fields import parse
from mailsec.sender.dkim.keyless import unsigned_tail
from tests.sender.dkim.support import MESSAGE, NOW, judge, only, sign_with_dkimpy, signed, zone


def tail(data: bytes, now: int = NOW) -> int | None:
    message = parse(data)
    return unsigned_tail(message, message.fields[0], now=now)


@pytest.mark.parametrize("form", ["simple/simple", "relaxed/relaxed"])
def test_the_body_is_compared_without_the_key(form: str) -> None:
    data = signed(MESSAGE, canonicalization=form)
    assert tail(data) == 0
    assert tail(data + b"a footer\r\n") is None
    assert tail(data.replace(b"Subject: Hello", b"Subject: Other")) == 0  # nothing is said of the header


def test_what_the_signature_leaves_out() -> None:
    data = sign_with_dkimpy(MESSAGE, "simple/simple", length=True) + MESSAGE
    assert tail(data, now=NOW + 10**9) == 0
    assert tail(data + b"12345678\r\n", now=NOW + 10**9) == 14  # with the empty lines that are no longer at the end
    assert tail(data[:-20], now=NOW + 10**9) is None


def test_one_that_expired_says_nothing() -> None:
    data = signed(MESSAGE, expire=60)
    assert tail(data, now=NOW + 60) == 0
    assert tail(data, now=NOW + 61) is None
    assert unsigned_tail(parse(data), parse(data).fields[0]) == 0


def test_one_that_cannot_be_read_says_nothing() -> None:
    assert tail(b"DKIM-Signature: v=1\r\n" + MESSAGE) is None


def test_that_the_key_is_gone_is_told_from_other_failures() -> None:
    data = signed()
    assert only(judge(data, {})).key_gone
    assert only(judge(data, {})).field.name == b"DKIM-Signature"
    assert not only(judge(data, zone(extra={"s1._domainkey.example.com": ["v=DKIM1; p="]}))).key_gone
    assert not only(judge(data.replace(b"v=1", b"v=2"), {})).key_gone
