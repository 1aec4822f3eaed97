"""When a key is to expire, as people say it: 90d, 18m, 2y, a date, never."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mailsec.cli.times import LATEST, parse_at

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:
    _Type = click.ParamType

_SPAN = re.compile(r"([0-9]{1,4})([dwmy])\Z")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class When:
    """A moment: `seconds` since 1970 UTC, or from now on where it is a `span`."""

    seconds: int
    span: bool

    def at(self, now: int) -> int:
        """The moment in seconds since 1970 UTC."""
        return now + self.seconds if self.span else self.seconds


class Expiry(_Type):
    """A time of expiry: a `When`, or None for never."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> When | None:
        """The moment, still to be counted from now where it is a span."""
        if value is None or isinstance(value, When):
            return value
        text = str(value).strip().lower()
        if text == "never":
            return None
        if (match := _SPAN.match(text)) and int(match[1]):
            return When(int(match[1]) * _DAYS[match[2]] * 86_400, True)
        try:
            moment = parse_at(text)
        except ValueError:
            moment = "now"
        if not isinstance(moment, int) or not 0 < moment <= min(LATEST, 2**32 - 1):  # OpenPGP counts in 32 bits
            self.fail(f"{value!r}: write 90d, 12w, 18m, 2y, a date as 2028-12-31, or never", param, ctx)
        return When(moment, False)
