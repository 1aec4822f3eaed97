"""The lint of DMARC records: each rule fires where it should and stays quiet on a sound record."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import Answer, AnswerStatus, Ask, Record, run
from mailsec.core.limits.sender import DMARC_REPORT_HOSTS, LINT_QUOTED, LINT_SHOWN
from mailsec.core.results import Check, Finding, Status
from mailsec.core.suffixes import listed_organization, public_suffix
from mailsec.sender.dmarc.destinations import host_of, is_address
from mailsec.sender.dmarc.lint import Standard, lint
from mailsec.sender.dmarc.record import ReportUri, parse
from tests.support import Entry, TableSource

NAME = "example.com"
SOUND = "v=DMARC1; p=reject; rua=mailto:reports@example.com"
Table = dict[str, Any]


def world(*records: str | bytes, at: str = NAME, **extra: Mapping[str, Entry]) -> Table:
    table: Table = {NAME: {"A": ["192.0.2.1"]}, "sub.example.com": {"A": ["192.0.2.2"]}}
    if records:
        table[f"_dmarc.{at}"] = {"TXT": list(records)}
    return table | extra


def judge(
    *records: str | bytes, domain: str = NAME, standard: Standard = "rfc9989", extra: Mapping[str, Any] | None = None
) -> Check:
    return run(lint(domain, standard=standard), TableSource(world(*records) | dict(extra or {})))


def found_rules(check: Check) -> set[str]:
    return {found.rule for found in check.all_findings()}


def by_rule(check: Check, rule: str) -> Finding:
    return next(found for found in check.all_findings() if found.rule == rule)


def agreement(target: str, source: str = NAME, text: str = "v=DMARC1") -> Table:
    return {f"{source}._report._dmarc.{target}": {"TXT": [text]}, target: {"A": ["192.0.2.3"]}}


def test_a_sound_record_has_no_findings() -> None:
    check = judge(SOUND)
    assert (check.status, found_rules(check), check.reason) == (Status.PASS, set(), "p=reject")
    assert (check.fact("record-at"), check.fact("organizational-domain"), check.fact("policy")) == (NAME, NAME, "reject")
    assert (check.fact("sp"), check.fact("np"), check.fact("testing")) == ("reject", "reject", False)
    assert check.evidence[0].where == "_dmarc.example.com"
    walk, destination = check.children
    assert [step.name for step in walk.children] == ["_dmarc.example.com", "_dmarc.com"]
    assert (destination.name, destination.status) == ("reports to example.com", Status.PASS)


REPORTS = "rua=mailto:reports@example.com"

FIRING = [
    (f"v=DMARC1; p=none; {REPORTS}", "dmarc-policy-none", "low", ""),
    ("v=DMARC1; p=none", "dmarc-policy-none", "medium", ""),
    (f"v=DMARC1; {REPORTS}", "dmarc-policy-none", "low", f"v=DMARC1; p=none; {REPORTS}"),
    ("v=DMARC1; p=reject", "dmarc-no-reports", "low", ""),
    (f"v=DMARC1; p=reject; sp=none; {REPORTS}", "dmarc-sp-weaker", "medium", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; sp=quarantine; {REPORTS}", "dmarc-sp-weaker", "medium", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; np=none; {REPORTS}", "dmarc-np-weaker", "medium", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=none; sp=reject; np=none; {REPORTS}", "dmarc-np-weaker", "medium",
     f"v=DMARC1; p=none; sp=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; t=y; {REPORTS}", "dmarc-testing", "low", ""),
    (f"v=DMARC1; p=reject; pct=50; {REPORTS}", "dmarc-removed-tag", "info", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; pct=0; {REPORTS}", "dmarc-removed-tag", "info", f"v=DMARC1; p=reject; t=y; {REPORTS}"),
    (f"v=DMARC1; p=reject; rf=afrf; ri=86400; {REPORTS}", "dmarc-removed-tag", "info", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; foo=bar; {REPORTS}", "dmarc-unknown-tag", "info", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; adkim=x; {REPORTS}", "dmarc-invalid-tag", "low", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; hello; {REPORTS}", "dmarc-invalid-tag", "low", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; {REPORTS},reports@example.com", "dmarc-invalid-tag", "low", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; {REPORTS},mailto:nobody", "dmarc-invalid-tag", "low", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=rejected; {REPORTS}", "dmarc-invalid-policy", "medium", ""),
    ("v=DMARC1; p=rejected", "dmarc-invalid-policy", "medium", ""),
    (f"v=DMARC1; p=reject; {REPORTS}!10m", "dmarc-report-size", "info", f"v=DMARC1; p=reject; {REPORTS}"),
    (f"v=DMARC1; p=reject; {REPORTS},https://example.com/r", "dmarc-report-scheme", "low", ""),
    ("v=DMARC1; p=reject; rua=mailto:a@localhost", "dmarc-report-address", "low", ""),
    ("v=DMARC1; p=reject; rua=mailto:a%20b@example.com", "dmarc-report-address", "low", ""),
    ("v=DMARC1; p=reject; rua=mailto:a@-example-.com", "dmarc-report-address", "low", ""),
    ("v=DMARC1; p=reject; rua=mailto:a@example.net", "dmarc-reports-not-authorized", "low",
     'example.com._report._dmarc.example.net. IN TXT "v=DMARC1"'),
    ("v=DMARC1; p=reject; rua=mailto:a@example.org", "dmarc-reports-not-authorized", "low",
     'example.com._report._dmarc.example.org. IN TXT "v=DMARC1"'),
    (f"v=DMARC1; p=reject; psd=y; {REPORTS}", "dmarc-psd-misused", "medium", f"v=DMARC1; p=reject; {REPORTS}"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "rule", "severity", "fix"), FIRING)
def test_each_rule_fires(record: str, rule: str, severity: str, fix: str) -> None:
    found = by_rule(judge(record), rule)
    assert (found.severity, found.fix) == (severity, fix)


@pytest.mark.parametrize(
    "record",
    [
        SOUND,
        f"v=DMARC1; p=quarantine; sp=reject; np=reject; {REPORTS}",
        f"v=DMARC1; p=reject; psd=n; {REPORTS}",
        f"v=DMARC1; p=reject; adkim=s; aspf=s; fo=1:d:s; ruf=mailto:f@example.com; {REPORTS}",
    ],
)
def test_records_with_nothing_to_say(record: str) -> None:
    assert found_rules(judge(record)) == set()


def test_every_defect_is_named_with_its_place() -> None:
    record = f"v=DMARC1; p=reject; x; adkim=q; {REPORTS}"
    found = [each for each in judge(record).findings if each.rule == "dmarc-invalid-tag"]
    assert [record[each.evidence[0].start : each.evidence[0].end].strip() for each in found] == ["x", "q"]
    assert found[0].message.startswith("character 19")


# --- where the record is


def test_no_record_is_a_high_finding() -> None:
    check = judge()
    assert (check.status, found_rules(check)) == (Status.NONE, {"dmarc-missing"})
    found = check.findings[0]
    assert (found.severity, found.fix) == ("high", "v=DMARC1; p=none; rua=mailto:postmaster@example.com")
    assert parse(found.fix)


def test_a_subdomain_under_its_organizations_record() -> None:
    record = f"v=DMARC1; p=reject; sp=quarantine; np=none; {REPORTS}"
    there = judge(record, domain="sub.example.com")
    assert (there.status, there.fact("exists"), there.fact("policy"), there.fact("record-at")) == (
        Status.PASS,
        True,
        "quarantine",
        NAME,
    )
    gone = judge(record, domain="gone.example.com")
    assert (gone.fact("exists"), gone.fact("policy")) == (False, "none")
    assert gone.reason == "p=reject, from example.com"
    unknown = judge(record, domain="sub.example.com", extra={"sub.example.com": AnswerStatus.TIMEOUT})
    assert (unknown.fact("exists"), unknown.fact("policy")) == (None, None)
    same = judge(SOUND, domain="sub.example.com", extra={"sub.example.com": AnswerStatus.TIMEOUT})
    assert same.fact("policy") == "reject"


def test_subdomain_policies_below_the_organizational_domain_mean_nothing() -> None:
    own = {"_dmarc.sub.example.com": {"TXT": [f"v=DMARC1; p=reject; sp=none; {REPORTS}"]}}
    check = judge(SOUND, domain="sub.example.com", extra=own)
    assert found_rules(check) == {"dmarc-sp-ignored"}
    assert by_rule(check, "dmarc-sp-ignored").severity == "info"
    plain = {"_dmarc.sub.example.com": {"TXT": [SOUND]}}
    assert found_rules(judge(SOUND, domain="sub.example.com", extra=plain)) == set()


def test_several_records_are_none() -> None:
    check = judge(SOUND, SOUND)
    assert (check.status, found_rules(check)) == (Status.PERMERROR, {"dmarc-several-records"})
    assert by_rule(check, "dmarc-several-records").severity == "high"
    above = judge(SOUND, SOUND, domain="sub.example.com", extra={"_dmarc.sub.example.com": {"TXT": [SOUND]}})
    assert (above.status, by_rule(above, "dmarc-several-records").severity) == (Status.PASS, "medium")


def test_a_record_that_does_not_count() -> None:
    check = judge("v=DMARC1; p=rejected")
    assert check.status is Status.PERMERROR
    assert check.fact("policy") is None
    assert judge(f"v=DMARC1; p=rejected; {REPORTS}").status is Status.PASS


def test_a_record_at_the_domain_itself() -> None:
    apex = {NAME: {"A": ["192.0.2.1"], "TXT": ["v=spf1 -all", SOUND, SOUND]}}
    check = judge(extra=apex)
    assert found_rules(check) == {"dmarc-wrong-place", "dmarc-missing"}
    assert len(check.findings) == 2
    assert found_rules(judge(SOUND, extra=apex)) == {"dmarc-wrong-place"}


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("v=DMARC1 p=reject", "v=DMARC1; p=reject"),
        (f"v=dmarc1; p=reject; {REPORTS}", f"v=DMARC1; p=reject; {REPORTS}"),
        (f'"{SOUND}"', SOUND),
        (SOUND.replace(";", "\\;"), SOUND),
        (f" {SOUND}", SOUND),
        ("DMARC1; p=reject", "v=DMARC1; p=reject"),
        ("p=reject; v=DMARC1", ""),
        ("v=DMARC2; p=reject", ""),
        ("v=dmarc1; p=rejected", ""),
        ("v=dmarc1; p=reject;" + " " * 1000, ""),
    ],
)
def test_nearly_a_record(text: str, fix: str) -> None:
    check = judge(text)
    assert (check.status, found_rules(check)) == (Status.NONE, {"dmarc-not-recognized", "dmarc-missing"})
    assert by_rule(check, "dmarc-not-recognized").fix == fix


def test_other_texts_at_dmarc_are_not_meant() -> None:
    assert found_rules(judge("hello")) == {"dmarc-missing"}


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.REFUSED, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_not_an_absent_record(status: AnswerStatus) -> None:
    check = judge(extra={"_dmarc.example.com": status})
    assert (check.status, found_rules(check)) == (Status.TEMPERROR, {"dmarc-lookup-failed"})
    above = judge(SOUND, extra={"_dmarc.com": status})
    assert (above.status, found_rules(above)) == (Status.PASS, {"dmarc-lookup-failed"})
    assert above.fact("organizational-domain") is None


def test_a_walk_with_too_many_gaps() -> None:
    extra = {
        f"_dmarc.{name}": AnswerStatus.TIMEOUT
        for name in ("b.c.d.example.com", "c.d.example.com", "d.example.com", NAME, "com")
    }
    own = {"_dmarc.a.b.c.d.example.com": {"TXT": [f"v=DMARC1; p=reject; sp=none; {REPORTS}"]}}
    check = judge(domain="a.b.c.d.example.com", extra=extra | own)
    assert check.status is Status.PASS
    assert {"dmarc-lookup-failed", "dmarc-sp-weaker"} == found_rules(check)


def test_txt_records_that_cannot_be_read() -> None:
    source = TableSource({})
    source.start = lambda ask: Answer(ask, AnswerStatus.OK, (Record("x", "TXT", 1, b"\x09x"),))
    assert run(lint(NAME), source).status is Status.NONE


# --- psd=


def test_public_suffixes_may_say_so() -> None:
    record = {
        "_dmarc.co.uk": {"TXT": ["v=DMARC1; p=none; sp=reject; psd=y; rua=mailto:a@co.uk"]},
        "co.uk": {"A": ["192.0.2.4"]},
    }
    assert "dmarc-psd-misused" not in found_rules(judge(domain="co.uk", extra=record))
    below = judge(domain="shop.co.uk", extra=record | {"shop.co.uk": {}})
    assert (below.fact("organizational-domain"), below.fact("record-at"), below.fact("policy")) == (
        "shop.co.uk",
        "co.uk",
        "reject",
    )
    assert found_rules(below) == {"dmarc-policy-none"}


def test_a_subdomain_that_cuts_itself_off() -> None:
    own = {"_dmarc.sub.example.com": {"TXT": [f"v=DMARC1; p=reject; psd=n; {REPORTS}"]}}
    check = judge(SOUND, domain="sub.example.com", extra=own | agreement(NAME, "sub.example.com"))
    assert found_rules(check) == {"dmarc-psd-boundary"}


# --- where reports go


def test_reports_to_others_who_have_agreed() -> None:
    record = "v=DMARC1; p=reject; rua=mailto:a@r.example.net,mailto:b@example.org; ruf=mailto:c@r.example.net"
    check = judge(
        record, extra=agreement("r.example.net") | agreement("example.org", text="v=DMARC1; rua=mailto:z@example.org")
    )
    assert found_rules(check) == set()
    assert [child.status for child in check.children[1:]] == [Status.PASS, Status.PASS]


def test_reports_to_a_host_of_the_same_organization() -> None:
    mail = {"mail.example.com": {"MX": ["10 mx.example.com"]}}
    source = TableSource(world("v=DMARC1; p=reject; rua=mailto:a@mail.example.com") | mail)
    assert found_rules(run(lint(NAME), source)) == set()
    assert not any("_report" in str(ask) for ask in source.asked)


def test_reports_for_a_subdomain_ask_for_the_name_that_has_the_record() -> None:
    check = judge("v=DMARC1; p=reject; rua=mailto:a@example.org", domain="sub.example.com", extra=agreement("example.org"))
    assert "dmarc-reports-not-authorized" not in found_rules(check)


def test_an_agreement_that_sends_them_elsewhere_is_none() -> None:
    extra = agreement("example.org", text="v=DMARC1; rua=mailto:z@example.net")
    check = judge("v=DMARC1; p=reject; rua=mailto:a@example.org", extra=extra)
    assert "another host" in by_rule(check, "dmarc-reports-not-authorized").message


def test_other_texts_are_no_agreement() -> None:
    extra = agreement("example.org", text="v=spf1 -all")
    found = by_rule(judge("v=DMARC1; p=reject; rua=mailto:a@example.org", extra=extra), "dmarc-reports-not-authorized")
    assert "has no record that says v=DMARC1" in found.message


@pytest.mark.parametrize(
    "extra",
    [
        {"example.com._report._dmarc.example.org": AnswerStatus.TIMEOUT},
        {"example.com._report._dmarc.example.org": {"TXT": AnswerStatus.SERVFAIL}},
    ],
)
def test_an_agreement_that_was_not_learned_is_not_missing(extra: Table) -> None:
    check = judge("v=DMARC1; p=reject; rua=mailto:a@example.org", extra=agreement("example.org") | extra)
    assert (check.status, found_rules(check)) == (Status.PASS, {"dmarc-lookup-failed"})
    assert check.children[-1].status is Status.TEMPERROR


def test_an_organization_that_was_not_learned() -> None:
    check = judge(
        "v=DMARC1; p=reject; rua=mailto:a@example2.com",
        extra={"_dmarc.example2.com": AnswerStatus.TIMEOUT, "_dmarc.com": AnswerStatus.TIMEOUT},
    )
    assert "organizational domain could not be looked up" in check.children[-1].reason


def test_a_question_for_agreement_that_is_too_long() -> None:
    long = ".".join(["x" * 60] * 3) + ".org"
    name = ".".join(["y" * 50] * 2) + ".com"
    check = run(lint(name), TableSource({f"_dmarc.{name}": {"TXT": [f"v=DMARC1; p=reject; rua=mailto:a@{long}"]}, name: {}}))
    assert "too long a name" in by_rule(check, "dmarc-reports-not-authorized").message


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        ({"MX": ["10 mx.example.org"]}, ""),
        ({"AAAA": ["2001:db8::1"]}, ""),
        ({"MX": ["0 ."]}, "dmarc-report-address"),
        ({}, "dmarc-report-address"),
        (AnswerStatus.NXDOMAIN, "dmarc-report-address"),
        (AnswerStatus.TIMEOUT, "dmarc-lookup-failed"),
        ({"A": AnswerStatus.SERVFAIL}, "dmarc-lookup-failed"),
    ],
)
def test_a_host_that_takes_no_mail(host: Any, rule: str) -> None:
    check = judge("v=DMARC1; p=reject; rua=mailto:a@example.org", extra=agreement("example.org") | {"example.org": host})
    assert found_rules(check) == ({rule} if rule else set())
    web = judge("v=DMARC1; p=reject; rua=https://example.org/x", extra=agreement("example.org") | {"example.org": host})
    assert found_rules(web) == {"dmarc-report-scheme"}


def test_destinations_are_limited() -> None:
    rua = ",".join(f"mailto:a@r{at}.org" for at in range(100))
    source = TableSource(world(f"v=DMARC1; p=reject; rua={rua}"))
    run(lint(NAME), source)
    assert len([ask for ask in source.asked if "_report" in str(ask)]) == DMARC_REPORT_HOSTS


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("mailto:a@Example.org?subject=x@y", "example.org"),
        ("mailto:a%40b@example.org", "example.org"),
        ("https://user@Example.org:8443/x", "example.org"),
        ("https://[::1]/x", ""),
        ("https://[x/", ""),
        ("mailto:a@[192.0.2.1]", ""),
        ("tel:123", ""),
        ("mailto:a@org", ""),
    ],
)
def test_hosts_of_addresses(uri: str, host: str) -> None:
    assert host_of(ReportUri(uri)) == host


def test_addresses() -> None:
    assert is_address(ReportUri("mailto:dmarc+x@example.org?subject=y"))
    assert not is_address(ReportUri("mailto:a@example.com,b@example.org"))
    assert not is_address(ReportUri(f"mailto:{'x' * 65}@example.org"))


# --- RFC 7489


def old(check: Check) -> Check:
    child = check.child("rfc7489")
    assert child is not None
    return child


def test_both_standards_say_the_same() -> None:
    child = old(judge(SOUND, standard="rfc7489"))
    assert (child.status, child.reason, child.findings) == (Status.PASS, "the same answer", ())
    assert (child.fact("organizational-domain"), child.fact("public-suffix"), child.fact("policy")) == (NAME, "com", "reject")
    assert judge(SOUND).child("rfc7489") is None
    assert old(judge(standard="rfc7489")).status is Status.NONE


@pytest.mark.parametrize(
    ("records", "domain", "expected"),
    [
        ({NAME: f"v=DMARC1; p=reject; t=y; {REPORTS}"}, NAME, "policy reject, by RFC 9989 quarantine"),
        ({NAME: f"v=DMARC1; p=reject; pct=20; {REPORTS}"}, NAME, "pct=20 is honoured"),
        ({NAME: f"v=DMARC1; p=reject; np=none; {REPORTS}"}, "gone.example.com", "policy reject, by RFC 9989 none"),
        ({NAME: "v=DMARC1; adkim=s"}, NAME, "record at no name, by the tree walk at example.com"),
        ({"b.example.com": SOUND}, "a.b.example.com", "record at no name, by the tree walk at b.example.com"),
        ({"sub.example.com": f"v=DMARC1; p=reject; psd=n; {REPORTS}"}, "sub.example.com",
         "organizational domain example.com, by the tree walk sub.example.com"),
        ({"co.uk": "v=DMARC1; p=reject; psd=y; rua=mailto:a@co.uk"}, "shop.co.uk",
         "record at no name, by the tree walk at co.uk"),
    ],
)  # fmt: skip
def test_where_the_standards_differ(records: dict[str, str], domain: str, expected: str) -> None:
    extra = {f"_dmarc.{name}": {"TXT": [text]} for name, text in records.items()}
    child = old(judge(domain=domain, standard="rfc7489", extra=extra))
    assert expected in [found.message for found in child.findings]
    assert {found.rule for found in child.findings} == {"dmarc-standards-differ"}


def test_several_differences_are_counted() -> None:
    child = old(judge(f"v=DMARC1; p=reject; t=y; pct=20; {REPORTS}", standard="rfc7489"))
    assert child.reason == "2 differences"


def test_several_records_end_the_older_discovery() -> None:
    extra = {"_dmarc.sub.example.com": {"TXT": [SOUND, SOUND]}}
    child = old(judge(SOUND, domain="sub.example.com", standard="rfc7489", extra=extra))
    assert (child.status, child.fact("record-at")) == (Status.NONE, "")


def test_a_failed_lookup_stays_open_in_both() -> None:
    check = judge(standard="rfc7489", extra={"_dmarc.example.com": AnswerStatus.TIMEOUT})
    assert (check.status, old(check).status) == (Status.TEMPERROR, Status.TEMPERROR)
    gap = judge(SOUND, domain="sub.example.com", standard="rfc7489", extra={"_dmarc.sub.example.com": AnswerStatus.TIMEOUT})
    assert (old(gap).status, old(gap).findings) == (Status.TEMPERROR, ())


def test_a_gap_that_only_the_walk_has() -> None:
    extra = {"_dmarc.b.example.com": AnswerStatus.TIMEOUT}
    check = judge(SOUND, domain="a.b.example.com", standard="rfc7489", extra=extra)
    assert (check.status, old(check).status, old(check).findings) == (Status.TEMPERROR, Status.PASS, ())


@pytest.mark.parametrize(
    ("name", "organization", "suffix"),
    [
        ("a.b.example.com", "example.com", "com"),
        ("a.example.co.uk", "example.co.uk", "co.uk"),
        ("co.uk", "co.uk", "co.uk"),
        ("a.b.no-such-suffix", "b.no-such-suffix", "no-such-suffix"),
        ("xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", "xn--55qx5d.cn"),
    ],
)
def test_the_public_suffix_list(name: str, organization: str, suffix: str) -> None:
    assert (listed_organization(name), public_suffix(name)) == (organization, suffix)


def test_the_list_is_not_read_before_it_is_needed() -> None:
    code = (
        "import sys; from mailsec.sender.dmarc.lint import lint; from mailsec.core.flow import run\n"
        "from tests.support import TableSource\n"
        f"run(lint('example.com'), TableSource({{'_dmarc.example.com': {{'TXT': ['{SOUND}']}}}}))\n"
        "sys.exit('publicsuffixlist' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- hostile


@pytest.mark.parametrize(
    "part", [b"\0", b" ", b"=", b";", b"x;", b"rua=mailto:a@b.c,", b"a@b.c,", b"\xff", b"pct=1;", b"!1m,", b"%"]
)
def test_64_kilobytes_of_anything(part: bytes) -> None:
    for start in (b"v=DMARC1; ", b"v=DMARC1; p=reject; rua=mailto:a@b.c", b"v=dmarc1"):
        check = judge((start + part * 65_000)[:65_000], standard="rfc7489")
        assert check.status in (Status.PASS, Status.NONE, Status.PERMERROR)
        assert sum(len(each.text) for found in check.all_findings() for each in found.evidence) < 2 * LINT_SHOWN * LINT_QUOTED


def test_ten_thousand_tags() -> None:
    check = judge("v=DMARC1; p=reject;" + "".join(f"{chr(97 + at % 26)}{chr(97 + at // 26 % 26)}=1;" for at in range(10_000)))
    assert len(check.findings) <= 2 * LINT_SHOWN


def test_defects_of_one_kind_are_limited() -> None:
    check = judge("v=DMARC1; p=reject; " + "x;" * 100 + REPORTS)
    found = [each for each in check.findings if each.rule == "dmarc-invalid-tag"]
    assert (len(found), found[-1].message) == (LINT_SHOWN + 1, f"and {100 - LINT_SHOWN} more of the kind")


def test_many_unknown_tags_are_counted() -> None:
    tags = "; ".join(f"{chr(97 + at)}{chr(97 + at)}=1" for at in range(14))
    assert by_rule(judge(f"{SOUND}; {tags}"), "dmarc-unknown-tag").message.endswith("and 4 more")


@given(st.binary(max_size=200))
def test_no_octets_upset_it(data: bytes) -> None:
    check = judge(b"v=DMARC1; " + data, standard="rfc7489")
    for found in check.all_findings():
        found.message.encode()
        found.fix.encode()


TAGS = st.sampled_from(
    [
        "p=none",
        "p=reject",
        "sp=none",
        "sp=reject",
        "np=none",
        "np=quarantine",
        "pct=0",
        "t=y",
        "x=1",
        "adkim=z",
        f"{REPORTS}!5m",
        "psd=y",
    ]
)


@given(st.lists(TAGS))
def test_a_fix_has_nothing_left_to_correct(tags: list[str]) -> None:
    fixes = {each.fix for each in judge("; ".join(["v=DMARC1", *tags])).findings if each.fix.startswith("v=")}
    assert len(fixes) <= 1
    for fix in fixes:
        assert not [each for each in judge(fix).findings if each.fix.startswith("v=")]


def test_every_walk_asks_each_name_once() -> None:
    class Counting(TableSource):
        def start(self, ask: Ask) -> Any:
            assert ask not in self.asked
            return super().start(ask)

    run(lint("a.b.example.com", standard="rfc7489"), Counting(world(SOUND)))


def test_an_agreement_that_cannot_be_read_is_none() -> None:
    source = TableSource(world("v=DMARC1; p=reject; rua=mailto:a@example.org"))
    plain = source.start

    def start(ask: Ask) -> Any:
        if "_report" in str(ask):
            return Answer(ask, AnswerStatus.OK, (Record("x", "TXT", 1, b"\x09x"),))
        return plain(ask)

    source.start = start
    assert "dmarc-reports-not-authorized" in found_rules(run(lint(NAME), source))
