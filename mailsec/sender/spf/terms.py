"""What can be said of a record by itself, without asking anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mailsec.core.limits.sender import LINT_QUOTED, LINT_SHOWN
from mailsec.core.results import Evidence, EvidenceKind, Finding, finding
from mailsec.core.rules import Rule, Severity
from mailsec.core.text import clipped
from mailsec.sender.spf import rules
from mailsec.sender.spf.networks import Network, ancestors, count, named
from mailsec.sender.spf.record import VERSION, Kind, Mechanism, Modifier, Qualifier, Record, Term
from mailsec.sender.spf.repair import corrected, lowered, mechanism_meant

_WIDEST = {32: 16, 128: 32}
"""Prefix lengths below which a network is wide: 65,536 IPv4 addresses, or what a provider gets of IPv6."""
_HALF = 1 << 31
_TERM_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a part of a record. `fixable` says that the corrected record sets it right."""

    rule: Rule
    message: str
    start: int
    end: int
    severity: Severity | None = None
    fixable: bool = False


def quote(domain: str, record: Record, start: int, end: int) -> Evidence:
    """The record and a range of it; of a very long record the range alone."""
    if len(record.text) > LINT_QUOTED:
        return Evidence(EvidenceKind.RECORD, domain, clipped(record.text[start:end], LINT_QUOTED))
    return Evidence(EvidenceKind.RECORD, domain, record.text, start, end)


def findings_of(domain: str, record: Record, remarks: Sequence[Remark], fix: str) -> Iterator[Finding]:
    """The findings that `remarks` about the record of `domain` come to, a limited number of each rule."""
    for rule, group in groupby(sorted(remarks, key=lambda remark: remark.rule.id), key=lambda remark: remark.rule):
        same = list(group)
        for remark in same[:LINT_SHOWN]:
            where = quote(domain, record, remark.start, remark.end)
            yield finding(rule, remark.message, where, fix=fix if remark.fixable else "", severity=remark.severity)
        if len(same) > LINT_SHOWN:
            yield finding(rule, f"and {len(same) - LINT_SHOWN} more of the kind")


def shown(term: Term) -> str:
    """A term as a message quotes it."""
    return clipped(term.text, _TERM_SHOWN)


def own_remarks(record: Record) -> tuple[list[Remark], str]:
    """Everything about a record that its owner would want to know, and the corrected record ("" where there is none)."""
    dead = list(dead_terms(record))
    fix = corrected(record, [term for term, _ in dead])
    remarks = [*syntax(record), *(remark for _, remark in dead), *_overlaps(record, {term.start for term, _ in dead})]
    for look in (_ending, _modifiers, _case, wide):
        remarks.extend(look(record))
    return remarks, fix


def syntax(record: Record) -> Iterator[Remark]:
    """Every syntax error."""
    for problem in record.problems:
        what = clipped(problem.term, _TERM_SHOWN) or "the record"
        message = f"octet {problem.start}: {problem.message}: {what}"
        yield Remark(rules.SYNTAX, message, problem.start, problem.end, fixable=True)


def _about(rule: Rule, term: Term, message: str, *, severity: Severity | None = None, fixable: bool = False) -> Remark:
    return Remark(rule, message, term.start, term.start + len(term.text), severity, fixable)


def dead_terms(record: Record) -> Iterator[tuple[Term, Remark]]:
    """The terms that can never match, whoever sends."""
    ended: Mechanism | None = None
    seen: dict[str, Mechanism] = {}
    networks: dict[Network, Mechanism] = {}
    for term in record.mechanisms:
        if ended is not None:
            yield term, _about(rules.DEAD_TERM, term, f"{shown(term)} stands behind {shown(ended)}", fixable=True)
            continue
        if term.kind is Kind.ALL:
            ended = term
        key = str(term).lstrip("+?~-").lower()
        net = named(term)
        if (first := seen.setdefault(key, term)) is not term:
            yield (
                term,
                _about(rules.DUPLICATE, term, f"{shown(term)} repeats octet {first.start}", fixable=True),
            )
        elif net is not None and (outer := next((networks[each] for each in ancestors(net) if each in networks), None)):
            message = f"{shown(term)} lies in {shown(outer)}, which comes before it"
            yield term, _about(rules.CONTAINED, term, message, fixable=True)
        elif net is not None:
            networks[net] = term
    last = next((term for term in record.mechanisms if term.kind is Kind.ALL), None)
    for modifier in record.terms if last is not None else ():
        if isinstance(modifier, Modifier) and modifier.name == "redirect":
            message = f"{shown(modifier)} has no effect beside all"
            yield modifier, _about(rules.DEAD_TERM, modifier, message, fixable=True)


def _overlaps(record: Record, dead: set[int]) -> Iterator[Remark]:
    """Networks that lie in one that comes later."""
    later: dict[Network, Mechanism] = {}
    for term in reversed(record.mechanisms):
        net = named(term)
        if net is None or term.start in dead:
            continue
        outer = next((later[each] for each in ancestors(net) if each in later), None)
        if outer is not None:
            yield _about(rules.CONTAINED, term, f"{shown(term)} lies in {shown(outer)}, which comes after it")
        later[net] = term


def _ending(record: Record) -> Iterator[Remark]:
    """What a host gets that the record does not name."""
    term = next((term for term in record.mechanisms if term.kind is Kind.ALL), None)
    if term is None:
        if record.redirect is None and not record.problems:
            yield Remark(rules.NO_ALL, "the record has neither all nor redirect", 0, len(record.text))
    elif term.qualifier is Qualifier.PASS:
        message = f"{shown(term)} gives every host a pass"
        yield _about(rules.PLUS_ALL, term, message, severity=Severity.HIGH)
    elif term.qualifier is Qualifier.NEUTRAL:
        yield _about(rules.NEUTRAL_ALL, term, f"the record ends in {shown(term)}")
    elif term.qualifier is Qualifier.SOFTFAIL:
        yield _about(rules.SOFTFAIL_ALL, term, f"the record ends in {shown(term)}")


def _modifiers(record: Record) -> Iterator[Remark]:
    for term in record.terms:
        if not isinstance(term, Modifier) or term.name in ("redirect", "exp"):
            continue
        if meant := mechanism_meant(term):
            message = f"{shown(term)} was probably meant as {clipped(meant, _TERM_SHOWN)}"
            yield _about(rules.MECHANISM_AS_MODIFIER, term, message, fixable=True)
        else:
            yield _about(rules.UNKNOWN_MODIFIER, term, shown(term))


def _case(record: Record) -> Iterator[Remark]:
    if not record.text.startswith(VERSION):
        yield Remark(rules.UPPER_CASE, record.text[: len(VERSION)], 0, len(VERSION), fixable=True)
    for term in record.mechanisms:
        if lowered(term) != term.text:
            yield _about(rules.UPPER_CASE, term, shown(term), fixable=True)


def wide(record: Record) -> Iterator[Remark]:
    """Networks that are too large to be one organization's senders; half of the Internet or more is no restriction at all."""
    passing = [term for term in _before_all(record) if term.qualifier is Qualifier.PASS]
    total = count((net for term in passing if (net := named(term))), 32)
    if total >= _HALF:
        message = f"the ip4 terms together authorize {total:,} addresses"
        yield Remark(rules.WIDE, message, 0, len(record.text), Severity.HIGH)
    for term in passing:
        if (prefix := _too_wide(term)) is not None:
            yield _about(rules.WIDE, term, f"{shown(term)} authorizes a network of prefix length {prefix}")


def _before_all(record: Record) -> Iterator[Mechanism]:
    for term in record.mechanisms:
        if term.kind is Kind.ALL:
            return
        yield term


def _too_wide(term: Mechanism) -> int | None:
    """The prefix length of `term` where it is too short."""
    net = named(term)
    if net is not None:
        return net[2] if net[2] < _WIDEST[net[0]] else None
    if term.prefix4 is not None and term.prefix4 < _WIDEST[32]:
        return term.prefix4
    return term.prefix6 if term.prefix6 is not None and term.prefix6 < _WIDEST[128] else None
