"""Content transfer encodings taken off (RFC 2045 section 6), by the standard and as lenient software does it.

Linear, and in pieces: the memory that decoding takes beside its result is small, however large the content.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp, a2b_uu
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from io import BytesIO
from typing import NamedTuple, TypeAlias

from mailsec.core.limits import BODY_CHUNK, MAX_BASE64_BLOCKS

Octets: TypeAlias = bytes | memoryview


class Decoder(StrEnum):
    """How octets are decoded. The first of each kind is the standard's way, the others are ways of lenient software."""

    IDENTITY = "identity"
    QUOTED_PRINTABLE = "quoted-printable"
    QUOTED_PRINTABLE_LOOSE = "quoted-printable without stray signs"
    """An equals sign that begins no escape is dropped; the standard's way keeps it."""
    BASE64 = "base64"
    """Foreign characters are skipped, the first padding is the end."""
    BASE64_BLOCKS = "base64 in blocks"
    """Padding ends a block, and another one follows."""
    BASE64_UNPADDED = "base64 without padding"
    """Padding is skipped like any foreign character."""
    BASE64_LINES = "base64 by lines"
    """Each line by itself up to its first foreign character, what is left of an incomplete group of four is dropped."""
    BASE64_ZERO = "base64 with padding as zero bits"
    """Padding within the data counts as the letter A."""
    BASE64_URL = "base64url"
    """The alphabet of RFC 4648 section 5, in blocks."""
    UUENCODE = "uuencode"
    YENC = "yenc"
    BINHEX = "binhex"
    """Named, not decoded: nobody has sent it for twenty years."""


_DECODERS = {
    "base64": Decoder.BASE64,
    "quoted-printable": Decoder.QUOTED_PRINTABLE,
    "x-uuencode": Decoder.UUENCODE,
    "uuencode": Decoder.UUENCODE,
    "x-uue": Decoder.UUENCODE,
}


def decoder_of(encoding: str) -> Decoder:
    """How content with this Content-Transfer-Encoding, in lower case, is decoded by the standard."""
    return _DECODERS.get(encoding, Decoder.IDENTITY)


class DecodeDefect(StrEnum):
    """What can be wrong with encoded content."""

    FOREIGN_CHARACTERS = "foreign-characters"
    DATA_AFTER_PADDING = "data-after-padding"
    NO_PADDING = "no-padding"
    INCOMPLETE = "incomplete"
    UNEVEN_LINES = "uneven-lines"
    URL_ALPHABET = "url-alphabet"
    BAD_ESCAPE = "bad-escape"
    BAD_LINE = "bad-line"
    NO_END = "no-end"
    NOT_DECODED = "not-decoded"


class Decoded(NamedTuple):
    """Content without its transfer encoding, and what was wrong with it, each kind once."""

    data: bytes
    defects: tuple[DecodeDefect, ...] = ()


def decode(raw: Octets, decoder: Decoder) -> Decoded:
    """`raw` decoded. Never fails: what cannot be decoded is left out or left as it is, with a defect."""
    if decoder is Decoder.IDENTITY:
        return Decoded(bytes(raw))
    if decoder is Decoder.BINHEX:
        return Decoded(bytes(raw), (DecodeDefect.NOT_DECODED,))
    if decoder is Decoder.QUOTED_PRINTABLE or decoder is Decoder.QUOTED_PRINTABLE_LOOSE:
        return _quoted_printable(raw, stray=decoder is Decoder.QUOTED_PRINTABLE)
    if decoder is Decoder.UUENCODE or decoder is Decoder.YENC:
        return (_uuencode if decoder is Decoder.UUENCODE else _yenc)(bytes(raw))
    return _base64(raw, decoder)


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
    foreign = b"".join({piece.translate(None, _BASE64_OR_SPACE)[:64]: None for piece in _pieces(raw)})
    if foreign:
        found.append(DecodeDefect.FOREIGN_CHARACTERS)
        if not foreign.strip(b"-_"):
            found.append(DecodeDefect.URL_ALPHABET)
    if sum(_uneven(piece) for piece in _lines(raw)) > 1:
        found.append(DecodeDefect.UNEVEN_LINES)
    length = padding = 0
    for piece in _pieces(raw):
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
    text = next(_pieces(raw)).strip()
    return len(text) >= 24 and not text.translate(None, _ALPHABET + b"=\r\n") and b"\n\n" not in text


def _pieces(raw: Octets) -> Iterator[bytes]:
    if len(raw) <= BODY_CHUNK:
        yield bytes(raw)
        return
    view = memoryview(raw)
    for at in range(0, len(raw), BODY_CHUNK):
        yield bytes(view[at : at + BODY_CHUNK])


def _base64(raw: Octets, decoder: Decoder) -> Decoded:
    if len(raw) <= BODY_CHUNK and (joined := _joined(raw)) is not None:
        with suppress(ValueError):
            return Decoded(a2b_base64(joined, strict_mode=True))
    defects = base64_defects(raw)
    out = BytesIO()
    if decoder is Decoder.BASE64:
        _decode_to_padding(raw, out)
    elif decoder is Decoder.BASE64_UNPADDED:
        _Quads(out).feed_all(piece.translate(None, _NOT_BASE64 + b"=") for piece in _pieces(raw))
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
    for piece in _pieces(raw):
        clean = piece.translate(None, _NOT_BASE64)
        end = clean.find(b"=")
        quads.feed(clean if end < 0 else clean[:end])
        if end >= 0 and (quads.rest or clean[end:].strip(b"=")):
            break
    quads.end()


def _decode_blocks(raw: Octets, out: BytesIO, *, url: bool) -> None:
    quads = _Quads(out)
    blocks = 0
    for piece in _pieces(raw):
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
    clean = b"".join(piece.translate(None, _NOT_BASE64) for piece in _pieces(raw))
    quads.feed(clean.rstrip(b"=").replace(b"=", b"A"))
    quads.end()


_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=]")


def _decode_lines(raw: Octets, out: BytesIO) -> None:
    """Where padding stands in front of a line's data, the line is read without it."""
    for piece in _lines(raw):
        for line in piece.split(b"\n"):
            stop = _FOREIGN.search(line)
            clean = (line[: stop.start()] if stop else line).lstrip(b"=")
            whole = clean.partition(b"=")[0]
            if b"=" in clean:
                whole += b"=" * (-len(whole) % 4 if len(whole) % 4 != 1 else 0)
            out.write(a2b_base64(whole[: len(whole) & ~3]))


_SPACE_AT_END = re.compile(rb"[ \t](?:\r?\n|\Z)")
_TRAILING_SPACE = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_AT_END = (b" ", b"\t", b"=")
_ESCAPES = re.compile(rb"((?:=[0-9A-Fa-f]{2})+)|=(?:\r?\n|\Z)")


def plain_quoted_printable(raw: Octets) -> bytes | None:
    """`raw` decoded where each equals sign begins a good escape and no line ends in white space; else None.

    A good escape takes two octets away and a soft line end three; any other sign takes less, and the sum does not agree.
    """
    text = bytes(raw)
    if text[-1:] in _AT_END or b" \r" in text or b"\t\r" in text or b" \n" in text:
        return None
    content = a2b_qp(text)
    return content if len(text) - len(content) == 2 * text.count(b"=") + text.count(b"=\r\n") else None


def _quoted_printable(raw: Octets, *, stray: bool) -> Decoded:
    if len(raw) <= BODY_CHUNK and (plain := plain_quoted_printable(raw)) is not None:
        return Decoded(plain)
    out = BytesIO()
    bad = False
    for piece in _lines(raw):
        # white space at the end of a line was added by a transfer agent
        text = _TRAILING_SPACE.sub(b"", piece) if _SPACE_AT_END.search(piece) else piece
        if _BAD_ESCAPE.search(text):
            bad = True
            out.write(_ESCAPES.sub(_unescaped, text if stray else _BAD_ESCAPE.sub(b"", text)))
        else:
            out.write(a2b_qp(text))
    return Decoded(out.getvalue(), (DecodeDefect.BAD_ESCAPE,) if bad else ())


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].replace(b"=", b"").decode("ascii")) if match[1] else b""


def _lines(raw: Octets) -> Iterator[bytes]:
    """`raw` in pieces that end with a line, unless a line is longer than a piece: then the piece ends before an `=`."""
    if len(raw) <= BODY_CHUNK:
        yield bytes(raw)
        return
    rest = b""
    for piece in _pieces(raw):
        whole = rest + piece
        end = whole.rfind(b"\n") + 1
        if not end and len(whole) > 2 * BODY_CHUNK:
            end = max(whole.rfind(b"=", len(whole) - 3), 0) or len(whole)
        rest = whole[end:]
        if end:
            yield whole[:end]
    if rest:
        yield rest


UU_BEGIN = re.compile(rb"(?m)^begin(-base64)? ([0-7]{3,4}) ([^\r\n]{1,1000})\r?$")
_UU_END = re.compile(rb"(?m)^(?:end|====)[ \t]*\r?$")


def uu_end(data: bytes, start: int, end: int) -> int:
    """Where the uuencoded block that begins at `start` ends: behind its last line, at `end` at the latest."""
    match = _UU_END.search(data, start, end)
    return min(match.end() + 1, end) if match else end


def _uuencode(data: bytes) -> Decoded:
    """The first block in `data`, or all of it where no `begin` line stands there. Lines that cannot be decoded are skipped."""
    begin = UU_BEGIN.search(data)
    at = begin.end() + 1 if begin else 0
    stop = uu_end(data, at, len(data))
    ended = data[:stop].rstrip(b"\r\n").endswith((b"end", b"===="))
    missing = () if ended else (DecodeDefect.NO_END,)
    if begin and begin[1]:
        content, defects = _base64(data[at : data.rfind(b"\n", at, stop - 2) if ended else stop], Decoder.BASE64)
        return Decoded(content, (*defects, *missing))
    out = BytesIO()
    bad = False
    for line in BytesIO(data[at:stop]):
        text = line.rstrip(b"\r\n")
        if text.strip(b" `\t") in (b"", b"end"):
            continue
        octets = (text[0] - 32) & 63
        needed = (octets + 2) // 3 * 4
        bad = bad or not 33 <= text[0] <= 96 or len(text) - 1 < needed - 3
        try:
            out.write(a2b_uu(text[: needed + 1]))
        except ValueError:
            bad = True
    return Decoded(out.getvalue(), (*((DecodeDefect.BAD_LINE,) if bad else ()), *missing))


YENC_BEGIN = re.compile(rb"(?m)^=ybegin [^\r\n]{0,200}?name=([^\r\n]{1,1000})\r?$")
_YENC_CRITICAL = re.compile(rb"=([\x00-\xff])")
_YENC_SHIFT = bytes((octet - 42) % 256 for octet in range(256))


def yenc_end(data: bytes, start: int, end: int) -> int:
    """Where the yEnc block that begins at `start` ends."""
    at = data.find(b"\n=yend ", start, end)
    line = data.find(b"\n", at + 1, end) if at >= 0 else -1
    return line + 1 if line >= 0 else end


def _yenc(data: bytes) -> Decoded:
    begin = YENC_BEGIN.search(data)
    if begin is None:
        return Decoded(b"", (DecodeDefect.BAD_LINE,))
    stop = data.find(b"\n=yend ", begin.end())
    body = data[begin.end() : stop if stop >= 0 else len(data)]
    lines = [line for line in body.replace(b"\r", b"").split(b"\n") if not line.startswith(b"=ypart ")]
    content = _YENC_CRITICAL.sub(lambda match: bytes(((match[1][0] - 64) % 256,)), b"".join(lines))
    return Decoded(content.translate(_YENC_SHIFT), () if stop >= 0 else (DecodeDefect.NO_END,))
