"""What an archive says it holds: values, made by `zips`, `tars` and `archives`."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class ArchiveDefect(StrEnum):
    """What can be wrong with an archive."""

    TRUNCATED = "truncated"
    OVERLAP = "overlapping members"
    CONFLICT = "conflicting names"
    DUPLICATE = "the same name twice"
    TOO_MANY = "too many members"
    TOO_DEEP = "nested too deep"
    NOT_UNPACKED = "more than is unpacked"
    BROKEN = "broken"


class Member(NamedTuple):
    """One member: its name, whether it is a folder, its size packed and as it says it is, unpacked (-1 where it does not say).

    `offset` and `method` tell its archive's reader where its octets are and how they are packed.
    """

    name: str
    packed: int
    size: int
    encrypted: bool = False
    folder: bool = False
    link: str = ""
    offset: int = 0
    method: int = 0


class Listing(NamedTuple):
    """The members in the archive's order, and what is wrong, each once with an example."""

    members: tuple[Member, ...]
    defects: tuple[tuple[ArchiveDefect, str], ...] = ()

    @property
    def size(self) -> int:
        """The octets that all members say they unpack to."""
        return sum(max(member.size, 0) for member in self.members)
