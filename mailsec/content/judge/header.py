"""Header protection (RFC 9788): the header fields that the signed content repeats, and whether they are those that are seen."""

from __future__ import annotations

from dataclasses import dataclass

from mailsec.message.fields import Message, parse
from mailsec.message.media import part_media

FIELDS = ("From", "To", "Cc", "Subject", "Date")
"""What has to be protected before a signature can stand for a mail, and not only for a text."""
_OTHERS = ("Sender", "Reply-To")
_HP = ("clear", "cipher")


@dataclass(frozen=True, slots=True)
class Protected:
    """`present`: the content says that it protects the header. `complete`: all of `FIELDS`, Sender and Reply-To are as signed.
    `differing` names the signed fields that are seen otherwise."""

    present: bool = False
    complete: bool = False
    differing: tuple[str, ...] = ()


def protected(message: Message, header: bytes) -> Protected:
    """The protection that a signed entity with this header section gives to the header of `message`."""
    if part_media(header).parameter("hp").lower() not in _HP:
        return Protected()
    inner = parse(header)
    missing, differing = False, []
    for name in (*FIELDS, *_OTHERS):
        ours, theirs = _values(inner, name), _values(message, name)
        if ours == theirs:
            continue
        missing = True
        if ours:
            differing.append(name)
    return Protected(True, not missing and bool(_values(inner, "From")), tuple(differing))


def _values(message: Message, name: str) -> list[bytes]:
    return [b" ".join(field.value.split()) for field in message.all(name)]
