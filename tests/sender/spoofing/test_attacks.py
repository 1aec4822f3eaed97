"""The published set: every attack is answered, honest mail stays quiet, and every rule has both."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from mailsec.core.results import Report, Status
from mailsec.core.rules import Severity
from mailsec.sender.spoofing.rules import LENGTH_TAG, RULES
from tests.sender.spoofing.cases import Case, cases, judged

CASES = {case["id"]: case for case in cases()}
HONEST = sorted(name for name, case in CASES.items() if case["expected"].get("quiet"))
ATTACKS = sorted(CASES.keys() - set(HONEST))
ANSWERED = (Status.FAIL, Status.POLICY, Status.PERMERROR)

# for each rule the honest message that comes nearest to it
NEAR = {
    "spoofing-hidden-from": "benign-folded-signature-names",
    "spoofing-hidden-field": "benign-folded-signature-names",
    "spoofing-from-route": "benign-plain",
    "spoofing-from-group": "benign-blind-copy",
    "spoofing-address-in-local-part": "benign-forwarded",
    "spoofing-address-in-comment": "benign-name-in-comment",
    "spoofing-stray-address": "benign-name-with-comma",
    "spoofing-encoded-address": "benign-own-address-encoded",
    "spoofing-unreadable-word": "benign-japanese-name",
    "spoofing-control-character": "benign-windows-1252-controls",
    "spoofing-bidirectional": "benign-arabic-name",
    "spoofing-invisible": "benign-emoji-name",
    "spoofing-mixed-scripts": "benign-japanese-with-latin-letters",
    "spoofing-homograph": "benign-idn-cyrillic-domain",
    "spoofing-lookalike": "benign-idn-domain",
    "spoofing-embedded-domain": "benign-protected-subdomain",
    "spoofing-display-address": "benign-own-address-as-name",
    "spoofing-display-domain": "benign-trade-name",
    "spoofing-padded-name": "benign-accents",
    "spoofing-weekday": "benign-plain",
    "spoofing-date-future": "benign-plain",
    "spoofing-smuggled-dialogue": "benign-dots-and-smtp-talk",
    "spoofing-end-of-data": "benign-dots-and-smtp-talk",
    "spoofing-sender-differs": "benign-secretary",
    "spoofing-reply-to-differs": "benign-reply-to-team",
    "spoofing-resent-differs": "benign-resent",
    "spoofing-resent-incomplete": "benign-resent",
    "spoofing-mail-from-differs": "benign-newsletter",
    "spoofing-authenticated-other": "benign-logged-in-as-author",
    "spoofing-helo-only": "benign-bounce",
    "spoofing-forged-results": "benign-own-results-above-border",
    "spoofing-mail-from-injection": "benign-newsletter",
    "spoofing-mail-from-route": "benign-forwarded",
    "spoofing-helo-injection": "benign-plain",
    "spoofing-protected-identity": "benign-protected-itself",
    "spoofing-signature-injection": "benign-signed",
    "spoofing-length-tag": "benign-signed",
    "spoofing-replay": "benign-newsletter",
    "spoofing-subdomain-open": "benign-protected-subdomain",
    "spoofing-wide-spf": "benign-plain",
    "spoofing-shared-relay": "benign-newsletter",
    "spoofing-shared-provider": "benign-plain",
    "spoofing-resigned": "benign-newsletter",
}


@cache
def report(name: str) -> Report:
    return judged(CASES[name])


def found(name: str) -> dict[str, Severity]:
    return {each.rule: each.severity for each in report(name).all_findings()}


def test_ids_are_unique() -> None:
    assert [name for name, count in Counter(case["id"] for case in cases()).items() if count > 1] == []


def test_there_are_enough() -> None:
    assert len(ATTACKS) >= 100
    assert len(HONEST) >= 25


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_is_answered_as_expected(name: str) -> None:
    expected: Case = CASES[name]["expected"]
    assert report(name).status == expected["verdict"], report(name).summary
    assert set(expected.get("findings", ())) - set(found(name)) == set()


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_passes_without_a_word(name: str) -> None:
    expected: Case = CASES[name]["expected"]
    assert report(name).status in ANSWERED or expected.get("findings") or expected.get("undecidable")


@pytest.mark.parametrize("name", HONEST)
def test_honest_mail_stays_quiet(name: str) -> None:
    assert {rule: severity for rule, severity in found(name).items() if severity.rank >= Severity.MEDIUM.rank} == {}


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule is not LENGTH_TAG])  # which `verify` knows better than
def test_each_rule_has_an_attack_that_it_finds(rule: str) -> None:
    assert any(rule in found(name) for name in ATTACKS if rule in CASES[name]["expected"].get("findings", ()))


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_each_rule_is_silent_on_the_honest_message_nearest_to_it(rule: str) -> None:
    assert rule not in found(NEAR[rule])


def test_every_case_says_where_it_is_from() -> None:
    assert [name for name, case in CASES.items() if not case["source"] or not case["class"]] == []
