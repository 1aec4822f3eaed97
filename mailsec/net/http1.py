"""HTTP/1.1 replies, read octet by octet (RFC 9112). No sockets here.

Every part is bounded before it is kept: the header section, a chunk's line, the trailers, the body. What two readers could
understand differently is refused, and a body that was cut is never taken for a whole one.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

from mailsec.core.limits.network import HTTPS_CHUNK_LINE, HTTPS_HEADER_BYTES, HTTPS_SHOWN
from mailsec.core.text import clipped, from_bytes

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: |\Z)")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)", re.DOTALL)
_LENGTH = re.compile(rb"[0-9]{1,15}\Z")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;|\Z)")
_EMPTY = frozenset({204, 304})

Fields: TypeAlias = dict[bytes, list[bytes]]
Steps: TypeAlias = Generator[None, None, None]


class HttpProblem(ValueError):
    """The reply is not HTTP, or not one that is read."""


class TooLarge(HttpProblem):
    """The body is larger than was asked for."""


@dataclass(slots=True)
class Response:
    """What was read so far. `location` and `content_type` are the server's text, clipped."""

    code: int = 0
    content_type: str = ""
    location: str = ""
    body: bytes = b""


class Reader:
    """Reads one reply: `feed` what arrives, `end` when the peer closed; `done` once `response` is whole.

    `max_bytes` bounds the body; `bodiless` where the request was HEAD. Raises HttpProblem, after which it reads no more.
    """

    def __init__(self, max_bytes: int, *, bodiless: bool = False) -> None:
        self.response = Response()
        self.done = False
        self._max = max_bytes
        self._bodiless = bodiless
        self._buffer = bytearray()
        self._body = bytearray()
        self._closed = False
        self._room = HTTPS_HEADER_BYTES
        self._problem: HttpProblem | None = None
        self._steps = self._read()
        next(self._steps)

    def feed(self, data: bytes) -> None:
        """Take `data` in. What comes after the end of the reply is passed over."""
        if not self.done:
            self._buffer += data
            self._step()

    def end(self) -> None:
        """The peer closed its side in order. Raises HttpProblem where the reply is not whole."""
        if not self.done:
            self._closed = True
            self._step()

    def _step(self) -> None:
        if self._problem is not None:
            raise self._problem
        try:
            next(self._steps)
        except StopIteration:
            self.done = True
            self.response.body = bytes(self._body)
        except HttpProblem as problem:
            self._problem = problem
            raise

    def _more(self, what: str) -> Steps:
        if self._closed:
            raise HttpProblem(f"the connection was closed {what}")
        yield

    def _read(self) -> Steps:
        yield
        fields = yield from self._head()
        while self.response.code < 200:
            # Interim replies (RFC 9110 section 15.2) share the bound of the header section.
            if self.response.code == 101:
                raise HttpProblem("the server switches to another protocol")
            fields = yield from self._head()
        self.response.content_type = _shown(fields.get(b"content-type", []))
        self.response.location = _shown(fields.get(b"location", []))
        if self._bodiless or self.response.code in _EMPTY:
            return
        if any(value.lower() != b"identity" for value in fields.get(b"content-encoding", [])):
            raise HttpProblem("the body is compressed, which was not asked for")
        lengths = {piece.strip() for value in fields.get(b"content-length", []) for piece in value.split(b",")}
        codings = fields.get(b"transfer-encoding")
        if codings is not None:
            if lengths or [value.lower() for value in codings] != [b"chunked"]:
                raise HttpProblem("the body's length is told in a way that is not read")
            yield from self._chunks()
        elif lengths:
            yield from self._counted(lengths)
        else:
            yield from self._until_closed()

    # --- the header section

    def _head(self) -> Generator[None, None, Fields]:
        """The next header section; its code goes into `response`. All of them together are bounded."""
        match = _STATUS.match((yield from self._line(self._room, "in the header section")))
        if match is None:
            raise HttpProblem("the reply is not HTTP/1.1")
        self._room -= len(match.string)
        self.response.code = int(match[1])
        fields: Fields = {}
        for line in (yield from self._lines("in the header section")):
            field = _FIELD.match(line)
            if field is None:
                raise HttpProblem("the reply has a malformed header field")
            fields.setdefault(field[1].lower(), []).append(field[2].rstrip(b" \t"))
        return fields

    def _lines(self, where: str) -> Generator[None, None, list[bytes]]:
        """Lines up to an empty one, which is taken as well."""
        lines: list[bytes] = []
        while line := (yield from self._line(self._room, where)):
            self._room -= len(line) + 1
            lines.append(line)
        return lines

    def _line(self, limit: int, where: str) -> Generator[None, None, bytes]:
        """The next line without its end, which may lack the CR (RFC 9112 section 2.2)."""
        looked = 0
        while (at := self._buffer.find(b"\n", looked, max(limit + 2, 1))) < 0:
            looked = len(self._buffer)
            if looked > limit + 1:
                raise HttpProblem(f"too much {where}")
            yield from self._more(where)
        line = bytes(self._buffer[:at]).removesuffix(b"\r")
        del self._buffer[: at + 1]
        return line

    # --- the body (RFC 9112 section 6.3)

    def _take(self, count: int) -> Steps:
        """Move `count` octets to the body."""
        if len(self._body) + count > self._max:
            raise TooLarge(f"larger than {self._max} octets")
        while count:
            piece = self._buffer[:count]
            del self._buffer[:count]
            self._body += piece
            count -= len(piece)
            if count:
                yield from self._more("before the end of the body")

    def _counted(self, lengths: set[bytes]) -> Steps:
        if len(lengths) > 1 or not _LENGTH.match(min(lengths)):
            raise HttpProblem("the reply's Content-Length is not valid")
        yield from self._take(int(min(lengths)))

    def _until_closed(self) -> Steps:
        while True:
            yield from self._take(len(self._buffer))
            if self._closed:
                return
            yield

    def _chunks(self) -> Steps:
        while True:
            line = yield from self._line(HTTPS_CHUNK_LINE, "in a chunk's line")
            match = _CHUNK.match(line)
            if match is None:
                raise HttpProblem("a chunk's size is not valid")
            size = int(match[1], 16)
            if not size:
                yield from self._lines("in the trailers")
                return
            yield from self._take(size)
            if (yield from self._line(0, "after a chunk")):
                raise HttpProblem("a chunk does not end where it should")


def _shown(values: list[bytes]) -> str:
    return clipped(from_bytes(values[0]), HTTPS_SHOWN) if values else ""
