"""A URL read as a browser reads it (the WHATWG URL standard, as far as the host is concerned), and whose site it leads to.

What a person reads in a URL and where a browser goes are kept apart: the tricks that make them differ are `tricks`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from html import unescape
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.limits.spoofing import MAX_LINK_TARGET
from mailsec.core.suffixes import listed_organization
from mailsec.sender.spoofing.subject import akin


class Trick(StrEnum):
    """What makes a URL look like another."""

    USERINFO = "userinfo"
    NUMBER_HOST = "number-host"
    ENCODED_HOST = "encoded-host"
    BAD_HOST = "bad-host"
    BACKSLASH = "backslash"
    CONTROL = "control"
    NESTED = "nested"


class Url(NamedTuple):
    """A URL. `text` is as written, entities resolved; `scheme` in lower case, "" where the URL is relative.

    `host` is what a browser asks for: lower-case A-labels, or an IP number in its usual form; "" where there is none.
    `userinfo` stands before the `@`, `nested` is the host of a URL in the query or path.
    """

    text: str
    scheme: str = ""
    host: str = ""
    userinfo: str = ""
    tricks: tuple[Trick, ...] = ()
    nested: str = ""

    @property
    def is_ip(self) -> bool:
        """True where the host is an IP number."""
        return _is_number(self.host)


# what nearly every URL is: nothing in it that could be a trick, and no other URL
_ORDINARY = re.compile(r"(https?)://([a-z0-9.-]{1,253})(?:[/?#][!-;=?-\[\]_a-z{|}~]*)?\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,40}):")
_IGNORED = re.compile(r"[\t\r\n]+")
_ENDS = re.compile(r"[/\\?#]")
_CONTROLS = "".join(map(chr, range(0x21)))
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_PORT = re.compile(r":\d{0,5}\Z")
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z")
_ENDS_IN_NUMBER = re.compile(r"(?i)(?:\A|\.)(?:\d+|0x[0-9a-f]*)\.?\Z")
_NESTED = re.compile(r"(?i)https?(?::|%3a)(?:/|%2f){2}([^/\\?#&%\s]{1,253})")
WEB = ("http", "https", "ftp", "ws", "wss")


def parse_url(written: str, base: Url | None = None) -> Url:
    """The URL that an attribute or a text holds; a relative one is one of `base`, where that is known. Never raises."""
    text = unescape(written[:MAX_LINK_TARGET]) if "&" in written else written[:MAX_LINK_TARGET]
    ordinary = _ORDINARY.match(text)
    if ordinary is not None and "http" not in text[4:]:
        host, tricks = _host(ordinary[2])
        return Url(text, ordinary[1], host, "", tricks)
    return _odd(text, base)


def _odd(text: str, base: Url | None) -> Url:
    stripped = text.strip(_CONTROLS)
    cleaned = _IGNORED.sub("", stripped)
    tricks = [Trick.CONTROL] if len(cleaned) < len(stripped) else []
    match = _SCHEME.match(cleaned)
    if match is None:
        return _relative(stripped, cleaned, base, tricks)
    scheme = match[1].lower()
    if scheme not in WEB:
        return Url(stripped, scheme, tricks=tuple(tricks))
    return _web(stripped, scheme, cleaned[match.end() :], tricks)


def _relative(text: str, cleaned: str, base: Url | None, tricks: list[Trick]) -> Url:
    if cleaned[:2] in ("//", "\\\\", "/\\", "\\/"):
        return _web(text, base.scheme if base and base.scheme else "https", cleaned, tricks)
    return Url(text, base.scheme, base.host) if base else Url(text)


def _web(text: str, scheme: str, rest: str, tricks: list[Trick]) -> Url:
    """A URL of a scheme whose slashes may be any in number and direction."""
    body = rest.lstrip("/\\")
    end = _ENDS.search(body)
    authority, tail = (body[: end.start()], body[end.start() :]) if end else (body, "")
    userinfo, _, hostport = authority.rpartition("@")
    host, found = _host(_PORT.sub("", hostport) if not hostport.endswith("]") else hostport)
    if userinfo:
        tricks.append(Trick.USERINFO)
    if tail.startswith("\\") and "@" in tail:
        # a browser takes it for a slash, other programs for a part of what stands before the `@`
        tricks.append(Trick.BACKSLASH)
    nested = _NESTED.search(tail)
    if nested:
        tricks.append(Trick.NESTED)
    return Url(text, scheme, host, userinfo, (*tricks, *found), nested[1].lower() if nested else "")


@lru_cache(4096)
def _host(written: str) -> tuple[str, tuple[Trick, ...]]:
    """The host that a browser makes of what stands there, and by what trick it is written; "" where a browser gives up."""
    tricks: tuple[Trick, ...] = ()
    decoded = written
    if "%" in written:
        decoded = _PERCENT.sub(lambda code: chr(int(code[1], 16)), written)
        with suppress(UnicodeError):
            decoded = decoded.encode("latin-1").decode("utf-8")
        tricks = (Trick.ENCODED_HOST,)
    if decoded.startswith("["):
        try:
            return str(IPv6Address(decoded.strip("[]"))), tricks
        except ValueError:
            return "", (*tricks, Trick.BAD_HOST)
    number = _number(decoded)
    if number is not None:
        plain = str(number) == decoded
        return str(number), tricks if plain else (*tricks, Trick.NUMBER_HOST)
    if _ENDS_IN_NUMBER.search(decoded):
        return "", (*tricks, Trick.BAD_HOST)
    try:
        return to_ascii(decoded), tricks
    except DomainError:
        return "", (*tricks, Trick.BAD_HOST) if decoded else tricks


def _number(host: str) -> IPv4Address | None:
    """The address that a browser makes of a host whose last label is a number: up to four parts, decimal, octal or hex."""
    parts = host.removesuffix(".").split(".")
    if len(parts) > 4 or not parts[-1][:1].isdigit():
        return None
    values = []
    for part in parts:
        value = _part(part)
        if value is None:
            return None
        values.append(value)
    *high, low = values
    if any(value > 255 for value in high) or low >= 256 ** (5 - len(parts)):
        return None
    return IPv4Address(low + sum(value << (24 - 8 * place) for place, value in enumerate(high)))


def _part(text: str) -> int | None:
    if not text.isascii() or not 0 < len(text) <= 16:
        return None
    try:
        if text[:2] in ("0x", "0X"):
            return int(text[2:] or "0", 16)
        return int(text, 8) if text.startswith("0") and len(text) > 1 else int(text, 10)
    except ValueError:
        return None


def same_site(one: str, other: str) -> bool:
    """True where both hosts belong to one organization by the public suffix list, or are the same."""
    return one == other or (not (_is_number(one) or _is_number(other)) and akin(one, other))


def _is_number(host: str) -> bool:
    return ":" in host or _DOTTED.match(host) is not None


@lru_cache(4096)
def organization(host: str) -> str:
    """The domain that somebody registered, by the public suffix list; an IP number is its own."""
    return host if _is_number(host) else listed_organization(host)
