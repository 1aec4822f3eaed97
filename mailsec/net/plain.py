"""The records of an ordinary reply packet, read without an object for every name and record (RFC 1035 section 4.1).

Almost every reply has a few types of record in their plainest form. They are read here, several times faster than by a library
that knows them all; anything else (rare, odd or malformed) is not judged here but left to that library.
"""

from __future__ import annotations

import struct
from typing import TypeAlias

from mailsec.core.flow import Record
from mailsec.core.rdata import RdataError, name, txt_strings
from mailsec.net.names import MAX_WIRE_NAME, type_text

Table: TypeAlias = dict[tuple[str, str], tuple[Record, ...]]
"""The records of a section by owner and type."""

_HEADER = struct.Struct("!HHHHHH")
_FIXED = struct.Struct("!HHIH")
_NS, _CNAME, _SOA, _PTR, _MX, _TXT, _OPT, _RRSIG, _TLSA = 2, 5, 6, 12, 15, 16, 41, 46, 52
_SIZES = {1: 4, 28: 16}
"""Octets of the data of A and AAAA."""
_DIGESTS = {1: 32, 2: 64}
"""Octets of a digest in TLSA, by its matching type (RFC 6698 section 2.1.3)."""
_WITH_NAMES = {_NS: (0, 1, 0), _CNAME: (0, 1, 0), _PTR: (0, 1, 0), _MX: (2, 1, 0), _SOA: (0, 2, 20), _RRSIG: (18, 1, None)}
"""Octets before the names in the data, the number of names, and the octets after them.

None is any number, as in RRSIG, whose name is not to be compressed either (RFC 4034 section 3.1.7).
"""
_ALONE = frozenset({_CNAME, _SOA})
_HOPS = 4


class _Odd(Exception):
    """Not a reply to be read here."""


def sections(data: bytes) -> tuple[Table, Table] | None:
    """The records of the answer and the authority section of `data`, or None where they are not read here.

    Names are decompressed. Records of one set have the lowest TTL of them (RFC 2181 section 5.2).
    """
    try:
        _, _, questions, answers, authorities, additional = _HEADER.unpack_from(data)
        if questions != 1:
            return None
        _, at = _name(data, _HEADER.size)
        answer, at = _section(data, at + 4, answers)
        authority, at = _section(data, at, authorities)
        at = _additional(data, at, additional)
    except (_Odd, IndexError, RdataError, struct.error):
        return None
    return (answer, authority) if at == len(data) else None


def _name(data: bytes, at: int) -> tuple[bytes, int]:
    """The name at `at` in wire form, and where it ends. What a pointer leads to lies wholly before what it stands in."""
    labels: list[bytes] = []
    start, limit, after = at, len(data), 0
    for _ in range(_HOPS + 1):
        while 0 < data[at] <= 63:
            labels.append(data[at : at + 1 + data[at]])
            at += 1 + data[at]
        pointer = data[at] >= 0xC0
        if at + 1 + pointer > limit or not (pointer or data[at] == 0):
            break
        after = after or at + 1 + pointer
        if not pointer:
            wire = b"".join(labels) + b"\0"
            if len(wire) > MAX_WIRE_NAME:
                break
            return wire, after
        at, limit = (data[at] & 0x3F) << 8 | data[at + 1], start
        start = at
    raise _Odd


def _section(data: bytes, at: int, count: int) -> tuple[Table, int]:
    """The next `count` records, and where they end."""
    sets: dict[tuple[bytes, int, bytes], dict[bytes, tuple[int, bytes]]] = {}
    for _ in range(count):
        owner, type, ttl, rdata, at = _record(data, at)
        covered = rdata[:2] if type == _RRSIG else b""
        members = sets.setdefault((owner.lower(), type, covered), {})
        # Whether two that differ in case only are one record depends on the type.
        if members and (type in _ALONE or rdata.lower() in members):
            raise _Odd
        members[rdata.lower()] = ttl, rdata
    table: Table = {}
    for (owner, number, _), members in sets.items():
        text, type_name, ttl = name(owner), type_text(number), min(ttl for ttl, _ in members.values())
        records = tuple(Record(text, type_name, ttl, rdata) for _, rdata in members.values())
        table[text, type_name] = table.get((text, type_name), ()) + records
    return table, at


def _record(data: bytes, at: int) -> tuple[bytes, int, int, bytes, int]:
    """Owner, type, TTL and data of the record at `at`, and where it ends."""
    owner, at = _name(data, at)
    type, rdclass, ttl, length = _FIXED.unpack_from(data, at)
    at += _FIXED.size
    end = at + length
    if rdclass != 1 or ttl > 0x7FFFFFFF or end > len(data):
        raise _Odd
    if type in _WITH_NAMES:
        return owner, type, ttl, _with_names(data, at, end, *_WITH_NAMES[type]), end
    if not _is_whole(type, data[at:end]):
        raise _Odd
    return owner, type, ttl, data[at:end], end


def _with_names(data: bytes, at: int, end: int, before: int, names: int, after: int | None) -> bytes:
    parts = [data[at : at + before]]
    at += before
    for _ in range(names):
        wire, past = _name(data, at)
        if after is None and wire != data[at:past]:
            raise _Odd
        parts.append(wire)
        at = past
    if at > end or after not in (None, end - at):
        raise _Odd
    return b"".join((*parts, data[at:end]))


def _is_whole(type: int, rdata: bytes) -> bool:
    """True for data of a type without names that is as it has to be."""
    if type == _TXT:
        return bool(txt_strings(rdata))
    if type == _TLSA:
        return len(rdata) - 3 == _DIGESTS.get(rdata[2])
    return len(rdata) == _SIZES.get(type)


def _additional(data: bytes, at: int, count: int) -> int:
    """Where the additional section ends, which may have one OPT record that says nothing (RFC 6891 section 6.1.3)."""
    seen = False
    for _ in range(count):
        if data[at : at + 3] == b"\0\0\x29" and not seen:
            _, _, extended, length = _FIXED.unpack_from(data, at + 1)
            if extended >> 16 or length:
                raise _Odd
            seen, at = True, at + 1 + _FIXED.size
        else:
            *_, at = _record(data, at)
    return at
