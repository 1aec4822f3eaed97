"""Times as people read them: UTC, in the form of RFC 3339."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(seconds: int) -> str:
    """The time `seconds` after 1970, as in 2026-11-25T14:00:00Z; what lies beyond any calendar as a number of seconds."""
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
    except OverflowError:
        return f"second {seconds}"
