"""The fields of a report's machine-readable part: groups of fields with an empty line between (RFC 3464 section 2.1)."""

from __future__ import annotations

import re
from typing import NamedTuple

from mailsec.core.limits.message import MAX_REPORT_BYTES, MAX_REPORT_FIELDS, MAX_REPORT_GROUPS, MAX_REPORT_VALUE
from mailsec.core.text import clipped, from_bytes
from mailsec.message.leaf import Leaf
from mailsec.message.mime import MESSAGE_TYPES, Structure


class Typed(NamedTuple):
    """A value with the name of its kind in front: ("rfc822", "ann@example.org"), ("smtp", "550 no such user")."""

    type: str
    value: str


class Group(NamedTuple):
    """The fields of one group: names in lower case, values unfolded, each clipped."""

    fields: tuple[tuple[str, str], ...]

    def text(self, name: str) -> str:
        """The value of the first field of that name, "" where there is none."""
        return next((value for key, value in self.fields if key == name.lower()), "")

    def every(self, name: str) -> tuple[str, ...]:
        """The values of all fields of that name."""
        return tuple(value for key, value in self.fields if key == name.lower())

    def typed(self, name: str) -> Typed:
        """The value of the first field of that name, taken apart at its semicolon."""
        text = self.text(name)
        kind, semicolon, value = text.partition(";")
        return Typed(kind.strip().lower(), value.strip()) if semicolon else Typed("", text)


_BLANK = re.compile(rb"(?:\r?\n[ \t]*){2,}")
_FIELD = re.compile(rb"(?m)^([!-9;-~]{1,100})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")


def groups(content: bytes) -> list[Group]:
    """The groups in `content` that hold a field; at most `MAX_REPORT_GROUPS` and one, of its first `MAX_REPORT_BYTES`."""
    found: list[Group] = []
    for text in _BLANK.split(content[:MAX_REPORT_BYTES], maxsplit=2 * MAX_REPORT_GROUPS):
        fields = [(from_bytes(match[1]).lower(), _unfolded(match[2])) for match in _FIELD.finditer(text)][:MAX_REPORT_FIELDS]
        if fields and len(found) <= MAX_REPORT_GROUPS:
            found.append(Group(tuple(fields)))
    return found


def _unfolded(value: bytes) -> str:
    return clipped(" ".join(from_bytes(value[: MAX_REPORT_VALUE * 4]).split()), MAX_REPORT_VALUE)


_RETURNED = (*MESSAGE_TYPES, "text/rfc822-headers", "message/global-headers")


def returned_part(found: Structure, leaf: Leaf) -> int | None:
    """The part beside `leaf` that holds the message the report is about, or its header; None where it was left out."""
    assert leaf.part is not None  # reports are read by the standard
    parent = found.parts[leaf.part].parent
    if parent < 0:
        return None
    return next((child for child in found.children(parent) if found.parts[child].type in _RETURNED), None)
