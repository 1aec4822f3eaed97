from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from mailsec.api.rulebook import BOOKS, rules
from mailsec.core.results import TREE_TOO_DEEP
from mailsec.core.rules import Rule

ROOT = Path(__file__).parents[2]


def test_every_rule_book_is_gathered() -> None:
    found = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "mailsec").rglob("rules.py")}
    assert found - {"mailsec.core.rules"} == set(BOOKS)


def test_ids_are_unique_and_in_order() -> None:
    ids = [TREE_TOO_DEEP.id, *(rule.id for book in BOOKS for rule in import_module(book).RULES)]
    assert sorted(ids) == list(rules())


@pytest.mark.parametrize("book", BOOKS)
def test_every_rule_of_a_book_is_in_its_list(book: str) -> None:
    module = import_module(book)
    assert {id(value) for value in vars(module).values() if isinstance(value, Rule)} == {id(rule) for rule in module.RULES}


def test_rules_are_well_formed() -> None:
    for name, rule in rules().items():
        assert name == rule.id
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name), name
        assert rule.title[:1].isupper() or rule.title[:1].isdigit(), name
        assert not rule.title.endswith("."), name
        assert re.match(r"RFC \d{4}|draft-|mailsec |CWE-\d|MITRE ATT&CK T\d{4}", rule.reference), name
        assert rule.remedy.endswith("."), name
        assert "  " not in rule.title + rule.remedy, name
