"""Content in pieces that follow each other, so that a large body is passed on, encoded and written without copies of the whole.

A piece may be a view into a message; whoever keeps pieces keeps the message.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from struct import unpack_from
from typing import TypeAlias

from mailsec.core.limits.sender import BODY_CHUNK
from mailsec.message.encoded import Octets

Pieces: TypeAlias = Sequence[Octets]

_LINE, _COLUMNS = 57, 76
"""Octets in a line of base64, and the characters that they become (RFC 2045 section 6.8)."""
_BLOCK = BODY_CHUNK // _LINE * _LINE


def size(content: Pieces) -> int:
    """The octets of all pieces together."""
    return sum(map(len, content))


def chunks(content: Iterable[Octets], largest: int = BODY_CHUNK) -> Iterator[Octets]:
    """The same octets in pieces that are not larger than `largest`."""
    for piece in content:
        if len(piece) <= largest:
            yield piece
        else:
            view = memoryview(piece)
            yield from (view[at : at + largest] for at in range(0, len(view), largest))


def contains(content: Pieces, wanted: bytes) -> bool:
    """True where `wanted` stands somewhere in the content, across pieces too."""
    before = b""
    for chunk in chunks(content):
        text = before + chunk
        if wanted in text:
            return True
        before = text[max(len(text) - len(wanted) + 1, 0) :]
    return False


def gathered(content: Iterable[Octets], *, lf_only: bool = False) -> bytes:
    """All of it in one; with `lf_only` each CRLF is written as LF. Each piece is let go as soon as it is written."""
    out = BytesIO()
    if not lf_only:
        out.writelines(content)
        return out.getvalue()
    held = b""
    for chunk in chunks(content):
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        out.write(text[: len(text) - len(held)].replace(b"\r\n", b"\n"))
    out.write(held)
    return out.getvalue()


def base64_lines(content: Iterable[Octets]) -> Iterator[bytes]:
    """The content in base64, in lines of 76 characters that end with CRLF, many of them in a piece."""
    held = b""
    for chunk in chunks(content):
        block = held + chunk
        if len(block) < _BLOCK:
            held = block
            continue
        whole = len(block) // _LINE * _LINE
        yield _lines(block[:whole])
        held = block[whole:]
    if held:
        yield _lines(held)


def _lines(block: bytes) -> bytes:
    text = b2a_base64(block, newline=False)
    whole = len(text) // _COLUMNS
    # all in one call, which takes half as long as to slice them off
    lines = [*unpack_from(f"{_COLUMNS}s" * whole, text), text[whole * _COLUMNS :]]
    return b"\r\n".join(lines if not lines[-1] else [*lines, b""])
