"""The selectors that a message's DKIM signatures name."""

from __future__ import annotations

from mailsec.core.errors import BadInput
from mailsec.message.fields import parse
from mailsec.sender.dkim.signature import SignatureError, parse_signature


def selectors_of(file: bytes) -> list[str]:
    """Each selector once, in order. Raises BadInput where there is no readable signature."""
    found: dict[str, None] = {}
    for field in parse(file).all("DKIM-Signature"):
        try:
            found[parse_signature(field.value).selector] = None
        except SignatureError:
            continue
    if not found:
        raise BadInput("has no DKIM signature that names a selector")
    return list(found)
