"""The progress bar: on a terminal only, not before a second, and gone before anything else is printed."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable

import pytest

from mailsec.cli.progress import Progress

CLEAR = "\r\x1b[K"


class Terminal(io.StringIO):
    tty = True

    def isatty(self) -> bool:
        return self.tty


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Called in the test itself: pytest sets stderr anew between a fixture and its test."""

    def made() -> Terminal:
        screen = Terminal()
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made)
    return made


def test_a_short_run_shows_nothing(show: Callable[[], Terminal], clock: Clock) -> None:
    screen = show()
    with Progress(10) as progress:
        for _ in range(10):
            clock.now += 0.09
            progress.advance()
        progress.clear()
    assert screen.getvalue() == ""


def test_a_long_run_shows_how_far_it_is_at_most_ten_times_a_second(show: Callable[[], Terminal], clock: Clock) -> None:
    screen = show()
    with Progress(4) as progress:
        clock.now += 1.0
        progress.advance()
        assert screen.getvalue() == f"{CLEAR}[#######.......................] 1/4"
        clock.now += 0.05
        progress.advance()
        assert screen.getvalue().count(CLEAR) == 1
        clock.now += 0.06
        progress.advance()
        assert screen.getvalue().endswith(f"{CLEAR}[######################........] 3/4")
        progress.clear()
        progress.clear()
        assert screen.getvalue().count(CLEAR) == 3, "cleared once"
        clock.now += 1
        progress.advance()
        assert screen.getvalue().endswith(f"[{'#' * 30}] 4/4")
    assert screen.getvalue().endswith(CLEAR)


def test_an_error_leaves_nothing_on_the_screen(show: Callable[[], Terminal], clock: Clock) -> None:
    screen = show()

    def run() -> None:
        with Progress(2) as progress:
            clock.now += 2
            progress.advance()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    assert screen.getvalue().endswith(CLEAR)


@pytest.mark.parametrize(("total", "quiet", "tty"), [(1, False, True), (9, True, True), (9, False, False)])
def test_one_subject_a_quiet_run_and_a_pipe_have_none(
    total: int, quiet: bool, tty: bool, show: Callable[[], Terminal], clock: Clock
) -> None:
    screen = show()
    screen.tty = tty
    with Progress(total, quiet=quiet) as progress:
        clock.now += 5
        progress.advance()
    assert screen.getvalue() == ""


def test_a_closed_stderr(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with Progress(9) as progress:
        clock.now += 5
        progress.advance()


def test_a_terminal_that_has_gone_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError(5, "input/output error")

    monkeypatch.setattr(sys, "stderr", Gone())
    with Progress(2) as progress:
        clock.now += 2
        progress.advance()
