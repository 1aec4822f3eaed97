"""A page of text for a terminal: wrapped, indented and coloured by rich, which never gets to interpret what stands in it.

Only `rich.text.Text` is used, so there is no markup, no highlighting, no emoji code and no hyperlink; every string comes in
through `visible`.
"""

from __future__ import annotations

import io

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mailsec.core.limits.run import SHOWN_TEXT
from mailsec.core.text import clipped, visible

QUIET = "dim"
"""The style of what matters less."""
MIN_ROOM = 16
"""Columns that text gets at least, however deep it is indented and however narrow the terminal is."""


class Sheet:
    """Lines for a terminal of `width` columns, in colour or not; `take` gives them as one string."""

    def __init__(self, width: int, color: bool) -> None:
        self._file = io.StringIO()
        self.width = width
        self._console = Console(
            file=self._file,
            width=width,
            color_system="standard" if color else None,
            force_terminal=color,
            no_color=not color,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )

    def put(self, body: Text, first: Text | None = None, rest: Text | None = None) -> None:
        """Add `body`, wrapped, behind `first` on its first line and behind `rest` (else as many spaces) on the others."""
        first = first or Text()
        rest = Text(" " * cell_len(first.plain)) if rest is None else rest
        room = max(self.width - max(cell_len(first.plain), cell_len(rest.plain)), MIN_ROOM)
        for number, line in enumerate(self.folded(body, room)):
            whole = Text.assemble(rest if number else first, line)
            whole.rstrip()
            self.line(whole)

    def folded(self, body: Text, room: int) -> list[Text]:
        """`body` in lines of at most `room` columns, at least one."""
        return list(body.wrap(self._console, room, overflow="fold")) or [Text()]

    def line(self, whole: Text) -> None:
        """Add a line that fits as it is."""
        self._console.print(whole, no_wrap=True, overflow="ignore", crop=False)

    def gap(self) -> None:
        """Add an empty line."""
        self._file.write("\n")

    def take(self) -> str:
        """What was put, and an empty sheet again."""
        text = self._file.getvalue()
        self._file.seek(0)
        self._file.truncate()
        return text


def shown(text: str, style: str = "", limit: int = SHOWN_TEXT) -> Text:
    """Untrusted text, harmless and of bearable length."""
    return Text(clipped(visible(clipped(text, limit)), limit), style)
