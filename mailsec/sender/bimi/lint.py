"""The BIMI record of a domain, and whether its DMARC policy lets receivers use it. The logo and certificate are not fetched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailsec.core.flow import Answer, Flow, ask
from mailsec.core.limits import LISTED
from mailsec.core.lookup import failed, failure, listed, quoted, texts, txt_line
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.sender.bimi import rules
from mailsec.sender.bimi.record import BimiError, BimiRecord, is_record, parse, to_text
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


def owner_name(domain: str, selector: str = DEFAULT_SELECTOR) -> str:
    """The name of the record."""
    return f"{selector}._bimi.{domain}"


def lint(
    domain: str, dmarc_policy: Eligibility, *, organizational_domain: str = "", selector: str = DEFAULT_SELECTOR
) -> Flow[Check]:
    """Judge the record of `domain`, or that of its organizational domain where it has none.

    pass: valid, and the DMARC policy suffices; policy: it does not; neutral: the domain declines, or its DMARC policy is not
    known; none: no record; permerror: several records or an invalid one; temperror: the lookup failed.
    """
    names = dict.fromkeys(owner_name(each, selector) for each in (domain, organizational_domain) if each)
    for name in names:
        answer = yield from ask(name, "TXT")
        if failed(answer):
            return Check("bimi", Status.TEMPERROR, failure(answer))
        if found := [text for text in texts(answer) if is_record(text)]:
            return _check(name, answer, found, dmarc_policy)
    return Check("bimi", Status.NONE, "no record")


def _check(name: str, answer: Answer, found: list[str], dmarc: Eligibility) -> Check:
    quotes = tuple(quoted(name, text) for text in found[:LISTED])
    facts = (Fact("record-at", name), Fact("eligible", dmarc.eligible), Fact("dnssec", answer.dnssec.value))
    if len(found) > 1:
        several = finding(rules.SEVERAL_RECORDS, f"{len(found)} records at {name}")
        return Check("bimi", Status.PERMERROR, "several records", facts, (several,), quotes)
    try:
        record = parse(found[0])
    except BimiError as error:
        place = quoted(name, found[0], error.start, error.end)
        return Check("bimi", Status.PERMERROR, error.message, facts, (finding(rules.INVALID, error.message, place),), quotes)
    status, reason = _status(record, dmarc)
    more = (Fact("location", record.location), Fact("evidence", record.evidence))
    return Check("bimi", status, reason, facts + more, tuple(_findings(name, record, dmarc)), quotes)


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
