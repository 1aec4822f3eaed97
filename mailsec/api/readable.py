"""A file as a message, or the reason why it is none."""

from __future__ import annotations

from mailsec.core.errors import BadInput, NothingToJudge
from mailsec.message.fields import Message, parse


def readable(file: bytes) -> Message:
    """The message in `file`. Raises NothingToJudge for an empty one, BadInput where there is no header field."""
    if not file:
        raise NothingToJudge("the input is empty")
    message = parse(file)
    if not message.fields:
        raise BadInput(
            "this is no mail message: it has no header field", hint="give the message as source (.eml), with its header"
        )
    return message
