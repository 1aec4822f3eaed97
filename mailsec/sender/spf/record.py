"""SPF records (RFC 7208 section 12): text to terms with their positions, and back.

The parser never raises: what it does not understand is kept as an `Unknown` term with a `Problem` that says where and why. A
record with any problem is a permerror (section 4.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Self, TypeAlias

from mailsec.core.limits.sender import SPF_CACHED_BYTES, SPF_CACHED_RECORDS, SPF_TERMS
from mailsec.core.results import Check, Status
from mailsec.core.text import from_bytes
from mailsec.sender.spf.macros import MacroError, MacroString, parse_domain
from mailsec.sender.spf.macros import parse as parse_macros

VERSION = "v=spf1"


class Qualifier(StrEnum):
    """What a match means: the sign that is written, and in `status` the result."""

    PASS = "+", Status.PASS
    FAIL = "-", Status.FAIL
    SOFTFAIL = "~", Status.SOFTFAIL
    NEUTRAL = "?", Status.NEUTRAL

    status: Status

    def __new__(cls, sign: str, status: Status) -> Self:
        """A member; called by the enumeration only."""
        member = str.__new__(cls, sign)
        member._value_ = sign
        member.status = status
        return member


class Kind(StrEnum):
    """The mechanisms (RFC 7208 section 5)."""

    ALL = "all"
    INCLUDE = "include"
    A = "a"
    MX = "mx"
    PTR = "ptr"
    IP4 = "ip4"
    IP6 = "ip6"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A directive. `text` is as written, `start` its octet offset in the record; the rest is what it says.

    `prefix4` and `prefix6` are the prefix lengths that were written, or None. `str` gives it in its shortest form.
    """

    text: str
    start: int
    qualifier: Qualifier
    kind: Kind
    domain: MacroString | None = None
    address: IPv4Address | IPv6Address | None = None
    prefix4: int | None = None
    prefix6: int | None = None

    @property
    def end(self) -> int:
        """The offset behind the term."""
        return self.start + len(self.text)

    def __str__(self) -> str:
        qualifier = "" if self.qualifier is Qualifier.PASS else self.qualifier.value
        argument = self.domain.text if self.domain is not None else self.address
        prefix4 = "" if self.prefix4 is None else f"/{self.prefix4}"
        slashes = "/" if self.kind is Kind.IP6 else "//"
        prefix6 = "" if self.prefix6 is None else f"{slashes}{self.prefix6}"
        return f"{qualifier}{self.kind}{'' if argument is None else f':{argument}'}{prefix4}{prefix6}"


@dataclass(frozen=True, slots=True)
class Modifier:
    """A modifier: redirect, exp, or one that is not known and has no effect. `name` is in lower case."""

    text: str
    start: int
    name: str
    value: MacroString

    @property
    def end(self) -> int:
        """The offset behind the term."""
        return self.start + len(self.text)

    def __str__(self) -> str:
        return f"{self.name}={self.value.text}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A term that is neither; a `Problem` says why."""

    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return self.text


Term: TypeAlias = Mechanism | Modifier | Unknown


@dataclass(frozen=True, slots=True)
class Problem:
    """A syntax error: what is wrong, in which term, and at which octet of the record."""

    message: str
    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Record:
    """A parsed record. `terms` are all of them in order; `mechanisms`, `redirect` and `exp` are those that have an effect.

    `missed` and `unreached` are ready-made entries of a result tree, one for each of `mechanisms`, and in `unreached` one for
    redirect: evaluation needs them often, and they are the same each time.
    """

    text: str
    terms: tuple[Term, ...]
    problems: tuple[Problem, ...]
    mechanisms: tuple[Mechanism, ...]
    redirect: Modifier | None
    exp: Modifier | None
    missed: tuple[Check, ...] = field(repr=False, compare=False)
    unreached: tuple[Check, ...] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return " ".join((VERSION, *map(str, self.terms)))


def is_spf(data: bytes) -> bool:
    """True where a TXT record's text says that it is an SPF record (RFC 7208 section 4.5)."""
    return data[:6].lower() == b"v=spf1" and data[6:7] in (b"", b" ")


def parse(data: bytes) -> Record:
    """The record in `data`, a TXT record's joined strings. Never raises; linear in its length. Short records are remembered."""
    return _remembered(data) if len(data) <= SPF_CACHED_BYTES else _parse(data)


_TERM = re.compile(rb"[^ ]+")


def _parse(data: bytes) -> Record:
    terms: list[Term] = []
    problems: list[Problem] = []
    if not is_spf(data):
        problems.append(Problem(f"the record does not begin with {VERSION}", "", 0, 0))
    for match in _TERM.finditer(data, len(VERSION)):
        if len(terms) >= SPF_TERMS:
            problems.append(Problem(f"more than {SPF_TERMS} terms", "", match.start(), len(data)))
            break
        terms.append(_term(match[0], match.start(), problems))
    modifiers = _modifiers(terms, problems)
    mechanisms = tuple(term for term in terms if isinstance(term, Mechanism))
    redirect, exp = modifiers.get("redirect"), modifiers.get("exp")
    missed = tuple(Check(term.text, None, "no match") for term in mechanisms)
    behind = [term.text for term in mechanisms] + ([redirect.text] if redirect is not None else [])
    unreached = tuple(Check(text, Status.SKIPPED, "not reached") for text in behind)
    return Record(from_bytes(data), tuple(terms), tuple(problems), mechanisms, redirect, exp, missed, unreached)


_remembered = lru_cache(SPF_CACHED_RECORDS)(_parse)


def _modifiers(terms: list[Term], problems: list[Problem]) -> dict[str, Modifier]:
    """redirect and exp; each may stand once (RFC 7208 section 6)."""
    found: dict[str, Modifier] = {}
    for term in terms:
        if isinstance(term, Modifier) and term.name in ("redirect", "exp"):
            if term.name in found:
                problems.append(Problem(f"{term.name}= stands twice", term.text, term.start, term.end))
            found.setdefault(term.name, term)
    return found


class _TermError(ValueError):
    """Why a term is not one; `offset` is within the term."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=")
_MECHANISM = re.compile(r"([+?~-]?)([A-Za-z0-9]+)")


def _term(data: bytes, start: int, problems: list[Problem]) -> Term:
    text = from_bytes(data)
    try:
        if not data.isascii():
            raise _TermError("a record has ASCII characters only", next(at for at, octet in enumerate(data) if octet > 0x7F))
        if match := _MODIFIER.match(text):
            return _modifier(text, start, match)
        return _mechanism(text, start)
    except _TermError as error:
        problems.append(Problem(error.message, text, start + error.offset, start + len(data)))
        return Unknown(text, start, start + len(data))


def _modifier(text: str, start: int, match: re.Match[str]) -> Modifier:
    name = match[1].lower()
    value = _at(match.end(), text, parse_domain if name in ("redirect", "exp") else parse_macros)
    return Modifier(text, start, name, value)


def _at(offset: int, text: str, parser: Callable[[str], MacroString]) -> MacroString:
    """What `parser` makes of the rest of `text`, its errors placed in the whole of it."""
    try:
        return parser(text[offset:])
    except MacroError as error:
        raise _TermError(error.message, offset + error.offset) from None


def _mechanism(text: str, start: int) -> Mechanism:
    match = _MECHANISM.match(text)
    kind = _KINDS.get(match[2].lower()) if match else None
    if match is None or kind is None:
        raise _TermError("no mechanism or modifier is written like this")
    qualifier = _QUALIFIERS[match[1]]
    at = match.end(2)
    if kind is Kind.ALL:
        if at < len(text):
            raise _TermError("nothing may follow all", at)
        return Mechanism(text, start, qualifier, kind)
    if kind is Kind.IP4 or kind is Kind.IP6:
        return _network(text, start, qualifier, kind, at)
    return _named(text, start, qualifier, kind, at)


_KINDS = {kind.value: kind for kind in Kind}
_QUALIFIERS = {"": Qualifier.PASS} | {qualifier.value: qualifier for qualifier in Qualifier}
_PREFIXES = re.compile(r"(?:/([0-9]{1,4}))?(?://([0-9]{1,4}))?\Z")


def _named(text: str, start: int, qualifier: Qualifier, kind: Kind, at: int) -> Mechanism:
    """include, a, mx, ptr and exists: a domain, and for a and mx prefix lengths behind it."""
    prefixes = _PREFIXES.search(text, at) if kind is Kind.A or kind is Kind.MX else None
    end = prefixes.start() if prefixes else len(text)
    domain = None
    if text.startswith(":", at):
        domain = _at(at + 1, text[:end], parse_domain)
    elif at < end:
        raise _TermError(f"this may not follow {kind}", at)
    elif kind is Kind.INCLUDE or kind is Kind.EXISTS:
        raise _TermError(f"{kind} needs a domain", at)
    prefix4 = _prefix(prefixes[1], 32, prefixes.start(1)) if prefixes else None
    prefix6 = _prefix(prefixes[2], 128, prefixes.start(2)) if prefixes else None
    return Mechanism(text, start, qualifier, kind, domain, None, prefix4, prefix6)


def _prefix(digits: str | None, longest: int, at: int) -> int | None:
    if digits is None:
        return None
    if len(digits) > 1 and digits[0] == "0":
        raise _TermError("a prefix length has no leading zero", at)
    if int(digits) > longest:
        raise _TermError(f"a prefix length here is at most {longest}", at)
    return int(digits)


def _network(text: str, start: int, qualifier: Qualifier, kind: Kind, at: int) -> Mechanism:
    if not text.startswith(":", at):
        raise _TermError(f"{kind} needs an address", at)
    written, slash, digits = text[at + 1 :].partition("/")
    behind = at + 1 + len(written) + 1
    if slash and not (digits.isdigit() and len(digits) <= 4):
        raise _TermError("no prefix length", behind)
    prefix = _prefix(digits if slash else None, 32 if kind is Kind.IP4 else 128, behind)
    try:
        if kind is Kind.IP4:
            return Mechanism(text, start, qualifier, kind, None, IPv4Address(written), prefix)
        if "%" in written:
            raise _TermError("an address in a record has no zone", at + 1)
        return Mechanism(text, start, qualifier, kind, None, IPv6Address(written), None, prefix)
    except AddressValueError:
        raise _TermError(f"no address that {kind} could take", at + 1) from None
