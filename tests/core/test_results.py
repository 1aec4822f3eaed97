from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.run import MAX_CHECK_DEPTH
from mailsec.core.results import (
    TREE_TOO_DEEP,
    Check,
    Fact,
    Finding,
    Report,
    Standing,
    Status,
    bounded,
    finding,
    with_check,
    worst_severity,
)
from mailsec.core.rules import Rule, Severity, Threat
from tests.output.samples import DKIM, FAILED, SPF, deep

RULE = Rule("a-rule", Severity.MEDIUM, "A rule", "RFC 5322", (), "Do.")


@pytest.mark.parametrize(
    ("words", "standing"),
    [
        ("pass", Standing.HOLDS),
        ("fail policy permerror", Standing.DOES_NOT_HOLD),
        ("none neutral softfail temperror skipped", Standing.UNJUDGED),
    ],
)
def test_every_status_is_one_of_three_answers(words: str, standing: Standing) -> None:
    assert {Status(word) for word in words.split()} == {status for status in Status if status.standing is standing}


def test_a_finding_takes_its_rules_severity_unless_told() -> None:
    book = (RULE.title, RULE.remedy)
    assert finding(RULE, "m") == Finding("a-rule", Severity.MEDIUM, "m", (), "", *book)
    assert finding(RULE, "m", fix="f", severity=Severity.HIGH) == Finding("a-rule", Severity.HIGH, "m", (), "f", *book)


def test_a_findings_sentence() -> None:
    assert finding(RULE, "m").sentence == f"{RULE.title}: m"
    assert finding(RULE, "").sentence == RULE.title
    assert Finding("a-rule", Severity.LOW, "m").sentence == "m"


def test_what_stands_in_a_check() -> None:
    check = Check("c", facts=(Fact("n", 0), Fact("n", 1)), children=(Check("x", reason="first"), Check("x")))
    assert check.fact("n") == 0
    assert check.fact("m") is None
    assert check.child("x") == Check("x", reason="first")
    assert check.child("y") is None


def test_walk_is_depth_first_in_order() -> None:
    assert [check.name for check in SPF.walk()] == [
        "spf",
        "include:_spf.example.net",
        "ip4:198.51.100.0/24",
        "a:mail.example.net",
        "ip4:192.0.2.0/24",
    ]


def test_all_findings() -> None:
    assert [found.rule for found in DKIM.all_findings()] == ["dkim-body-changed", "dkim-field-unsigned"]
    assert list(FAILED.all_findings()) == list(DKIM.all_findings())


def test_a_reports_checks() -> None:
    assert FAILED.check("dkim") is DKIM
    assert FAILED.check("arc") is None


def test_results_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(FAILED, "exit", 0)  # noqa: B010 (an assignment would not pass the type check)


def test_worst_severity() -> None:
    assert worst_severity(()) is None
    assert worst_severity(finding(RULE, "m", severity=severity) for severity in Severity) is Severity.HIGH


def test_severities_are_in_order() -> None:
    assert [severity.rank for severity in Severity] == [0, 1, 2, 3]


def test_every_threat_has_its_function() -> None:
    functions = [threat.function for threat in Threat]
    assert {name: functions.count(name) for name in functions} == {"integrity": 6, "confidentiality": 3, "availability": 3}


def depth(check: Check) -> int:
    return max((1 + depth(child) for child in check.children), default=1)


@pytest.mark.parametrize("levels", [1, 2, MAX_CHECK_DEPTH - 1, MAX_CHECK_DEPTH])
def test_a_tree_that_is_not_too_deep_stays_itself(levels: int) -> None:
    tree = deep(levels)
    assert bounded(tree) is tree


@pytest.mark.parametrize("levels", [MAX_CHECK_DEPTH + 1, 100_000])
def test_a_tree_that_is_too_deep_is_cut_and_says_so(levels: int) -> None:
    cut = bounded(deep(levels))
    assert depth(cut) == MAX_CHECK_DEPTH
    *_, last = cut.walk()
    assert [(found.rule, found.severity) for found in last.findings] == [(TREE_TOO_DEEP.id, Severity.LOW)]
    assert "1 further entries" in last.findings[0].message


def test_only_what_is_too_deep_is_cut() -> None:
    tree = Check("root", children=(deep(3), Check("leaf", Status.FAIL), deep(2)))
    cut = bounded(tree, 3)
    assert [child.name for child in cut.children] == ["level 1", "leaf", "level 1"]
    assert cut.children[1:] == tree.children[1:]
    assert [found.rule for found in cut.all_findings()] == [TREE_TOO_DEEP.id]


def test_a_check_that_stands_at_two_places_is_cut_at_one() -> None:
    shared = Check("shared", children=(Check("leaf"),))
    tree = Check("root", children=(Check("branch", children=(shared,)), shared))
    cut = bounded(tree, 3)
    assert cut.children[1] == shared
    assert cut.children[0].children[0].children == ()


trees = st.recursive(
    st.builds(Check, st.text(max_size=3)),
    lambda below: st.builds(Check, st.text(max_size=3), children=st.lists(below).map(tuple)),
)


@given(trees, st.integers(1, 6))
def test_cutting_keeps_everything_above(tree: Check, levels: int) -> None:
    def expected(check: Check, left: int) -> Check:
        if left == 1 and check.children:
            cut = finding(TREE_TOO_DEEP, f"cut at {levels} levels: {len(check.children)} further entries are not shown")
            return replace(check, children=(), findings=(cut,))
        return replace(check, children=tuple(expected(child, left - 1) for child in check.children))

    assert bounded(tree, levels) == expected(tree, levels)


def test_a_report_says_which_schema() -> None:
    assert Report("s", None, "", (), 0, "t", 0).schema == "mailsec/1"


def test_one_more_check_stands_behind_the_others() -> None:
    more = with_check(FAILED, Check("trace"))
    assert more.checks == (*FAILED.checks, Check("trace"))
    assert replace(more, checks=FAILED.checks) == FAILED, "the rest stays"
    assert len(FAILED.checks) + 1 == len(more.checks)
