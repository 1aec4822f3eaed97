"""The tree walk, and what follows from one with gaps."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import Answer, AnswerStatus, Flow, Query, Record, run
from mailsec.core.limits.sender import DMARC_OPEN_NAMES, DMARC_WALK_QUERIES
from mailsec.sender.dmarc.discover import (
    Discovery,
    Lookup,
    Place,
    Walk,
    look_up,
    places,
    related,
    same_organization,
    walk_names,
)
from mailsec.sender.dmarc.record import Psd, parse
from tests.support import TableSource, answer

LABELS = st.lists(st.sampled_from(["a", "b", "xn--x", "_c", "0"]), min_size=1, max_size=20)


@given(LABELS)
def test_a_walk_has_at_most_eight_names_each_an_ancestor(labels: list[str]) -> None:
    names = walk_names(".".join(labels))
    assert len(names) == min(len(labels), DMARC_WALK_QUERIES)
    assert names[0] == ".".join(labels)
    assert names[-1] == labels[-1]
    assert [len(name.split(".")) for name in names[1:]] == list(range(min(len(labels) - 1, 7), 0, -1))


def test_a_name_too_long_to_ask_has_no_record() -> None:
    name = ".".join(["a" * 49] * 5)
    assert len(name) == 249
    source = TableSource({})
    found = run(look_up(name), source)
    assert found.status is AnswerStatus.NXDOMAIN
    assert not source.asked


def test_records_that_cannot_be_read_are_discarded() -> None:
    flow: Flow[Lookup] = look_up("example.com")
    query = next(flow)
    assert query == Query("_dmarc.example.com", "TXT")
    good = answer("_dmarc.example.com", "TXT", ["v=DMARC1; p=none"]).records[0]
    bad = Record("_dmarc.example.com", "TXT", 1, b"\x09short")
    with pytest.raises(StopIteration) as done:
        flow.send(Answer(query, AnswerStatus.OK, (bad, good)))
    assert done.value.value.record is not None
    assert done.value.value.found == 1


def test_octets_that_are_no_text_do_not_reach_the_record_as_such() -> None:
    source = TableSource({"_dmarc.example.com": {"TXT": [b"v=DMARC1; p=none; x=\xff"]}})
    record = run(look_up("example.com"), source).record
    assert record is not None
    assert record.unknown == (("x", "\\xff"),)


@pytest.mark.parametrize(
    ("reply", "exists"),
    [
        (answer("a.example", "A", ["192.0.2.1"]), True),
        (answer("a.example", "A", AnswerStatus.NODATA), True),
        (answer("a.example", "A", AnswerStatus.NXDOMAIN), False),
        (answer("a.example", "A", AnswerStatus.SERVFAIL), None),
        (answer("a.example", "A", AnswerStatus.UNRECORDED), None),
        # an alias to a name that does not exist: the alias itself does
        (
            Answer(
                Query("a.example", "A"),
                AnswerStatus.NXDOMAIN,
                aliases=(Record("a.example", "CNAME", 1, b"\x01b\x07example\0"),),
            ),
            True,
        ),
    ],
)
def test_existence(reply: Answer, exists: bool | None) -> None:
    discovery = Discovery(existence={"a.example": reply})
    assert discovery.exists("a.example") is exists
    assert discovery.exists("b.example") is None


def test_walks_side_by_side_ask_no_name_twice() -> None:
    source = TableSource({"_dmarc.example.com": {"TXT": ["v=DMARC1; p=none"]}})
    discovery = Discovery()
    run(discovery.walk(["a.b.example.com", "b.example.com", "c.example.com", "a.b.example.com"]), source)
    assert len(source.asked) == len(set(source.asked)) == 5
    assert discovery.complete("example.com")
    assert not discovery.complete("example.net")


def test_what_is_known_is_not_asked_again() -> None:
    source = TableSource({})
    discovery = Discovery()
    for _ in range(2):
        run(discovery.look_up(["a.example", "a.example"]), source)
        run(discovery.ask_existence(["a.example", "a.example"]), source)
    assert source.asked == [Query("_dmarc.a.example", "TXT"), Query("a.example", "A")]


def walk(start: str, **records: str | None) -> Walk:
    """A walk with records at names written with _ for the dot; "?" for no answer."""
    steps = []
    for name in walk_names(start):
        psd = records.get(name.replace(".", "_"))
        if psd == "?":
            steps.append(Lookup(name, AnswerStatus.TIMEOUT))
        elif psd is None:
            steps.append(Lookup(name, AnswerStatus.NXDOMAIN))
        else:
            steps.append(Lookup(name, AnswerStatus.OK, parse(f"v=DMARC1; psd={psd}"), 1))
            if psd != "u":
                break
    return Walk(start, tuple(steps))


def test_an_unanswered_name_that_cannot_matter_leaves_one_place() -> None:
    assert places(walk("a.b.c", a_b_c="n", b_c="?")) == {Place("a.b.c", "a.b.c")}


def test_an_unanswered_name_that_matters_leaves_several() -> None:
    found = places(walk("b.c", b_c="u", c="?"))
    assert found == {Place("b.c", "b.c"), Place("c", "b.c")}


def test_too_many_unanswered_names_leave_none() -> None:
    start = "a.b.c.d.e"
    gaps = {name.replace(".", "_"): "?" for name in walk_names(start)[: DMARC_OPEN_NAMES + 1]}
    assert not places(walk(start, **gaps))
    assert same_organization(walk(start, **gaps), walk(start)) is None


def test_organizations_compared_across_gaps() -> None:
    assert same_organization(walk("x.b.c", b_c="u", c="?"), walk("b.c", b_c="u", c="?")) is True
    assert same_organization(walk("x.c", x_c="n"), walk("b.c", b_c="u", c="?")) is False
    assert same_organization(walk("x.c", x_c="u", c="?"), walk("b.c", b_c="u", c="?")) is None


def test_names_without_a_common_label_are_not_related() -> None:
    assert related("a.com", "b.com")
    assert not related("a.com", "a.net")


def naive_organization(start: str, psds: dict[str, str]) -> str:
    """The selection of section 4.10.2, written down once more, rule by rule over whole lists."""
    found = []
    for name in walk_names(start):
        if name in psds:
            found.append(name)
            if psds[name] in "ny":
                break
    for name in found:
        if psds[name] == "n":
            return name
        if psds[name] == "y" and name != start:
            return ".".join(start.split(".")[-len(name.split(".")) - 1 :])
    return min(found, key=lambda name: name.count("."), default=start)


@pytest.mark.parametrize("start", ["a", "a.b", "a.b.c", "a.b.c.d", "a.b.c.d.e.f.g.h.i"])
def test_every_way_to_publish_along_a_walk(start: str) -> None:
    names = walk_names(start)[:3]
    for values in product(("", *Psd), repeat=len(names)):
        psds = {name: str(value) for name, value in zip(names, values, strict=True) if value}
        records = {name.replace(".", "_"): value for name, value in psds.items()}
        (place,) = places(walk(start, **records))
        assert place.organizational_domain == naive_organization(start, psds)
        if names[0] in psds:
            assert place.policy_at == start
        elif place.policy_at:
            assert place.policy_at == place.organizational_domain or psds[place.policy_at] == "y"
        else:
            assert not psds
