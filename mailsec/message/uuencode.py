"""uuencode and yEnc, which came from Usenet and live on in mail."""

from __future__ import annotations

import re
from binascii import a2b_uu
from io import BytesIO

from mailsec.message.encoded import Decoded, DecodeDefect, Decoder
from mailsec.message.radix64 import decode_base64

UU_BEGIN = re.compile(rb"(?m)^begin(-base64)? ([0-7]{3,4}) ([^\r\n]{1,1000})\r?$")
_UU_END = re.compile(rb"(?m)^(?:end|====)[ \t]*\r?$")


def uu_end(data: bytes, start: int, end: int) -> int:
    """Where the uuencoded block that begins at `start` ends: behind its last line, at `end` at the latest."""
    match = _UU_END.search(data, start, end)
    return min(match.end() + 1, end) if match else end


def decode_uuencode(data: bytes) -> Decoded:
    """The first block in `data`, or all of it where no `begin` line stands there. Lines that cannot be decoded are skipped."""
    begin = UU_BEGIN.search(data)
    at = begin.end() + 1 if begin else 0
    stop = uu_end(data, at, len(data))
    ended = data[:stop].rstrip(b"\r\n").endswith((b"end", b"===="))
    missing = () if ended else (DecodeDefect.NO_END,)
    if begin and begin[1]:
        content, defects = decode_base64(data[at : data.rfind(b"\n", at, stop - 2) if ended else stop], Decoder.BASE64)
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


def decode_yenc(data: bytes) -> Decoded:
    begin = YENC_BEGIN.search(data)
    if begin is None:
        return Decoded(b"", (DecodeDefect.BAD_LINE,))
    stop = data.find(b"\n=yend ", begin.end())
    body = data[begin.end() : stop if stop >= 0 else len(data)]
    lines = [line for line in body.replace(b"\r", b"").split(b"\n") if not line.startswith(b"=ypart ")]
    content = _YENC_CRITICAL.sub(lambda match: bytes(((match[1][0] - 64) % 256,)), b"".join(lines))
    return Decoded(content.translate(_YENC_SHIFT), () if stop >= 0 else (DecodeDefect.NO_END,))
