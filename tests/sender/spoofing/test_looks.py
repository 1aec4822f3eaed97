"""Characters and domains that are not what they look like."""

from __future__ import annotations

import pytest

from mailsec.core.rules import Severity
from tests.sender.spoofing.support import findings, mail, severities

PLAIN = "a@b.example"


def test_where_a_character_stands_decides_how_bad_it_is() -> None:
    assert severities(mail("=?utf-8?q?a=00?= <a@b.example>"))["control-character"] is Severity.HIGH
    assert severities(mail(PLAIN, "Subject: =?utf-8?q?a=00?="))["control-character"] is Severity.MEDIUM
    assert severities(mail("A\u200bb <a@b.example>"))["invisible"] is Severity.MEDIUM
    assert severities(mail(PLAIN, "Subject: a\u200bb"))["invisible"] is Severity.LOW
    assert severities(mail("A <a\u200bb@b.example>"))["invisible"] is Severity.MEDIUM  # the name's rule speaks first
    assert severities(mail("A <\u200fa@b.example>"))["invisible"] is Severity.HIGH
    assert severities(mail(PLAIN, "Reply-To: <\u200fa@b.example>"))["invisible"] is Severity.HIGH
    assert severities(mail("A <\u202ea@b.example>"))["bidirectional"] is Severity.MEDIUM
    assert severities(mail("L\u0435gal <a@b.example>"))["mixed-scripts"] is Severity.MEDIUM
    assert severities(mail(PLAIN, "Subject: l\u0435gal"))["mixed-scripts"] is Severity.LOW


@pytest.mark.parametrize(
    ("line", "rule", "severity"),
    [
        ("Content-Type: a/b; name*=utf-8''x%E2%80%AEfdp.exe", "bidirectional", Severity.HIGH),
        ('Content-Disposition: attachment; filename="=?utf-8?b?eOKAi3k=?="', "invisible", Severity.MEDIUM),
        ("Content-Type: a/b; name=x\u202ey", "bidirectional", Severity.HIGH),
    ],
)
def test_file_names(line: str, rule: str, severity: Severity) -> None:
    assert severities(mail(PLAIN, line))[rule] is severity


def test_a_hundred_such_files_are_one_finding_of_each_kind() -> None:
    name = "name*=utf-8''%E2%80%AE%E2%80%8B"
    parts = "".join(f"\r\n--b\r\nContent-Type: a/b; {name}\r\n\r\nx" for _ in range(100))
    found = findings(mail(PLAIN, "Content-Type: multipart/mixed; boundary=b", body=parts))
    assert set(found) == {"bidirectional", "invisible"}


def test_a_percent_sign_alone_hides_nothing() -> None:
    assert findings(mail(PLAIN, 'Content-Type: a/b; name="100%.pdf"')) == {}


def test_a_domain_that_is_ascii_to_the_eye_only() -> None:
    found = findings(mail("a@xn--80ak6aa92e.com"))["homograph"]
    assert found.severity is Severity.MEDIUM
    assert "looks the same as apple.com" in found.message


@pytest.mark.parametrize(
    "domain", ["xn--mller-kva.example", "xn--e1afmkfd.example", "xn--a.example", "xn--80ak6aa92e.xn--p1ai"]
)
def test_other_international_domains(domain: str) -> None:
    assert findings(mail(f"a@{domain}")) == {}


def test_scripts_mixed_in_a_domain() -> None:
    assert "mixed-scripts" in findings(mail("a@xn--pple-43d.com"))


def test_a_protected_domain() -> None:
    watched = {"protect": ("paypal.example",)}
    assert severities(mail("a@paypa1.example"), **watched)["homograph"] is Severity.HIGH
    assert severities(mail("a@paypall.example"), **watched)["lookalike"] is Severity.HIGH
    assert severities(mail("a@paypal.test"), **watched)["embedded-domain"] is Severity.MEDIUM
    assert severities(mail("a@paypal.example.test"), **watched)["embedded-domain"] is Severity.HIGH
    assert severities(mail("a@paypaI.example"), **watched)["homograph"] is Severity.HIGH
    assert findings(mail("a@paypal.example", "Reply-To: a@other.paypal.example"), **watched) == {}
    assert "homograph" in findings(mail(PLAIN, "Reply-To: a@paypa1.example"), **watched)


def test_the_recipients_domain_is_taken_from_to_where_no_envelope_is_known() -> None:
    assert "homograph" in findings(mail("a@custorner-company.example", "To: b@customer-company.example"))
    assert "lookalike" in findings(mail("a@customer-compny.example", "Cc: b@customer-company.example"))
    assert findings(mail("a@gmail.example", "To: b@mail.example")) == {}
    assert findings(mail("a@server10.example", "To: b@server11.example, b@..., @")) == {}


def test_identities_that_look_alike() -> None:
    assert "homograph" in findings(mail("a@customer.example", "Reply-To: a@custorner.example"))
    assert "lookalike" in findings(mail("a@customer-company.example", "Sender: a@customer-compamy.example"))


def test_a_domain_that_is_no_name_is_passed_over() -> None:
    assert findings(mail("a@[192.0.2.1]"), protect=("b.example",)) == {}
    assert findings(mail("a@\u00fc\u200b.example"), protect=("b.example",)).keys() <= {"invisible"}
