"""The rule book of SPF."""

from __future__ import annotations

import re

from mailsec.core.rules import Rule
from mailsec.sender.spf import rules


def test_every_rule_is_in_the_book_and_complete() -> None:
    assert set(rules.RULES) == {value for value in vars(rules).values() if isinstance(value, Rule)}
    assert len({rule.id for rule in rules.RULES}) == len(rules.RULES)
    for rule in rules.RULES:
        assert re.fullmatch(r"spf(-[a-z]+)+", rule.id)
        assert rule.reference.startswith("RFC 7208 section")
        assert rule.threats
        assert rule.remedy.endswith(".")
