"""The members of a tar archive (POSIX.1-2008 pax, with GNU's long names), listed in memory."""

from __future__ import annotations

from mailsec.core.limits.spoofing import MAX_ARCHIVE_MEMBERS
from mailsec.core.text import from_bytes
from mailsec.sender.spoofing.payload.listing import ArchiveDefect, Listing, Member

_BLOCK = 512
_LONGEST_NAME = 4_096
_FOLDER, _HARD_LINK, _SYMBOLIC_LINK, _GNU_NAME, _GNU_LINK, _PAX, _PAX_ALL = b"5", b"1", b"2", b"L", b"K", b"x", b"g"


def list_tar(data: bytes) -> Listing:
    """The members of the archive in `data`. Never raises."""
    members: list[Member] = []
    at, long_name = 0, ""
    while at + _BLOCK <= len(data):
        header = data[at : at + _BLOCK]
        if not header.strip(b"\0"):
            return Listing(tuple(members))
        size = _number(header[124:136])
        if size is None or header[257:262] not in (b"ustar", b"\0\0\0\0\0"):
            return Listing(tuple(members), ((ArchiveDefect.BROKEN, f"octet {at} is no member's header"),))
        if len(members) >= MAX_ARCHIVE_MEMBERS:
            return Listing(tuple(members), ((ArchiveDefect.TOO_MANY, f"more than {MAX_ARCHIVE_MEMBERS} members"),))
        kind, begin = header[156:157], at + _BLOCK
        content = data[begin : begin + min(size, _LONGEST_NAME)]
        if kind == _GNU_NAME:
            long_name = from_bytes(content.split(b"\0")[0])
        elif kind == _PAX:
            long_name = _pax_path(content) or long_name
        elif kind not in (_GNU_LINK, _PAX_ALL):
            link = from_bytes(header[157:257].split(b"\0")[0]) if kind in (_HARD_LINK, _SYMBOLIC_LINK) else ""
            members.append(Member(long_name or _name(header), size, size, False, kind == _FOLDER, link, begin))
            long_name = ""
        at = begin + -(-size // _BLOCK) * _BLOCK
    cut = at > len(data)
    return Listing(tuple(members), ((ArchiveDefect.TRUNCATED, "the last member is cut off"),) if cut else ())


def _name(header: bytes) -> str:
    name = from_bytes(header[:100].split(b"\0")[0])
    prefix = from_bytes(header[345:500].split(b"\0")[0]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _number(field: bytes) -> int | None:
    """A size: octal digits, or in base 256 where the first bit is set; None where it is neither."""
    if field[0] & 0x80:
        return int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits or b"0", 8) if not digits.strip(b"01234567") else None


def _pax_path(content: bytes) -> str:
    """The path of a pax header, whose records are `LENGTH key=value` and a line end."""
    at = 0
    while at < len(content):
        length, _, _ = content[at : at + 20].partition(b" ")
        if not length.isdigit() or not int(length):
            return ""
        _, _, record = content[at : at + int(length)].partition(b" ")
        key, _, value = record.partition(b"=")
        if key == b"path":
            return from_bytes(value.removesuffix(b"\n"))
        at += int(length)
    return ""


def unpack_tar_member(data: bytes, member: Member, limit: int) -> bytes:
    """The first `limit` octets of a member."""
    return data[member.offset : member.offset + min(member.size, limit)]
