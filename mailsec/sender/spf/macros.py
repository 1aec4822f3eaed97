"""Macro-strings of SPF (RFC 7208 section 7): their grammar and their expansion.

`parse` and `parse_domain` read them, `expand` fills them in, `name_of` makes the result a name that can be asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from mailsec.core.limits.network import MAX_NAME
from mailsec.core.limits.sender import SPF_EXPANSION


class MacroError(ValueError):
    """The text is no macro-string, or cannot be expanded; `offset` is where in the text."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Macro:
    """One `%{…}`: its letter as written, how many right-hand parts to keep (0: all), and where and how to split the value."""

    letter: str
    keep: int = 0
    reverse: bool = False
    delimiters: str = ""

    def __str__(self) -> str:
        return f"%{{{self.letter}{self.keep or ''}{'r' if self.reverse else ''}{self.delimiters}}}"


Part: TypeAlias = str | Macro


@dataclass(frozen=True, slots=True)
class MacroString:
    """A parsed macro-string.

    `text` is as written. `parts` are literal text (with `%%`, `%_` and `%-` resolved) and macros, in order. `name` is the name
    to ask for where the text has no macro in it, else "".
    """

    text: str
    parts: tuple[Part, ...]
    name: str = ""

    @property
    def fixed(self) -> bool:
        """True where the text is the same for every message."""
        return not any(isinstance(part, Macro) for part in self.parts)

    @property
    def uses_p(self) -> bool:
        """True where the validated name of the sending host is needed, which takes lookups of its own."""
        return any(isinstance(part, Macro) and part.letter in "pP" for part in self.parts)


@dataclass(frozen=True, slots=True)
class Values:
    """What the macro letters stand for (RFC 7208 section 7.2).

    `ip` is dotted (for IPv6 in nibbles), `readable_ip` as people write it, `network` "in-addr" or "ip6", `now` in seconds since
    1970.
    """

    sender: str
    local: str
    sender_domain: str
    domain: str
    ip: str
    validated: str
    network: str
    helo: str
    readable_ip: str
    receiver: str
    now: int

    def of(self, letter: str) -> str:
        """The value of a lower-case macro letter."""
        value: str | int = getattr(self, _FIELDS[letter])
        return str(value)


_FIELDS = {
    "s": "sender",
    "l": "local",
    "o": "sender_domain",
    "d": "domain",
    "i": "ip",
    "p": "validated",
    "v": "network",
    "h": "helo",
    "c": "readable_ip",
    "r": "receiver",
    "t": "now",
}
_EXPLANATION_ONLY = "crt"
_EXPAND = re.compile(r"%(?:([%_-])|\{([A-Za-z])([0-9]*)([rR]?)([.\-+,/_=]*)\})")
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_NOT_VISIBLE = re.compile(r"[^!-~]")
_NOT_TEXT = re.compile(r"[^ -~]")
# RFC 7208 section 7.1: letters, digits and inner hyphens, but not digits alone
_TOP_LABEL = re.compile(r"(?![0-9]+\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
_ALL_PARTS = 10**9


def parse(text: str, *, explanation: bool = False) -> MacroString:
    """The macro-string `text`; with `explanation` it is an explain-string, where spaces and the letters c, r and t may stand.

    Raises MacroError at the first character that the grammar does not allow.
    """
    return _read(text, explanation)[0]


def _read(text: str, explanation: bool) -> tuple[MacroString, int]:
    """The macro-string, and the offset behind its last macro."""
    if bad := (_NOT_TEXT if explanation else _NOT_VISIBLE).search(text):
        raise MacroError("a character that cannot stand here", bad.start())
    if "%" not in text:
        return MacroString(text, (text,) if text else (), name_of(text)), 0
    parts: list[Part] = []
    at = 0
    while (percent := text.find("%", at)) >= 0:
        if percent > at:
            parts.append(text[at:percent])
        match = _EXPAND.match(text, percent)
        if match is None:
            raise MacroError("a % that begins no macro", percent)
        parts.append(_ESCAPES[match[1]] if match[1] else _macro(match, explanation))
        at = match.end()
    if at < len(text):
        parts.append(text[at:])
    fixed = all(isinstance(part, str) for part in parts)
    return MacroString(text, tuple(parts), name_of("".join(map(str, parts))) if fixed else ""), at


def _macro(match: re.Match[str], explanation: bool) -> Macro:
    letter = match[2].lower()
    if letter not in _FIELDS:
        raise MacroError(f"there is no macro %{{{match[2]}}}", match.start())
    if letter in _EXPLANATION_ONLY and not explanation:
        raise MacroError(f"%{{{match[2]}}} may stand in explanations only", match.start())
    digits = match[3].lstrip("0")
    if match[3] and not digits:
        raise MacroError("a macro cannot keep 0 parts", match.start())
    keep = 0 if not digits else int(digits) if len(digits) < 10 else _ALL_PARTS
    return Macro(match[2], keep, bool(match[4]), match[5])


def parse_domain(text: str) -> MacroString:
    """The domain-spec `text`: a macro-string that ends in a macro or in a dot and a top-level label.

    Raises MacroError, as `parse` does.
    """
    if not text:
        raise MacroError("a domain is missing")
    spec, behind = _read(text, explanation=False)
    tail = text[behind:].removesuffix(".")
    _, dot, label = tail.rpartition(".")
    if behind < len(text) and not (dot and _TOP_LABEL.match(label)):
        raise MacroError("a domain ends in a dot and a top-level label, or in a macro", behind + len(tail) - len(label))
    return spec


def expand(macros: MacroString, values: Values, *, explanation: bool = False) -> str:
    """`macros` filled in.

    Raises MacroError where the result, or the work for it, passes SPF_EXPANSION octets, and, outside of explanations, where it
    would take characters that are not ASCII into a domain name (RFC 8616 section 4: such a term never matches).
    """
    out: list[str] = []
    work = 0
    for part in macros.parts:
        if isinstance(part, str):
            piece = part
        else:
            value = values.of(part.letter.lower())
            work += len(value)
            if not explanation and not value.isascii():
                raise MacroError(f"{part} has characters that a domain name cannot have")
            piece = _transformed(part, value) if work <= SPF_EXPANSION else ""
        work += len(piece)
        if work > SPF_EXPANSION:
            raise MacroError(f"a macro-string expands beyond {SPF_EXPANSION} octets")
        out.append(piece)
    return "".join(out)


def _transformed(macro: Macro, value: str) -> str:
    if macro.keep or macro.reverse or macro.delimiters:
        pieces = re.split(f"[{re.escape(macro.delimiters)}]", value) if macro.delimiters else value.split(".")
        if macro.reverse:
            pieces.reverse()
        value = ".".join(pieces[-macro.keep :])
    return quote(value, safe="~", errors="replace") if macro.letter.isupper() else value


_ASKABLE = re.compile(r"(?:[ -\-/-~]{1,63}\.)*[ -\-/-~]{1,63}\Z")
_TO_ESCAPE = re.compile(r'[ "\\]')


def name_of(text: str) -> str:
    """`text`, an expanded domain-spec, as the name to ask for, or "" where no question can be made of it.

    A final dot is dropped, then labels from the left until 253 octets are left (RFC 7208 section 7.3). Labels may have any
    visible character; a space, quote or backslash comes out as \\DDD, as in `core.rdata`.
    """
    name = text.removesuffix(".")
    if len(name) > MAX_NAME:
        cut = name.find(".", len(name) - MAX_NAME - 1)
        if cut < 0:
            return ""
        name = name[cut + 1 :]
    if not _ASKABLE.match(name):
        return ""
    return _TO_ESCAPE.sub(lambda match: f"\\{ord(match[0]):03d}", name)
