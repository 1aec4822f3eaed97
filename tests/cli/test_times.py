from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.cli.times import LATEST, parse_at

NOON = 1_795_262_400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "now"),
        ("RECEIVED", "received"),
        ("0", 0),
        (" 1795262400 ", NOON),
        ("2026-11-21T12:00:00Z", NOON),
        ("2026-11-21t12:00:00z", NOON),
        ("2026-11-21 12:00", NOON),
        ("2026-11-21T14:00:00+02:00", NOON),
        ("2026-11-21T12:00:00.9Z", NOON),
        ("2026-11-21", NOON - 12 * 3600),
        ("1970-01-01", 0),
        ("9999-12-31T23:59:59Z", LATEST),
    ],
)
def test_times(text: str, expected: object) -> None:
    assert parse_at(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "-1",
        "20261121T120000Z",
        "2026-13-01",
        "2026-02-30",
        "2026-11-21T25:00Z",
        "2026-11-21Z",
        "2026-W47",
        "1969-12-31",
        "9" * 12,
        "253402300800",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+23:59",
        "1e9",
        "٣",
        "9" * 5000,
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        parse_at(text)


@given(st.text())
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        value = parse_at(text)
    except ValueError:
        return
    assert value in ("now", "received") or 0 <= value <= LATEST


@given(st.integers(0, LATEST))
def test_seconds_and_calendar_agree(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert parse_at(moment.isoformat()) == parse_at(str(seconds)) == seconds
