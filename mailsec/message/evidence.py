"""Pieces of a message as evidence."""

from __future__ import annotations

from mailsec.core.results import Evidence, EvidenceKind
from mailsec.core.text import clipped, from_bytes
from mailsec.message.fields import Field, Message

_SHOWN = 120


def field_evidence(message: Message, field: Field) -> Evidence:
    """A header field as evidence: its value on one line, clipped, and its offsets in the file."""
    text = clipped(" ".join(from_bytes(field.value[: _SHOWN * 4]).split()), _SHOWN)
    return Evidence(
        EvidenceKind.FIELD,
        clipped(from_bytes(field.name[: _SHOWN * 4]), _SHOWN),
        text,
        message.file_offset(field.start),
        message.file_offset(field.end),
    )


def octets_evidence(message: Message, start: int, end: int) -> Evidence:
    """A range of `message.data` as evidence: its first octets, and its offsets in the file."""
    text = clipped(from_bytes(message.data[start : min(end, start + _SHOWN * 4)]), _SHOWN)
    return Evidence(EvidenceKind.BYTES, "message", text, message.file_offset(start), message.file_offset(end))
