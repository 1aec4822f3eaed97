"""Pieces of master file text: tokens, times, and record data from text to wire (RFC 1035 section 5.1).

The types that mail asks for most are our own code: 100,000 records load in a second or two, and a run offline starts without
dnspython. Every other type is read by dnspython.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from mailsec.core.limits.network import MAX_TTL, MAX_TXT
from mailsec.core.limits.run import MAX_ZONE_LINE
from mailsec.net.names import quote, type_text
from mailsec.net.zonedata import ZoneProblem

Wire: TypeAlias = Callable[[str], bytes]
"""A name token to its wire form, relative to whatever the origin is."""

# A token starts with a quotation mark where it is a string, with a semicolon where it is a comment. A single quotation mark or
# backslash is what could not be read.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(?:[^ \t;()"\\]|\\.)++|;.*|[()"\\]', re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-9]{3}|[^0-9]|)", re.DOTALL)
_TTL = re.compile(r"[0-9]{1,10}\Z|(?:[0-9]{1,10}[wdhms]){1,5}\Z", re.IGNORECASE | re.ASCII)
_TTL_PART = re.compile(r"([0-9]+)([wdhms]?)", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def tokens_of(line: str) -> list[str]:
    """The tokens of one line without its comment; strings keep their quotation marks. Raises ZoneProblem. Linear."""
    if len(line) > MAX_ZONE_LINE:
        raise ZoneProblem(f"a line is longer than {MAX_ZONE_LINE} characters")
    found: list[str] = _TOKEN.findall(line)
    if found and found[-1][0] == ";":
        found.pop()
    if '"' in found:
        raise ZoneProblem("a string is not closed on its line", 'Close it with `"`; a long text goes into several strings.')
    if "\\" in found:
        raise ZoneProblem("a backslash stands at the end of the line")
    return found


def parentheses(found: list[str], depth: int, tokens: list[str]) -> int:
    """Move `found` to `tokens` without its parentheses; the depth after it. Raises ZoneProblem."""
    for token in found:
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
            if depth < 0:
                raise ZoneProblem("a parenthesis is closed that was not opened")
        else:
            tokens.append(token)
    return depth


def is_ttl(word: str) -> bool:
    """True where `word` is a number of seconds, or a time with units such as 1h30m."""
    return _TTL.match(word) is not None


def ttl(word: str) -> int:
    """The seconds of `word`. Raises ZoneProblem."""
    if not is_ttl(word):
        raise ZoneProblem(f"{quote(word)} is not a time", "Write seconds, or units as in 1h30m.")
    value = sum(int(count) * _UNITS[unit.lower()] for count, unit in _TTL_PART.findall(word))
    if value > MAX_TTL:
        raise ZoneProblem(f"a time is at most {MAX_TTL} seconds (RFC 2181 section 8)")
    return value


def _number(word: str, bits: int) -> bytes:
    if not (word.isascii() and word.isdigit() and len(word) <= 10 and int(word) < 1 << bits):
        raise ZoneProblem(f"{quote(word)} is not a number of {bits} bits")
    return int(word).to_bytes(bits // 8, "big")


def _counted(tokens: list[str], count: int, what: str) -> None:
    if len(tokens) != count:
        raise ZoneProblem(f"{what}, and {len(tokens)} values are given")


def _unescape(match: re.Match[bytes]) -> bytes:
    piece = match[1]
    if len(piece) == 1:
        return piece
    if not piece or int(piece) > 255:
        raise ZoneProblem(r"an escape is not valid: after a backslash comes one character, or three digits up to 255")
    return bytes((int(piece),))


def string(raw: bytes) -> bytes:
    """A character-string with its length before it. Raises ZoneProblem above 255 octets."""
    if len(raw) > 255:
        raise ZoneProblem(f"a string has {len(raw)} octets; at most 255 fit", 'Cut it in two: "first part" "second part".')
    return bytes((len(raw),)) + raw


def _unquoted(token: str) -> bytes:
    raw = (token[1:-1] if token[0] == '"' else token).encode()
    return string(_ESCAPE.sub(_unescape, raw) if b"\\" in raw else raw)


def _txt(wire: Wire, tokens: list[str]) -> bytes:
    if not tokens:
        raise ZoneProblem("a TXT record has at least one string")
    return b"".join(map(_unquoted, tokens))


def _a(wire: Wire, tokens: list[str]) -> bytes:
    _counted(tokens, 1, "an A record has one address")
    return IPv4Address(tokens[0]).packed


def _aaaa(wire: Wire, tokens: list[str]) -> bytes:
    _counted(tokens, 1, "an AAAA record has one address")
    if "%" in tokens[0]:
        raise ZoneProblem("an address in a record has no scope")
    return IPv6Address(tokens[0]).packed


def _one_name(wire: Wire, tokens: list[str]) -> bytes:
    _counted(tokens, 1, "the record has one name")
    return wire(tokens[0])


def _mx(wire: Wire, tokens: list[str]) -> bytes:
    _counted(tokens, 2, "an MX record has a preference and a name")
    return _number(tokens[0], 16) + wire(tokens[1])


def _soa(wire: Wire, tokens: list[str]) -> bytes:
    _counted(tokens, 7, "an SOA record has two names and five numbers")
    times = b"".join(ttl(token).to_bytes(4, "big") for token in tokens[3:])
    return wire(tokens[0]) + wire(tokens[1]) + _number(tokens[2], 32) + times


_OWN: dict[str, Callable[[Wire, list[str]], bytes]] = {
    "A": _a,
    "AAAA": _aaaa,
    "CNAME": _one_name,
    "DNAME": _one_name,
    "MX": _mx,
    "NS": _one_name,
    "PTR": _one_name,
    "SOA": _soa,
    "SPF": _txt,
    "TXT": _txt,
}


def rdata(number: int, tokens: list[str], wire: Wire, origin: bytes | None) -> bytes:
    """The wire data of a record of type `number` from its tokens. Raises ValueError (ZoneProblem where there is a hint)."""
    own = _OWN.get(type_text(number))
    if own is None or tokens[:1] == ["\\#"]:
        return _by_library(number, tokens, origin)
    data = own(wire, tokens)
    if len(data) > MAX_TXT:
        raise ZoneProblem(f"a record's data has at most {MAX_TXT} octets")
    return data


def _by_library(number: int, tokens: list[str], origin: bytes | None) -> bytes:
    # Not loaded before a record needs it: dnspython takes longer to import than a message to judge.
    import dns.name  # noqa: PLC0415 - see above
    import dns.rdata  # noqa: PLC0415 - see above
    import dns.rdataclass  # noqa: PLC0415 - see above
    import dns.rdatatype  # noqa: PLC0415 - see above

    base = None if origin is None else dns.name.from_wire(origin, 0)[0]
    type = dns.rdatatype.RdataType.make(number)
    codec = dns.name.IDNA_2008_UTS_46
    try:
        record = dns.rdata.from_text(dns.rdataclass.IN, type, " ".join(tokens), base, relativize=False, idna_codec=codec)
        return record.to_wire() or b""
    except Exception as error:  # whatever a parser of eighty types raises on odd text, it means the same
        raise ZoneProblem(f"the {type_text(number)} record cannot be read: {error}") from None
