"""The rule book of the room."""

from __future__ import annotations

import subprocess
import sys

from mailsec.core.rules import Rule
from mailsec.sender.dkim import rules


def test_every_rule_is_listed_once() -> None:
    constants = [value for value in vars(rules).values() if isinstance(value, Rule)]
    assert list(rules.RULES) == constants
    assert len({rule.id for rule in constants}) == len(constants)
    for rule in constants:
        assert rule.id.startswith("dkim-")
        assert rule.reference.startswith("RFC ")
        assert rule.threats
        assert rule.remedy.endswith(".")


def test_the_rule_book_loads_no_cryptography() -> None:
    code = "import sys, mailsec.sender.dkim.rules; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
