"""The table behind the reports of a run over many subjects, for people: a line each, the worst first."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from mailsec.core.limits.run import SHOWN_NODES
from mailsec.core.results import Report, Status
from mailsec.core.rules import Severity
from mailsec.output.human import SEVERITY_STYLES
from mailsec.output.render import Style
from mailsec.output.sheet import QUIET, Sheet, shown
from mailsec.output.tree import status_word

_STATUS_COLUMN = 10
_COUNT_COLUMN = 7


@dataclass(frozen=True, slots=True)
class _Row:
    subject: str
    status: Status | None
    exit: int
    counts: tuple[int, ...]


class Summary:
    """Collects what the table needs of each report, and no more: ten thousand reports are not kept."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []

    def add(self, report: Report) -> None:
        """One more subject."""
        severities = [found.severity for found in report.all_findings()]
        counts = tuple(severities.count(severity) for severity in reversed(Severity))
        self._rows.append(_Row(report.subject, report.status, report.exit, counts))

    def text(self, style: Style) -> str:
        """The table."""
        sheet = Sheet(style.width, style.color)
        sheet.gap()
        heads = [Text(severity.value.rjust(_COUNT_COLUMN), SEVERITY_STYLES[severity]) for severity in reversed(Severity)]
        sheet.put(Text.assemble(Text("".ljust(_STATUS_COLUMN)), *heads, Text("  subject", QUIET)))
        rows = sorted(self._rows, key=lambda row: (tuple(-count for count in row.counts), row.subject))
        for row in rows[:SHOWN_NODES]:
            counts = [Text((str(count) if count else "-").rjust(_COUNT_COLUMN)) for count in row.counts]
            word = status_word(row.status)
            word.pad_right(max(_STATUS_COLUMN - len(word.plain), 0))
            sheet.put(shown(row.subject), Text.assemble(word, *counts, "  "))
        if len(rows) > SHOWN_NODES:
            sheet.put(Text(f"… and {len(rows) - SHOWN_NODES} more; --format jsonl has all", QUIET))
        return sheet.take()
