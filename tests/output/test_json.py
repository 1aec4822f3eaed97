from __future__ import annotations

import json

import msgspec
import pytest

from mailsec.core.limits.run import MAX_CHECK_DEPTH
from mailsec.core.results import Report
from mailsec.output.json import Reports, compact
from mailsec.output.render import render
from tests.output.samples import FAILED, PASSED, SHOWN, UNJUDGED, deep

ALL = (PASSED, FAILED, UNJUDGED, SHOWN)


def text(*reports: Report, several: bool, format: str = "json") -> str:
    return "".join(render(reports, format, several=several))


@pytest.mark.parametrize("report", ALL)
def test_one_input_gives_its_report(report: Report) -> None:
    out = text(report, several=False)
    assert json.loads(out)["schema"] == "mailsec/1"
    assert msgspec.json.decode(out, type=Report) == report
    assert out.startswith('{\n  "subject": ')
    assert out.endswith("\n}\n")


@pytest.mark.parametrize("count", [0, 1, 4])
def test_several_inputs_give_one_document(count: int) -> None:
    out = text(*ALL[:count], several=True)
    assert msgspec.json.decode(out, type=Reports) == Reports(ALL[:count])


def test_the_document_for_several_is_indented_as_a_whole() -> None:
    out = text(*ALL, several=True)
    assert json.loads(out) == json.loads(compact(Reports(ALL)))
    assert all(line.startswith("    ") for line in out.splitlines()[3:-2])


def test_nothing_is_left_out() -> None:
    document = json.loads(text(SHOWN, several=False))
    assert document == {
        "subject": "list.eml",
        "status": None,
        "summary": "a message with nothing to judge",
        "checks": [],
        "at": 1795262400,
        "tool": "mailsec 0.1.0",
        "exit": 3,
        "verdict": None,
        "explanation": "",
        "schema": "mailsec/1",
    }


def test_the_verdict_is_as_documented() -> None:
    assert json.loads(text(FAILED, several=False))["verdict"] == {
        "domain": "no",
        "content": "none",
        "overall": "fail",
        "exit": 1,
        "decided_by": 8,
    }


@pytest.mark.parametrize("several", [False, True])
def test_json_lines_are_reports(several: bool) -> None:
    lines = text(*ALL, several=several, format="jsonl").splitlines()
    assert [msgspec.json.decode(line, type=Report) for line in lines] == list(ALL)


def test_numbers_of_any_size() -> None:
    assert json.loads(compact({"t": 10**30})) == {"t": 10**30}


def test_a_deep_tree_is_cut() -> None:
    report = json.loads(text(Report("s", None, "", (deep(500),), 0, "", 0), several=False))
    check, levels = report["checks"][0], 1
    while check["children"]:
        check, levels = check["children"][0], levels + 1
    assert levels == MAX_CHECK_DEPTH
    assert check["findings"][0]["rule"] == "report-tree-too-deep"
