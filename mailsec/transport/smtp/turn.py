"""A script turned round: what a server does to be the one that the script speaks to.

Replies become answers and commands what is waited for. Where the script sends several commands in one piece, each is answered
as soon as it is read, so that a client that waits for every reply gets on as well as one that does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mailsec.transport.smtp.commands import END_OF_DATA
from mailsec.transport.smtp.script import Connection, How, Reply, Say, Script, SkipUnless, Step
from mailsec.transport.smtp.template import Reference, Template


@dataclass(frozen=True, slots=True)
class Await:
    """A command: the line that the script has, and the step that it (or its end) belongs to."""

    step: int
    text: Template


@dataclass(frozen=True, slots=True)
class AwaitContent:
    """A message or a piece of one: what the steps send, up to the last."""

    steps: tuple[int, ...]

    @property
    def step(self) -> int:
        """The last of them."""
        return self.steps[-1]


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of the script."""

    step: int
    reply: Reply
    last: bool = False  # no other reply follows it


@dataclass(frozen=True, slots=True)
class Other:
    """A directive."""

    step: int
    directive: Step


Parts: TypeAlias = tuple[bytes | Reference, ...]
Turn: TypeAlias = Await | AwaitContent | Answer | Other


def connections(script: Script) -> int:
    """How many connections the script is about: the highest number."""
    return max([1, *(step.number for step in script.steps if isinstance(step, Connection))])


def turned(script: Script, number: int) -> tuple[Turn, ...]:
    """What the server's side of connection `number` does, in order."""
    return tuple(_marked(list(_Turner().all(script, number))))


def _marked(turns: Sequence[Turn]) -> Iterator[Turn]:
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        if isinstance(turn, Answer) and not isinstance(following, Answer):
            yield Answer(turn.step, turn.reply, last=True)
        else:
            yield turn


class _Turner:
    def __init__(self) -> None:
        self._awaited: list[Turn] = []
        self._answers: list[Answer] = []
        self._half: Parts = ()  # the parts of a line without its end yet
        self._content: list[int] | None = None
        self._chunk = False

    def all(self, script: Script, number: int) -> Iterator[Turn]:
        here = 1
        for index, step in enumerate(script.steps):
            if isinstance(step, Connection):
                here = step.number
            elif here == number:
                yield from self._step(index, step)
        self._end_chunk()
        yield from self._exchange()

    def _step(self, index: int, step: Step) -> Iterator[Turn]:
        if isinstance(step, Say):
            if self._answers:
                yield from self._exchange()
            self._say(index, step)
            return
        self._end_chunk()
        if isinstance(step, Reply):
            self._answers.append(Answer(index, step))
            if 354 in step.expected.codes and step.expected.codes.example == 354:
                self._content = []
            return
        yield from self._exchange()
        if not isinstance(step, SkipUnless):
            yield Other(index, step)

    def _exchange(self) -> Iterator[Turn]:
        """Commands and replies by turns."""
        awaited, answers = self._awaited, self._answers
        self._awaited, self._answers = [], []
        for at in range(max(len(awaited), len(answers))):
            yield from awaited[at : at + 1]
            yield from answers[at : at + 1]

    def _end_chunk(self) -> None:
        if self._chunk and self._content:
            self._awaited.append(AwaitContent(tuple(self._content)))
        if self._chunk:
            self._chunk, self._content = False, None

    def _say(self, index: int, step: Say) -> None:
        if self._chunk and step.how is How.LINE:
            self._end_chunk()
        if self._content is not None:
            self._content.append(index)
            if not self._chunk and _ends_content(step):
                self._awaited.append(AwaitContent(tuple(self._content)))
                self._content = None
            return
        parts = (*self._half, *step.text.parts, *((b"\r\n",) if step.how is How.LINE else ()))
        *lines, self._half = _lines(parts)
        self._awaited.extend(Await(index, Template(line)) for line in lines)
        if lines and _begins(lines[-1], b"BDAT "):
            self._chunk, self._content = True, []


def _ends_content(step: Say) -> bool:
    if step.how is How.LINE:
        return step.text.parts == (b".",)
    return step.how is How.RAW and any(isinstance(part, bytes) and END_OF_DATA in b"\r\n" + part for part in step.text.parts)


def _begins(line: Parts, verb: bytes) -> bool:
    return bool(line) and isinstance(line[0], bytes) and line[0].upper().startswith(verb)


def _lines(parts: Parts) -> list[Parts]:
    """`parts` cut behind each LF, without line ends; the last one is what has none."""
    lines: list[list[bytes | Reference]] = [[]]
    for part in parts:
        if not isinstance(part, bytes):
            lines[-1].append(part)
            continue
        first, *others = part.split(b"\n")
        lines[-1].append(first)
        lines.extend([other] for other in others)
    whole = [tuple(_without_cr(line)) for line in lines[:-1]]
    return [*whole, tuple(part for part in lines[-1] if part)]


def _without_cr(line: list[bytes | Reference]) -> Iterator[bytes | Reference]:
    for at, part in enumerate(line):
        kept = part.removesuffix(b"\r") if isinstance(part, bytes) and at == len(line) - 1 else part
        if kept:
            yield kept
