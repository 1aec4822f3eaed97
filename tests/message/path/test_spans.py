"""Times and spans in words."""

from __future__ import annotations

import pytest

from mailsec.message.path.spans import span, utc


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (2, "2 s"),
        (-2, "-2 s"),
        (65, "1 min 5 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (90_000, "1 d 1 h"),
        (-90_061, "-1 d 1 h"),
        (3 * 86_400 + 5, "3 d"),
    ],
)
def test_spans(seconds: int, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(1_790_000_000, "2026-09-21T14:13:20Z"), (-1, "1969-12-31T23:59:59Z"), (10**18, ""), (10**13, "")]
)
def test_times(seconds: int, text: str) -> None:
    assert utc(seconds) == text
