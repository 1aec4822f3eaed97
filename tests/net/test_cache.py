"""The cache."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mailsec.core import rdata
from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetch, Fetched, FetchStatus, Query, Record, Reply, ask, gather, run
from mailsec.core.limits.network import DNS_CACHE_TTL, DNS_NEGATIVE_TTL
from mailsec.net.cache import CachingSource

QUERY = Query("example.com", "TXT")


class Slow:
    """A source that has nothing at hand: `wait` brings what `replies` says."""

    def __init__(self, replies: dict[Ask, Reply]) -> None:
        self.replies = replies
        self.started: list[Ask] = []
        self.flying: list[Ask] = []
        self.closed = False

    def start(self, ask: Ask) -> Reply | None:
        self.started.append(ask)
        self.flying.append(ask)
        return None

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        found = [(each, self.replies[each]) for each in self.flying]
        self.flying.clear()
        return found

    def close(self) -> None:
        self.closed = True


def record(ttl: int, type: str = "TXT", owner: str = "example.com") -> Record:
    return Record(owner, type, ttl, rdata.encode_txt(b"x"))


def soa(ttl: int, minimum: int) -> Record:
    return Record("example.com", "SOA", ttl, b"\0\0" + bytes(16) + minimum.to_bytes(4, "big"))


def lifetime(answer: Answer) -> int:
    """Seconds for which `answer` comes out of the cache."""
    now = [0.0]
    source = Slow({QUERY: answer})
    cache = CachingSource(source, lambda: now[0])
    assert run(ask(QUERY.name, QUERY.type), cache) is answer
    low, high = 0, 2 * DNS_CACHE_TTL
    while low < high:
        now[0] = (low + high) // 2
        if cache._held.get(QUERY, (0.0,))[0] > now[0]:
            low = int(now[0]) + 1
        else:
            high = int(now[0])
    return low


def ok(*ttls: int, alias: int | None = None) -> Answer:
    aliases = () if alias is None else (record(alias, "CNAME"),)
    return Answer(QUERY, AnswerStatus.OK, tuple(record(ttl) for ttl in ttls), aliases)


def test_an_answer_lives_as_long_as_its_shortest_record() -> None:
    assert lifetime(ok(300, 60)) == 60
    assert lifetime(ok(300, alias=7)) == 7
    assert lifetime(ok(0, 60)) == 0
    assert lifetime(ok(2**31 - 1)) == DNS_CACHE_TTL


def test_an_absence_lives_as_long_as_the_soa_says() -> None:
    for status in (AnswerStatus.NODATA, AnswerStatus.NXDOMAIN):
        assert lifetime(Answer(QUERY, status, proof=(soa(300, 60),))) == 60
        assert lifetime(Answer(QUERY, status, proof=(soa(30, 60), record(1, "NSEC")))) == 30
        assert lifetime(Answer(QUERY, status, aliases=(record(5, "CNAME"),), proof=(soa(30, 60),))) == 5
        assert lifetime(Answer(QUERY, status, proof=(soa(10**6, 10**6),))) == DNS_NEGATIVE_TTL
        assert lifetime(Answer(QUERY, status)) == 0


def test_a_failure_is_asked_again() -> None:
    for status in AnswerStatus:
        if status.failed:
            assert lifetime(Answer(QUERY, status, proof=(soa(300, 60),))) == 0


def test_what_is_held_is_not_asked_for() -> None:
    now = [0.0]
    source = Slow({QUERY: ok(60)})
    cache = CachingSource(source, lambda: now[0])
    for moment, asked in ((0, 1), (59.9, 1), (60, 2), (119, 2), (121, 3)):
        now[0] = moment
        assert run(ask("Example.com.", "TXT"), cache).status is AnswerStatus.OK
        assert len(source.started) == asked


def test_the_same_question_twice_in_flight_is_asked_once() -> None:
    source = Slow({QUERY: ok(60)})
    cache = CachingSource(source, lambda: 0.0)
    assert cache.start(QUERY) is None
    assert cache.start(QUERY) is None
    assert cache.wait() == [(QUERY, ok(60))]
    assert cache.start(QUERY) == ok(60)
    assert source.started == [QUERY]


def test_after_a_failure_the_question_can_be_started_again() -> None:
    source = Slow({QUERY: Answer(QUERY, AnswerStatus.TIMEOUT)})
    cache = CachingSource(source, lambda: 0.0)
    run(ask(QUERY.name, QUERY.type), cache)
    run(ask(QUERY.name, QUERY.type), cache)
    assert source.started == [QUERY, QUERY]


def test_fetches_pass_through() -> None:
    asked = Fetch("https://example.com/", 10)
    source = Slow({asked: Fetched(asked, FetchStatus.OK)})
    cache = CachingSource(source, lambda: 0.0)
    for _ in range(2):
        assert cache.start(asked) is None
        assert cache.wait() == [(asked, Fetched(asked, FetchStatus.OK))]
    assert len(source.started) == 2


def test_what_the_source_has_at_hand_is_passed_on() -> None:
    class Ready(Slow):
        def start(self, ask: Ask) -> Reply | None:
            super().start(ask)
            return self.replies[ask]

    source = Ready({QUERY: ok(60)})
    cache = CachingSource(source, lambda: 0.0)
    assert cache.start(QUERY) == cache.start(QUERY) == ok(60)
    assert len(source.started) == 2


def test_closing_closes_the_source() -> None:
    source = Slow({})
    CachingSource(source, lambda: 0.0).close()
    assert source.closed


@given(st.lists(st.integers(0, 12), max_size=60))
def test_the_oldest_leave_first(numbers: list[int]) -> None:
    queries = [Query(f"n{number}.example", "TXT") for number in range(13)]
    replies: dict[Ask, Reply] = {query: Answer(query, AnswerStatus.OK, (record(60),)) for query in queries}
    source = Slow(replies)
    cache = CachingSource(source, lambda: 0.0, size=4)
    expected: list[Query] = []
    for number in numbers:
        query = queries[number]
        assert run(gather([ask(query.name, "TXT")]), cache) == [replies[query]]
        if query not in expected:
            expected = [*expected, query][-4:]
        assert list(cache._held) == expected
