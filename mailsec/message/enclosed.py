"""Messages within a message: each has a header of its own, which is looked at like that of a message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailsec.core.limits.message import MAX_ENCLOSED
from mailsec.message.fields import Message, parse
from mailsec.message.leaf import Leaf, decoded, paths
from mailsec.message.leaves import Readings
from mailsec.message.mime import MESSAGE_TYPES, Structure


class Enclosed(NamedTuple):
    """One message: its number among the parts, and its octets in `Message.data`, or the leaf whose decoded content it is."""

    path: str
    start: int
    end: int
    leaf: Leaf | None = None


def enclosed(found: Structure, seen: Readings) -> tuple[Enclosed, ...]:
    """The messages in `found`, at any depth, and those whose encoding had to be taken off first; at most `MAX_ENCLOSED`."""
    return tuple(_bounded(found, seen))


def _bounded(found: Structure, seen: Readings) -> Iterator[Enclosed]:
    room = MAX_ENCLOSED
    opened = {part.parent for part in found.parts}
    for index, number in enumerate(paths(found.parts)):
        part = found.parts[index]
        if room and part.type in MESSAGE_TYPES and index in opened:
            room -= 1
            yield Enclosed(number, part.body, part.end)
    for leaf in seen.leaves:
        if room and leaf.type in MESSAGE_TYPES:
            room -= 1
            yield Enclosed(leaf.path, leaf.start, leaf.end, leaf)


def open_enclosed(message: Message, each: Enclosed) -> Message:
    """The enclosed message, parsed. Its offsets are its own: `each.start` is where they begin, if it was not encoded."""
    if each.leaf is not None:
        return parse(decoded(message, each.leaf).data)
    return parse(message.data[each.start : each.end])
