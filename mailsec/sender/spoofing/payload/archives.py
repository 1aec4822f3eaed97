"""What lies in an archive, and in the archives inside of it: listed in memory, with a budget for all archives of a message."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple, Protocol

from mailsec.core.limits.spoofing import (
    MAX_ARCHIVE_DEPTH,
    MAX_ARCHIVE_MEMBERS,
    MAX_ARCHIVE_SNIFFED,
    MAX_SNIFFED_BYTES,
    MAX_UNPACKED_BYTES,
)
from mailsec.core.text import from_bytes
from mailsec.sender.spoofing.payload.kinds import BZIP2, GZIP, TAR, XZ, ZIP, Family, Kind, kind_of
from mailsec.sender.spoofing.payload.listing import ArchiveDefect, Listing, Member
from mailsec.sender.spoofing.payload.tars import list_tar, unpack_tar_member
from mailsec.sender.spoofing.payload.zips import list_zip, unpack_zip_member


class Budget:
    """What may still be unpacked and looked at for one message."""

    def __init__(self) -> None:
        self.octets = MAX_UNPACKED_BYTES
        self.members = MAX_ARCHIVE_SNIFFED


class Item(NamedTuple):
    """One member at any depth: the names of the archives around it and its own, joined by ` > `, the member, and its kind."""

    path: str
    member: Member
    kind: Kind | None


class Contents(NamedTuple):
    """All that was found in one archive. `listed` is False for a kind of archive that is not read; `size` is what all members
    say they unpack to, at every depth that was looked into."""

    items: tuple[Item, ...] = ()
    defects: tuple[tuple[ArchiveDefect, str], ...] = ()
    listed: bool = True
    size: int = 0


_LZMA_MEMORY = 64 * 1024 * 1024


class _Stream(Protocol):
    """What the three modules of the standard library have in common."""

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


_STREAMS: dict[Kind, Callable[[], _Stream]] = {
    GZIP: lambda: zlib.decompressobj(31),
    BZIP2: bz2.BZ2Decompressor,
    XZ: lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY),
}
_UNPACK: dict[Kind, Callable[[bytes, Member, int], bytes]] = {ZIP: unpack_zip_member, TAR: unpack_tar_member}
_LIST: dict[Kind, Callable[[bytes], Listing]] = {ZIP: list_zip, TAR: list_tar}
READABLE = frozenset({*_STREAMS, *_LIST})


def look_into(data: bytes, kind: Kind, budget: Budget) -> Contents:
    """What the archive in `data` holds, down to `MAX_ARCHIVE_DEPTH`. Never raises."""
    return _Looking(budget).run(data, kind)


class _Looking:
    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.items: list[Item] = []
        self.defects: dict[ArchiveDefect, str] = {}
        self.size = 0
        self.waiting: list[tuple[str, bytes, Kind, int]] = []

    def run(self, data: bytes, kind: Kind) -> Contents:
        if kind not in READABLE:
            return Contents(listed=False)
        self.waiting.append(("", data, kind, 1))
        while self.waiting:
            path, inner, inner_kind, depth = self.waiting.pop()
            for item, content in self._members(path, inner, inner_kind):
                self.items.append(item)
                self._nested(item, content, depth)
        return Contents(tuple(self.items), tuple(self.defects.items()), True, self.size)

    def _defect(self, kind: ArchiveDefect, example: str) -> None:
        self.defects.setdefault(kind, example)

    def _members(self, path: str, data: bytes, kind: Kind) -> Iterator[tuple[Item, Callable[[int], bytes]]]:
        """Each member with a function that unpacks its first octets."""
        if kind in _STREAMS:
            yield self._stream(path, data, kind)
            return
        listing = _LIST[kind](data)
        for defect, example in listing.defects:
            self._defect(defect, path + example)
        self.size += listing.size
        unpack = _UNPACK[kind]
        for member in listing.members:
            if len(self.items) >= MAX_ARCHIVE_MEMBERS:
                self._defect(ArchiveDefect.TOO_MANY, f"more than {MAX_ARCHIVE_MEMBERS} members")
                return
            content = partial(unpack, data, member)
            yield Item(path + member.name, member, self._sniffed(content(self._sniff_limit(member)))), content

    def _sniff_limit(self, member: Member) -> int:
        """How many octets of a member are looked at: none of folders and encrypted ones, and none once enough were."""
        if member.folder or member.encrypted or member.link or not member.packed:
            return 0
        self.budget.members -= 1
        if self.budget.members < 0:
            self._defect(ArchiveDefect.NOT_UNPACKED, f"only {MAX_ARCHIVE_SNIFFED} members were looked at")
            return 0
        return MAX_SNIFFED_BYTES

    @staticmethod
    def _sniffed(head: bytes) -> Kind | None:
        return kind_of(head) if head else None

    def _stream(self, path: str, data: bytes, kind: Kind) -> tuple[Item, Callable[[int], bytes]]:
        """The one member of a compressed file, which has no table of contents: its name is in gzip's header, or not known."""

        def unpack(limit: int) -> bytes:
            stream, unpacked = _STREAMS[kind](), b""
            with suppress(zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
                unpacked = stream.decompress(data, limit)
            if not unpacked and not stream.eof:
                self._defect(ArchiveDefect.BROKEN, f"{path}the {kind.name} cannot be unpacked")
            return unpacked

        name = _gzip_name(data) if kind is GZIP else ""
        # gzip says the size of its content in its last octets, modulo 4 GiB
        size = int.from_bytes(data[-4:], "little") if kind is GZIP else -1
        self.size += max(size, 0)
        member = Member(name or "content", len(data), size)
        return Item(path + member.name, member, self._sniffed(unpack(MAX_SNIFFED_BYTES))), unpack

    def _nested(self, item: Item, content: Callable[[int], bytes], depth: int) -> None:
        """Note an archive inside of an archive, unpacked as far as the budget goes, to be looked into."""
        kind = item.kind
        if kind is None or kind.family is not Family.ARCHIVE or kind not in READABLE:
            return
        if depth >= MAX_ARCHIVE_DEPTH:
            self._defect(ArchiveDefect.TOO_DEEP, item.path)
            return
        unpacked = content(self.budget.octets) if self.budget.octets > 0 else b""
        self.budget.octets -= len(unpacked)
        if self.budget.octets <= 0:
            self._defect(ArchiveDefect.NOT_UNPACKED, f"only {MAX_UNPACKED_BYTES} octets were unpacked")
        self.waiting.append((f"{item.path} > ", unpacked, kind, depth + 1))


def _gzip_name(data: bytes) -> str:
    """The file name in a gzip header (RFC 1952 section 2.3.1), "" where there is none."""
    if len(data) < 18 or not data[3] & 0x08:
        return ""
    at = 10
    if data[3] & 0x04:
        at += 2 + int.from_bytes(data[10:12], "little")
    return from_bytes(data[at : at + 1_000].partition(b"\0")[0])
