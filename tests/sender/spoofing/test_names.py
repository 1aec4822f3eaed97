"""Display names, comments, encoded words and what stands around the address."""

from __future__ import annotations

import pytest

from mailsec.core.rules import Severity
from tests.sender.spoofing.support import findings, mail, severities


@pytest.mark.parametrize(
    ("sender", "rule", "severity"),
    [
        ('"a@other.example" <a@b.example>', "display-address", Severity.MEDIUM),
        ('"Bank of other.com" <a@b.example>', "display-domain", Severity.LOW),
        ("<@c.example:a@b.example>", "from-route", Severity.MEDIUM),
        ("Team: <a@b.example>;", "from-group", Severity.MEDIUM),
        ('"x@other.example"@b.example', "address-in-local-part", Severity.HIGH),
        ("<x%other.example@b.example>", "address-in-local-part", Severity.LOW),
        ("<other.example!x@b.example>", "address-in-local-part", Severity.LOW),
        ("a@b.example (x@other.example)", "address-in-comment", Severity.MEDIUM),
        ("[x@other.example] <a@b.example>", "display-address", Severity.MEDIUM),
        ("x@other.example: <a@b.example>;", "stray-address", Severity.HIGH),
        ("[x@other.example], <a@b.example>", "stray-address", Severity.HIGH),
        ("=?utf-8?q?=3Cx=40other.example=3E?= <a@b.example>", "encoded-address", Severity.HIGH),
        ("=?utf-7?q?x?= <a@b.example>", "unreadable-word", Severity.LOW),
        (f'"{"x" * 200}" <a@b.example>', "padded-name", Severity.MEDIUM),
    ],
)
def test_each(sender: str, rule: str, severity: Severity) -> None:
    assert severities(mail(sender))[rule] is severity


@pytest.mark.parametrize(
    "sender",
    [
        "a@b.example",
        '"a@b.example" <a@b.example>',
        '"a@mail.b.example" <a@b.example>',
        "=?utf-8?q?a=40b.example?= <a@b.example>",
        "a@b.example (Ann)",
        "a@b.example (a@b.example)",
        '"Ann @ home" <a@b.example>',
        '"x@y" <a@b.example>',
        '"x@not_-.-a..name" <a@b.example>',
        '"B.example" <a@b.example>',
        '"Amazon.com" <a@amazon.co.uk>',
        '"J.R. Smith, Ph.D." <a@b.example>',
        '"Node.js Weekly" <a@b.example>',
        "<user=other.example@b.example>",
    ],
)
def test_honest_names(sender: str) -> None:
    assert findings(mail(sender)) == {}


def test_a_list_may_leave_the_author_in_the_name() -> None:
    assert severities(mail('"x@other.example" <a@b.example>', "List-Id: <l.b.example>"))["display-address"] is Severity.LOW


def test_a_protected_domain_in_the_name_is_high() -> None:
    assert severities(mail('"x@other.example" <a@b.example>'), protect=("other.example",))["display-address"] is Severity.HIGH
    assert severities(mail('"other.example" <a@b.example>'), protect=("other.example",))["display-domain"] is Severity.HIGH


def test_the_name_of_a_protected_domain_as_a_word() -> None:
    found = findings(mail('"Paypal Service" <a@b.example>'), protect=("bank.example", "paypal.example"))["display-domain"]
    assert found.severity is Severity.MEDIUM
    assert "names paypal.example" in found.message


@pytest.mark.parametrize(
    "sender", ['"Paypal Service" <a@paypal.example>', '"Pay pals" <a@b.example>', '"The ABC" <a@b.example>']
)
def test_no_word_of_a_protected_domain(sender: str) -> None:
    assert findings(mail(sender), protect=("paypal.example", "abc.example")) == {}


def test_only_the_first_addresses_are_looked_at() -> None:
    many = " ".join(f"x{each}@o{each}.example" for each in range(50))
    assert len(findings(mail(f'"{many}" <a@b.example>'))) == 2  # shown, and too long
