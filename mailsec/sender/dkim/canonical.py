"""Canonical forms of header fields and body (RFC 6376 section 3.4), in linear time and flat memory.

A line ends with CRLF and with nothing else: a bare CR or LF is an octet like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from mailsec.core.limits.sender import BODY_CHUNK
from mailsec.message.fields import Field

SIMPLE = "simple"
RELAXED = "relaxed"

_CRLF = b"\r\n"


def header_fields(fields: Iterable[Field], *, relaxed: bool) -> bytes:
    """The canonical forms of `fields`, one behind the other, line ends included (RFC 6376 sections 3.4.1 and 3.4.2)."""
    if not relaxed:
        return b"".join([field.raw if field.raw.endswith(b"\n") else field.raw + _CRLF for field in fields])
    parts = []
    for field in fields:
        value = field.raw[field.colon + 1 :].lstrip(b" \t")
        if not value.endswith(_CRLF) or value.startswith(_CRLF):
            value = _relaxed_value(value) + _CRLF
        parts.append(field.name.lower() + b":" + value)
    # All at once is faster than each for itself: a CRLF before white space is a fold, before anything else the field's end.
    text = _collapse(b"".join(parts).replace(b"\r\n ", b" ").replace(b"\r\n\t", b" "))
    return text.replace(b" \r\n", _CRLF)


def _relaxed_value(value: bytes) -> bytes:
    """A value that begins with a fold or does not end with CRLF: only here can white space be left at its start."""
    value = value.removesuffix(b"\n").removesuffix(b"\r")
    return _collapse(value.replace(_CRLF, b"")).strip(b" ")


def without(field: Field, hole: tuple[int, int]) -> Field:
    """`field` without the octets of its value in `hole`."""
    start, end = field.colon + 1 + hole[0], field.colon + 1 + hole[1]
    return Field(field.name, field.raw[:start] + field.raw[end:], field.start, field.colon)


def _collapse(text: bytes) -> bytes:
    """`text` with each run of spaces and tabs as one space."""
    text = text.replace(b"\t", b" ")
    # every round halves the longest run: a run of a million spaces takes twenty rounds of a plain search
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def body_pieces(data: bytes, start: int, *, relaxed: bool) -> Iterator[bytes]:
    """The canonical body of the message `data` whose body begins at `start`, in pieces of about `BODY_CHUNK` octets.

    Empty lines at the end are left out; a final CRLF is there (RFC 6376 sections 3.4.3 and 3.4.4), except that a relaxed body
    without content is empty.
    """
    held = 0  # line ends not given out yet: they count only if content follows
    carry = b""  # the end of a chunk whose meaning depends on the next octet
    empty = True
    for at in range(start, len(data), BODY_CHUNK):
        text = carry + data[at : at + BODY_CHUNK]
        if relaxed:
            text = _collapse(text)
        carry = _undecided(text, relaxed=relaxed)
        if carry:
            text = text[: -len(carry)]
        if relaxed:
            text = text.replace(b" \r\n", _CRLF)
        end = _content_end(text)
        if end:
            yield from _line_ends(held)
            yield text[:end]
            empty, held = False, 0
        held += (len(text) - end) // 2
    if carry == b" ":  # white space at the end of a last line that lacks its CRLF, which every transport would add
        carry = b""
    if carry:
        yield from _line_ends(held)
        yield carry
        empty = False
    if not (empty and relaxed):
        yield _CRLF


def _undecided(text: bytes, *, relaxed: bool) -> bytes:
    if text.endswith(b"\r"):
        return b" \r" if relaxed and text.endswith(b" \r") else b"\r"
    return b" " if relaxed and text.endswith(b" ") else b""


def _content_end(text: bytes) -> int:
    """Where the CRLFs at the end of `text` begin."""
    bare = len(text.rstrip(_CRLF))
    if len(text) - bare == 2 and text.endswith(_CRLF):
        return bare
    if not text.endswith(_CRLF):
        return len(text)
    # only CR and LF from `bare` on: they are CRLFs behind the last place where one of them stands twice in a row
    start = max(bare, text.rfind(b"\r\r", bare) + 1, text.rfind(b"\n\n", bare) + 1)
    return start + text.startswith(b"\n", start)


def _line_ends(count: int) -> Iterator[bytes]:
    while count > 0:
        some = min(count, BODY_CHUNK // 2 or 1)
        yield _CRLF * some
        count -= some


@dataclass(frozen=True, slots=True)
class BodyHash:
    """SHA-256 over one canonical form of a body: of the whole (`digest`, `length` octets) and of the first octets asked for."""

    length: int
    digest: bytes
    prefixes: dict[int, bytes]

    def of(self, length: int | None) -> bytes | None:
        """The hash of the first `length` octets, of the whole for None; None where the body is shorter."""
        return self.digest if length is None else self.prefixes.get(length)


def hash_body(data: bytes, start: int, *, relaxed: bool, lengths: Collection[int] = ()) -> BodyHash:
    """Hash the body of `data` that begins at `start`, once, for all the `lengths` that l= tags ask for."""
    pieces = body_pieces(data, start, relaxed=relaxed)
    if not lengths:
        return _hash_whole(pieces)
    hasher = sha256()
    done = 0
    prefixes: dict[int, bytes] = {}
    wanted = sorted(set(lengths), reverse=True)
    for piece in pieces:
        used = 0
        while wanted and wanted[-1] <= done + len(piece):
            length = wanted.pop()
            hasher.update(memoryview(piece)[used : length - done])
            used = length - done
            prefixes[length] = hasher.digest()
        hasher.update(memoryview(piece)[used:] if used else piece)
        done += len(piece)
    if 0 in wanted:  # an empty body has no piece
        prefixes[0] = hasher.digest()
    return BodyHash(done, hasher.digest(), prefixes)


def _hash_whole(pieces: Iterable[bytes]) -> BodyHash:
    hasher = sha256()
    length = 0
    for piece in pieces:
        hasher.update(piece)
        length += len(piece)
    return BodyHash(length, hasher.digest(), {})
