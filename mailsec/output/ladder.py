"""A dialogue drawn as a ladder: one party on the left, one on the right, time at the edge, double rails where TLS is on."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from mailsec.core.ladder import BAND, LADDER, SPEAKER, TEXT, TIME
from mailsec.core.results import Check, Standing
from mailsec.core.text import clipped
from mailsec.output.plain import evidence_text
from mailsec.output.render import Style
from mailsec.output.sheet import QUIET, Sheet, shown

STANDING_STYLES = {Standing.DOES_NOT_HOLD: "bold red", Standing.UNJUDGED: "bold yellow"}
_TIME = 7  # columns for milliseconds and a space
_ROOMY = 56  # columns from which on time has its own, and what comes back is set in
_BAND_STYLE = "green"


@dataclass(frozen=True, slots=True)
class _Signs:
    rail: str
    band: str
    top: tuple[str, str, str]
    bottom: tuple[str, str, str]
    line: str
    right: str
    left: str


_LINES = _Signs("│", "║", ("╓", "─", "╖"), ("╙", "─", "╜"), "─", "▶", "◀")
_ASCII = _Signs("|", "#", ("#", "=", "#"), ("#", "=", "#"), "-", ">", "<")


def is_ladder(check: Check) -> bool:
    """True for a check that `core.ladder` made."""
    return bool(check.facts) and check.facts[0].name == LADDER


def put_ladder(sheet: Sheet, check: Check, style: Style, budget: int) -> int:
    """Draw the rungs of `check`, at most `budget` of them; what is left of the budget."""
    parties = str(check.fact(LADDER) or "").split(" ")
    _Drawing(sheet, style, parties[0]).all(check, parties, budget)
    return max(budget - len(check.children), 0)


class _Drawing:
    def __init__(self, sheet: Sheet, style: Style, first: str) -> None:
        self._sheet, self._style, self._first = sheet, style, first
        self._signs = _ASCII if style.ascii else _LINES
        roomy = sheet.width >= _ROOMY
        self._margin = _TIME if roomy else 0
        self._inner = sheet.width - self._margin - 2
        self._indent = self._inner * 2 // 5 if roomy else 4
        self._band = ""
        self._lane = ""

    def all(self, check: Check, parties: list[str], budget: int) -> None:
        """Heads, rungs, and where it is cut."""
        head = "ms".rjust(self._margin - 1) + " " if self._margin else ""
        names = f" {parties[0]}{parties[-1].rjust(self._inner - len(parties[0]))}"
        self._sheet.line(Text.assemble((head, QUIET), shown(names, "bold")))
        for rung in check.children[:budget]:
            self._rung(rung)
        self._change("")
        if len(check.children) > budget:
            self._sheet.put(Text("… and more; --format json has all", QUIET))

    def _rung(self, rung: Check) -> None:
        lane = str(rung.fact("lane") or "")
        if lane != self._lane:
            self._lane = lane
            self._across(Text(f"connection {lane}", QUIET))
        time = rung.fact(TIME)
        speaker = str(rung.fact(SPEAKER) or "")
        if not speaker:
            self._across(shown(str(rung.fact(TEXT) or ""), QUIET), time)
            return
        self._change(str(rung.fact(BAND) or ""))
        text = rung.fact(TEXT)
        said = str(text) if text is not None else f"base64 {rung.fact('base64')}"
        body = shown(said, STANDING_STYLES.get(rung.status.standing, "") if rung.status is not None else "")
        self._arrow(body, time, rightward=speaker == self._first)
        failed = rung.status is not None and rung.status.standing is not Standing.HOLDS
        if rung.reason and (failed or self._style.verbose):
            self._across(shown(rung.reason, "red" if failed else QUIET))
            for each in rung.evidence if failed else ():
                self._across(shown(evidence_text(each).replace("\n", " "), QUIET))

    def _change(self, band: str) -> None:
        """Where the protection begins or ends."""
        if band == self._band:
            return
        left, line, right = self._signs.top if band else self._signs.bottom
        label = f"{line} {band or self._band} " if band else ""
        rule = (left + label + line * (self._inner - cell_len(label)))[: self._inner + 1] + right
        self._band = band
        self._sheet.line(Text.assemble(" " * self._margin, (rule, _BAND_STYLE)))

    def _arrow(self, body: Text, time: object, *, rightward: bool) -> None:
        indent = 0 if rightward else self._indent
        room = max(self._inner - indent - 4, 4)
        for number, line in enumerate(self._sheet.folded(body, room)):
            line.rstrip()
            used = cell_len(line.plain)
            if number:
                self._row(Text.assemble(" " * (indent + 1 if rightward else indent + 2), line))
            elif rightward:
                shaft = self._signs.line * (self._inner - used - 3)
                self._row(Text.assemble(" ", line, " " if used else self._signs.line, (shaft + self._signs.right, QUIET)), time)
            else:
                shaft = self._signs.left + self._signs.line * (indent if used else self._inner - 1)
                self._row(Text.assemble((shaft, QUIET), " " if used else "", line), time)

    def _across(self, body: Text, time: object = None) -> None:
        for number, line in enumerate(self._sheet.folded(body, max(self._inner - 4, 4))):
            line.rstrip()
            self._row(Text.assemble("  ", line), time if not number else None)

    def _row(self, body: Text, time: object = None) -> None:
        rail = Text(self._signs.band, _BAND_STYLE) if self._band else Text(self._signs.rail, QUIET)
        stamp = clipped("" if time is None else str(time), _TIME - 1).rjust(self._margin - 1) + " " if self._margin else ""
        gap = " " * max(self._inner - cell_len(body.plain), 0)
        self._sheet.line(Text.assemble((stamp, QUIET), rail, body, gap, rail))
