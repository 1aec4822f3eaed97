"""What a script says with variables and escapes in it: `{name}`, `{name:base64}`, `\\r \\n \\t \\\\ \\xHH`."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Container, Iterator, Mapping
from typing import NamedTuple

NAME = r"[A-Za-z_][A-Za-z0-9_-]{0,31}"
_REFERENCE = re.compile(r"\{\{(" + NAME + r"(?::base64)?)\}\}|\{(" + NAME + r")(:base64)?\}")
_BRACED = re.compile(rb"\{(" + NAME.encode() + rb"(?::base64)?)\}")
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.?)", re.DOTALL)
_ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\", "0": b"\0"}


class EscapeError(ValueError):
    """A backslash with something behind it that means nothing; `at` is its place."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class PatternError(ValueError):
    """What is written is no expression; `at` is the place of the character that shows it."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class Reference(NamedTuple):
    """A variable; `encoded` in base64. `at` is its place in the text it was read from."""

    name: str
    encoded: bool = False
    at: int = 0

    @property
    def source(self) -> bytes:
        """As scripts write it."""
        return f"{{{self.name}{':base64' if self.encoded else ''}}}".encode()


class Template(NamedTuple):
    """Octets and variables in turn."""

    parts: tuple[bytes | Reference, ...] = ()

    @property
    def references(self) -> tuple[Reference, ...]:
        """The variables in it."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    def fill(self, values: Mapping[str, bytes], hidden: Container[str] = ()) -> bytes:
        """The octets, each variable replaced by its value; those that are `hidden` or have none stay as they are written."""
        return b"".join(self._filled(values, hidden))

    def _filled(self, values: Mapping[str, bytes], hidden: Container[str]) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            elif part.name in hidden or part.name not in values:
                yield part.source
            else:
                yield b64encode(values[part.name]) if part.encoded else values[part.name]


def read(text: str, *, escapes: bool = False) -> Template:
    """The template written in `text`; `escapes` says that backslashes mean something. Raises EscapeError.

    `{{name}}` is the text `{name}`; braces around anything but a name are text too.
    """
    parts: list[bytes | Reference] = []
    at = 0
    for found in _REFERENCE.finditer(text):
        parts.append(_octets(text[at : found.start()], at, escapes))
        if found[1]:
            parts.append(f"{{{found[1]}}}".encode())
        else:
            parts.append(Reference(found[2], bool(found[3]), found.start()))
        at = found.end()
    parts.append(_octets(text[at:], at, escapes))
    return Template(tuple(_joined(parts)))


def _joined(parts: list[bytes | Reference]) -> Iterator[bytes | Reference]:
    run = b""
    for part in parts:
        if isinstance(part, bytes):
            run += part
            continue
        if run:
            yield run
        yield part
        run = b""
    if run:
        yield run


def _octets(text: str, start: int, escapes: bool) -> bytes:
    return unescaped(text, start) if escapes else text.encode()


def unescaped(text: str, start: int = 0) -> bytes:
    """The octets that `text` writes with escapes; `start` is its own place in the line."""
    parts: list[bytes] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        parts.append(text[at : found.start()].encode())
        code = found[1]
        if code in _ESCAPES:
            parts.append(_ESCAPES[code])
        elif len(code) == 3:
            parts.append(bytes((int(code[1:], 16),)))
        else:
            raise EscapeError("a backslash is one of \\r \\n \\t \\0 \\\\ \\xHH", start + found.start())
        at = found.end()
    return b"".join((*parts, text[at:].encode()))


def named(source: bytes) -> Reference:
    """The variable that `source` writes, braces included."""
    name, _, encoded = source[1:-1].decode().partition(":")
    return Reference(name, bool(encoded))


def escaped(data: bytes) -> str:
    """`data` as a script writes it where backslashes mean something: the inverse of `read(…, escapes=True)`."""
    short = {0x5C: "\\\\", 0x0D: "\\r", 0x0A: "\\n", 0x09: "\\t"}
    return "".join(short.get(octet) or (chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}") for octet in braced(data))


def braced(data: bytes) -> bytes:
    """`data` with the braces doubled that would be taken for a variable's."""
    return _BRACED.sub(rb"{{\1}}", data) if b"{" in data else data


# XXX
