"""The JSON Lines format: one report a line, however many inputs there are."""

from __future__ import annotations

from mailsec.core.results import Report
from mailsec.output.json import compact
from mailsec.output.render import Style


class Lines:
    """The renderer; it needs no state."""

    def begin(self) -> str:
        """Nothing."""
        return ""

    def report(self, report: Report) -> str:
        """The report on a line of its own."""
        return compact(report) + "\n"

    def end(self) -> str:
        """Nothing."""
        return ""


def renderer(style: Style, several: bool) -> Lines:
    """The same for any style and number of inputs."""
    return Lines()
