"""A report of `inspect` as a person wants to see it first; -v and every other format have it whole."""

from __future__ import annotations

from dataclasses import replace

from mailsec.core.results import Check, Finding, Report
from mailsec.core.rules import Severity

_LINKS = 10
_FILE_FACTS = ("part", "octets", "sha256")


def brief(report: Report, *, fields: bool) -> Report:
    """`report` without the links that a program loads by itself, the header's fields (unless `fields`), and what is empty."""
    return replace(report, checks=tuple(_check(check, fields=fields) for check in report.checks if _says_something(check)))


def _says_something(check: Check) -> bool:
    return bool(check.children or check.findings) or check.name not in ("attachments", "links", "spoofing")


def _check(check: Check, *, fields: bool) -> Check:
    check = replace(check, findings=tuple(map(_finding, check.findings)))
    if check.name == "parts":
        return _without_facts(check)
    if check.name == "links":
        return _links(check)
    if check.name in ("identities", "path"):
        return replace(check, facts=(), children=tuple(replace(child, facts=()) for child in check.children))
    if check.name == "attachments":
        return replace(check, children=tuple(map(_file, check.children)))
    if check.name == "header" and not fields:
        return replace(check, children=(), reason=f"{check.reason}; -v shows them")
    return check


def _finding(found: Finding) -> Finding:
    """What was found and the first place, in as few lines as it takes; what to do is for `explain` and -v."""
    first = found.evidence[:1] if found.severity is not Severity.INFO else ()
    message = found.message
    if first and first[0].where.startswith("part ") and first[0].text in message:
        message, first = f"{first[0].where}: {message}", ()
    return replace(found, message=message, remedy="", evidence=first)


def _file(check: Check) -> Check:
    return replace(check, facts=tuple(fact for fact in check.facts if fact.name in _FILE_FACTS))


def _without_facts(check: Check) -> Check:
    """The tree alone. Recursive, and no deeper than `limits.MAX_MIME_DEPTH`."""
    return replace(check, facts=(), children=tuple(map(_without_facts, check.children)))


def _links(check: Check) -> Check:
    shown = tuple(replace(child, facts=()) for child in check.children if child.fact("kind") != "resource")
    more = len(shown) - _LINKS
    reason = f"{check.reason}; the first {_LINKS} of them, -v shows all" if more > 0 else check.reason
    return replace(check, reason=reason, facts=(), children=shown[:_LINKS])
