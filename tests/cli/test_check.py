"""`mailsec check DOMAIN --ip` through the real entry point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ZONE = ("--zone", Path(__file__).parents[2] / "examples" / "example.zone")


@pytest.mark.parametrize(
    ("domain", "ip", "status", "code"),
    [
        ("bank.example", "192.0.2.10", "pass", 0),
        ("BANK.example.", "198.51.100.3", "pass", 0),
        ("bank.example", "203.0.113.1", "fail", 1),
        ("receiver.example", "192.0.2.10", "none", 3),
        ("broken.example", "192.0.2.10", "permerror", 1),
        ("slow.example", "192.0.2.10", "temperror", 5),
        ("b\u00fccher.example", "192.0.2.50", "pass", 0),
    ],
)
def test_answers(domain: str, ip: str, status: str, code: int, mailsec) -> None:
    ended = mailsec("check", domain, "--ip", ip, *ZONE, "--json")
    report = json.loads(ended.stdout)
    assert (report["status"], ended.code, report["exit"]) == (status, code, code)


def test_the_tree_says_what_each_term_cost(mailsec) -> None:
    ended = mailsec("check", "bank.example", "--ip", "198.51.100.3", *ZONE, "--format", "human")
    assert "2 of 10 lookups, 0 of 2 void" in ended.stdout
    assert "include:_spf.mailer.example" in ended.stdout
    assert "ip4:198.51.100.0/28" in ended.stdout


def test_helo_is_checked_too_and_the_sender_may_be_stated(mailsec) -> None:
    arguments = ("--helo", "mail.bank.example", "--mail-from", "alice@bank.example")
    report = json.loads(mailsec("check", "bank.example", "--ip", "192.0.2.10", *arguments, *ZONE, "--json").stdout)
    assert [check["status"] for check in report["checks"]] == ["pass", "pass"]
    assert "alice@bank.example" in json.dumps(report)


def test_the_explanation_of_the_domain_is_shown(tmp_path: Path, mailsec) -> None:
    zone = tmp_path / "z.json"
    zone.write_text('{"a.example": {"TXT": ["v=spf1 -all exp=why.a.example"]}, "why.a.example": {"TXT": ["%{i} is not ours"]}}')
    ended = mailsec("check", "a.example", "--ip", "192.0.2.1", "--zone", zone, "--format", "plain")
    assert "The domain says: 192.0.2.1 is not ours" in ended.stdout


def test_fail_on_and_trace(tmp_path: Path, mailsec) -> None:
    zone = tmp_path / "z.json"
    zone.write_text('{"a.example": {"TXT": ["v=spf1 +all"]}}')
    assert mailsec("check", "a.example", "--ip", "192.0.2.1", "--zone", zone).code == 0
    ended = mailsec(
        "check", "a.example", "--ip", "192.0.2.1", "--zone", zone, "--fail-on", "low", "--trace", "--format", "plain"
    )
    assert ended.code == 1
    assert "TXT a.example" in ended.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("bad domain!", "--ip", "192.0.2.1"),
        ("bank.example", "--ip", "nonsense"),
        ("bank.example", "--ip", "192.0.2.1", "--mail-from", "a@other.example"),
        ("bank.example", "--ip", "192.0.2.1", "--mail-from", "a@b@c d"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], mailsec) -> None:
    ended = mailsec("check", *arguments, *ZONE)
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("mailsec: error: ")
