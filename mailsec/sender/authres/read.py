"""Reads an Authentication-Results field (RFC 8601 section 2.2), and says whether one claims to be ours (section 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.limits.message import MAX_LINE
from mailsec.core.limits.sender import AUTHRES_BYTES, AUTHRES_RESULTS
from mailsec.core.text import from_bytes


class AuthresDefect(StrEnum):
    """What can be wrong with a field."""

    NO_ID = "no-authserv-id"
    BAD_VERSION = "bad-version"
    NO_RESULTS = "no-results"
    BAD_RESULT = "bad-result"
    BAD_PROPERTY = "bad-property"
    OPEN_COMMENT = "open-comment"
    OPEN_QUOTE = "open-quote"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One result: `method`, `result` and the names of properties in lower case, `reason` and values as they were written.

    `properties` are pairs of ptype.property and value, in order; a name without a dot (`action`) is no ptype.property, but some
    write it. `version` is the method's.
    """

    method: str
    result: str
    reason: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    version: int = 1

    def value(self, name: str) -> str | None:
        """The value of the first property called `name` (as in "header.d"), or None."""
        return next((value for key, value in self.properties if key == name), None)


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """A field. `authserv_id` is None where none could be read; a result that could not be read is left out, with a defect."""

    authserv_id: str | None
    version: int
    results: tuple[MethodResult, ...]
    defects: tuple[AuthresDefect, ...]


_SPACE = re.compile(rb"[ \t\r\n]+")
_TOKEN = re.compile(rb'[^\x00-\x20\x7f()<>@,;:\\"/\[\]?=]+')
_WORD = re.compile(rb"[A-Za-z0-9_-]+")
_NUMBER = re.compile(rb"[0-9]{1,9}(?![0-9])")
_RUN = re.compile(rb'[^ \t\r\n;("]+')
_OUTSIDE = re.compile(rb'[^;("]+')
_QUOTED = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_IN_COMMENT = re.compile(rb"[^()\\]+|\\.?|[()]", re.DOTALL)


class _Unreadable(Exception):
    """What stands here is not what the grammar wants."""


class _Scanner:
    """A position in a value. Each octet is looked at a bounded number of times: what is open at the end takes all the rest."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.defects: dict[AuthresDefect, None] = {}

    def defect(self, kind: AuthresDefect) -> None:
        self.defects[kind] = None

    def next(self) -> bytes:
        """The octet here, empty at the end."""
        return self.data[self.at : self.at + 1]

    def skip(self) -> None:
        """White space and comments."""
        while (char := self.next()) and char in b" \t\r\n(":
            if char == b"(":
                self.comment()
            else:
                self.take(_SPACE)

    def comment(self) -> None:
        """Skip the comment here, with those inside it."""
        depth = 0
        for match in _IN_COMMENT.finditer(self.data, self.at):
            depth += {b"(": 1, b")": -1}.get(match[0], 0)
            if not depth:
                self.at = match.end()
                return
        self.at = len(self.data)
        self.defect(AuthresDefect.OPEN_COMMENT)

    def take(self, pattern: re.Pattern[bytes]) -> bytes:
        """What matches `pattern` here."""
        match = pattern.match(self.data, self.at)
        if match is None:
            raise _Unreadable
        self.at = match.end()
        return match[0]

    def pass_quoted(self) -> re.Match[bytes] | None:
        """Go behind the quoted-string here; None where it does not end."""
        match = _QUOTED.match(self.data, self.at)
        if match is None:
            self.at = len(self.data)
            self.defect(AuthresDefect.OPEN_QUOTE)
        else:
            self.at = match.end()
        return match

    def quoted(self) -> str:
        """The content of the quoted-string here."""
        match = self.pass_quoted()
        if match is None:
            raise _Unreadable
        return from_bytes(_ESCAPE.sub(rb"\1", _FOLD.sub(b"", match[1])))

    def expect(self, char: bytes) -> None:
        """`char`, with white space and comments around it."""
        self.skip()
        if self.next() != char:
            raise _Unreadable
        self.at += 1
        self.skip()

    def word(self) -> str:
        """A keyword, in lower case."""
        return self.take(_WORD).decode("ascii").lower()

    def number(self) -> int:
        """A version."""
        return int(self.take(_NUMBER))

    def value(self) -> str:
        """A token or a quoted-string."""
        return self.quoted() if self.next() == b'"' else from_bytes(self.take(_TOKEN))

    def pvalue(self) -> str:
        """A property's value: also an address, whose local part may be quoted (kept as it is written)."""
        start = self.at
        if self.next() == b'"':
            text = self.quoted()
            if not _RUN.match(self.data, self.at):
                return text
        while _RUN.match(self.data, self.at) or self.next() == b'"':
            if self.next() == b'"':
                self.quoted()
            else:
                self.take(_RUN)
        if self.at == start:
            raise _Unreadable
        return from_bytes(self.data[start : self.at])

    def at_end(self) -> bool:
        """True behind a result: at a semicolon or at the end."""
        return self.next() in (b";", b"")

    def recover(self) -> None:
        """Go to the next semicolon that stands outside of comments and quoted-strings."""
        while not self.at_end():
            match self.next():
                case b"(":
                    self.comment()
                case b'"':
                    self.pass_quoted()
                case _:
                    self.take(_OUTSIDE)


def read(value: bytes) -> AuthenticationResults:
    """The field whose value (what stands behind the colon) is `value`. Never fails, linear in its length."""
    scanner = _Scanner(value[:AUTHRES_BYTES])
    if len(value) > AUTHRES_BYTES:
        scanner.defect(AuthresDefect.TOO_LARGE)
    identity = _identity(scanner)
    if identity is None:
        scanner.defect(AuthresDefect.NO_ID)
    version = _version(scanner)
    if not scanner.next():
        scanner.defect(AuthresDefect.NO_RESULTS)
    results = tuple(_results(scanner))
    return AuthenticationResults(identity, version, results, tuple(scanner.defects))


def authserv_id(value: bytes) -> str | None:
    """Who wrote the field, as it is written there; None where that cannot be read."""
    return _identity(_Scanner(value[:AUTHRES_BYTES]))


def _identity(scanner: _Scanner) -> str | None:
    scanner.skip()
    try:
        identity = scanner.value()
    except _Unreadable:
        return None
    scanner.skip()
    return identity if scanner.next() in (b";", b"") or scanner.next().isdigit() else None


def _version(scanner: _Scanner) -> int:
    """The version behind the authserv-id; leaves the scanner at a semicolon or at the end."""
    version = 1
    try:
        if not scanner.at_end():
            version = scanner.number()
            scanner.skip()
    except _Unreadable:
        pass
    if not scanner.at_end():
        scanner.defect(AuthresDefect.BAD_VERSION)
        scanner.recover()
    return version


def _results(scanner: _Scanner) -> Iterator[MethodResult]:
    count = 0
    while scanner.next():
        scanner.at += 1
        scanner.skip()
        if not scanner.next():
            return
        count += 1
        if count > AUTHRES_RESULTS:
            scanner.defect(AuthresDefect.TOO_MANY)
            return
        try:
            result = _result(scanner)
        except _Unreadable:
            scanner.defect(AuthresDefect.BAD_RESULT)
            scanner.recover()
        else:
            if result:
                yield result


def _result(scanner: _Scanner) -> MethodResult | None:
    """The result here; None for the word `none`, which says that there is none."""
    method = scanner.word()
    scanner.skip()
    if method == "none" and scanner.at_end():
        return None
    version = 1
    if scanner.next() == b"/":
        scanner.expect(b"/")
        version = scanner.number()
    scanner.expect(b"=")
    result = scanner.word()
    scanner.skip()
    reason = None
    properties: list[tuple[str, str]] = []
    while not scanner.at_end():
        name, value = _property(scanner)
        if name == "reason" and reason is None:
            reason = value
        elif len(properties) < AUTHRES_RESULTS:
            properties.append((name, value))
        else:
            scanner.defect(AuthresDefect.TOO_MANY)
    return MethodResult(method, result, reason, tuple(properties), version)


def _property(scanner: _Scanner) -> tuple[str, str]:
    """A reason, or a property and its value."""
    name = scanner.word()
    scanner.skip()
    if scanner.next() == b".":
        scanner.expect(b".")
        name += "." + scanner.word()
    elif name != "reason":
        scanner.defect(AuthresDefect.BAD_PROPERTY)
    scanner.expect(b"=")
    value = scanner.pvalue()
    scanner.skip()
    return name, value


_NOISE = re.compile(rb'[\x00-\x08\x0b\x0c\x0e-\x1f\x7f"\\]+')
_PART = re.compile(rb"[^ ();,<>:@=/?\[\]]+")


def claims(value: bytes, authserv_id: str) -> bool:
    """Whether some reader could take the field with this `value` for one that `authserv_id` wrote.

    Errs towards yes, so that a forged one is never left standing (RFC 8601 section 5): the name anywhere before the first
    semicolon counts, in any case, quoted, beside or inside comments, with a version, spread over white space or control
    characters. So does a field in which no name can be seen at all, or whose name does not fit into a line.
    """
    value = value[: MAX_LINE + 1]
    head = value[: _first_semicolon(value)]
    if len(head) > MAX_LINE or b"=?" in head:  # no honest name is an encoded-word
        return True
    outside = _parts(_without_comments(head))
    ours = _name(authserv_id.encode(errors="replace"))
    # semicolons and parentheses separate parts, so this is also what a reader sees who knows no quotes or comments
    return not outside or any(_name(part) == ours for part in {*outside, *_parts(head)})


def _first_semicolon(value: bytes) -> int:
    """Where the first semicolon stands that is in no comment and no quoted-string; the end without one."""
    scanner = _Scanner(value)
    scanner.recover()
    return scanner.at


def _without_comments(head: bytes) -> bytes:
    scanner = _Scanner(head)
    kept = []
    while scanner.next():
        start = scanner.at
        if scanner.next() == b"(":
            scanner.comment()
        else:
            scanner.at += 1
            kept.append(head[start : scanner.at])
    return b"".join(kept)


def _parts(text: bytes) -> list[bytes]:
    """What can be a name in `text`: without quotes and control characters, with and without white space around dots."""
    plain = _SPACE.sub(b" ", _NOISE.sub(b"", text))
    return _PART.findall(plain + b" " + plain.replace(b" .", b".").replace(b". ", b"."))


def _name(part: bytes) -> str:
    text = from_bytes(part).lower().strip(".")
    if text.isascii():
        return text
    try:
        return to_ascii(text)
    except DomainError:
        return text
