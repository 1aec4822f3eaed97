"""The table at the end of a run over many subjects."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mailsec.core.limits.run import SHOWN_NODES
from mailsec.core.results import Check, Finding, Report, Status
from mailsec.core.rules import Severity
from mailsec.output.render import Style
from mailsec.output.summary import Summary
from tests.output.harmless import harmful


def report(subject: str, *severities: Severity, status: Status | None = Status.PASS) -> Report:
    findings = tuple(Finding("rule", each, "said") for each in severities)
    below = Check("below", findings=findings)
    return Report(subject, status, "", (Check("part", children=(below,)),), 0, "t", 0)


def table(*reports: Report, style: Style | None = None) -> list[str]:
    summary = Summary()
    for each in reports:
        summary.add(each)
    return summary.text(style or Style()).splitlines()


def test_a_line_each_the_worst_first() -> None:
    high, medium, low, info = reversed(Severity)
    lines = table(
        report("z.example", low, info),
        report("good.example"),
        report("bad.example", high, low, low, status=Status.POLICY),
        report("worse.example", high, high, status=Status.FAIL),
        report("a.example", medium, status=Status.TEMPERROR),
        report("also.example", status=Status.NONE),
    )
    assert lines == [
        "",
        "             high medium    low   info  subject",
        "fail            2      -      -      -  worse.example",
        "policy          1      -      2      -  bad.example",
        "temperror       -      1      -      -  a.example",
        "pass            -      -      1      1  z.example",
        "none            -      -      -      -  also.example",
        "pass            -      -      -      -  good.example",
    ]


def test_nothing_but_the_heads_of_no_subject() -> None:
    assert len(table()) == 2


def test_a_long_list_is_cut_and_says_so() -> None:
    lines = table(*(report(f"n{number:04}.example") for number in range(SHOWN_NODES + 7)))
    assert len(lines) == 2 + SHOWN_NODES + 1
    assert lines[-1] == "… and 7 more; --format jsonl has all"
    assert len(table(*(report(str(number)) for number in range(SHOWN_NODES)))) == 2 + SHOWN_NODES


@pytest.mark.parametrize("width", [20, 40, 80, 120])
@pytest.mark.parametrize(
    "subject", ["\x1b[31m[bold]a\tb\u202e[/] \x1b]8;;https://evil.example\x07", "x\0" * 5_000, "\u5b57" * 400, "a\nb\rc"]
)
def test_hostile_subjects_are_harmless(subject: str, width: int) -> None:
    lines = table(report(subject, Severity.HIGH), style=Style(width))
    assert harmful("\n".join(lines)) == []
    assert all(cell_len(line) <= max(width, 56) for line in lines)


def test_colour_is_for_those_who_want_it() -> None:
    row = report("a.example", Severity.HIGH, status=Status.FAIL)
    assert not any("\x1b" in line for line in table(row))
    coloured = "\n".join(table(row, style=Style(color=True)))
    assert "\x1b[" in coloured
    assert harmful(coloured, colour=True) == []


def test_a_subject_without_a_status_has_its_row() -> None:
    assert table(report("a.example", status=None))[-1].endswith("a.example")
