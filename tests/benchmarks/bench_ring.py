"""The key ring with 5,000 certificates: listed whole, searched for one key; gpg's own keybox beside it, where there is gpg."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from pysequoia import Tsk

from mailsec.store.ring import Ring
from mailsec.trust.keyring.reading import Reading, read_keys
from tests.benchmarks.clock import rate

NOW = 4_000_000_000
COUNT = 200 if "MAILSEC_BENCH_SECONDS" in os.environ else 5_000
Row = tuple[str, float, float, str]


def _seconds(call: Callable[[], object], times: int = 3) -> float:
    took = []
    for _ in range(times):
        start = perf_counter()
        call()
        took.append(perf_counter() - start)
    return min(took)


def run() -> list[Row]:
    """(label, ours a second, the peer's a second, the peer)."""
    with tempfile.TemporaryDirectory() as folder:
        keys = b"".join(bytes(Tsk.generate(f"U {n} <user{n}@example.org>").extract_certificate()) for n in range(COUNT))
        path = str(Path(folder) / "ring.sqlite")
        import_seconds = _seconds(lambda: _fill(path, keys), 1)
        gpg = _gpg(folder, keys)
        rows = [(f"ring: import {COUNT} certificates, per s", 1 / import_seconds, gpg["import"], "gpg --import")]
        with Ring(path, now=NOW) as ring:
            address = f"user{COUNT // 2}@example.org"
            (entry,) = ring.claimants(address)
            rows.append((f"ring: read {COUNT} entries, per s", rate(lambda: list(ring.entries())), 0, ""))
            rows.append(("ring: find by address, per s", rate(lambda: ring.claimants(address)), 0, ""))
            rows.append(("ring: find by key ID, per s", rate(lambda: ring.holders(entry.key_id)), 0, ""))
        command = (sys.executable, "-m", "mailsec", "keys", "list", "--ring", path)
        rows.append(
            ("ring: the whole `keys list`, per s", 1 / _seconds(lambda: _quiet(*command)), gpg["list"], "gpg --list-keys")
        )
    return rows


def _fill(path: str, keys: bytes) -> None:
    with Ring(path, now=NOW) as ring, ring.change():
        for read in read_keys(keys):
            assert isinstance(read, Reading)
            ring.put(read, "bench")


def _quiet(*command: str, stdin: bytes = b"") -> None:
    subprocess.run(command, input=stdin, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _gpg(folder: str, keys: bytes) -> dict[str, float]:
    """How often a second gpg does the same; 0 without gpg."""
    if not shutil.which("gpg"):
        return {"import": 0, "list": 0}
    home = Path(folder) / "gnupg"
    home.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", str(home), "--batch", "--no-auto-check-trustdb")
    imported = _seconds(lambda: _quiet(*gpg, "--import", stdin=keys), 1)
    listed = _seconds(lambda: _quiet(*gpg, "--list-keys"), 2)
    _quiet("gpgconf", "--homedir", str(home), "--kill", "all")
    return {"import": 1 / imported, "list": 1 / listed}
