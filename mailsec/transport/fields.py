"""Records of the form `v=…; name=value; …`, the common syntax of RFC 8461 section 3.1 and RFC 8460 section 3."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailsec.core.limits.network import MAX_TAGS

_WSP = " \t"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")
VALUE = re.compile(r"[!-:<>-~]+\Z")


@dataclass(frozen=True, slots=True)
class Defect:
    """A syntax error; `start` and `end` are offsets of characters into the text. `fatal`: the whole text then means nothing."""

    message: str
    start: int
    end: int
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """One name=value; the value stands from `start` to `end`."""

    name: str
    value: str
    start: int
    end: int


def starts_with(text: str, version: str) -> bool:
    """True where `text` begins with the version and a semicolon (or ends there): other TXT records are none of ours."""
    return text.startswith(version) and text[len(version) :].lstrip(_WSP)[:1] in ("", ";")


def read(text: str, version: str) -> tuple[dict[str, Field], list[Defect]]:
    """The fields behind the version, by name, and what was wrong. Of several with one name the first counts."""
    fields: dict[str, Field] = {}
    defects: list[Defect] = []
    at = len(version)
    for count, part in enumerate(text[at:].split(";")):
        start, at = at, at + len(part) + 1
        name, equals, value = part.strip(_WSP).partition("=")
        end = start + len(part)
        if count > MAX_TAGS:
            defects.append(Defect(f"more than {MAX_TAGS} fields", start, len(text)))
            break
        if count == 0 or (not name and not equals and end == len(text)):
            continue
        start += len(part) - len(part.lstrip(_WSP))
        if not equals:
            defects.append(Defect("a part has no '='" if name else "an empty part", start, end))
        elif not NAME.match(name):
            defects.append(Defect("a field name is not valid", start, end))
        elif name in fields:
            defects.append(Defect(f"{name}= stands again; the first one counts", start, end, fatal=False))
        else:
            start += len(name) + 1
            fields[name] = Field(name, value, start, start + len(value))
    return fields, defects


def extensions(fields: dict[str, Field], known: str, defects: list[Defect]) -> tuple[tuple[str, str], ...]:
    """The fields but the `known` one, as pairs; a value that is not valid is added to `defects`."""
    others = [field for field in fields.values() if field.name != known]
    for field in others:
        if not VALUE.match(field.value):
            defects.append(Defect(f"{field.name}= has no valid value", field.start, field.end))
    return tuple((field.name, field.value) for field in others)
