"""A message as bytes: its header fields, byte-exact, and where the body begins (RFC 5322 section 2).

Nothing is decoded, unfolded or lost here. What is not as the standard wants it is a `Defect` beside the fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.limits import MAX_FIELDS, MAX_HEADER_BYTES


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


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong; `start` and `end` are octet offsets into `Message.data`, `count` how often it occurs."""

    kind: DefectKind
    start: int = 0
    end: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Field:
    """One header field. `raw` is the whole of it with its folding and final line end; `start` its offset in `Message.data`.

    `name` is as written, without white space before the colon; `key` is the name in lower case, for comparing.
    """

    name: bytes
    raw: bytes
    start: int
    colon: int

    @property
    def key(self) -> bytes:
        """The name in lower case."""
        return self.name.lower()

    @property
    def value(self) -> bytes:
        """What stands behind the colon, folding kept, without the final line end."""
        return self.raw[self.colon + 1 :].removesuffix(b"\n").removesuffix(b"\r")

    @property
    def end(self) -> int:
        """The offset behind the field's final line end."""
        return self.start + len(self.raw)


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message.

    `data` is what is judged: the file without a leading mbox line or byte order mark and, where the file had no CRLF at all, with
    each LF as CRLF. `body` is the offset of the first octet behind the empty line. `prefix` octets of the file were set aside;
    `lf_only` says that the line ends were converted, which `file_offset` takes into account.
    """

    data: bytes
    fields: tuple[Field, ...]
    body: int
    defects: tuple[Defect, ...]
    prefix: int = 0
    lf_only: bool = False

    def all(self, name: str) -> tuple[Field, ...]:
        """The fields called `name` (any case), from the top."""
        key = name.lower().encode()
        return tuple(field for field in self.fields if field.key == key)

    def first(self, name: str) -> Field | None:
        """The topmost field called `name`, or None."""
        key = name.lower().encode()
        return next((field for field in self.fields if field.key == key), None)

    def defect(self, kind: DefectKind) -> Defect | None:
        """The defect of this kind, or None."""
        return next((defect for defect in self.defects if defect.kind is kind), None)

    def file_offset(self, offset: int) -> int:
        """Where the octet at `offset` of `data` stands in the file as it was read."""
        if self.lf_only:
            offset -= self.data.count(b"\r\n", 0, offset)
        return self.prefix + offset


_BOM = b"\xef\xbb\xbf"
# a line that begins a field, or (no colon) anything else, with its continuation lines
_FIELD = re.compile(rb"[^\r\n][^\n]*(?:\n[ \t][^\n]*)*\n?")
_NAME = re.compile(rb"[!-9;-~]+\Z")
_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_LF = re.compile(rb"(?<!\r)\n")


def parse(file: bytes) -> Message:
    """The message in `file`. Never fails: what is no header field becomes a defect; a file without any has no `fields`."""
    data, prefix, lf_only, defects = _outer_form(file)
    fields, body, found = _header(data)
    return Message(data, fields, body, (*defects, *found), prefix, lf_only)


def _outer_form(file: bytes) -> tuple[bytes, int, bool, list[Defect]]:
    """The octets to judge, how many were set aside in front, whether line ends were converted, and what was wrong."""
    defects = []
    prefix = 0
    if file.startswith(_BOM):
        prefix = len(_BOM)
        defects.append(Defect(DefectKind.BYTE_ORDER_MARK, 0, 0))
    if file.startswith(b"From ", prefix) and not _looks_like_field(file, prefix):
        prefix = file.find(b"\n", prefix) + 1 or len(file)
        defects.append(Defect(DefectKind.MBOX_FROM, 0, 0))
    data = file[prefix:] if prefix else file
    lf_only = b"\r\n" not in data and b"\n" in data
    if lf_only:
        defects.append(Defect(DefectKind.LF_ONLY, 0, 0, data.count(b"\n")))
        data = data.replace(b"\n", b"\r\n")
    else:
        _count(defects, DefectKind.BARE_LF, data, _BARE_LF, data.count(b"\n") - data.count(b"\r\n"))
    _count(defects, DefectKind.BARE_CR, data, _BARE_CR, data.count(b"\r") - data.count(b"\r\n"))
    if (nul := data.find(b"\0")) >= 0:
        defects.append(Defect(DefectKind.NUL, nul, nul + 1, data.count(b"\0")))
    return data, prefix, lf_only, defects


def _looks_like_field(file: bytes, start: int) -> bool:
    """`From : a@b.example` is a (bad) field, `From a@b.example Mon Jan …` an mbox line."""
    return file[start + 5 : start + 64].lstrip(b" \t").startswith(b":")


def _count(defects: list[Defect], kind: DefectKind, data: bytes, pattern: re.Pattern[bytes], count: int) -> None:
    if count and (match := pattern.search(data)):
        defects.append(Defect(kind, match.start(), match.end(), count))


def _header(data: bytes) -> tuple[tuple[Field, ...], int, list[Defect]]:
    fields: list[Field] = []
    defects: list[Defect] = []
    at = 0
    limit = min(len(data), MAX_HEADER_BYTES)
    while True:
        if at >= len(data):
            if fields:
                defects.append(Defect(DefectKind.NO_SEPARATOR, at, at))
            return tuple(fields), at, defects
        if data.startswith(b"\r\n", at):
            return tuple(fields), at + 2, defects
        if data[at] == 0x0A:
            return tuple(fields), at + 1, defects
        if at >= limit or len(fields) >= MAX_FIELDS:
            kind = DefectKind.HEADER_TOO_LARGE if at >= limit else DefectKind.TOO_MANY_FIELDS
            defects.append(Defect(kind, at, len(data)))
            return tuple(fields), at, defects
        match = _FIELD.match(data, at)
        if match is None:  # a CR that does not end a line: part of a line that has no name
            stop = data.find(b"\n", at) + 1 or len(data)
            defects.append(Defect(DefectKind.NO_COLON, at, stop))
            at = stop
            continue
        field = _field(match[0], at, defects)
        if field is not None:
            fields.append(field)
        elif not fields and not _more_header(data, match.end()):
            return (), at, defects
        at = match.end()


def _more_header(data: bytes, at: int) -> bool:
    """True where the line at `at` could still be a field: one bad first line does not make a file unreadable."""
    match = _FIELD.match(data, at)
    return match is not None and _NAME.match(match[0].partition(b":")[0].rstrip(b" \t")) is not None and b":" in match[0]


def _field(raw: bytes, start: int, defects: list[Defect]) -> Field | None:
    colon = raw.find(b":")
    if colon > 0:
        name = raw[:colon]
        if _NAME.match(name):
            return Field(name, raw, start, colon)
        stripped = name.rstrip(b" \t")
        if _NAME.match(stripped):
            defects.append(Defect(DefectKind.SPACE_BEFORE_COLON, start, start + colon))
            return Field(stripped, raw, start, colon)
    if raw[:1] in b" \t":
        kind = DefectKind.LEADING_FOLD
    else:
        kind = DefectKind.NO_COLON if colon < 0 else DefectKind.BAD_NAME
    defects.append(Defect(kind, start, start + len(raw)))
    return None
