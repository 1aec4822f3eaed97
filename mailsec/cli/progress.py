"""How far a long run has come: one line on stderr, on a terminal only, and not before a second has passed."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

_PATIENCE = 1.0
_BAR = 30
_CLEAR = "\r\x1b[K"


class Progress:
    """Counts up to `total`. A context manager, which leaves nothing on the screen."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._total = total
        self._done = 0
        self._shown = False
        self._wanted = total > 1 and not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.clear()

    def advance(self) -> None:
        """One more is done; the bar is drawn anew at most ten times a second."""
        self._done += 1
        if self._wanted and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.1
            filled = _BAR * self._done // self._total
            _write(f"{_CLEAR}[{'#' * filled}{'.' * (_BAR - filled)}] {self._done}/{self._total}")
            self._shown = True

    def clear(self) -> None:
        """Take the bar away before something else is printed."""
        if self._shown:
            _write(_CLEAR)
            self._shown = False


def _write(text: str) -> None:
    """A terminal that has gone is no reason to end the run."""
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
