"""The parameters of a MIME field, each as often as it stands (RFC 2045 section 5.1, RFC 2231)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from mailsec.core.limits.message import MAX_MEDIA_PARAMETERS
from mailsec.message.tokens import unquoted


class Form(StrEnum):
    """How a parameter is written: `name=value`, `name*=charset''value`, or split over `name*0=` and so on."""

    PLAIN = "plain"
    EXTENDED = "extended"
    CONTINUED = "continued"


class Parameter(NamedTuple):
    """One parameter: its name in lower case, its value as octets with quotes and percent signs resolved, how it is written,
    and the charset that an extended value names ("" elsewhere)."""

    name: bytes
    value: bytes
    form: Form = Form.PLAIN
    charset: str = ""


_PARAMETER = re.compile(
    rb';[ \t\r\n]*([^ \t\r\n=;"]+)[ \t\r\n]*=[ \t\r\n]*(?:("[^"\\]*(?:\\[\x00-\xff][^"\\]*)*")|([^;"]*))',
)
_SECTION = re.compile(rb"(.+?)(?:\*(\d{1,3}))?(\*)?\Z", re.DOTALL)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_SPACE = b" \t\r\n"


def read_parameters(value: bytes, at: int = 0) -> tuple[list[Parameter], bool]:
    """The parameters behind the first semicolon from `at` on, comments already taken out, and whether one stood twice.

    The pieces of a continued parameter are joined in the order of their numbers, the first of each number counts.
    """
    found: list[Parameter] = []
    split: dict[bytes, dict[int, bytes]] = {}
    charsets: dict[bytes, str] = {}
    repeated = False
    for _ in range(MAX_MEDIA_PARAMETERS):
        at = value.find(b";", at)
        if at < 0:
            break
        match = _PARAMETER.match(value, at)
        if match is None:
            at += 1
            continue
        at = match.end()
        name = match[1].lower()
        text = unquoted(match[2]) if match[2] is not None else match[3].strip(_SPACE)
        section = _SECTION.match(name) if b"*" in name else None
        if section is None or (section[2] is None and section[3] is None):
            found.append(Parameter(name, text))
        elif section[2] is None:
            found.append(Parameter(section[1], *_extended(text)))
        else:
            number = int(section[2])
            pieces = split.setdefault(section[1], {})
            repeated = repeated or number in pieces
            if section[3] and number == 0:
                text, _, charsets[section[1]] = _extended(text)
            elif section[3]:
                text = _percent(text)
            pieces.setdefault(number, text)
    for name, pieces in split.items():
        joined = b"".join(pieces[number] for number in sorted(pieces))
        found.append(Parameter(name, joined, Form.CONTINUED, charsets.get(name, "")))
    return found, repeated or len({each.name for each in found}) < len(found)


_SIMPLE = re.compile(rb';[ \t\r\n]*([^ \t\r\n=;"]+)=(?:"([^"]*)"|([^ \t\r\n;"]+))')


def simple_parameters(value: bytes) -> dict[bytes, bytes] | None:
    """The parameters by name, of a value without escapes, comments and other surprises; None where RFC 2231 or repetition make
    it less simple."""
    found = _SIMPLE.findall(value)
    given = {name.lower(): quoted or token for name, quoted, token in found}
    return given if b"*" not in value and len(given) == len(found) <= MAX_MEDIA_PARAMETERS else None


def _extended(text: bytes) -> tuple[bytes, Form, str]:
    """An extended value (RFC 2231 section 4): without charset and language, percent signs resolved; and the charset."""
    charset = b""
    if text.count(b"'") >= 2:
        charset, _, text = text.split(b"'", 2)
    return _percent(text), Form.EXTENDED, charset[:40].decode("ascii", "replace").lower()


def _percent(text: bytes) -> bytes:
    return _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), text)
