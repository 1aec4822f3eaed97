"""The format for pipes: one line for the verdict, for each check and for each finding, in six columns separated by tabs.

| column | verdict | explanation | check | finding |
|---|---|---|---|---|
| 1 | subject | subject | subject | subject |
| 2 | `verdict` | `explanation` | `check` | `finding` |
| 3 | `overall` | `user` | name; those of its ancestors first, with ` > ` between | rule id |
| 4 | status | `-` | status | severity |
| 5 | the one sentence | the paragraph | reason | title: message |
| 6 | domain=, content=, row=, exit=, at= | `-` | its facts as name=value | evidence=, fix= |

A status of None and an empty column are `-`. The pairs of column 6 are separated by `; `. Lines are never folded or boxed, and
no value holds a tab or a line end: they, like all control characters, are written out as `\\t`, `\\n`, `\\x1b`. For exact
values take JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailsec.core.limits.run import SHOWN_PATH_NAME
from mailsec.core.results import Check, Evidence, FactValue, Finding, Report
from mailsec.core.text import clipped, visible
from mailsec.output.render import Style

NONE = "-"


class Plain:
    """The renderer; it needs no state."""

    def begin(self) -> str:
        """Nothing: there is no headline to skip in a script."""
        return ""

    def report(self, report: Report) -> str:
        """The verdict's line, then every check's in the order of the tree, each followed by its findings."""
        return "".join(_lines(report))

    def end(self) -> str:
        """Nothing."""
        return ""


def renderer(style: Style, several: bool) -> Plain:
    """The same for any style and number of inputs."""
    return Plain()


def _lines(report: Report) -> Iterator[str]:
    subject = report.subject
    yield line(subject, "verdict", "overall", report.status or "", report.summary, _pairs(_verdict(report)))
    if report.explanation:
        yield line(subject, "explanation", "user", "", report.explanation)
    for path, check in walk(report.checks):
        yield line(
            subject,
            "check",
            path,
            check.status or "",
            check.reason,
            _pairs((fact.name, fact_text(fact.value)) for fact in check.facts),
        )
        for found in check.findings:
            yield line(subject, "finding", found.rule, found.severity, found.sentence, _pairs(_details(found)))


def line(*columns: str) -> str:
    """One line; the sixth column may be left out."""
    return "\t".join(visible(column) or NONE for column in (*columns, *[""] * (6 - len(columns)))) + "\n"


def walk(checks: Iterable[Check]) -> Iterator[tuple[str, Check]]:
    """Every check with its path, depth first."""
    stack = [("", check) for check in reversed(tuple(checks))]
    while stack:
        above, check = stack.pop()
        yield above + check.name, check
        prefix = f"{above}{clipped(check.name, SHOWN_PATH_NAME)} > "
        stack.extend((prefix, child) for child in reversed(check.children))


def _verdict(report: Report) -> Iterator[tuple[str, str]]:
    if (verdict := report.verdict) is not None:
        yield "domain", verdict.domain
        yield "content", verdict.content
        yield "row", str(verdict.decided_by)
    yield "exit", str(report.exit)
    yield "at", str(report.at)


def _details(found: Finding) -> Iterator[tuple[str, str]]:
    for evidence in found.evidence:
        yield "evidence", evidence_text(evidence)
    if found.fix:
        yield "fix", found.fix


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name}={text}" for name, text in pairs)


def fact_text(fact: FactValue) -> str:
    """A value as text: yes and no for booleans, `-` for none or an empty text."""
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return NONE if fact is None or fact == "" else str(fact)


def evidence_text(evidence: Evidence) -> str:
    """A piece of evidence as one text: kind, where, octets, and what it quotes."""
    parts = [evidence.kind.value]
    if evidence.where:
        parts.append(evidence.where)
    if evidence.start is not None:
        parts.append(f"[{evidence.start}:{'' if evidence.end is None else evidence.end}]")
    return " ".join(parts) + (f": {evidence.text}" if evidence.text else "")
