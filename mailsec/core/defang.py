"""Addresses of the web and of mail written so that no program makes a link of them: hxxp, [.] and [@].

The same for every format, as it is done to the report and not to what a renderer makes of it. What is quoted stays readable;
it is no longer exact, which a reader of the report must be told.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mailsec.core.results import Check, Evidence, Fact, FactValue, Finding, Report

_SCHEME = re.compile(r"(?i)\b(h)tt(ps?)(?=:)")
_AT = re.compile(r"(?<=[^\s@\[])@(?=[^\s@\]])")
# a host: labels up to one of letters, or four numbers; not behind a single slash, where it is a path or a media type
_HOST = re.compile(
    r"(?<![\w./-])(?<!\w\\)[\w-]{1,63}(?:\.[\w-]{1,63}){0,20}\.(?:[^\W\d_]{2,63}|xn--[\w-]{1,59}|\d{1,3})(?![\w-])"
    r"|(?<=//)[\w-]{1,63}(?:\.[\w-]{1,63}){1,20}"
)
_NUMBERS = re.compile(r"[\d.]+\Z")


def defanged_text(text: str) -> str:
    """`text` with every URL, host, IP number and address of mail in it made harmless."""
    if "." not in text and "@" not in text and "ttp" not in text:
        return text
    return _AT.sub("[@]", _HOST.sub(_dots, _SCHEME.sub(r"\1xx\2", text)))


def _dots(match: re.Match[str]) -> str:
    host = match[0]
    if _NUMBERS.match(host) and host.count(".") != 3:
        return host  # the number of a part or of a version
    return host.replace(".", "[.]")


def defanged(report: Report) -> Report:
    """`report` with all that a message may have put into it defanged; its subject, the name of the file, stays."""
    return replace(
        report,
        summary=defanged_text(report.summary),
        explanation=defanged_text(report.explanation),
        checks=tuple(map(_check, report.checks)),
    )


def _check(root: Check) -> Check:
    """Iterative, as trees may be deep: the nodes in order, then rebuilt from the last."""
    order: list[tuple[Check, int]] = []
    stack = [(root, -1)]
    while stack:
        node, above = stack.pop()
        stack.extend((child, len(order)) for child in node.children)
        order.append((node, above))
    below: list[list[Check]] = [[] for _ in order]
    rebuilt = root
    for at in range(len(order) - 1, -1, -1):
        node, above = order[at]
        rebuilt = replace(_own(node), children=tuple(below[at]))
        if above >= 0:
            below[above].append(rebuilt)
    return rebuilt


def _own(check: Check) -> Check:
    return replace(
        check,
        name=defanged_text(check.name),
        reason=defanged_text(check.reason),
        facts=tuple(Fact(fact.name, _value(fact.value)) for fact in check.facts),
        findings=tuple(map(_finding, check.findings)),
        evidence=tuple(map(_evidence, check.evidence)),
    )


def _value(value: FactValue) -> FactValue:
    return defanged_text(value) if isinstance(value, str) else value


def _finding(found: Finding) -> Finding:
    evidence = tuple(map(_evidence, found.evidence))
    return replace(found, message=defanged_text(found.message), evidence=evidence, fix=defanged_text(found.fix))


def _evidence(evidence: Evidence) -> Evidence:
    return replace(evidence, where=defanged_text(evidence.where), text=defanged_text(evidence.text))
