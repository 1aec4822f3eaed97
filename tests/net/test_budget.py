"""The budget of a domain."""

from __future__ import annotations

import pytest

from mailsec.core.flow import AnswerStatus, Fetch, FetchStatus, Flow, ask, fetch, gather, run, through
from mailsec.net.budget import Budget, bounded
from tests.support import TableSource


def names(count: int) -> Flow[list[AnswerStatus]]:
    answers = yield from gather(ask(f"n{number}.example", "TXT") for number in range(count))
    again = yield from ask("n0.example", "TXT")
    return [*(each.status for each in answers), again.status]


def test_what_is_beyond_the_budget_is_refused_and_not_asked() -> None:
    source = TableSource({})
    budget = Budget(3)
    found = run(through(names(5), budget.handle), source)
    assert found == [AnswerStatus.NXDOMAIN] * 3 + [AnswerStatus.REFUSED] * 2 + [AnswerStatus.NXDOMAIN]
    assert (budget.spent, budget.refused, len(source.asked)) == (3, 2, 4)


def test_the_reason() -> None:
    steps = Budget(0).handle(Fetch("https://a.example/", 1))
    with pytest.raises(StopIteration) as stop:
        next(steps)
    found = stop.value.value
    assert (found.status, found.reason) == (FetchStatus.REFUSED, "not asked: the query budget of 0 is spent")
    answer = run(bounded(ask("a.example", "TXT"), 0), TableSource({}))
    assert answer.status.failed
    assert not answer.status.absent
    assert run(bounded(fetch("https://a.example/", 1), 0), TableSource({})).status is FetchStatus.REFUSED


def test_each_domain_has_its_own() -> None:
    source = TableSource({})
    assert run(bounded(names(5)), source) == [AnswerStatus.NXDOMAIN] * 6
    assert run(gather([bounded(names(2), 2), bounded(names(2), 2)]), source) == [[AnswerStatus.NXDOMAIN] * 3] * 2
