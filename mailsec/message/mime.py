"""The MIME structure of a message (RFC 2045, 2046): a flat list of parts, made in one pass over the lines that begin with `--`.

Nothing is decoded. The work is linear however the parts nest: the open boundaries are in a dictionary, the open parts on a
stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from mailsec.core.limits.message import MAX_MIME_DEPTH, MAX_MIME_PARTS
from mailsec.message.fields import Message, line_defects
from mailsec.message.media import Media, part_media, read_media


class MimeDefectKind(StrEnum):
    """What can be wrong with a MIME structure."""

    TOO_DEEP = "too-deep"
    TOO_MANY_PARTS = "too-many-parts"
    NO_BOUNDARY = "no-boundary"
    SAME_BOUNDARY = "same-boundary"
    UNTERMINATED = "unterminated"
    BAD_TYPE = "bad-type"
    REPEATED = "repeated"
    ENCODED_COMPOSITE = "encoded-composite"


@dataclass(frozen=True, slots=True)
class MimeDefect:
    """One kind of thing that is wrong: the octets from `start` to `end` are the first place, `count` how many there are."""

    kind: MimeDefectKind
    start: int
    end: int
    count: int = 1


class Part(NamedTuple):
    """One part; the message itself is the first. All offsets are octets of `Message.data`.

    The part's header is `header` to `body` (with the empty line), its content `body` to `end`; the whole, as a signature covers
    it, `header` to `end`. `parent` is an index into `Structure.parts`, -1 for the message itself. In a multipart the preamble
    is `body` to `preamble_end` and the epilogue `epilogue` to `end`.
    """

    parent: int
    depth: int
    header: int
    body: int
    end: int
    media: Media
    preamble_end: int
    epilogue: int

    @property
    def type(self) -> str:
        """The media type in lower case."""
        return self.media.type


@dataclass(frozen=True, slots=True)
class Structure:
    """The parts in the order in which they begin, and at most one defect of each kind."""

    parts: tuple[Part, ...]
    defects: tuple[MimeDefect, ...] = ()

    def children(self, index: int) -> Iterator[int]:
        """The indexes of the parts directly inside the part at `index`."""
        return (child for child in range(index + 1, len(self.parts)) if self.parts[child].parent == index)


def structure(message: Message) -> Structure:
    """The MIME structure of `message`. Never fails: what cannot be taken apart stays one part, with a defect."""
    return _Builder(message).run()


_DELIMITER = re.compile(rb"\n--([^\n]*)")
_HEADER_END = re.compile(rb"\n(?:(\r?\n)|(?=--))")
MESSAGE_TYPES = ("message/rfc822", "message/global")
_COMPOSITE = ("multipart/", "message/")
_IDENTITY = ("7bit", "8bit", "binary")
_PLAIN = Media("text/plain")
_CACHED_HEADER_BYTES = 1024
_CACHED_HEADERS = 256


class _Open(NamedTuple):
    """A multipart whose closing delimiter has not come: its index and depth, its place among the open composites, its boundary,
    and whether its parts are messages unless they say otherwise."""

    part: int
    depth: int
    place: int
    boundary: bytes
    digest: bool


_Begun: TypeAlias = tuple[int, int, int, int, Media]
"""A part whose end is not known yet: parent, depth, header, body, media. A bare tuple, because there may be 100,000 of them."""


_new = tuple.__new__


def _leaf(begun: _Begun, end: int) -> Part:
    parent, depth, header, body, media = begun
    # past the named tuple's own constructor, which takes as long again
    return _new(Part, (parent, depth, min(end, header), min(end, body), end, media, end, end))


def _composite(begun: _Begun, end: int, preamble_end: int | None, epilogue: int | None) -> Part:
    parent, depth, header, body, media = begun
    body = min(body, end)
    preamble_end = end if preamble_end is None else max(preamble_end, body)
    return Part(
        parent, depth, min(header, end), body, end, media, preamble_end, end if epilogue is None else min(epilogue, end)
    )


def _content_header(message: Message) -> bytes:
    return b"".join([field.raw for field in message.fields if field.raw[:8].lower() == b"content-"])


class _Builder:
    """`leaf` is the part that is being read, if it has no parts of its own. `nested` are the composites it lies in, outermost
    first, `multiparts` those of them whose delimiters count, and `levels` says where in `multiparts` a boundary is."""

    def __init__(self, message: Message) -> None:
        self.data = message.data
        self.root_body = message.body
        # with no defect, the fields are all there is, and those of the content few
        header = message.data[: message.body]
        if not message.known and not line_defects(header):
            header = _content_header(message)
        self.root = read_media(header)
        self.parts: list[Part] = []
        self.leaf: _Begun | None = None
        self.nested: list[tuple[int, _Begun]] = []
        self.multiparts: list[_Open] = []
        self.levels: dict[bytes, int] = {}
        self.preamble_ends: dict[int, int] = {}
        self.epilogues: dict[int, int] = {}
        self.cache: dict[tuple[bytes, str], Media] = {}
        self.defects: dict[MimeDefectKind, tuple[int, int, int]] = {}

    def run(self) -> Structure:
        self._begin((-1, 0, 0, self.root_body, self.root))
        if self.levels:
            self._scan()
        self._unterminated(0)
        self._close(0, len(self.data))
        return Structure(tuple(self.parts), tuple(MimeDefect(kind, *place) for kind, place in self.defects.items()))

    def _scan(self) -> None:
        """Every line that begins with two hyphens: is it the delimiter of an open multipart?"""
        data, level_of, size = self.data, self.levels.get, len(self.data)
        for match in _DELIMITER.finditer(data, max(self.root_body - 1, 0)):
            line = match[1].rstrip(b" \t\r")
            level = level_of(line)
            closing = level is None and line.endswith(b"--")
            if closing:
                level = level_of(line[:-2])
            if level is None:
                continue
            start, stop = match.span()
            owner = self._delimiter(level, start - 1 if data[start - 1] == 0x0D else start)
            stop = stop + 1 if stop < size else size
            if closing:
                self.epilogues[owner.part] = stop
                del self.levels[owner.boundary], self.multiparts[-1]
            elif len(self.parts) >= MAX_MIME_PARTS:
                self._defect(MimeDefectKind.TOO_MANY_PARTS, stop, size)
                break
            elif data.startswith(b"\r\n", stop) and not owner.digest:
                self.leaf = (owner.part, owner.depth + 1, stop, stop + 2, _PLAIN)
            else:
                body, media = self._header(stop, "message/rfc822" if owner.digest else "text/plain")
                self._begin((owner.part, owner.depth + 1, stop, body, media))

    def _delimiter(self, level: int, line_end: int) -> _Open:
        """A delimiter line of the open multipart at `level` comes behind `line_end`: all that is inside of it ends here."""
        if len(self.multiparts) > level + 1:
            self._unterminated(level + 1)
        owner = self.multiparts[level]
        leaf = self.leaf
        if len(self.nested) > owner.place + 1:
            self._close(owner.place + 1, line_end)
        elif leaf is not None:
            self.parts.append(_leaf(leaf, max(leaf[2], line_end)))
            self.leaf = None
        else:
            self.preamble_ends[owner.part] = line_end
        return owner

    def _unterminated(self, level: int) -> None:
        """Forget the open multiparts from `level` on, whose closing delimiter never came."""
        for owner in self.multiparts[level:]:
            start = self.nested[owner.place][1][2]
            self._defect(MimeDefectKind.UNTERMINATED, start, start)
            del self.levels[owner.boundary]
        del self.multiparts[level:]

    def _close(self, place: int, end: int) -> None:
        """The open leaf and the composites from `place` on end at `end`.

        The line end before a delimiter belongs to it, even where it is also the empty line behind a header: then the outermost
        of them ends where it begins, or where its header ends, and so does all that is inside.
        """
        ending = self.nested[place][1] if len(self.nested) > place else self.leaf
        end = end if ending is None else max(end, ending[2])
        if self.leaf is not None:
            self.parts.append(_leaf(self.leaf, end))
            self.leaf = None
        for index, begun in self.nested[place:]:
            self.parts[index] = _composite(begun, end, self.preamble_ends.get(index), self.epilogues.get(index))
        del self.nested[place:]

    def _defect(self, kind: MimeDefectKind, start: int, end: int) -> None:
        first, last, count = self.defects.get(kind, (start, end, 0))
        self.defects[kind] = (first, last, count + 1)

    def _header(self, start: int, default: str) -> tuple[int, Media]:
        """Where the content behind the header at `start` begins, and what the header says about it.

        A header ends at a line that begins with `--` too: the next delimiter may be that line, and looking beyond it at every
        part would make the work quadratic.
        """
        match = _HEADER_END.search(self.data, start - 1)
        body = match.end() if match else len(self.data)
        header = self.data[start:body]
        if len(header) > _CACHED_HEADER_BYTES:
            return body, part_media(header, default)
        media = self.cache.get((header, default))
        if media is None:
            media = part_media(header, default)
            if len(self.cache) < _CACHED_HEADERS:
                self.cache[header, default] = media
        return body, media

    def _begin(self, begun: _Begun) -> None:
        """Note a part and what opens with it: the delimiters of a multipart, or the message that a message/rfc822 holds."""
        if begun[4].ordinary and not begun[4].type.startswith(_COMPOSITE):
            self.leaf = begun
            return
        while self._opens(begun):
            index = len(self.parts)
            _, depth, header, body, media = begun
            self.nested.append((index, begun))
            self.parts.append(_leaf(begun, header))
            if media.type not in MESSAGE_TYPES:
                self._open(index, depth, media)
                return
            begun = (index, depth + 1, body, *self._header(body, "text/plain"))
        self.leaf = begun

    def _opens(self, begun: _Begun) -> bool:
        """True where the part can be taken apart."""
        _, depth, header, body, media = begun
        if not media.ok:
            self._defect(MimeDefectKind.BAD_TYPE, header, body)
        if media.repeated:
            self._defect(MimeDefectKind.REPEATED, header, body)
        multipart = media.type.startswith("multipart/")
        if not multipart and media.type not in MESSAGE_TYPES:
            return False
        if media.encoding not in _IDENTITY:
            self._defect(MimeDefectKind.ENCODED_COMPOSITE, header, body)
            if not multipart:
                return False
        if depth >= MAX_MIME_DEPTH:
            self._defect(MimeDefectKind.TOO_DEEP, header, body)
            return False
        if multipart and not media.boundary:
            self._defect(MimeDefectKind.NO_BOUNDARY, header, body)
            return False
        if multipart and media.boundary in self.levels:
            # the outer multipart keeps the delimiter, or it could never end
            self._defect(MimeDefectKind.SAME_BOUNDARY, header, body)
            return False
        return True

    def _open(self, index: int, depth: int, media: Media) -> None:
        self.levels[media.boundary] = len(self.multiparts)
        digest = media.type == "multipart/digest"
        self.multiparts.append(_Open(index, depth, len(self.nested) - 1, media.boundary, digest))


class Method(StrEnum):
    """The two ways in which a person protects content."""

    OPENPGP = "openpgp"
    SMIME = "smime"


class Form(StrEnum):
    """What a protection does."""

    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    COMPRESSED = "compressed"
    CERTIFICATES = "certificates"
    UNKNOWN = "unknown"


class Protection(NamedTuple):
    """A content protection and the index of the part that has it."""

    method: Method
    form: Form
    part: int


_PROTOCOLS = {
    ("multipart/signed", "application/pgp-signature"): (Method.OPENPGP, Form.SIGNED),
    ("multipart/encrypted", "application/pgp-encrypted"): (Method.OPENPGP, Form.ENCRYPTED),
    ("multipart/signed", "application/pkcs7-signature"): (Method.SMIME, Form.SIGNED),
    ("multipart/signed", "application/x-pkcs7-signature"): (Method.SMIME, Form.SIGNED),
}
_SMIME_TYPES = {
    "signed-data": Form.SIGNED,
    "enveloped-data": Form.ENCRYPTED,
    "authenveloped-data": Form.ENCRYPTED,
    "compressed-data": Form.COMPRESSED,
    "certs-only": Form.CERTIFICATES,
}


def protection(found: Structure) -> tuple[Protection, ...]:
    """The content protections in a structure, in order (RFC 3156, RFC 8551 section 3).

    A multipart/signed or multipart/encrypted whose protocol parameter is missing goes by the type of its parts.
    """
    protections: dict[int, Protection] = {}
    for index, part in enumerate(found.parts):
        if not part.media.type.startswith(("application/", "multipart/")):
            continue
        parent = found.parts[part.parent] if part.parent >= 0 else None
        if parent is not None and not parent.media.parameter("protocol"):
            kind = _PROTOCOLS.get((parent.type, part.type))
            if kind:
                protections.setdefault(part.parent, Protection(*kind, part.parent))
        kind = _PROTOCOLS.get((part.type, part.media.parameter("protocol").lower()))
        if kind is not None:
            protections[index] = Protection(*kind, index)
        elif is_pkcs7(part.media):
            form = _SMIME_TYPES.get(part.media.parameter("smime-type").lower(), Form.UNKNOWN)
            protections[index] = Protection(Method.SMIME, form, index)
    return tuple(protections[index] for index in sorted(protections))


def is_pkcs7(media: Media) -> bool:
    """True for a part that is a CMS structure as content (RFC 8551 section 3.9)."""
    if media.type == "application/octet-stream":
        return any(
            name.lower().endswith((".p7m", ".p7z")) for name in (media.parameter("name"), *(each.text for each in media.names))
        )
    return media.type in ("application/pkcs7-mime", "application/x-pkcs7-mime")
