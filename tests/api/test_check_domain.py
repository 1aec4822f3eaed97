"""The audit of a name: which parts, what they cost, and what one part learns from another."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mailsec.api import check_domain as module
from mailsec.api.check_domain import ADDRESS_PARTS, DOMAIN_PARTS, PARTS, CheckOptions, check_domain, subject_of
from mailsec.cli import check as cli
from mailsec.core.errors import UsageError
from mailsec.core.flow import AnswerStatus, Fetch, Fetched, FetchStatus, Query, run
from mailsec.core.results import Check, Report, Status
from tests.published import Published
from tests.support import Entry, TableSource
from tests.trust.dnssec.authority import NOW

GOOD: Mapping[str, Mapping[str, Entry] | AnswerStatus] = {
    "a.example": {"MX": ["10 mx.a.example"], "TXT": ["v=spf1 mx include:_spf.google.com -all"]},
    "mx.a.example": {"A": ["9.9.9.9"]},
    "_spf.google.com": {"TXT": ["v=spf1 ip4:8.8.8.0/24 -all"]},
    "_dmarc.a.example": {"TXT": ["v=DMARC1; p=reject; rua=mailto:d@a.example"]},
    "_domainkey.a.example": {},
}


def audit(name: str, *only: str, table: Mapping | None = None, **more: object) -> tuple[Report, TableSource]:
    source = TableSource(GOOD if table is None else table)
    options = CheckOptions(frozenset(only), **more)
    return run(check_domain(subject_of(name), options, now=NOW), source), source


def asked(source: TableSource) -> set[tuple[str, str]]:
    assert all(isinstance(each, Query) for each in source.asked)
    return {(each.name, each.type) for each in source.asked if isinstance(each, Query)}


# --- what a name is


@pytest.mark.parametrize(
    ("text", "domain", "address"),
    [
        ("a.example", "a.example", ""),
        (" A.Example. ", "a.example", ""),
        ("b\u00fccher.example", "xn--bcher-kva.example", ""),
        ("alice@A.example", "a.example", "alice@a.example"),
        ("a@b@a.example", "a.example", "a@b@a.example"),
        ("Alice@b\u00fccher.example", "xn--bcher-kva.example", "Alice@xn--bcher-kva.example"),
    ],
)
def test_a_domain_or_an_address(text: str, domain: str, address: str) -> None:
    subject = subject_of(text)
    assert (subject.text, subject.domain, subject.address) == (text, domain, address)


@pytest.mark.parametrize(
    "text", ["", ".", "@", "a@", "@a.example", "a b", "a..b", "x" * 10_000, "a\0.example", "\u202e.example"]
)
def test_what_is_neither(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        subject_of(text)
    assert "alice@example.com" in caught.value.hint


# --- which parts


def test_the_command_line_knows_the_same_parts() -> None:
    assert cli.PARTS == PARTS


def test_a_domain_has_its_parts_in_order() -> None:
    report, _ = audit("a.example")
    assert tuple(check.name for check in report.checks) == DOMAIN_PARTS
    assert (report.subject, report.at, report.exit) == ("a.example", NOW, 0)
    assert report.check("dnssec") == Check("dnssec", Status.SKIPPED, "answers are not validated")


def test_an_address_has_others() -> None:
    report, source = audit("alice@a.example")
    assert {check.name for check in report.checks} == set(ADDRESS_PARTS)
    assert {type for _, type in asked(source)} == {"SMIMEA", "OPENPGPKEY"}
    assert report.exit == 3


def test_any_part_can_be_asked_of_an_address_but_keys_of_no_domain() -> None:
    report, _ = audit("alice@a.example", "spf", "openpgpkey")
    assert [check.name for check in report.checks] == ["spf", "openpgpkey"]
    report, source = audit("a.example", "openpgpkey")
    assert (report.checks, source.asked) == ((), [])


TYPES = {
    "mx": {("a.example", "MX"), ("mx.a.example", "A"), ("mx.a.example", "AAAA")},
    "tls-rpt": {("_smtp._tls.a.example", "TXT")},
    "caa": {("a.example", "CAA"), ("example", "CAA")},
    "mta-sts": {("_mta-sts.a.example", "TXT"), ("mta-sts.a.example", "A"), ("mta-sts.a.example", "AAAA")},
    # a DMARC record in the wrong place, and a host of rua= that takes no mail, are looked for too
    "dmarc": {("_dmarc.a.example", "TXT"), ("_dmarc.example", "TXT"), ("a.example", "MX"), ("a.example", "TXT")},
    "dnssec": set(),
}


@pytest.mark.parametrize("part", TYPES)
def test_only_asks_for_no_more_than_that(part: str) -> None:
    report, source = audit("a.example", part)
    assert [check.name for check in report.checks] == [part]
    assert asked(source) == TYPES[part]


def test_spf_and_dmarc_cost_no_mx_lookup_but_their_own() -> None:
    table = {"a.example": {"TXT": ["v=spf1 ip4:9.9.9.9 -all"]}, "_dmarc.a.example": {"TXT": ["v=DMARC1; p=reject"]}}
    report, source = audit("a.example", "spf", "dmarc", table=table)
    assert [check.name for check in report.checks] == ["spf", "dmarc"]
    assert {type for _, type in asked(source)} == {"TXT", "SPF"}, "no mx term, and no host of rua= to look for"
    assert not any("_domainkey" in name or "_mta-sts" in name for name, _ in asked(source))


def test_tlsa_needs_the_mail_hosts_but_does_not_report_them() -> None:
    report, source = audit("a.example", "tlsa")
    assert [check.name for check in report.checks] == ["tlsa"]
    assert ("_25._tcp.mx.a.example", "TLSA") in asked(source)
    assert ("a.example", "MX") in asked(source)


# --- one part learns from another


def tried(report: Report) -> list[str]:
    check = report.check("dkim")
    assert check is not None
    return str(check.fact("selectors-tried")).split(" ")


def test_selectors_stated_come_first_each_once() -> None:
    report, _ = audit("a.example", selectors=("mine", "google", "mine"))
    assert tried(report)[:2] == ["mine", "google"]
    assert len(tried(report)) == len(set(tried(report)))


def test_selectors_of_providers_come_from_includes_and_mail_hosts() -> None:
    assert "20221208" in tried(audit("a.example")[0]), "by the include"
    assert "20221208" not in tried(audit("a.example", "dkim")[0]), "neither MX nor SPF was asked for"
    redirected = {**GOOD, "a.example": {"TXT": ["v=spf1 redirect=_spf.google.com"]}}
    assert "20221208" in tried(audit("a.example", "dkim", "spf", table=redirected)[0])
    table = {
        **GOOD,
        "a.example": {"MX": ["1 aspmx.l.google.com"], "TXT": ["v=spf1 -all"]},
        "aspmx.l.google.com": {"A": ["9.9.9.9"]},
    }
    assert "20221208" in tried(audit("a.example", "dkim", "mx", table=table)[0])


def test_a_selector_with_a_key_is_found() -> None:
    key = "v=DKIM1; k=ed25519; p=heDWn+x/M8D99BLC2c8m2O2GXMq0naw0Mc2I8MNWCsY="
    report, _ = audit("a.example", "dkim", table={**GOOD, "odd._domainkey.a.example": {"TXT": [key]}}, selectors=("odd",))
    dkim = report.check("dkim")
    assert dkim is not None
    assert (dkim.status, dkim.fact("confirmed")) == (Status.PASS, True)


def test_the_policy_of_mta_sts_must_fit_the_mail_hosts() -> None:
    table = {
        "a.example MX": ["10 mx.a.example"],
        "mx.a.example A": ["9.9.9.9"],
        "_mta-sts.a.example TXT": ["v=STSv1; id=1"],
    }
    url = "https://mta-sts.a.example/.well-known/mta-sts.txt"
    body = "version: STSv1\nmode: enforce\nmx: {}\nmax_age: 1000000\n"
    for host, status in (("mx.a.example", Status.PASS), ("other.example", Status.FAIL)):
        reply = Fetched(Fetch(url, 65_536), FetchStatus.OK, 200, "text/plain", body.format(host).encode())
        options = CheckOptions(frozenset({"mx", "mta-sts"}))
        report = run(check_domain(subject_of("a.example"), options, now=NOW), Published(table, web={url: reply}))
        assert [check.status for check in report.checks] == [Status.PASS, status]
        assert report.exit == (status is Status.FAIL)


@pytest.mark.parametrize(
    ("name", "extra", "eligible"),
    [
        ("a.example", {}, True),
        ("a.example", {"_dmarc.a.example": {"TXT": ["v=DMARC1; p=none"]}}, False),
        ("sub.a.example", {"sub.a.example": {}}, True),
        ("gone.a.example", {"_dmarc.a.example": {"TXT": ["v=DMARC1; p=reject; np=none"]}}, False),
    ],
)
def test_bimi_rests_on_the_policy_that_applies(name: str, extra: dict, eligible: bool) -> None:
    logo = {f"default._bimi.{name}": {"TXT": ["v=BIMI1; l=https://a.example/logo.svg"]}}
    report, _ = audit(name, "bimi", table={**GOOD, **logo, **extra})
    assert (report.check("bimi").status is Status.PASS) is eligible, report.check("bimi")


def test_rfc7489_is_told_beside() -> None:
    plain, _ = audit("a.example", "dmarc")
    beside, _ = audit("a.example", "dmarc", dmarc="rfc7489")
    assert "7489" not in str(plain)
    assert "7489" in str(beside)


def test_what_is_not_answered_is_never_absent() -> None:
    for status in (AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.REFUSED, AnswerStatus.UNRECORDED):
        report, _ = audit("a.example", table={"a.example": status, "_dmarc.a.example": status, "_dmarc.example": status})
        assert (report.status, report.exit) == (Status.TEMPERROR, 5)


def test_includes_are_read_from_the_tree_in_any_case() -> None:
    assert module._includes(None) == ()
    spf = Check(
        "spf", children=(Check("include:a.example"), Check("?INCLUDE:b.example"), Check("redirect=c.example"), Check("mx"))
    )
    assert module._includes(spf) == ["a.example", "b.example", "c.example"]
