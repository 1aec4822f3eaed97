"""What tests of published records share: a source that answers from a table, with DNSSEC states, aliases and HTTPS replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from mailsec.core import rdata
from mailsec.core.flow import Answer, AnswerStatus, Ask, Dnssec, Fetch, Fetched, FetchStatus, Flow, Query, Record, Reply, run
from mailsec.core.results import Check
from mailsec.core.rules import Rule
from tests.support import wire

T = TypeVar("T")


@dataclass(frozen=True)
class Raw:
    """Wire data as it stands."""

    data: bytes


Value: TypeAlias = AnswerStatus | Sequence[str | Raw]


def encode(type: str, value: str | Raw) -> bytes:
    return value.data if isinstance(value, Raw) else wire(type, value)


@dataclass
class Published:
    """A Source over {"name TYPE": values}; a name without any entry is NXDOMAIN. `dnssec` is the state of every answer, unless
    `states` says otherwise for "name TYPE" or "name"; `aliases` maps a name to the one that a CNAME leads to."""

    table: Mapping[str, Value]
    dnssec: Dnssec = Dnssec.SECURE
    states: Mapping[str, Dnssec] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    web: Mapping[str, Fetched] = field(default_factory=dict)
    asked: list[Ask] = field(default_factory=list)

    def start(self, ask: Ask) -> Reply | None:
        self.asked.append(ask)
        if isinstance(ask, Fetch):
            missing = Fetched(ask, FetchStatus.FAILED, reason="the host does not exist")
            return replace(self.web.get(ask.url, missing), fetch=ask)
        return self.answer(ask)

    def answer(self, query: Query) -> Answer:
        owner = self.aliases.get(query.name, query.name)
        key = f"{query.name} {query.type}"
        state = self.states.get(key, self.states.get(query.name, self.dnssec))
        value = self.table.get(f"{owner} {query.type}")
        if value is None:
            exists = any(entry.split(" ")[0] == owner for entry in self.table)
            value = AnswerStatus.NODATA if exists else AnswerStatus.NXDOMAIN
        if isinstance(value, AnswerStatus):
            return Answer(query, value, dnssec=state)
        aliases = (Record(query.name, "CNAME", 300, rdata.encode_name(owner)),) if owner != query.name else ()
        records = tuple(Record(owner, query.type, 300, encode(query.type, each)) for each in value)
        return Answer(query, AnswerStatus.OK, records, aliases, dnssec=state)

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        raise AssertionError("nothing is in flight")

    def close(self) -> None:
        pass


def judge(flow: Flow[T], table: Mapping[str, Value] | Published) -> T:
    """The result of `flow` over what is published."""
    return run(flow, table if isinstance(table, Published) else Published(table))


def fired(check: Check) -> set[str]:
    """The rules of all findings."""
    return {found.rule for found in check.all_findings()}


def fix(check: Check, rule: Rule) -> str:
    """The fix of the first finding under `rule`."""
    return next(found.fix for found in check.all_findings() if found.rule == rule.id)


def message(check: Check, rule: Rule) -> str:
    """The message of the first finding under `rule`."""
    return next(found.message for found in check.all_findings() if found.rule == rule.id)


def severity(check: Check, rule: Rule) -> str:
    """The severity of the first finding under `rule`."""
    return next(found.severity for found in check.all_findings() if found.rule == rule.id)


def association(usage: int, selector: int, matching: int, data: bytes) -> Raw:
    """A TLSA or SMIMEA record."""
    return Raw(bytes([usage, selector, matching]) + data)
