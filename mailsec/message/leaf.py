"""A leaf: whatever of a message holds content, and how its content is got at. `leaves` finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mailsec.message.decode import Decoded, DecodeDefect, Decoder, Octets, decode, decoder_of
from mailsec.message.fields import Message
from mailsec.message.media import Media
from mailsec.message.mime import MESSAGE_TYPES, Part, Structure
from mailsec.message.names import FileName

STANDARD = "standard"


class Leaf(NamedTuple):
    """One leaf.

    `path` is its number as people count parts ("1.2", RFC 9051 section 6.4.5.1); a leaf that only another reading yields has
    the path of the part it was found in, a tilde and a number ("1.2~1"). `part` is its index in `Structure.parts`, None where
    only another reading yields it. `reading` is "standard" or the name of the reading that yields it.

    `start` and `end` are the octets of its raw content in `Message.data`, or, where it lies in encoded content that had to be
    decoded first, in the decoded content of `holder`. `type` and `encoding` are as the header says, in lower case; `decoder`
    is how this reading decodes the content. `defects` says what is wrong with the encoded content.
    """

    path: str
    part: int | None
    reading: str
    start: int
    end: int
    type: str
    charset: str = ""
    encoding: str = "7bit"
    decoder: Decoder = Decoder.IDENTITY
    disposition: str = ""
    names: tuple[FileName, ...] = ()
    defects: tuple[DecodeDefect, ...] = ()
    holder: Leaf | None = None

    @property
    def name(self) -> str:
        """The file name that most software shows, "" where there is none."""
        return self.names[0].text if self.names else ""

    @property
    def standard(self) -> bool:
        """True where the standard's reading yields it."""
        return self.part is not None


def paths(parts: tuple[Part, ...]) -> list[str]:
    """The number of each part: "" for a multipart at the top and "1" for anything else there.

    A multipart directly in an enclosed message has the message's number, as its parts count on from there.
    """
    numbers: list[str] = []
    counts: list[int] = []
    for part in parts:
        counts.append(0)
        above = part.parent
        multipart = part.media.type.startswith("multipart/")
        if above < 0:
            numbers.append("" if multipart else "1")
        elif multipart and parts[above].media.type in MESSAGE_TYPES:
            numbers.append(numbers[above])
        else:
            counts[above] = number = counts[above] + 1
            outer = numbers[above]
            numbers.append(f"{outer}.{number}" if outer else str(number))
    return numbers


def part_content(message: Message, part: Part) -> bytes:
    """The content of a part without its transfer encoding, as the standard reads it."""
    raw = memoryview(message.data)[part.body : part.end]
    return bytes(decode(raw, decoder_of(part.media.encoding)).data)


def part_head(message: Message, part: Part, octets: int) -> bytes:
    """The beginning of the same content, out of its first `octets` as they stand in the message."""
    raw = memoryview(message.data)[part.body : min(part.end, part.body + octets)]
    return bytes(decode(raw, decoder_of(part.media.encoding)).data)


def standard_leaves(found: Structure) -> Iterator[Leaf]:
    """The leaves of the standard's reading: the parts that nothing lies in, a multipart without parts included."""
    parts = found.parts
    numbers = paths(parts)
    composite = {part.parent for part in parts}
    for index, part in enumerate(parts):
        if index not in composite:
            yield leaf_of(numbers[index], index, STANDARD, part.body, part.end, part.media)


def leaf_of(path: str, part: int | None, reading: str, start: int, end: int, media: Media) -> Leaf:
    """The leaf with this place and media, decoded by the standard."""
    type, parameters, encoding, _, _, _, disposition, names, _ = media
    charset = media.charset if parameters else ""
    decoder = decoder_of(encoding)
    # past the named tuple's own constructor, which takes as long again
    return _new(Leaf, (path, part, reading, start, end, type, charset, encoding, decoder, disposition, names, (), None))


_new = tuple.__new__


def raw(message: Message, leaf: Leaf) -> Octets:
    """The leaf's content as it stands, still encoded; not copied. What it lies in is decoded first, where that is encoded."""
    data = message.data if leaf.holder is None else decoded(message, leaf.holder).data
    return memoryview(data)[leaf.start : leaf.end]


def decoded(message: Message, leaf: Leaf) -> Decoded:
    """The leaf's content without its transfer encoding. Decoded anew at each call: keep it only as long as it is needed."""
    return decode(raw(message, leaf), leaf.decoder)


def contents(message: Message, leaves: Iterable[Leaf]) -> Iterator[tuple[Leaf, Decoded]]:
    """Each leaf with its decoded content, one at a time.

    What a leaf lies in stays decoded as long as the next leaf lies in it too, so that a thousand files in one encoded text do
    not cost as many times its decoding.
    """
    opened: list[tuple[Leaf, bytes]] = []
    for leaf in leaves:
        holders = _holders(leaf)
        common = next((at for at, (holder, _) in enumerate(opened) if holders[at : at + 1] != [holder]), len(opened))
        del opened[common:]
        for holder in holders[common:]:
            opened.append((holder, _within(message, opened, holder).data))
        yield leaf, _within(message, opened, leaf)


def _holders(leaf: Leaf) -> list[Leaf]:
    """What the leaf lies in, outermost first."""
    found: list[Leaf] = []
    holder = leaf.holder
    while holder is not None:
        found.append(holder)
        holder = holder.holder
    return found[::-1]


def _within(message: Message, opened: list[tuple[Leaf, bytes]], leaf: Leaf) -> Decoded:
    data = opened[-1][1] if opened else message.data
    return decode(memoryview(data)[leaf.start : leaf.end], leaf.decoder)
