"""The one result model: what every command answers with, and the only thing that is serialized.

Everything here is frozen. A room returns a result of its own that carries a `Check`; results go to other rooms, checks go
to output. Strings may hold anything a message held, control characters included, but no lone surrogate: make them with
`core.text.from_bytes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mailsec.core.limits.run import MAX_CHECK_DEPTH
from mailsec.core.rules import Rule, Severity, Threat

SCHEMA = "mailsec/1"


class Standing(StrEnum):
    """The three answers of every judgement."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    UNJUDGED = "could not be judged"


class Status(StrEnum):
    """The result words of RFC 8601 section 2.7, and *skipped* for what was not asked."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    POLICY = "policy"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"
    SKIPPED = "skipped"

    @property
    def standing(self) -> Standing:
        """Which of the three answers this word is."""
        return _STANDINGS.get(self, Standing.UNJUDGED)


_STANDINGS = {
    Status.PASS: Standing.HOLDS,
    Status.FAIL: Standing.DOES_NOT_HOLD,
    Status.POLICY: Standing.DOES_NOT_HOLD,
    Status.PERMERROR: Standing.DOES_NOT_HOLD,
}


class EvidenceKind(StrEnum):
    """What a piece of evidence points at."""

    FIELD = "field"
    BYTES = "bytes"
    DNS = "dns"
    SCRIPT = "script"
    KEY = "key"
    RECORD = "record"
    ENVELOPE = "envelope"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer rests on. `where` names it (a field, a DNS name, a file), `text` quotes it.

    `start` and `end` are octet offsets: into the original file for fields and bytes, into `text` for a record.
    """

    kind: EvidenceKind
    where: str = ""
    text: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth saying beside the answer.

    `rule` is an id of the rule book, `title` and `remedy` are what the book says of it, `message` what was found here; `fix` is
    a text ready to use.
    """

    rule: str
    severity: Severity
    message: str
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    title: str = ""
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """Title and message as one text."""
        return f"{self.title}: {self.message}" if self.title and self.message else self.title or self.message


def finding(rule: Rule, message: str, *evidence: Evidence, fix: str = "", severity: Severity | None = None) -> Finding:
    """A finding under `rule`, at the rule's own severity unless another is given."""
    return Finding(rule.id, severity or rule.severity, message, evidence, fix, rule.title, rule.remedy)


FactValue = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """A named value, so that nobody has to parse prose: ("lookups", 7), ("bits", 2048)."""

    name: str
    value: FactValue


@dataclass(frozen=True, slots=True)
class Check:
    """A node of the result tree. A status of None means shown, not judged."""

    name: str
    status: Status | None = None
    reason: str = ""
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    children: tuple[Check, ...] = ()

    def fact(self, name: str) -> FactValue:
        """The value of the fact called `name`, or None."""
        return next((fact.value for fact in self.facts if fact.name == name), None)

    def child(self, name: str) -> Check | None:
        """The first child called `name`, or None."""
        return next((child for child in self.children if child.name == name), None)

    def walk(self) -> Iterator[Check]:
        """This check and all below it, depth first."""
        stack = [self]
        while stack:
            check = stack.pop()
            yield check
            stack.extend(reversed(check.children))

    def all_findings(self) -> Iterator[Finding]:
        """The findings of this check and of all below it."""
        for check in self.walk():
            yield from check.findings


@dataclass(frozen=True, slots=True)
class Verdict:
    """The overall judgement of a message and the row of the decision table that made it."""

    domain: str
    content: str
    overall: Status | None
    exit: int
    decided_by: int


@dataclass(frozen=True, slots=True)
class Report:
    """One subject's whole answer. `at` is the time it was judged for, in seconds since 1970 UTC; `tool` is name and version."""

    subject: str
    status: Status | None
    summary: str
    checks: tuple[Check, ...]
    at: int
    tool: str
    exit: int
    verdict: Verdict | None = None
    explanation: str = ""
    schema: str = SCHEMA

    def all_findings(self) -> Iterator[Finding]:
        """Every finding of the report, in order."""
        for check in self.checks:
            yield from check.all_findings()

    def check(self, name: str) -> Check | None:
        """The first top-level check called `name`, or None."""
        return next((check for check in self.checks if check.name == name), None)


def with_check(report: Report, check: Check) -> Report:
    """`report` with one more check behind the others."""
    return replace(report, checks=(*report.checks, check))


@dataclass(frozen=True, slots=True)
class AuthResult:
    """One method's result in the terms of RFC 8601: what dmarc, arc, authres and spoofing share.

    `domain` is the identifier that the method authenticated (an A-label name) or "". `properties` are pairs of
    ptype.property and value. `word` is what the method's own document calls the result where RFC 8601 has no such word.
    """

    method: str
    status: Status
    reason: str = ""
    domain: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    word: str = ""


@dataclass(frozen=True, slots=True)
class Produced:
    """What sign, encrypt and decrypt return: the message made, and the report about it. Where that says why nothing is given
    out, `held` is True and `data` empty; a file that was encrypted may be empty too."""

    data: bytes
    report: Report
    held: bool = False


TREE_TOO_DEEP = Rule(
    "report-tree-too-deep",
    Severity.LOW,
    "The result is nested deeper than a report shows",
    "mailsec limit",
    (Threat.UNAVAILABLE,),
    "Look at the input itself: no honest message or record nests this deep.",
)


def worst_severity(findings: Iterable[Finding]) -> Severity | None:
    """The highest severity among `findings`, or None where there are none."""
    return max((found.severity for found in findings), key=lambda severity: severity.rank, default=None)


def bounded(check: Check, depth: int = MAX_CHECK_DEPTH) -> Check:
    """`check` with everything below `depth` levels cut off, each cut marked by a finding; iterative, so any depth is safe."""
    order: list[tuple[Check, int, int]] = []
    stack = [(check, 1, -1)]
    while stack:
        node, level, above = stack.pop()
        if level < depth:
            stack.extend((child, level + 1, len(order)) for child in node.children)
        order.append((node, level, above))
    if not any(level == depth and node.children for node, level, _ in order):
        return check
    # By place and not by identity: one Check may stand at several places. A child comes after its parent, siblings in reverse.
    below: list[list[Check]] = [[] for _ in order]
    rebuilt = check
    for at in range(len(order) - 1, -1, -1):
        node, level, above = order[at]
        if level == depth and node.children:
            cut = finding(TREE_TOO_DEEP, f"cut at {depth} levels: {len(node.children)} further entries are not shown")
            node = replace(node, children=(), findings=(*node.findings, cut))
        elif node.children:
            node = replace(node, children=tuple(below[at]))
        rebuilt = node
        if above >= 0:
            below[above].append(rebuilt)
    return rebuilt
