"""`mailsec smtp serve` as a process of its own, for tests of clients."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass
class Mirror:
    """The process; `port` is where it listens. `end` waits for it."""

    process: subprocess.Popen[str]
    port: int
    code: int = -1
    out: str = ""
    err: str = ""

    def end(self) -> None:
        self.out, self.err = self.process.communicate(timeout=60)
        self.code = self.process.returncode


@contextmanager
def serving(script: Path, *options: str) -> Iterator[Mirror]:
    """The mirror of `script`, by default for one client that has 20 seconds."""
    given = ("--timeout", "20", *options) if "--count" in options else ("--once", "--timeout", "20", *options)
    argv = [sys.executable, "-m", "mailsec", "smtp", "serve", str(script), *given]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("listening on "), line + process.stderr.read()
        try:
            yield Mirror(process, int(line.rpartition(" ")[2]))
        finally:
            process.kill()
