"""A DMARC judgement as a `Check` tree: the walks question by question, and each identifier's alignment in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailsec.core.limits.sender import DMARC_AUTHOR_DOMAINS, DMARC_IDENTIFIERS
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Status, finding
from mailsec.sender.dmarc.align import Aligned, Alignment, Author, candidates
from mailsec.sender.dmarc.discover import Discovery, Lookup, Walk
from mailsec.sender.dmarc.record import DmarcRecord, Policy
from mailsec.sender.dmarc.rules import (
    INVALID_POLICY,
    INVALID_TAG,
    LOOKUP_FAILED,
    NO_RECORD,
    POLICY_NONE,
    REMOVED_TAG,
    SEVERAL_AUTHOR_DOMAINS,
    SEVERAL_RECORDS,
    TESTING,
)

_SHOWN = 10
"""Findings of one kind, and names in one finding; a record can have hundreds of defects, of which the first few say enough."""


def check_of_domain(
    who: Author,
    status: Status,
    reason: str,
    policy: Policy | None,
    organizational_domain: str,
    alignments: Sequence[Aligned],
    discovery: Discovery,
) -> Check:
    """The whole answer about one author domain."""
    walks = _walks(who, alignments, discovery)
    return Check(
        "dmarc",
        status,
        reason,
        facts=tuple(_facts(who, policy, organizational_domain, discovery)),
        findings=tuple(_findings(who, status, walks, discovery)),
        evidence=(quoted(who.policy_at or "", who.record),) if who.record else (),
        children=(*map(walk_check, walks), *_alignment_checks(alignments)),
    )


def check_of_message(reason: str, checks: Sequence[Check]) -> Check:
    """The answer for none or several author domains: each of them is judged in a child."""
    facts = (Fact("author-domains", len(checks)),)
    if not checks:
        return Check("dmarc", Status.PERMERROR, reason, facts)
    found = finding(SEVERAL_AUTHOR_DOMAINS, ", ".join(str(check.fact("domain")) for check in checks[:_SHOWN]))
    return Check("dmarc", Status.PERMERROR, reason, facts, (found,), children=tuple(checks[: DMARC_AUTHOR_DOMAINS + 1]))


def _walks(who: Author, alignments: Sequence[Aligned], discovery: Discovery) -> list[Walk]:
    starts = dict.fromkeys(candidates(who, [each.identifier for each in alignments]))
    return [who.walk, *(discovery.walked(start) for start in starts if discovery.complete(start))]


def _facts(who: Author, policy: Policy | None, organizational_domain: str, discovery: Discovery) -> Iterator[Fact]:
    yield Fact("domain", who.domain)
    if who.record:
        yield Fact("record-at", who.policy_at)
        yield Fact("testing", who.record.testing)
    if policy:
        yield Fact("policy", policy.value)
    if organizational_domain:
        yield Fact("organizational-domain", organizational_domain)
    if (exists := discovery.exists(who.domain)) is not None:
        yield Fact("exists", exists)


def quoted(name: str, record: DmarcRecord | None, start: int | None = None, end: int | None = None) -> Evidence:
    """The record at `_dmarc.` + `name` as evidence, and a range of it."""
    return Evidence(EvidenceKind.RECORD, f"_dmarc.{name}", record.text if record else "", start, end)


def walk_check(walk: Walk) -> Check:
    """A tree walk, question by question."""
    steps = tuple(_step_check(step) for step in walk.steps)
    return Check(f"tree walk of {walk.start}", facts=(Fact("questions", len(steps)),), children=steps)


def _step_check(step: Lookup) -> Check:
    evidence = (quoted(step.name, step.record),) if step.record else ()
    return Check(step.asked, Status.TEMPERROR if step.failed else None, _step_words(step), evidence=evidence)


def _step_words(step: Lookup) -> str:
    if step.failed:
        return step.reason or step.status
    if step.record:
        return f"a record, psd={step.record.psd}"
    return f"{step.found} records, all discarded" if step.found else "no record"


def _alignment_checks(alignments: Sequence[Aligned]) -> Iterator[Check]:
    """Those that match first: a message can bring thousands of signatures that nobody judged."""
    shown = sorted(alignments, key=lambda each: (each.alignment is Alignment.NOT_ALIGNED, each.identifier.index))
    yield from map(_alignment_check, shown[:DMARC_IDENTIFIERS])
    if len(shown) > DMARC_IDENTIFIERS:
        yield Check("further identifiers", reason=f"{len(shown) - DMARC_IDENTIFIERS} are not shown")


def _alignment_check(each: Aligned) -> Check:
    identifier = each.identifier
    facts = (
        Fact("domain", identifier.domain),
        Fact("alignment", each.alignment.value),
    )
    return Check(identifier.label, identifier.result.status, each.place, facts)


def _findings(who: Author, status: Status, walks: Sequence[Walk], discovery: Discovery) -> Iterator[Finding]:
    steps = {step.name: step for walk in walks for step in walk.steps}
    if status is Status.NONE:
        yield finding(NO_RECORD, f"no record at {who.domain} or above")
    if who.record:
        yield from _record_findings(who.policy_at or "", who.record)
    for step in steps.values():
        if step.found > 1:
            yield finding(SEVERAL_RECORDS, f"{step.found} records at {step.asked}", Evidence(EvidenceKind.DNS, step.asked))
    failed = [step.asked for step in steps.values() if step.failed]
    if (existence := discovery.existence.get(who.domain)) and existence.status.failed:
        failed.append(who.domain)
    if failed:
        more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
        evidence = [Evidence(EvidenceKind.DNS, name) for name in failed[:_SHOWN]]
        yield finding(LOOKUP_FAILED, "not answered: " + ", ".join(failed[:_SHOWN]) + more, *evidence)


def _record_findings(name: str, record: DmarcRecord) -> Iterator[Finding]:
    invalid = record.invalid_policies
    if invalid:
        effect = "it counts as p=none" if record.usable else "DMARC is not applied"
        evidence = [quoted(name, record, defect.start, defect.end) for defect in invalid]
        yield finding(INVALID_POLICY, f"{', '.join(defect.message for defect in invalid)}: {effect}", *evidence)
    elif record.policy in (None, Policy.NONE):
        yield finding(POLICY_NONE, "p=none" if record.policy else "no p=, which counts as p=none", quoted(name, record))
    elif record.testing:
        yield finding(TESTING, f"t=y: p={record.policy} counts as {record.policy.lowered}", quoted(name, record))
    others = [defect for defect in record.defects if defect not in invalid]
    for defect in others[:_SHOWN]:
        yield finding(INVALID_TAG, defect.message, quoted(name, record, defect.start, defect.end))
    if record.removed:
        yield finding(REMOVED_TAG, ", ".join(f"{tag}={value}" for tag, value in record.removed), quoted(name, record))
