"""Dates of header fields (RFC 5322 section 3.3, with the zones and years of section 4.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(
    r"(?:(?P<weekday>[A-Za-z]{3,9}),? ?)?(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3}) (?P<year>\d{2,4}) "
    r"(?P<hour>\d{1,2}) ?: ?(?P<minute>\d{2})(?: ?: ?(?P<second>\d{2}))?(?:\.\d{1,9})? (?P<zone>[+-]\d{4}|[A-Za-z]{1,5})\Z"
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ZONES = {"ut": 0, "gmt": 0, "utc": 0, "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
_LONGEST = 200


def parse_date(text: str) -> int | None:
    """The seconds since 1970 UTC of a date without comments; None where it is no date or its zone is unknown."""
    match = _matched(text)
    moment = _moment(match) if match else None
    if match is None or moment is None or (offset := _zone(match["zone"])) is None:
        return None
    second = int(match["second"] or 0)
    return int(moment.timestamp()) + second - offset if second <= 60 else None


def weekdays(text: str) -> tuple[str, str] | None:
    """The day of the week that a date names and the one that it has, as "Mon"; None where it names none or is no date."""
    match = _matched(text)
    moment = _moment(match) if match else None
    if match is None or moment is None or (named := (match["weekday"] or "")[:3].capitalize()) not in _WEEKDAYS:
        return None
    return named, _WEEKDAYS[moment.weekday()]


def _matched(text: str) -> re.Match[str] | None:
    return _DATE.match(" ".join(text.split())) if len(text) <= _LONGEST and text.isascii() else None


def _moment(match: re.Match[str]) -> datetime | None:
    """Day and minute as they are written, whatever the zone."""
    if match["month"].lower() not in _MONTHS:
        return None
    month = _MONTHS.index(match["month"].lower()) + 1
    year = int(match["year"])
    if len(match["year"]) < 4:
        year += 2000 if year < 50 and len(match["year"]) == 2 else 1900
    try:
        return datetime(year, month, int(match["day"]), int(match["hour"]), int(match["minute"]), tzinfo=UTC)
    except ValueError:
        return None


def _zone(text: str) -> int | None:
    """Seconds east of UTC."""
    if text[0] not in "+-":
        hours = _ZONES.get(text.lower())
        return None if hours is None else hours * 3600
    seconds = int(text[1:3]) * 3600 + int(text[3:]) * 60
    return -seconds if text[0] == "-" else seconds
