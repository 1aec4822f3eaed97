from __future__ import annotations

from dataclasses import replace

from mailsec.core.limits.run import SHOWN_PATH_NAME
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact
from mailsec.output.plain import evidence_text, fact_text
from mailsec.output.render import render
from tests.output.samples import DKIM, FAILED, PASSED, SHOWN


def rows(*reports: object) -> list[list[str]]:
    return [line.split("\t") for line in "".join(render(reports, "plain", several=True)).splitlines()]


def test_the_verdict_comes_first() -> None:
    assert rows(PASSED)[0] == [
        "signed.eml",
        "verdict",
        "overall",
        "pass",
        PASSED.summary,
        "domain=yes; content=none; row=11; exit=0; at=1795262400",
    ]
    assert rows(SHOWN) == [["list.eml", "verdict", "overall", "-", SHOWN.summary, "exit=3; at=1795262400"]]


def test_checks_stand_in_the_order_of_the_tree_with_their_path() -> None:
    names = [row[2] for row in rows(PASSED) if row[1] == "check"]
    assert names == [
        "spf",
        "spf > include:_spf.example.net",
        "spf > include:_spf.example.net > ip4:198.51.100.0/24",
        "spf > include:_spf.example.net > a:mail.example.net",
        "spf > ip4:192.0.2.0/24",
        "dmarc",
    ]


def test_findings_follow_their_check() -> None:
    kinds = [row[1] for row in rows(replace(FAILED, checks=(DKIM,), explanation=""))]
    assert kinds == ["verdict", "check", "check", "finding", "finding", "check"]
    found = rows(FAILED)[10]
    assert found[2:4] == ["dkim-field-unsigned", "low"]
    assert found[5] == "fix=sign Subject as well"


def test_the_explanation_has_a_line() -> None:
    assert rows(FAILED)[1][1:4] == ["explanation", "user", "-"]


def test_all_rows_have_six_columns() -> None:
    assert {len(row) for row in rows(PASSED, FAILED, SHOWN)} == {6}


def test_values() -> None:
    assert [fact_text(value) for value in (True, False, None, "", 0, "x")] == ["yes", "no", "-", "-", "0", "x"]


def test_evidence() -> None:
    kind = EvidenceKind.BYTES
    assert evidence_text(Evidence(kind)) == "bytes"
    assert evidence_text(Evidence(kind, "body", "x", 0, 5)) == "bytes body [0:5]: x"
    assert evidence_text(Evidence(kind, "body", start=7)) == "bytes body [7:]"


def test_a_deep_tree_of_long_names_stays_linear() -> None:
    check = Check("n" * 1000, facts=(Fact("a", 1),))
    for _ in range(59):
        check = Check("n" * 1000, children=(check,))
    out = "".join(render([replace(PASSED, checks=(check,))], "plain"))
    assert len(out) < 60 * (1000 + 60 * (SHOWN_PATH_NAME + 3) + 100)
