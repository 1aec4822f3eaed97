"""Dates of header fields."""

from __future__ import annotations

import email.utils
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.message.dates import parse_date


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Thu, 1 Jan 1970 00:00:00 +0000", 0),
        ("Fri, 21 Nov 1997 09:55:06 -0600", 880127706),
        ("21 Nov 97 09:55 CST", 880127700),
        ("Fri, 21 Nov 1997 09 : 55 : 06 -0600", 880127706),
        ("Sun, 22 Nov 2026 01:30:00 +0130", 1795305600),
        ("1 jan 26 00:00:00 GMT", 1767225600),
        ("1 Jan 2026 00:00:00.123 ut", 1767225600),
        ("1 Jan 126 00:00:00 UTC", 1767225600),
        ("1 Jan 012 00:00:00 UTC", -1830384000),
        ("31 Dec 2016 23:59:60 +0000", 1483228800),
        ("Monday, 2 Nov 2026 10:00:00 -0000", 1793613600),
        ("31 Feb 2026 00:00:00 +0000", None),
        ("1 Jan 2026 24:00:00 +0000", None),
        ("1 Jan 2026 00:00:61 +0000", None),
        ("1 Jan 0000 00:00:00 +0000", None),
        ("1 Foo 2026 00:00:00 +0000", None),
        ("1 Jan 2026 00:00:00 XYZ", None),
        ("1 Jan 2026 00:00:00", None),
        ("1 Jan 2026 00:00:00 +0000 x", None),
        ("١ Jan 2026 00:00:00 +0000", None),
        ("", None),
        (" " * 300, None),
    ],
)
def test_dates(text: str, seconds: int | None) -> None:
    assert parse_date(text) == seconds


@given(st.datetimes(datetime(1000, 1, 1)), st.integers(-12 * 60, 12 * 60))
def test_it_agrees_with_the_standard_library(moment: datetime, minutes: int) -> None:
    sign = "-" if minutes < 0 else "+"
    text = f"{moment:%d %b %Y %H:%M:%S} {sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    parsed = email.utils.parsedate_tz(text)
    assert parsed is not None
    assert parse_date(text) == email.utils.mktime_tz(parsed)


@given(st.text(max_size=60) | st.text("0123456789 :+-JanMon,GMT", max_size=40))
def test_it_never_raises(text: str) -> None:
    parse_date(text)
