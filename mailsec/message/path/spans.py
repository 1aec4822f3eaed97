"""Times and spans of time in words."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def span(seconds: int) -> str:
    """A span in its two largest units: "2 s", "1 min 5 s", "3 d"."""
    parts = []
    rest = abs(seconds)
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return ("-" if seconds < 0 else "") + (" ".join(parts[:2]) or "0 s")


def utc(seconds: int) -> str:
    """A time as RFC 3339 writes it, "" beyond any calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return ""
