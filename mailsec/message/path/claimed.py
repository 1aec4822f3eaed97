"""Received fields of any program, as far as they can be read: for showing what they claim, never for believing it.

What `message.received` knows is read there. Of other formats this takes what stands behind the keywords of RFC 5321
section 4.4, in whatever order and company; the border of a receiver never rests on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailsec.core.limits.message import MAX_RECEIVED_BYTES
from mailsec.core.text import from_bytes
from mailsec.message.dates import parse_date
from mailsec.message.fields import Field
from mailsec.message.received import KEYWORDS, Format, Hop, IPAddress, parse_received, read_ip
from mailsec.message.tokens import clauses

_NAMED = re.compile(r"(?:HELO|EHLO)[ =]([^ ]{1,255})|(?:[^ ]{1,64} )*helo=([^ ]{1,255})", re.IGNORECASE)
_ADDRESS = re.compile(r"\[([0-9A-Fa-f:.]{3,45}|IPv6:[0-9A-Fa-f:.]{2,45})\]|(?:^|@)([0-9A-Fa-f:.]{3,45})$")
_QUEUE = re.compile(r"qmail \d+ (?:messnum \d+ )?invoked (from network|by [a-z]+(?: \d+)?)")


@dataclass(slots=True)
class _Loose:
    """The words and comments behind each keyword; those in front of the first behind ""."""

    words: dict[str, list[str]] = field(default_factory=lambda: {"": []})
    comments: dict[str, list[str]] = field(default_factory=dict)

    def first(self, keyword: str) -> str:
        return next(iter(self.words.get(keyword, ())), "")


def read_hop(found: Field) -> Hop:
    """What one Received field says or claims; of format *unknown* where nothing can be made of it. Never raises."""
    hop = parse_received(found)
    if hop.format is not Format.UNKNOWN or len(found.raw) > MAX_RECEIVED_BYTES:
        return hop
    split = clauses(from_bytes(found.value))
    if split is None:
        return hop
    items, date = split
    time = parse_date(date)
    loose = _loose(items)
    before = loose.comments.get("", [])
    if len(items) == 1 and before and (queue := _QUEUE.match(before[0])):
        return Hop(found, Format.QMAIL, protocol="" if queue[1] == "from network" else "local", time=time)
    if not loose.first("by") or not (time or loose.first("from") or loose.first("with") or loose.first("id")):
        return hop
    return _standard(found, loose, time)


def _loose(items: Sequence[tuple[str, bool]]) -> _Loose:
    loose = _Loose()
    keyword = ""
    for text, is_comment in items:
        lower = text.lower()
        if is_comment:
            loose.comments.setdefault(keyword, []).append(" ".join(text.split()))
        elif lower in KEYWORDS and lower not in loose.words and (keyword not in ("from", "by") or loose.words[keyword]):
            keyword = lower
            loose.words[keyword] = []
        else:
            loose.words[keyword].append(text)
    return loose


def _standard(found: Field, loose: _Loose, time: int | None) -> Hop:
    comments = loose.comments.get("from", [])
    name = loose.first("from")
    helo = next((match[1] or match[2] for note in comments if (match := _NAMED.match(note))), "")
    protocol, behind = loose.first("with"), " ".join(loose.words.get("with", ())[1:])
    if (protocol.lower(), behind[:4].lower()) == ("microsoft", "smtp"):
        protocol, behind = "SMTP", ""
    known = (note for note in loose.comments.get("with", ()) if note.startswith("fetchmail"))
    format = Format.FETCHMAIL if next(known, "") else Format.QMAIL if helo else Format.STANDARD
    if " ".join(loose.words.get("from", ())) == "mail pickup service" or loose.comments.get("", [""])[0].startswith("from "):
        name, protocol = "", "local"
    return Hop(
        found,
        format,
        loose.first("by").lower().removesuffix("."),
        helo or name,
        name.lower().removesuffix(".") if helo and name != "unknown" and read_ip(name.strip("[]")) is None else "",
        _address((*comments, *loose.words.get("from", ()))),
        loose.first("via"),
        protocol,
        loose.first("id"),
        loose.first("for").strip("<>"),
        time,
        (*(note for each in loose.comments.values() for note in each), behind),
    )


def _address(texts: Sequence[str]) -> IPAddress | None:
    """The first address in brackets, or one that is a text's whole end."""
    for text in texts:
        for match in _ADDRESS.finditer(text):
            if (address := read_ip(match[1] or match[2])) is not None:
                return address
    return None
