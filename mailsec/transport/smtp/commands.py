"""Octets from a client to commands and message content (RFC 5321 section 4.1, RFC 3030). Any split gives the same events.

The end of data is CRLF, a dot, CRLF and nothing else: LF or CR alone ends neither a line of content nor a message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from mailsec.core.limits.transport import SMTP_COMMAND_LINE, SMTP_CONTENT_BYTES
from mailsec.core.text import from_bytes
from mailsec.transport.smtp.replies import Broken, Flaw

_CHUNK = re.compile(rb"BDAT +([0-9]{1,12})(?: +LAST)? *\Z", re.IGNORECASE)
_BARE_LF = re.compile(rb"(?<!\r)\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
END_OF_DATA = b"\r\n.\r\n"


class Command(NamedTuple):
    """One line of a client. `text` has no line end."""

    text: bytes
    raw: bytes
    flaws: tuple[Flaw, ...] = ()

    @property
    def verb(self) -> str:
        """Its first word in upper case, as far as it is ASCII."""
        return self.text.split(b" ", 1)[0].decode("ascii", "replace").upper()

    @property
    def path(self) -> str:
        """What stands behind the colon of MAIL and RCPT, without parameters."""
        return from_bytes(self.text.partition(b":")[2].strip().split(b" ")[0])


class Content(NamedTuple):
    """A message, or with BDAT a piece of one. `data` is what was meant, `raw` what came: dots doubled, end of data included."""

    data: bytes
    raw: bytes
    flaws: tuple[Flaw, ...] = ()


Event: TypeAlias = Command | Content | Broken


@dataclass(slots=True)
class CommandReader:
    """Feed it octets; it gives commands, and content once `content` was called. After a `Broken` it refuses everything.

    `most` are the octets of one message that are taken.
    """

    _most: int
    _buffer: bytearray
    _scanned: int
    _content: bool
    _chunk: int
    _broken: bool

    def __init__(self, most: int = SMTP_CONTENT_BYTES) -> None:
        self._most = most
        self._buffer = bytearray()
        self._scanned = 0  # octets of the buffer in which what is looked for does not begin
        self._content = False
        self._chunk = -1  # octets of a BDAT that are still to come
        self._broken = False

    @property
    def rest(self) -> bytes:
        """What came and is no whole event."""
        return bytes(self._buffer)

    @property
    def in_content(self) -> bool:
        """True between `content` and the end of data."""
        return self._content

    def content(self) -> None:
        """What follows is content, up to the end of data: a 354 was sent."""
        self._content = True
        self._scanned = 0

    def feed(self, data: bytes) -> None:
        """Take `data`."""
        if not self._broken:
            self._buffer += data

    def next(self) -> Event | None:
        """The next event of what was fed, or None. One at a time, because what follows a command depends on its reply."""
        if self._broken:
            return None
        if self._content:
            return self._message()
        if self._chunk >= 0:
            return self._piece()
        return self._command()

    def _command(self) -> Event | None:
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
        if (end if end >= 0 else len(self._buffer)) >= SMTP_COMMAND_LINE:
            return self._break(f"a line of more than {SMTP_COMMAND_LINE} octets", SMTP_COMMAND_LINE)
        if end < 0:
            return None
        raw = self._take(end + 1)
        text = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
        if (chunk := _CHUNK.match(text)) is not None:
            self._chunk = int(chunk[1])
            if self._chunk > self._most:
                return self._break(f"a chunk of more than {self._most} octets", 0, raw)
        return Command(text, raw, _flaws(raw, text, 512))

    def _piece(self) -> Event | None:
        if len(self._buffer) < self._chunk:
            return None
        raw = self._take(self._chunk)
        self._chunk = -1
        return Content(raw, raw)

    def _message(self) -> Event | None:
        if self._buffer.startswith(END_OF_DATA[2:]):
            end = len(END_OF_DATA) - 2
        else:
            found = self._buffer.find(END_OF_DATA, max(self._scanned - len(END_OF_DATA) + 1, 0))
            end = found + len(END_OF_DATA) if found >= 0 else 0
        if not end:
            self._scanned = len(self._buffer)
        if len(self._buffer) > self._most and not 0 < end <= self._most:
            return self._break(f"a message of more than {self._most} octets", 200)
        if not end:
            return None
        raw = self._take(end)
        self._content = False
        return Content(unstuffed(raw[: -len(END_OF_DATA) + 2]), raw, _flaws(raw, raw, 0))

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._scanned = 0
        return taken

    def _break(self, reason: str, shown: int, raw: bytes = b"") -> Broken:
        self._broken = True
        raw = raw or bytes(self._buffer[:shown])
        self._buffer.clear()
        return Broken(reason, raw)


def _flaws(raw: bytes, text: bytes, longest: int) -> tuple[Flaw, ...]:
    """What is wrong with a line, or (`longest` 0) with content, which may hold octets over 127 by 8BITMIME."""
    bare_lf = _BARE_LF.search(raw) is not None
    there = (
        (Flaw.BARE_LF, bare_lf),
        (Flaw.BARE_CR, _BARE_CR.search(text) is not None),
        (Flaw.NUL, b"\0" in text),
        (Flaw.EIGHT_BIT, bool(longest) and not text.isascii()),
        (Flaw.LONG_LINE, bool(longest) and len(raw) > longest),
    )
    return tuple(flaw for flaw, holds in there if holds)


def stuffed(data: bytes) -> bytes:
    """`data`, whole lines, with a dot more where a line begins with one (RFC 5321 section 4.5.2)."""
    data = data.replace(b"\r\n.", b"\r\n..")
    return b"." + data if data.startswith(b".") else data


def unstuffed(data: bytes) -> bytes:
    """The inverse of `stuffed`; lines are those that end with CRLF."""
    data = data.replace(b"\r\n.", b"\r\n")
    return data[1:] if data.startswith(b".") else data
