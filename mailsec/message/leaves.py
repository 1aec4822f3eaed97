"""The leaves of a message: whatever holds content, under every reading that common software makes of it.

`leaves` gives the union: what the standard's reading yields, then what the others add. Nothing is decoded until it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailsec.message.decode import Decoded, DecodeDefect, Decoder, Octets, decode
from mailsec.message.fields import Message
from mailsec.message.media import Media
from mailsec.message.mime import MESSAGE_TYPES, Structure
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


_DECODERS = {
    "base64": Decoder.BASE64,
    "quoted-printable": Decoder.QUOTED_PRINTABLE,
    "x-uuencode": Decoder.UUENCODE,
    "uuencode": Decoder.UUENCODE,
    "x-uue": Decoder.UUENCODE,
}


def paths(found: Structure) -> tuple[str, ...]:
    """The number of each part: "" for a multipart at the top and "1" for anything else there; a multipart directly in an enclosed
    message has the message's number, as its parts count on from there."""
    numbers: list[str] = []
    counts: list[int] = []
    for part in found.parts:
        counts.append(0)
        if part.parent < 0:
            numbers.append("" if part.type.startswith("multipart/") else "1")
            continue
        outer = numbers[part.parent]
        if found.parts[part.parent].type in MESSAGE_TYPES and part.type.startswith("multipart/"):
            numbers.append(outer)
            continue
        counts[part.parent] = number = counts[part.parent] + 1
        numbers.append(f"{outer}.{number}" if outer else str(number))
    return tuple(numbers)


def leaves(message: Message, found: Structure) -> tuple[Leaf, ...]:
    """Every leaf that any reading of `message` yields, the standard's first; equal content at one place is given once."""
    return tuple(_standard(found))


def _standard(found: Structure) -> Iterator[Leaf]:
    parts = found.parts
    numbers = paths(found)
    composite = {part.parent for part in parts}
    for index, part in enumerate(parts):
        if index not in composite:
            yield _leaf(numbers[index], index, part.body, part.end, part.media)


def _leaf(path: str, index: int | None, start: int, end: int, media: Media, reading: str = STANDARD) -> Leaf:
    decoder = _DECODERS.get(media.encoding, Decoder.IDENTITY)
    return Leaf(
        path,
        index,
        reading,
        start,
        end,
        media.type,
        media.charset if media.parameters else "",
        media.encoding,
        decoder,
        media.disposition,
        media.names,
    )


def raw(message: Message, leaf: Leaf) -> Octets:
    """The leaf's content as it stands, still encoded; not copied. Where the leaf lies in encoded content, that is decoded first."""
    data = message.data if leaf.holder is None else decoded(message, leaf.holder).data
    return memoryview(data)[leaf.start : leaf.end]


def decoded(message: Message, leaf: Leaf) -> Decoded:
    """The leaf's content without its transfer encoding. Decoded anew at each call: keep it only as long as it is needed."""
    return decode(raw(message, leaf), leaf.decoder)
