"""The loop that drives steps: who waits, whose time is over, who is given up."""

from __future__ import annotations

import selectors
import socket
import time
from math import inf

import pytest

from mailsec.net.steps import Loop, Steps, Want


def waiting(sock: socket.socket | None, until: float, result: str = "stirred") -> Steps[str]:
    try:
        yield Want(sock, selectors.EVENT_READ, until)
    except TimeoutError:
        return "late"
    return result


def run(loop: Loop[str, str]) -> dict[str, str]:
    ended: dict[str, str] = {}
    while not loop.idle:
        loop.turn(loop.patience())
        ended.update(loop.taken())
    return ended


def test_each_goes_on_when_its_socket_stirs_or_its_time_is_over() -> None:
    ours, theirs = socket.socketpair()
    loop: Loop[str, str] = Loop()
    loop.go("socket", waiting(ours, time.monotonic() + 60))
    loop.go("clock", waiting(None, time.monotonic() + 0.05))
    assert (len(loop), "socket" in loop, loop.keys) == (2, True, ("socket", "clock"))
    theirs.send(b"x")
    assert run(loop) == {"socket": "stirred", "clock": "late"}
    assert (len(loop), loop.idle, loop.patience()) == (0, True, None)
    loop.turn(None)
    for each in (ours, theirs):
        each.close()
    loop.close()


def test_a_socket_that_always_stirs_does_not_outrun_the_clock() -> None:
    ours, theirs = socket.socketpair()
    theirs.send(b"never read")

    def endless(until: float) -> Steps[str]:
        while True:
            try:
                yield Want(ours, selectors.EVENT_READ, until)
            except TimeoutError:
                return "late"
            if time.monotonic() > until + 2:
                return "outrun"

    loop: Loop[str, str] = Loop()
    loop.go("flood", endless(time.monotonic() + 0.05))
    assert run(loop) == {"flood": "late"}
    for each in (ours, theirs):
        each.close()
    loop.close()


def test_what_is_over_at_once_waits_to_be_taken() -> None:
    def at_once() -> Steps[str]:
        return "done"
        yield

    loop: Loop[str, str] = Loop()
    loop.go("a", at_once())
    assert (loop.idle, loop.patience()) == (False, 0.0)
    assert loop.taken() == [("a", "done")]
    assert loop.idle
    loop.close()


def test_giving_up_closes_the_steps() -> None:
    ours, theirs = socket.socketpair()
    closed = []

    def steps() -> Steps[str]:
        try:
            yield Want(ours, selectors.EVENT_READ, inf)
        finally:
            closed.append("closed")
        return ""

    loop: Loop[str, str] = Loop()
    loop.go("a", steps())
    assert loop.patience() is None
    assert isinstance(loop.fileno(), int)
    loop.forget("a")
    assert (closed, len(loop)) == (["closed"], 0)
    loop.go("b", steps())
    loop.close()
    assert closed == ["closed"] * 2
    for each in (ours, theirs):
        each.close()


def test_a_far_deadline_is_waited_for_in_pieces() -> None:
    loop: Loop[str, str] = Loop()
    loop.go("a", waiting(None, 1e300))
    assert loop.patience() == 86_400.0
    loop.close()


def test_an_error_in_steps_is_not_hidden() -> None:
    def broken() -> Steps[str]:
        raise RuntimeError("a bug")
        yield

    loop: Loop[str, str] = Loop()
    with pytest.raises(RuntimeError, match="a bug"):
        loop.go("a", broken())
    loop.close()
