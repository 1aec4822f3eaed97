"""Parts of a message as files: their octets, and names that are safe wherever they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailsec.api.inspect_case import Case
from mailsec.core.errors import BadInput
from mailsec.core.limits.spoofing import MAX_EXTRACTED_NAME
from mailsec.core.text import visible
from mailsec.message.leaves import Leaf, decoded, paths, raw
from mailsec.message.mime import MESSAGE_TYPES

ALL = "all"
_EXTENSIONS = {"text/plain": ".txt", "text/html": ".html", "message/rfc822": ".eml", "text/calendar": ".ics"}
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)")
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """One part that can be taken out: its path, its media type, the name that it is given, and where its octets are."""

    path: str
    type: str
    name: str
    leaf: Leaf | None
    start: int = 0
    end: int = 0

    def content(self, case: Case, *, encoded: bool = False) -> bytes:
        """The octets: as they stand where `encoded`, else decoded. An enclosed message or a multipart is never encoded."""
        if self.leaf is None:
            return case.message.data[self.start : self.end]
        return bytes(raw(case.message, self.leaf)) if encoded else decoded(case.message, self.leaf).data


def pieces(case: Case) -> Iterator[Piece]:
    """Whatever can be taken out by its path: enclosed messages, multiparts, leaves. Where a message and the multipart in it
    have the same path, the message comes first."""
    assert case.structure is not None
    composite = {part.parent for part in case.structure.parts}
    for index, (number, part) in enumerate(zip(paths(case.structure.parts), case.structure.parts, strict=True)):
        if index in composite and number:
            yield Piece(number, part.type, safe_name(number, part.type, ""), None, part.body, part.end)
    for looked in case.leaves:
        leaf = looked.leaf
        yield Piece(leaf.path, leaf.type, safe_name(leaf.path, leaf.type, leaf.name), leaf)


def chosen(case: Case, wanted: str) -> list[Piece]:
    """The part called `wanted`; for "all" every leaf and every enclosed message. Raises BadInput where there is none."""
    found = list(pieces(case))
    if wanted == ALL:
        return [each for each in found if each.leaf is not None or each.type in MESSAGE_TYPES]
    match = next((each for each in found if each.path == wanted), None)
    if match is None:
        known = [each.path for each in found]
        more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
        raise BadInput(f"there is no part {visible(wanted)}", hint=f"the parts are {', '.join(known[:_LISTED])}{more}")
    return [match]


def safe_name(path: str, media_type: str, name: str) -> str:
    """A file name that leads nowhere, hides nothing and means nothing to any system: the part's number, then what is left of
    the name, at most `MAX_EXTRACTED_NAME` octets of it, its end kept."""
    stem = visible(name).replace("\\", "_")
    stem = _UNSAFE.sub("_", stem).strip(" ._")
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    if not stem:
        stem = f"part{_EXTENSIONS.get(media_type, '.bin')}"
    octets = stem.encode()
    if len(octets) > MAX_EXTRACTED_NAME:
        half = MAX_EXTRACTED_NAME // 2
        stem = f"{octets[:half].decode(errors='ignore')}~{octets[-half + 1 :].decode(errors='ignore')}"
    return f"{path.replace('~', '-')}_{stem}"
