"""Fixtures that every room uses: the command line in process and as a process, and how long hypothesis searches."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from mailsec.cli.main import main

_SLOW = [HealthCheck.too_slow]
# the same examples in every run, so that a green run stays green; `long` looks for new ones
settings.register_profile("default", max_examples=50, deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("long", max_examples=2000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# variables of the caller's shell that change what is printed
_UNWANTED = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "_MAILSEC_COMPLETE", "PYTHONIOENCODING", "PYTHONUTF8")
_UNWANTED += ("XDG_DATA_HOME", "XDG_CACHE_HOME", "MAILSEC_RING")

_NOBODY = "/nonexistent"
"""The home of who runs the tests: no ring and no cache of theirs is looked at."""


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Long values stay out of the names of tests: nobody reads them, and a key made anew differs in each process."""
    return argname if isinstance(val, str | bytes) and len(val) > 50 else None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of mailsec ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def stdout(self) -> str:
        return self.out.decode()

    @property
    def stderr(self) -> str:
        return self.err.decode()


class _Stream(io.TextIOWrapper):
    def __init__(self, data: bytes = b"", *, tty: bool = False, encoding: str = "utf-8", errors: str = "strict") -> None:
        self.raw_bytes = io.BytesIO(data)
        super().__init__(self.raw_bytes, encoding=encoding, errors=errors, write_through=True)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


class Mailsec(Protocol):
    """Runs mailsec: its arguments, what stdin holds, whether stdout is a terminal (of `columns`), and further environment."""

    def __call__(
        self,
        *argv: str | os.PathLike[str],
        stdin: bytes = b"",
        tty: bool = False,
        columns: int | None = None,
        env: Mapping[str, str] | None = None,
        encoding: str = "utf-8",
    ) -> Ended: ...


def _environment(env: Mapping[str, str] | None, columns: int | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    nobody = {"HOME": os.devnull}  # whoever runs the tests may have a ring
    return kept | nobody | ({"COLUMNS": str(columns)} if columns else {}) | dict(env or {})


def run_mailsec(
    *argv: str | os.PathLike[str],
    stdin: bytes = b"",
    tty: bool = False,
    columns: int | None = None,
    env: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
) -> Ended:
    """Run the real entry point in this process."""
    out, err = _Stream(tty=tty, encoding=encoding), _Stream(errors="backslashreplace")
    before, environment = (sys.stdin, sys.stdout, sys.stderr), dict(os.environ)
    sys.stdin, sys.stdout, sys.stderr = _Stream(stdin), out, err
    os.environ.clear()
    os.environ.update({"HOME": _NOBODY} | _environment(env, columns))
    try:
        main([os.fspath(arg) for arg in argv])
    except SystemExit as left:
        code = left.code
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        os.environ.clear()
        os.environ.update(environment)
    assert isinstance(code, int)
    return Ended(code, out.raw_bytes.getvalue(), err.raw_bytes.getvalue())


@pytest.fixture(scope="session")
def mailsec() -> Mailsec:
    """mailsec's real entry point, run in this process: fast. Session-wide, so that hypothesis may use it."""
    return run_mailsec


@pytest.fixture(scope="session")
def mailsec_process() -> Mailsec:
    """`python -m mailsec` as a process of its own, for what only a process shows."""

    def run(
        *argv: str | os.PathLike[str],
        stdin: bytes = b"",
        tty: bool = False,
        columns: int | None = None,
        env: Mapping[str, str] | None = None,
        encoding: str = "utf-8",
    ) -> Ended:
        assert not tty, "a process writes into a pipe here"
        done = subprocess.run(
            [sys.executable, "-m", "mailsec", *map(os.fspath, argv)],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=Path(__file__).parents[1],
            env=_environment({"PYTHONIOENCODING": encoding} | dict(env or {}), columns),
            timeout=60,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
