"""All benchmarks side by side with their peers in one run: `python -m tests.benchmarks`. `--quick` only shows that they run."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

HEAD = f"{'what':52} {'mailsec':>12} {'peer':>12} {'ratio':>7}  peer"


def main() -> None:
    """Run every bench_*.py beside this file and print one table of ratios."""
    names = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if "--quick" in sys.argv:
        os.environ["MAILSEC_BENCH_SECONDS"] = "0.05"
    print(HEAD)
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if names and path.stem.removeprefix("bench_") not in names:
            continue
        for label, ours, theirs, peer in importlib.import_module(f"tests.benchmarks.{path.stem}").run():
            ratio = f"{ours / theirs:7.2f}" if theirs else "      -"
            print(f"{label:52} {ours:12,.1f} {theirs:12,.1f} {ratio}  {peer}", flush=True)


if __name__ == "__main__":
    main()
