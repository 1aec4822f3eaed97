"""Findings gathered: however often a rule fires in one part, it is one finding with the first few places as evidence."""

from __future__ import annotations

from collections.abc import Iterator

from mailsec.core.results import Evidence, EvidenceKind, Finding, finding
from mailsec.core.rules import Rule, Severity
from mailsec.core.text import clipped

_EXAMPLES = 5
_QUOTED = 200


class Notes:
    """What the rules say about one message, in the order of the first time they say it."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, Severity], tuple[Rule, list[str], list[Evidence], int]] = {}

    def add(self, rule: Rule, message: str, place: Evidence, quote: str = "", severity: Severity | None = None) -> None:
        """One more case of `rule`; `place` is the part it was found in, `quote` what is there."""
        key = (rule.id, place.where, severity or rule.severity)
        entry = self._found.get(key)
        if entry is None:
            entry = self._found[key] = (rule, [message], [], 0)
        _, messages, evidence, count = entry
        if quote and len(evidence) < _EXAMPLES:
            text = clipped(quote, _QUOTED)
            each = Evidence(EvidenceKind.BYTES, place.where, text, place.start, place.end)
            if each not in evidence:
                evidence.append(each)
        elif not evidence:
            evidence.append(place)
        self._found[key] = (rule, messages, evidence, count + 1)

    def findings(self) -> Iterator[Finding]:
        """A finding for each rule, part and severity."""
        for (_, _, severity), (rule, messages, evidence, count) in self._found.items():
            more = f", and {count - 1} more" if count > 1 else ""
            yield finding(rule, messages[0] + more, *evidence, severity=severity)
