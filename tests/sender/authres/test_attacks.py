"""The cases of tests/data/attacks in which results are invented, judged by `verify` that trusts the receiver's."""

from __future__ import annotations

import pytest

from mailsec.core.rules import Severity
from tests.sender.spoofing.cases import Case, cases, judged

CASES = [case for case in cases() if case["class"] == "authres"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_each_case(case: Case) -> None:
    expected = case["expected"]
    report = judged(case)
    assert report.status == expected["verdict"]
    found = list(report.all_findings())
    assert set(expected.get("findings", ())) <= {each.rule for each in found}
    if expected.get("quiet"):
        assert not [each for each in found if each.severity.rank >= Severity.MEDIUM.rank]
