"""The cases of tests/data/attacks that are about content, judged by `inspect`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailsec.api.inspect_message import inspect_message
from mailsec.core.results import Report
from mailsec.core.rules import Severity
from mailsec.sender.spoofing.payload.rules import RULES

FOLDER = Path(__file__).parents[3] / "data" / "attacks"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "payload.json").read_text())["cases"]
ATTACKS = [case for case in CASES if "findings" in case["expected"]]
BENIGN = [case for case in CASES if case["expected"].get("quiet")]


def judged(case: dict[str, Any]) -> Report:
    lines = case["message"]
    text = lines if isinstance(lines, str) else "".join(f"{line}\r\n" for line in lines)
    return inspect_message(text.encode("latin-1"), case["id"], now=1_790_000_000).report


@pytest.mark.parametrize("case", ATTACKS, ids=lambda case: case["id"])
def test_attack(case: dict[str, Any]) -> None:
    report = judged(case)
    found = {each.rule for each in report.all_findings()}
    assert set(case["expected"]["findings"]) <= found
    assert report.exit in (0, 1)


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case["id"])
def test_benign_mail_stays_quiet(case: dict[str, Any]) -> None:
    report = judged(case)
    assert [each for each in report.all_findings() if each.severity.rank >= Severity.MEDIUM.rank] == []
    assert report.exit == 0


def test_every_case_is_an_attack_or_benign_and_there_are_enough_of_both() -> None:
    assert len(ATTACKS) + len(BENIGN) == len(CASES)
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert (len(ATTACKS) >= 25, len(BENIGN) >= 8) == (True, True)


def test_every_rule_is_fired_by_a_case() -> None:
    fired = {rule for case in ATTACKS for rule in case["expected"]["findings"]}
    without_a_case = {"payload-archive-broken", "payload-html-limit"}  # see test_judge.py
    assert {rule.id for rule in RULES} - fired == without_a_case
