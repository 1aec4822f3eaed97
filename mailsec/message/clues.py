"""What lenient software may read from a part's header: every Content-Type, encoding, boundary and file name it could see there.

Generous on purpose. What is not used by the content is dropped by `readings`, which knows the content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailsec.core.limits.message import MAX_BOUNDARY_MENTIONS, MAX_CLUE_BYTES, MAX_CLUE_VALUE, MAX_CLUES, MAX_LOOSE_FIELDS
from mailsec.message.decode import Decoder
from mailsec.message.media import Media, read_media
from mailsec.message.names import FileName, file_names
from mailsec.message.parameters import read_parameters
from mailsec.message.tokens import without_comments
from mailsec.message.words import display_text


class Clues(NamedTuple):
    """The candidates, each once, what the standard reads first: media types, boundaries, decoders and file names.

    `divided` is True where some reading is a multipart, `undivided` where some reading is not; `messages` where some reading
    is an enclosed message. `plain` is False where the encoding's name is none that RFC 2045 knows.
    """

    media: Media
    types: tuple[str, ...]
    boundaries: tuple[bytes, ...]
    decoders: tuple[Decoder, ...]
    names: tuple[FileName, ...]
    divided: bool
    undivided: bool
    messages: bool
    plain: bool


# a field that some reader sees: its name folded, padded, behind white space or a bare CR, with NUL, with two colons or none
_STRICT = tuple(
    front + name
    for front in (b"", b"\n")
    for name in (b"content-type:", b"content-transfer-encoding:", b"content-disposition:")
)
_LOOSE = re.compile(
    rb"(?i)content~-~(?:(t)~ype|(tr)ansfer~-?~encoding|(d)isposition)(?:[ \t\r\n\x00]*:+|[ \t]+(?=[!-9;-~]))".replace(
        b"~", rb"[ \t\r\n\x0b\x0c\x00\\]*"
    )
)
# a field behind white space is a line of the field above it, unless it says something: h= of a DKIM signature lists such names
_SAYS = {
    b"t": re.compile(rb"(?i)[^;:]*/|.*oundary", re.DOTALL),
    b"tr": re.compile(rb"(?i)[^:]*(?:64|quot|uu|bit|binary|yenc)"),
    b"d": re.compile(rb"(?i)[^:]*(?:attach|inline|name)"),
}
_VALUE = re.compile(rb"[^\n]*(?:\n[ \t\x0b][^\n]*)*")
_TYPE = re.compile(rb"(?i)[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_EMPTY_COMMENTS = re.compile(rb"\([^()]*\)")
_SQUEEZED = re.compile(rb"[\\\"\x00]")
_WORD = re.compile(rb"=\?[^? ]+\?[bq]\?[^? ]*(?:\?=)?", re.IGNORECASE)
_BOUNDARY = re.compile(rb"(?i)oundary[ \t\r\n\\]*(\*[0-9]*\*?)?[ \t\r\n\\]*=[ \t\r\n]*")
_STOPS = (
    re.compile(rb"[;\s,\"]"),
    re.compile(rb"[;\s()]"),
    re.compile(rb"[;\r\n]"),
    re.compile(rb"[\r\n]"),
    re.compile(rb"\\"),
)
_IDENTITY = ("7bit", "8bit", "binary")
_STANDARD = {
    **dict.fromkeys(_IDENTITY, Decoder.IDENTITY),
    "base64": Decoder.BASE64,
    "quoted-printable": Decoder.QUOTED_PRINTABLE,
}
_ENCODINGS: tuple[tuple[re.Pattern[str], Decoder], ...] = (
    (re.compile(r"ba?s?e?[-_ ]?64"), Decoder.BASE64),
    (re.compile(r"quot|printa|\bqp\b"), Decoder.QUOTED_PRINTABLE),
    (re.compile(r"uu"), Decoder.UUENCODE),
    (re.compile(r"yenc"), Decoder.YENC),
    (re.compile(r"binhex"), Decoder.BINHEX),
)


class LooseField(NamedTuple):
    """A field that some reader sees: its kind (b"t" type, b"tr" transfer encoding, b"d" disposition), its value, and whether
    the standard sees it too."""

    kind: bytes
    value: bytes
    standard: bool


def loose_fields(header: bytes) -> Iterator[LooseField]:
    """The content fields that some reader would see in the header section."""
    low = header[:MAX_CLUE_BYTES].lower()
    at, found = low.find(b"content"), 0
    while at >= 0 and found < MAX_LOOSE_FIELDS:
        front = _line_start(low, at)
        match = _LOOSE.match(header, at) if front >= 0 else None
        if match:
            value = _VALUE.match(header, match.end(), match.end() + MAX_CLUE_VALUE)
            assert value is not None  # it matches the empty string
            kind = (match[1] or match[2] or match[3]).lower()
            if front == at or _SAYS[kind].match(value[0].partition(b"\n")[0]):
                found += 1
                yield LooseField(kind, value[0].rstrip(b"\r"), front == at and low.startswith(_STRICT, at - 1 if at else 0))
        at = low.find(b"content", match.end() if match else at + 7)


def _line_start(low: bytes, at: int) -> int:
    """Where the line begins that has nothing but white space and its like in front of `at`; -1 where it has more."""
    start = at
    while start > max(0, at - 100) and low[start - 1] in b' \t\x00:"':
        start -= 1
    return start if start == 0 or low[start - 1] in b"\r\n\x0b\x0c" else -1


def has_hidden_field(data: bytes, start: int, end: int) -> bool:
    """True where some reader sees content fields between these offsets, all well-formed, that the standard's does not."""
    if end - start > MAX_CLUE_BYTES:
        return True  # more than is searched
    header = data[start:end]
    low = header.lower()
    mentioned = low.count(b"content-t") + low.count(b"content-di")
    in_front = low.count(b"\ncontent-t") + low.count(b"\ncontent-di") + low.startswith((b"content-t", b"content-di"))
    return mentioned != in_front and not all(each.standard for each in loose_fields(header))


def clues(header: bytes, default: str) -> Clues:
    """The candidates in `header`, whose content is of the type `default` where it does not say."""
    media = read_media(header, default)
    loose = tuple(loose_fields(header))
    if media.ordinary and all(each.standard for each in loose):
        return _ordinary(media)
    types: dict[str, None] = {media.type: None}
    boundaries: dict[bytes, None] = {media.boundary: None} if media.boundary else {}
    decoders: dict[Decoder, None] = {}
    names: dict[FileName, None] = dict.fromkeys(media.names)
    plain = _add_encoding(decoders, media.encoding)
    bad = not media.ok
    for kind, value, _ in loose:
        if kind == b"tr":
            plain = _add_encoding(decoders, encoding_text(value)) and plain
            continue
        names.update(dict.fromkeys(_names(value, b"name" if kind == b"t" else b"filename")))
        if kind == b"t":
            forms = _forms(value)
            types.update(dict.fromkeys(_types(forms)))
            for form in forms:
                boundaries.update(dict.fromkeys(_boundaries(form)))
            bad = bad or not _TYPE.search(value)
    boundaries.pop(b"", None)
    given = tuple(types)
    return Clues(
        media,
        given,
        tuple(boundaries)[:MAX_CLUES],
        tuple(decoders),
        tuple(names)[:MAX_CLUES],
        divided=bool(boundaries) or bad or any("multipart" in each for each in given),
        undivided=bad or any(not each.startswith(("multipart/", "message/")) for each in given),
        messages=any(each.startswith("message/") for each in given),
        plain=plain,
    )


def _ordinary(media: Media) -> Clues:
    multipart = media.type.startswith("multipart/")
    return Clues(
        media,
        (media.type,),
        (media.boundary,) if multipart else (),
        (_STANDARD[media.encoding],),
        media.names,
        divided=multipart,
        undivided=not multipart and not media.type.startswith("message/"),
        messages=media.type.startswith("message/"),
        plain=True,
    )


def _forms(value: bytes) -> tuple[bytes, ...]:
    """`value` as it stands, and without what readers differ about: comments, quotes, backslashes, encoded words."""
    joined = value
    for _ in range(3):
        joined = _EMPTY_COMMENTS.sub(b"", joined)
    forms = {value: None, without_comments(value): None, joined: None, _SQUEEZED.sub(b"", joined): None}
    if b"=?" in value:
        forms[display_text(_WORD.sub(_closed, value), 4000).encode("utf-8", "replace")] = None
    return tuple(forms)


def _closed(match: re.Match[bytes]) -> bytes:
    return match[0] if match[0].endswith(b"?=") else match[0] + b"?="


def _types(forms: tuple[bytes, ...]) -> Iterator[str]:
    for form in forms:
        match = _TYPE.search(form.split(b";", 1)[0])
        if match:
            yield match[0].lower().decode("ascii")


def _names(value: bytes, key: bytes) -> Iterator[FileName]:
    for form in (without_comments(value), value):
        given, _ = read_parameters(form)
        yield from file_names(given, key)


def _boundaries(form: bytes) -> Iterator[bytes]:
    """Every boundary that a reader could make of `form`."""
    given, _ = read_parameters(form)
    for each in given:
        if each.name.endswith(b"oundary"):
            yield from _spellings(each.value)
            if each.charset.startswith("utf-16"):
                yield each.value.replace(b"\0", b"")
    pieces: list[bytes] = []
    for number, match in enumerate(_BOUNDARY.finditer(form)):
        if number >= MAX_BOUNDARY_MENTIONS:
            break
        rest = form[match.end() : match.end() + 1000]
        ends = sorted({stop.start() for pattern in _STOPS if (stop := pattern.search(rest, 1))} | {len(rest)})
        for end in ends:
            yield from _spellings(rest[:end])
        if match[1]:
            pieces.append(rest[: ends[0]].rpartition(b"'")[2])
    if len(pieces) > 1:
        yield b"".join(pieces)
        yield b"".join(reversed(pieces))


def _spellings(text: bytes) -> Iterator[bytes]:
    """`text` as it stands, and without what may or may not belong to it: white space, folding, quotes, charset and language."""
    for each in (text, text.rstrip(), text.strip(), text.strip().strip(b"\"'\\"), text.partition(b'"')[2].partition(b'"')[0]):
        yield each
        if b"\n" in each:
            yield each.replace(b"\r", b"").replace(b"\n", b"")
    if b"''" in text:
        yield text.strip().partition(b"''")[2]
    if b'"' in text:
        yield text.partition(b'"')[0]
        yield text.rpartition(b'"')[2]


def encoding_text(value: bytes) -> str:
    """An encoding's name without what readers differ about."""
    form = _forms(value[:400])[-1]
    return form.strip(b" \t\r\n\x0b\x0c").lower().decode("ascii", "replace")


def _add_encoding(decoders: dict[Decoder, None], encoding: str) -> bool:
    """Note how content with this encoding could be decoded. True where it is one that RFC 2045 knows."""
    standard = _STANDARD.get(encoding)
    if standard is not None:
        decoders[standard] = None
        return True
    found = [decoder for pattern, decoder in _ENCODINGS if pattern.search(encoding)]
    decoders.update(dict.fromkeys(found or [Decoder.IDENTITY]))
    return False
