from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.defang import defanged, defanged_text
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Report, Status
from mailsec.core.rules import Severity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a.example/b.html?c=d.e", "hxxp://a[.]example/b.html?c=d.e"),
        ("HTTPS://A.Example", "HxxPS://A[.]Example"),
        ("al.ice@c.example", "al[.]ice[@]c[.]example"),
        ("<alice@bank.example>", "<alice[@]bank[.]example>"),
        ("192.0.2.1 and [192.0.2.1]", "192[.]0[.]2[.]1 and [192[.]0[.]2[.]1]"),
        ("https://user@evil.example/x", "hxxps://user[@]evil[.]example/x"),
        ("xn--bcher-kva.example", "xn--bcher-kva[.]example"),
        ("b\u00fccher.example", "b\u00fccher[.]example"),
        ("invoice.pdf.exe", "invoice[.]pdf[.]exe"),
        ("part 1.2, version 15.20.1", "part 1.2, version 15.20.1"),
        ("application/vnd.ms-excel text/html", "application/vnd.ms-excel text/html"),
        ("A sentence. Another one. https", "A sentence. Another one. https"),
        ("http://localhost/", "hxxp://localhost/"),
        ("a @ b", "a @ b"),
        ("", ""),
    ],
)
def test_text(text: str, expected: str) -> None:
    assert defanged_text(text) == expected


@given(st.text(alphabet="htps:/.@abc1[] \n-", max_size=80))
def test_no_link_is_left_and_doing_it_twice_changes_nothing(text: str) -> None:
    once = defanged_text(text)
    assert not re.search(r"https?:", once)
    assert not re.search(r"(?<![\w./@\]\[-])[a-z]+\.[a-z]{2,}(?![\w@.\[\]-])", once)
    assert defanged_text(once) == once


def test_every_text_of_a_report_but_its_subject_and_the_words_of_the_book() -> None:
    url, harmless = "http://a.example", "hxxp://a[.]example"
    evidence = Evidence(EvidenceKind.BYTES, url, url, 1, 2)
    found = Finding("rule-id", Severity.LOW, url, (evidence,), url, "Title of a.example", "Remedy.")
    leaf = Check(url, Status.NONE, url, (Fact("host", url), Fact("n", 1)), (found,), (evidence,))
    report = Report(url, None, url, (Check("top", children=(leaf, Check("empty"))),), 0, "mailsec", 0, explanation=url)
    made = defanged(report)
    assert (made.subject, made.summary, made.explanation) == (url, harmless, harmless)
    child = made.checks[0].children[0]
    assert (child.name, child.reason, child.facts) == (harmless, harmless, (Fact("host", harmless), Fact("n", 1)))
    quoted = Evidence(EvidenceKind.BYTES, harmless, harmless, 1, 2)
    assert child.evidence == (quoted,)
    assert child.findings == (Finding("rule-id", Severity.LOW, harmless, (quoted,), harmless, "Title of a.example", "Remedy."),)
    assert made.checks[0].children[1] == Check("empty")


def test_a_deep_tree() -> None:
    check = Check("http://a.example")
    for _ in range(5_000):
        check = Check("a.example", children=(check,))
    made = defanged(Report("x", None, "", (check,), 0, "mailsec", 0))
    assert {each.name for each in made.checks[0].walk()} == {"a[.]example", "hxxp://a[.]example"}
