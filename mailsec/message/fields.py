"""A message as bytes: its header fields, byte-exact, and where the body begins (RFC 5322 section 2).

Nothing is decoded, unfolded or lost here. What is not as the standard wants it is a `Defect` beside the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import NamedTuple

from mailsec.core.limits.message import MAX_FIELDS, MAX_HEADER_BYTES


class DefectKind(StrEnum):
    """What can be wrong with a message's outer form."""

    LF_ONLY = "lf-only"
    BARE_LF = "bare-lf"
    BARE_CR = "bare-cr"
    NUL = "nul"
    MBOX_FROM = "mbox-from"
    BYTE_ORDER_MARK = "byte-order-mark"
    NO_COLON = "no-colon"
    BAD_NAME = "bad-name"
    SPACE_BEFORE_COLON = "space-before-colon"
    LEADING_FOLD = "leading-fold"
    NO_SEPARATOR = "no-separator"
    TOO_MANY_FIELDS = "too-many-fields"
    HEADER_TOO_LARGE = "header-too-large"


_OF_THE_FILE = frozenset({DefectKind.BYTE_ORDER_MARK, DefectKind.MBOX_FROM, DefectKind.LF_ONLY})


@dataclass(frozen=True, slots=True)
class Defect:
    """One kind of thing that is wrong: the octets from `start` to `end` of `Message.data` are the first place, `count` how many
    there are. A message has at most one defect of each kind, so a hostile one cannot make a million."""

    kind: DefectKind
    start: int = 0
    end: int = 0
    count: int = 1


class Field(NamedTuple):
    """One header field. `raw` is the whole of it with its folding and final line end; `start` its offset in `Message.data`.

    `name` is as written, without white space before the colon; `colon` is where in `raw` the colon stands. A named tuple,
    because a frozen dataclass costs four times as much to make, and a message is full of fields.
    """

    name: bytes
    raw: bytes
    start: int
    colon: int

    @property
    def key(self) -> bytes:
        """The name in lower case, for comparing."""
        return self.name.lower()

    @property
    def value(self) -> bytes:
        """What stands behind the colon, folding kept, without the final line end."""
        return self.raw[self.colon + 1 :].removesuffix(b"\n").removesuffix(b"\r")

    @property
    def end(self) -> int:
        """The offset behind the field's final line end."""
        return self.start + len(self.raw)

    @property
    def value_start(self) -> int:
        """The offset of the first octet of `value` in `Message.data`."""
        return self.start + self.colon + 1


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message.

    `data` is what is judged: the file without a leading mbox line or byte order mark and, where the file had no CRLF at all,
    with each LF as CRLF. `body` is the offset of the first octet behind the empty line. `prefix` octets of the file were set
    aside; `lf_only` says that the line ends were converted, which `file_offset` takes into account. `known` is what was wrong
    with the header and the file as a whole: `defects` is all of it.
    """

    data: bytes
    fields: tuple[Field, ...]
    body: int
    known: tuple[Defect, ...]
    prefix: int = 0
    lf_only: bool = False
    _by_key: dict[bytes, tuple[Field, ...]] = dataclass_field(default_factory=dict, init=False, repr=False, compare=False)
    _in_lines: list[tuple[Defect, ...]] = dataclass_field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def defects(self) -> tuple[Defect, ...]:
        """All that is wrong. The body is gone through when this is first asked for, which takes as long as to parse."""
        if not self._in_lines:
            self._in_lines.append(line_defects(self.data))
        outer = sum(defect.kind in _OF_THE_FILE for defect in self.known)
        return self.known[:outer] + self._in_lines[0] + self.known[outer:]

    def all(self, name: str) -> tuple[Field, ...]:
        """The fields called `name` (any case), from the top."""
        return self._index().get(name.lower().encode(), ())

    def first(self, name: str) -> Field | None:
        """The topmost field called `name`, or None."""
        found = self.all(name)
        return found[0] if found else None

    def _index(self) -> dict[bytes, tuple[Field, ...]]:
        """The fields by key, sorted out when the first is asked for: every room asks for some."""
        index = self._by_key
        if not index and self.fields:
            lists: dict[bytes, list[Field]] = {}
            for field in self.fields:
                lists.setdefault(field.name.lower(), []).append(field)
            index.update((key, tuple(fields)) for key, fields in lists.items())
        return index

    def defect(self, kind: DefectKind) -> Defect | None:
        """The defect of this kind, or None."""
        return next((defect for defect in self.defects if defect.kind is kind), None)

    def file_offset(self, offset: int) -> int:
        """Where the octet at `offset` of `data` stands in the file as it was read. Linear in `offset` for a file of bare LF."""
        if self.lf_only:
            # up to and with the octet itself: both octets of a line end that was made stand for the one LF
            offset -= self.data.count(b"\n", 0, offset + 1)
        return self.prefix + offset


_BOM = b"\xef\xbb\xbf"
_FROM_FIELD = re.compile(rb"From[ \t]*:")
# a well-formed field with its continuation lines, and the name in front of it; anchored, or a search in a long line without a
# colon would be quadratic
_FIELD = re.compile(rb"(?m)^(([!-9;-~]+):[^\n]*(?:\n[ \t][^\n]*)*\n?)")
# any line with its continuation lines, and the name where it has one
_LINE = re.compile(rb"(?:([!-9;-~]+)[ \t]*:)?[^\n]*(?:\n[ \t][^\n]*)*\n?")
_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_new = tuple.__new__  # past the named tuple's own constructor, which takes as long again
_NO_LINE_END = bytes(range(256)).translate(None, b"\r\n\0")
_QUICK_HEADER_BYTES = 64 * 1024
_BLOCK = 128 * 1024


def parse(file: bytes) -> Message:
    """The message in `file`. Never fails: what is no header field becomes a defect; a file without any has no `fields`.

    A bare LF ends a header line even where other lines end in CRLF, so that a field hidden behind one is seen.
    """
    data, prefix, lf_only, known = _outer_form(file)
    quick = _quick_header(data)
    if quick is not None:
        return Message(data, *quick, tuple(known), prefix, lf_only)
    fields, body, found = _header(data)
    return Message(data, fields, body, (*known, *found), prefix, lf_only)


def _outer_form(file: bytes) -> tuple[bytes, int, bool, list[Defect]]:
    """The octets to judge, how many were set aside in front, whether line ends were converted, and what was wrong."""
    defects: list[Defect] = []
    prefix = 0
    if file.startswith(_BOM):
        prefix = len(_BOM)
        defects.append(Defect(DefectKind.BYTE_ORDER_MARK))
    # "From : a@b.example" is a field (in the obsolete syntax), "From a@b.example Mon Jan ..." a line of an mbox file
    if file.startswith(b"From ", prefix) and not _FROM_FIELD.match(file, prefix):
        prefix = file.find(b"\n", prefix) + 1 or len(file)
        defects.append(Defect(DefectKind.MBOX_FROM))
    data = file[prefix:] if prefix else file
    lf_only = b"\r\n" not in data and b"\n" in data
    if lf_only:
        defects.append(Defect(DefectKind.LF_ONLY, 0, 0, data.count(b"\n")))
        data = data.replace(b"\n", b"\r\n")
    return data, prefix, lf_only, defects


def line_defects(data: bytes) -> tuple[Defect, ...]:
    """Every CR and LF by itself, and every NUL."""
    if all(map(_has_proper_line_ends, _line_blocks(data))):
        return ()
    defects: list[Defect] = []
    crlf, lf, cr = data.count(b"\r\n"), data.count(b"\n"), data.count(b"\r")
    if lf > crlf:
        defects.append(_first(DefectKind.BARE_LF, _BARE_LF, data, lf - crlf))
    if cr > crlf:
        defects.append(_first(DefectKind.BARE_CR, _BARE_CR, data, cr - crlf))
    if (nul := data.find(b"\0")) >= 0:
        defects.append(Defect(DefectKind.NUL, nul, nul + 1, data.count(b"\0")))
    return tuple(defects)


def _line_blocks(data: bytes) -> Iterator[bytes]:
    """`data` in pieces that fit into a processor's cache and do not part CR from LF."""
    at = 0
    while at < len(data):
        stop = at + _BLOCK
        stop += data.startswith(b"\n", stop)
        yield data[at:stop]
        at = stop


def _has_proper_line_ends(data: bytes) -> bool:
    """True where there is no CR or LF by itself and no NUL, as in most messages.

    If LF stands behind each CR, and the two take turns, no LF is left.
    """
    ends = data.translate(None, _NO_LINE_END)
    return ends.startswith(b"\r\n") and ends == b"\r\n" * (len(ends) // 2) and _BARE_CR.search(data) is None


def _first(kind: DefectKind, pattern: re.Pattern[bytes], data: bytes, count: int) -> Defect:
    match = pattern.search(data)
    return Defect(kind, match.start(), match.end(), count) if match else Defect(kind, 0, 0, count)


def _quick_header(data: bytes) -> tuple[tuple[Field, ...], int] | None:
    """The fields and the body's offset of a header without any defect and of a usual size; None for any other.

    It gives what `_header` gives, in a third of the time: one call to the regular expression engine for all fields.
    """
    blank = data.find(b"\n\r\n", 0, _QUICK_HEADER_BYTES)
    if blank < 0 or data.find(b"\n\n", 0, blank + 1) >= 0 or data.startswith((b"\r\n", b"\n")):
        return None
    found: list[tuple[bytes, bytes]] = _FIELD.findall(data, 0, blank + 1)
    fields: list[Field] = []
    at = 0
    for raw, name in found:
        fields.append(_new(Field, (name, raw, at, len(name))))
        at += len(raw)
    # the matches cover the header without a gap, or some line of it is no well-formed field
    return (tuple(fields), blank + 3) if at == blank + 1 and len(fields) <= MAX_FIELDS else None


class _Defects:
    """Defects by kind: the first place of each and how many there were."""

    def __init__(self) -> None:
        self.places: dict[DefectKind, tuple[int, int, int]] = {}

    def add(self, kind: DefectKind, start: int, end: int) -> None:
        first, last, count = self.places.get(kind, (start, end, 0))
        self.places[kind] = (first, last, count + 1)

    def all(self) -> tuple[Defect, ...]:
        return tuple(Defect(kind, *place) for kind, place in self.places.items())


def _header(data: bytes) -> tuple[tuple[Field, ...], int, tuple[Defect, ...]]:
    """The fields and the body's offset of any header, line by line."""
    fields: list[Field] = []
    defects = _Defects()
    at = lines = 0
    while at < len(data):
        if blank := _blank(data, at):
            return tuple(fields), at + blank, defects.all()
        if at >= MAX_HEADER_BYTES or lines >= MAX_FIELDS:
            kind = DefectKind.HEADER_TOO_LARGE if at >= MAX_HEADER_BYTES else DefectKind.TOO_MANY_FIELDS
            defects.add(kind, at, len(data))
            return tuple(fields), at, defects.all()
        end, field = _line(data, at, defects)
        if field is not None:
            fields.append(field)
        elif not fields and not _FIELD.match(data, end):
            # one bad first line does not make a file unreadable, two do: this is a text, not a header
            return (), at, defects.all()
        at = end
        lines += 1
    if fields:
        defects.add(DefectKind.NO_SEPARATOR, at, at)
    return tuple(fields), at, defects.all()


def _blank(data: bytes, at: int) -> int:
    """The length of the empty line at `at`, 0 where the line is not empty."""
    if data.startswith(b"\r\n", at):
        return 2
    return 1 if data.startswith(b"\n", at) else 0


def _line(data: bytes, start: int, defects: _Defects) -> tuple[int, Field | None]:
    """Where the line at `start` ends, with its continuation lines, and the field it is, if it is one."""
    match = _LINE.match(data, start)
    assert match is not None  # it matches any line
    end, raw = match.end(), match[0]
    if (name := match[1]) is not None:
        colon = raw.index(b":")
        if colon > len(name):
            defects.add(DefectKind.SPACE_BEFORE_COLON, start, start + colon)
        return end, Field(name, raw, start, colon)
    if raw[:1] in b" \t":
        kind = DefectKind.LEADING_FOLD
    else:
        kind = DefectKind.BAD_NAME if b":" in raw.partition(b"\n")[0] else DefectKind.NO_COLON
    defects.add(kind, start, end)
    return end, None
