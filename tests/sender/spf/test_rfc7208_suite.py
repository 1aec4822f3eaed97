"""The public test suite for RFC 7208, found through MAILSEC_CONFORMANCE: one case each, with a source over its zone data."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailsec.core import rdata
from mailsec.core.flow import Answer, AnswerStatus, Ask, Query, Record, Reply, run
from mailsec.sender.spf.evaluate import evaluate
from tests.support import wire

pytestmark = pytest.mark.conformance

SUITE = Path(os.environ.get("MAILSEC_CONFORMANCE", ""), "rfc7208", "rfc7208-tests.yml")


class Zone:
    """A Source over one scenario's zone data."""

    def __init__(self, data: Mapping[str, Sequence[Any]]) -> None:
        self.timeouts: set[str] = set()
        self.records: dict[tuple[str, str], list[bytes]] = {}
        self.names: set[str] = set()
        for name, entries in data.items():
            key = escaped(str(name).lower())
            self.names.add(key)
            has_txt = any(isinstance(entry, dict) and "TXT" in entry for entry in entries)
            for entry in entries:
                if entry == "TIMEOUT":
                    self.timeouts.add(key)
                    continue
                ((type, value),) = entry.items()
                if type == "TXT" and value == "NONE":
                    continue
                if type == "SPF" and not has_txt:
                    type = "TXT"
                self.records.setdefault((key, type), []).append(encoded(type, value))

    def start(self, ask: Ask) -> Reply:
        assert isinstance(ask, Query)
        name = ask.name
        for _ in range(10):
            if found := self.records.get((name, ask.type)):
                records = tuple(Record(name, ask.type, 300, data) for data in found)
                return Answer(ask, AnswerStatus.OK, records)
            if name in self.timeouts:
                return Answer(ask, AnswerStatus.TIMEOUT)
            if not (alias := self.records.get((name, "CNAME"))):
                return Answer(ask, AnswerStatus.NODATA if name in self.names else AnswerStatus.NXDOMAIN)
            name = rdata.name(alias[0])
        return Answer(ask, AnswerStatus.SERVFAIL, reason="the aliases form a loop")

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        raise AssertionError("nothing is in flight")

    def close(self) -> None:
        pass


def escaped(name: str) -> str:
    """A name as the code asks for it."""
    return name.replace(" ", "\\032")


def encoded(type: str, value: Any) -> bytes:
    if type in ("TXT", "SPF"):
        strings = value if isinstance(value, list) else [value]
        return b"".join(wire("TXT", string.encode("latin-1")) for string in strings)
    if type == "MX":
        return wire("MX", f"{value[0]} {value[1]}")
    return wire(type, str(value).lower())


def cases() -> Iterator[Any]:
    """Every case of the suite; where the data is not there, one that says so."""
    if not SUITE.is_file():
        yield pytest.param({}, None, id="no-data")
        return
    for scenario in yaml.safe_load_all(SUITE.read_text("utf-8")):
        for name, case in scenario["tests"].items():
            yield pytest.param(scenario["zonedata"], case, id=f"{scenario['description']}: {name}")


CASES = list(cases())


@pytest.mark.parametrize(("zone", "case"), CASES)
def test_case(zone: Mapping[str, Sequence[Any]], case: Mapping[str, Any] | None) -> None:
    assert case is not None, "MAILSEC_CONFORMANCE does not name a folder with rfc7208/rfc7208-tests.yml"
    result = run(evaluate(str(case["host"]), case["mailfrom"], case["helo"], now=0), Zone(zone))
    admissible = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert result.status in admissible, result.reason
    assert result.check.status is result.status
    if "explanation" in case:
        assert result.explanation == case["explanation"].replace("DEFAULT", "")


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 203
