"""Times as people write them on the command line. UTC unless an offset says otherwise."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal, TypeAlias

At: TypeAlias = int | Literal["now", "received"]
"""Seconds since 1970 UTC, or a word that the command resolves."""

LATEST = 253_402_300_799
"""The last second of the year 9999, beyond which no calendar here goes."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:z|[+-]\d\d:\d\d)?)?\Z", re.ASCII)
_SECONDS = re.compile(r"\d{1,12}\Z", re.ASCII)


def parse_at(text: str) -> At:
    """`now`, `received`, seconds since 1970, a date, or a date and time as 2026-11-21T12:00:00Z.

    Raises ValueError with what is wrong.
    """
    match text.strip().lower():
        case "now":
            return "now"
        case "received":
            return "received"
        case other:
            seconds = _seconds(other)
    if not 0 <= seconds <= LATEST:
        raise ValueError("outside of the years 1970 to 9999")
    return seconds


def _seconds(text: str) -> int:
    if _SECONDS.match(text):
        return int(text)
    if not _ISO.match(text):
        raise ValueError("not a time: write now, received, 2026-11-21, 2026-11-21T12:00:00Z or seconds since 1970")
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)
