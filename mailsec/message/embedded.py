"""Files that stand in the text of a part: uuencode, yEnc and BinHex blocks, which many programs show as attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailsec.core.limits.message import MAX_READ_LEAVES
from mailsec.core.text import from_bytes
from mailsec.message.decode import Decoder
from mailsec.message.names import FileName
from mailsec.message.uuencode import UU_BEGIN, YENC_BEGIN, uu_end, yenc_end


class Block(NamedTuple):
    """One block: its octets in the text that was searched, how to decode it, and the name it gives."""

    start: int
    end: int
    decoder: Decoder
    names: tuple[FileName, ...]


_MARKS = (b"begin ", b"begin-base64 ")
_BINHEX = re.compile(rb"(?m)^\(This file must be converted with BinHex 4\.0\)[ \t\r\n]*:")
_LINE = re.compile(rb"[^\r\n]*")
_UU_TEXT = re.compile(rb"[ -`]+")


def has_mark(data: bytes, start: int, end: int) -> bool:
    """True where `data` may hold a block between these offsets; a look of a few microseconds."""
    begun = data.find(b"egin", start, end) >= 0 and any(data.find(mark, start, end) >= 0 for mark in _MARKS)
    return begun or data.find(b"BinHex 4.0)", start, end) >= 0


def blocks(data: bytes, start: int, end: int) -> Iterator[Block]:
    """The blocks between these offsets, in order; none within another."""
    waiting = {find: find(data, start, end) for find in (_uu, _yenc, _binhex)}
    for _ in range(MAX_READ_LEAVES):
        block = min(filter(None, waiting.values()), default=None)
        if block is None:
            return
        yield block
        for find, found in waiting.items():
            # what lies behind the block is not looked for again, or many blocks of one kind would take quadratic time
            if found is not None and found.start < block.end:
                waiting[find] = find(data, max(block.end, block.start + 1), end)


def _uu(data: bytes, start: int, end: int) -> Block | None:
    """A begin line counts where an encoded line or the end follows: people write such lines in prose."""
    for match in UU_BEGIN.finditer(data, start, end):
        line = _LINE.match(data, match.end() + 1, min(end, match.end() + 100))
        if line and (_is_uu(line[0]) or match[1]):
            name = FileName(from_bytes(match[3]).strip(), "begin line")
            return Block(match.start(), uu_end(data, match.end(), end), Decoder.UUENCODE, (name,))
    return None


def _is_uu(line: bytes) -> bool:
    """True for a line whose first character says how long it is, as far as programs that cut spaces leave it."""
    if line.rstrip() in (b"", b"`", b"end"):
        return True
    needed = ((line[0] - 32 & 63) + 2) // 3 * 4
    return _UU_TEXT.fullmatch(line) is not None and needed - 8 <= len(line) - 1 <= needed + 2


def _yenc(data: bytes, start: int, end: int) -> Block | None:
    match = YENC_BEGIN.search(data, start, end)
    if match is None:
        return None
    name = FileName(from_bytes(match[1]).strip(), "ybegin line")
    return Block(match.start(), yenc_end(data, match.end(), end), Decoder.YENC, (name,))


def _binhex(data: bytes, start: int, end: int) -> Block | None:
    match = _BINHEX.search(data, start, end)
    if match is None:
        return None
    stop = data.find(b":", match.end(), end)
    return Block(match.start(), stop + 1 if stop >= 0 else end, Decoder.BINHEX, ())
