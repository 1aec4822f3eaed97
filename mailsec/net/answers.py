"""Saved answers (`--answers`): a run repeated without a network, HTTPS replies and the time included. `saving` writes them.

Such a file comes with a bug report: it is hostile until it is read.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

from mailsec.core import rdata
from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, AnswerStatus, Ask, Dnssec, Fetch, Fetched, FetchStatus, Purpose, Query, Record, Reply
from mailsec.core.limits.network import MAX_ANSWER_RECORDS, MAX_CNAMES, MAX_TTL, MAX_TXT
from mailsec.core.limits.run import MAX_ANSWERS_BYTES
from mailsec.core.limits.transport import TLS_CHAIN
from mailsec.core.text import clipped, visible
from mailsec.net.browse import PinnedFetch
from mailsec.net.names import canonical, encode, type_number, type_text
from mailsec.net.saving import SCHEMA

S = TypeVar("S", bound=StrEnum)
_HINT = "Files of saved answers are made with --save-answers."
_REQUIRED: Any = object()


class ReplaySource:
    """A Source over saved replies: each question gets exactly what it got then; any other is *unrecorded*."""

    def __init__(self, replies: dict[Ask, Reply]) -> None:
        self.replies = replies

    def start(self, ask: Ask) -> Reply | None:
        found = self.replies.get(ask)
        if found is not None:
            return found
        if isinstance(ask, Query):
            return Answer(ask, AnswerStatus.UNRECORDED, reason="not among the saved answers")
        return Fetched(ask, FetchStatus.UNRECORDED, reason="not among the saved answers")

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        raise RuntimeError("saved answers have nothing in flight")

    def close(self) -> None:
        pass


class _Problem(ValueError):
    """What the file says cannot be."""


def load(file: str, data: bytes) -> tuple[ReplaySource, int]:
    """The source over what `file` holds, and the time that was saved with it. Raises BadInput with the place and a hint."""
    if len(data) > MAX_ANSWERS_BYTES:
        raise BadInput(f"{file}: larger than {MAX_ANSWERS_BYTES} octets", hint="Save fewer domains at once.")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{file}: not valid JSON: {visible(clipped(str(error), 200))}", hint=_HINT) from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise BadInput(f"{file}: holds no saved answers of the form {SCHEMA}", hint=_HINT)
    try:
        now = _number(content, "now", 2**53)
        replies: dict[Ask, Reply] = {}
        for key, read in (("answers", _answer), ("fetches", _fetched)):
            for place, entry in enumerate(_list(content, key), 1):
                _add(replies, read, entry, f"{key} entry {place}")
    except _Problem as problem:
        raise BadInput(f"{file}: {problem}", hint=_HINT) from None
    return ReplaySource(replies), now


def _add(replies: dict[Ask, Reply], read: Any, entry: object, place: str) -> None:
    try:
        if not isinstance(entry, dict):
            raise _Problem("is no object")
        ask, reply = read(entry)
    except ValueError as error:
        raise _Problem(f"{place}: {visible(clipped(str(error), 200))}") from None
    if ask in replies:
        raise _Problem(f"{place}: stands there twice")
    replies[ask] = reply


def _answer(entry: dict[str, Any]) -> tuple[Ask, Reply]:
    query = Query(_text(entry, "name"), _text(entry, "type"))
    records, aliases, proof = (_records(entry, key) for key in ("records", "aliases", "proof"))
    if any(each.type != "CNAME" for each in aliases) or len(aliases) > MAX_CNAMES + 1:
        raise _Problem("aliases are CNAME records, and few")
    status = _word(entry, "status", AnswerStatus)
    if bool(records) != (status is AnswerStatus.OK):
        raise _Problem("records and status do not fit together")
    if records and {each.type for each in records} != {type_text(type_number(query.type))}:
        raise _Problem("records do not fit the question")
    dnssec = _word(entry, "dnssec", Dnssec)
    return query, Answer(query, status, records, aliases, proof, dnssec, _text(entry, "reason"))


def _records(entry: dict[str, Any], key: str) -> tuple[Record, ...]:
    found = _list(entry, key, ())
    if len(found) > MAX_ANSWER_RECORDS:
        raise _Problem(f"more than {MAX_ANSWER_RECORDS} {key}")
    return tuple(_record(each) for each in found)


def _record(entry: object) -> Record:
    if not isinstance(entry, dict):
        raise _Problem("a record is an object")
    owner, type = _text(entry, "owner"), _text(entry, "type")
    number = type_number(type)
    if canonical(owner) != owner or type_text(number) != type:
        raise _Problem("a record's owner or type is not as it was saved")
    data = _octets(entry, "data")
    if len(data) > MAX_TXT:
        raise _Problem(f"a record's data has at most {MAX_TXT} octets")
    _check(number, type, data)
    return Record(owner, type, _number(entry, "ttl", MAX_TTL), data)


def _check(number: int, type: str, data: bytes) -> None:
    """Rooms read what a source gives them as valid wire data of its type. Raises ValueError where it is not."""
    match type:
        case "A":
            rdata.a(data)
        case "AAAA":
            rdata.aaaa(data)
        case "TXT" | "SPF":
            rdata.txt_strings(data)
        case "MX" | "CNAME" | "NS" | "PTR" | "DNAME":
            at = 2 if type == "MX" else 0
            if len(encode(rdata.name(data, at))) != len(data) - at:
                raise _Problem(f"the data of {type} is not valid")
        case _:
            _check_by_library(number, data)


def _check_by_library(number: int, data: bytes) -> None:
    # Not loaded before a record needs it: dnspython takes longer to import than most files to read.
    import dns.rdata  # noqa: PLC0415 - see above
    import dns.rdataclass  # noqa: PLC0415 - see above
    import dns.rdatatype  # noqa: PLC0415 - see above

    try:
        dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.RdataType.make(number), data, 0, len(data))
    except Exception as error:  # whatever a parser of eighty types raises on odd octets, it means the same
        raise _Problem(f"the data of {type_text(number)} is not valid: {type(error).__name__}") from None


def _fetched(entry: dict[str, Any]) -> tuple[Ask, Reply]:
    sizes = _number(entry, "max_bytes", 2**53), _number(entry, "redirects", 2**31)
    purpose = _word(entry, "purpose", Purpose) if "purpose" in entry else Purpose.POLICY
    asked = (_text(entry, "url"), *sizes, _text(entry, "method"), _octets(entry, "sent"), _text(entry, "accept"), purpose)
    fetch = Fetch(*asked)
    if "addresses" in entry:
        addresses = tuple(_string(each) for each in _list(entry, "addresses"))
        fetch = PinnedFetch(*asked, addresses)
    chain = _list(entry, "chain")
    body = _octets(entry, "body")
    if len(body) > fetch.max_bytes or len(chain) > TLS_CHAIN:
        raise _Problem("the reply is larger than was asked for")
    return fetch, Fetched(
        fetch,
        _word(entry, "status", FetchStatus),
        _number(entry, "code", 999),
        _text(entry, "content_type"),
        body,
        tuple(_decoded(each) for each in chain),
        _text(entry, "reason"),
    )


# --- pieces


def _list(entry: dict[str, Any], key: str, default: Any = _REQUIRED) -> Any:
    value = entry.get(key, default)
    if not isinstance(value, list | tuple):
        raise _Problem(f"{key} is no list")
    return value


def _number(entry: dict[str, Any], key: str, limit: int) -> int:
    value = entry.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
        raise _Problem(f"{key} is no number from 0 to {limit}")
    return value


def _text(entry: dict[str, Any], key: str) -> str:
    return _string(entry.get(key), key)


def _string(value: object, key: str = "a value") -> str:
    if not isinstance(value, str):
        raise _Problem(f"{key} is no text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Problem(f"{key} has half a character") from None
    return value


def _word(entry: dict[str, Any], key: str, words: type[S]) -> S:
    value = _text(entry, key)
    try:
        return words(value)
    except ValueError:
        raise _Problem(f"{key} is none of {', '.join(words)}") from None


def _octets(entry: dict[str, Any], key: str) -> bytes:
    return _decoded(entry.get(key), key)


def _decoded(value: object, key: str = "a value") -> bytes:
    try:
        return b64decode(_string(value, key), validate=True)
    except ValueError as error:
        raise _Problem(f"{key} is not base64: {error}") from None
