"""What can be said of a DMARC record by itself, and the corrected record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailsec.core.limits.sender import LINT_QUOTED, LINT_SHOWN
from mailsec.core.results import Evidence, EvidenceKind, Finding, finding
from mailsec.core.rules import Rule, Severity
from mailsec.core.suffixes import listed_organization, public_suffix
from mailsec.core.text import clipped
from mailsec.sender.dmarc import rules
from mailsec.sender.dmarc.destinations import is_address
from mailsec.sender.dmarc.record import DmarcRecord, Policy, Psd, ReportUri, Scope, TagDefect, parse, to_text

_RANKS = {policy: rank for rank, policy in enumerate(Policy)}
_SHOWN = 100


def _weaker(one: Policy, other: Policy) -> bool:
    return _RANKS[one] < _RANKS[other]


@dataclass(frozen=True, slots=True)
class Audited:
    """A record, the name whose record it is, and whether that name is its organizational domain."""

    at: str
    record: DmarcRecord
    organizational: bool

    def where(self, defect: TagDefect | None = None) -> Evidence:
        """The record as evidence; of a very long one the part in question."""
        text, name = self.record.text, f"_dmarc.{self.at}"
        start, end = (defect.start, defect.end) if defect else (None, None)
        if len(text) > LINT_QUOTED:
            return Evidence(EvidenceKind.RECORD, name, clipped(text[start:end], LINT_QUOTED))
        return Evidence(EvidenceKind.RECORD, name, text, start, end)

    def say(self, rule: Rule, message: str, *, fix: str = "", severity: Severity | None = None) -> Finding:
        """A finding about the record."""
        return finding(rule, message, self.where(), fix=fix, severity=severity)

    def misused_psd(self) -> bool:
        """True for psd=y at a name that the public suffix list does not know as one."""
        return self.record.psd is Psd.YES and public_suffix(self.at) != self.at

    def findings(self) -> Iterator[Finding]:
        """Everything about the record that its owner would want to know."""
        fix = self.corrected()
        yield from self._policies(fix)
        yield from self._defects(fix)
        yield from self._reports(fix)
        yield from self._psd(fix)

    def _policies(self, fix: str) -> Iterator[Finding]:
        record = self.record
        if invalid := record.invalid_policies:
            effect = "it counts as p=none" if record.usable else "DMARC is not applied"
            yield self.say(rules.INVALID_POLICY, f"{', '.join(map(_placed, invalid))}: {effect}")
            return
        policy = record.requested(Scope.DOMAIN)
        if policy is Policy.NONE:
            message = "p=none" if record.policy else "no p=, which counts as p=none"
            severity = Severity.LOW if record.rua else Severity.MEDIUM
            yield self.say(rules.POLICY_NONE, message, fix="" if record.policy else fix, severity=severity)
        elif record.testing:
            yield self.say(rules.TESTING, f"t=y: p={policy} counts as {policy.lowered}")
        yield from self._gaps(policy, fix)

    def _gaps(self, policy: Policy, fix: str) -> Iterator[Finding]:
        record = self.record
        below, nowhere = record.requested(Scope.SUBDOMAIN), record.requested(Scope.NONEXISTENT)
        if not self.organizational:
            if record.subdomain_policy or record.nonexistent_policy:
                yield self.say(rules.SUBDOMAIN_POLICY_IGNORED, f"the record at {self.at} has policies for subdomains")
            return
        if _weaker(below, policy):
            yield self.say(rules.SUBDOMAINS_WEAKER, f"p={policy}, but sp={below}", fix=fix)
        if _weaker(nowhere, below):
            yield self.say(
                rules.NONEXISTENT_WEAKER, f"np={nowhere}, but {'sp' if record.subdomain_policy else 'p'}={below}", fix=fix
            )

    def _defects(self, fix: str) -> Iterator[Finding]:
        record = self.record
        invalid = set(record.invalid_policies)
        others = [defect for defect in record.defects if defect not in invalid]
        for defect in others[:LINT_SHOWN]:
            yield finding(rules.INVALID_TAG, _placed(defect), self.where(defect), fix=fix)
        if len(others) > LINT_SHOWN:
            yield finding(rules.INVALID_TAG, f"and {len(others) - LINT_SHOWN} more of the kind")
        if record.removed:
            yield self.say(rules.REMOVED_TAG, _tags(record.removed), fix=fix)
        if record.unknown:
            yield self.say(rules.UNKNOWN_TAG, _tags(record.unknown), fix=fix)

    def _reports(self, fix: str) -> Iterator[Finding]:
        record = self.record
        if not record.rua:
            yield self.say(rules.NO_REPORTS, "there is no rua=")
        for uri in (*record.rua, *record.ruf)[:LINT_SHOWN]:
            shown = clipped(uri.uri, _SHOWN)
            if uri.size:
                yield self.say(rules.REPORT_SIZE, f"{shown}!{clipped(uri.size, 20)}", fix=fix)
            if uri.scheme != "mailto":
                yield self.say(rules.REPORT_SCHEME, shown)
            elif not is_address(uri):
                yield self.say(rules.REPORT_ADDRESS, shown)

    def _psd(self, fix: str) -> Iterator[Finding]:
        if self.misused_psd():
            yield self.say(rules.PUBLIC_SUFFIX, f"psd=y at {self.at}", fix=fix)
        elif self.record.psd is Psd.NO and (above := listed_organization(self.at)) != self.at:
            yield self.say(rules.BOUNDARY, f"psd=n at {self.at}, which lies in {above}")

    def corrected(self) -> str:
        """The record without what is wrong in it; "" where that cannot be derived or nothing is."""
        record = self.record
        if record.invalid_policies or len(record.text) > LINT_QUOTED:
            return ""
        policy, below = record.requested(Scope.DOMAIN), record.requested(Scope.SUBDOMAIN)
        weak_below = self.organizational and _weaker(below, policy)
        kept = policy if weak_below else below
        weak_nowhere = self.organizational and _weaker(record.requested(Scope.NONEXISTENT), kept)
        fixed = replace(
            record,
            policy=policy,
            subdomain_policy=None if weak_below else record.subdomain_policy,
            nonexistent_policy=None if weak_nowhere else record.nonexistent_policy,
            testing=record.testing or ("pct", "0") in record.removed,
            psd=Psd.UNDECLARED if self.misused_psd() else record.psd,
            rua=_without_sizes(record.rua),
            ruf=_without_sizes(record.ruf),
            removed=(),
            unknown=(),
        )
        text = to_text(fixed)
        again = parse(text)
        return text if text != record.text and again is not None and not again.defects else ""


def _placed(defect: TagDefect) -> str:
    return f"character {defect.start}: {clipped(defect.message, _SHOWN)}"


def _tags(tags: tuple[tuple[str, str], ...]) -> str:
    shown = ", ".join(f"{clipped(name, 20)}={clipped(value, 40)}" for name, value in tags[:10])
    return f"{shown} and {len(tags) - 10} more" if len(tags) > 10 else shown


def _without_sizes(uris: tuple[ReportUri, ...]) -> tuple[ReportUri, ...]:
    return tuple(ReportUri(uri.uri) for uri in uris)
