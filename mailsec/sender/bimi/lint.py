"""The BIMI record of a domain, whether its DMARC policy lets receivers use it, and what the record names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mailsec.core.flow import Flow
from mailsec.core.limits.transport import LISTED
from mailsec.core.lookup import failed, failure, listed, quoted, txt_line
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.sender.bimi import rules
from mailsec.sender.bimi.discover import Discovered, discover
from mailsec.sender.bimi.material import Place, Trust, judge_material, worst
from mailsec.sender.bimi.record import BimiError, BimiRecord, parse, to_text
from mailsec.sender.dmarc.record import DmarcRecord, Policy, Scope

DEFAULT_SELECTOR = "default"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether the DMARC policy suffices for BIMI; `eligible` is None where the policy could not be looked up."""

    eligible: bool | None
    reason: str


def eligibility(
    record: DmarcRecord | None, *, scope: Scope = Scope.DOMAIN, organizational: DmarcRecord | None = None
) -> Eligibility:
    """What the DMARC records say: `record` is the one that applies to the domain, in `scope`; `organizational` that of its
    organizational domain, where it is another one."""
    if record is None:
        return Eligibility(False, "no DMARC policy")
    weak = next(_weaknesses(record, scope, organizational or record), "")
    return Eligibility(not weak, weak or f"DMARC asks for {record.requested(scope)}")


def _weaknesses(record: DmarcRecord, scope: Scope, organizational: DmarcRecord) -> Iterator[str]:
    if record.requested(scope) is Policy.NONE:
        yield f"the DMARC policy is {scope}=none"
    if organizational.requested(Scope.DOMAIN) is Policy.NONE:
        yield "the organizational domain has p=none"
    if organizational.requested(Scope.SUBDOMAIN) is Policy.NONE:
        yield "sp=none leaves subdomains without a policy"
    for each in (record, organizational):
        if each.testing:
            yield "the DMARC policy is in test mode (t=y)"
        # The draft asks for all of the mail where the policy is quarantine, and takes any part of it where it is reject.
        percent = next((value for name, value in each.removed if name == "pct"), "100")
        if percent != "100" and each.requested(Scope.DOMAIN) is not Policy.REJECT:
            yield f"the DMARC policy has pct={percent}"


def lint(
    domain: str,
    dmarc_policy: Eligibility,
    *,
    organizational_domain: str = "",
    selector: str = DEFAULT_SELECTOR,
    trust: Trust | None = None,
) -> Flow[Check]:
    """Judge the record of `domain`, or that of its organizational domain where it has none; and with `trust` the logo and the
    mark certificate that it names, or those that are to be published.

    pass: valid, and the DMARC policy suffices; policy: it does not; neutral: the domain declines, or its DMARC policy or the
    root of its mark certificate is not known; none: no record, and nothing to be published; permerror: several records or
    an invalid one; fail: logo or certificate do not hold; temperror: a lookup failed.
    """
    found = yield from discover(domain, organizational_domain, selector)
    if failed(found.answer):
        check, record = Check("bimi", Status.TEMPERROR, failure(found.answer)), None
    elif found.found:
        check, record = _check(found, dmarc_policy)
    else:
        check, record = Check("bimi", Status.NONE, "no record"), None
    if trust is None:
        return check
    place = found.place if found.found else Place(domain, organizational_domain, selector)
    location, evidence = (record.location, record.evidence) if record else ("", "")
    return _with_material(check, (yield from judge_material(place, location, evidence, trust)))


def _with_material(check: Check, children: Sequence[Check]) -> Check:
    """The check with what became of logo and certificate: one that does not hold decides, the rest only where the record holds,
    or where there is none yet."""
    check = replace(check, children=tuple(children))
    decisive = worst(children)
    if decisive is None and children and check.status is Status.NONE:
        return replace(check, status=Status.PASS, reason="no record yet; what is to be published holds")
    weighs = _WEIGHS if decisive and decisive.status is Status.FAIL else (Status.PASS, Status.NONE)
    if decisive is None or decisive.status is Status.SKIPPED or check.status not in weighs:
        return check
    return replace(check, status=decisive.status, reason=f"{decisive.name}: {decisive.reason}")


_WEIGHS = frozenset(Status) - {Status.PERMERROR}
"""What a logo or certificate that does not hold stands above."""


def _check(found: Discovered, dmarc: Eligibility) -> tuple[Check, BimiRecord | None]:
    name, written, answer = found.name, found.found, found.answer
    quotes = tuple(quoted(name, text) for text in written[:LISTED])
    facts = (Fact("record-at", name), Fact("eligible", dmarc.eligible), Fact("dnssec", answer.dnssec.value))
    if len(written) > 1:
        several = finding(rules.SEVERAL_RECORDS, f"{len(written)} records at {name}")
        return Check("bimi", Status.PERMERROR, "several records", facts, (several,), quotes), None
    try:
        record = parse(written[0])
    except BimiError as error:
        invalid = finding(rules.INVALID, error.message, quoted(name, written[0], error.start, error.end))
        return Check("bimi", Status.PERMERROR, error.message, facts, (invalid,), quotes), None
    status, reason = _status(record, dmarc)
    more = (Fact("location", record.location), Fact("evidence", record.evidence))
    return Check("bimi", status, reason, facts + more, tuple(_findings(name, record, dmarc)), quotes), record


def _status(record: BimiRecord, dmarc: Eligibility) -> tuple[Status, str]:
    if record.declined:
        return Status.NEUTRAL, "the domain declines to have a logo shown"
    if not record.is_svg:
        return Status.PERMERROR, "the logo is not SVG"
    if dmarc.eligible is None:
        return Status.NEUTRAL, f"whether the DMARC policy suffices is not known: {dmarc.reason}"
    return (Status.PASS if dmarc.eligible else Status.POLICY), dmarc.reason


def _findings(name: str, record: BimiRecord, dmarc: Eligibility) -> Iterator[Finding]:
    if record.ignored:
        written = listed([f"{tag}={value}" for tag, value in record.ignored])
        yield finding(rules.UNKNOWN_TAG, written, fix=txt_line(name, to_text(record)))
    if record.declined:
        return
    if not record.is_svg:
        yield finding(rules.NOT_SVG, record.location)
    if not record.evidence:
        yield finding(rules.NO_EVIDENCE, "a= is empty")
    if dmarc.eligible is False:
        yield finding(rules.NOT_ELIGIBLE, dmarc.reason)
