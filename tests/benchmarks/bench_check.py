"""Questions a second through everything that a check of many domains has between it and the network, beside the bare wire code.

The server is a child process that answers at once, or after 20 ms. The peer at 0 ms is dnspython's codec alone, a query made
and a reply read in a loop without any socket; at 20 ms it is the bare loop over a socket, one question after the other.
"""

from __future__ import annotations

import heapq
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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

SECONDS = float(os.environ.get("MAILSEC_BENCH_SECONDS", "2"))
QUESTIONS = 40
"""What a check of one domain asks, half of it at once, the rest one after the other."""
SHARED = 4
"""Of these, what all domains ask: a provider's includes."""


def serve(delay: float) -> None:
    """Answer every question with one TXT record, for ever."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind(("127.0.0.1", 0))
    print(sock.getsockname()[1], flush=True)
    later: list[tuple[float, int, bytes, object]] = []
    count = 0
    while True:
        sock.settimeout(max(0.0001, later[0][0] - time.monotonic()) if later else None)
        try:
            data, address = sock.recvfrom(4096)
        except (TimeoutError, BlockingIOError):
            data, address = b"", None
        if data:
            count += 1
            heapq.heappush(later, (time.monotonic() + delay, count, _reply(data), address))
        while later and later[0][0] <= time.monotonic():
            _, _, reply, address = heapq.heappop(later)
            sock.sendto(reply, address)


def _reply(query: bytes) -> bytes:
    end = query.index(b"\0", 12) + 5
    record = b"\xc0\x0c\0\x10\0\1\0\0\x0e\x10\0\x0c\x0bv=spf1 -all"
    return query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:end] + record


@contextmanager
def server(delay: float) -> Iterator[int]:
    """A child process that serves; its port."""
    command = [sys.executable, "-c", f"from tests.benchmarks.bench_check import serve; serve({delay})"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.kill()


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
    dns.message.from_wire(_reply(query.to_wire()))


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
