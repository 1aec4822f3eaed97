"""Start-up: whole processes against an empty Python process; a ratio of 0.25 means four times as long."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

EXAMPLES = Path(__file__).parents[2] / "examples"
ROUNDS = 3 if "MAILSEC_BENCH_SECONDS" in os.environ else 15
MESSAGE = str(EXAMPLES / "messages" / "signed.eml")
COMPLETION = {"_MAILSEC_COMPLETE": "bash_complete", "COMP_WORDS": "mailsec ve", "COMP_CWORD": "1"}


def _seconds(*argv: str, env: dict[str, str] | None = None) -> float:
    """The best of some runs: what the machine can do when nobody else is on it."""
    return min(_once(argv, env or {}) for _ in range(ROUNDS))


def _once(argv: tuple[str, ...], env: dict[str, str]) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, *argv], capture_output=True, check=True, cwd=EXAMPLES.parent, env={**os.environ, **env})
    return perf_counter() - start


def run() -> list[tuple[str, float, float, str]]:
    """(label, our processes a second, empty processes a second, the peer) for each way to start."""
    empty = _seconds("-c", "pass")
    verify = ("-m", "mailsec", "verify", "--zone", str(EXAMPLES / "example.zone"), MESSAGE)
    cases = {
        "start: --version": _seconds("-m", "mailsec", "--version"),
        "start: --help": _seconds("-m", "mailsec", "--help"),
        "start: TAB": _seconds("-m", "mailsec", env=COMPLETION),
        "start: verify one message offline, plain": _seconds(*verify),
        "start: verify one message offline, human": _seconds(*verify, "--format", "human"),
    }
    peer = "empty process"
    return [(f"{label} ({seconds * 1000:.0f} ms)", 1 / seconds, 1 / empty, peer) for label, seconds in cases.items()]
