"""How the benchmarks measure."""

from __future__ import annotations

import os
import time
from collections.abc import Callable


def rate(call: Callable[[], object], seconds: float | None = None) -> float:
    """Calls a second: the best of five rounds, each of about a fifth of `seconds` (environment: MAILSEC_BENCH_SECONDS)."""
    seconds = seconds or float(os.environ.get("MAILSEC_BENCH_SECONDS", "2"))
    call()
    count, took = 1, 0.0
    while took < seconds / 20:
        count *= 2
        took = _timed(call, count)
    rounds = max(int(count * seconds / 5 / took), 1)
    return rounds / min(_timed(call, rounds) for _ in range(5))


def _timed(call: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - start
