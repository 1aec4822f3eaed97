"""Zones in JSON, read into `ZoneData`: quick to write by hand or by a program.

    {"zones": ["example.com"],
     "example.com": {"TXT": ["v=spf1 mx -all"], "MX": ["10 mx.example.com"]},
     "mx.example.com": {"A": "192.0.2.1", "AAAA": []},
     "slow.example": "TIMEOUT",
     "half.example": {"TXT": "SERVFAIL"}}

Names are absolute, with or without a final dot. A type has one record or a list of them; no record states NODATA. A TXT record
is its text, cut into strings of 255 octets, or a list of its strings; records of other types are as master files write them. In
the place of records, or of a whole name, one of the words TIMEOUT, SERVFAIL, REFUSED, NXDOMAIN, NODATA and UNRECORDED states
the answer (a TXT record that is such a word goes into a list).

`zones` lists the zones that are here as a whole, so that everything else in them is absent; `"."` makes every other name
NXDOMAIN. A name with an SOA record opens a zone too. What is in no zone and not stated is *unrecorded*.
"""

from __future__ import annotations

import json
from collections import Counter

from mailsec.core.errors import BadInput
from mailsec.core.flow import AnswerStatus, Record
from mailsec.core.limits.network import MAX_TXT, ZONE_TTL
from mailsec.core.rdata import encode_txt
from mailsec.core.text import clipped, visible
from mailsec.net.names import ROOT, canonical, encode, quote, type_number, type_text
from mailsec.net.zonedata import ANY, MAX_COMPLAINT, WORDS, ZoneData, ZoneProblem
from mailsec.net.zonetext import rdata, string, tokens_of

_TEXT_KEYS = frozenset({"TXT", "SPF"})


def parse(file: str, text: str, data: ZoneData) -> None:
    """Read `text`, which begins with a brace, into `data`. Raises BadInput with `file`, the place and a hint."""
    try:
        content = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise BadInput(f"{file}, line {error.lineno}: not valid JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{file}: not valid JSON: {visible(clipped(str(error), MAX_COMPLAINT))}") from None
    for key, value in content.items():
        try:
            _entry(key, value, data)
        except ValueError as error:
            hint = error.hint if isinstance(error, ZoneProblem) else ""
            raise BadInput(f"{file}, {quote(key)}: {visible(clipped(str(error), MAX_COMPLAINT))}", hint=hint) from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ZoneProblem(f"{quote(twice)} stands twice")
    return content


def _entry(key: str, value: object, data: ZoneData) -> None:
    if key == "zones" and isinstance(value, list):
        for zone in value:
            data.declare(canonical(_text(zone)))
        return
    owner = canonical(key)
    if isinstance(value, str):
        data.state(owner, ANY, _word(value))
    elif isinstance(value, dict):
        data.node(owner)
        for type, records in value.items():
            _records(owner, type, records, data)
    else:
        raise ZoneProblem("a name has an object of types, or a status", 'Write {"TXT": ["v=spf1 -all"]} or "TIMEOUT".')


def _records(owner: str, key: str, value: object, data: ZoneData) -> None:
    number = type_number(key)
    type = type_text(number)
    if isinstance(value, str) and value in WORDS:
        data.state(owner, type, WORDS[value])
        return
    records = value if isinstance(value, list) else [value]
    if not records:
        data.state(owner, type, AnswerStatus.NODATA)
    for record in records:
        wire = _strings(record) if key.upper() in _TEXT_KEYS else rdata(number, tokens_of(_text(record)), encode, ROOT)
        data.add(Record(owner, type, ZONE_TTL, wire))


def _strings(record: object) -> bytes:
    """A TXT record's data: from its text, or from a list of its strings."""
    wire = (
        b"".join(string(_text(piece).encode()) for piece in record)
        if isinstance(record, list)
        else encode_txt(_text(record).encode())
    )
    if not 0 < len(wire) <= MAX_TXT:
        raise ZoneProblem(f"a TXT record has one string or more, and at most {MAX_TXT} octets")
    return wire


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ZoneProblem("a record is a text")
    return value


def _word(value: str) -> AnswerStatus:
    if value not in WORDS:
        raise ZoneProblem(f"{quote(value)} is not a status", f"It is one of {', '.join(WORDS)}.")
    return WORDS[value]
