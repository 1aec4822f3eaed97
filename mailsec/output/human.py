"""The format for people: the one sentence first, then the findings, the most severe first, then each check as a tree.

It fits any width from 40 columns up. Long values are cut with an ellipsis; JSON has them whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from rich.text import Text

from mailsec.core.limits.run import SHOWN_FINDINGS, SHOWN_NODES
from mailsec.core.results import Check, Finding, Report
from mailsec.core.rules import Severity
from mailsec.output.render import Style
from mailsec.output.sheet import QUIET, Sheet, shown
from mailsec.output.tree import evidence_lines, put_tree, status_word

SEVERITY_STYLES = {Severity.HIGH: "bold red", Severity.MEDIUM: "bold yellow", Severity.LOW: "cyan", Severity.INFO: "dim"}
_SEVERITY_COLUMN = 8
_ASCII = str.maketrans("·…", "|~")


class Human:
    """The renderer. Reports of a run with several inputs are separated by an empty line."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._sheet = Sheet(style.width, style.color)
        self._first = True

    def begin(self) -> str:
        """Nothing."""
        return ""

    def report(self, report: Report) -> str:
        """The whole page."""
        if not self._first:
            self._sheet.gap()
        self._first = False
        self._head(report)
        budget = self._checks(report.checks[: self._style.lead], SHOWN_NODES)
        self._findings(list(report.all_findings()))
        self._checks(report.checks[self._style.lead :], budget)
        if report.explanation:
            self._sheet.gap()
            self._sheet.put(shown(report.explanation, limit=10 * SHOWN_NODES))
        page = self._sheet.take()
        return page.translate(_ASCII) if self._style.ascii else page

    def end(self) -> str:
        """Nothing."""
        return ""

    def _head(self, report: Report) -> None:
        word = status_word(report.status, upper=True)
        self._sheet.put(shown(report.summary, "bold"), Text.assemble(word, "  ") if word else None)
        self._sheet.put(Text(" · ", QUIET).join((shown(report.subject), *(shown(each, QUIET) for each in _head_facts(report)))))

    def _checks(self, checks: Sequence[Check], budget: int) -> int:
        """Draw `checks`, at most `budget` nodes in all; what is left of the budget."""
        for check in checks:
            self._sheet.gap()
            budget = put_tree(self._sheet, check, self._style, budget)
        return budget

    def _findings(self, findings: list[Finding]) -> None:
        if not findings:
            return
        self._sheet.gap()
        ordered = sorted(findings, key=lambda found: -found.severity.rank)
        for found in ordered[:SHOWN_FINDINGS]:
            self._finding(found)
        if (more := len(ordered) - SHOWN_FINDINGS) > 0:
            self._sheet.put(Text(f"… and {more} more findings; --format json has all", QUIET))

    def _finding(self, found: Finding) -> None:
        label = Text(found.severity.value.upper().ljust(_SEVERITY_COLUMN), SEVERITY_STYLES[found.severity])
        title = (": ", shown(found.title)) if found.title else ()
        self._sheet.put(Text.assemble(shown(found.rule, "bold"), *title), label, Text(" " * _SEVERITY_COLUMN))
        indent = Text(" " * (_SEVERITY_COLUMN if self._style.width >= 60 else 2))
        self._sheet.put(shown(found.message), indent)
        for line in evidence_lines(found.evidence):
            self._sheet.put(line, indent)
        if found.fix:
            self._sheet.put(shown(found.fix), Text.assemble(indent, ("fix: ", "green")))
        elif found.remedy and found.severity is not Severity.INFO:
            self._sheet.put(shown(found.remedy, QUIET), Text.assemble(indent, ("do: ", QUIET)))


def _head_facts(report: Report) -> Iterator[str]:
    yield f"judged for {_time(report.at)}"
    if (verdict := report.verdict) is not None:
        yield f"domain {verdict.domain}"
        yield f"content {verdict.content}"
        yield f"row {verdict.decided_by}"
    yield f"exit {report.exit}"


def _time(at: int) -> str:
    try:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:  # what a message says of its time may lie beyond any calendar
        return f"second {at}"


def renderer(style: Style, several: bool) -> Human:
    """The renderer for a terminal as `style` says."""
    return Human(style)
