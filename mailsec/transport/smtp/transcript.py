"""The record of a dialogue as a script that can be run again, with comments.

Each line is kept twice, as it was and without secrets. A secret stands by its name, which is how a script would write it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mailsec.core.text import from_bytes, visible
from mailsec.transport.smtp.expect import Demand, Text, written
from mailsec.transport.smtp.masks import Masks
from mailsec.transport.smtp.script import How, Reply, Say
from mailsec.transport.smtp.template import Reference, Template, braced, escaped

Parts: TypeAlias = Sequence[bytes | Reference]

_RAW_PIECE = 8_192
_DEMANDED = (Demand.EXACT, Demand.PATTERN, Demand.GLOB, Demand.ABSENT)


@dataclass(slots=True)
class Transcript:
    """Collects the lines. `kept` are the variables that stay variables: secrets, and what is captured on the way."""

    values: Mapping[str, bytes]
    secrets: Collection[str]
    masks: Masks
    real: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def comment(self, words: str) -> None:
        """Something that is no statement."""
        for line in words.split("\n"):
            self._add(f"# {visible(line)}")

    def statement(self, source: str) -> None:
        """A statement as the script has it."""
        self._add(source)

    def _add(self, real: str, shown: str | None = None) -> None:
        self.real.append(real)
        self.shown.append(real if shown is None else shown)

    # --- the client

    def said(self, step: Say, text: Template, *, masked: bytes = b"") -> None:
        """What the client says by `step`; `masked` is what it is shown as where that is no matter of variables."""
        write: Callable[[bytes], str] = escaped if step.how is How.RAW else lambda data: braced(data).decode()
        real = self._rendered(text, write, hide=False)
        shown = masked.decode() if masked else self._rendered(text, write, hide=True)
        self._add(
            f"{step.how} {real}".rstrip(" ") if not real else f"{step.how} {real}", f"{step.how} {shown}" if shown else step.how
        )

    def _rendered(self, text: Template, write: Callable[[bytes], str], *, hide: bool) -> str:
        """`text` with the variables in it that are neither secret nor captured replaced by their values."""
        out: list[str] = []
        for part in text.parts:
            if isinstance(part, bytes):
                data = part
            elif part.name in self.values and not (hide and part.name in self.secrets):
                data = Template((part,)).fill(self.values)
            else:
                out.append(part.source.decode())
                continue
            parts: Parts = self.masks.parts(data) if hide else [data]
            out.extend(write(each) if isinstance(each, bytes) else each.source.decode() for each in parts)
        return "".join(out)

    def line(self, data: bytes, *, content: bool, masked: bytes = b"") -> None:
        """One line of the client as it went over the wire."""
        for real in _line_statements([data], content):
            self.real.append(real)
        hidden: Parts = [masked] if masked else self.masks.parts(data)
        if masked:
            self.shown.append(f"C: {from_bytes(masked)}")
        else:
            self.shown.extend(_line_statements(hidden, content))

    # --- the server

    def replied(self, step: Reply, code: int, lines: Sequence[bytes], *, strict: bool, fulfilled: bool) -> None:
        """A reply: as it came where the script demands no text, else what the script demands, and as a comment what came."""
        if fulfilled and not strict and not any(text.demand in _DEMANDED for text in step.expected.texts):
            self.reply(code, lines)
            return
        self._demanded(step)
        for each in lines:
            for kept, data in ((self.real, each), (self.shown, self.masks.hidden(each))):
                kept.append(f"# received: {code} {visible(from_bytes(data))}".rstrip())

    def reply(self, code: int, lines: Sequence[bytes]) -> None:
        """A reply, free in its texts."""
        for number, each in enumerate(lines, 1):
            start = f"S: {code}{' ' if number == len(lines) else '-'}"
            self._add((start + written(each)).rstrip(" "), (start + self._free(self.masks.parts(each))).rstrip(" "))

    def _free(self, parts: Parts) -> str:
        return "".join(
            written(part, first=not at) if isinstance(part, bytes) else part.source.decode() for at, part in enumerate(parts)
        )

    def _demanded(self, step: Reply) -> None:
        codes = step.expected.codes.source
        texts = step.expected.texts
        for number, text in enumerate(texts, 1):
            start = f"S: {codes}{' ' if number == len(texts) else '-'}"
            self._add(*(f"{start}{self._text(text, hide=hide)}".rstrip(" ") for hide in (False, True)))

    def _text(self, text: Text, *, hide: bool) -> str:
        """A text as the script has it, with its known variables replaced."""
        if not text.references:
            return text.source
        if text.demand is Demand.GLOB:
            return "*".join(
                "".join("?" if part is None else self._rendered(part, written, hide=hide) for part in piece)
                for piece in text.pieces
            )
        mark = {Demand.EXACT: "=", Demand.ABSENT: "!"}.get(text.demand, "")
        return mark + self._rendered(text.template, lambda data: written(data, first=not mark), hide=hide)


def _line_statements(parts: Parts, content: bool) -> Iterator[str]:
    """A line of the client as statements; secrets in it are variables."""
    data = b"".join(part if isinstance(part, bytes) else part.source for part in parts)
    if (text := _plain(data, content)) is not None:
        start = 1 if content and text.startswith("..") else 0
        names = [part for part in parts if isinstance(part, Reference)]
        if not names:
            yield f"C: {braced(text[start:].encode()).decode()}" if text[start:] else "C:"
            return
    for part in parts:
        if isinstance(part, Reference):
            yield f"C\\: {part.source.decode()}"
            continue
        for at in range(0, len(part), _RAW_PIECE):
            yield f"C\\: {escaped(part[at : at + _RAW_PIECE])}"


def _plain(data: bytes, content: bool) -> str | None:
    """The text of a line that `C:` can say, or None."""
    if not data.endswith(b"\r\n") or len(data) > _RAW_PIECE:
        return None
    try:
        text = data[:-2].decode()
    except UnicodeDecodeError:
        return None
    if visible(text.replace("\t", " ")) != text.replace("\t", " ") or (content and text == ".."):
        return None
    return text if not (content and text.startswith(".") and not text.startswith("..") and text != ".") else None
