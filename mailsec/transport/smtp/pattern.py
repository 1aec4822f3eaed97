"""Regular expressions whose time grows with the text and never faster: a server chooses the text that they are run on.

The syntax is what everybody writes: `. [a-z] [^x] \\d \\w \\s ^ $ | ( ) (?: ) (?P<name> ) * + ? {m,n}` and the lazy forms of the
last four. Backreferences and lookaround do not exist here, since they are what makes matching exponential. All alternatives are
followed at once (a Pike machine), so that a text of n octets costs at most n times the size of the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mailsec.core.limits import SMTP_PATTERN_DEPTH, SMTP_PATTERN_SIZE

_DIGITS = frozenset(b"0123456789")
_WORD = _DIGITS | frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE = frozenset(b" \t\r\n\f\v")
_ALL = frozenset(range(256))
_ANY = _ALL - frozenset(b"\r\n")
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE, "D": _ALL - _DIGITS, "W": _ALL - _WORD, "S": _ALL - _SPACE}
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0}
_SPECIAL = set("\\^$.|?*+()[]{}/")


class PatternError(ValueError):
    """What is written is no expression; `at` is the place of the character that shows it."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


# --- the tree


@dataclass(frozen=True, slots=True)
class _Set:
    octets: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Edge:
    """The beginning or the end of the text."""

    end: bool


@dataclass(frozen=True, slots=True)
class _Group:
    inner: _Node
    number: int


@dataclass(frozen=True, slots=True)
class _Repeat:
    inner: _Node
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class _Row:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    choices: tuple[_Node, ...]


_Node = _Set | _Edge | _Group | _Repeat | _Row | _Either


# --- the program: one tuple an instruction


class _Op(NamedTuple):
    """`octets`: one of them goes on. Else a fork to `to` in order, a mark (`slot`), an edge, or the end."""

    octets: frozenset[int] | None = None
    to: tuple[int, ...] = ()
    slot: int = -1
    edge: int = -1  # 0 the beginning, 1 the end
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled expression. `names` are its named groups."""

    source: str
    names: tuple[str, ...]
    _ops: tuple[_Op, ...] = field(repr=False)
    _slots: Mapping[str, int] = field(repr=False)
    _example: bytes = field(repr=False)

    def search(self, text: bytes) -> Mapping[str, bytes] | None:
        """What the named groups match at the first place where the expression matches, or None; groups left out are b""."""
        marks = self._search(text)
        if marks is None:
            return None
        return {name: text[marks.get(2 * n, 0) : marks.get(2 * n + 1, 0)] for name, n in self._slots.items()}

    def span(self, text: bytes) -> tuple[int, int] | None:
        """Where the expression matches first."""
        marks = self._search(text)
        return None if marks is None else (marks[0], marks[1])

    @property
    def example(self) -> bytes:
        """A text that the expression matches, as plain as there is."""
        return self._example

    def _search(self, text: bytes) -> Mapping[int, int] | None:
        threads: list[tuple[int, Mapping[int, int]]] = []
        best: Mapping[int, int] | None = None
        for at in range(len(text) + 1):
            if best is None:
                threads.append((0, {}))
            elif not threads:
                break
            ready, done = self._closure(threads, at, len(text))
            if done is not None:
                best = done
            octet = text[at] if at < len(text) else -1
            threads = [(pc + 1, marks) for pc, marks in ready if octet in (self._ops[pc].octets or ())]
        return best

    def _closure(
        self, threads: list[tuple[int, Mapping[int, int]]], at: int, end: int
    ) -> tuple[list[tuple[int, Mapping[int, int]]], Mapping[int, int] | None]:
        """The threads that wait for an octet, best first, and the marks of the one that matched; worse ones are dropped."""
        seen: set[int] = set()
        ready: list[tuple[int, Mapping[int, int]]] = []
        stack = threads[::-1]
        while stack:
            pc, marks = stack.pop()
            if pc in seen:
                continue
            seen.add(pc)
            op = self._ops[pc]
            if op.accepts:
                return ready, {**marks, 1: at}
            if op.octets is not None:
                ready.append((pc, marks))
            elif op.slot >= 0:
                stack.append((pc + 1, {**marks, op.slot: at}))
            elif op.edge >= 0:
                if at == (end if op.edge else 0):
                    stack.append((pc + 1, marks))
            else:
                stack.extend((to, marks) for to in reversed(op.to))
        return ready, None


def compile(source: str, *, fold: bool = False) -> Pattern:
    """The expression written in `source`; `fold` makes letters match in either case. Raises PatternError."""
    reader = _Reader(source, fold)
    tree = reader.whole()
    program = _Program()
    program.add(tree)
    example = bytearray()
    _show(tree, example)
    return Pattern(source, tuple(reader.names), (*program.ops, _Op(accepts=True)), dict(reader.names), bytes(example))


class _Reader:
    """Text to tree."""

    def __init__(self, source: str, fold: bool) -> None:
        self.text, self.at, self.fold = source, 0, fold
        self.names: dict[str, int] = {}
        self.groups = 0
        self.depth = 0

    def whole(self) -> _Node:
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

    def _either(self) -> _Node:
        choices = [self._row()]
        while self._eat("|"):
            choices.append(self._row())
        return choices[0] if len(choices) == 1 else _Either(tuple(choices))

    def _row(self) -> _Node:
        parts: list[_Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return _Row(tuple(parts))

    def _repeated(self, atom: _Node) -> _Node:
        start = self.at
        least, most = self._counts()
        if least < 0:
            return atom
        if isinstance(atom, _Edge):
            raise PatternError("nothing that could be repeated", start)
        greedy = not self._eat("?")
        if self._peek() in ("*", "+"):
            raise PatternError("a repetition of a repetition", self.at)
        return _Repeat(atom, least, most, greedy)

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

    def _atom(self) -> _Node:
        start = self.at
        match self._take():
            case "(":
                return self._group(start)
            case "[":
                return _Set(self._folded(self._class(start)))
            case ".":
                return _Set(_ANY)
            case "^":
                return _Edge(False)
            case "$":
                return _Edge(True)
            case "\\":
                return _Set(self._folded(self._escape(start)))
            case "*" | "+" | "?" | "{":
                raise PatternError("nothing that could be repeated", start)
            case char:
                octets = char.encode()
                parts = tuple(_Set(self._folded(frozenset((octet,)))) for octet in octets)
                return parts[0] if len(parts) == 1 else _Row(parts)

    def _folded(self, octets: frozenset[int]) -> frozenset[int]:
        if not self.fold:
            return octets
        return octets | {octet ^ 0x20 for octet in octets if 0x41 <= octet & 0xDF <= 0x5A}

    def _group(self, start: int) -> _Node:
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
        return _Group(inner, number) if number else inner

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


class _Program:
    """Tree to program, in at most `SMTP_PATTERN_SIZE` steps, however often what is repeated is empty."""

    def __init__(self) -> None:
        self.ops: list[_Op] = [_Op(slot=0)]
        self._work = 0

    def add(self, node: _Node) -> None:
        """Add the program of `node`."""
        self._work += 1
        if self._work > SMTP_PATTERN_SIZE:
            raise PatternError(f"an expression of more than {SMTP_PATTERN_SIZE} steps", 0)
        match node:
            case _Set():
                self.ops.append(_Op(octets=node.octets))
            case _Edge():
                self.ops.append(_Op(edge=int(node.end)))
            case _Row():
                for part in node.parts:
                    self.add(part)
            case _Group():
                self.ops.append(_Op(slot=2 * node.number))
                self.add(node.inner)
                self.ops.append(_Op(slot=2 * node.number + 1))
            case _Either():
                self._either(node)
            case _Repeat():
                self._repeat(node)

    def _gap(self) -> int:
        """A place that is filled in later."""
        self.ops.append(_Op())
        return len(self.ops) - 1

    def _either(self, node: _Either) -> None:
        leaps: list[int] = []
        for choice in node.choices[:-1]:
            fork = self._gap()
            self.add(choice)
            leaps.append(self._gap())
            self.ops[fork] = _Op(to=(fork + 1, len(self.ops)))
        self.add(node.choices[-1])
        for leap in leaps:
            self.ops[leap] = _Op(to=(len(self.ops),))

    def _repeat(self, node: _Repeat) -> None:
        for _ in range(node.least):
            self.add(node.inner)
        forks: list[int] = []
        for _ in range(1 if node.most is None else node.most - node.least):
            forks.append(self._gap())
            self.add(node.inner)
        if node.most is None:
            self.ops.append(_Op(to=(forks[0],)))
        for fork in forks:
            self.ops[fork] = _fork(fork + 1, len(self.ops), node.greedy)


def _fork(inner: int, after: int, greedy: bool) -> _Op:
    return _Op(to=(inner, after) if greedy else (after, inner))


def _show(node: _Node, into: bytearray) -> None:
    """Add a text that `node` matches; the program has bounded how much that can be."""
    match node:
        case _Set():
            into.append(min(node.octets, key=_plainness, default=0x3F))
        case _Row():
            for part in node.parts:
                _show(part, into)
        case _Group():
            _show(node.inner, into)
        case _Either():
            _show(node.choices[0], into)
        case _Repeat():
            for _ in range(max(node.least, 1 if node.most is None or node.most else 0)):
                _show(node.inner, into)
        case _Edge():
            pass


def _plainness(octet: int) -> tuple[int, int]:
    rank = 0 if octet in _WORD else 1 if 0x20 <= octet < 0x7F else 2
    return rank, octet
