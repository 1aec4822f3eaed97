"""The syntax of expressions: text to tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mailsec.core.limits.transport import SMTP_PATTERN_DEPTH
from mailsec.transport.smtp.template import PatternError

_DIGITS = frozenset(b"0123456789")
WORD = _DIGITS | frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE = frozenset(b" \t\r\n\f\v")
_ALL = frozenset(range(256))
_ANY = _ALL - frozenset(b"\r\n")
_CLASSES = {"d": _DIGITS, "w": WORD, "s": _SPACE, "D": _ALL - _DIGITS, "W": _ALL - WORD, "S": _ALL - _SPACE}
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0}
_SPECIAL = set("\\^$.|?*+()[]{}/")


@dataclass(frozen=True, slots=True)
class Set:
    octets: frozenset[int]


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning or the end of the text."""

    end: bool


@dataclass(frozen=True, slots=True)
class Group:
    inner: Node
    number: int


@dataclass(frozen=True, slots=True)
class Repeat:
    inner: Node
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Row:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    choices: tuple[Node, ...]


Node: TypeAlias = Set | Edge | Group | Repeat | Row | Either


class Reader:
    """Text to tree."""

    def __init__(self, source: str, fold: bool) -> None:
        self.text, self.at, self.fold = source, 0, fold
        self.names: dict[str, int] = {}
        self.groups = 0
        self.depth = 0

    def whole(self) -> Node:
        tree = self._either()
        if self.at < len(self.text):
            raise PatternError("a ) without its (", self.at)
        return tree

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        found = self._peek()
        self.at += 1
        return found

    def _eat(self, what: str) -> bool:
        if self.text.startswith(what, self.at):
            self.at += len(what)
            return True
        return False

    def _either(self) -> Node:
        choices = [self._row()]
        while self._eat("|"):
            choices.append(self._row())
        return choices[0] if len(choices) == 1 else Either(tuple(choices))

    def _row(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return Row(tuple(parts))

    def _repeated(self, atom: Node) -> Node:
        start = self.at
        least, most = self._counts()
        if least < 0:
            return atom
        if isinstance(atom, Edge):
            raise PatternError("nothing that could be repeated", start)
        greedy = not self._eat("?")
        if self._peek() in ("*", "+"):
            raise PatternError("a repetition of a repetition", self.at)
        return Repeat(atom, least, most, greedy)

    def _counts(self) -> tuple[int, int | None]:
        """How often the thing before may stand; (-1, …) where nothing is said."""
        if self._eat("*"):
            return 0, None
        if self._eat("+"):
            return 1, None
        if self._eat("?"):
            return 0, 1
        if self._peek() != "{":
            return -1, None
        start = self.at
        inside, closed, _ = self.text[start + 1 :].partition("}")
        low, comma, high = inside.partition(",")
        if not closed or not _small(low) or (high and not _small(high)):
            raise PatternError("a { is written \\{, or counts as in {2,4}", start)
        least, most = int(low), int(high) if high else None if comma else int(low)
        if most is not None and most < least:
            raise PatternError("the higher count stands first", start)
        self.at += len(inside) + 2
        return least, most

    def _atom(self) -> Node:
        start = self.at
        match self._take():
            case "(":
                return self._group(start)
            case "." | "[" | "\\" as sign:
                octets = _ANY if sign == "." else self._class(start) if sign == "[" else self._escape(start)
                return Set(self._folded(octets))
            case "^" | "$" as sign:
                return Edge(sign == "$")
            case "*" | "+" | "?" | "{":
                raise PatternError("nothing that could be repeated", start)
            case char:
                parts = tuple(Set(self._folded(frozenset((octet,)))) for octet in char.encode())
                return parts[0] if len(parts) == 1 else Row(parts)

    def _folded(self, octets: frozenset[int]) -> frozenset[int]:
        if not self.fold:
            return octets
        return octets | {octet ^ 0x20 for octet in octets if 0x41 <= octet & 0xDF <= 0x5A}

    def _group(self, start: int) -> Node:
        self.depth += 1
        if self.depth > SMTP_PATTERN_DEPTH:
            raise PatternError(f"more than {SMTP_PATTERN_DEPTH} parentheses within each other", start)
        number = 0
        if self._eat("?P<") or (not self.text.startswith(("?<=", "?<!"), self.at) and self._eat("?<")):
            name, closed, _ = self.text[self.at :].partition(">")
            if not closed or not name.isidentifier() or not name.isascii() or len(name) > 32 or name in self.names:
                raise PatternError("a group's name is letters, digits and _, and used once", self.at)
            self.at += len(name) + 1
            self.groups += 1
            number = self.names[name] = self.groups
        elif not self._eat("?:") and self._peek() == "?":
            raise PatternError("of groups there are ( ), (?: ) and (?P<name> )", start)
        inner = self._either()
        if not self._eat(")"):
            raise PatternError("a ( without its )", start)
        self.depth -= 1
        return Group(inner, number) if number else inner

    def _escape(self, start: int) -> frozenset[int]:
        char = self._take()
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _CONTROLS:
            return frozenset((_CONTROLS[char],))
        if char == "x":
            digits = self.text[self.at : self.at + 2]
            if len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
                self.at += 2
                return frozenset((int(digits, 16),))
            raise PatternError("\\x takes two hexadecimal digits", start)
        if not char or (char.isalnum() and char.isascii()):
            raise PatternError("not an escape that is known here", start)
        if not char.isascii():
            raise PatternError("only ASCII can be escaped", start)
        return frozenset(char.encode())

    def _class(self, start: int) -> frozenset[int]:
        negated = self._eat("^")
        octets: set[int] = set()
        first = True
        while first or self._peek() != "]":
            if not self._peek():
                raise PatternError("a [ without its ]", start)
            first = False
            low = self._member()
            if self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._member()
                if len(low) != 1 or len(high) != 1 or min(low) > min(high):
                    raise PatternError("not a range", self.at - 1)
                octets.update(range(min(low), min(high) + 1))
            else:
                octets.update(low)
        self.at += 1
        return _ALL - octets if negated else frozenset(octets)

    def _member(self) -> frozenset[int]:
        start = self.at
        char = self._take()
        if char == "\\":
            return self._escape(start)
        if not char.isascii():
            raise PatternError("between [ and ] stands ASCII only", start)
        return frozenset(char.encode())


def _small(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4
