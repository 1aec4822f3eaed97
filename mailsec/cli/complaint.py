"""What goes to stderr: `mailsec: error: …`, then the usage line where there is one, then `hint: …`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailsec.core.results import Report

MAX_MESSAGE = 2000
"""Characters of one line on stderr; the rest helps nobody."""


def complain(message: str, *, hint: str = "", usage: str = "") -> None:
    """Write an error to stderr, on one line, with everything that could harm a terminal written out."""
    lines = [f"mailsec: error: {_line(message)}"]
    if usage:
        lines.append(_line(usage))
    if hint:
        lines.append(f"hint: {_line(hint)}")
    say("\n".join(lines))


def say(text: str) -> None:
    """Write `text`, already harmless, to stderr; where stderr is closed or its reader has gone there is nobody to tell."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        pass


def say_report(report: Report) -> None:
    """A report on stderr, where stdout carries the message: the summary, then the findings."""
    from mailsec.core.text import visible

    subject = visible(report.subject)
    say(f"{subject}: {visible(report.summary)}")
    for found in report.all_findings():
        say(f"{subject}: {found.severity}: {visible(found.sentence)} ({found.rule})")


def _line(text: str) -> str:
    from mailsec.core.text import clipped, visible  # most runs have nothing to complain about

    # click folds long messages, so line ends are joined; any other control character is written out
    return visible(clipped(" ".join(part.strip(" \t") for part in text.splitlines()), MAX_MESSAGE))
