"""Octets from a server to replies (RFC 5321 section 4.2). Any split of the same octets gives the same events."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from mailsec.core.limits.transport import SMTP_REPLY_BYTES, SMTP_REPLY_LINE, SMTP_REPLY_LINES


class Flaw(StrEnum):
    """What is wrong with a reply that can be read all the same."""

    BARE_LF = "bare-lf"  # a line ends without CR
    BARE_CR = "bare-cr"  # a CR stands within a line
    NUL = "nul"
    MIXED_CODES = "mixed-codes"  # the lines of one reply have different codes; the last one counts
    EIGHT_BIT = "eight-bit"
    LONG_LINE = "long-line"  # over 512 octets (RFC 5321 section 4.5.3.1.5)


class Reply(NamedTuple):
    """One reply. `lines` are the texts behind the code, without line ends; `raw` is the whole of it."""

    code: int
    lines: tuple[bytes, ...]
    raw: bytes
    flaws: tuple[Flaw, ...] = ()

    @property
    def text(self) -> bytes:
        """All lines as one, with LF between them."""
        return b"\n".join(self.lines)

    @property
    def enhanced(self) -> str:
        """The enhanced status code of RFC 3463 that the text begins with ("5.7.1"), or ""."""
        found = _ENHANCED.match(self.lines[0])
        return found[1].decode("ascii") if found else ""


class Broken(NamedTuple):
    """What came is no reply, in words. `raw` is the line that shows it (as much of it as is kept), `before` what came of the
    reply that it stands in. Nothing is read after it."""

    reason: str
    raw: bytes
    before: bytes = b""


Event: TypeAlias = Reply | Broken

_ENHANCED = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_REPLY = re.compile(rb"([1-5][0-9][0-9])(?: ([\x20-\x7e\t]{0,500}))?\r\n")
_PLAIN = re.compile(rb"([1-5][0-9][0-9])(?:([ -])([\x20-\x7e\t]{0,500}))?\r\n")
_LINE = re.compile(rb"([1-5][0-9][0-9])(?:([ -])(.*))?\Z", re.DOTALL)


class ReplyReader:
    """Feed it octets; it gives the replies that are whole. After a `Broken` it refuses everything.

    `rest` are the octets that belong to no whole reply yet.
    """

    __slots__ = ("_broken", "_buffer", "_code", "_flaws", "_lines", "_raw", "_scanned")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0  # octets of the buffer in which there is no line end
        self._raw = bytearray()  # the lines of a reply that goes on
        self._lines: list[bytes] = []
        self._code = b""
        self._flaws: dict[Flaw, None] = {}
        self._broken = False

    @property
    def rest(self) -> bytes:
        """What came and is no whole reply."""
        return bytes(self._raw + self._buffer)

    @property
    def broken(self) -> bool:
        """True after a `Broken`."""
        return self._broken

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes."""
        if self._broken:
            return []
        if b"\n" not in data and len(self._buffer) + len(data) <= SMTP_REPLY_LINE:
            self._buffer += data
            return []
        events: list[Event] = []
        at = 0
        if not self._buffer and not self._raw:
            # the usual case, one regular expression a reply: whole one-line replies
            while found := _REPLY.match(data, at):
                events.append(Reply(int(found[1]), (found[2] or b"",), found[0]))
                at = found.end()
            if at == len(data):
                return events
        self._buffer += data[at:] if at else data
        self._take(events)
        return events

    def _take(self, events: list[Event]) -> None:
        """Cut the buffer into lines; what has no line end yet stays."""
        buffer, at = self._buffer, 0
        while (end := buffer.find(b"\n", max(at, self._scanned))) >= 0:
            found = _PLAIN.match(buffer, at)
            line = found[0] if found else bytes(buffer[at : end + 1])
            at = end + 1
            if not self._line(line, found or self._odd(line), events):
                return
        del buffer[:at]
        self._scanned = len(buffer)
        if len(buffer) > SMTP_REPLY_LINE:
            self._break(f"a line of more than {SMTP_REPLY_LINE} octets", bytes(buffer[:SMTP_REPLY_LINE]), events)

    def _odd(self, line: bytes) -> re.Match[bytes] | None:
        """A line that is not as it should be: its flaws are noted; None where it is no line of a reply."""
        content = line[:-2] if line.endswith(b"\r\n") else line[:-1]
        found = _LINE.match(content)
        if found is not None and len(line) <= SMTP_REPLY_LINE:
            self._note(line, content)
        return found

    def _line(self, line: bytes, found: re.Match[bytes] | None, events: list[Event]) -> bool:
        """One line; False where it is no part of a reply."""
        lines, raw = self._lines, self._raw
        reason = ""
        if len(line) > SMTP_REPLY_LINE:
            reason = f"a line of more than {SMTP_REPLY_LINE} octets"
        elif found is None:
            reason = "a line that does not begin with a reply code"
        elif len(lines) >= SMTP_REPLY_LINES or len(raw) + len(line) > SMTP_REPLY_BYTES:
            reason = f"a reply of more than {SMTP_REPLY_LINES} lines or {SMTP_REPLY_BYTES} octets"
        if reason or found is None:
            self._break(reason, line[:SMTP_REPLY_LINE], events)
            return False
        code, sign, text = found.groups()
        raw += line
        lines.append(text or b"")
        if code != self._code:
            if self._code:
                self._flaws[Flaw.MIXED_CODES] = None
            self._code = code
        if sign != b"-":
            events.append(Reply(int(code), tuple(lines), bytes(raw), tuple(self._flaws)))
            self._raw, self._lines, self._code, self._flaws = bytearray(), [], b"", {}
        return True

    def _note(self, line: bytes, content: bytes) -> None:
        for flaw, there in (
            (Flaw.BARE_LF, not line.endswith(b"\r\n")),
            (Flaw.BARE_CR, b"\r" in content),
            (Flaw.NUL, b"\0" in content),
            (Flaw.EIGHT_BIT, not content.isascii()),
            (Flaw.LONG_LINE, len(line) > 512),
        ):
            if there:
                self._flaws[flaw] = None

    def _break(self, reason: str, raw: bytes, events: list[Event]) -> None:
        events.append(Broken(reason, raw, bytes(self._raw)))
        self._broken = True
        self._buffer, self._raw = bytearray(), bytearray()
