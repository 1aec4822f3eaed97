"""What a source over zone files answers."""

from __future__ import annotations

import pytest

from mailsec.core import rdata
from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, AnswerStatus, Fetch, Fetched, FetchStatus, Query, ask, run
from mailsec.core.limits.network import MAX_CNAMES
from mailsec.net import zone as zone_module
from mailsec.net.zone import ZoneSource, load_zones

OK, NODATA, NXDOMAIN = AnswerStatus.OK, AnswerStatus.NODATA, AnswerStatus.NXDOMAIN
TIMEOUT, SERVFAIL, REFUSED, UNRECORDED = (
    AnswerStatus.TIMEOUT,
    AnswerStatus.SERVFAIL,
    AnswerStatus.REFUSED,
    AnswerStatus.UNRECORDED,
)

ZONE = """
$ORIGIN example.com.
$TTL 600
@        SOA ns.example.net. hostmaster 7 3600 600 86400 60
         NS  ns.example.net.
         TXT "v=spf1 mx -all"
         MX  10 mx
mx       A   192.0.2.1
www      CNAME mx
twice    CNAME www
outside  CNAME host.example.org.
away     CNAME host.elsewhere.test.
gone     CNAME nothing
nomail   CNAME mx
loop1    CNAME loop2
loop2    CNAME loop1
self     CNAME self
a.b.ent  A   192.0.2.2
*.wild   TXT "wild"
*.wild   MX  5 mx
sub.wild A   192.0.2.3
below.empty.wild A 192.0.2.4
*.alias  CNAME mx
child    NS  ns.child
ns.child A   192.0.2.5
old      DNAME new
x.new    A   192.0.2.6
$ANSWER slow TIMEOUT
slow     A   192.0.2.7
$ANSWER half TXT SERVFAIL
half     A   192.0.2.8
$ANSWER never NXDOMAIN
$ANSWER void TXT NODATA
$ANSWER shut A refused
$ANSWER unknown UNRECORDED
$ANSWER *.tarpit TIMEOUT
to-slow  CNAME x.tarpit

$ORIGIN example.org.
@ SOA ns host 1 2 3 4 5
host TXT "org"
"""


@pytest.fixture(scope="module")
def source() -> ZoneSource:
    return load_zones([("test.zone", ZONE)])


def reply(source: ZoneSource, name: str, type: str) -> Answer:
    first = source.start(Query(name, type))
    assert isinstance(first, Answer)
    assert first.query == Query(name, type)
    assert source.start(Query(name, type)) == first, "remembered"
    return first


@pytest.mark.parametrize(
    ("name", "type", "status"),
    [
        ("example.com", "TXT", OK),
        ("example.com", "AAAA", NODATA),
        ("mx.example.com", "A", OK),
        ("nothing.example.com", "A", NXDOMAIN),
        ("x.mx.example.com", "A", NXDOMAIN),
        # aliases
        ("www.example.com", "A", OK),
        ("www.example.com", "CNAME", OK),
        ("twice.example.com", "A", OK),
        ("nomail.example.com", "MX", NODATA),
        ("outside.example.com", "TXT", OK),
        ("away.example.com", "A", UNRECORDED),
        ("gone.example.com", "A", NXDOMAIN),
        ("loop1.example.com", "A", SERVFAIL),
        ("self.example.com", "A", SERVFAIL),
        ("to-slow.example.com", "A", TIMEOUT),
        # empty non-terminals
        ("b.ent.example.com", "A", NODATA),
        ("ent.example.com", "TXT", NODATA),
        ("nt.example.com", "TXT", NXDOMAIN),
        ("c.ent.example.com", "A", NXDOMAIN),
        # wildcards
        ("one.wild.example.com", "TXT", OK),
        ("one.two.wild.example.com", "TXT", OK),
        ("one.wild.example.com", "A", NODATA),
        ("sub.wild.example.com", "TXT", NODATA),
        ("x.sub.wild.example.com", "TXT", NXDOMAIN),
        ("empty.wild.example.com", "TXT", NODATA),
        ("x.empty.wild.example.com", "TXT", NXDOMAIN),
        ("wild.example.com", "TXT", NODATA),
        ("*.wild.example.com", "TXT", OK),
        ("x.*.wild.example.com", "TXT", NXDOMAIN),
        ("any.alias.example.com", "A", OK),
        # delegations
        ("child.example.com", "NS", OK),
        ("child.example.com", "DS", NODATA),
        ("child.example.com", "TXT", UNRECORDED),
        ("x.child.example.com", "A", UNRECORDED),
        ("x.child.example.com", "DS", UNRECORDED),
        ("ns.child.example.com", "A", OK),
        ("ns.child.example.com", "AAAA", UNRECORDED),
        # DNAME
        ("x.old.example.com", "A", OK),
        ("y.old.example.com", "A", NXDOMAIN),
        ("old.example.com", "DNAME", OK),
        ("old.example.com", "A", NODATA),
        # stated
        ("slow.example.com", "TXT", TIMEOUT),
        ("slow.example.com", "A", OK),
        ("half.example.com", "TXT", SERVFAIL),
        ("half.example.com", "A", OK),
        ("half.example.com", "MX", NODATA),
        ("never.example.com", "A", NXDOMAIN),
        ("_dmarc.never.example.com", "TXT", NXDOMAIN),
        ("void.example.com", "TXT", NODATA),
        ("shut.example.com", "A", REFUSED),
        ("unknown.example.com", "A", UNRECORDED),
        ("mail.tarpit.example.com", "A", TIMEOUT),
        # other zones, and none
        ("host.example.org", "TXT", OK),
        ("other.example.org", "TXT", NXDOMAIN),
        ("example.net", "TXT", UNRECORDED),
        ("com", "TXT", UNRECORDED),
        ("", "NS", UNRECORDED),
        ("ample.com", "TXT", UNRECORDED),
        # what cannot be asked
        ("a..example.com", "TXT", SERVFAIL),
        ("a" * 64 + ".example.com", "TXT", SERVFAIL),
        ("example.com", "ANY", SERVFAIL),
        ("example.com", "NONSENSE", SERVFAIL),
    ],
)
def test_status(source: ZoneSource, name: str, type: str, status: AnswerStatus) -> None:
    answer = reply(source, name, type)
    assert answer.status is status
    assert bool(answer.records) is (status is OK)
    assert (status is OK) is not bool(answer.reason)


def test_an_answer_in_full(source: ZoneSource) -> None:
    answer = run(ask("Example.COM.", "MX"), source)
    assert [(record.owner, record.type, record.ttl) for record in answer.records] == [("example.com", "MX", 600)]
    assert rdata.mx(answer.records[0].rdata) == (10, "mx.example.com")
    assert answer.aliases == answer.proof == ()


def test_aliases_are_kept_in_order(source: ZoneSource) -> None:
    answer = reply(source, "twice.example.com", "A")
    assert [alias.owner for alias in answer.aliases] == ["twice.example.com", "www.example.com"]
    assert answer.records[0].owner == "mx.example.com"
    assert [alias.owner for alias in reply(source, "away.example.com", "A").aliases] == ["away.example.com"]


def test_an_alias_out_of_every_zone_says_where_it_leads(source: ZoneSource) -> None:
    assert "host.elsewhere.test" in reply(source, "away.example.com", "A").reason
    assert "loop" in reply(source, "loop1.example.com", "A").reason


def test_a_wildcard_gives_its_records_to_the_name_asked_for(source: ZoneSource) -> None:
    assert reply(source, "one.wild.example.com", "TXT").records[0].owner == "one.wild.example.com"
    assert reply(source, "any.alias.example.com", "A").aliases[0].owner == "any.alias.example.com"


def test_a_dname_makes_an_alias(source: ZoneSource) -> None:
    (alias,) = reply(source, "x.old.example.com", "A").aliases
    assert (alias.owner, alias.type, rdata.name(alias.rdata)) == ("x.old.example.com", "CNAME", "x.new.example.com")
    long = ".".join(["a" * 60] * 4)
    source = load_zones([("z", f"$ORIGIN example.\n@ SOA ns host 1 2 3 4 5\nd DNAME {long}.")])
    assert reply(source, "d.example", "DNAME").status is OK
    too_long = reply(source, "b" * 30 + ".d.example", "A")
    assert too_long.status is SERVFAIL
    assert "too long" in too_long.reason


def test_absence_comes_with_the_soa(source: ZoneSource) -> None:
    for name in ("nothing.example.com", "ent.example.com"):
        (soa,) = reply(source, name, "A").proof
        assert (soa.owner, soa.type, soa.rdata[-4:]) == ("example.com", "SOA", b"\0\0\0\x3c")


@pytest.mark.parametrize(("links", "status"), [(MAX_CNAMES, OK), (MAX_CNAMES + 1, SERVFAIL)])
def test_as_many_aliases_as_the_limit_says(links: int, status: AnswerStatus) -> None:
    chain = "".join(f"c{link} CNAME c{link + 1}\n" for link in range(links))
    source = load_zones([("z", f"$ORIGIN example.\n@ SOA ns host 1 2 3 4 5\n{chain}c{links} A 192.0.2.1")])
    assert reply(source, "c0.example", "A").status is status


def test_a_root_zone_is_the_whole_world() -> None:
    source = load_zones([("z", '. SOA a. b. 1 2 3 4 5\nexample.com. TXT "x"\n$ANSWER slow.test. TIMEOUT\n')])
    assert reply(source, "example.com", "TXT").status is OK
    assert reply(source, "example.com", "A").status is NODATA
    assert reply(source, "com", "A").status is NODATA
    assert reply(source, "_dmarc.example.com", "TXT").status is NXDOMAIN
    assert reply(source, "slow.test", "A").status is TIMEOUT
    assert reply(source, "org", "A").status is NXDOMAIN
    assert reply(source, "", "SOA").status is OK


def test_a_wildcard_at_the_root() -> None:
    source = load_zones([("z", '. SOA a. b. 1 2 3 4 5\n*. TXT "x"\n')])
    assert reply(source, "any.thing", "TXT").status is OK


def test_a_file_without_a_zone_knows_what_it_says_and_no_more() -> None:
    source = load_zones([("z", 'example.com. TXT "x"\n*.dyn.example.com. A 192.0.2.1\nwww.example.com. CNAME example.com.\n')])
    assert reply(source, "example.com", "TXT").status is OK
    assert reply(source, "www.example.com", "TXT").status is OK
    assert reply(source, "a.dyn.example.com", "A").status is OK
    for name, type in (
        ("example.com", "A"),
        ("www.example.com", "A"),
        ("com", "A"),
        ("dyn.example.com", "A"),
        ("a.dyn.example.com", "TXT"),
        ("_dmarc.example.com", "TXT"),
        ("example.org", "TXT"),
    ):
        answer = reply(source, name, type)
        assert answer.status is UNRECORDED
        assert answer.reason


def test_below_a_name_that_is_stated_as_absent_there_is_nothing() -> None:
    source = load_zones([("z", '$ANSWER gone.test. NXDOMAIN\n$ANSWER slow.test. TIMEOUT\nkept.gone.test. TXT "x"\n')])
    assert reply(source, "_dmarc.gone.test", "TXT").status is NXDOMAIN
    assert reply(source, "a.b.gone.test", "TXT").status is NXDOMAIN
    assert reply(source, "kept.gone.test", "TXT").status is OK
    assert reply(source, "_dmarc.slow.test", "TXT").status is UNRECORDED


@pytest.mark.parametrize("texts", [[], [("z", "")], [("z", "; nothing\n\n")], [("z", "{}")]])
def test_no_file_knows_nothing(texts: list[tuple[str, str]]) -> None:
    assert reply(load_zones(texts), "example.com", "A").status is UNRECORDED
    assert reply(load_zones(texts), "", "A").status is UNRECORDED


def test_several_files_are_one_world() -> None:
    source = load_zones(
        [
            ("one", "$ORIGIN example.com.\n@ SOA ns host 1 2 3 4 5\nwww CNAME www.example.org."),
            ("two", '{"www.example.org": {"A": "192.0.2.1"}}'),
        ]
    )
    assert reply(source, "www.example.com", "A").status is OK


def test_a_child_zone_in_the_same_file_is_no_delegation() -> None:
    parent = "$ORIGIN example.com.\n@ SOA ns host 1 2 3 4 5\nsub NS ns.sub\n"
    text = parent + "$ORIGIN sub.example.com.\n@ SOA ns host 1 2 3 4 5\n@ NS ns\n"
    source = load_zones([("z", text)])
    assert reply(source, "x.sub.example.com", "A").status is NXDOMAIN
    assert reply(source, "sub.example.com", "A").status is NODATA
    assert reply(source, "x.sub.example.com", "A").proof[0].owner == "sub.example.com"


def test_signatures_come_along() -> None:
    rrsig = "RRSIG {} 13 2 300 20300101000000 20250101000000 1 example. AAAA"
    lines = ["$ORIGIN example.", "@ SOA ns host 1 2 3 4 5", "@ " + rrsig.format("SOA"), '@ TXT "x"', "@ " + rrsig.format("TXT")]
    lines += ["*.w A 192.0.2.1", "*.w " + rrsig.format("A")]
    source = load_zones([("z", "\n".join(lines))])
    (signature,) = reply(source, "example", "TXT").proof
    assert signature.rdata[:2] == b"\0\x10"
    assert [record.type for record in reply(source, "no.example", "TXT").proof] == ["SOA", "RRSIG"]
    assert reply(source, "x.w.example", "A").proof[0].owner == "x.w.example"
    assert len(reply(source, "example", "RRSIG").records) == 2


def test_odd_names_can_be_asked() -> None:
    source = load_zones([("z", '$ORIGIN example.\n@ SOA ns host 1 2 3 4 5\n\\000a\\.b TXT "x"\nBÜCHER TXT "y"\n')])
    assert reply(source, r"\000a\046b.example", "TXT").status is OK
    assert reply(source, "\\000a\\.B.example.", "TXT").status is OK
    assert reply(source, "xn--bcher-kva.example", "TXT").status is OK
    assert reply(source, "xn--bcher-kva.example", "txt").status is OK
    assert reply(source, "xn--bcher-kva.example", "TYPE16").status is OK


def test_a_fetch_is_not_recorded(source: ZoneSource) -> None:
    fetched = source.start(Fetch("https://example.com/", 1000))
    assert isinstance(fetched, Fetched)
    assert fetched.status is FetchStatus.UNRECORDED


def test_nothing_is_ever_in_flight(source: ZoneSource) -> None:
    with pytest.raises(RuntimeError):
        source.wait()
    source.close()


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_module, "MAX_ZONE_BYTES", 10)
    with pytest.raises(BadInput, match=r"big\.zone: larger than 10") as caught:
        load_zones([("big.zone", "x" * 11)])
    assert caught.value.hint


def test_what_is_remembered_of_unknown_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_module, "DNS_CACHE_RRSETS", 10)
    source = load_zones([("z", '$ORIGIN example.\n@ SOA ns host 1 2 3 4 5\na TXT "x"\n')])
    for number in range(100):
        source.start(Query(f"n{number}.example", "TXT"))
    source.start(Query("a.example", "TXT"))
    assert len(source._answers) == 11


def test_deep_names_cost_no_memory_before_and_little_time_when_asked() -> None:
    label = "a." * 100
    source = load_zones([("z", f'$ORIGIN example.\n@ SOA ns host 1 2 3 4 5\n{label}example. TXT "x"\n')])
    assert len(source._nodes) == 2
    assert reply(source, "a.example", "TXT").status is NODATA
    assert reply(source, "b." * 100 + "a.example", "TXT").status is NXDOMAIN
