"""Quoted-printable (RFC 2045 section 6.7)."""

from __future__ import annotations

import re
from binascii import a2b_qp
from io import BytesIO

from mailsec.core.limits.sender import BODY_CHUNK
from mailsec.message.encoded import Decoded, DecodeDefect, Octets, lines

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


def decode_quoted_printable(raw: Octets, *, stray: bool) -> Decoded:
    if len(raw) <= BODY_CHUNK and (plain := plain_quoted_printable(raw)) is not None:
        return Decoded(plain)
    out = BytesIO()
    bad = False
    for piece in lines(raw):
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
