"""Tag=value lists (RFC 6376 section 3.2): the syntax of DKIM signatures and keys, DMARC and TLS-RPT records."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailsec.core.limits.network import MAX_TAGS

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_FWS = " \t\r\n"


class TagListError(ValueError):
    """The text is no tag=value list; `offset` is where it stops being one."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: its name (case kept), its value without surrounding white space, and where the value stands in the text."""

    name: str
    value: str
    start: int
    end: int


def parse(text: str) -> tuple[Tag, ...]:
    """The tags of `text`, in order. Linear in its length.

    Raises TagListError for a part without `=`, an invalid name, a name given twice (RFC 6376: the list is then invalid) or too
    many tags. Values are not checked here: their grammar is the tag's.
    """
    tags: list[Tag] = []
    seen: set[str] = set()
    start = 0
    while start < len(text):
        end = text.find(";", start)
        end = len(text) if end < 0 else end
        part = text[start:end]
        equals = part.find("=")
        if equals < 0:
            if part.strip(_FWS) or end < len(text):
                raise TagListError("a part has no '='", start)
            break
        name = part[:equals].strip(_FWS)
        if not _NAME.match(name):
            raise TagListError("a tag name is not valid", start)
        if name in seen:
            raise TagListError(f"the tag {name}= stands twice", start)
        if len(tags) >= MAX_TAGS:
            raise TagListError(f"more than {MAX_TAGS} tags", start)
        seen.add(name)
        value = part[equals + 1 :]
        lead = len(value) - len(value.lstrip(_FWS))
        value = value.strip(_FWS)
        at = start + equals + 1 + lead
        tags.append(Tag(name, value, at, at + len(value)))
        start = end + 1
    return tuple(tags)


def unfold(value: str) -> str:
    """`value` without folding white space, and no other: base64 and lists may be folded anywhere (RFC 6376 section 3.2)."""
    return value.replace(" ", "").replace("\t", "").replace("\r", "").replace("\n", "")
