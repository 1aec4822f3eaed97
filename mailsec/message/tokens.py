"""The lexical tokens of structured header fields (RFC 5322 section 3.2, obsolete forms of section 4.1 included), over octets.

Comments and white space leave no token: a gap between two tokens shows where they stood. Linear in the input, never recursive.
"""

from __future__ import annotations

import re
from enum import Enum, StrEnum
from typing import NamedTuple

from mailsec.core.limits.message import MAX_ADDRESS_DEFECTS, MAX_ADDRESS_TOKENS, MAX_COMMENT_DEPTH


class Kind(Enum):
    """What a token is. The special characters have their own kinds; every other character that may not stand alone is junk."""

    ATOM = "atom"
    QUOTED = "quoted-string"
    LITERAL = "domain-literal"
    DOT = "."
    AT = "@"
    COMMA = ","
    SEMICOLON = ";"
    COLON = ":"
    LESS = "<"
    GREATER = ">"
    JUNK = "junk"


class Token(NamedTuple):
    """A token and the offsets of its first octet and of the one behind its last. One COMMA may stand for several in a row."""

    kind: Kind
    start: int
    end: int


class LexicalDefect(StrEnum):
    """What can be wrong below the grammar."""

    UNCLOSED_COMMENT = "unclosed-comment"
    UNCLOSED_QUOTE = "unclosed-quote"
    UNCLOSED_LITERAL = "unclosed-literal"
    DEEP_COMMENT = "deep-comment"
    CONTROL_CHARACTER = "control-character"
    TOO_MANY = "too-many"


# a run of atext (UTF-8 included, RFC 6532) | white space | commas with white space | control characters | any other octet alone
_TOKEN = re.compile(
    rb"([!#$%&'*+\-/-9=?A-Z^-~\x80-\xff]+)|[ \t\r\n]+|(,[, \t\r\n]*)|([\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+)|([\x00-\xff])"
)
_COMMENT = re.compile(rb"\(+|\)+|\\[\x00-\xff]")
_QUOTED = re.compile(rb'"|\\[\x00-\xff]')
_LITERAL = re.compile(rb"[\[\]]|\\[\x00-\xff]")
_OPENING = re.compile(rb'[("]')
_SPECIALS = {
    ord("."): Kind.DOT,
    ord("@"): Kind.AT,
    ord(";"): Kind.SEMICOLON,
    ord(":"): Kind.COLON,
    ord("<"): Kind.LESS,
    ord(">"): Kind.GREATER,
}
_PAIR = re.compile(rb"\\([\x00-\xff])")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


def tokenize(value: bytes) -> tuple[list[Token], list[tuple[LexicalDefect, int, int]]]:
    """The tokens of `value` and what is wrong with it, with offsets.

    A comment, quoted string or literal that is never closed makes junk of its opening character only, and the rest is read:
    what an attacker hides behind a stray quote is seen. From then on that character opens nothing, so the work stays linear.
    """
    return _Lexer(value).run()


class _Lexer:
    def __init__(self, value: bytes) -> None:
        self.value = value
        self.tokens: list[Token] = []
        self.defects: list[tuple[LexicalDefect, int, int]] = []
        self.counts: dict[LexicalDefect, int] = {}
        self.broken: set[LexicalDefect] = set()

    def run(self) -> tuple[list[Token], list[tuple[LexicalDefect, int, int]]]:
        value, tokens, match_at = self.value, self.tokens, _TOKEN.match
        at = 0
        while (match := match_at(value, at)) is not None:
            if len(tokens) >= MAX_ADDRESS_TOKENS:
                self.defect(LexicalDefect.TOO_MANY, at, len(value))
                break
            start, at = at, match.end()
            group = match.lastindex
            if group == 1:
                tokens.append(Token(Kind.ATOM, start, at))
            elif group == 2:
                tokens.append(Token(Kind.COMMA, start, at))
            elif group == 3:
                tokens.append(Token(Kind.JUNK, start, at))
                self.defect(LexicalDefect.CONTROL_CHARACTER, start, at)
            elif group == 4:
                kind = _SPECIALS.get(value[start])
                if kind is None and (end := self.other(start)):
                    at = end
                else:
                    tokens.append(Token(kind or Kind.JUNK, start, at))
        return tokens, self.defects

    def other(self, start: int) -> int:
        """Read what the character at `start` opens; the offset behind it, 0 where it opens nothing or is never closed."""
        match self.value[start]:
            case 0x28:
                return self._comment(start)
            case 0x22:
                return self._enclosed(start, Kind.QUOTED, LexicalDefect.UNCLOSED_QUOTE)
            case 0x5B:
                return self._enclosed(start, Kind.LITERAL, LexicalDefect.UNCLOSED_LITERAL)
        return 0

    def defect(self, kind: LexicalDefect, start: int, end: int) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= MAX_ADDRESS_DEFECTS:
            self.defects.append((kind, start, end))

    def _unclosed(self, kind: LexicalDefect, start: int) -> int:
        self.broken.add(kind)
        self.defect(kind, start, start + 1)
        return 0

    def _comment(self, start: int) -> int:
        depth = 0
        if LexicalDefect.UNCLOSED_COMMENT not in self.broken:
            deepest = 0
            for match in _COMMENT.finditer(self.value, start):
                run = match.end() - match.start()
                match self.value[match.start()]:
                    case 0x28:
                        depth += run
                        deepest = max(deepest, depth)
                    case 0x29 if depth <= run:
                        end = match.start() + depth
                        if deepest > MAX_COMMENT_DEPTH:
                            self.defect(LexicalDefect.DEEP_COMMENT, start, end)
                        return end
                    case 0x29:
                        depth -= run
        return self._unclosed(LexicalDefect.UNCLOSED_COMMENT, start) if depth else 0

    def _enclosed(self, start: int, kind: Kind, defect: LexicalDefect) -> int:
        if defect in self.broken:
            return 0
        close = 0x22 if kind is Kind.QUOTED else 0x5D
        for match in (_QUOTED if kind is Kind.QUOTED else _LITERAL).finditer(self.value, start + 1):
            if self.value[match.start()] == close:
                self.tokens.append(Token(kind, start, match.end()))
                return match.end()
            if match[0] == b"[":
                break
        return self._unclosed(defect, start)


def without_comments(value: bytes) -> bytes:
    """`value` with a space for each comment outside of quoted strings; where one is never closed, from there on unchanged."""
    if b"(" not in value:
        return value
    lexer = _Lexer(value)
    pieces: list[bytes] = []
    done = at = 0
    while (match := _OPENING.search(value, at)) is not None and (end := lexer.other(match.start())):
        if value[match.start()] == 0x28:
            pieces += (value[done : match.start()], b" ")
            done = end
        at = end
    return b"".join((*pieces, value[done:]))


_CLAUSE = re.compile(r"[ \t\r\n]*([^ \t\r\n();]+|[();])")
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)


def clauses(value: str) -> tuple[list[tuple[str, bool]], str] | None:
    """The words and comments (marked True, without their parentheses) of a trace field, and the date behind its `;`.

    None where a comment is not closed, or there is no date, or more than one semicolon.
    """
    items: list[tuple[str, bool]] = []
    date: list[str] | None = None
    at = 0
    while (match := _CLAUSE.match(value, at)) is not None:
        at = match.end()
        text = match[1]
        if text == "(":
            end = _comment_end(value, at)
            if end is None:
                return None
            if date is None:
                items.append((value[at : end - 1], True))
            at = end
        elif text == ")" or (text == ";" and date is not None):
            return None
        elif text == ";":
            date = []
        elif date is None:
            items.append((text, False))
        else:
            date.append(text)
    return None if date is None else (items, " ".join(date))


def _comment_end(value: str, at: int) -> int | None:
    """The offset behind the parenthesis that closes the comment whose content begins at `at`."""
    depth = 1
    for match in _PARENTHESIS.finditer(value, at):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return None


def unquoted(quoted: bytes) -> bytes:
    """The content of a quoted string or domain literal: without its delimiters, quoted pairs resolved, unfolded."""
    return _PAIR.sub(rb"\1", _FOLD.sub(b"", quoted[1:-1]))


def quoted(content: bytes) -> bytes:
    """`content` as a quoted string."""
    return b'"' + content.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
