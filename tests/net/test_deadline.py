"""Deadlines, by a clock of the test's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from mailsec.core.flow import (
    Answer,
    AnswerStatus,
    Ask,
    Fetch,
    Fetched,
    FetchStatus,
    Flow,
    Query,
    Reply,
    ask,
    gather,
    pure,
    run,
    run_many,
)
from mailsec.core.limits.run import RUN_WINDOW
from mailsec.net.deadline import Deadlines, is_cut, timed_out
from tests.support import TableSource, answer

QUERY = Query("a.example", "TXT")


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_time_begins_with_the_first_question() -> None:
    clock = Clock()
    deadlines = Deadlines(10, clock)
    flow = deadlines.within(ask("a.example", "TXT"))
    assert deadlines.patience() is None
    clock.now += 50
    assert next(flow) == QUERY
    assert deadlines.patience() == 10
    clock.now += 4
    assert deadlines.patience() == 6
    assert deadlines.cut() == []
    with pytest.raises(StopIteration):
        flow.send(answer("a.example", "TXT", ["x"]))
    assert deadlines.patience() is None


def test_a_flow_that_asks_nothing_has_no_deadline() -> None:
    deadlines = Deadlines(10, Clock())
    with pytest.raises(StopIteration):
        next(deadlines.within(pure(1)))
    assert deadlines.patience() is None


def test_what_is_cut() -> None:
    clock = Clock()
    deadlines = Deadlines(10, clock)
    first, second = deadlines.within(ask("a.example", "TXT")), deadlines.within(ask("a.example", "TXT"))
    next(first)
    clock.now += 5
    next(second)
    clock.now += 5
    assert deadlines.patience() == 0
    replies = deadlines.cut()
    assert [each for each, _ in replies] == [QUERY]
    reply = replies[0][1]
    assert is_cut(reply)
    # the first is told, the second asks again
    with pytest.raises(StopIteration) as stop:
        first.send(reply)
    assert stop.value.value is reply
    assert second.send(reply) == QUERY
    clock.now += 1
    good = answer("a.example", "TXT", ["x"])
    with pytest.raises(StopIteration) as stop:
        second.send(good)
    assert stop.value.value is good


def test_a_cut_that_repeats_itself_ends() -> None:
    # saved answers may hold one
    flow = Deadlines(10, Clock()).within(ask("a.example", "TXT"))
    next(flow)
    cut = timed_out(QUERY, "no reply before the deadline of the domain")
    for _ in range(RUN_WINDOW - 1):
        assert flow.send(cut) == QUERY
    with pytest.raises(StopIteration) as stop:
        flow.send(cut)
    assert stop.value.value is cut


def test_after_the_deadline_nothing_is_asked_and_it_is_noted() -> None:
    clock = Clock()
    noted: list[object] = []
    deadlines = Deadlines(10, clock)
    deadlines.note = lambda ask, reply: noted.append((ask, reply))

    def domain() -> Flow[Answer]:
        yield from ask("a.example", "TXT")
        return (yield from ask("b.example", "TXT"))

    flow = deadlines.within(domain())
    next(flow)
    clock.now += 20
    with pytest.raises(StopIteration) as stop:
        flow.send(answer("a.example", "TXT", ["x"]))
    assert stop.value.value.status is AnswerStatus.TIMEOUT
    assert noted == [(Query("b.example", "TXT"), stop.value.value)]
    assert is_cut(stop.value.value)


def test_a_flow_that_is_closed_or_fails_is_over() -> None:
    deadlines = Deadlines(10, Clock())
    flow = deadlines.within(ask("a.example", "TXT"))
    next(flow)
    flow.close()
    assert deadlines.patience() is None
    assert deadlines.cut() == []


def test_only_its_own_timeouts_are_cuts() -> None:
    assert not is_cut(answer("a.example", "TXT", AnswerStatus.TIMEOUT))
    fetch = Fetch("https://a.example/", 1)
    late = timed_out(fetch, "not asked: the deadline of the domain has passed")
    assert late == Fetched(fetch, FetchStatus.TIMEOUT, reason="not asked: the deadline of the domain has passed")
    assert is_cut(late)
    assert not is_cut(Fetched(fetch, FetchStatus.FAILED, reason=late.reason))


def test_one_question_from_two_places_of_a_domain() -> None:
    clock = Clock()
    deadlines = Deadlines(10, clock)

    def domain() -> Flow[list[AnswerStatus]]:
        found = yield from gather([ask("a.example", "TXT"), ask("a.example", "TXT")])
        return [each.status for each in found]

    steps = run_many([deadlines.within(domain())], TableSource({}))
    assert next(steps) == (0, [AnswerStatus.NXDOMAIN] * 2)

    class Silent(TableSource):
        def start(self, ask: Ask) -> Reply | None:
            return None

        def wait(self) -> Sequence[tuple[Ask, Reply]]:
            clock.now += 10
            return deadlines.cut()

    assert run(deadlines.within(domain()), Silent({})) == [AnswerStatus.TIMEOUT] * 2
