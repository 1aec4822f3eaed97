"""The corrected record: syntax errors that have one obvious correction, and terms that can never match taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from itertools import pairwise

from mailsec.core.limits.sender import SPF_CACHED_BYTES
from mailsec.sender.spf.record import VERSION, Kind, Mechanism, Modifier, Record, Term, Unknown, parse

MECHANISMS = frozenset(kind.value for kind in Kind)
_JUNK = "\"',;\t\r\n\u201c\u201d\u2018\u2019"
_DASHES = ("\u2013", "\u2014", "\u2212", "\u2010", "\u2011")
_NETWORK = re.compile(r"([+?~-]?)(?:(?:ip|ip4|ip6|ipv4|ipv6)[:=])?([0-9A-Fa-f:.]+)(?:/0*([0-9]{1,3}))?\Z", re.IGNORECASE)
_MODIFIER = re.compile(r"\+?(redirect|exp):", re.IGNORECASE)
_START = re.compile(r"[+?~-]?all\Z|[+?~-]?(?:include|a|mx|ptr|ip4|ip6|exists):|(?:redirect|exp)=", re.IGNORECASE)


def corrected(record: Record, without: Iterable[Term] = ()) -> str:
    """`record` with what can be corrected, and without the terms `without`; "" where errors are left or nothing was wrong."""
    if len(record.text) > SPF_CACHED_BYTES:
        return ""  # nobody pastes a record of that size
    dropped = {term.start for term in without}
    words = [VERSION, *(_word(term) for term in record.terms if term.start not in dropped)]
    text = " ".join(words)
    return text if text != record.text and text.isascii() and not parse(text.encode()).problems else ""


def _word(term: Term) -> str:
    if isinstance(term, Unknown):
        return mended(term.text)
    if isinstance(term, Modifier):
        return mechanism_meant(term) or term.text
    return lowered(term)


def lowered(term: Mechanism) -> str:
    """`term` with its name in lower case."""
    end = len(term.qualifier.value if term.text.startswith(term.qualifier.value) else "") + len(term.kind)
    return term.text[:end].lower() + term.text[end:]


def mechanism_meant(term: Modifier) -> str:
    """The mechanism that an unknown modifier was meant as (`include=` for `include:`), or ""."""
    if term.name not in MECHANISMS:
        return ""
    text = f"{term.name}:{term.text.partition('=')[2]}"
    return "" if parse(f"{VERSION} {text}".encode()).problems else text


def mended(text: str) -> str:
    """A term that could not be read as it was most likely meant, or as it is."""
    word = text.strip(_JUNK)
    if word.startswith(_DASHES):
        word = f"-{word[1:]}"
    if match := _NETWORK.match(word):
        return _network(match[1], match[2], match[3]) or word
    return _MODIFIER.sub(lambda match: f"{match[1]}=", word, count=1)


def _network(sign: str, address: str, prefix: str | None) -> str:
    behind = "" if prefix is None else f"/{prefix}"
    for kind, read in ((Kind.IP4, IPv4Address), (Kind.IP6, IPv6Address)):
        try:
            read(address)
        except AddressValueError:
            continue
        return f"{sign}{kind}:{address}{behind}"
    return ""


def lost_space(strings: tuple[bytes, ...]) -> int | None:
    """Where in the joined text a space is missing because one string ends with a term and the next begins with another."""
    at = 0
    for left, right in pairwise(strings):
        at += len(left)
        if _runs_together(left.rpartition(b" ")[2], right.partition(b" ")[0]):
            return at
    return None


def _runs_together(left: bytes, right: bytes) -> bool:
    if not left or not right or len(left) + len(right) > SPF_CACHED_BYTES or not _START.match(right.decode("latin-1")):
        return False
    one, both = _alone(left), _alone(left + right)
    return one is not None and (both is None or both.kind not in (Kind.IP4, Kind.IP6))


def _alone(data: bytes) -> Mechanism | None:
    """The mechanism that `data` is, all by itself."""
    record = parse(VERSION.encode() + b" " + data)
    return record.mechanisms[0] if record.mechanisms and not record.problems else None
