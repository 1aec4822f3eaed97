"""What tests share: a source that answers from a table, and records made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import TypeAlias

from mailsec.core import rdata
from mailsec.core.flow import NOT_FETCHED, Answer, AnswerStatus, Ask, Fetch, Fetched, FetchStatus, Query, Record, Reply

Entry: TypeAlias = AnswerStatus | Sequence[str | bytes]
"""What stands in a table: a status, or records as zone files write them ("10 mx.example.com" for MX, text for TXT)."""


def wire(type: str, value: str | bytes) -> bytes:
    """The wire data of one record."""
    if isinstance(value, bytes):
        return rdata.encode_txt(value)
    match type:
        case "TXT" | "SPF":
            return rdata.encode_txt(value.encode())
        case "A" | "AAAA":
            return ip_address(value).packed
        case "MX":
            preference, _, exchange = value.partition(" ")
            return int(preference).to_bytes(2, "big") + rdata.encode_name(exchange.removesuffix("."))
        case _:
            return rdata.encode_name(value.removesuffix("."))


def answer(name: str, type: str, entry: Entry) -> Answer:
    """An answer as a source would give it."""
    query = Query(name, type)
    if isinstance(entry, AnswerStatus):
        return Answer(query, entry)
    return Answer(query, AnswerStatus.OK, tuple(Record(name, type, 300, wire(type, value)) for value in entry))


class TableSource:
    """A Source over {name: {type: entry}}; a name that is not there is NXDOMAIN. `asked` lists the questions in order."""

    def __init__(self, table: Mapping[str, Mapping[str, Entry] | AnswerStatus]) -> None:
        self.table = table
        self.asked: list[Ask] = []

    def start(self, ask: Ask) -> Reply | None:
        self.asked.append(ask)
        if isinstance(ask, Fetch):
            return Fetched(ask, FetchStatus.SKIPPED, reason=NOT_FETCHED)
        types = self.table.get(ask.name, AnswerStatus.NXDOMAIN)
        if isinstance(types, AnswerStatus):
            return Answer(ask, types)
        return answer(ask.name, ask.type, types.get(ask.type, AnswerStatus.NODATA))

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        raise AssertionError("nothing is in flight")

    def close(self) -> None:
        pass
