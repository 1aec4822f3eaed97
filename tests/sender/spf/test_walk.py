"""The walk through the whole tree: what it asks, what it counts, and that it ends."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import Answer, AnswerStatus, Ask, Query, Record, run
from mailsec.core.limits.sender import SPF_WALK_DEPTH, SPF_WALK_NAMES, SPF_WALK_RECORDS, SPF_WALK_STEPS
from mailsec.core.results import Status
from mailsec.sender.spf.evaluate import evaluate
from mailsec.sender.spf.lint import lint
from mailsec.sender.spf.networks import count, network
from mailsec.sender.spf.walk import LOOP, TOO_DEEP, TOO_LONG, TOO_MANY, Tree, walk
from tests.support import Entry, TableSource


def tree(records: Mapping[str, str], extra: Mapping[str, Mapping[str, Entry]] | None = None, start: str = "a.example") -> Tree:
    table: dict[str, Mapping[str, Entry]] = {name: {"TXT": [f"v=spf1 {text}"]} for name, text in records.items()}
    return run(walk(start, now=0), TableSource(table | dict(extra or {})))


def names(walked: Tree) -> list[str]:
    return [node.name for node in walked.nodes]


def test_the_tree_is_walked_past_the_limits() -> None:
    records = {f"r{at}.example": f"include:r{at + 1}.example -all" for at in range(15)} | {"r15.example": "-all"}
    walked = tree(records, start="r0.example")
    assert (walked.root.lookups, walked.cut) == (15, "")


def test_a_record_included_often_counts_each_time_and_is_asked_for_once() -> None:
    source = TableSource(
        {"a.example": {"TXT": ["v=spf1 include:b.example include:b.example -all"]}, "b.example": {"TXT": ["v=spf1 a mx -all"]}}
    )
    walked = run(walk("a.example", now=0), source)
    assert walked.root.lookups == 6
    assert len(source.asked) == len(set(source.asked))


def test_a_loop_ends() -> None:
    walked = tree({"a.example": "include:b.example -all", "b.example": "redirect=a.example"})
    assert walked.nodes[-1].unread == LOOP
    assert walked.root.lookups == 2
    itself = tree({"a.example": "include:a.example include:A.Example. -all"})
    assert [node.unread for node in itself.nodes[1:]] == [LOOP, LOOP]


def test_terms_behind_all_are_not_followed() -> None:
    walked = tree({"a.example": "include:b.example -all include:c.example redirect=d.example", "b.example": "-all"})
    assert names(walked) == ["a.example", "b.example"]


def test_what_every_host_passes_ends_the_walk() -> None:
    walked = tree(
        {"a.example": "include:b.example include:c.example -all", "b.example": "redirect=d.example", "d.example": "+all"}
    )
    assert names(walked) == ["a.example", "b.example", "d.example"]
    assert walked.root.open
    denied = tree({"a.example": "-include:b.example include:c.example -all", "b.example": "+all"})
    assert (denied.root.open, names(denied)) == (False, ["a.example", "b.example"])
    exists = tree({"a.example": "exists:b.example a -all"}, {"b.example": {"A": ["127.0.0.2"]}})
    assert exists.root.open
    assert names(exists) == ["a.example", "b.example"]


def test_macros_that_are_known_are_filled_in() -> None:
    walked = tree({"a.example": "include:_spf.%{d} -all", "_spf.a.example": "a:x.%{o} a:%{d2} exists:%{i}.x.example -all"})
    assert names(walked) == ["a.example", "_spf.a.example", "x.a.example", "a.example", ""]
    assert [node.varies for node in walked.nodes] == [False] * 4 + [True]
    assert (walked.root.voids4, walked.root.voids6, walked.root.maybe) == (2, 2, 1)


def test_a_macro_that_grows_too_long_gives_no_name() -> None:
    walked = tree({"a.example": f"a:{'%{d}' * 2000}.example -all"})
    assert walked.nodes[1].name == ""
    assert not walked.nodes[1].varies


def test_voids_are_counted_for_each_version_of_ip() -> None:
    extra: dict[str, Mapping[str, Entry]] = {
        "four.example": {"A": ["192.0.2.1"], "MX": ["1 four.example"]},
        "six.example": {"AAAA": ["2001:db8::1"]},
    }
    walked = tree(
        {"a.example": "a:four.example mx:four.example a:six.example exists:no.example ptr include:no.example -all"}, extra
    )
    root = walked.root
    assert (root.lookups, root.voids4, root.voids6, root.maybe) == (6, 3, 4, 1)


def test_a_single_label_is_no_question() -> None:
    walked = tree({"a.example": "include:%{d1r} -all"})
    assert walked.nodes[1].site is not None
    assert walked.nodes[1].site.reason == "a is not a full domain name"


def test_mx_records_that_cannot_be_read() -> None:
    source = TableSource({"a.example": {"TXT": ["v=spf1 mx -all"]}})
    plain = source.start

    def start(ask: Ask) -> object:
        broken = Answer(Query("a.example", "MX"), AnswerStatus.OK, (Record("a.example", "MX", 1, b"\0\1\x09x"),))
        return broken if ask == broken.query else plain(ask)

    source.start = start
    walked = run(walk("a.example", now=0), source)
    assert walked.nodes[1].found is not None
    assert walked.nodes[1].found.failed.startswith("MX record of a.example")
    assert run(lint("a.example", now=0), source).status is Status.TEMPERROR


# --- hostile trees


def test_a_tree_too_deep_is_cut() -> None:
    records = {f"r{at}.example": f"include:r{at + 1}.example -all" for at in range(60)}
    walked = tree(records, start="r0.example")
    assert walked.cut == TOO_DEEP
    assert walked.root.lookups == SPF_WALK_DEPTH
    assert walked.nodes[-1].unread == TOO_DEEP


def test_a_path_longer_than_the_shortest_is_cut_too() -> None:
    """Each record is near the root, but there is a long way through all of them."""
    last = 30
    records = {f"r{at}.example": f"include:r{at + 1}.example -all" for at in range(1, last)} | {f"r{last}.example": "-all"}
    records["a.example"] = " ".join(f"include:r{at}.example" for at in range(1, last + 1)) + " -all"
    walked = tree(records)
    assert walked.cut == TOO_DEEP


def test_a_tree_too_wide_is_cut() -> None:
    records = {"a.example": " ".join(f"include:r{at}.example" for at in range(300)) + " -all"}
    records |= {f"r{at}.example": "-all" for at in range(300)}
    source = TableSource({name: {"TXT": [f"v=spf1 {text}"]} for name, text in records.items()})
    walked = run(walk("a.example", now=0), source)
    assert walked.cut == TOO_MANY
    assert len(source.asked) == SPF_WALK_RECORDS
    assert walked.root.lookups == 300


def test_a_tree_that_doubles_at_each_level_is_cut() -> None:
    records = {f"r{at}.example": f"include:r{at + 1}.example include:r{at + 1}.example -all" for at in range(18)} | {
        "r18.example": "-all"
    }
    walked = tree(records, start="r0.example")
    assert walked.cut == TOO_LONG
    assert len(walked.nodes) <= SPF_WALK_STEPS + 1
    check = run(lint("r0.example", now=0), TableSource({name: {"TXT": [f"v=spf1 {text}"]} for name, text in records.items()}))
    assert "spf-tree-cut" in {found.rule for found in check.findings}
    assert check.reason.endswith("of 2 void")
    assert "at least" in check.reason
    assert len(list(check.walk())) < 100


def test_too_many_names_are_not_asked() -> None:
    source = TableSource({"a.example": {"TXT": ["v=spf1 " + " ".join(f"a:n{at}.example" for at in range(400)) + " -all"]}})
    walked = run(walk("a.example", now=0), source)
    assert len(source.asked) == 1 + 2 * SPF_WALK_NAMES
    assert walked.root.lookups == 400
    assert walked.nodes[-1].unread


@pytest.mark.parametrize("term", ["a", "include:a.example", "foo", "ip4:10.0.0.0/8", "%", "mx:%{d}.x.example", "a:%{i}"])
def test_ten_thousand_terms(term: str) -> None:
    source = TableSource({"a.example": {"TXT": ["v=spf1 " + " ".join([term] * 10_000)[:65_000]]}})
    check = run(lint("a.example", now=0), source)
    assert check.status is Status.PERMERROR
    assert len(source.asked) < 10
    assert sum(len(found.message) + sum(len(each.text) for each in found.evidence) for found in check.all_findings()) < 400_000


@pytest.mark.parametrize("octet", [b"\0", b" ", b"%", b":", b"/", b".", b"=", b"\xff", b"-", b'"'])
def test_64_kilobytes_of_anything(octet: bytes) -> None:
    check = run(lint("a.example", now=0), TableSource({"a.example": {"TXT": [b"v=spf1 " + octet * 65_000]}}))
    assert check.status in (Status.PERMERROR, Status.PASS)


# --- against evaluation

TERMS = ["a", "mx", "a:four.example", "a:no.example", "mx:four.example", "ip4:192.0.2.0/24", "exists:no.example"]
TERMS += [f"{sign}include:{name}.example" for name in "bcd" for sign in ("", "?")]
ENDS = ["-all", "~all", "", "redirect=d.example", "?all"]
RECORD = st.tuples(st.lists(st.sampled_from(TERMS), max_size=4), st.sampled_from(ENDS)).map(
    lambda both: " ".join([*both[0], both[1]])
)


@given(st.lists(RECORD, min_size=4, max_size=4))
def test_it_counts_what_an_evaluation_counts_for_a_host_that_nothing_matches(texts: list[str]) -> None:
    table: dict[str, Mapping[str, Entry]] = {"four.example": {"A": ["192.0.2.1"], "MX": ["1 four.example"]}}
    for name, text in zip("abcd", texts, strict=True):
        table[f"{name}.example"] = {"TXT": [f"v=spf1 {text}".strip()]}
    walked = run(walk("a.example", now=0), TableSource(table))
    check = run(lint("a.example", now=0), TableSource(table))
    four = run(evaluate("203.0.113.9", "x@a.example", "h.example", now=0), TableSource(table))
    six = run(evaluate("2001:db8::9", "x@a.example", "h.example", now=0), TableSource(table))
    assert (check.status is Status.PERMERROR) is (four.status is Status.PERMERROR), four.reason
    if four.status is not Status.PERMERROR:
        assert (walked.root.lookups, walked.root.voids4) == (four.lookups, four.voids)
    if six.status is not Status.PERMERROR:
        assert (walked.root.lookups, walked.root.voids6) == (six.lookups, six.voids)


NETWORK = st.tuples(st.integers(0, 255), st.integers(0, 8))


@given(st.lists(NETWORK))
def test_addresses_are_counted_once(nets: list[tuple[int, int]]) -> None:
    """Over the last octet of one network, where every address can be listed."""
    built = [network(bytes([192, 0, 2, octet]), 24 + length) for octet, length in nets]
    listed = {start + each for _, start, length in built for each in range(1 << (32 - length))}
    assert count(built, 32) == len(listed)
    assert count(built, 128) == 0
