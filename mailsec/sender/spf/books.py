"""The books of an evaluation: the record at work, what its terms cost, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailsec.core.limits.sender import SPF_LOOKUPS, SPF_VOIDS
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Status, finding
from mailsec.core.rules import Rule
from mailsec.sender.spf import rules
from mailsec.sender.spf.lookups import Run
from mailsec.sender.spf.macros import MacroString
from mailsec.sender.spf.record import Kind, Mechanism, Modifier, Record


@dataclass(slots=True)
class Outcome:
    """What a record, or the want of one, came to.

    `chain` are the terms that led there, outermost first; `record` and `domain` are those whose term decided, for their exp=.
    `void` says that the record was looked for where there is none.
    """

    status: Status
    reason: str = ""
    chain: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    children: tuple[Check, ...] = ()
    record: Record | None = None
    domain: str = ""
    void: bool = False


@dataclass(slots=True)
class Frame:
    """A record under evaluation. `children` has one entry for each term so far."""

    record: Record
    domain: str
    included: bool
    children: list[Check] = field(default_factory=list)

    def at(self, start: int, end: int) -> Evidence:
        """The record, and a range of it."""
        return Evidence(EvidenceKind.RECORD, self.domain, self.record.text, start, end)

    def ended(self, status: Status, term: Mechanism | Modifier, reason: str = "", chain: tuple[str, ...] = ()) -> Outcome:
        """The outcome that `term` decided; the terms behind it are shown as not reached."""
        children = (*self.children, *self.record.unreached[len(self.children) :])
        where = (self.at(term.start, term.end),)
        return Outcome(status, reason, (term.text, *chain), where, children, self.record, self.domain)


class Cost:
    """What a term costs: it is counted before anything is asked for it, and its void when all has been asked."""

    __slots__ = ("counted", "frame", "lookups", "run", "term", "voids")

    def __init__(self, run: Run, frame: Frame, term: Mechanism | Modifier) -> None:
        self.run, self.frame, self.term = run, frame, term
        self.lookups, self.voids, self.counted = run.lookups, run.voids, False
        run.void = False

    def facts(self) -> tuple[Fact, ...]:
        """Lookups and voids since the term was begun: for an include, those of all below it."""
        return (Fact("lookups", self.run.lookups - self.lookups), Fact("voids", self.run.voids - self.voids))

    def ended(self, status: Status, reason: str, rule: Rule | None = None, evidence: tuple[Evidence, ...] = ()) -> Outcome:
        """The check ends with this term, in an error."""
        if rule is not None:
            self.run.findings.append(finding(rule, f"{self.term.text} of {self.frame.domain}: {reason}", *self._where()))
        self.frame.children.append(Check(self.term.text, status, reason, self.facts(), (), evidence))
        return self.frame.ended(status, self.term, reason)

    def _where(self) -> tuple[Evidence, ...]:
        return (self.frame.at(self.term.start, self.term.end),)

    def spend(self, spec: MacroString | None) -> Outcome | None:
        """Count the lookup, and a second one where `%{p}` needs it (RFC 7208 section 4.6.4)."""
        run, uses_p = self.run, spec is not None and spec.uses_p
        run.lookups += 1 + uses_p
        if uses_p or (isinstance(self.term, Mechanism) and self.term.kind is Kind.PTR):
            message = f"{self.term.text} of {self.frame.domain} relies on reverse names"
            run.findings.append(finding(rules.PTR, message, *self._where()))
        if run.lookups <= SPF_LOOKUPS:
            return None
        return self.ended(Status.PERMERROR, f"more than {SPF_LOOKUPS} terms ask the DNS", rules.TOO_MANY_LOOKUPS)

    def settle(self, void: bool, evidence: tuple[Evidence, ...]) -> Outcome | None:
        """Count the term as void where a question found nothing: once, however many did."""
        if not void or self.counted:
            return None
        self.counted = True
        self.run.voids += 1
        if self.run.voids <= SPF_VOIDS:
            return None
        reason = f"more than {SPF_VOIDS} terms ask for what is not there"
        return self.ended(Status.PERMERROR, reason, rules.TOO_MANY_VOIDS, evidence)
