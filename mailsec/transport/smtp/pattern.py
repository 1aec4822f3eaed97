"""Regular expressions whose time grows with the text and never faster: a server chooses the text that they are run on.

The syntax is what everybody writes: `. [a-z] [^x] \\d \\w \\s ^ $ | ( ) (?: ) (?P<name> ) * + ? {m,n}`, also lazy. There are no
backreferences and no lookaround, since they are what makes matching exponential. All alternatives are followed at once (a Pike
machine), so that a text of n octets costs at most n times the size of the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mailsec.core.limits.transport import SMTP_PATTERN_SIZE
from mailsec.transport.smtp.pattern_syntax import WORD, Edge, Either, Group, Node, Reader, Repeat, Row, Set
from mailsec.transport.smtp.template import PatternError


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
    reader = Reader(source, fold)
    tree = reader.whole()
    program = _Program()
    program.add(tree)
    example = bytearray()
    _show(tree, example)
    return Pattern(source, tuple(reader.names), (*program.ops, _Op(accepts=True)), dict(reader.names), bytes(example))


class _Program:
    """Tree to program, in at most `SMTP_PATTERN_SIZE` steps, however often what is repeated is empty."""

    def __init__(self) -> None:
        self.ops: list[_Op] = [_Op(slot=0)]
        self._work = 0

    def add(self, node: Node) -> None:
        """Add the program of `node`."""
        self._work += 1
        if self._work > SMTP_PATTERN_SIZE:
            raise PatternError(f"an expression of more than {SMTP_PATTERN_SIZE} steps", 0)
        match node:
            case Set():
                self.ops.append(_Op(octets=node.octets))
            case Edge():
                self.ops.append(_Op(edge=int(node.end)))
            case Row():
                for part in node.parts:
                    self.add(part)
            case Group():
                self.ops.append(_Op(slot=2 * node.number))
                self.add(node.inner)
                self.ops.append(_Op(slot=2 * node.number + 1))
            case Either():
                self._either(node)
            case Repeat():
                self._repeat(node)

    def _gap(self) -> int:
        """A place that is filled in later."""
        self.ops.append(_Op())
        return len(self.ops) - 1

    def _either(self, node: Either) -> None:
        leaps: list[int] = []
        for choice in node.choices[:-1]:
            fork = self._gap()
            self.add(choice)
            leaps.append(self._gap())
            self.ops[fork] = _Op(to=(fork + 1, len(self.ops)))
        self.add(node.choices[-1])
        for leap in leaps:
            self.ops[leap] = _Op(to=(len(self.ops),))

    def _repeat(self, node: Repeat) -> None:
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


def _show(node: Node, into: bytearray) -> None:
    """Add a text that `node` matches; the program has bounded how much that can be."""
    match node:
        case Set():
            into.append(min(node.octets, key=_plainness, default=0x3F))
        case Row():
            for part in node.parts:
                _show(part, into)
        case Group():
            _show(node.inner, into)
        case Either():
            _show(node.choices[0], into)
        case Repeat():
            for _ in range(max(node.least, 1 if node.most is None or node.most else 0)):
                _show(node.inner, into)
        case Edge():
            pass


def _plainness(octet: int) -> tuple[int, int]:
    rank = 0 if octet in WORD else 1 if 0x20 <= octet < 0x7F else 2
    return rank, octet
