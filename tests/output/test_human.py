"""Whole pages, compared with tests/data/snapshots; MAILSEC_UPDATE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from mailsec.core.limits.run import SHOWN_FACTS, SHOWN_FINDINGS, SHOWN_NODES, SHOWN_TEXT
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Report, Status
from mailsec.core.rules import Severity
from mailsec.output.render import Style, render
from tests.output.samples import DIALOGUE, DKIM, FAILED, PASSED, SHOWN, SPF, UNJUDGED, deep, hostile

SNAPSHOTS = Path(__file__).parents[1] / "data" / "snapshots"
PAGES = {
    "passed-80": (PASSED, Style(80)),
    "passed-40": (PASSED, Style(40)),
    "passed-verbose-80": (PASSED, Style(80, verbose=True)),
    "passed-color-80": (PASSED, Style(80, color=True)),
    "failed-80": (FAILED, Style(80)),
    "failed-40": (FAILED, Style(40)),
    "failed-color-40": (FAILED, Style(40, color=True)),
    "failed-ascii-levels-80": (FAILED, Style(80, ascii=True, levels=2)),
    "unjudged-80": (UNJUDGED, Style(80)),
    "unjudged-40": (UNJUDGED, Style(40)),
    "shown-40": (SHOWN, Style(40)),
    "dialogue-80": (replace(SHOWN, checks=(DIALOGUE,)), Style(80)),
    "dialogue-40": (replace(SHOWN, checks=(DIALOGUE,)), Style(40)),
    "dialogue-color-80": (replace(SHOWN, checks=(DIALOGUE,)), Style(80, color=True)),
    "dialogue-ascii-verbose-60": (replace(SHOWN, checks=(DIALOGUE,)), Style(60, ascii=True, verbose=True)),
    "hostile-80": (hostile("\x1b[31m[bold]a\tb\u202e[/] \x1b]8;;https://evil.example\x07"), Style(80, verbose=True)),
}


def page(report: Report, style: Style | None = None) -> str:
    return "".join(render([report], "human", style))


def only(check: Check) -> Report:
    return replace(PASSED, checks=(check,))


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str) -> None:
    path = SNAPSHOTS / f"{name}.txt"
    out = page(*PAGES[name])
    if os.environ.get("MAILSEC_UPDATE_SNAPSHOTS"):
        path.write_text(out)
    assert out == path.read_text()


def test_every_snapshot_is_used() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == set(PAGES)


@pytest.mark.parametrize("width", [40, 47, 80, 120])
@pytest.mark.parametrize("report", [PASSED, FAILED, UNJUDGED, SHOWN, only(deep(64)), hostile("日本語 a" * 200)])
def test_no_line_is_wider_than_the_terminal(report: Report, width: int) -> None:
    assert max(cell_len(line) for line in page(report, Style(width)).splitlines()) <= width


def test_the_sentence_comes_first_with_its_word() -> None:
    first, second, *_ = page(FAILED).splitlines()
    assert first == "FAIL  the message was changed since example.com signed it"
    assert second.startswith("changed.eml · judged for 2026-11-21 12:00:00 UTC")


@pytest.mark.parametrize(
    ("status", "colour"),
    [(Status.PASS, "32"), (Status.FAIL, "31"), (Status.POLICY, "31"), (Status.PERMERROR, "31")]
    + [(status, "33") for status in (Status.NONE, Status.NEUTRAL, Status.SOFTFAIL, Status.TEMPERROR, Status.SKIPPED)],
)
def test_a_verdict_has_the_colour_of_its_standing(status: Status, colour: str) -> None:
    out = page(replace(PASSED, status=status), Style(color=True))
    assert out.startswith(f"\x1b[1;{colour}m{status.value.upper()}\x1b[0m")


def test_findings_stand_in_order_of_severity() -> None:
    findings = tuple(Finding(f"r-{severity}", severity, "m") for severity in Severity)
    lines = page(only(Check("a", findings=findings))).splitlines()
    assert [line.split()[1] for line in lines if " r-" in line] == ["r-high", "r-medium", "r-low", "r-info"]


def test_pages_of_several_reports_are_apart() -> None:
    assert "".join(render([SHOWN, SHOWN], "human", several=True)) == page(SHOWN) + "\n" + page(SHOWN)


@pytest.mark.parametrize(
    ("at", "shown"), [(0, "1970-01-01 00:00:00 UTC"), (10**12, f"second {10**12}"), (-(10**30), f"second {-(10**30)}")]
)
def test_times_beyond_the_calendar(at: int, shown: str) -> None:
    assert f"judged for {shown}" in page(replace(PASSED, at=at))


def test_levels_cut_the_tree_and_say_so() -> None:
    assert "… 1 more below; -v shows them" in page(only(deep(3)), Style(levels=2))
    assert "level 3" not in page(only(deep(3)), Style(levels=2))
    assert "more below" not in page(only(deep(2)), Style(levels=2))


def test_much_of_everything_is_cut_and_says_so() -> None:
    findings = tuple(Finding(f"rule-{n}", Severity.LOW, "m") for n in range(SHOWN_FINDINGS + 3))
    facts = tuple(Fact(f"fact{n}", n) for n in range(SHOWN_FACTS + 2))
    evidence = tuple(Evidence(EvidenceKind.DNS, f"e{n}.example") for n in range(SHOWN_FACTS + 1))
    out = page(only(Check("a", facts=facts, findings=findings, evidence=evidence)), Style(120, verbose=True))
    assert "… and 3 more findings; --format json has all" in out
    assert "… and 2 more\n" in out
    assert "… and 1 more\n" in out
    assert f"fact{SHOWN_FACTS}" not in out


def test_a_wide_tree_is_cut_and_says_so() -> None:
    tree = Check("root", children=tuple(Check(f"child-{n}") for n in range(SHOWN_NODES + 10)))
    report = replace(PASSED, checks=(tree, tree))
    out = page(report)
    assert out.count("child-") == SHOWN_NODES - 1
    assert out.count("… and more; --format json has all") == 2


def test_long_values_are_cut() -> None:
    assert page(only(Check("a", reason="x" * 10**6))).count("x") < SHOWN_TEXT + 10


def test_the_whole_of_a_usual_tree_is_shown() -> None:
    out = page(only(Check("all", children=(SPF, DKIM))))
    assert all(check.name in out for check in (*SPF.walk(), *DKIM.walk()))
