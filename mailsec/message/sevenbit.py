"""A MIME entity made fit for signing (RFC 3156 sections 3 and 5): seven bits, no line that a transfer agent would change.

What is 8-bit, too long, ends in white space or begins with "From " is encoded; everything else stays, byte for byte.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator

from mailsec.core.errors import BadInput
from mailsec.core.limits.message import MAX_LINE
from mailsec.message.decode import decode, decoder_of
from mailsec.message.encoded import Octets, lines
from mailsec.message.fields import parse
from mailsec.message.lines import long_line
from mailsec.message.mime import Part, Structure, structure
from mailsec.message.pieces import Pieces

_FROM = re.compile(rb"(?m)^From ")
_ENCODING = re.compile(rb"(?im)^content-transfer-encoding[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*")
_USUAL = bytes(range(128)).translate(None, b"\r\n\0")
# a CR that ends no line, or one with white space in front of it, or the line before one that begins with "From "
_BAD_END = re.compile(rb"\r(?!\n(?!From )(?<![ \t]\r\n))")
_PLAIN = ("7bit", "8bit", "binary")


def seven_bit_pieces(entity: Pieces) -> Pieces:
    """`seven_bit` of an entity in pieces, each of which begins a line; they are put together only where something changes."""
    return (seven_bit(b"".join(entity)),) if any(map(_fragile, entity)) else entity


def seven_bit(entity: bytes) -> bytes:
    """`entity` with the same content in a form that survives the way. Raises BadInput where a header of it is 8-bit."""
    if not _fragile(entity):
        return entity
    message = parse(entity)
    found = structure(message)
    data = memoryview(message.data)
    pieces: list[Octets] = []
    done = 0
    for start, end, new in _edits(message.data, found):
        pieces += (data[done:start], new)
        done = end
    pieces.append(data[done:])
    made = b"".join(pieces)
    if not made.isascii():
        raise BadInput("a part's header, or what stands between parts, has 8-bit characters", hint="encode it (RFC 2047)")
    return made


def _fragile(data: Octets) -> bool:
    """True where something in `data` might not survive the way."""
    return any(map(_fragile_lines, lines(data)))


def _fragile_lines(data: bytes) -> bool:
    """The same of some lines: few looks, as mails can be large. Where CR and LF take turns and LF stands behind each CR, no LF
    is left by itself."""
    if _regular(data):
        return False
    ends = data.translate(None, _USUAL)
    if ends != b"\r\n" * (len(ends) // 2) or data.startswith(b"From ") or data.endswith((b" ", b"\t")):
        return True
    return _BAD_END.search(data) is not None or long_line(data) is not None


def _regular(data: bytes) -> bool:
    """True where `data` is lines of one length that need no closer look, as those of base64 are."""
    length = data.find(b"\r\n", 0, MAX_LINE + 2)
    count, rest = divmod(len(data), length + 2)
    if length < 1 or rest or data[length :: length + 2] != b"\r" * count or data[length + 1 :: length + 2] != b"\n" * count:
        return False
    if data.translate(None, _USUAL) != b"\r\n" * count:
        return False
    last = data[length - 1 :: length + 2]
    return b" " not in last and b"\t" not in last and b"\nFrom " not in data and not data.startswith(b"From ")


def _edits(data: bytes, found: Structure) -> Iterator[tuple[int, int, bytes]]:
    """What is to be replaced, in order: (start, end, the new octets)."""
    holders = {part.parent for part in found.parts}
    for index, part in enumerate(found.parts):
        leaf = index not in holders
        header, body = data[part.header : part.body], memoryview(data)[part.body : part.end]
        kind, new = _encoded(part, bytes(body)) if leaf and _fragile(body) else ("", b"")
        yield part.header, part.body, _header(header, kind, composite=not leaf and part.media.encoding in _PLAIN)
        if kind:
            yield part.body, part.end, new


def _header(header: bytes, kind: str, *, composite: bool) -> bytes:
    """A part's header without white space at line ends, saying how the content is encoded now."""
    header = _trimmed(header)
    if composite:
        return _ENCODING.sub(b"", header)  # 7bit is what a composite part is without it
    if not kind:
        return header
    field = f"Content-Transfer-Encoding: {kind}\r\n".encode()
    header = _ENCODING.sub(b"", header)
    return field + header if header else field + b"\r\n"


def _trimmed(text: bytes) -> bytes:
    """`text` without white space at the ends of lines."""
    return b"\n".join(
        line[:-1].rstrip(b" \t") + b"\r" if line.endswith(b"\r") else line.rstrip(b" \t") for line in text.split(b"\n")
    )


def _encoded(part: Part, body: bytes) -> tuple[str, bytes]:
    """The content of a leaf encoded anew: the encoding's name, and the octets."""
    media = part.media
    if media.encoding == "quoted-printable":
        return "quoted-printable", _safe(_trimmed(body).rstrip(b" \t"))
    content = body if media.encoding in _PLAIN else bytes(decode(body, decoder_of(media.encoding)).data)
    textual = media.type.startswith("text/") and b"\0" not in content and content.count(b"\n") == content.count(b"\r\n")
    if textual and content.count(b"\r") == content.count(b"\r\n"):
        return "quoted-printable", _safe(b2a_qp(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n"))
    return "base64", encodebytes(content).replace(b"\n", b"\r\n").removesuffix(b"\r\n")


def _safe(text: bytes) -> bytes:
    """Quoted-printable text of which no line begins with "From " or is 8-bit."""
    text = _FROM.sub(b"=46rom=20=\r\n", text)
    return text if text.isascii() else re.sub(rb"[\x80-\xff]", lambda match: b"=%02X" % match[0][0], text)
