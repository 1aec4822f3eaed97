"""From the parts of an audit to one status and exit code: the first row that applies decides."""

from __future__ import annotations

import pytest

from mailsec.api.check_verdict import verdict
from mailsec.core.results import Check, Fact, Finding, Report, Status
from mailsec.core.rules import Severity

GOOD = (Check("mx", Status.PASS), Check("spf", Status.PASS), Check("dmarc", Status.PASS))


def check(name: str, status: Status, *severities: Severity, reason: str = "why") -> Check:
    return Check(name, status, reason, findings=tuple(Finding(f"{name}-{each}", each, "said") for each in severities))


def judged(*checks: Check, fail_on: Severity | None = Severity.HIGH) -> Report:
    return verdict("a.example", checks, fail_on=fail_on, at=7)


def test_in_order() -> None:
    report = judged(*GOOD, check("caa", Status.NONE, Severity.INFO, Severity.LOW, Severity.LOW))
    assert (report.status, report.exit, report.at) == (Status.PASS, 0, 7)
    assert report.summary == "a.example: in order: mx, spf, dmarc; findings: 2 low, 1 info."
    nothing = judged(check("caa", Status.NONE))
    assert (nothing.exit, nothing.summary) == (3, "a.example: nothing of what was asked for was found.")
    assert judged(check("caa", Status.NEUTRAL)).summary == "a.example: in order: nothing for sure."


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("fail_on", [*Severity, None])
def test_fail_on_is_the_least_severity_that_counts(severity: Severity, fail_on: Severity | None) -> None:
    report = judged(*GOOD, check("caa", Status.NONE, severity), fail_on=fail_on)
    fails = fail_on is not None and severity.rank >= fail_on.rank
    assert (report.status, report.exit) == ((Status.POLICY, 1) if fails else (Status.PASS, 0))


def test_the_worst_finding_is_named_and_the_others_are_counted() -> None:
    report = judged(*GOOD, check("a", Status.PASS, Severity.LOW, Severity.HIGH), fail_on=Severity.LOW)
    assert report.summary == "a.example: said (a-high), and 1 more of severity low or above."
    assert judged(check("a", Status.PASS, Severity.HIGH)).summary == "a.example: said (a-high)."


@pytest.mark.parametrize("status", [Status.FAIL, Status.PERMERROR])
def test_what_is_broken_fails_whatever_the_severity(status: Status) -> None:
    report = judged(*GOOD, check("caa", status), check("bimi", Status.TEMPERROR), fail_on=None)
    assert (report.status, report.exit, report.summary) == (Status.FAIL, 1, "a.example: caa: why.")


def test_what_was_not_answered_is_temporary() -> None:
    report = judged(*GOOD, check("caa", Status.TEMPERROR), check("bimi", Status.TEMPERROR))
    assert (report.status, report.exit) == (Status.TEMPERROR, 5)
    assert report.summary.endswith("not all could be looked up: caa: why; bimi: why.")


def test_a_finding_outweighs_what_was_not_answered() -> None:
    assert judged(check("spf", Status.TEMPERROR), check("dmarc", Status.NONE, Severity.HIGH)).exit == 1


MISSING = Check("mx", Status.NONE, facts=(Fact("exists", False),))


def test_a_domain_that_does_not_exist_has_nothing_to_judge() -> None:
    report = judged(MISSING, check("dmarc", Status.NONE, Severity.HIGH))
    assert (report.status, report.exit) == (Status.NONE, 3)
    assert "no such domain" in report.summary


def test_a_name_without_mail_records_has_nothing_to_judge() -> None:
    nothing = (Check("mx", Status.NONE, facts=(Fact("exists", True),)), check("dmarc", Status.NONE, Severity.HIGH))
    skipped = Check("tlsa", Status.SKIPPED)
    assert "no mail records" in judged(*nothing, skipped).summary
    assert judged(*nothing, skipped, Check("caa", Status.PASS)).exit == 3, "CAA is no mail record"
    assert judged(*nothing, Check("spf", Status.PASS)).exit == 1
    assert judged(*nothing, Check("spf", Status.TEMPERROR)).exit == 1
    assert judged(nothing[0], Check("spf", Status.TEMPERROR)).exit == 5, "not answered is never absent"


def test_an_address_without_a_key() -> None:
    keys = (Check("smimea", Status.NONE), Check("openpgpkey", Status.NONE))
    assert judged(*keys).exit == 3
    assert judged(*keys, Check("dnssec", Status.PASS)).summary == "a.example: no key is published in the DNS."
    assert judged(Check("dnssec", Status.PASS), Check("smimea", Status.NONE)).exit == 3
    assert judged(keys[0], Check("openpgpkey", Status.PASS)).exit == 0
    assert judged(keys[0], Check("openpgpkey", Status.TEMPERROR)).exit == 5
    assert judged(*keys, Check("spf", Status.PASS), Check("dmarc", Status.PASS)).exit == 0, "more was asked for, and is there"


def test_a_broken_part_stands_beside_a_serious_finding_and_before_an_absence() -> None:
    broken = judged(*GOOD, check("tlsa", Status.FAIL), check("a", Status.PASS, Severity.HIGH))
    assert broken.summary.endswith("; broken: tlsa.")
    address = judged(check("smimea", Status.NONE), check("dnssec", Status.FAIL, Severity.HIGH))
    assert (address.status, address.exit) == (Status.POLICY, 1)


def test_a_name_that_does_not_exist_is_nothing_though_dnssec_stayed_open() -> None:
    missing = check("mx", Status.NONE)
    missing = Check(missing.name, missing.status, missing.reason, (Fact("exists", False),))
    report = judged(missing, check("dnssec", Status.TEMPERROR), check("dmarc", Status.NONE, Severity.HIGH))
    assert (report.exit, report.summary) == (3, "a.example: there is no such domain.")
