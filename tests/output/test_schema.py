"""The published JSON Schema against the model; MAILSEC_UPDATE_SNAPSHOTS=1 publishes additions, and additions only."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailsec.core.results import Report
from mailsec.core.rules import Rule, Severity, Threat
from mailsec.output import schema
from mailsec.output.json import Reports, compact
from mailsec.output.rulebook import RuleBook, entry
from tests.output.compatibility import losses
from tests.output.samples import FAILED, PASSED, SHOWN, UNJUDGED, hostile

FILE = Path(schema.__file__).parent / schema.FILE


def test_the_published_schema_is_the_models() -> None:
    derived = json.loads(json.dumps(schema.derived()))
    assert losses(json.loads(schema.published()), derived) == []
    if os.environ.get("MAILSEC_UPDATE_SNAPSHOTS"):
        FILE.write_text(json.dumps(derived, indent=2) + "\n")
    assert json.loads(schema.published()) == derived


def test_the_published_schema_is_ascii_and_ends_its_last_line() -> None:
    assert schema.published().isascii()
    assert schema.published().endswith("}\n")


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def apply(document: dict[str, Any]) -> None:
        *above, last = path.split("/")
        for name in above:
            document = document[name]
        if value is None:
            del document[last]
        else:
            document[last] = value

    return apply


@pytest.mark.parametrize(
    ("path", "value", "loss"),
    [
        ("$defs/Verdict", None, "Verdict is gone"),
        ("$defs/Report/properties/at", None, "Report: at is gone"),
        ("$defs/Report/properties/at", {"type": "string"}, "Report: at changed its type"),
        ("$defs/Report/properties/checks/items", {"type": "string"}, "Report: checks changed its type"),
        ("$defs/Report/properties/status/anyOf", [{"type": "null"}], "Report: status changed its type"),
        ("$defs/Fact/required", ["name", "value", "unit"], "Fact: unit is newly required"),
        ("$defs/Fact/required", ["name"], "Fact: value is no longer required"),
        ("$defs/Severity/enum", ["info", "low", "medium"], "Severity: value high is gone"),
        ("$defs/Check/type", "array", "Check: type changed"),
        ("anyOf", [{"$ref": "#/$defs/Report"}, {"$ref": "#/$defs/Reports"}], "document #/$defs/RuleBook is gone"),
    ],
)
def test_what_counts_as_a_loss(path: str, value: object, loss: str) -> None:
    new = copy.deepcopy(schema.derived())
    change(path, value)(new)
    assert loss in losses(schema.derived(), new)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$defs/Report/properties/duration", {"type": "integer", "default": 0}),
        ("$defs/Severity/enum", ["info", "low", "medium", "high", "critical"]),
        ("$defs/New", {"type": "object"}),
        ("$defs/Report/description", "other words"),
    ],
)
def test_what_counts_as_an_addition(path: str, value: object) -> None:
    new = copy.deepcopy(schema.derived())
    change(path, value)(new)
    assert losses(schema.derived(), new) == []


RULE = Rule("a-rule", Severity.LOW, "title", "RFC 5322", (Threat.PHISHING,), "remedy")


@pytest.mark.parametrize(
    "document",
    [PASSED, FAILED, UNJUDGED, SHOWN, hostile("x"), Reports((PASSED, FAILED)), Reports(()), RuleBook((entry(RULE),))],
)
def test_what_is_printed_is_valid(document: Report | Reports | RuleBook) -> None:
    published = json.loads(schema.published())
    assert invalid(json.loads(compact(document)), published["$defs"][type(document).__name__], published["$defs"]) == []


def test_the_validator_sees_what_is_wrong() -> None:
    definitions = json.loads(schema.published())["$defs"]
    document = json.loads(compact(PASSED))
    assert invalid(document | {"at": "noon"}, definitions["Report"], definitions) == ["/at: str"]
    assert invalid(document | {"status": "fine"}, definitions["Report"], definitions) == ["/status: str"]
    assert invalid(document | {"extra": 1}, definitions["Report"], definitions) == ["/extra: not in the schema"]
    del document["at"]
    assert invalid(document, definitions["Report"], definitions) == ["/at: missing"]


_TYPES = {"string": str, "integer": int, "boolean": bool, "null": type(None), "array": list, "object": dict}


def invalid(value: Any, rule: dict[str, Any], definitions: dict[str, Any], at: str = "") -> list[str]:
    """Where `value` is not as `rule` says: as much of JSON Schema as the published one uses, and strict about properties."""
    if "$ref" in rule:
        return invalid(value, definitions[rule["$ref"].removeprefix("#/$defs/")], definitions, at)
    if "anyOf" in rule:
        fits = any(not invalid(value, each, definitions, at) for each in rule["anyOf"])
    elif "enum" in rule:
        fits = value in rule["enum"]
    else:
        fits = type(value) is _TYPES[rule["type"]]
    return _inside(value, rule, definitions, at) if fits else [f"{at}: {type(value).__name__}"]


def _inside(value: Any, rule: dict[str, Any], definitions: dict[str, Any], at: str) -> list[str]:
    if isinstance(value, list):
        return [found for n, each in enumerate(value) for found in invalid(each, rule["items"], definitions, f"{at}/{n}")]
    if not isinstance(value, dict) or "properties" not in rule:
        return []
    properties = rule["properties"]
    found = [f"{at}/{name}: missing" for name in rule["required"] if name not in value]
    found += [f"{at}/{name}: not in the schema" for name in value if name not in properties]
    for name in value.keys() & properties.keys():
        found += invalid(value[name], properties[name], definitions, f"{at}/{name}")
    return found
