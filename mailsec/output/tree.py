"""A check and what lies below it, drawn as a tree that stays readable in 40 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.text import Text

from mailsec.core.limits.run import SHOWN_FACTS, SHOWN_TEXT
from mailsec.core.results import Check, Evidence, Fact, FactValue, Standing, Status
from mailsec.output.ladder import is_ladder, put_ladder
from mailsec.output.plain import evidence_text, fact_text
from mailsec.output.render import Style
from mailsec.output.sheet import QUIET, Sheet, shown

STANDING_STYLES = {Standing.HOLDS: "bold green", Standing.DOES_NOT_HOLD: "bold red", Standing.UNJUDGED: "bold yellow"}

# guides for a node, the last node, and the lines below each of the two
_LINES = ("├─ ", "└─ ", "│  ", "   ")
_ASCII = ("|- ", "`- ", "|  ", "   ")
_GUIDE = 3
_FACT_COLUMNS = 24  # a node's text gets at least this much before the guides are cut
_FACTS_DOWN_TO = 1  # deeper facts are for -v
_LONG_FACT = 100  # the whole of a longer value is for -v
_WORD = 3  # a shorter value stands in other words by chance


def put_tree(sheet: Sheet, check: Check, style: Style, budget: int) -> int:
    """Add `check` and its children, at most `budget` nodes in all; what is left of the budget. A dialogue becomes a ladder."""
    if is_ladder(check):
        _put_node(sheet, replace(check, facts=check.facts[1:]), Text(), Text(), style, 0)
        return put_ladder(sheet, check, style, budget)
    branch, last, pipe, blank = _ASCII if style.ascii else _LINES
    deepest = max((style.width - _FACT_COLUMNS) // _GUIDE, 1)
    stack: list[tuple[Check, tuple[str, ...], bool | None]] = [(check, (), None)]
    while stack:
        if budget <= 0:
            sheet.put(Text("… and more; --format json has all", QUIET))
            return 0
        budget -= 1
        node, above, is_last = stack.pop()
        below = above if is_last is None else (*above, blank if is_last else pipe)
        first = above if is_last is None else (*above, last if is_last else branch)
        inner = (*below, pipe if node.children else blank)
        _put_node(sheet, node, _guides(first, deepest), _guides(inner, deepest + 1), style, len(below))
        if len(below) + 1 >= style.levels and node.children:
            sheet.put(Text(f"… {len(node.children)} more below; -v shows them", QUIET), _guides((*below, last), deepest + 1))
            continue
        ends = len(node.children) - 1
        stack.extend((child, below, at == ends) for at, child in reversed(tuple(enumerate(node.children))))
    return budget


def _guides(guides: Sequence[str], deepest: int) -> Text:
    """The innermost guides: a tree deeper than the terminal is wide loses its outer ones."""
    return Text("".join(guides[-deepest:]), QUIET)


def _put_node(sheet: Sheet, node: Check, first: Text, inner: Text, style: Style, depth: int) -> None:
    word = status_word(node.status)
    reason = (": ", shown(node.reason)) if node.reason else ()
    head = Text.assemble(word, " " if word else "", shown(node.name, "bold"), *reason)
    sheet.put(head, first, inner)
    facts = node.facts if style.verbose else _new_facts(node, depth)
    if facts:
        sheet.put(_facts(facts, SHOWN_TEXT if style.verbose else _LONG_FACT), inner, inner)
    if style.verbose:
        for line in evidence_lines(node.evidence):
            sheet.put(line, inner, inner)


def status_word(status: Status | None, *, upper: bool = False) -> Text:
    """The result word in the colour of its standing; empty for what is shown, not judged."""
    if status is None:
        return Text()
    return Text(status.value.upper() if upper else status.value, STANDING_STYLES[status.standing])


def _new_facts(check: Check, depth: int) -> tuple[Fact, ...]:
    """The facts that a person wants: near the root, not zero or no, and not said already in the name or the reason."""
    if depth > _FACTS_DOWN_TO:
        return ()
    said = f"{check.name} {check.reason}"
    return tuple(fact for fact in check.facts if fact.value and not _says(said, fact.value))


def _says(text: str, value: FactValue) -> bool:
    return isinstance(value, str) and len(value) >= _WORD and value in text


def _facts(facts: Sequence[Fact], limit: int) -> Text:
    texts = [
        Text.assemble(shown(f"{fact.name}=", QUIET), shown(fact_text(fact.value), limit=limit)) for fact in facts[:SHOWN_FACTS]
    ]
    return Text("  ").join([*texts, *_more(len(facts) - SHOWN_FACTS)])


def evidence_lines(evidence: Sequence[Evidence]) -> Iterator[Text]:
    """A line for each piece of evidence, and one for those that are too many."""
    for each in evidence[:SHOWN_FACTS]:
        yield shown(evidence_text(each), QUIET)
    yield from _more(len(evidence) - SHOWN_FACTS)


def _more(count: int) -> Iterator[Text]:
    if count > 0:
        yield Text(f"… and {count} more", QUIET)
