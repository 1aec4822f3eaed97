"""`check` of many domains beside checkdmarc, on one name server that answers at once or after 20 ms.

Both ask for MX, SPF, DMARC, MTA-STS, TLS reporting and TLSA; mailsec asks for DKIM besides (it tries 38 selectors), and
checkdmarc's `check_domains` for DNSSEC, SOA, NS and reverse names, so its functions for the same parts are measured too.
Neither gets an MTA-STS policy: its host has an address that mailsec does not connect to, and checkdmarc is told so at once.

At 0 ms the questions a second stand beside dnspython's codec for the very same questions and replies, without any socket, and
without anything judged.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import Any
from unittest.mock import patch

import dns.message
import dns.nameserver

from mailsec.api.check_domain import CheckOptions, check_domain, subject_of
from mailsec.api.session import Session, Settings
from mailsec.api.trace import Trace
from mailsec.core.flow import Query
from tests.benchmarks import zone
from tests.benchmarks.clock import rate
from tests.benchmarks.responder import server

SECONDS = float(os.environ.get("MAILSEC_BENCH_SECONDS", "2"))
DOMAINS = max(int(500 * SECONDS), 10)
"""1,000 in a full run."""
FLAT = (2_000, 10_000) if SECONDS >= 2 else (20, 100)
"""The domains after which memory is looked at."""
ANSWERS = f"{zone.__name__}.reply"
OPTIONS = CheckOptions(only=frozenset({"mx", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "tlsa"}))
PEER, SAME_PARTS = "checkdmarc", "checkdmarc, the same parts"
MISSING = "checkdmarc is not installed"
FORTY_QUESTIONS = 0.25
"""Seconds that one domain may take at 20 ms."""

_fresh = count()
"""The peer keeps every answer for the process, so that no domain may come twice."""


def session(port: int) -> Session:
    """A session that asks the server at `port`."""
    return Session(Settings(nameservers=(f"127.0.0.1:{port}",), timeout=60.0))


def checked(port: int, number: int) -> float:
    """Seconds that `number` domains take, with the session made and closed."""
    start = time.perf_counter()
    with session(port) as run:
        for _, report in run.run_many(check_domain(subject_of(f"d{n}.example"), OPTIONS, now=run.now) for n in range(number)):
            assert len(report.checks) == len(OPTIONS.only)
    return time.perf_counter() - start


def asked(port: int) -> list[Query]:
    """The questions that the check of one domain asks, each once."""
    trace = Trace()
    with session(port) as run:
        run.run(check_domain(subject_of("d0.example"), OPTIONS, now=run.now), trace)
    return list(dict.fromkeys(query for query, _ in trace.entries if isinstance(query, Query)))


def bare_codec(queries: list[Query]) -> float:
    """Questions a second of dnspython alone, over `queries` and their replies."""
    replies = {query: zone.reply(dns.message.make_query(query.name, query.type).to_wire()) for query in queries}

    def all_of_them() -> None:
        for query, reply in replies.items():
            dns.message.make_query(query.name, query.type, use_edns=0).to_wire()
            dns.message.from_wire(reply)

    return rate(all_of_them, SECONDS / 2) * len(queries)


def peers(port: int) -> dict[str, float]:
    """Domains a second of checkdmarc, by what of it is called; empty where it is not installed."""
    try:
        import checkdmarc  # noqa: PLC0415 - a peer that need not be there
        import checkdmarc.mta_sts  # noqa: PLC0415 - as above
        import checkdmarc.smtp  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return {}
    how: dict[str, Any] = {"nameservers": [dns.nameserver.Do53Nameserver("127.0.0.1", port)], "timeout": 10.0}
    same = (
        checkdmarc.mta_sts.check_mta_sts,
        checkdmarc.smtp.check_mx,
        checkdmarc.check_spf,
        checkdmarc.check_dmarc,
        checkdmarc.check_smtp_tls_reporting,
    )

    def all_parts() -> None:
        result = checkdmarc.check_domains([f"d{next(_fresh)}.example"], bimi_selector=None, **how)
        assert result["spf"]["valid"]
        assert result["dmarc"]["valid"]

    def same_parts() -> None:
        name = f"d{next(_fresh)}.example"
        for check in same:
            check(name, **how)

    refusal = checkdmarc.mta_sts.MTASTSPolicyDownloadError("refused")
    with patch.object(checkdmarc.mta_sts, "download_mta_sts_policy", side_effect=refusal):
        return {PEER: _rate(all_parts), SAME_PARTS: _rate(same_parts)}


def _rate(one: Any) -> float:
    """Domains a second, over as many as fit into the time, and at least one."""
    start, done = time.perf_counter(), 0
    while not done or time.perf_counter() - start < 2 * SECONDS:
        one()
        done += 1
    return done / (time.perf_counter() - start)


def resident() -> float:
    """Megabytes that this process holds in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def print_memory(port: int) -> None:
    """What a child process does for `memory`: it checks domains, and prints how large it was on the way."""
    with session(port) as run:
        flows = (check_domain(subject_of(f"d{n}.example"), OPTIONS, now=run.now) for n in range(FLAT[1]))
        for done, _ in enumerate(run.run_many(flows), 1):
            if done in FLAT:
                print(resident(), flush=True)


def memory(port: int) -> tuple[float, float]:
    """Megabytes of a process of its own after each of `FLAT` domains."""
    code = f"from tests.benchmarks.bench_domains import print_memory; print_memory({port})"
    printed = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout
    early, late = map(float, printed.split())
    return early, late


def run() -> Iterator[tuple[str, float, float, str]]:
    """Every case: label, ours, the peer's, the peer's name; a second each, but for memory, which is in megabytes."""
    with server(0.0, ANSWERS) as port:
        yield from _at_once(port)
    with server(0.02, ANSWERS) as port:
        yield from _beside(port, "20 ms")
        queries = len(asked(port))
        label = f"one domain of {queries} questions at 20 ms, a second"
        yield label, 1 / min(checked(port, 1) for _ in range(3)), 1 / FORTY_QUESTIONS, "the goal"


def _at_once(port: int) -> Iterator[tuple[str, float, float, str]]:
    queries = asked(port)
    ours = yield from _beside(port, "0 ms")
    distinct = sum("provider" not in query.name for query in queries)
    yield "questions a second of check, server at 0 ms", ours * distinct, bare_codec(queries), "dns.message, no socket"
    early, late = memory(port)
    yield f"MB after {FLAT[0]:,} and {FLAT[1]:,} domains: {early:.1f}, {late:.1f}", early, late, "the same run later"


def _beside(port: int, delay: str) -> Iterator[tuple[str, float, float, str]]:
    """Domains a second beside the peer's; returns ours."""
    ours = DOMAINS / min(checked(port, DOMAINS) for _ in range(2))
    label = f"domains a second, server at {delay}"
    found = peers(port) or {MISSING: 0.0}
    yield from ((label, ours, theirs, name) for name, theirs in found.items())
    return ours


if __name__ == "__main__":
    for label, ours, theirs, peer in run():
        print(f"{label:52} {ours:12,.1f}  {peer} {theirs:12,.1f}  ratio {ours / theirs if theirs else 0.0:.2f}", flush=True)
