"""BER made definite (X.690 section 8.1): lengths are stated and strings are whole, as DER has them.

Streaming programs write S/MIME with lengths that are not known beforehand, and strings in pieces. The walk is linear, its depth
and the number of elements are bounded, and what was definite already stays as it is, byte for byte: signatures are over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mailsec.core.limits.content import CMS_DEPTH, CMS_ELEMENTS

_CONSTRUCTED = 0x20
_SEQUENCE, _OID, _OCTETS, _TAGGED = 0x30, 0x06, 0x04, 0xA0
_STRINGS = frozenset({0x03, 0x04, 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1B, 0x1C, 0x1E})
_LENGTH_OCTETS = 8


class BerError(ValueError):
    """The data is no BER: damaged, cut off, or beyond the bounds."""


class _Made(NamedTuple):
    """An element: its first octet, its content in pieces and their length, and whether anything was rewritten."""

    tag: int
    pieces: list[memoryview]
    length: int
    changed: bool
    raw: memoryview
    children: Sequence[_Made] = ()

    def encoded(self) -> list[memoryview]:
        """The whole element, as it stood where nothing changed."""
        return [memoryview(bytes([self.tag]) + length(self.length)), *self.pieces] if self.changed else [self.raw]

    @property
    def size(self) -> int:
        return 1 + len(length(self.length)) + self.length if self.changed else len(self.raw)


def length(size: int) -> bytes:
    """The length octets of a definite element with a content of `size` octets."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def definite(data: bytes) -> bytes:
    """The element at the beginning of `data` in definite form; what follows it is left out. Raises BerError."""
    made, _ = _Walk(memoryview(data)).element(0, len(data), 0)
    if not made.changed:
        return data if len(made.raw) == len(data) else bytes(made.raw)
    return b"".join(made.encoded())


def reached(data: bytes) -> tuple[bytes, bool]:
    """As much of the element at the beginning of `data` as is there, in definite form, and whether it was cut off: what holds
    elements counts as ended where the data ends, and any other that is not whole is left out. Raises BerError for what is
    damaged in another way."""
    walk = _Walk(memoryview(data), tolerant=True)
    made, _ = walk.element(0, len(data), 0)
    return b"".join(made.encoded()), walk.cut


@dataclass(slots=True)
class _Walk:
    """`tolerant` goes on where data is cut off, and notes it in `cut`."""

    data: memoryview
    tolerant: bool = False
    elements: int = field(default=0)
    cut: bool = field(default=False)

    def element(self, at: int, end: int, depth: int) -> tuple[_Made, int]:
        """The element at `at`, and where the next one is."""
        self.elements += 1
        if self.elements > CMS_ELEMENTS or depth > CMS_DEPTH:
            raise BerError(f"more than {CMS_ELEMENTS} elements, or nested more than {CMS_DEPTH} deep")
        tag, start, size = self.header(at, end)
        stop = end if size is None else start + size
        stop = min(stop, end)
        if not tag & _CONSTRUCTED:
            return _Made(tag, [self.data[start:stop]], stop - start, self.cut, self.data[at:stop]), stop
        children, after = self._children(start, stop, depth, open_end=size is None)
        return self._constructed(tag, children, self.data[at:after], start - at, changed=self.cut or size is None), after

    def header(self, at: int, end: int) -> tuple[int, int, int | None]:
        """First octet, start of the content, and its length, None where it is indefinite."""
        if at + 2 > end:
            raise BerError("cut off in the middle")
        tag, first = self.data[at], self.data[at + 1]
        if tag & 0x1F == 0x1F:
            raise BerError("a tag of more than one octet: none has one here")
        if first < 0x80:
            size, start = first, at + 2
        elif first == 0x80:
            if not tag & _CONSTRUCTED:
                raise BerError("an indefinite length where none may be")
            return tag, at + 2, None
        else:
            start = at + 2 + (first & 0x7F)
            if first & 0x7F > _LENGTH_OCTETS or start > end:
                raise BerError("cut off in the middle, or a length without end")
            size = int.from_bytes(self.data[at + 2 : start], "big")
        if start + size > end and self.tolerant:
            self.cut = True
        elif start + size > end:
            raise BerError(f"cut off in the middle: {start + size - end} octets are missing")
        return tag, start, size

    def _children(self, at: int, end: int, depth: int, *, open_end: bool) -> tuple[list[_Made], int]:
        children: list[_Made] = []
        while at < end:
            if open_end and bytes(self.data[at : at + 2]) == b"\0\0":
                return children, at + 2
            if self.tolerant and self._breaks_off(at, end):
                self.cut = True
                return children, end
            made, at = self.element(at, end, depth + 1)
            children.append(made)
        if open_end and self.tolerant:
            self.cut = True
        elif open_end:
            raise BerError("cut off in the middle: an element has no end")
        return children, at

    def _breaks_off(self, at: int, end: int) -> bool:
        """True where nothing of an element is worth keeping: half a length, half a number, half a name."""
        if at + 2 > end:
            return True
        octets = self.data[at + 1] & 0x7F if self.data[at + 1] > 0x80 else 0
        if at + 2 + octets > end:
            return True
        tag, start, size = self.header(at, end)
        return not tag & _CONSTRUCTED and size is not None and start + size > end

    def _constructed(self, tag: int, children: list[_Made], raw: memoryview, start: int, *, changed: bool) -> _Made:
        whole = tag & ~_CONSTRUCTED
        if whole in _STRINGS:
            return _joined(whole, whole, children, raw)
        if tag == _SEQUENCE and _is_encrypted_content(children):
            last = children[2]
            children = [*children[:2], _joined(_TAGGED & ~_CONSTRUCTED, _OCTETS, last.children, last.raw)]
        changed = changed or any(each.changed for each in children)
        if not changed:
            return _Made(tag, [raw[start:]], len(raw) - start, False, raw, children)
        parts = [piece for each in children for piece in each.encoded()]
        return _Made(tag, parts, sum(each.size for each in children), True, raw, children)


def _is_encrypted_content(children: Sequence[_Made]) -> bool:
    """True for EncryptedContentInfo with its content in pieces: an implicit [0] instead of a string (RFC 5652 section 6.1).

    Nothing else in CMS is a sequence of a type, an algorithm and a constructed [0].
    """
    return [each.tag for each in children] == [_OID, _SEQUENCE, _TAGGED]


def _joined(tag: int, piece: int, children: Sequence[_Made], raw: memoryview) -> _Made:
    """A string out of its pieces, which are primitive by now."""
    if any(each.tag != piece for each in children):
        raise BerError("a string in pieces of another kind")
    if tag == 0x03:
        raise BerError("a bit string in pieces: none is made so")
    pieces = [part for each in children for part in each.pieces]
    return _Made(tag, pieces, sum(each.length for each in children), True, raw)


class Element(NamedTuple):
    """An element of definite data: its first octet, its content, and the whole of it."""

    tag: int
    content: memoryview
    whole: memoryview


def elements(data: memoryview) -> list[Element]:
    """The elements that stand one after the other in `data`, which `definite` made. Raises BerError."""
    walk = _Walk(data)
    found = []
    at = 0
    while at < len(data):
        tag, start, size = walk.header(at, len(data))
        if size is None:
            raise BerError("an indefinite length where none may be")
        found.append(Element(tag, data[start : start + size], data[at : start + size]))
        at = start + size
        if len(found) > CMS_ELEMENTS:
            raise BerError(f"more than {CMS_ELEMENTS} elements")
    return found
