"""What a script expects of a reply, and what a reply is judged to be.

The code decides. A text that differs is a note, unless the script demands it: by `=text`, `/expression/`, `!text` (must not
occur), a text with a `*` in it, or with --strict-text for all texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mailsec.core.limits.transport import LISTED, SMTP_PATTERN_REPLY, SMTP_PATTERN_TEXT
from mailsec.core.text import clipped, from_bytes, visible
from mailsec.transport.smtp.replies import Reply
from mailsec.transport.smtp.template import Reference, Template, braced, read

if TYPE_CHECKING:
    from mailsec.transport.smtp.pattern import Pattern

_CODES = re.compile(r"(!?)([1-5](?:[0-9]{2}|[0-9]x|xx)(?:\|[1-5](?:[0-9]{2}|[0-9]x|xx))*)(?=[ -]|\Z)", re.IGNORECASE)
_USUAL = {"2": 250, "3": 354, "4": 451, "5": 550, "1": 150}
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_TOKEN = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|[*?=/!\\])|[*?]")
_EXPRESSION = re.compile(r"/(.*)/(i?)", re.DOTALL)
_SHOWN = 120


class Codes(NamedTuple):
    """A set of reply codes as it is written: `250`, `2xx`, `250|251`, `!5xx`."""

    source: str
    negated: bool
    prefixes: tuple[str, ...]

    def __contains__(self, code: object) -> bool:
        return str(code).startswith(self.prefixes) is not self.negated

    @property
    def example(self) -> int:
        """One of them, the most usual where there is a choice."""
        if self.negated:
            return next(code for code in (250, 354, 451, 550) if code in self) if _has_usual(self) else 250
        first = self.prefixes[0]
        if len(first) == 3:
            return int(first)
        usual = _USUAL[first[0]]
        return usual if usual in self else int(first.ljust(3, "0"))


def _has_usual(codes: Codes) -> bool:
    return any(code in codes for code in (250, 354, 451, 550))


def read_codes(text: str) -> tuple[Codes, int] | None:
    """The codes at the beginning of `text` and how many characters they take; None where there are none."""
    found = _CODES.match(text)
    if found is None:
        return None
    prefixes = tuple(each.lower().rstrip("x") for each in found[2].split("|"))
    return Codes(found[0], bool(found[1]), prefixes), found.end()


class Demand(StrEnum):
    """What a written text asks for."""

    ANY = "any"
    FREE = "free"  # a difference is a note
    GLOB = "glob"
    EXACT = "exact"
    PATTERN = "pattern"
    ABSENT = "absent"  # no line of the reply may be, or begin with, this


Piece: TypeAlias = tuple[Template | None, ...]
"""What stands between two `*`; None is any one octet."""


class Text(NamedTuple):
    """One line's text as the script has it. `template` is the text without its mark; of a glob `pieces` are."""

    source: str
    demand: Demand = Demand.ANY
    template: Template = Template()
    pattern: Pattern | None = None
    pieces: tuple[Piece, ...] = ()

    @property
    def references(self) -> tuple[Reference, ...]:
        """The variables in it."""
        inner = (part for piece in self.pieces for part in piece if part is not None)
        return tuple(reference for template in (self.template, *inner) for reference in template.references)


class Judged(NamedTuple):
    """What a reply is: `problems` are what the script does not allow, `notes` what it does, `captured` are variables."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    captured: Mapping[str, bytes] = MappingProxyType({})


class Expectation(NamedTuple):
    """One reply. Its lines match in any order."""

    codes: Codes
    texts: tuple[Text, ...] = ()

    def judge(self, reply: Reply, values: Mapping[str, bytes], *, strict: bool = False) -> Judged:
        """Compare `reply`; `strict` demands every text."""
        problems: list[str] = []
        notes: list[str] = []
        captured: dict[str, bytes] = {}
        if reply.code not in self.codes:
            problems.append(f"expected {self.codes.source}, received {reply.code}")
        budget = SMTP_PATTERN_REPLY
        for text in self.texts:
            found, budget = _find(text, reply.lines, {**values, **captured}, budget)
            if isinstance(found, str):
                demanded = strict or text.demand is not Demand.FREE
                (problems if demanded else notes).append(found)
            else:
                captured.update(found)
        return Judged(tuple(problems), tuple(notes[:LISTED]), captured)


def read_text(text: str) -> Text:
    """One line's text as the script writes it. Raises PatternError for an expression that is none.

    `\\* \\? \\= \\/ \\! \\\\ \\xHH` stand for the character itself; any other backslash is one.
    """
    if not text or text in ("…", "...") or text.casefold() == "ok":
        return Text(text)
    match text[0]:
        case "/" if found := _EXPRESSION.fullmatch(text):
            from mailsec.transport.smtp.pattern import compile  # noqa: PLC0415 - start-up counts, and few scripts have one

            return Text(text, Demand.PATTERN, pattern=compile(found[1].replace("\\/", "/"), fold=bool(found[2])))
        case "=":
            return Text(text, Demand.EXACT, _whole(_pieces(text[1:], literal=True)))
        case "!":
            return Text(text, Demand.ABSENT, _whole(_pieces(text[1:], literal=True)))
    pieces = _pieces(text, literal=False)
    if len(pieces) > 1:
        return Text(text, Demand.GLOB, pieces=pieces)
    return Text(text, Demand.FREE, _whole(_pieces(text, literal=True)))


def _pieces(text: str, *, literal: bool) -> tuple[Piece, ...]:
    """The text cut at its `*`; `literal` says that `*` and `?` mean themselves."""
    pieces: list[list[Template | None]] = [[]]
    at = 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in "*?" and literal:
            continue
        pieces[-1].append(read(text[at : found.start()]))
        at = found.end()
        if token == "*":
            pieces.append([])
        elif token == "?":
            pieces[-1].append(None)
        else:
            code = token[1:]
            pieces[-1].append(Template((bytes.fromhex(code[1:]) if len(code) > 1 else code.encode(),)))
    pieces[-1].append(read(text[at:]))
    return tuple(map(tuple, pieces))


def _whole(pieces: tuple[Piece, ...]) -> Template:
    return Template(tuple(part for piece in pieces for template in piece if template is not None for part in template.parts))


def written(text: bytes, *, first: bool = True) -> str:
    """`text` as a script writes it so that it means itself; `first`: it stands at the beginning of a reply's text."""
    whole = braced(text).decode("utf-8", "surrogateescape")
    if visible(whole) != whole or any(special in whole for special in "\\*?"):
        whole = "".join(map(_written, whole))
    return "\\" + whole if first and whole.startswith(("=", "/", "!")) else whole


def _written(char: str) -> str:
    if char in "\\*?":
        return "\\" + char
    if visible(char) == char:
        return char
    return "".join(f"\\x{octet:02x}" for octet in char.encode("utf-8", "surrogateescape"))


def _find(
    text: Text, lines: tuple[bytes, ...], values: Mapping[str, bytes], budget: int
) -> tuple[Mapping[str, bytes] | str, int]:
    """What `text` captures from the lines, or in words why it is not fulfilled; and what is left of the expressions' budget."""
    if text.demand is Demand.ANY:
        return {}, budget
    if text.pattern is not None:
        return _find_pattern(text.pattern, lines, budget)
    wanted = text.template.fill(values)
    if text.demand is Demand.ABSENT:
        here = next((line for line in lines if _begins(line, wanted)), None)
        return ({} if here is None else f"must not occur: {_quoted(here)}"), budget
    glob = text.demand is Demand.GLOB
    there = any(_matches(text.pieces, values, line) for line in lines) if glob else wanted in lines
    said = text.source.encode() if glob else wanted
    return ({} if there else f"expected text {_quoted(said)}, received {_quoted(b' / '.join(lines[:LISTED]))}"), budget


def _find_pattern(pattern: Pattern, lines: tuple[bytes, ...], budget: int) -> tuple[Mapping[str, bytes] | str, int]:
    for line in lines:
        here = line[: min(SMTP_PATTERN_TEXT, budget)]
        budget -= len(here)
        found = pattern.search(here) if here == line else None
        if found is None:
            continue
        bad = next((name for name, value in found.items() if _CONTROL.search(value)), None)
        return (found if bad is None else f"control characters in what {{{bad}}} would become"), budget
    return f"expected a text that matches /{pattern.source}/, received {_quoted(b' / '.join(lines[:LISTED]))}", budget


def _matches(pieces: tuple[Piece, ...], values: Mapping[str, bytes], line: bytes) -> bool:
    """Whether the pieces stand in `line` in order, the first at its beginning and the last at its end."""
    first, *middle, last = [b"".join(b"(?s:.)" if t is None else re.escape(t.fill(values)) for t in piece) for piece in pieces]
    found = re.match(first, line)
    if found is None:
        return False
    at = found.end()
    for piece in middle:
        found = re.compile(piece).search(line, at)
        if found is None:
            return False
        at = found.end()
    return re.compile(b"(?:" + last + rb")\Z").search(line, at) is not None


def _begins(line: bytes, keyword: bytes) -> bool:
    line, keyword = line.lower(), keyword.lower()
    return line == keyword or line.startswith((keyword + b" ", keyword + b"="))


def _quoted(text: bytes) -> str:
    return clipped(visible(from_bytes(text[: 4 * _SHOWN])), _SHOWN)
