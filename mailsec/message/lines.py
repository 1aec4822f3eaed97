"""Lines that are too long, found without taking the text apart."""

from __future__ import annotations

from mailsec.core.limits.message import MAX_LINE


def long_line(data: bytes) -> tuple[int, int] | None:
    """Where the first line of more than MAX_LINE octets begins and ends, without its line end; None where there is none.

    It leaps from line end to line end, a thousand octets at a time.
    """
    at = 0
    while len(data) - at > MAX_LINE:
        end = data.rfind(b"\n", at, at + MAX_LINE + 1)
        if end < 0:
            stop = data.find(b"\n", at)
            stop = len(data) if stop < 0 else stop
            stop -= data.endswith(b"\r", at, stop)
            if stop - at > MAX_LINE:
                return at, stop
            end = data.find(b"\n", stop)
            if end < 0:
                return None
        at = end + 1
    return None
