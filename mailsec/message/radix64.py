"""Base64 as the standard has it (RFC 2045 section 6.8) and as lenient software reads it."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

from mailsec.core.limits import BODY_CHUNK, MAX_BASE64_BLOCKS
from mailsec.message.encoded import Decoded, DecodeDefect, Decoder, Octets, lines, pieces

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_EVERY = bytes(range(256))
_SPACE = b" \t\r\n\v\f"
_NOT_BASE64 = _EVERY.translate(None, _ALPHABET + b"=")
_NOT_BASE64URL = _EVERY.translate(None, _ALPHABET + b"=-_")
_URL_TO_PLAIN = bytes.maketrans(b"-_", b"+/")
_BASE64_OR_SPACE = _ALPHABET + b"=" + _SPACE


def _joined(raw: Octets) -> bytes | None:
    """Base64 without its line ends, where all lines but the last have one length, of whole groups of four; else None."""
    text = bytes(raw).rstrip(b"\r\n")
    length = text.find(b"\r\n")
    if length < 0:
        return text
    crs, lfs = text[length :: length + 2], text[length + 1 :: length + 2]
    if length % 4 or crs.count(b"\r") != len(crs) or lfs.count(b"\n") != len(lfs):
        return None
    return text.translate(None, b"\r\n")


def _is_plain_base64(raw: Octets) -> bool:
    """True where nothing at all is wrong with it."""
    text = _joined(raw)
    if text is None or len(text) % 4:
        return False
    rest = text.translate(None, _ALPHABET)
    return not rest or (rest in (b"=", b"==") and text.endswith(rest))


def base64_defects(raw: Octets) -> tuple[DecodeDefect, ...]:
    """What is wrong with `raw` as base64, without decoding it."""
    if len(raw) <= BODY_CHUNK and _is_plain_base64(raw):
        return ()
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
    if len(raw) <= BODY_CHUNK and (joined := _joined(raw)) is not None:
        with suppress(ValueError):
            return Decoded(a2b_base64(joined, strict_mode=True))
    defects = base64_defects(raw)
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
    return Decoded(out.getvalue(), defects)


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
