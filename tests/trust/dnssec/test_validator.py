"""What an honest world's answers are: from the root down, present and absent, NSEC and NSEC3."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailsec.core.flow import AnswerStatus, Dnssec, Fetch, Fetched, FetchStatus, Query
from tests.trust.dnssec.authority import DAY, NOW, Hashing, World, Zone
from tests.trust.dnssec.support import Asker, make_world

WORLD = make_world()
SIGNED = ("nsec.test", "nsec3.test")


@pytest.mark.parametrize("domain", SIGNED)
@pytest.mark.parametrize(
    ("host", "type", "status"),
    [
        ("", "MX", "ok"),
        ("", "SOA", "ok"),
        ("", "DNSKEY", "ok"),
        ("", "DS", "ok"),
        ("", "TXT", "nodata"),
        ("", "CAA", "nodata"),
        ("mx.", "A", "ok"),
        ("mx.", "AAAA", "nodata"),
        ("mx.", "DS", "nodata"),
        ("two.", "TXT", "ok"),
        ("b.c.", "A", "nodata"),
        ("c.", "A", "nodata"),
        ("a.b.c.", "A", "ok"),
        ("x.b.c.", "A", "nxdomain"),
        ("any.", "TXT", "ok"),
        ("any.", "MX", "nodata"),
        ("any.", "DS", "nodata"),
        ("any.more.", "TXT", "ok"),
        ("x.ent.", "MX", "ok"),
        ("x.ent.", "A", "nodata"),
        ("*.ent.", "MX", "ok"),
        ("*.ent.", "A", "nodata"),
        ("*.", "TXT", "ok"),
        ("alias.", "A", "ok"),
        ("alias.", "CNAME", "ok"),
        ("alias.", "AAAA", "nodata"),
        ("alias.", "DS", "nodata"),
        ("x.alias.", "A", "nxdomain"),
        ("gone.", "A", "nodata"),
        ("old.", "DNAME", "ok"),
        ("old.", "A", "nodata"),
        ("mx.old.", "A", "ok"),
        ("mx.old.", "AAAA", "nodata"),
        ("mx.old.", "DS", "nodata"),
    ],
)
def test_what_a_signed_domain_has_and_has_not_is_secure(domain: str, host: str, type: str, status: str) -> None:
    answer = Asker(WORLD).ask(host + domain, type)
    assert answer.status == status
    assert (answer.dnssec, answer.reason) == (Dnssec.SECURE, "")


@pytest.mark.parametrize(
    ("name", "type"), [("", "DNSKEY"), ("", "SOA"), ("", "DS"), ("", "MX"), ("test", "DS"), ("no", "A"), ("no.test", "DS")]
)
def test_the_upper_zones_too(name: str, type: str) -> None:
    assert Asker(WORLD).state(name, type) is Dnssec.SECURE


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("unsigned.test", "MX"),
        ("mx.unsigned.test", "A"),
        ("no.unsigned.test", "A"),
        ("unsigned.test", "AAAA"),
        ("sub.optout.test", "MX"),
        ("no.sub.optout.test", "MX"),
        ("out.nsec.test", "A"),
        ("out.nsec3.test", "A"),
    ],
)
def test_an_unsigned_delegation_is_insecure(name: str, type: str) -> None:
    answer = Asker(WORLD).ask(name, type)
    assert answer.dnssec is Dnssec.INSECURE
    assert "not signed" in answer.reason or "opt-out" in answer.reason


def test_that_a_delegation_is_unsigned_is_itself_secure() -> None:
    asker = Asker(WORLD)
    assert asker.state("unsigned.test", "DS") is Dnssec.SECURE
    assert asker.state("optout.test", "MX") is Dnssec.SECURE


@pytest.mark.parametrize(("name", "type"), [("sub.optout.test", "DS"), ("no.optout.test", "A"), ("no.optout.test", "DS")])
def test_opt_out_leaves_absence_insecure(name: str, type: str) -> None:
    answer = Asker(WORLD).ask(name, type)
    assert (answer.dnssec, answer.reason.partition(":")[0]) == (Dnssec.INSECURE, "opt-out")


def test_a_zone_below_an_empty_non_terminal() -> None:
    assert Asker(WORLD).state("deep.ent.test", "MX") is Dnssec.SECURE
    assert Asker(WORLD).state("ent.test", "MX") is Dnssec.SECURE


@pytest.mark.parametrize(("name", "said"), [("expired.test", "expired at 20"), ("early.test", "not yet valid (from 20")])
def test_outside_of_its_time_a_signature_is_bogus(name: str, said: str) -> None:
    for type in ("MX", "TXT"):
        answer = Asker(WORLD).ask(name, type)
        assert answer.dnssec is Dnssec.BOGUS
        assert said in answer.reason


def test_time_counts_at_its_very_edges() -> None:
    end = NOW + 30 * DAY
    assert Asker(WORLD, now=end).state("nsec.test", "MX") is Dnssec.SECURE
    assert Asker(WORLD, now=end + 1).state("nsec.test", "MX") is Dnssec.BOGUS
    assert Asker(WORLD, now=NOW - DAY).state("nsec.test", "MX") is Dnssec.SECURE
    assert Asker(WORLD, now=NOW - DAY - 1).state("nsec.test", "MX") is Dnssec.BOGUS


def test_the_way_down_is_asked_for_once() -> None:
    world = make_world()
    asker = Asker(world)
    asker.ask("nsec.test", "MX")
    assert [(query.name, query.type) for query in world.asked] == [
        ("nsec.test", "MX"),
        ("", "DNSKEY"),
        ("test", "DS"),
        ("test", "DNSKEY"),
        ("nsec.test", "DS"),
        ("nsec.test", "DNSKEY"),
    ]
    world.asked.clear()
    asker.ask("mx.nsec.test", "A")
    asker.ask("no.nsec.test", "A")
    assert [query.name for query in world.asked] == ["mx.nsec.test", "no.nsec.test"]


@pytest.mark.parametrize("status", [each for each in AnswerStatus if each.failed])
@pytest.mark.parametrize("type", ["MX", "DS", "DNSKEY"])
def test_what_could_not_be_looked_up_is_indeterminate(status: AnswerStatus, type: str) -> None:
    world = make_world()
    query = Query("nsec.test", type)
    world.forge[query] = lambda answer: replace(answer, status=status, records=(), proof=(), reason="because")
    asker = Asker(world)
    answer = asker.ask("nsec.test", "MX")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "because" in answer.reason
    # and it is not held against the zone later
    del world.forge[query]
    assert asker.state("nsec.test", "MX") is Dnssec.SECURE


def test_wildcards_that_lead_to_wildcards() -> None:
    for hashing in (None, Hashing()):
        zone = Zone("a.test", "*.w CNAME x.v\n*.v A 192.0.2.1", hashing=hashing)
        asker = Asker(World(Zone(""), Zone("test"), zone))
        answer = asker.ask("y.w.a.test", "A")
        assert (answer.dnssec, len(answer.aliases)) == (Dnssec.SECURE, 1)
        assert asker.state("y.w.a.test", "MX") is Dnssec.SECURE


def test_fetches_pass_through() -> None:
    fetch = Fetch("https://example.test/", 10, 1, "POST", b"x", "text/plain")
    flow = Asker(WORLD).validator.handle(fetch)
    assert next(flow) == fetch
    reply = Fetched(fetch, FetchStatus.OK)
    with pytest.raises(StopIteration) as done:
        flow.send(reply)
    assert done.value.value is reply


def test_the_chain_is_a_tree_from_the_root_down() -> None:
    asker = Asker(WORLD)
    assert asker.validator.chain("mx.nsec.test").status is None
    asker.ask("mx.nsec.test", "A")
    chain = asker.validator.chain("mx.nsec.test")
    nodes = list(chain.walk())
    assert [node.name for node in nodes] == [".", "test", "nsec.test"]
    assert {node.status for node in nodes} == {"pass"}
    assert "ED25519" in str(nodes[2].fact("key"))
    assert "SHA-256" in str(nodes[2].fact("ds"))
    asker.ask("mx.unsigned.test", "A")
    nodes = list(asker.validator.chain("mx.unsigned.test").walk())
    assert [(node.name, node.status) for node in nodes] == [(".", "pass"), ("test", "pass"), ("unsigned.test", "none")]
