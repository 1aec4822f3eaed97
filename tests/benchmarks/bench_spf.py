"""SPF evaluation, ours beside pyspf's, both from the same table in memory; ours builds its whole check tree."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import spf

from mailsec.core import flow
from mailsec.core.flow import Answer, AnswerStatus, Ask, Query, Reply
from mailsec.core.results import Status
from mailsec.sender.spf.evaluate import evaluate
from tests.benchmarks.clock import rate
from tests.support import answer

IP, HELO = "192.0.2.1", "mx.plain.example"
PLAIN = "plain.example"
FIVE = "five.example"

TABLE: dict[tuple[str, str], list[str]] = {
    (PLAIN, "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"],
    (FIVE, "TXT"): ["v=spf1 include:a.five.example include:b.five.example a:host.five.example mx include:c.five.example -all"],
    ("a.five.example", "TXT"): ["v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/25 ip6:2001:db8:1::/48 -all"],
    ("b.five.example", "TXT"): ["v=spf1 ip4:198.51.100.7 ip4:203.0.113.128/28 ~all"],
    ("host.five.example", "A"): ["203.0.113.200", "203.0.113.201"],
    (FIVE, "MX"): ["10 mx1.five.example", "20 mx2.five.example"],
    ("mx1.five.example", "A"): ["203.0.113.210"],
    ("mx2.five.example", "A"): ["203.0.113.211"],
    ("c.five.example", "TXT"): ["v=spf1 ip4:192.0.2.0/26 -all"],
}


SECONDS = float(os.environ.get("MAILSEC_BENCH_SECONDS", "2"))
TURNS = 5
ROUND = SECONDS / TURNS


class Table:
    """A Source that hands out prepared answers."""

    def __init__(self) -> None:
        self.answers = {Query(*key): answer(*key, values) for key, values in TABLE.items()}

    def start(self, ask: Ask) -> Reply:
        assert isinstance(ask, Query)
        return self.answers.get(ask) or Answer(ask, AnswerStatus.NXDOMAIN)

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        raise AssertionError("nothing is in flight")

    def close(self) -> None:
        pass


def _peer_value(type: str, text: str) -> Any:
    if type == "TXT":
        return (text.encode(),)
    if type == "MX":
        preference, _, host = text.partition(" ")
        return int(preference), host
    return text


PEER_TABLE = {key: [(key, _peer_value(key[1], text)) for text in values] for key, values in TABLE.items()}


def _peer_lookup(name: str, type: str, *_: object) -> list[Any]:
    return PEER_TABLE.get((name, type), [])


def _cases() -> Iterator[tuple[str, str]]:
    yield "SPF, one ip4", PLAIN
    yield "SPF, five lookups", FIVE


def run_case(domain: str) -> tuple[float, float]:
    """Evaluations a second, ours and pyspf's, for a sender at `domain`; both must pass."""
    source, sender = Table(), f"alice@{domain}"
    ours = flow.run(evaluate(IP, sender, HELO, now=0), source)
    assert ours.status is Status.PASS, ours.reason
    assert spf.check2(i=IP, s=sender, h=HELO)[0] == "pass"
    # in turns, so that what else the machine does hits both
    turns = [
        (
            rate(lambda: flow.run(evaluate(IP, sender, HELO, now=0), source), ROUND),
            rate(lambda: spf.check2(i=IP, s=sender, h=HELO), ROUND),
        )
        for _ in range(TURNS)
    ]
    return max(ours for ours, _ in turns), max(theirs for _, theirs in turns)


def run() -> list[tuple[str, float, float, str]]:
    """Every case: label, ours a second, pyspf's a second, the peer's name."""
    real, spf.DNSLookup = spf.DNSLookup, _peer_lookup
    try:
        return [(label, *run_case(domain), "pyspf") for label, domain in _cases()]
    finally:
        spf.DNSLookup = real


if __name__ == "__main__":
    for label, ours, theirs, peer in run():
        print(f"{label:24} {ours:12,.0f}/s  {peer} {theirs:12,.0f}/s  ratio {ours / theirs:.2f}")
