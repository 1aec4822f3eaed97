"""DNS and web together, the deadlines of many domains, and all of it in one run."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Iterator, Sequence

import pytest

from mailsec.core.flow import (
    Answer,
    AnswerStatus,
    Ask,
    Fetched,
    FetchStatus,
    Flow,
    Query,
    Reply,
    ask,
    fetch,
    gather,
    run,
    run_many,
    through,
    together,
)
from mailsec.net.answers import load
from mailsec.net.browse import Browser, PinnedFetch
from mailsec.net.budget import bounded
from mailsec.net.cache import CachingSource
from mailsec.net.composite import CompositeSource
from mailsec.net.deadline import Deadlines
from mailsec.net.dns import LiveSource
from mailsec.net.https import HttpsSource
from mailsec.net.overlay import OverlaySource
from mailsec.net.saving import SavingSource
from mailsec.net.zone import load_zones
from tests.dns_server import DnsServer, Fault
from tests.https_server import HOST, Authority, HttpsServer, page, silent

SHORT = 0.4


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    table = {HOST: {"A": ["127.0.0.1"], "TXT": ["here"]}, **{f"n{number}.example": {"TXT": ["x"]} for number in range(100)}}
    with DnsServer(table) as running:
        yield running


@pytest.fixture
def web(authority: Authority) -> Iterator[HttpsServer]:
    with HttpsServer(authority, {"/policy": page(b"version: STSv1"), "/slow": silent}) as running:
        yield running


class Opened:
    """What a test has open: a composite source, and how many times its web was opened."""

    def __init__(self, dns: DnsServer, authority: Authority, deadlines: Deadlines | None = None, **more: float) -> None:
        self.count = 0
        self.live = LiveSource([dns.address], 60)
        self.authority = authority
        self.more = more
        self.source = CompositeSource(self.live, self.open, deadlines)

    def open(self) -> HttpsSource:
        self.count += 1
        return HttpsSource(ca_file=self.authority.path, **self.more)


@pytest.fixture
def opened(dns: DnsServer, authority: Authority) -> Iterator[Opened]:
    found = Opened(dns, authority)
    yield found
    found.source.close()


def browsing(flow: Flow[object]) -> Flow[object]:
    return through(flow, Browser(allow_private=True).handle)


def test_both(opened: Opened, web: HttpsServer) -> None:
    answer, found = run(
        through(together(ask(HOST, "TXT"), fetch(web.url("/policy"), 100)), Browser(True).handle), opened.source
    )
    assert answer.status is AnswerStatus.OK
    assert (found.status, found.body) == (FetchStatus.OK, b"version: STSv1")
    assert opened.count == 1


def test_the_web_is_opened_once_and_may_answer_at_once(opened: Opened, web: HttpsServer) -> None:
    for _ in range(2):
        assert run(browsing(fetch(web.url("/policy"), 100)), opened.source).code == 200
    assert opened.count == 1
    found = opened.source.start(PinnedFetch("http://a.example/", 1))
    assert isinstance(found, Fetched)
    assert found.status is FetchStatus.REFUSED


def test_the_web_is_opened_when_it_is_needed(opened: Opened) -> None:
    assert run(ask(HOST, "TXT"), opened.source).status is AnswerStatus.OK
    assert opened.count == 0
    with pytest.raises(RuntimeError):
        opened.source.wait()


def test_nobody_connects_to_an_inner_network_by_default(opened: Opened, web: HttpsServer) -> None:
    found = run(through(fetch(web.url("/policy"), 100), Browser().handle), opened.source)
    assert found.status is FetchStatus.REFUSED
    assert opened.count == 0
    assert not web.requests


def test_a_slow_page_keeps_no_question_waiting(opened: Opened, web: HttpsServer) -> None:
    ended: list[float] = []
    start = time.monotonic()

    def questions() -> Flow[None]:
        for number in range(20):
            yield from ask(f"n{number}.example", "TXT")
        ended.append(time.monotonic() - start)

    opened.more["request"] = SHORT
    _, found = run(through(together(questions(), fetch(web.url("/slow"), 100)), Browser(True).handle), opened.source)
    assert found.status is FetchStatus.TIMEOUT
    assert ended[0] < SHORT <= time.monotonic() - start < SHORT + 2


def test_a_slow_question_keeps_no_page_waiting(opened: Opened, dns: DnsServer, web: HttpsServer) -> None:
    dns.faults["n1.example"] = [Fault.DELAY]
    dns.delay = SHORT
    ended: list[float] = []
    start = time.monotonic()

    def pages() -> Flow[Fetched]:
        found = yield from fetch(web.url("/policy"), 100)
        ended.append(time.monotonic() - start)
        return found

    answer, found = run(through(together(ask("n1.example", "TXT"), pages()), Browser(True).handle), opened.source)
    assert (answer.status, found.status) == (AnswerStatus.OK, FetchStatus.OK)
    assert ended[0] < SHORT <= time.monotonic() - start < SHORT + 2


# --- deadlines


@pytest.fixture
def limited(dns: DnsServer, authority: Authority) -> Iterator[tuple[Opened, Deadlines]]:
    deadlines = Deadlines(SHORT, time.monotonic)
    found = Opened(dns, authority, deadlines)
    yield found, deadlines
    found.source.close()


def test_nothing_hangs_past_the_deadline(limited: tuple[Opened, Deadlines], dns: DnsServer, web: HttpsServer) -> None:
    opened, deadlines = limited
    dns.always["n1.example"] = Fault.DROP

    def domain() -> Flow[list[object]]:
        found = yield from gather([ask("n1.example", "TXT"), ask("n2.example", "TXT")])
        late = yield from ask("n3.example", "TXT")
        return [*found, late]

    start = time.monotonic()
    flow = deadlines.within(browsing(together(domain(), fetch(web.url("/slow"), 100))))
    (dropped, good, late), page = run(flow, opened.source)
    assert SHORT <= time.monotonic() - start < SHORT + 2
    assert [each.status for each in (dropped, good, late)] == [AnswerStatus.TIMEOUT, AnswerStatus.OK, AnswerStatus.TIMEOUT]
    assert dropped.reason == "no reply before the deadline of the domain"
    assert late.reason == "not asked: the deadline of the domain has passed"
    assert (page.status, page.reason) == (FetchStatus.TIMEOUT, "no reply before the deadline of the domain")
    assert run(ask("n4.example", "TXT"), opened.source).status is AnswerStatus.OK
    assert opened.live.idle
    assert not [asked for asked in dns.asked if asked.name == "n3.example"]


def test_each_domain_has_its_own_time(limited: tuple[Opened, Deadlines], dns: DnsServer) -> None:
    opened, deadlines = limited
    dns.always["n1.example"] = Fault.DROP
    took: list[float] = []

    def domain() -> Flow[AnswerStatus]:
        start = time.monotonic()
        answer = yield from ask("n1.example", "TXT")
        took.append(time.monotonic() - start)
        return answer.status

    found = list(run_many((deadlines.within(domain()) for _ in range(3)), opened.source, window=1))
    assert [status for _, status in found] == [AnswerStatus.TIMEOUT] * 3
    assert all(SHORT <= each < SHORT + 2 for each in took)


def test_one_domains_deadline_leaves_the_question_to_another(dns: DnsServer, authority: Authority) -> None:
    deadlines = Deadlines(SHORT, time.monotonic)
    opened = Opened(dns, authority, deadlines)
    source = CachingSource(opened.source, time.monotonic)
    dns.faults["n1.example"] = [Fault.DELAY]
    dns.always["n2.example"] = Fault.DROP
    dns.always["n3.example"] = Fault.DELAY
    dns.delay = SHORT * 1.25

    def first() -> Flow[AnswerStatus]:
        return (yield from ask("n1.example", "TXT")).status

    def second() -> Flow[AnswerStatus]:
        # begins late, as a domain does that came into the window when another left it
        return (yield from ask("n1.example", "TXT")).status

    def late() -> Iterator[Flow[AnswerStatus]]:
        yield deadlines.within(first())
        yield deadlines.within(waiting())
        yield deadlines.within(second())

    def waiting() -> Flow[AnswerStatus]:
        # its own time is over when the first one's is, and then the window has room
        return (yield from ask("n2.example", "TXT")).status

    found = dict(run_many(late(), source, window=2))
    assert found[0] is AnswerStatus.TIMEOUT
    assert found[2] is AnswerStatus.OK
    assert deadlines.patience() is None
    source.close()


def test_a_window_of_domains_with_a_dead_server_ends(authority: Authority, dns: DnsServer) -> None:
    deadlines = Deadlines(SHORT, time.monotonic)
    opened = Opened(dns, authority, deadlines)
    for number in range(100):
        dns.always[f"n{number}.example"] = Fault.DROP

    def domain(number: int) -> Flow[set[AnswerStatus]]:
        found = yield from gather([ask(f"n{(number + step) % 100}.example", "TXT") for step in range(40)])
        return {each.status for each in found}

    start = time.monotonic()
    found = dict(run_many((deadlines.within(domain(number)) for number in range(128)), opened.source, window=64))
    assert len(found) == 128
    assert set.union(*found.values()) == {AnswerStatus.TIMEOUT}
    assert time.monotonic() - start < SHORT + 3
    dns.always.clear()
    assert run(ask("n4.example", "TXT"), opened.source).status is AnswerStatus.OK
    assert opened.live.idle
    opened.source.close()


def test_answers_come_in_the_meantime(limited: tuple[Opened, Deadlines]) -> None:
    opened, deadlines = limited

    def domain(number: int) -> Flow[Answer]:
        for step in range(5):
            answer = yield from ask(f"n{(number + step) % 100}.example", "TXT")
        return answer

    found = dict(
        run_many((deadlines.within(domain(number)) for number in range(300)), CachingSource(opened.source, time.monotonic))
    )
    assert {each.status for each in found.values()} == {AnswerStatus.OK}
    assert not deadlines._domains or deadlines.patience() is None


def test_what_live_dns_forgets(dns: DnsServer) -> None:
    live = LiveSource([dns.address], in_flight=1)
    dns.always["n1.example"] = Fault.DROP
    for number in (1, 2, 3):
        live.start(Query(f"n{number}.example", "TXT"))
    assert 0 < (live.patience() or 0) <= 2
    live.forget({Query("n1.example", "TXT"), Query("n2.example", "TXT")})
    assert [each.name for each, _ in live.wait() if isinstance(each, Query)] == ["n3.example"]
    assert live.idle
    assert live.patience() is None
    assert live.poll() == []
    live.close()
    live = LiveSource(["255.255.255.255"])
    live.start(Query("n1.example", "TXT"))
    assert live.patience() == 0.0
    assert len(live.poll()) == 1
    live.close()


def test_a_saved_run_with_a_deadline_comes_back(limited: tuple[Opened, Deadlines], dns: DnsServer) -> None:
    opened, deadlines = limited
    dns.always["n1.example"] = Fault.DROP
    source = SavingSource(CachingSource(opened.source, time.monotonic))
    deadlines.note = source.keep

    def domain() -> Flow[list[Answer]]:
        found = yield from gather([ask("n1.example", "TXT"), ask("n2.example", "TXT")])
        return [*found, (yield from ask("n3.example", "TXT"))]

    first = run(deadlines.within(domain()), source)
    assert [each.status for each in first] == [AnswerStatus.TIMEOUT, AnswerStatus.OK, AnswerStatus.TIMEOUT]
    assert run(domain(), load("f", source.dump(1))[0]) == first


class Busy:
    """A source that has a reply at every poll, and none to what is asked of `silent`."""

    def __init__(self) -> None:
        self.ends = socket.socketpair()
        self.asked: list[Query] = []
        self.forgotten: set[object] = set()
        self.idle = False

    def start(self, ask: Ask) -> Reply | None:
        assert isinstance(ask, Query)
        self.asked.append(ask)
        return None

    def poll(self) -> Sequence[tuple[Ask, Reply]]:
        found = [each for each in self.asked if each.name != "silent"]
        self.asked = [each for each in self.asked if each.name == "silent"]
        return [(each, Answer(each, AnswerStatus.NXDOMAIN)) for each in found]

    def patience(self) -> float | None:
        return 0.0

    def fileno(self) -> int:
        return self.ends[0].fileno()

    def forget(self, asks: Collection[Ask]) -> None:
        self.forgotten |= set(asks)

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        raise AssertionError

    def close(self) -> None:
        for end in self.ends:
            end.close()


def test_a_deadline_holds_while_replies_come_without_a_pause() -> None:
    now = [0.0]
    deadlines, busy = Deadlines(10, lambda: now[0]), Busy()
    source = CompositeSource(busy, Busy, deadlines)
    ended: list[float] = []

    def waiting() -> Flow[None]:
        assert (yield from ask("silent", "A")).status is AnswerStatus.TIMEOUT
        ended.append(now[0])

    def chatting() -> Flow[None]:
        for number in range(40):
            now[0] += 1
            yield from ask(f"n{number}.example", "A")

    list(run_many([deadlines.within(waiting()), chatting()], source))
    assert ended == [11.0]
    assert busy.forgotten == {Query("silent", "A")}
    source.close()


def test_a_reply_that_comes_with_the_deadline_counts() -> None:
    now = [0.0]

    class Late(Busy):
        def poll(self) -> Sequence[tuple[Ask, Reply]]:
            found = super().poll()
            now[0] += 50
            return found

    deadlines, busy = Deadlines(10, lambda: now[0]), Late()
    source = CompositeSource(busy, Busy, deadlines)
    assert run(deadlines.within(ask("a.example", "A")), source).status is AnswerStatus.NXDOMAIN
    # asked anew, it is not mistaken for what was given up
    assert run(ask("a.example", "A"), source).status is AnswerStatus.NXDOMAIN
    assert not busy.forgotten
    source.close()


def test_all_of_it_in_one_run_and_again_without_a_network(authority: Authority, dns: DnsServer, web: HttpsServer) -> None:
    deadlines = Deadlines(10, time.monotonic)
    opened = Opened(dns, authority, deadlines)
    # the name is in the overlay only: it decides where a request goes
    del dns.table[HOST]
    over = load_zones([("z", f"{HOST}. CNAME new.example.\nnew.example. A 127.0.0.1")])
    source = SavingSource(OverlaySource(over, CachingSource(opened.source, time.monotonic)))
    deadlines.note = source.keep

    def domain() -> Flow[tuple[list[Answer], Fetched]]:
        questions = gather([ask(f"n{number}.example", type) for number in range(98, 103) for type in ("TXT", "MX")])
        return (yield from together(questions, fetch(web.url("/policy"), 100)))

    def judged() -> Flow[tuple[list[Answer], Fetched]]:
        return bounded(through(domain(), Browser(allow_private=True).handle))

    first = run(deadlines.within(judged()), source)
    assert first[1].body == b"version: STSv1"
    assert len(first[1].chain) == 2
    replay, now = load("f", source.dump(1_790_000_000))
    source.close()
    assert run(judged(), replay) == first
    assert now == 1_790_000_000
