"""NSEC and NSEC3 in their corners: what a record may not be used for."""

from __future__ import annotations

from dataclasses import replace

import dns.dnssec
import dns.name
import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import AnswerStatus, Dnssec, Query, Record
from mailsec.trust.dnssec import nsec, nsec3
from mailsec.trust.dnssec.proved import Missing
from mailsec.trust.dnssec.work import BeyondLimit, Policy, Work
from tests.trust.dnssec.authority import NOW, Hashing, World, Zone, name
from tests.trust.dnssec.support import Asker, forged, make_world

A, DS, MX = 1, 43, 15
ZONE = name("z.test")


def span(owner: str, following: str, types: str = "A") -> nsec.Span:
    record = dns.rdata.from_text("IN", "NSEC", f"{following}. {types} RRSIG NSEC")
    return nsec.span(name(owner), record, ZONE)


def holds(missing: Missing, *spans: nsec.Span) -> bool:
    return nsec.absence(missing, spans).state is Dnssec.SECURE


@pytest.mark.parametrize(
    ("owner", "following", "types", "covered"),
    [
        ("a.z.test", "c.z.test", "A", True),
        ("a.z.test", "B.z.test", "A", False),
        ("b.z.test", "c.z.test", "A", False),
        ("a.z.test", "z.test", "A", True),
        ("a.z.test", "a.z.test", "A", False),
        ("z.test", "z.test", "SOA NS", True),
        ("c.z.test", "a.z.test", "A", False),
        ("c.z.test", "z.test", "A", False),
        ("a.test", "z.z.test", "A", True),
        ("a.z.test", "c.other", "A", False),
    ],
)
def test_what_a_record_covers(owner: str, following: str, types: str, covered: bool) -> None:
    assert span(owner, following, types).covers(name("b.z.test")) is covered


def test_nothing_outside_of_the_zone_is_covered() -> None:
    assert not span("a.z.test", "z.test").covers(name("b.zz.test"))


@pytest.mark.parametrize("types", ["NS", "NS DS", "DNAME", "A DNAME"])
def test_nothing_is_said_of_names_below_a_cut_or_a_dname(types: str) -> None:
    record = span("a.z.test", "c.z.test", types)
    assert not record.covers(name("x.a.z.test"))
    assert record.covers(name("b.z.test"))
    assert span("z.test", "c.z.test", "SOA NS").covers(name("b.z.test"))


def test_an_empty_non_terminal_exists() -> None:
    record = span("a.z.test", "x.b.z.test")
    assert holds(Missing(name("b.z.test"), A, False), record)
    assert not holds(Missing(name("b.z.test"), A, True), record)


def test_a_name_error_needs_the_wildcard_denied() -> None:
    record, apex = span("a.z.test", "c.z.test"), span("z.test", "a.z.test", "SOA NS")
    assert holds(Missing(name("b.z.test"), A, True), record, apex)
    assert not holds(Missing(name("b.z.test"), A, True), record)
    # *.z.test is an empty non-terminal here: it exists, and would match
    assert not holds(Missing(name("b.z.test"), A, True), record, span("z.test", "x.*.z.test", "SOA NS"))


def test_the_types_of_the_wildcard_count() -> None:
    record = span("a.z.test", "c.z.test")
    assert holds(Missing(name("b.z.test"), MX, False), record, span("*.z.test", "a.z.test", "A"))
    assert not holds(Missing(name("b.z.test"), A, False), record, span("*.z.test", "a.z.test", "A"))
    assert not holds(Missing(name("b.z.test"), MX, False), record, span("*.z.test", "a.z.test", "CNAME"))
    assert not holds(Missing(name("b.z.test"), MX, False), record)


@pytest.mark.parametrize(
    ("types", "type", "proven", "cut"),
    [
        ("A", MX, True, False),
        ("A", A, False, False),
        ("CNAME", A, False, False),
        ("NS", A, False, False),
        ("NS SOA", A, True, False),
        ("NS", DS, True, True),
        ("NS DS", DS, False, False),
        ("NS SOA", DS, False, False),
        ("A", DS, True, False),
    ],
)
def test_the_types_of_the_name_itself(types: str, type: int, proven: bool, cut: bool) -> None:
    proved = nsec.absence(Missing(name("a.z.test"), type, False), [span("a.z.test", "c.z.test", types)])
    assert (proved.state is Dnssec.SECURE, proved.cut) == (proven, cut)


def test_a_wildcard_speaks_only_at_its_own_height() -> None:
    """b.c exists on the way: a wildcard above it has nothing to say (RFC 4592 section 3.3.1)."""
    record = span("a.c.z.test", "d.z.test")
    deeper = name("x.c.z.test")
    assert nsec.expansion(deeper, name("c.z.test"), [record]).state is Dnssec.SECURE
    assert nsec.expansion(deeper, ZONE, [record]).state is Dnssec.BOGUS


# --- NSEC3


def record3(text: str) -> dns.rdata.Rdata:
    return dns.rdata.from_text("IN", "NSEC3", text)


NEXT = "2T7B4G4VSA5SMI47K61MV5BV1A22BOJR"
OWNER = name(f"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.{'z.test'}")


def made(*records: str, owner: dns.name.Name = OWNER) -> nsec3.Spans | None:
    return nsec3.spans(ZONE, [(owner, record3(each)) for each in records], Work(Policy(NOW)))


@pytest.mark.parametrize("record", [f"2 0 0 - {NEXT} A", f"1 2 0 - {NEXT} A", f"1 255 0 - {NEXT} A"])
def test_unknown_hashes_and_flags_are_passed_over(record: str) -> None:
    assert made(record) is None
    both = made(record, f"1 1 0 - {NEXT} A")
    assert both is not None
    assert [each.opt_out for each in both.spans] == [True]


def test_parameters_must_be_the_same() -> None:
    assert made(f"1 0 0 - {NEXT} A", f"1 0 1 - {NEXT} A") is None
    assert made(f"1 0 0 - {NEXT} A", f"1 0 0 ab {NEXT} A") is None


def test_records_of_another_place_are_passed_over() -> None:
    assert made(f"1 0 0 - {NEXT} A", owner=name("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.sub.z.test")) is None


def test_too_many_iterations() -> None:
    with pytest.raises(BeyondLimit):
        made(f"1 0 501 - {NEXT} A")


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUV", min_size=32, max_size=32), st.booleans())
def test_the_hashes_form_a_circle(hash: str, swapped: bool) -> None:
    ends = ("4" * 32, "P" * 32)
    first, last = ends[::-1] if swapped else ends
    inside = first < hash < last if first < last else hash > first or hash < last
    assert nsec3.Span(first, last, frozenset(), False).covers(hash) is inside
    assert nsec3.Span(hash, hash, frozenset(), False).covers(hash) is False


def test_a_closest_encloser_at_a_cut_proves_nothing() -> None:
    """RFC 5155 section 8.3: the record of a delegation or of a DNAME says nothing of the names below."""
    for types in ("NS", "DNAME"):
        work = Work(Policy(NOW))
        label = dns.dnssec.nsec3_hash(name("sub.z.test"), b"", 0, 1)
        held = nsec3.spans(ZONE, [(name(f"{label.lower()}.z.test"), record3(f"1 0 0 - {label} {types}"))], work)
        assert held is not None
        for missing in (Missing(name("a.sub.z.test"), A, True), Missing(name("a.sub.z.test"), A, False)):
            assert nsec3.absence(missing, held).state is Dnssec.BOGUS
        assert nsec3.absence(Missing(name("other.test"), A, True), held).state is Dnssec.BOGUS


def test_both_kinds_of_records_and_neither() -> None:
    world = make_world()
    for owner, other in (("no.b.c.nsec.test", "no.b.c.nsec3.test"), ("no.b.c.nsec3.test", "no.b.c.nsec.test")):
        more = world.answer(Query(other, "A")).proof
        asker = forged(make_world(), owner, "A", lambda answer, more=more: replace(answer, proof=(*more, *answer.proof)))
        assert asker.state(owner, "A") is Dnssec.SECURE
    unusable = Zone("a.test", hashing=Hashing())
    world = World(Zone(""), Zone("test"), unusable)
    place = next(place for place in unusable.sets if place[1] == "NSEC3")
    record = unusable.sets[place][0]
    unusable.sets[place] = [record.replace(algorithm=2)]
    unusable.sign_set(place)
    answer = Asker(world).ask("no.a.test", "A")
    assert (answer.dnssec, answer.reason[:9]) == (Dnssec.BOGUS, "no proof:")


def test_a_name_that_was_proven_absent_ends_the_way() -> None:
    """Nothing is below a name that does not exist (RFC 8020): no question is asked there."""
    world = make_world()
    fake = Record("a.b.no.test", "A", 60, b"\1\2\3\4")
    world.forge[Query("a.b.no.test", "A")] = lambda answer: replace(answer, status=AnswerStatus.OK, records=(fake,), proof=())
    asker = Asker(world)
    for _ in range(2):
        assert asker.state("a.b.no.test", "A") is Dnssec.BOGUS
    assert Query("b.no.test", "DS") not in world.asked


def test_a_forged_name_error_of_an_alias_in_the_way() -> None:
    """The way down to a name below an alias passes the alias; a link whose zone was judged before is not verified twice."""
    world = make_world()
    fake = Record("x.alias.nsec.test", "A", 60, b"\1\2\3\4")
    world.forge[Query("x.alias.nsec.test", "A")] = lambda answer: replace(
        answer, status=AnswerStatus.OK, records=(fake,), proof=()
    )
    assert Asker(world).state("x.alias.nsec.test", "A") is Dnssec.BOGUS
