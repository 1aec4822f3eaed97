"""The members of a ZIP archive (PKWARE's APPNOTE.TXT), listed in memory: by its central directory, or without one by the
headers in front of the members, as programs that repair archives do. Nothing is written, and only what is asked for unpacked.
"""

from __future__ import annotations

import struct
import zlib

from mailsec.core.limits.spoofing import MAX_ARCHIVE_MEMBERS
from mailsec.core.text import from_bytes
from mailsec.sender.spoofing.payload.listing import ArchiveDefect, Listing, Member

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ZIP64 = 0xFFFFFFFF
_UTF8 = 0x800
_ENCRYPTED = 0x1
_HIDDEN_NAME = 0x2000
_LATER = 0x8  # the sizes stand behind the member
_STORED, _DEFLATED = 0, 8
_EMPTY_BLOCKS = 64 * 1024  # deflated content may begin with blocks that hold nothing
_END_SEARCHED = 65_557  # the longest comment and the record itself


class _Defects:
    def __init__(self) -> None:
        self.found: dict[ArchiveDefect, str] = {}

    def add(self, kind: ArchiveDefect, example: str) -> None:
        self.found.setdefault(kind, example)


def list_zip(data: bytes) -> Listing:
    """The members of the archive in `data`. Never raises."""
    defects = _Defects()
    end = data.rfind(b"PK\x05\x06", max(len(data) - _END_SEARCHED, 0))
    if end < 0 or end + _END.size > len(data):
        defects.add(ArchiveDefect.TRUNCATED, "no central directory")
        members = _by_local_headers(data, defects)
    else:
        members = _by_directory(data, end, defects)
    _duplicates(members, defects)
    return Listing(tuple(members), tuple(defects.found.items()))


def _by_directory(data: bytes, end: int, defects: _Defects) -> list[Member]:
    _, _, _, _, count, size, start, _ = _END.unpack_from(data, end)
    # what stands in front of an archive (the stub of a self-extracting one) moves every offset
    shift = 0 if _ZIP64 in (size, start) else end - size - start
    at = data.find(b"PK\x01\x02") if _ZIP64 in (size, start) else start + shift
    if shift < 0 or at < 0 or not (data.startswith(b"PK\x01\x02", at) or at == end):
        defects.add(ArchiveDefect.BROKEN, "the central directory is not where the archive says")
        return _by_local_headers(data, defects)
    members: list[Member] = []
    spans: list[tuple[int, int, str]] = []
    while data.startswith(b"PK\x01\x02", at) and at + _CENTRAL.size <= len(data):
        if len(members) >= MAX_ARCHIVE_MEMBERS:
            defects.add(ArchiveDefect.TOO_MANY, f"{count} members")
            break
        member, at = _central(data, at, shift)
        members.append(member)
        spans.append((member.offset, _extent(data, member, defects), member.name))
    if len(members) < min(count, MAX_ARCHIVE_MEMBERS) and count != 0xFFFF:
        defects.add(ArchiveDefect.TRUNCATED, f"{len(members)} of {count} members are in the directory")
    _overlaps(spans, defects)
    return members


def _central(data: bytes, at: int, shift: int) -> tuple[Member, int]:
    fields = _CENTRAL.unpack_from(data, at)
    flags, method, packed, size = fields[3], fields[4], fields[8], fields[9]
    name_length, extra_length, comment_length, offset = fields[10], fields[11], fields[12], fields[16]
    begin = at + _CENTRAL.size
    name = _text(data[begin : begin + name_length], flags)
    extra = data[begin + name_length : begin + name_length + extra_length]
    if _ZIP64 in (packed, size, offset):
        size, packed, offset = _zip64(extra, size, packed, offset)
    encrypted = bool(flags & (_ENCRYPTED | _HIDDEN_NAME))
    member = Member(name, packed, size, encrypted, name.endswith("/"), "", offset + shift, method)
    return member, begin + name_length + extra_length + comment_length


def _zip64(extra: bytes, *values: int) -> tuple[int, int, int]:
    """Sizes and offset from the ZIP64 field, each only where it did not fit."""
    at = 0
    wide: list[int] = []
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            wide = [number for (number,) in struct.iter_unpack("<Q", extra[at + 4 : at + 4 + length // 8 * 8])]
            break
        at += 4 + length
    whole = [wide.pop(0) if value == _ZIP64 and wide else value for value in values]
    return whole[0], whole[1], whole[2]


def _extent(data: bytes, member: Member, defects: _Defects) -> int:
    """Where the member ends by the header in front of it, whose name must be the directory's."""
    at = member.offset
    if not data.startswith(b"PK\x03\x04", at) or at + _LOCAL.size > len(data):
        defects.add(ArchiveDefect.BROKEN, f"{member.name}: no member where the directory says")
        return at
    fields = _LOCAL.unpack_from(data, at)
    flags: int = fields[2]
    begin: int = at + _LOCAL.size
    behind_name: int = begin + fields[9]
    name = _text(data[begin:behind_name], flags)
    if name != member.name and not flags & _HIDDEN_NAME:
        defects.add(ArchiveDefect.CONFLICT, f"{member.name} is called {name} in front of its content")
    if fields[3] != member.method and not flags & _ENCRYPTED:
        defects.add(ArchiveDefect.CONFLICT, f"{member.name} is packed in one way by the directory and in another by its header")
    return behind_name + int(fields[10]) + member.packed


def _overlaps(spans: list[tuple[int, int, str]], defects: _Defects) -> None:
    spans.sort()
    reached, last = 0, ""
    for start, end, name in spans:
        if start < reached:
            defects.add(ArchiveDefect.OVERLAP, f"{last} and {name}")
            return
        reached, last = end, name


def _by_local_headers(data: bytes, defects: _Defects) -> list[Member]:
    """The members by the headers in front of them, each searched behind the one before."""
    members: list[Member] = []
    at = data.find(b"PK\x03\x04")
    while at >= 0 and at + _LOCAL.size <= len(data):
        if len(members) >= MAX_ARCHIVE_MEMBERS:
            defects.add(ArchiveDefect.TOO_MANY, f"more than {MAX_ARCHIVE_MEMBERS} members")
            break
        fields = _LOCAL.unpack_from(data, at)
        flags, method, packed, size, name_length, extra_length = (fields[each] for each in (2, 3, 7, 8, 9, 10))
        begin = at + _LOCAL.size
        name = _text(data[begin : begin + name_length], flags)
        unknown = bool(flags & _LATER) or _ZIP64 in (packed, size)
        encrypted = bool(flags & _ENCRYPTED)
        following = data.find(b"PK\x03\x04", begin if unknown else begin + name_length + extra_length + packed)
        if unknown:
            packed, size = max((following if following >= 0 else len(data)) - begin - name_length - extra_length, 0), -1
        members.append(Member(name, packed, size, encrypted, name.endswith("/"), "", at, method))
        at = following
    return members


def _duplicates(members: list[Member], defects: _Defects) -> None:
    seen: set[str] = set()
    for member in members:
        if member.name in seen:
            defects.add(ArchiveDefect.DUPLICATE, member.name)
            return
        seen.add(member.name)


def _text(name: bytes, flags: int) -> str:
    """A name as programs show it: UTF-8 where it says so or is, else code page 437."""
    if flags & _UTF8:
        return from_bytes(name)
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("cp437")


def unpack_zip_member(data: bytes, member: Member, limit: int) -> bytes:
    """The first `limit` octets of a member; b"" where it is encrypted, broken, or packed in a way that is not read."""
    if member.encrypted or not data.startswith(b"PK\x03\x04", member.offset) or member.offset + _LOCAL.size > len(data):
        return b""
    fields = _LOCAL.unpack_from(data, member.offset)
    begin = member.offset + _LOCAL.size + fields[9] + fields[10]
    if member.method == _STORED:
        return data[begin : begin + min(member.packed, limit)]
    if member.method != _DEFLATED:
        return b""
    try:
        packed = memoryview(data)[begin : begin + min(member.packed, 2 * limit + _EMPTY_BLOCKS)]
        return zlib.decompressobj(-15).decompress(packed, limit) if limit else b""
    except zlib.error:
        return b""
