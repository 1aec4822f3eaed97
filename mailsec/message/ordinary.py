"""The short way for ordinary messages: those that every program reads alike."""

from __future__ import annotations

from collections.abc import Iterator

from mailsec.message.clues import has_hidden_field
from mailsec.message.decode import Decoder, decode
from mailsec.message.division import EARLY_HEADER, is_bare_multipart
from mailsec.message.embedded import has_mark
from mailsec.message.fields import DefectKind, Message
from mailsec.message.leaf import STANDARD, Leaf, leaf_of, paths
from mailsec.message.mime import Part, Structure
from mailsec.message.printable import plain_quoted_printable
from mailsec.message.radix64 import base64_defects
from mailsec.message.reading import Reading, Readings

_HARMLESS = {DefectKind.LF_ONLY, DefectKind.MBOX_FROM, DefectKind.BYTE_ORDER_MARK}


def ordinary_readings(message: Message, found: Structure) -> Readings | None:
    """The leaves of an ordinary message; None for a message that needs a closer look."""
    data, parts = message.data, found.parts
    if not _has_ordinary_form(message, found):
        return None
    children = [0] * len(parts)
    for part in parts[1:]:
        children[part.parent] += 1
    leaves: list[Leaf] = []
    extras: list[Leaf] = []
    for index, (part, number) in enumerate(zip(parts, paths(parts), strict=True)):
        if children[index]:
            ordinary = not part.media.boundary or _is_divided(data, part, children[index])
            extras += _around(data, part, number) if part.media.boundary else ()
        else:
            leaf = leaf_of(number, index, STANDARD, part.body, part.end, part.media)
            ordinary = part.body == part.end or _is_ordinary(data, part, leaf)
            leaves.append(leaf)
        if not ordinary:
            return None
    if any(has_mark(data, each.start, each.end) or EARLY_HEADER.search(data, each.start, each.end) for each in extras):
        return None
    return Readings((*leaves, *extras))


def _has_ordinary_form(message: Message, found: Structure) -> bool:
    """True where the header sections leave no doubt."""
    if found.defects or any(defect.kind not in _HARMLESS for defect in message.defects):
        return False
    if not all(part.media.ordinary for part in found.parts) or has_hidden_field(message.data, 0, message.body):
        return False
    return not is_bare_multipart(message.data, 0, message.body)


def _is_divided(data: bytes, part: Part, children: int) -> bool:
    """True where the boundary stands in front of each part and once at the end, and nowhere else."""
    return data.count(b"--" + part.media.boundary, part.body, part.end) == children + 1


def _around(data: bytes, part: Part, number: str) -> Iterator[Leaf]:
    """What stands before the first delimiter and behind the last, unless it is blank."""
    spans = ((part.body, part.preamble_end, Reading.PREAMBLE), (part.epilogue, part.end, Reading.EPILOGUE))
    for start, end, reading in spans:
        if end - start > 2 and data[start:end].strip():
            yield Leaf(f"{number or '0'}~{1 + (reading is Reading.EPILOGUE)}", None, reading, start, end, "text/plain")


def _is_ordinary(data: bytes, part: Part, leaf: Leaf) -> bool:
    """True where the content is one thing to every program."""
    text = leaf.type.startswith("text/")
    raw = memoryview(data)[leaf.start : leaf.end]
    if leaf.decoder is Decoder.BASE64:
        return not base64_defects(raw) and not (text and _hides_a_file(decode(raw, leaf.decoder).data))
    if leaf.decoder is Decoder.QUOTED_PRINTABLE:
        content = plain_quoted_printable(raw)
        return content is not None and not (text and _hides_a_file(content))
    if part.body - part.header <= 2 and EARLY_HEADER.match(data, part.body, leaf.end):
        return False
    return not leaf.type.startswith("multipart/") and not (text and has_mark(data, leaf.start, leaf.end))


def _hides_a_file(content: bytes) -> bool:
    return has_mark(content, 0, len(content))
