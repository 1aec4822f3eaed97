"""How the benchmarks measure."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

_QUICK = 0.1


def rate(call: Callable[[], object], seconds: float | None = None) -> float:
    """Calls a second: the best of five rounds, each of about a fifth of `seconds` (environment: MAILSEC_BENCH_SECONDS). Where
    that is next to nothing, a first round is enough: it shows that the benchmark runs."""
    seconds = seconds or float(os.environ.get("MAILSEC_BENCH_SECONDS", "2"))
    call()
    count, took = 1, 0.0
    while took < seconds / 20:
        count *= 2
        took = _timed(call, count)
    if seconds < _QUICK:
        return count / took
    rounds = max(int(count * seconds / 5 / took), 1)
    return rounds / min(_timed(call, rounds) for _ in range(5))


def floors(theirs: float, peer: str) -> Iterator[tuple[str, float, float, str]]:
    """Rows with what no command in Python can beat, an empty process and one that has only imported click, beside a command
    of the peer that runs `theirs` times a second."""
    for code in ("pass", "import click"):
        empty = partial(subprocess.run, [sys.executable, "-c", code], check=True)
        yield f"floor: python -c '{code}'", rate(empty), theirs, peer


def _timed(call: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - start
