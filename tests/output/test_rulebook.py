from __future__ import annotations

import json

import pytest

from mailsec.core.rules import Rule, Severity, Threat
from mailsec.output.render import Style
from mailsec.output.rulebook import show
from tests.output.harmless import harmful

RULES = (
    Rule("one-rule", Severity.HIGH, "The first", "RFC 7208 section 4.6.4", (Threat.PHISHING, Threat.EAVESDROPPING), "Do this."),
    Rule("two-rule", Severity.INFO, "The second", "RFC 5322", (), "Do that."),
)


def test_json() -> None:
    document = json.loads(show(RULES, "json", Style()))
    assert document["schema"] == "mailsec/1"
    assert document["rules"][0] == {
        "id": "one-rule",
        "severity": "high",
        "title": "The first",
        "reference": "RFC 7208 section 4.6.4",
        "threats": [
            {"name": "phishing and spear phishing", "function": "integrity"},
            {"name": "eavesdropping on the packets between hops", "function": "confidentiality"},
        ],
        "remedy": "Do this.",
    }


def test_json_lines() -> None:
    assert [json.loads(line)["id"] for line in show(RULES, "jsonl", Style()).splitlines()] == ["one-rule", "two-rule"]


def test_plain() -> None:
    first, second = show(RULES, "plain", Style()).splitlines()
    assert first.split("\t") == [
        "one-rule",
        "high",
        "The first",
        "RFC 7208 section 4.6.4",
        "integrity: phishing and spear phishing; confidentiality: eavesdropping on the packets between hops",
        "Do this.",
    ]
    assert second.split("\t")[4] == "-"


@pytest.mark.parametrize("color", [False, True])
def test_human(color: bool) -> None:
    page = show(RULES, "human", Style(40, color=color))
    assert not harmful(page, colour=color)
    if not color:
        assert page.startswith(
            "HIGH  one-rule\nThe first\nReference  RFC 7208 section 4.6.4\nThreat     phishing and spear phishing\n"
        )
        assert "\n\nINFO  two-rule\n" in page
