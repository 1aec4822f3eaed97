"""Every record of the public test suite for RFC 7208, linted and evaluated: both have to think the same of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailsec.core import rdata
from mailsec.core.flow import Answer, AnswerStatus, Ask, Query, Record, Reply, run
from mailsec.core.results import Status
from mailsec.sender.spf.evaluate import evaluate
from mailsec.sender.spf.lint import lint
from mailsec.sender.spf.record import is_spf, parse
from tests.support import wire

pytestmark = pytest.mark.conformance

SUITE = Path(os.environ.get("MAILSEC_CONFORMANCE", ""), "rfc7208", "rfc7208-tests.yml")


class Zone:
    """A Source over one scenario's zone data; a record of type SPF stands for TXT where there is no TXT."""

    def __init__(self, data: Mapping[str, Sequence[Any]]) -> None:
        self.timeouts: set[str] = set()
        self.records: dict[tuple[str, str], list[bytes]] = {}
        self.names = {key(name) for name in data}
        for name, entries in data.items():
            has_txt = any(isinstance(entry, dict) and "TXT" in entry for entry in entries)
            for entry in entries:
                if entry == "TIMEOUT":
                    self.timeouts.add(key(name))
                    continue
                ((type, value),) = entry.items()
                if value != "NONE":
                    shown = "TXT" if type == "SPF" and not has_txt else type
                    self.records.setdefault((key(name), shown), []).append(encoded(shown, value))

    def start(self, ask: Ask) -> Reply:
        assert isinstance(ask, Query)
        name = ask.name
        for _ in range(10):
            if found := self.records.get((name, ask.type)):
                return Answer(ask, AnswerStatus.OK, tuple(Record(name, ask.type, 300, data) for data in found))
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


def key(name: object) -> str:
    return str(name).lower().replace(" ", "\\032")


def encoded(type: str, value: Any) -> bytes:
    if type in ("TXT", "SPF"):
        strings = value if isinstance(value, list) else [value]
        return b"".join(wire("TXT", string.encode("latin-1")) for string in strings)
    return wire("MX", f"{value[0]} {value[1]}") if type == "MX" else wire(type, str(value).lower())


def cases() -> Iterator[Any]:
    """Every domain of the suite with exactly one SPF record; where the data is not there, one case that says so."""
    if not SUITE.is_file():
        yield pytest.param(None, "", b"", id="no-data")
        return
    for scenario in yaml.safe_load_all(SUITE.read_text("utf-8")):
        zone = Zone(scenario["zonedata"])
        for (name, type), found in zone.records.items():
            texts = [text for data in found if is_spf(text := rdata.txt(data))] if type == "TXT" else []
            if len(texts) == 1 and "." in name and "\\" not in name:
                yield pytest.param(zone, name, texts[0], id=f"{scenario['description']}: {name}")


CASES = list(cases())


@pytest.mark.parametrize(("zone", "name", "text"), CASES)
def test_lint_agrees_with_the_parser_and_with_evaluation(zone: Zone | None, name: str, text: bytes) -> None:
    assert zone is not None, "MAILSEC_CONFORMANCE does not name a folder with rfc7208/rfc7208-tests.yml"
    check = run(lint(name, now=0), zone)
    own = [found for found in check.findings if found.rule == "spf-syntax" and not found.message.startswith("record of ")]
    assert bool(own) is bool(parse(text).problems)
    judged = run(evaluate("203.0.113.254", f"nobody@{name}", "h.example", now=0), zone).status
    if check.status is Status.PERMERROR and judged is Status.TEMPERROR:
        return  # evaluation met a question without an answer first; the record is broken all the same
    expected = judged if judged in (Status.PERMERROR, Status.TEMPERROR) else Status.PASS
    assert check.status is expected, check.reason


def test_the_suite_is_whole() -> None:
    assert len(CASES) > 160
