"""Reports to text in the format asked for: begin, one piece a report, end. Reports may come one by one, as they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Protocol, cast

from mailsec.core.limits.run import MAX_CHECK_DEPTH
from mailsec.core.results import Report, bounded


@dataclass(frozen=True, slots=True)
class Style:
    """How the human format looks. `width` in columns, `ascii` draws trees without line characters.

    `verbose` adds the evidence of every check; `levels` of each check tree are shown; the first `lead` checks stand above the
    findings.
    """

    width: int = 80
    color: bool = False
    ascii: bool = False
    verbose: bool = False
    levels: int = MAX_CHECK_DEPTH
    lead: int = 0


class Renderer(Protocol):
    """One format at work on one run's reports. Every piece ends with a line end or is empty."""

    def begin(self) -> str:
        """What stands before the first report."""

    def report(self, report: Report) -> str:
        """One report; its check trees must be bounded (`prepared`)."""

    def end(self) -> str:
        """What stands behind the last report."""


FORMATS = {
    "human": "mailsec.output.human",
    "plain": "mailsec.output.plain",
    "json": "mailsec.output.json",
    "jsonl": "mailsec.output.jsonl",
}
"""Format to module; each has a `renderer(style, several) -> Renderer`. Only the one asked for is imported."""


def renderer(format: str, style: Style, *, several: bool) -> Renderer:
    """The renderer for `format`; `several` says that more than one input was given, whatever becomes of them."""
    make = cast(Callable[[Style, bool], Renderer], import_module(FORMATS[format]).renderer)
    return make(style, several)


def prepared(report: Report) -> Report:
    """`report` with its check trees cut at the depth that every format shows."""
    return replace(report, checks=tuple(bounded(check) for check in report.checks))


def render(reports: Iterable[Report], format: str, style: Style | None = None, *, several: bool = False) -> Iterator[str]:
    """The text of `reports` in pieces, each as soon as its report is there."""
    chosen = renderer(format, style or Style(), several=several)
    yield chosen.begin()
    for report in reports:
        yield chosen.report(prepared(report))
    yield chosen.end()
