"""Signatures as they are written, and offline."""

from __future__ import annotations

import pytest

from mailsec.core.rules import Severity
from tests.sender.spoofing.cases import Case, cases, judged
from tests.sender.spoofing.support import findings, mail, severities


def signed(tags: str) -> bytes:
    return mail("a@b.example", f"DKIM-Signature: v=1; h=from; {tags}; b=AAAA")


def test_a_signature_over_a_part_of_the_body_is_seen_offline() -> None:
    assert severities(signed("d=b.example; s=x; l=10")) == {"length-tag": Severity.LOW}


@pytest.mark.parametrize("tags", ["d=b.example; s=x", "d=b.example; s=2026-01._x.y", "d=b.example; s=x; dl=5"])
def test_ordinary_ones(tags: str) -> None:
    assert findings(signed(tags)) == {}


@pytest.mark.parametrize(
    "tags",
    [
        "d=b.example(c; s=x",
        "d=b.example'c; s=x",
        "d=b.example\x00c; s=x",
        "d=b c; s=x",
        "d=b.example; s=x._domainkey.c.example",
    ],
)
def test_names_that_are_written_to_be_misread(tags: str) -> None:
    assert severities(signed(tags)) == {"signature-injection": Severity.HIGH}


def test_only_the_first_are_read() -> None:
    field = "DKIM-Signature: d=b(c; s=x"
    assert "signature-injection" in findings(mail("a@b.example", *[field] * 1_000))


def replay(name: str, **changes: object) -> Severity | None:
    case: Case = next(case for case in cases() if case["id"] == name)
    envelope = case["envelope"] | changes
    found = judged(case | {"envelope": envelope}).all_findings()
    return next((each.severity for each in found if each.rule == "spoofing-replay"), None)


def test_three_signs_of_a_replay_weigh_more_than_two_and_one_nothing() -> None:
    assert replay("dkim-replay-old") is Severity.MEDIUM
    assert replay("dkim-replay-old", time=1_789_000_060) is Severity.LOW
    assert replay("dkim-replay-old", time=1_789_000_060, rcpt_to=["victim@victim.example"]) is None
    assert replay("dkim-replay-old", time=1_789_000_060, ip="192.0.2.10", mail_from="admin@legitimate.example") is None
    assert replay("dkim-replay-old", time=1_789_000_060, mail_from="admin@legitimate.example") is Severity.LOW
