"""The directives of a script: `!name` and what stands behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from mailsec.core.limits.transport import SMTP_SCRIPT_CONNECTIONS, SMTP_SCRIPT_SECONDS
from mailsec.transport.smtp.script import (
    Connection,
    ExpectClose,
    Lmtp,
    SkipUnless,
    Sleep,
    Step,
    Timeout,
    Tls,
    TlsExpect,
    Verify,
)

Term: TypeAlias = tuple[str, str, str]
_WORD = re.compile(r"\S+")
_TERM = re.compile(r"([a-z]+)(>=|<=|=|<|>)(\S+)")
_VERSIONS = {"1": "TLSv1", "1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3"}
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")


class Complaint(ValueError):
    """A directive that means nothing; `at` is the place in the line."""

    def __init__(self, at: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.at = at
        self.hint = hint


class _Written(NamedTuple):
    """A directive as it is written: its arguments with their places in the line. `end` is the end of its name."""

    line: int
    source: str
    words: tuple[tuple[str, int], ...]
    end: int
    at_once: bool

    def only(self) -> tuple[str, int]:
        """The one argument."""
        if len(self.words) != 1:
            raise Complaint(self.words[1][1] if self.words else self.end, "one argument is needed here")
        return self.words[0]

    def seconds(self) -> float:
        """The one argument, a time."""
        word, at = self.only()
        if not _NUMBER.fullmatch(word) or not 0 < float(word) <= SMTP_SCRIPT_SECONDS:
            raise Complaint(at, f"a time is a number of seconds, more than 0 and at most {SMTP_SCRIPT_SECONDS:.0f}")
        return float(word)

    def none(self) -> None:
        """There is no argument."""
        if self.words:
            raise Complaint(self.words[0][1], "no argument is possible here")

    def terms(self, known: Mapping[str, str]) -> tuple[tuple[Term, int], ...]:
        """The arguments as terms; `known` says which names there are and how each is compared."""
        found: list[tuple[Term, int]] = []
        for word, at in self.words:
            term = _TERM.fullmatch(word)
            if term is None or term[1] not in known:
                raise Complaint(
                    at, f"not known here: {word}", f"{', '.join(known)}, each with {' or '.join(sorted(set(known.values())))}"
                )
            if term[2] not in known[term[1]].split():
                raise Complaint(at + len(term[1]), f"{term[1]} is compared by {known[term[1]]}")
            found.append(((term[1], term[2], term[3]), at + term.start(3)))
        return tuple(found)


_ORDER = "= >= <= > <"


def _tls(written: _Written) -> Step:
    verify, name, lowest, highest = Verify.NONE, "", "", ""
    for (key, comparison, value), at in written.terms({"verify": "=", "name": "=", "version": "= >= <="}):
        if key == "name":
            name = value
        elif key == "verify":
            if value not in tuple(Verify):
                raise Complaint(at, "verify is pkix, dane or none")
            verify = Verify(value)
        else:
            version = _version(value, at)
            lowest = version if comparison != "<=" else lowest
            highest = version if comparison != ">=" else highest
    return Tls(written.line, written.source, verify, name, (lowest, highest), written.at_once)


def _version(text: str, at: int) -> str:
    if text not in _VERSIONS:
        raise Complaint(at, "a version of TLS is 1.0, 1.1, 1.2 or 1.3")
    return _VERSIONS[text]


def _tls_expect(written: _Written) -> Step:
    terms = written.terms({"version": _ORDER, "bits": _ORDER, "cipher": "=", "pkix": "="})
    if not terms:
        raise Complaint(written.end, "what is expected?", "version>=1.2 cipher=*GCM* bits>=128 pkix=pass")
    for (key, _, value), at in terms:
        if key == "version":
            _version(value, at)
        if key == "bits" and not (value.isascii() and value.isdigit() and len(value) < 6):
            raise Complaint(at, "bits is a number")
        if key == "pkix" and value not in ("pass", "fail"):
            raise Complaint(at, "pkix is pass or fail")
    return TlsExpect(written.line, written.source, tuple(term for term, _ in terms))


def _expect_close(written: _Written) -> Step:
    written.none()
    return ExpectClose(written.line, written.source)


def _lmtp(written: _Written) -> Step:
    written.none()
    return Lmtp(written.line, written.source)


def _sleep(written: _Written) -> Step:
    return Sleep(written.line, written.source, written.seconds())


def _timeout(written: _Written) -> Step:
    return Timeout(written.line, written.source, written.seconds())


def _conn(written: _Written) -> Step:
    word, at = written.only()
    if not (word.isascii() and word.isdigit() and len(word) < 3 and 1 <= int(word) <= SMTP_SCRIPT_CONNECTIONS):
        raise Complaint(at, f"connections are numbered from 1 to {SMTP_SCRIPT_CONNECTIONS}")
    return Connection(written.line, written.source, int(word))


def _skip_unless(written: _Written) -> Step:
    if not written.words:
        raise Complaint(written.end, "which capability?", "!skip-unless STARTTLS")
    return SkipUnless(written.line, written.source, tuple(word for word, _ in written.words))


DIRECTIVES: Mapping[str, Callable[[_Written], Step]] = {
    "tls": _tls,
    "tls-expect": _tls_expect,
    "expect-close": _expect_close,
    "sleep": _sleep,
    "timeout": _timeout,
    "conn": _conn,
    "skip-unless": _skip_unless,
    "lmtp": _lmtp,
}


def directive(line: str, start: int, number: int, *, at_once: bool) -> Step:
    """The step that `line` names from `start` on; `at_once`: nothing was said on this connection. Raises Complaint."""
    name, *words = [(found[0], found.start()) for found in _WORD.finditer(line, start)]
    make = DIRECTIVES.get(name[0][1:])
    if make is None:
        raise Complaint(start, f"no such directive: {name[0]}", ", ".join(f"!{each}" for each in DIRECTIVES))
    return make(_Written(number, line.strip(), tuple(words), start + len(name[0]), at_once))
