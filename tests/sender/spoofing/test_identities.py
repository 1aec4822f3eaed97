"""Sender, Reply-To, Resent fields, logins and foreign results beside From."""

from __future__ import annotations

import pytest

from mailsec.core.rules import Severity
from mailsec.sender.spoofing.judge import Arrival
from tests.sender.spoofing.support import findings, mail, severities

FROM = "a@b.example"


def test_other_domains_are_named() -> None:
    assert severities(mail(FROM, "Sender: a@c.example"))["sender-differs"] is Severity.INFO
    assert severities(mail(FROM, "Reply-To: a@c.example"))["reply-to-differs"] is Severity.INFO
    assert severities(mail(FROM, "Reply-To: a@gmail.com"))["reply-to-differs"] is Severity.LOW
    assert severities(mail(FROM, "Reply-To: a@gmail.com", "List-Id: <l>"))["reply-to-differs"] is Severity.INFO
    assert severities(mail("a@gmx.de", "Reply-To: a@gmail.com"))["reply-to-differs"] is Severity.INFO
    assert "resent-differs" in findings(mail(FROM, "Resent-From: a@c.example", "Resent-Date: x"))


def test_the_organization_counts() -> None:
    assert findings(mail("a@www.b.co.uk", "Sender: a@mail.b.co.uk", "Reply-To: a@b.co.uk")) == {}
    assert "sender-differs" in findings(mail("a@b.co.uk", "Sender: a@c.co.uk"))


def test_without_a_domain_there_is_nothing_to_compare() -> None:
    assert findings(mail("a@[192.0.2.1]", "Sender: a@c.example", "Reply-To: a@[192.0.2.1]")) == {}
    assert findings(mail(FROM, "Sender: a@[192.0.2.1]", "Reply-To: x")) == {}


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("Resent-From: a@b.example", "Resent-Date: x"), False),
        (("Resent-From: a@b.example",), True),
        (("Resent-To: a@b.example", "Resent-Date: x"), True),
        (("Resent-From: a@b.example", "Resent-Date: x", "Resent-From: a@b.example", "Resent-Date: x"), False),
    ],
)
def test_blocks_of_resent_fields(lines: tuple[str, ...], found: bool) -> None:
    assert ("resent-incomplete" in findings(mail(FROM, *lines))) is found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("X-Authenticated-Sender: x@c.example", True),
        ("X-Authenticated-Sender: x@b.example", False),
        ("X-Authenticated-Sender: x", False),
        ("X-Authenticated-Sender: x@-", False),
        ("Authentication-Results: mx.example; auth=pass smtp.auth=x@c.example", True),
        ("Authentication-Results: mx.example; auth=pass smtp.mailfrom=x@c.example", True),
        ("Authentication-Results: mx.example; auth=pass", False),
        ("Authentication-Results: mx.example; dkim=pass header.d=c.example", False),
        ("Authentication-Results: mx.example; xauth=pass smtp.auth=x@c.example", False),
        ("Received: from x (Authenticated sender: x@c.example) by y", True),
        ("Received: from x (Authenticated sender: x) by y", False),
        ("Received: from x (they were authenticated somehow) by y", False),
    ],
)
def test_the_account_that_logged_in(line: str, found: bool) -> None:
    assert ("authenticated-other" in findings(mail(FROM, line))) is found


def test_results_in_the_receivers_name() -> None:
    message = mail(FROM, "Received: x", "Authentication-Results: mx.example; dmarc=pass")
    border = message.index(b"Received")
    assert "forged-results" in findings(message, arrival=Arrival(border=border), receivers=("mx.example",))
    assert findings(message, arrival=Arrival(border=len(message)), receivers=("mx.example",)) == {}
    assert findings(message, arrival=Arrival(border=border), receivers=("other.example",)) == {}
    assert findings(message, arrival=Arrival(border=border)) == {}
    assert findings(message, receivers=("mx.example",)) == {}
