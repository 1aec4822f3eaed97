"""What a mirror says where the script leaves a choice, and whether what a client says is the script's."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, MutableMapping

from mailsec.transport.smtp.course import quoted
from mailsec.transport.smtp.expect import Codes, Demand, Expectation, Text
from mailsec.transport.smtp.link import GREETING
from mailsec.transport.smtp.template import Reference, Template

_USUAL = {GREETING: (220,), "QUIT": (221,), "STARTTLS": (220,), "AUTH": (235, 334), "DATA": (354,)}
_TEXTS = {220: b"mailsec", 221: b"Bye", 354: b"Go ahead", 235: b"Welcome"}
_KEYWORD = re.compile(rb"[A-Z0-9][A-Z0-9-]*(?: |=|\Z)")


def texts_of(expected: Expectation, code: int, asked: str, values: MutableMapping[str, bytes]) -> list[bytes]:
    """The lines of a reply that `expected` takes. What its expressions capture is set in `values`."""
    texts = [line for text in expected.texts for line in _text(text, code, values)]
    if asked in ("EHLO", "LHLO") and code == 250 and texts and texts[0] != b"OK" and _KEYWORD.match(texts[0]):
        texts.insert(0, b"mailsec")  # the first line is the server's name, which a script need not expect
    return texts or [_TEXTS.get(code, b"OK")]


def _text(text: Text, code: int, values: MutableMapping[str, bytes]) -> list[bytes]:
    match text.demand:
        case Demand.ABSENT:
            return []
        case Demand.ANY:
            return [_TEXTS.get(code, b"OK")]
        case Demand.GLOB:
            parts = (part for piece in text.pieces for part in piece)
            return [b"".join(b"x" if part is None else part.fill(values) for part in parts)]
    if text.pattern is not None:
        values.update(text.pattern.search(text.pattern.example) or {})
        return [text.pattern.example]
    return [text.template.fill(values)]


def usual_code(codes: Codes, asked: str) -> int:
    """The code that a server usually has for this, as far as the script leaves a choice."""
    return next((code for code in _USUAL.get(asked, ()) if code in codes), codes.example)


def written(code: int, texts: list[bytes]) -> bytes:
    """A reply of one line or several."""
    *first, last = texts
    lines = [*(b"%d-%b\r\n" % (code, text) for text in first), b"%d %b\r\n" % (code, last)]
    return b"".join(lines)


def matched(text: Template, values: Mapping[str, bytes], line: bytes) -> Mapping[str, bytes] | None:
    """What the variables of `text` without a value are in `line`, or None where it is another line. Case does not matter."""
    captured: dict[str, bytes | None] = {}
    folded = line.lower()
    at, wanted = 0, None
    for part in (*text.parts, b""):
        if not isinstance(part, bytes) and part.name not in values:
            wanted = wanted or part
            continue
        literal = Template((part,)).fill(values).lower()
        found = (folded.find(literal, at) if literal else len(line)) if wanted is not None else at
        if found < 0 or not folded.startswith(literal, found):
            return None
        if wanted is not None:
            captured[wanted.name], wanted = _captured(wanted, line[at:found]), None
        at = found + len(literal)
    if at != len(line):
        return None
    kept = {name: value for name, value in captured.items() if value is not None}
    return kept if len(kept) == len(captured) else None


def _captured(wanted: Reference, said: bytes) -> bytes | None:
    """What a variable becomes; None for what it cannot be."""
    if not said.decode("ascii", "replace").isprintable():
        return None
    try:
        return b64decode(said, validate=True) if wanted.encoded else said
    except ValueError:
        return None


def shown_text(text: Template) -> str:
    """A line of the script for a message."""
    return quoted(text.fill({}))
