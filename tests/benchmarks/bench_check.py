"""Questions a second through everything that a check of many domains has between it and the network, beside the bare wire code.

The server is a child process that answers at once, or after 20 ms. The peer at 0 ms is dnspython's codec alone, a query made
and a reply read in a loop without any socket; at 20 ms it is the bare loop over a socket, one question after the other.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from math import inf

import dns.message
import dns.rdatatype

from mailsec.core.flow import AnswerStatus, Flow, ask, gather, run_many
from mailsec.net.budget import bounded
from mailsec.net.cache import CachingSource
from mailsec.net.composite import CompositeSource
from mailsec.net.deadline import Deadlines
from mailsec.net.dns import LiveSource
from mailsec.net.https import HttpsSource
from tests.benchmarks.clock import rate
from tests.benchmarks.responder import one_record, server

SECONDS = float(os.environ.get("MAILSEC_BENCH_SECONDS", "2"))
QUESTIONS = 40
"""What a check of one domain asks, half of it at once, the rest one after the other."""
SHARED = 4
"""Of these, what all domains ask: a provider's includes."""


def domain(number: int) -> Flow[int]:
    """One domain's questions; how many were answered."""
    names = [f"q{each}.d{number}.example" if each >= SHARED else f"shared{each}.example" for each in range(QUESTIONS)]
    answers = yield from gather([ask(name, "TXT") for name in names[: QUESTIONS // 2]])
    for name in names[QUESTIONS // 2 :: 4]:
        answers.append((yield from ask(name, "TXT")))
    found = yield from gather([ask(name, "TXT") for name in names[QUESTIONS // 2 :]])
    return sum(each.status is AnswerStatus.OK for each in (*answers, *found))


def domains(port: int, count: int) -> float:
    """Seconds that `count` domains take with everything in place."""
    deadlines = Deadlines(30, time.monotonic)
    live = LiveSource([f"127.0.0.1:{port}"], inf)
    source = CachingSource(CompositeSource(live, HttpsSource, deadlines), time.monotonic)
    start = time.perf_counter()
    flows = (deadlines.within(bounded(domain(number))) for number in range(count))
    for _, answered in run_many(flows, source):
        assert answered == QUESTIONS + 5
    took = time.perf_counter() - start
    source.close()
    return took


def bare_codec() -> None:
    """One question made and its reply read by dnspython."""
    query = dns.message.make_query("q7.d12345.example", dns.rdatatype.TXT, use_edns=0)
    dns.message.from_wire(one_record(query.to_wire()))


def bare_loop(port: int) -> float:
    """Questions a second of a loop that sends one and waits for its reply."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))

        def one() -> None:
            query = dns.message.make_query("q7.d12345.example", dns.rdatatype.TXT, use_edns=0)
            sock.send(query.to_wire())
            dns.message.from_wire(sock.recv(4096))

        return rate(one, SECONDS / 2)


def run() -> Iterator[tuple[str, float, float, str]]:
    """Every case: label, ours a second, the peer's, the peer's name."""
    distinct = QUESTIONS - SHARED
    count = max(int(100 * SECONDS), 5)
    with server(0.0) as port:
        took = min(domains(port, count) for _ in range(3))
        yield (
            "questions a second, server at 0 ms",
            distinct * count / took,
            rate(bare_codec, SECONDS / 2),
            "dns.message, no socket",
        )
        yield "questions a second, server at 0 ms", distinct * count / took, bare_loop(port), "bare loop, one at a time"
    with server(0.02) as port:
        took = min(domains(port, count) for _ in range(3))
        yield "questions a second, server at 20 ms", distinct * count / took, bare_loop(port), "bare loop, one at a time"
        yield "one domain of 40 questions at 20 ms, a second", 1 / min(domains(port, 1) for _ in range(3)), 4.0, "the goal"


if __name__ == "__main__":
    for label, ours, theirs, peer in run():
        print(f"{label:48} {ours:12,.0f}/s  {peer} {theirs:12,.0f}/s  ratio {ours / theirs:.2f}")
