"""How a body may be taken apart: where delimiters stand, by the standard and by looser rules, and where headers end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailsec.core.limits.message import MAX_CLUE_BYTES, MAX_LINE, MAX_READ_SECTIONS


class Delimiter(NamedTuple):
    """One place where two hyphens and the boundary stand.

    What precedes ends at `start` (the line end in front belongs to the delimiter), what follows begins at `end`. `strict` is
    True where the standard sees a delimiter, `line` where it stands at a line's beginning at least, if a bare CR ends a line
    and white space in front does not count. `whole` says that the line ends behind it, `closing` that two hyphens follow.
    """

    start: int
    end: int
    strict: bool
    line: bool
    whole: bool
    closing: bool


class Division(NamedTuple):
    """One way to take a body apart: the octets of the preamble, of each part, and of the epilogue."""

    preamble: tuple[int, int]
    parts: tuple[tuple[int, int], ...]
    epilogue: tuple[int, int]


_TAIL = re.compile(rb"(--)?[ \t]*\r?(?:\n|\Z)")
_LINE_END = re.compile(rb"\r?\n|\r")


def delimiters(data: bytes, body: int, end: int, boundary: bytes) -> list[Delimiter]:
    """Every place between `body` and `end` where `boundary` stands behind two hyphens, at most `MAX_READ_SECTIONS`."""
    found: list[Delimiter] = []
    mark = b"--" + boundary
    at = data.find(mark, body, end)
    while at >= 0 and len(found) < MAX_READ_SECTIONS:
        found.append(_delimiter(data, body, end, at, at + len(mark)))
        at = data.find(mark, at + len(mark), end)
    return found


def _delimiter(data: bytes, body: int, end: int, at: int, behind: int) -> Delimiter:
    start = at
    # white space in front, a short look back: more of it is no delimiter's indentation
    while start > max(body, at - 80) and data[start - 1] in b" \t":
        start -= 1
    line = start == body or data[start - 1] in b"\r\n"
    tail = _TAIL.match(data, behind, end)
    if not line:
        start = at
    strict = tail is not None and (at == body or data[at - 1] == 0x0A)
    # a bounded look: thousands of delimiters in one endless line would take quadratic time
    stop = _LINE_END.search(data, behind, min(end, behind + MAX_LINE)) if tail is None else None
    after = tail.end() if tail else stop.end() if stop else behind
    if line and start > body and data[start - 1] == 0x0A:
        start -= 1
    if line and start > body and data[start - 1] == 0x0D:
        start -= 1
    return Delimiter(max(start, body), after, strict, line, tail is not None, data.startswith(b"--", behind))


def divide(found: list[Delimiter], body: int, end: int, *, final: bool) -> Division:
    """The body taken apart at the delimiters `found`. Where `final`, the first closing delimiter is the last that counts."""
    parts: list[tuple[int, int]] = []
    preamble = (body, found[0].start if found else end)
    begin: int | None = None
    for each in found:
        if begin is not None:
            parts.append((begin, max(begin, each.start)))
        begin = each.end
        if final and each.closing:
            return Division(preamble, tuple(parts), (each.end, end))
    if begin is not None and found[-1].closing:
        return Division(preamble, tuple(parts), (begin, end))
    if begin is not None:
        parts.append((begin, end))
    return Division(preamble, tuple(parts), (end, end))


_GUESS = re.compile(rb"(?m)^--([^\r\n]{0,200}?)(?:--)?[ \t]*\r?\n(?=[!-9;-~]+[ \t]*:|\r?\n)")


def guessed(data: bytes, body: int, end: int) -> Iterator[bytes]:
    """What looks like the boundary of a multipart that names none which is used: from lines that stand before a header."""
    seen: set[bytes] = set()
    for match in _GUESS.finditer(data, body, min(end, body + MAX_CLUE_BYTES)):
        if match[1] not in seen:
            seen.add(match[1])
            yield match[1]
        if len(seen) >= 3:
            return


_BARE = re.compile(rb"[ \t\r\n]*--[^ \t\r\n-][^\r\n]{0,200}\r?\n")


def is_bare_multipart(data: bytes, header: int, body: int) -> bool:
    """True where content begins with a delimiter line though the header above it has no Content-Type."""
    return _BARE.match(data, body) is not None and b"content-type" not in data[header:body].lower()


_BLANK = re.compile(rb"\n(\r?\n)")
_FIELD_LINE = re.compile(rb"(?:[!-9;-~]+[ \t]*:|[ \t]+[^ \t\r\n])[^\n]*(?:\n|\Z)")
_SPACE_LINE = re.compile(rb"(?:[ \t\x0b\x0c]+\r?\n)+")
EARLY_HEADER = re.compile(rb"(?i)[ \t\r\n\x0b\x0c\x00:]*content-(?:type|transfer-encoding|disposition)[ \t]*:")


def standard_body(data: bytes, start: int, end: int) -> int:
    """Where the content behind the header at `start` begins."""
    if data.startswith(b"\r\n", start, end):
        return start + 2
    if data.startswith(b"\n", start, end):
        return start + 1
    match = _BLANK.search(data, start, end)
    return match.end() if match else end


def other_headers(data: bytes, start: int, body: int, end: int) -> Iterator[tuple[int, int]]:
    """Other opinions on where the header begins and the content behind it: pairs that differ from the standard's."""
    if body - start <= 2 or not data[start:body].strip():
        early = EARLY_HEADER.match(data, body, end)
        if early:
            begin = _first_word(data, body, end)
            yield begin, standard_body(data, begin, end)
        return
    at = start
    while at < body and (match := _FIELD_LINE.match(data, at, body)):
        at = match.end()
    if at < body and not data.startswith((b"\r\n", b"\n"), at, body):
        space = _SPACE_LINE.match(data, at, end)
        yield start, space.end() if space else at
    double = data.find(b"\r\r", start, body)
    if double >= 0:
        yield start, double + 2


def _first_word(data: bytes, at: int, end: int) -> int:
    while at < end and data[at] in b" \t\r\n\x0b\x0c\x00:":
        at += 1
    return at
