"""The overlay: some answers from a zone file, all others from another source."""

from __future__ import annotations

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
    Query,
    Reply,
    Source,
    ask,
    fetch,
    gather,
    run,
)
from mailsec.core.limits.network import MAX_CNAMES
from mailsec.core.rdata import show
from mailsec.net.cache import CachingSource
from mailsec.net.overlay import REASON, OverlaySource
from mailsec.net.zone import ZoneSource, load_zones

DNS = """
$ORIGIN example.com.
@ SOA ns host 1 2 3 4 60
@ TXT "v=spf1 -all"
@ MX 10 mx
mx A 192.0.2.1
www CNAME host
host A 192.0.2.2
host TXT "host"
far CNAME www
_dmarc CNAME dmarc.provider.example.
loop CNAME back.example.com.
provider.example. SOA ns host 1 2 3 4 60
dmarc.provider.example. TXT "v=DMARC1; p=none"
"""


class Later:
    """A source that has nothing at hand: every reply comes out of `wait`, one at a time, the last asked first."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.flying: list[Ask] = []
        self.asked: list[Ask] = []
        self.closed = False

    def start(self, ask: Ask) -> Reply | None:
        assert ask not in self.flying
        self.flying.append(ask)
        self.asked.append(ask)
        return None

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        asked = self.flying.pop()
        reply = self.source.start(asked)
        assert reply is not None
        return [(asked, reply)]

    def close(self) -> None:
        self.closed = True


def zones(text: str) -> ZoneSource:
    return load_zones([("z", text)])


@pytest.fixture(params=["at once", "later", "cached"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def overlay(text: str, kind: str) -> OverlaySource:
    dns: Source = zones(DNS)
    if kind != "at once":
        dns = Later(dns)
    if kind == "cached":
        dns = CachingSource(dns, lambda: 0.0)
    return OverlaySource(zones("$ORIGIN example.com.\n" + text), dns)


def told(source: OverlaySource, name: str, type: str) -> tuple[AnswerStatus, list[str], list[str]]:
    answer = run(ask(name, type), source)
    assert answer.query == Query(name, type)
    records = [show(each.type, each.rdata) for each in answer.records]
    return answer.status, records, [alias.owner for alias in answer.aliases]


OK, NODATA, NXDOMAIN = AnswerStatus.OK, AnswerStatus.NODATA, AnswerStatus.NXDOMAIN


@pytest.mark.parametrize(
    ("text", "name", "type", "expected"),
    [
        # one RRset is replaced, its neighbours stay
        ('@ TXT "new"', "example.com", "TXT", (OK, ['"new"'], [])),
        ('@ TXT "new"', "example.com", "MX", (OK, ["10 mx.example.com."], [])),
        ('@ TXT "new"', "example.com", "AAAA", (NODATA, [], [])),
        ('@ TXT "new"', "mx.example.com", "A", (OK, ["192.0.2.1"], [])),
        # a name that is not there yet
        ('_mta-sts TXT "v=STSv1"', "_mta-sts.example.com", "TXT", (OK, ['"v=STSv1"'], [])),
        ('_mta-sts TXT "v=STSv1"', "_mta-sts.example.com", "A", (NODATA, [], [])),
        ('a._report TXT "x"', "_report.example.com", "A", (NODATA, [], [])),
        ('a._report TXT "x"', "b._report.example.com", "A", (NXDOMAIN, [], [])),
        # an RRset is taken away, a failure is stated
        ("$ANSWER @ TXT NODATA", "example.com", "TXT", (NODATA, [], [])),
        ("$ANSWER @ NXDOMAIN", "example.com", "MX", (NXDOMAIN, [], [])),
        ("$ANSWER @ TXT SERVFAIL", "example.com", "TXT", (AnswerStatus.SERVFAIL, [], [])),
        # records in place of a CNAME
        ('_dmarc TXT "v=DMARC1; p=reject"', "_dmarc.example.com", "TXT", (OK, ['"v=DMARC1; p=reject"'], [])),
        # a CNAME in place of records, which leads back into the DNS
        ("mx CNAME host", "mx.example.com", "A", (OK, ["192.0.2.2"], ["mx.example.com"])),
        ("mx CNAME host", "mx.example.com", "TXT", (OK, ['"host"'], ["mx.example.com"])),
        ("mx CNAME host", "mx.example.com", "CNAME", (OK, ["host.example.com."], [])),
        ("mx CNAME www", "mx.example.com", "A", (OK, ["192.0.2.2"], ["mx.example.com", "www.example.com"])),
        ("mx CNAME none", "mx.example.com", "A", (NXDOMAIN, [], ["mx.example.com"])),
        ("mx CNAME mx.elsewhere.test.", "mx.example.com", "A", (AnswerStatus.UNRECORDED, [], ["mx.example.com"])),
        # an alias of the DNS that leads into the overlay, and on
        ("host A 192.0.2.9", "www.example.com", "A", (OK, ["192.0.2.9"], ["www.example.com"])),
        ("host A 192.0.2.9", "far.example.com", "A", (OK, ["192.0.2.9"], ["far.example.com", "www.example.com"])),
        ("host A 192.0.2.9", "www.example.com", "TXT", (OK, ['"host"'], ["www.example.com"])),
        ("www CNAME mx", "far.example.com", "A", (OK, ["192.0.2.1"], ["far.example.com", "www.example.com"])),
        (
            "host CNAME mx",
            "far.example.com",
            "A",
            (OK, ["192.0.2.1"], ["far.example.com", "www.example.com", "host.example.com"]),
        ),
        (
            "host CNAME new\nnew A 192.0.2.8",
            "www.example.com",
            "A",
            (OK, ["192.0.2.8"], ["www.example.com", "host.example.com"]),
        ),
        # a target that does not exist in the DNS
        ("back A 192.0.2.7", "loop.example.com", "A", (OK, ["192.0.2.7"], ["loop.example.com"])),
        # loops across both
        ("back CNAME loop", "loop.example.com", "A", (AnswerStatus.SERVFAIL, [], ["loop.example.com", "back.example.com"])),
        ("host CNAME www", "www.example.com", "A", (AnswerStatus.SERVFAIL, [], ["www.example.com", "host.example.com"])),
        ("a CNAME a", "a.example.com", "A", (AnswerStatus.SERVFAIL, [], ["a.example.com"])),
        # a wildcard answers for what is not there
        ('*._report TXT "v=DMARC1"', "x._report.example.com", "TXT", (OK, ['"v=DMARC1"'], [])),
        ("* A 192.0.2.6", "new.example.com", "A", (OK, ["192.0.2.6"], [])),
        ("* A 192.0.2.6", "mx.example.com", "A", (OK, ["192.0.2.1"], [])),
        ("* A 192.0.2.6", "mx.example.com", "TXT", (NODATA, [], [])),
        ("* A 192.0.2.6", "loop.example.com", "A", (OK, ["192.0.2.6"], ["loop.example.com"])),
        ("* CNAME host", "new.example.com", "A", (OK, ["192.0.2.2"], ["new.example.com"])),
        # a zone in the overlay makes nothing absent
        ('@ SOA ns host 1 2 3 4 5\n@ TXT "new"', "mx.example.com", "A", (OK, ["192.0.2.1"], [])),
        ("@ SOA ns host 1 2 3 4 5\nmx CNAME host", "mx.example.com", "A", (OK, ["192.0.2.2"], ["mx.example.com"])),
    ],
)
def test_answers(kind: str, text: str, name: str, type: str, expected: tuple[AnswerStatus, list[str], list[str]]) -> None:
    assert told(overlay(text, kind), name, type) == expected


def test_the_overlay_is_named(kind: str) -> None:
    source = overlay('@ TXT "new"\nmx CNAME host\n$ANSWER no A TIMEOUT', kind)
    assert run(ask("example.com", "TXT"), source).reason == REASON
    assert run(ask("mx.example.com", "A"), source).reason == REASON
    assert run(ask("host.example.com", "A"), source).reason == ""
    assert run(ask("no.example.com", "A"), source).reason == "the zone file states TIMEOUT for no.example.com"


def test_what_the_overlay_has_is_not_asked_for() -> None:
    then = Later(zones(DNS))
    source = OverlaySource(zones('example.com. TXT "new"'), then)
    run(ask("example.com", "TXT"), source)
    assert then.asked == []
    source.close()
    assert then.closed


def test_equal_questions_are_asked_once(kind: str) -> None:
    # both aliases lead to one name, which is itself asked for
    source = overlay("one CNAME host\ntwo CNAME host", kind)
    answers = run(gather([ask(f"{each}.example.com", "A") for each in ("one", "two", "host", "www")]), source)
    assert [answer.query.name.partition(".")[0] for answer in answers] == ["one", "two", "host", "www"]
    assert {show(answer.records[0].type, answer.records[0].rdata) for answer in answers} == {"192.0.2.2"}


def test_requests_go_on() -> None:
    class Web(Later):
        def wait(self) -> Sequence[tuple[Ask, Reply]]:
            asked = self.flying.pop()
            assert isinstance(asked, Fetch)
            return [(asked, Fetched(asked, FetchStatus.OK, 200))]

    source = OverlaySource(zones('example.com. TXT "new"'), Web(zones(DNS)))
    assert run(fetch("https://example.com/", 1), source).code == 200


def test_long_chains_end(kind: str) -> None:
    chain = "\n".join(f"c{number} CNAME c{number + 1}" for number in range(MAX_CNAMES + 3))
    assert told(overlay(chain, kind), "c0.example.com", "A")[0] is AnswerStatus.SERVFAIL


def test_a_chain_that_goes_back_and_forth_ends() -> None:
    class Forth(Later):
        """A DNS where each odd name is an alias of the next even one."""

        def wait(self) -> Sequence[tuple[Ask, Reply]]:
            asked = self.flying.pop()
            assert isinstance(asked, Query)
            number = int(asked.name[1:].partition(".")[0])
            zone = zones(f"example.com. SOA ns. host. 1 2 3 4 5\nc{number}.example.com. CNAME c{number + 1}.example.com.")
            reply = zone.start(asked)
            assert isinstance(reply, Answer)
            return [(asked, reply)]

    chain = "\n".join(f"c{number}.example.com. CNAME c{number + 1}.example.com." for number in range(0, 60, 2))
    answer = run(ask("c0.example.com", "A"), OverlaySource(zones(chain), Forth(zones(DNS))))
    assert answer.status is AnswerStatus.SERVFAIL
    assert answer.reason == f"more than {MAX_CNAMES} aliases"


NAMES = ["a", "b", "c", "d"]
RECORDS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["A 192.0.2.1", 'TXT "x"', *(f"CNAME {name}" for name in NAMES)])),
    max_size=5,
)


def _zone(records: list[tuple[str, str]]) -> ZoneSource:
    lines = ["$ORIGIN example.com.", "@ SOA ns host 1 2 3 4 60"]
    nodes: dict[str, str] = {}
    for name, record in records:
        nodes.setdefault(name, record)
    return zones("\n".join([*lines, *(f"{name} {record}" for name, record in nodes.items())]))


@given(RECORDS, RECORDS, st.sampled_from(NAMES), st.booleans())
def test_it_always_answers(first: list[tuple[str, str]], then: list[tuple[str, str]], name: str, later: bool) -> None:
    dns: Source = _zone(then)
    over = _zone(first)
    source = OverlaySource(over, Later(dns) if later else dns)
    query = Query(f"{name}.example.com", "A")
    answer = run(ask(query.name, "A"), source)
    assert answer.query == query
    if not over.exists(query.name) and not answer.aliases and answer.reason != REASON:
        assert answer == dns.start(query)
