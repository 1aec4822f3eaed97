"""The cases of tests/data/attacks that are about the path, judged from the message alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailsec.core.rules import Severity
from mailsec.message.fields import parse
from mailsec.message.path.read import received_path
from tests.sender.spoofing.cases import message_of

FILE = Path(__file__).parents[2] / "data" / "attacks" / "path.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_each_case(case: dict[str, Any]) -> None:
    expected = case["expected"]
    found = received_path(parse(message_of(case)), received_from=case.get("received_from", ""))
    rules = {each.rule for each in found.check.findings}
    assert set(expected.get("findings", ())) <= rules
    if "border" in expected:
        ip = found.border.ip if found.border is not None else None
        assert (None if ip is None else str(ip)) == expected["border"]
    if "return_path" in expected:
        assert found.return_path is not None
        assert found.return_path.scheme == expected["return_path"]
    if expected.get("quiet"):
        assert not [each for each in found.check.findings if each.severity is not Severity.INFO]
    assert expected.keys() & {"findings", "border", "quiet", "undecidable"}


def test_ids_are_unique() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES)
