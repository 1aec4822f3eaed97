"""How receivers judge a domain that still follow RFC 7489, with the public suffix list, and where that differs."""

from __future__ import annotations

from collections.abc import Iterator

from mailsec.core.flow import Flow
from mailsec.core.results import Check, Fact, Status, finding
from mailsec.core.suffixes import listed_organization, public_suffix
from mailsec.sender.dmarc import rules
from mailsec.sender.dmarc.align import Author
from mailsec.sender.dmarc.discover import Discovery, Lookup
from mailsec.sender.dmarc.record import DmarcRecord, Policy, Scope
from mailsec.sender.dmarc.report import quoted


def compare(who: Author, policy: Policy | None, discovery: Discovery) -> Flow[Check]:
    """The judgement by RFC 7489 as a check, beside `who` and `policy`: the author domain and what applies to it by RFC 9989."""
    organization = listed_organization(who.domain)
    yield from discovery.look_up([who.domain, organization])
    first, second = discovery.lookups[who.domain], discovery.lookups[organization]
    chosen = second if not first.failed and not first.found else first
    facts = (
        Fact("organizational-domain", organization),
        Fact("public-suffix", public_suffix(who.domain)),
        Fact("record-at", chosen.name if chosen.record else ""),
    )
    if chosen.failed:
        return Check("rfc7489", Status.TEMPERROR, f"{chosen.asked}: {chosen.reason or chosen.status}", facts)
    record = chosen.record if chosen.record and _applies(chosen.record) else None
    old = _policy(who.domain, chosen, record)
    differences = tuple(_differences(who, organization, chosen, record, (old, policy)))
    findings = tuple(finding(rules.STANDARDS_DIFFER, difference) for difference in differences)
    reason = f"{len(differences)} differences" if len(differences) > 1 else differences[0] if differences else "the same answer"
    evidence = (quoted(chosen.name, record),) if record else ()
    status = Status.PASS if record else Status.NONE
    return Check("rfc7489", status, reason, (*facts, Fact("policy", old.value if old else "")), findings, evidence)


def _applies(record: DmarcRecord) -> bool:
    """RFC 7489 section 6.6.3: without a valid policy a record counts only where it has an address for reports."""
    return bool(record.rua) or (record.policy is not None and not record.invalid_policies)


def _policy(domain: str, chosen: Lookup, record: DmarcRecord | None) -> Policy | None:
    """The policy by RFC 7489, which knows neither np= nor t=."""
    if record is None:
        return None
    return record.requested(Scope.DOMAIN if chosen.name == domain else Scope.SUBDOMAIN)


def _differences(
    who: Author, organization: str, chosen: Lookup, record: DmarcRecord | None, policies: tuple[Policy | None, Policy | None]
) -> Iterator[str]:
    """What differs, in words; nothing of what RFC 9989 could not learn."""
    if who.place is not None and who.place.organizational_domain != organization:
        yield f"organizational domain {organization}, by the tree walk {who.place.organizational_domain}"
    if who.policy_at is not None:
        new_at, old_at = who.policy_at if who.record else "", chosen.name if record else ""
        if new_at != old_at:
            yield f"record at {old_at or 'no name'}, by the tree walk at {new_at or 'no name'}"
    old, new = policies
    if who.policy_at is not None and old is not new:
        yield f"policy {old or 'missing'}, by RFC 9989 {new or 'missing'}"
    percent = dict(record.removed).get("pct", "100") if record else "100"
    if percent != "100":
        yield f"pct={percent[:20]} is honoured"
