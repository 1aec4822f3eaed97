"""The other readings: what common software makes of a message where it departs from the standard or the message does.

Each part that is not as the standard wants it is taken apart in every way that its header and content suggest; the leaves that
come out and hold something new are added to the standard's. The list of ways follows "Inbox Invasion" (CCS 2024), RFC 7103 and
the published test suites for MIME ambiguity. Bounded: each piece is taken apart once, and all of it searched a few times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from mailsec.core.limits.message import MAX_CLUE_BYTES, MAX_READ_DEPTH, MAX_READ_LEAVES, MAX_READ_OCTETS, MAX_READ_SECTIONS
from mailsec.message.clues import Clues, clues
from mailsec.message.decode import Decoded, DecodeDefect, Decoder, decode
from mailsec.message.division import (
    Delimiter,
    Division,
    delimiters,
    divide,
    guessed,
    is_bare_multipart,
    other_headers,
    standard_body,
)
from mailsec.message.embedded import Block, blocks, has_mark
from mailsec.message.fields import Message
from mailsec.message.leaf import Leaf, paths, standard_leaves
from mailsec.message.mime import MESSAGE_TYPES, Structure
from mailsec.message.names import FileName
from mailsec.message.radix64 import looks_like_base64
from mailsec.message.reading import Reading, Readings


class _Buffer(NamedTuple):
    """The octets that sections lie in: the message's own, or the decoded content of `holder`."""

    number: int
    data: bytes
    holder: Leaf | None


class _Section(NamedTuple):
    """A part to be, as some reading sees it. `reading` is None as long as it is the standard's."""

    buffer: _Buffer
    header: int
    body: int
    end: int
    default: str
    reading: Reading | None
    depth: int


_LENIENT = (Decoder.BASE64_BLOCKS, Decoder.BASE64_UNPADDED, Decoder.BASE64_ZERO, Decoder.BASE64_URL)
_FILE = "application/octet-stream"


def other_readings(message: Message, found: Structure) -> Readings:
    """All readings of a message that is not ordinary."""
    return _Explorer(message, found).run()


class _Explorer:
    def __init__(self, message: Message, found: Structure) -> None:
        self.message = message
        self.found = found
        self.numbers = paths(found.parts)
        self.starts = [part.header for part in found.parts]
        self.leaves: list[Leaf] = []
        self.known: dict[tuple[int, bytes], int] = {}
        self.queue: deque[_Section] = deque()
        self.seen: set[tuple[int, int, int, int, str]] = set()
        self.buffers = 1
        self.counts: dict[str, int] = {}
        self.budget = MAX_READ_OCTETS * max(len(message.data), 65_536)
        self.complete = True

    def run(self) -> Readings:
        data = self.message.data
        root = _Buffer(0, data, None)
        for leaf in standard_leaves(self.found):
            self._add(root, leaf)
        self._push(_Section(root, 0, self.message.body, len(data), "text/plain", None, 0))
        while self.queue:
            self._explore(self.queue.popleft())
        return Readings(tuple(self.leaves), self.complete)

    # --- sections

    def _push(self, section: _Section) -> None:
        key = (section.buffer.number, section.header, section.body, section.end, section.default)
        if key in self.seen:
            return
        if len(self.seen) >= MAX_READ_SECTIONS or section.depth > MAX_READ_DEPTH:
            self.complete = False
            return
        self.seen.add(key)
        self.queue.append(section)

    def _part(self, above: _Section, span: tuple[int, int], default: str, reading: Reading | None) -> None:
        """A part that begins with its header."""
        start, end = span
        body = standard_body(above.buffer.data, start, end)
        self._push(_Section(above.buffer, start, body, end, default, reading, above.depth + 1))

    def _explore(self, section: _Section) -> None:
        data = section.buffer.data
        if not self._spend(section.body - section.header):
            return
        if section.body - section.header > MAX_CLUE_BYTES:
            self.complete = False
        for header, body in other_headers(data, section.header, section.body, section.end):
            reading = section.reading or Reading.OTHER_HEADER
            self._push(section._replace(header=header, body=body, reading=reading))
        clue = clues(data[section.header : section.body], section.default)
        if self._encoded_composite(section, clue):
            return
        opened = clue.messages and self._message(section, clue)
        bare = not section.depth and is_bare_multipart(data, section.header, section.body)
        divided = (clue.divided or bare) and self._divide(section, clue)
        encoded = any(each is not Decoder.IDENTITY for each in clue.decoders)
        if not (opened or divided) or (clue.undivided and encoded):
            self._leaf(section, clue)

    def _message(self, section: _Section, clue: Clues) -> bool:
        if not any(each in MESSAGE_TYPES for each in clue.types):
            return False
        reading = section.reading or (None if clue.media.type in MESSAGE_TYPES else Reading.OTHER_TYPE)
        self._part(section, (section.body, section.end), "text/plain", reading)
        return True

    def _encoded_composite(self, section: _Section, clue: Clues) -> bool:
        """A multipart or message with a transfer encoding: decoded, it is taken apart like any other."""
        if not (clue.messages or clue.divided) or clue.media.type.startswith("message/external"):
            return False
        opened = False
        for decoder in clue.decoders:
            if decoder is Decoder.IDENTITY or not self._spend(section.end - section.body):
                continue
            leaf = self._made(section, clue, decoder, Reading.ENCODED_COMPOSITE)
            content = decode(memoryview(section.buffer.data)[section.body : section.end], decoder).data
            inner = _Section(
                self._buffer(content, leaf), 0, 0, len(content), "text/plain", Reading.ENCODED_COMPOSITE, section.depth + 1
            )
            if any(each in MESSAGE_TYPES for each in clue.types):
                self._part(inner, (0, len(content)), "text/plain", Reading.ENCODED_COMPOSITE)
                opened = True
            else:
                opened = self._divide(inner, clue) or opened
        return opened

    def _buffer(self, content: bytes, holder: Leaf) -> _Buffer:
        self.buffers += 1
        return _Buffer(self.buffers - 1, content, holder)

    # --- dividing

    def _divide(self, section: _Section, clue: Clues) -> bool:
        """The section as a multipart, in every way. False where it has no delimiter of any kind."""
        data, body, end = section.buffer.data, section.body, section.end
        own = clue.media.boundary if clue.media.type.startswith("multipart/") else None
        for exact in (True, False):
            seen: set[tuple[int, ...]] = set()
            for boundary in clue.boundaries:
                if not self._spend(end - body):
                    return True
                found = [each for each in delimiters(data, body, end, boundary) if each.line or boundary == own]
                # a candidate that begins another one stands at the same places; one that ends no line is the last choice
                places = tuple(each.start for each in found)
                if not places or places in seen or (exact and boundary != own and not any(each.whole for each in found)):
                    continue
                seen.add(places)
                self._divided(section, clue, found, boundary)
            if seen:
                return True
        return self._guessed(section, clue)

    def _divided(self, section: _Section, clue: Clues, found: list[Delimiter], boundary: bytes) -> None:
        """The section divided at these delimiters, in every way."""
        reading = section.reading
        if not clue.media.type.startswith("multipart/"):
            reading = reading or Reading.OTHER_TYPE
        elif boundary != clue.media.boundary:
            reading = reading or Reading.OTHER_BOUNDARY
        for division, way in _ways(found, section.body, section.end):
            self._parts(section, division, clue, reading or way)
        self._inner_first(section, boundary, found)

    def _guessed(self, section: _Section, clue: Clues) -> bool:
        data, body, end = section.buffer.data, section.body, section.end
        divided = False
        for boundary in guessed(data, body, end):
            lines = [each for each in delimiters(data, body, end, boundary) if each.line and (each.whole or boundary)]
            for division, _ in _ways(lines, body, end):
                self._parts(section, division, clue, section.reading or Reading.GUESSED_BOUNDARY)
                divided = True
        return divided

    def _parts(self, section: _Section, division: Division, clue: Clues, reading: Reading | None) -> None:
        default = "message/rfc822" if clue.media.type == "multipart/digest" else "text/plain"
        for span in division.parts:
            self._part(section, span, default, reading)
        for (start, end), way in ((division.preamble, Reading.PREAMBLE), (division.epilogue, Reading.EPILOGUE)):
            if section.buffer.data[start:end].strip():
                self._push(_Section(section.buffer, start, start, end, "text/plain", reading or way, section.depth + 1))

    def _inner_first(self, section: _Section, boundary: bytes, found: list[Delimiter]) -> None:
        """Where an outer delimiter cuts the section off before its own closing one: read on to that."""
        data = section.buffer.data
        if not found or any(each.closing for each in found):
            return
        close = data.find(b"--" + boundary + b"--", section.end)
        if close >= 0:
            reading = section.reading or Reading.INNER_FIRST
            self._push(section._replace(end=close + len(boundary) + 4, reading=reading))

    # --- leaves

    def _leaf(self, section: _Section, clue: Clues) -> None:
        """The section as a leaf, decoded in every way."""
        raw = memoryview(section.buffer.data)[section.body : section.end]
        for decoder, reading in _decoders(clue, section.reading):
            leaf = self._made(section, clue, decoder, reading)
            content = self._add(section.buffer, leaf)
            if content is None:
                continue
            for lenient in _lenient(decoder, content.defects):
                self._add(section.buffer, leaf._replace(decoder=lenient, reading=section.reading or Reading.LENIENT_DECODER))
        if not (clue.plain and clue.decoders != (Decoder.IDENTITY,)) and looks_like_base64(raw):
            self._add(section.buffer, self._made(section, clue, Decoder.BASE64, section.reading or Reading.OTHER_ENCODING))

    def _made(self, section: _Section, clue: Clues, decoder: Decoder, reading: Reading | None) -> Leaf:
        media = clue.media
        kind = next((each for each in clue.types if not each.startswith(("multipart/", "message/"))), media.type)
        charset = media.charset if media.parameters else ""
        return Leaf(
            *("", None, reading or Reading.OTHER_ENCODING, section.body, section.end, kind, charset, media.encoding, decoder),
            *(media.disposition, clue.names, (), section.buffer.holder),
        )

    def _add(self, buffer: _Buffer, leaf: Leaf) -> Decoded | None:
        """Note a leaf unless its content is known, and what stands encoded in its text. The decoded content, None where a bound
        forbids it."""
        if not self._spend(leaf.end - leaf.start):
            if leaf.part is not None:
                self.leaves.append(leaf)
            return None
        content = decode(memoryview(buffer.data)[leaf.start : leaf.end], leaf.decoder)
        # what cannot be decoded is named for what it is, though its octets are known
        undecoded = b"undecoded" if DecodeDefect.NOT_DECODED in content.defects else b""
        key = (buffer.number, sha256(content.data.rstrip(b"\r\n")).digest() + undecoded)
        index = self.known.get(key)
        if index is not None and leaf.part is None:
            self.leaves[index] = _named(self.leaves[index], leaf.names)
            return content
        if leaf.part is None and (len(self.leaves) >= MAX_READ_LEAVES + len(self.found.parts) or not content.data.strip()):
            return content
        leaf = leaf._replace(path=leaf.path or self._path(leaf), defects=content.defects)
        self.known.setdefault(key, len(self.leaves))
        self.leaves.append(leaf)
        self._embedded(buffer, leaf, content.data)
        return content

    def _embedded(self, buffer: _Buffer, leaf: Leaf, content: bytes) -> None:
        if not leaf.type.startswith("text/") or not has_mark(content, 0, len(content)):
            return
        same = leaf.decoder is Decoder.IDENTITY
        inner = buffer if same else self._buffer(content, leaf)
        for block in blocks(content, 0, len(content)):
            shift = leaf.start if same else 0
            reading = leaf.reading if leaf.part is None else Reading.EMBEDDED
            self._add(inner, embedded_leaf(leaf, block, shift, inner.holder, reading))

    def _path(self, leaf: Leaf) -> str:
        above = (leaf.holder.path if leaf.holder is not None else "") or self._around(leaf) or "0"
        number = self.counts[above] = self.counts.get(above, 0) + 1
        return f"{above}~{number}"

    def _around(self, leaf: Leaf) -> str:
        """The number of the innermost part that the leaf begins in."""
        if leaf.holder is not None:
            return self._around(leaf.holder)
        index = max(bisect_right(self.starts, leaf.start) - 1, 0)
        while index > 0 and self.found.parts[index].end <= leaf.start:
            index = self.found.parts[index].parent
        return self.numbers[index]

    def _spend(self, octets: int) -> bool:
        self.budget -= octets + 100
        if self.budget < 0:
            self.complete = False
        return self.budget >= 0


def _ways(found: list[Delimiter], body: int, end: int) -> Iterator[tuple[Division, Reading | None]]:
    """The divisions at the delimiters that each kind of reader sees; None stands for the standard."""
    strict = [each for each in found if each.strict]
    lines = [each for each in found if each.line]
    if strict:
        yield divide(strict, body, end, final=True), None
        closed = next((at for at, each in enumerate(strict) if each.closing), len(strict))
        if closed < len(strict) - 1:
            yield divide(strict, body, end, final=False), Reading.BEHIND_THE_END
    if len(lines) > len(strict):
        yield divide(lines, body, end, final=False), Reading.LOOSE_DELIMITERS
    if len(found) > len(lines):
        yield divide(found, body, end, final=False), Reading.LOOSE_DELIMITERS


def _decoders(clue: Clues, reading: Reading | None) -> Iterator[tuple[Decoder, Reading]]:
    for decoder in clue.decoders:
        yield decoder, reading or Reading.OTHER_ENCODING
    if not clue.plain and Decoder.IDENTITY not in clue.decoders:
        yield Decoder.IDENTITY, reading or Reading.OTHER_ENCODING


def _lenient(decoder: Decoder, defects: tuple[DecodeDefect, ...]) -> tuple[Decoder, ...]:
    """The other ways to decode content that has these defects."""
    if decoder is Decoder.BASE64 and defects:
        by_lines = {DecodeDefect.UNEVEN_LINES, DecodeDefect.FOREIGN_CHARACTERS}.intersection(defects)
        return (Decoder.BASE64_LINES, *_LENIENT) if by_lines else _LENIENT
    if decoder is Decoder.QUOTED_PRINTABLE and defects:
        return (Decoder.QUOTED_PRINTABLE_LOOSE,)
    return ()


def _named(leaf: Leaf, names: tuple[FileName, ...]) -> Leaf:
    more = tuple(name for name in names if name not in leaf.names)
    return leaf._replace(names=(*leaf.names, *more)) if more else leaf


def embedded_leaf(leaf: Leaf, block: Block, shift: int, holder: Leaf | None, reading: str) -> Leaf:
    """The leaf of a block that stands in the text of `leaf`, `shift` octets into what `holder` or the message holds."""
    return Leaf(
        *("", None, reading, block.start + shift, block.end + shift, _FILE, "", block.decoder.value, block.decoder),
        *("", block.names, (), holder),
    )
