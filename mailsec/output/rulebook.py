"""Entries of the rule book, for `mailsec explain`: as a page, as lines, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailsec.core.results import SCHEMA
from mailsec.core.rules import Rule, Severity, Threat
from mailsec.output.render import Style


@dataclass(frozen=True, slots=True)
class ThreatEntry:
    """A threat and what it attacks: integrity, confidentiality or availability."""

    name: Threat
    function: str


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One rule as it is published."""

    id: str
    severity: Severity
    title: str
    reference: str
    threats: tuple[ThreatEntry, ...]
    remedy: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The document that `mailsec explain --json` prints."""

    rules: tuple[RuleEntry, ...]
    schema: str = SCHEMA


def entry(rule: Rule) -> RuleEntry:
    """`rule` with the function of each of its threats."""
    threats = tuple(ThreatEntry(threat, threat.function) for threat in rule.threats)
    return RuleEntry(rule.id, rule.severity, rule.title, rule.reference, threats, rule.remedy)


def show(rules: Iterable[Rule], format: str, style: Style) -> str:
    """`rules` in the format asked for. Plain is a line a rule: id, severity, title, reference, threats, remedy."""
    entries = tuple(entry(rule) for rule in rules)
    match format:
        case "json":
            from mailsec.output.json import indented  # noqa: PLC0415 (msgspec only where JSON is asked for)

            return indented(RuleBook(entries)) + "\n"
        case "jsonl":
            from mailsec.output.json import compact  # noqa: PLC0415

            return "".join(compact(each) + "\n" for each in entries)
        case "plain":
            return "".join(_line(each) for each in entries)
        case _:
            return _pages(entries, style)


def _line(rule: RuleEntry) -> str:
    from mailsec.output.plain import line  # noqa: PLC0415 (only for the plain format)

    threats = "; ".join(f"{threat.function}: {threat.name}" for threat in rule.threats)
    return line(rule.id, rule.severity, rule.title, rule.reference, threats, rule.remedy)


def _pages(rules: Iterable[RuleEntry], style: Style) -> str:
    from rich.text import Text  # noqa: PLC0415 (rich only where a person reads)

    from mailsec.output.human import SEVERITY_STYLES  # noqa: PLC0415
    from mailsec.output.sheet import QUIET, Sheet, shown  # noqa: PLC0415

    sheet = Sheet(style.width, style.color)
    for number, rule in enumerate(rules):
        if number:
            sheet.gap()
        label = Text.assemble((rule.severity.value.upper(), SEVERITY_STYLES[rule.severity]), "  ")
        sheet.put(shown(rule.id, "bold"), label)
        sheet.put(shown(rule.title))
        sheet.put(shown(rule.reference), Text("Reference  ", QUIET))
        for threat in rule.threats:
            sheet.put(shown(f"{threat.name} ({threat.function})"), Text("Threat     ", QUIET))
        sheet.put(shown(rule.remedy), Text("Remedy     ", QUIET))
    return sheet.take()
