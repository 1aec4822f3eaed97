"""Base64 as the standard has it (RFC 2045 section 6.8) and as lenient software reads it."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import NamedTuple

from mailsec.core.limits.message import MAX_BASE64_BLOCKS
from mailsec.core.limits.sender import BODY_CHUNK
from mailsec.message.encoded import Decoded, DecodeDefect, Decoder, Octets, lines, pieces

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_EVERY = bytes(range(256))
_SPACE = b" \t\r\n\v\f"
_NOT_BASE64 = _EVERY.translate(None, _ALPHABET + b"=")
_NOT_BASE64URL = _EVERY.translate(None, _ALPHABET + b"=-_")
_URL_TO_PLAIN = bytes.maketrans(b"-_", b"+/")
_BASE64_OR_SPACE = _ALPHABET + b"=" + _SPACE
_TAIL = 64
"""Octets at the end in which line ends are passed over; few texts end with more of them."""


class _Lines(NamedTuple):
    """Base64 in lines of which all but the last have one length: `view`, without the line ends at its end, in lines of `step`
    octets, `ends` of them for the line end; `padding` is what it ends with."""

    view: memoryview
    step: int
    ends: int
    padding: int

    def blocks(self) -> Iterator[tuple[memoryview, int]]:
        """Whole lines together, and how many of the octets ought to be of the alphabet."""
        size = BODY_CHUNK // self.step * self.step
        for at in range(0, len(self.view), size):
            block = self.view[at : at + size]
            last = at + size >= len(self.view)
            yield block, len(block) - self.ends * (len(block) // self.step) - self.padding * last


def _regular(raw: Octets) -> _Lines | None:
    """`raw` where its lines are regular and in groups of four, so that nothing is wrong with it unless foreign characters are
    in it; else None."""
    tail = bytes(memoryview(raw)[-_TAIL:])
    view = memoryview(raw)[: len(raw) - len(tail) + len(tail.rstrip(b"\r\n"))]
    head = bytes(view[:BODY_CHUNK])
    step = head.find(b"\n") + 1
    ends = 2 if head.endswith(b"\r\n", 0, step) else 1
    if not step:
        step, ends = len(view) + 1, 1  # one line, whose end is no longer there
    breaks = [bytes(view[step - at :: step]).strip(octet) for at, octet in ((1, b"\n"), (2, b"\r"))[:ends]]
    if step > BODY_CHUNK or any(breaks) or (step - ends) % 4 or (len(view) - ends * (len(view) // step)) % 4:
        return None
    end = bytes(view[-2:])
    return _Lines(view, step, ends, len(end) - len(end.rstrip(b"=")))


def _plain(raw: Octets) -> bytes | None:
    """`raw` decoded, where nothing at all is wrong with it: whatever is skipped or left over makes the octets too few."""
    lines = _regular(raw)
    out = BytesIO()
    with suppress(ValueError):
        for block, characters in lines.blocks() if lines is not None else ():
            piece = a2b_base64(block)
            if len(piece) != characters * 3 // 4:
                return None
            out.write(piece)
        return None if lines is None else out.getvalue()
    return None


def _is_plain(raw: Octets) -> bool:
    """The same question, without decoding it."""
    lines = _regular(raw)
    return lines is not None and all(
        len(block) - len(bytes(block).translate(None, _ALPHABET)) == characters for block, characters in lines.blocks()
    )


def base64_defects(raw: Octets) -> tuple[DecodeDefect, ...]:
    """What is wrong with `raw` as base64, without decoding it."""
    return () if _is_plain(raw) else _defects(raw)


def _defects(raw: Octets) -> tuple[DecodeDefect, ...]:
    found: list[DecodeDefect] = []
    foreign = b"".join({piece.translate(None, _BASE64_OR_SPACE)[:64]: None for piece in pieces(raw)})
    if foreign:
        found.append(DecodeDefect.FOREIGN_CHARACTERS)
        if not foreign.strip(b"-_"):
            found.append(DecodeDefect.URL_ALPHABET)
    if sum(_uneven(piece) for piece in lines(raw)) > 1:
        found.append(DecodeDefect.UNEVEN_LINES)
    length = padding = 0
    for piece in pieces(raw):
        clean = piece.translate(None, _NOT_BASE64)
        body = clean.rstrip(b"=")
        if body and (padding or b"=" in body):
            found.append(DecodeDefect.DATA_AFTER_PADDING)
            return tuple(found)
        length += len(body)
        padding += len(clean) - len(body)
    if length % 4 == 1:
        found.append(DecodeDefect.INCOMPLETE)
    elif (length + padding) % 4:
        found.append(DecodeDefect.NO_PADDING)
    return tuple(found)


def _uneven(lines: bytes) -> int:
    """How many lines are not in groups of four; the last one does not count."""
    lengths = list(map(len, lines.split()[:-1]))
    return sum(1 for length in lengths if length % 4) if any(length % 4 for length in set(lengths)) else 0


def looks_like_base64(raw: Octets) -> bool:
    """True where `raw` is nothing but lines of base64, and too long for a word."""
    if len(raw) < 24:
        return False
    text = next(pieces(raw)).strip()
    return len(text) >= 24 and not text.translate(None, _ALPHABET + b"=\r\n") and b"\n\n" not in text


def decode_base64(raw: Octets, decoder: Decoder) -> Decoded:
    plain = _plain(raw)
    return _decoded(raw, decoder) if plain is None else Decoded(plain)


def _decoded(raw: Octets, decoder: Decoder) -> Decoded:
    """The same of any text, a step at a time."""
    out = BytesIO()
    if decoder is Decoder.BASE64:
        _decode_to_padding(raw, out)
    elif decoder is Decoder.BASE64_UNPADDED:
        _Quads(out).feed_all(piece.translate(None, _NOT_BASE64 + b"=") for piece in pieces(raw))
    elif decoder is Decoder.BASE64_ZERO:
        _decode_zero(raw, out)
    elif decoder is Decoder.BASE64_LINES:
        _decode_lines(raw, out)
    else:
        _decode_blocks(raw, out, url=decoder is Decoder.BASE64_URL)
    return Decoded(out.getvalue(), _defects(raw))


class _Quads:
    """A decoder of base64 without padding that is fed in pieces; four characters are three octets."""

    def __init__(self, out: BytesIO) -> None:
        self.out = out
        self.rest = b""

    def feed_all(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            self.feed(piece)
        self.end()

    def feed(self, clean: bytes) -> None:
        clean = self.rest + clean if self.rest else clean
        whole = len(clean) & ~3
        self.rest = clean[whole:]
        self.out.write(a2b_base64(clean[:whole]))

    def end(self) -> None:
        """The last group: of two characters one octet, of three two; a lone character is none."""
        if len(self.rest) > 1:
            self.out.write(a2b_base64(self.rest + b"=="[len(self.rest) - 2 :]))
        self.rest = b""


def _decode_to_padding(raw: Octets, out: BytesIO) -> None:
    quads = _Quads(out)
    for piece in pieces(raw):
        clean = piece.translate(None, _NOT_BASE64)
        end = clean.find(b"=")
        quads.feed(clean if end < 0 else clean[:end])
        if end >= 0 and (quads.rest or clean[end:].strip(b"=")):
            break
    quads.end()


def _decode_blocks(raw: Octets, out: BytesIO, *, url: bool) -> None:
    quads = _Quads(out)
    blocks = 0
    for piece in pieces(raw):
        clean = piece.translate(_URL_TO_PLAIN) if url else piece
        clean = clean.translate(None, _NOT_BASE64)
        if blocks >= MAX_BASE64_BLOCKS or b"=" not in clean:
            quads.feed(clean.replace(b"=", b""))
            continue
        first, *others = clean.split(b"=", MAX_BASE64_BLOCKS)
        quads.feed(first)
        for block in others:
            blocks += 1
            if block:
                quads.end()
                quads.feed(block.replace(b"=", b""))
        if clean.endswith(b"="):
            quads.end()
    quads.end()


def _decode_zero(raw: Octets, out: BytesIO) -> None:
    quads = _Quads(out)
    clean = b"".join(piece.translate(None, _NOT_BASE64) for piece in pieces(raw))
    quads.feed(clean.rstrip(b"=").replace(b"=", b"A"))
    quads.end()


_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=]")


def _decode_lines(raw: Octets, out: BytesIO) -> None:
    """Where padding stands in front of a line's data, the line is read without it."""
    for piece in lines(raw):
        for line in piece.split(b"\n"):
            stop = _FOREIGN.search(line)
            clean = (line[: stop.start()] if stop else line).lstrip(b"=")
            whole = clean.partition(b"=")[0]
            if b"=" in clean:
                whole += b"=" * (-len(whole) % 4 if len(whole) % 4 != 1 else 0)
            out.write(a2b_base64(whole[: len(whole) & ~3]))
