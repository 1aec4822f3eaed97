from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import (
    Answer,
    AnswerStatus,
    Ask,
    Fetch,
    Fetched,
    FetchStatus,
    Flow,
    Fork,
    Query,
    Reply,
    ask,
    fetch,
    gather,
    pass_on,
    pure,
    run,
    run_many,
    through,
    together,
)
from mailsec.core.rdata import txt
from tests.support import TableSource, answer

TABLE = {f"{name}.example": {"TXT": [name]} for name in "abcdefgh"}


class LaterSource:
    """Answers nothing at once; `wait` gives `batch` replies, the latest question first."""

    def __init__(self, batch: int = 1) -> None:
        self.started: list[Ask] = []
        self.open: deque[Ask] = deque()
        self.batch = batch
        self.most = 0

    def start(self, ask: Ask) -> Reply | None:
        self.started.append(ask)
        self.open.appendleft(ask)
        self.most = max(self.most, len(self.open))
        return None

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        assert self.open, "nothing was asked"
        return [(each, reply(each)) for each in (self.open.popleft() for _ in range(min(self.batch, len(self.open))))]

    def close(self) -> None:
        self.open.clear()


def reply(asked: Ask) -> Reply:
    if isinstance(asked, Query):
        return answer(asked.name, asked.type, [asked.name.partition(".")[0]])
    return Fetched(asked, FetchStatus.OK, 200)


def text(name: str) -> Flow[str]:
    got = yield from ask(f"{name}.example", "TXT")
    return txt(got.records[0].rdata).decode()


def failing(name: str, error: Exception) -> Flow[str]:
    yield from ask(f"{name}.example", "TXT")
    raise error


SOURCES = [lambda: TableSource(TABLE), LaterSource, lambda: LaterSource(3)]
every_source = pytest.mark.parametrize("source", SOURCES)


def test_a_flow_is_fed_by_hand() -> None:
    flow = text("a")
    assert next(flow) == Query("a.example", "TXT")
    with pytest.raises(StopIteration) as done:
        flow.send(answer("a.example", "TXT", ["hello"]))
    assert done.value.value == "hello"


def test_names_are_asked_for_in_one_form() -> None:
    assert next(ask("MAIL.Example.", "MX")) == Query("mail.example", "MX")


def test_fetch() -> None:
    request = next(fetch("https://x.example/", 10, redirects=2, method="POST", body=b"x", accept="text/plain"))
    assert request == Fetch("https://x.example/", 10, 2, "POST", b"x", "text/plain")
    assert run(fetch("https://x.example/", 10), LaterSource()).code == 200


@pytest.mark.parametrize("status", list(AnswerStatus))
def test_only_two_statuses_say_that_something_is_absent(status: AnswerStatus) -> None:
    assert status.absent is (status.value in ("nodata", "nxdomain"))
    assert status.failed is (status.value in ("timeout", "servfail", "refused", "unrecorded"))
    assert not (status.absent and status.failed)


@every_source
def test_run(source: type[LaterSource]) -> None:
    assert run(text("a"), source()) == "a"


def test_a_flow_that_asks_nothing() -> None:
    assert run(pure(7), LaterSource()) == 7


@every_source
def test_gather_keeps_the_order(source: type[LaterSource]) -> None:
    assert run(gather(text(name) for name in "cab"), source()) == ["c", "a", "b"]
    assert run(gather([]), source()) == []


@every_source
def test_together(source: type[LaterSource]) -> None:
    assert run(together(text("a"), pure(7)), source()) == ("a", 7)


@every_source
def test_forks_in_forks(source: type[LaterSource]) -> None:
    def pair(names: str) -> Flow[str]:
        got = yield from gather(text(name) for name in names)
        return "+".join(got)

    assert run(gather(pair(names) for names in ("ab", "cd", "ab")), source()) == ["a+b", "c+d", "a+b"]


def test_equal_questions_in_flight_are_asked_once() -> None:
    source = LaterSource()
    assert run(gather(text(name) for name in "aabab"), source) == list("aabab")
    assert sorted(each.name for each in source.started if isinstance(each, Query)) == ["a.example", "b.example"]


def test_equal_questions_one_after_the_other_are_two() -> None:
    def twice() -> Flow[str]:
        one = yield from text("a")
        two = yield from text("a")
        return one + two

    source = LaterSource()
    assert run(twice(), source) == "aa"
    assert len(source.started) == 2


@every_source
@pytest.mark.parametrize("window", [1, 2, 100])
def test_run_many_gives_every_result_with_its_index(source: type[LaterSource], window: int) -> None:
    results = dict(run_many((text(name) for name in "abcdefgh"), source(), window))
    assert results == dict(enumerate("abcdefgh"))


def test_run_many_keeps_to_its_window() -> None:
    taken = 0

    def flows() -> Flow[str]:
        nonlocal taken
        for name in "abcdefgh":
            taken += 1
            yield text(name)

    source = LaterSource()
    results = run_many(flows(), source, 3)
    next(results)
    assert taken <= 4
    assert len(list(results)) == 7
    assert source.most == 3


@every_source
def test_an_error_leaves_where_nobody_catches_it(source: type[LaterSource]) -> None:
    with pytest.raises(KeyError, match="x"):
        run(failing("a", KeyError("x")), source())
    with pytest.raises(KeyError, match="x"):
        run(gather([text("a"), failing("b", KeyError("x")), text("c")]), source())


@every_source
def test_an_error_of_a_fork_can_be_caught(source: type[LaterSource]) -> None:
    def careful() -> Flow[str]:
        try:
            yield from gather([failing("a", KeyError("first")), failing("b", KeyError("second"))])
        except KeyError as error:
            rest = yield from text("c")
            return f"{error.args[0]} {rest}"
        return "no error"

    assert run(careful(), source()) == "first c"


def test_an_error_waits_until_all_have_ended() -> None:
    ended = []

    def slow() -> Flow[str]:
        yield from text("b")
        got = yield from text("c")
        ended.append(got)
        return got

    with pytest.raises(KeyError):
        run(gather([failing("a", KeyError()), slow()]), LaterSource())
    assert ended == ["c"]


def shout(asked: Ask) -> Flow[Reply]:
    """Asks twice for one question, and answers with the second name."""
    assert isinstance(asked, Query)
    yield from ask("h.example", "TXT")
    return (yield from ask(f"{asked.name}", "TXT"))


@every_source
def test_through_answers_every_ask_those_of_forks_too(source: type[LaterSource]) -> None:
    def flow() -> Flow[list[str]]:
        first = yield from text("a")
        rest = yield from gather([text("b"), text("c")])
        return [first, *rest]

    live = source()
    assert run(through(flow(), shout), live) == ["a", "b", "c"]
    asked = live.asked if isinstance(live, TableSource) else live.started
    assert Query("h.example", "TXT") in asked


@every_source
def test_through_throws_a_handlers_error_into_the_flow(source: type[LaterSource]) -> None:
    def refuse(asked: Ask) -> Flow[Reply]:
        yield from ask("h.example", "TXT")
        raise PermissionError("budget spent")

    def flow(catch: bool) -> Flow[str]:
        try:
            return (yield from text("a"))
        except PermissionError:
            if catch:
                return "caught"
            raise

    assert run(through(flow(True), refuse), source()) == "caught"
    with pytest.raises(PermissionError):
        run(through(flow(False), refuse), source())
    with pytest.raises(PermissionError):
        run(through(gather([flow(True), flow(False)]), refuse), source())


def test_throughs_nest() -> None:
    order = []

    def layer(name: str, asked: Ask) -> Flow[Reply]:
        order.append(name)
        return (yield asked)

    flow = through(through(text("a"), lambda asked: layer("inner", asked)), lambda asked: layer("outer", asked))
    assert run(flow, LaterSource()) == "a"
    assert order == ["inner", "outer"]


def test_forks_are_not_equal_to_each_other() -> None:
    flows = (pure(1),)
    assert Fork(flows) != Fork(flows)


def test_a_long_chain_of_forks_is_no_recursion() -> None:
    def chain(levels: int) -> Flow[int]:
        flow = pure(0)
        for _ in range(levels):
            flow = one_more(flow)
        return flow

    def one_more(below: Flow[int]) -> Flow[int]:
        [got] = yield from gather([below])
        return got + 1

    assert run(chain(10_000), LaterSource()) == 10_000


@given(st.lists(st.sampled_from("abcdefgh"), max_size=20), st.integers(1, 5), st.integers(1, 5))
def test_any_order_of_replies_gives_the_same_results(names: list[str], batch: int, window: int) -> None:
    assert [result for _, result in sorted(run_many(map(text, names), LaterSource(batch), window))] == names


def test_an_answers_parts() -> None:
    got = Answer(Query("a.example", "TXT"), AnswerStatus.OK)
    assert (got.records, got.aliases, got.proof, got.dnssec, got.reason) == ((), (), (), "unchecked", "")


def test_a_source_that_gives_nothing_is_a_bug_and_no_endless_loop() -> None:
    class Silent(LaterSource):
        def wait(self) -> list[tuple[Ask, Reply]]:
            return []

    with pytest.raises(RuntimeError, match="without a reply"):
        run(text("a"), Silent())


def test_passing_on_asks_the_same_again() -> None:
    def handler(asked: Ask) -> Flow[Reply]:
        return (yield from pass_on(asked))

    source = LaterSource()
    assert run(through(text("a"), handler), source) == "a"
    assert run(through(fetched(), handler), source) == 200
    assert source.started == [Query("a.example", "TXT"), Fetch("https://a.example/", 10)]


def fetched() -> Flow[int]:
    reply = yield from fetch("https://a.example/", 10)
    return reply.code
