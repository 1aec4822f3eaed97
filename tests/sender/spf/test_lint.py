"""The lint of SPF records: each rule fires where it should and stays quiet on a sound record."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import Answer, AnswerStatus, Query, Record, run
from mailsec.core.limits.sender import LINT_QUOTED, LINT_SHOWN
from mailsec.core.rdata import encode_txt
from mailsec.core.results import Check, Finding, Severity, Status
from mailsec.sender.spf.lint import lint
from mailsec.sender.spf.record import parse
from tests.support import Entry, TableSource

NAME = "example.com"
SOUND = "v=spf1 mx a:relay.example.com ip4:192.0.2.0/24 ip6:2001:db8::/48 include:_spf.example.net -all"
WORLD: dict[str, Mapping[str, Entry]] = {
    NAME: {"A": ["192.0.2.1"], "MX": ["10 mx.example.com"]},
    "mx.example.com": {"A": ["192.0.2.2"], "AAAA": ["2001:db8::2"]},
    "relay.example.com": {"A": ["198.51.100.1"], "AAAA": ["2001:db8:1::1"]},
    "_spf.example.net": {"TXT": ["v=spf1 ip4:203.0.113.0/25 ~all"]},
    "empty.example.com": {},
    "open.example.net": {"TXT": ["v=spf1 +all"]},
    "broken.example.net": {"TXT": ["v=spf1 ip4:300.1.1.1 foo -all"]},
    "twice.example.net": {"TXT": ["v=spf1 -all", "v=spf1 ~all"]},
    "loop.example.net": {"TXT": ["v=spf1 include:example.com -all"]},
    "wide.example.net": {"TXT": ["v=spf1 ip4:10.0.0.0/8 -all"]},
    "exists.example.net": {"A": ["127.0.0.2"]},
    "exp.example.com": {"TXT": ["%{i} may not send for %{d}"]},
    "bad-exp.example.com": {"TXT": ["100% wrong"]},
    "utf8-exp.example.com": {"TXT": ["für niemanden"]},
    "null.example.com": {"MX": ["0 ."]},
    "many.example.com": {"MX": [f"10 mx{at}.example.com" for at in range(11)]},
    "down.example.com": {
        "A": AnswerStatus.SERVFAIL,
        "AAAA": ["2001:db8::3"],
        "MX": AnswerStatus.TIMEOUT,
        "TXT": AnswerStatus.TIMEOUT,
    },
}


def judge(*records: str | bytes, extra: Mapping[str, Mapping[str, Entry]] | None = None) -> Check:
    table = WORLD | dict(extra or {})
    table[NAME] = {**table[NAME], "TXT": list(records)} if records else dict(table[NAME])
    return run(lint(NAME, now=0), TableSource(table))


def by_rule(check: Check, rule: str) -> Finding:
    return next(found for found in check.all_findings() if found.rule == rule)


def found_rules(check: Check) -> set[str]:
    return {found.rule for found in check.all_findings()}


def test_a_sound_record_has_no_findings() -> None:
    check = judge(SOUND)
    assert (check.status, found_rules(check)) == (Status.PASS, set())
    assert check.reason == "the record is valid; 3 of 10 lookups, 0 of 2 void"
    assert check.fact("lookups") == 3
    assert check.fact("ipv4-addresses") == 256 + 1 + 128
    assert check.fact("ipv6-networks-64") == 2**16 + 1
    assert check.fact("includes") == "_spf.example.net"
    assert check.fact("all") == "-"
    assert [child.name for child in check.children] == ["mx", "a:relay.example.com", "include:_spf.example.net"]
    assert check.children[2].evidence[0].text == "v=spf1 ip4:203.0.113.0/25 ~all"
    assert check.evidence[0].text == SOUND


# record, rule, severity, fix
FIRING = [
    ("v=spf1 ip4:192.0.2.0/33 -all", "spf-syntax", "medium", ""),
    ("v=spf1 ipv4:192.0.2.0/24 -all", "spf-syntax", "medium", "v=spf1 ip4:192.0.2.0/24 -all"),
    ("v=spf1 ip4:2001:db8::/32 -all", "spf-syntax", "medium", "v=spf1 ip6:2001:db8::/32 -all"),
    ("v=spf1 ?ip6:192.0.2.1 -all", "spf-syntax", "medium", "v=spf1 ?ip4:192.0.2.1 -all"),
    ("v=spf1 192.0.2.1 -all", "spf-syntax", "medium", "v=spf1 ip4:192.0.2.1 -all"),
    ("v=spf1 ip4:192.0.2.0/024 -all", "spf-syntax", "medium", "v=spf1 ip4:192.0.2.0/24 -all"),
    ("v=spf1 mx; -all;", "spf-syntax", "medium", "v=spf1 mx -all"),
    ("v=spf1 mx\r\n -all", "spf-syntax", "medium", "v=spf1 mx -all"),
    ("v=spf1 mx –all", "spf-syntax", "medium", "v=spf1 mx -all"),
    ('v=spf1 mx "-all"', "spf-syntax", "medium", "v=spf1 mx -all"),
    ("v=spf1 redirect:_spf.example.net", "spf-syntax", "medium", "v=spf1 redirect=_spf.example.net"),
    ("v=spf1 a:foo -all", "spf-syntax", "medium", ""),
    ("v=spf1 ip4:1.2.3 -all", "spf-syntax", "medium", ""),
    ("v=spf1 redirect=_spf.example.net redirect=_spf.example.net", "spf-syntax", "medium", ""),
    ("v=spf1 mx -all a", "spf-dead-term", "low", "v=spf1 mx -all"),
    ("v=spf1 mx -all redirect=_spf.example.net", "spf-dead-term", "low", "v=spf1 mx -all"),
    ("v=spf1 mx a mx -all", "spf-duplicate-term", "low", "v=spf1 mx a -all"),
    ("v=spf1 include:_SPF.example.net -include:_spf.example.net -all", "spf-duplicate-term", "low",
     "v=spf1 include:_SPF.example.net -all"),
    ("v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.9 -all", "spf-contained-network", "info", "v=spf1 ip4:192.0.2.0/24 -all"),
    ("v=spf1 ip6:2001:db8::/48 ip6:2001:db8::1 -all", "spf-contained-network", "info", "v=spf1 ip6:2001:db8::/48 -all"),
    ("v=spf1 ip4:192.0.2.9 ip4:192.0.2.0/24 -all", "spf-contained-network", "info", ""),
    ("v=spf1 +all", "spf-plus-all", "high", ""),
    ("v=spf1 exists:exists.example.net -all", "spf-plus-all", "high", ""),
    ("v=spf1 mx ?all", "spf-neutral-all", "low", ""),
    ("v=spf1 mx ~all", "spf-softfail-all", "info", ""),
    ("v=spf1 mx", "spf-no-all", "low", ""),
    ("v=spf1 ptr -all", "spf-ptr", "low", ""),
    ("v=spf1 exists:%{p}.example.com -all", "spf-ptr", "low", ""),
    ("v=spf1 ip4:172.16.0.0/12 -all", "spf-wide-network", "medium", ""),
    ("v=spf1 ip6:2001::/16 -all", "spf-wide-network", "medium", ""),
    ("v=spf1 a/8 -all", "spf-wide-network", "medium", ""),
    ("v=spf1 a//16 -all", "spf-wide-network", "medium", ""),
    ("v=spf1 ip4:0.0.0.0/0 -all", "spf-wide-network", "high", ""),
    ("v=spf1 ip4:0.0.0.0/2 ip4:128.0.0.0/2 -all", "spf-wide-network", "high", ""),
    ("v=spf1 include:wide.example.net -all", "spf-wide-network", "low", ""),
    ("v=spf1 include=_spf.example.net -all", "spf-mechanism-as-modifier", "medium", "v=spf1 include:_spf.example.net -all"),
    ("v=spf1 mx x-note=hello -all", "spf-unknown-modifier", "info", ""),
    ("v=spf1 ip4=nonsense -all", "spf-unknown-modifier", "info", ""),
    ("v=spf1 IP4:192.0.2.1 -ALL", "spf-upper-case", "info", "v=spf1 ip4:192.0.2.1 -all"),
    ("V=SPF1 mx -all", "spf-upper-case", "info", "v=spf1 mx -all"),
    ("v=spf1 include:open.example.net -all", "spf-include-passes-all", "high", ""),
    ("v=spf1 redirect=open.example.net", "spf-include-passes-all", "high", ""),
    ("v=spf1 include:nowhere.example.net -all", "spf-target-without-record", "medium", ""),
    ("v=spf1 include:empty.example.com -all", "spf-target-without-record", "medium", ""),
    ("v=spf1 include:broken.example.net -all", "spf-syntax", "medium", ""),
    ("v=spf1 include:twice.example.net -all", "spf-several-records", "medium", ""),
    ("v=spf1 include:loop.example.net -all", "spf-loop", "medium", ""),
    ("v=spf1 mx:many.example.com -all", "spf-too-many-mx", "medium", ""),
    ("v=spf1 a:empty.example.com -all", "spf-term-finds-nothing", "low", ""),
    ("v=spf1 mx:empty.example.com -all", "spf-term-finds-nothing", "low", ""),
    ("v=spf1 mx:null.example.com -all", "spf-term-finds-nothing", "low", ""),
    (f"v=spf1 a:{'x' * 64}.example.com -all", "spf-name-not-askable", "low", ""),
    (f"v=spf1 include:{'x' * 64}.example.com -all", "spf-name-not-askable", "low", ""),
    ("v=spf1 mx -all exp=nowhere.example.com", "spf-no-explanation", "low", ""),
    ("v=spf1 mx -all exp=bad-exp.example.com", "spf-no-explanation", "low", ""),
    ("v=spf1 mx -all exp=utf8-exp.example.com", "spf-no-explanation", "low", ""),
    (f"v=spf1 mx -all exp={'x' * 64}.example.com", "spf-no-explanation", "low", ""),
    ("v=spf1 mx -all exp=down.example.com", "spf-lookup-failed", "low", ""),
    ("v=spf1 a:down.example.com -all", "spf-lookup-failed", "low", ""),
    ("v=spf1 mx:down.example.com -all", "spf-lookup-failed", "low", ""),
    ("v=spf1 include:down.example.com -all", "spf-lookup-failed", "low", ""),
    (f"v=spf1 {' '.join(f'a:relay{at}.example.com' for at in range(11))} -all", "spf-too-many-lookups", "medium", ""),
    ("v=spf1 a:no1.example.com a:no2.example.com a:no3.example.com -all", "spf-too-many-voids", "medium", ""),
    ("v=spf1 a a:no1.example.com a:no2.example.com -all", "spf-too-many-voids", "low", ""),
    ("v=spf1 exists:%{i}.a.example exists:%{i}.b.example a:%{l}.example.com -all", "spf-too-many-voids", "low", ""),
    (f"v=spf1 {'ip4:192.0.2.1 ' * 40}-all", "spf-long-record", "info", "v=spf1 ip4:192.0.2.1 -all"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "rule", "severity", "fix"), FIRING)
def test_each_rule_fires(record: str, rule: str, severity: str, fix: str) -> None:
    check = judge(record)
    found = by_rule(check, rule)
    assert found.severity == severity
    if rule != "spf-long-record":
        assert found.fix == fix
    if fix:
        assert not parse(fix.encode()).problems


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (SOUND, Status.PASS),
        ("v=spf1 ip4:192.0.2.0/33 -all", Status.PERMERROR),
        ("v=spf1 include:broken.example.net -all", Status.PERMERROR),
        ("v=spf1 include:nowhere.example.net -all", Status.PERMERROR),
        ("v=spf1 include:localhost.example.net include:x%{i}.example.net -all", Status.PERMERROR),
        ("v=spf1 include:%{i}.example.net -all", Status.PASS),
        ("v=spf1 include:loop.example.net -all", Status.PERMERROR),
        ("v=spf1 mx:many.example.com -all", Status.PERMERROR),
        ("v=spf1 include:down.example.com -all", Status.TEMPERROR),
        ("v=spf1 include:down.example.com include:broken.example.net -all", Status.PERMERROR),
        ("v=spf1 a a:no1.example.com a:no2.example.com -all", Status.PASS),
        (f"v=spf1 a:{'x' * 64}.example.com -all", Status.PASS),
        ("v=spf1 include:open.example.net include:broken.example.net -all", Status.PASS),
    ],
)
def test_status(record: str, status: Status) -> None:
    assert judge(record).status is status


def test_explanations_that_are_fine() -> None:
    for record in ("v=spf1 mx -all exp=exp.example.com", "v=spf1 mx -all exp=%{i}.example.com", "v=spf1 mx -all exp=exp.%{d}"):
        assert found_rules(judge(record)) == set(), record
    two = judge("v=spf1 mx -all exp=two.example.com", extra={"two.example.com": {"TXT": ["a", "b"]}})
    assert "has 2 TXT records" in by_rule(two, "spf-no-explanation").message
    odd = judge("v=spf1 mx -all exp=%{l1r-}.%{d2}")
    assert found_rules(odd) == set()


def test_no_record() -> None:
    check = judge("some other text")
    assert (check.status, found_rules(check)) == (Status.NONE, {"spf-no-record"})
    assert check.reason == "example.com has no SPF record"
    gone = run(lint("gone.example", now=0), TableSource({}))
    assert gone.reason == "gone.example does not exist"


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.REFUSED, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_not_an_absent_record(status: AnswerStatus) -> None:
    check = run(lint(NAME, now=0), TableSource({NAME: status}))
    assert (check.status, found_rules(check)) == (Status.TEMPERROR, {"spf-lookup-failed"})


def test_several_records() -> None:
    check = judge("v=spf1 mx -all", "v=spf1 a -all")
    assert (check.status, by_rule(check, "spf-several-records").fix) == (Status.PERMERROR, "")
    same = judge("v=spf1 mx -all", "v=spf1 mx -all", "other")
    assert by_rule(same, "spf-several-records").fix == "v=spf1 mx -all"


@pytest.mark.parametrize(
    "text", [" v=spf1 -all", "v=spf1;-all", '"v=spf1 -all"', "spf1 -all", "v = spf1 -all", "v=spf2 -all", "v=spf1-all"]
)
def test_nearly_a_record(text: str) -> None:
    check = judge(text)
    assert check.status is Status.NONE
    assert found_rules(check) == {"spf-no-record", "spf-not-recognized"}


def test_type_99_is_reported() -> None:
    table = WORLD | {NAME: {"TXT": ["v=spf1 -all"], "SPF": ["v=spf1 -all"]}}
    check = run(lint(NAME, now=0), TableSource(table))
    assert found_rules(check) == {"spf-type-spf"}


def strings(*parts: bytes) -> Check:
    source = TableSource({NAME: WORLD[NAME]} | WORLD)
    plain = source.start

    def start(ask: object) -> object:
        if ask == Query(NAME, "TXT"):
            data = b"".join(encode_txt(part) for part in parts)
            return Answer(Query(NAME, "TXT"), AnswerStatus.OK, (Record(NAME, "TXT", 1, data),))
        return plain(ask)

    source.start = start
    return run(lint(NAME, now=0), source)


@pytest.mark.parametrize(
    ("parts", "fix"),
    [
        ((b"v=spf1 mx", b"a:relay.example.com -all"), "v=spf1 mx a:relay.example.com -all"),
        ((b"v=spf1 include:_spf.example.net", b"include:_spf.example.net -all"), "v=spf1 include:_spf.example.net -all"),
        ((b"v=spf1 ip4:192.0.2.1", b"-all"), "v=spf1 ip4:192.0.2.1 -all"),
        ((b"v=spf1 ip4:192.0.2.1", b"ip4:300.0.0.1 -all"), ""),
    ],
)
def test_a_space_lost_between_strings(parts: tuple[bytes, ...], fix: str) -> None:
    check = strings(*parts)
    assert by_rule(check, "spf-lost-space").fix == fix
    assert "spf-several-strings" in found_rules(check)


@pytest.mark.parametrize(
    "parts",
    [
        (b"v=spf1 mx ", b"a:relay.example.com -all"),
        (b"v=spf1 mx", b" -all"),
        (b"v=spf1 ip4:192.0.", b"2.1 -all"),
        (b"v=spf1 ip6:2001:db8::", b"a:1 -all"),
        (b"v=spf1 include:", b"_spf.example.net -all"),
        (b"v=spf1 include:_spf.", b"example.net -all"),
        (b"v=sp", b"f1 mx -all"),
    ],
)
def test_a_record_cut_anywhere_else_is_fine(parts: tuple[bytes, ...]) -> None:
    check = strings(*parts)
    assert found_rules(check) == {"spf-several-strings"}
    assert check.fact("strings") == 2


def test_a_version_alone_in_its_string() -> None:
    check = strings(b"v=spf1", b"mx -all")
    assert found_rules(check) == {"spf-no-record", "spf-not-recognized"}
    check = strings(b"v=spf1", b"a:relay.example.com -all")
    assert check.status is Status.NONE


def test_a_txt_record_that_cannot_be_read_is_a_temporary_error() -> None:
    source = TableSource({})
    source.start = lambda ask: Answer(ask, AnswerStatus.OK, (Record(NAME, "TXT", 1, b"\x09x"),))
    assert run(lint(NAME, now=0), source).status is Status.TEMPERROR


def test_every_syntax_error_is_listed_with_its_place() -> None:
    record = "v=spf1 ip4:1 foo -all:x ip6:1"
    found = [each for each in judge(record).findings if each.rule == "spf-syntax"]
    assert [each.message.split(":")[0] for each in found] == ["octet 11", "octet 13", "octet 21", "octet 28"]
    assert [record[each.evidence[0].start : each.evidence[0].end] for each in found] == ["1", "foo", ":x", "1"]


def test_what_everybody_passes_below_a_qualifier_is_no_pass() -> None:
    check = judge("v=spf1 ?include:open.example.net -all")
    assert "spf-include-passes-all" not in found_rules(check)
    assert check.fact("ipv4-addresses") == 0
    assert judge("v=spf1 ?include:_spf.example.net ip4:192.0.2.1 -all").fact("ipv4-addresses") == 1
    opened = judge("v=spf1 include:open.example.net -all")
    assert opened.fact("ipv4-addresses") == 2**32
    assert opened.fact("ipv6-networks-64") == str(2**64)


def test_a_record_met_again_is_shown_once() -> None:
    below = {"b.example.net": {"TXT": ["v=spf1 include:_spf.example.net -all"]}}
    check = judge("v=spf1 include:_spf.example.net include:b.example.net -all", extra=below)
    inner = check.children[1].children[0]
    assert (inner.reason, inner.children) == ("the record is shown above", ())
    assert check.fact("records") == 3


def test_findings_of_one_kind_are_limited() -> None:
    check = judge("v=spf1 " + "foo " * 200 + "-all")
    found = [each for each in check.findings if each.rule == "spf-syntax"]
    assert len(found) == LINT_SHOWN + 1
    assert found[-1].message == f"and {200 - LINT_SHOWN} more of the kind"
    tree = judge("v=spf1 " + " ".join(f"a:n{at}.example.com" for at in range(90)) + " -all")
    assert len([each for each in tree.findings if each.rule == "spf-term-finds-nothing"]) == LINT_SHOWN


def test_a_long_record_is_not_quoted_whole_by_each_finding() -> None:
    check = judge("v=spf1 " + "mx " * 900 + "-all")
    assert all(len(each.evidence[0].text) <= LINT_QUOTED for each in check.findings if each.evidence)
    assert not any(found.fix for found in check.findings)


TERMS = [
    "mx",
    "a",
    "all",
    "-all",
    "?all",
    "ip4:192.0.2.0/24",
    "ip4:192.0.2.1",
    "ip4:10.0.0.0/8",
    "redirect=x.example",
    "ptr",
    "Mx",
]


@given(st.lists(st.sampled_from(TERMS)))
def test_a_fix_means_what_the_record_meant(terms: list[str]) -> None:
    """The corrected record lets the same addresses pass and has nothing left to correct."""
    check = judge(" ".join(["v=spf1", *terms]))
    fixes = {each.fix for each in check.findings if each.fix}
    assert len(fixes) <= 1
    for fix in fixes:
        again = judge(fix)
        assert not [each for each in again.findings if each.fix]
        assert again.fact("ipv4-addresses") == check.fact("ipv4-addresses")
        assert again.fact("all") == check.fact("all")


@given(st.binary(max_size=300))
def test_no_octets_upset_it(data: bytes) -> None:
    check = judge(b"v=spf1 " + data)
    check.reason.encode()
    for found in check.all_findings():
        found.message.encode()
        found.fix.encode()


def test_severity_is_an_order() -> None:
    assert by_rule(judge("v=spf1 +all"), "spf-plus-all").severity is Severity.HIGH
