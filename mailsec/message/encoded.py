"""Encoded content: the ways to decode it, what can be wrong with it, and how it is gone through in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from mailsec.core.limits.sender import BODY_CHUNK

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


def pieces(raw: Octets) -> Iterator[bytes]:
    """`raw` in pieces of one size, each copied out when it is asked for."""
    if len(raw) <= BODY_CHUNK:
        yield bytes(raw)
        return
    view = memoryview(raw)
    for at in range(0, len(raw), BODY_CHUNK):
        yield bytes(view[at : at + BODY_CHUNK])


def lines(raw: Octets) -> Iterator[bytes]:
    """`raw` in pieces that end with a line, unless a line is longer than a piece: then the piece ends before an `=`."""
    if len(raw) <= BODY_CHUNK:
        yield bytes(raw)
        return
    rest = b""
    for piece in pieces(raw):
        whole = rest + piece
        end = whole.rfind(b"\n") + 1
        if not end and len(whole) > 2 * BODY_CHUNK:
            end = max(whole.rfind(b"=", len(whole) - 3), 0) or len(whole)
        rest = whole[end:]
        if end:
            yield whole[:end]
    if rest:
        yield rest
