"""The MTA-STS policy that a sender has to follow (RFC 8461 section 3); what is wrong with it is the business of `lint`."""

from __future__ import annotations

from dataclasses import dataclass

from mailsec.core.flow import Flow, ask
from mailsec.core.lookup import failed, failure
from mailsec.core.results import Finding, Status, finding
from mailsec.transport.mtasts import rules
from mailsec.transport.mtasts.lint import fetch_policy_of, owner_name, records_in, unfetched
from mailsec.transport.mtasts.policy import Mode, StsPolicy, parse
from mailsec.transport.mtasts.publish import url


@dataclass(frozen=True, slots=True)
class Discovered:
    """What was found: pass with a valid `policy`; none where nothing is published.

    permerror, fail and temperror: it cannot be used, which senders without an older copy take for none (RFC 8461 section 3.3).
    """

    status: Status
    reason: str
    policy: StsPolicy | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def mode(self) -> Mode:
        """What senders have to do."""
        return (self.policy.mode if self.policy else None) or Mode.NONE


def discover(domain: str) -> Flow[Discovered]:
    """Look for the policy of `domain`, that of the recipients and never one that an alias leads to."""
    answer = yield from ask(owner_name(domain), "TXT")
    if failed(answer):
        return Discovered(Status.TEMPERROR, failure(answer), findings=(finding(rules.LOOKUP_FAILED, failure(answer)),))
    records = records_in(answer)
    if not records:
        return Discovered(Status.NONE, "no MTA-STS policy is published")
    if len(records) > 1 or not records[0].valid:
        rule = rules.SEVERAL_RECORDS if len(records) > 1 else rules.INVALID_RECORD
        return Discovered(Status.PERMERROR, "the MTA-STS record is not valid", findings=(finding(rule, owner_name(domain)),))
    fetched = yield from fetch_policy_of(domain)
    status, reason, found = unfetched(url(domain), fetched)
    if found is not None:
        return Discovered(status, reason, findings=(found,))
    policy = parse(fetched.body)
    if not policy.valid:
        return Discovered(Status.PERMERROR, "the policy is not valid", findings=(finding(rules.INVALID_POLICY, url(domain)),))
    return Discovered(Status.PASS, f"an MTA-STS policy in mode {policy.mode}", policy)
