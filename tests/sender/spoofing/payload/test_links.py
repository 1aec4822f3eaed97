from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.spoofing import MAX_HTML_LINKS
from mailsec.core.results import Evidence, EvidenceKind, Finding
from mailsec.sender.spoofing.payload.html import read_page
from mailsec.sender.spoofing.payload.links import judge_page, shown_host
from mailsec.sender.spoofing.payload.notes import Notes

PLACE = Evidence(EvidenceKind.BYTES, "part 1", "", 10, 20)


def findings(markup: str, site: str = "sender.example") -> list[Finding]:
    notes = Notes()
    judge_page(read_page(markup), PLACE, site, notes, {})
    return list(notes.findings())


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://bank.example/login", "bank.example"),
        ("Go to HTTP://Bank.example now", "bank.example"),
        ("bank.example", "bank.example"),
        ("www.bank.md", "www.bank.md"),
        ("bank.example/path", "bank.example"),
        ("bank.example:8080", "bank.example"),
        ("Bank of Example", ""),
        ("read more", ""),
        ("Node.js", ""),
        ("report.pdf", ""),
        ("1.2", ""),
        ("1.2.3.4", ""),
        ("a.b.", ""),
        ("", ""),
    ],
)
def test_the_host_that_a_text_shows(text: str, host: str) -> None:
    assert shown_host(text) == host


@pytest.mark.parametrize(
    ("markup", "severity"),
    [
        ('<a href="https://b.example/">https://a.example/</a>', "medium"),
        ('<a href="https://b.example/">a.example</a>', "medium"),
        ('<a href="https://b.example/">A.example</a>', "low"),
        ('<a href="http://192.0.2.1/">a.example</a>', "high"),
        ('<a href="mailto:x@b.example">y@a.example</a>', "medium"),
        ('<a href="https://u@b.example/">x</a>', "low"),
        ('<a href="https://a.example@b.example/">x</a>', "high"),
        ('<a href="http://%62.example/">x</a>', "medium"),
        ('<a href="javascript:alert(1)">x</a>', "low"),
        ('<a href="vbscript:x">x</a>', "high"),
        ('<meta http-equiv=refresh content="0;url=https://b.example">', "medium"),
    ],
)
def test_severities(markup: str, severity: str) -> None:
    assert max((each.severity for each in findings(markup)), key=lambda each: each.rank) == severity


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="https://www.a.example/x">a.example</a>',
        '<a href="mailto:x@a.example?subject=hi">x@a.example</a>',
        '<a href="mailto:">x@a.example</a>',
        '<a href="javascript:void(0)">x</a>',
        '<a href="javascript:;">x</a>',
        '<a href="javascript: void ( 0 ) ;">x</a>',
        '<a href="tel:123">a.example</a>',
        '<a href="/x">a.example</a>',
        '<a href="ftp://user@b.example/">x</a>',
        '<form action="https://www.sender.example/s"><input></form>',
        "<form></form>",
        '<meta http-equiv=refresh content="0;url=#top">',
        '<img src="http://192.0.2.1/x">',
        '<a href="https://a.example/go?u=https://www.a.example/x">x</a>',
        '<a href="http://a b/">x</a>',
    ],
)
def test_what_is_in_order(markup: str) -> None:
    assert findings(markup) == []


def test_one_finding_for_each_rule_and_severity_with_a_few_places() -> None:
    (found,) = findings("".join(f'<a href="http://192.0.2.{each}/">x</a>' for each in range(9)))
    assert found.message == "it leads to 192.0.2.0, and 8 more"
    assert [each.text for each in found.evidence] == [f"http://192.0.2.{each}/" for each in range(5)]
    assert (found.evidence[0].where, found.evidence[0].start) == ("part 1", 10)


def test_a_page_with_too_many_links_says_so() -> None:
    assert [each.rule for each in findings("<a href=x>y</a>" * (MAX_HTML_LINKS + 1))] == ["payload-html-limit"]


@pytest.mark.parametrize(
    "target", ["javascript:void" + " " * 8_000 + "x", "https://" + "a." * 4_000, "https://a.example/" + "http:/" * 1_300]
)
def test_hostile_targets_take_no_longer(target: str) -> None:
    start = time.process_time()
    findings(f'<a href="{target}">www.{"a." * 200}</a>' * 20)
    assert time.process_time() - start < 5


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_link_is_judged(target: str, text: str) -> None:
    findings(f'<a href="{target}">{text}</a>')
    findings(f'<a href="https://{target}">https://{text}</a><form action="//{target}"><input type=password></form>')
