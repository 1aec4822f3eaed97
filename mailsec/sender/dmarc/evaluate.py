"""The DMARC judgement of a message (RFC 9989 section 5.3), fed with the results of SPF and DKIM.

Three rounds of questions, each side by side: the author domains' own records, the walks above them where they matter, the walks
of the identifiers that could align. What follows from the answers is then worked out without asking anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.flow import Flow
from mailsec.core.limits.sender import DMARC_AUTHOR_DOMAINS, DMARC_IDENTIFIERS
from mailsec.core.results import AuthResult, Check, Fact, Status
from mailsec.sender.dmarc.align import (
    Aligned,
    Alignment,
    Author,
    Identifier,
    align,
    author,
    candidates,
    identifiers_of,
    needs_author_walk,
)
from mailsec.sender.dmarc.discover import Discovery
from mailsec.sender.dmarc.record import DmarcRecord, Policy, Scope
from mailsec.sender.dmarc.report import check_of_domain, check_of_message


@dataclass(frozen=True, slots=True)
class DomainJudgement:
    """What DMARC says of one author domain.

    `status` is the result word of RFC 9989 (or *skipped*, where it hangs on an identifier that was not asked). `record_at` is
    the name whose record applies, "" without one; `policy` what is to be applied to mail that fails, after t=, None where there
    is no policy or it is not known. `organizational_domain` is "" where it did not matter or could not be learned; `exists`
    says whether the author domain exists, None where that did not matter or was not answered.

    `aligned`, `alignable` and `unknown` are indexes into the identifiers given: those that pass and align, those that align but
    do not pass, and those whose alignment could not be determined. Identical domains align even where the policy could not be
    looked up, so `aligned` may name one beside a status of temperror or none.
    """

    domain: str
    status: Status
    reason: str
    organizational_domain: str
    record: DmarcRecord | None
    record_at: str
    policy: Policy | None
    exists: bool | None
    aligned: tuple[int, ...]
    alignable: tuple[int, ...]
    unknown: tuple[int, ...]
    check: Check


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """The judgement of a message: that of its author domain; permerror where it has none, or several, each judged by itself."""

    status: Status
    reason: str
    judgements: tuple[DomainJudgement, ...]
    check: Check
    auth: AuthResult


def evaluate(author_domains: Sequence[str], identifiers: Sequence[AuthResult]) -> Flow[DmarcResult]:
    """Judge a message from the domains of its From field and the results of SPF and DKIM.

    `author_domains` in any form and order; equal ones count once. Of `identifiers` those count that section 4.4 names: DKIM
    with its d=, and SPF for MAIL FROM, told by the property smtp.mailfrom; SPF *skipped* without a domain stands for an
    envelope that is not known. Never raises: what is no domain name is judged permerror.
    """
    domains = tuple(dict.fromkeys(map(_name, author_domains)))
    counting = identifiers_of(identifiers)
    discovery = Discovery()
    judged = dict.fromkeys(islice((domain for domain, valid in domains if valid), DMARC_AUTHOR_DOMAINS))
    yield from _discover(list(judged), counting, discovery)
    return _result(
        tuple(
            _judge(domain, counting, discovery) if domain in judged else _not_judged(domain, valid) for domain, valid in domains
        )
    )


def _name(text: str) -> tuple[str, bool]:
    try:
        return to_ascii(text), True
    except DomainError:
        return text, False


def _discover(domains: Sequence[str], identifiers: Sequence[Identifier], discovery: Discovery) -> Flow[None]:
    """Ask everything that the judgement needs."""
    yield from discovery.look_up(domains)
    walked = (domain for domain in domains if needs_author_walk(author(domain, discovery), identifiers))
    yield from discovery.walk(walked)
    known = [author(domain, discovery) for domain in domains]
    # those that pass come first: only they can make the answer *pass*
    ranks = ([each for each in identifiers if each.passes], [each for each in identifiers if not each.passes])
    starts = dict.fromkeys(domain for rank in ranks for who in known for domain in candidates(who, rank))
    yield from discovery.walk(islice(starts, DMARC_IDENTIFIERS))
    yield from discovery.ask_existence(who.domain for who in known if _existence_matters(who))


def _existence_matters(who: Author) -> bool:
    if who.record is None or who.policy_at == who.domain:
        return False
    return who.record.requested(Scope.SUBDOMAIN) is not who.record.requested(Scope.NONEXISTENT)


def _not_judged(domain: str, valid: bool) -> DomainJudgement:
    status = Status.SKIPPED if valid else Status.PERMERROR
    reason = f"only {DMARC_AUTHOR_DOMAINS} author domains are judged" if valid else "not a domain name"
    check = Check("dmarc", status, reason, (Fact("domain", domain),))
    return DomainJudgement(domain, status, reason, "", None, "", None, None, (), (), (), check)


def _judge(domain: str, identifiers: Sequence[Identifier], discovery: Discovery) -> DomainJudgement:
    who = author(domain, discovery)
    alignments = align(who, identifiers, discovery)
    matching = [each for each in alignments if each.alignment is Alignment.ALIGNED]
    status, reason = _status(who, alignments)
    organizational = _organizational(who, alignments, discovery)
    exists = discovery.exists(domain)
    policy = _policy(who, exists)
    check = check_of_domain(who, status, reason, policy, organizational, alignments, discovery)
    return DomainJudgement(
        domain,
        status,
        reason,
        organizational,
        who.record,
        who.policy_at or "",
        policy,
        exists,
        tuple(each.identifier.index for each in matching if each.identifier.passes),
        tuple(each.identifier.index for each in matching if not each.identifier.passes),
        tuple(each.identifier.index for each in alignments if each.alignment is Alignment.OPEN),
        check,
    )


def _status(who: Author, alignments: Sequence[Aligned]) -> tuple[Status, str]:
    """The result word and its reason; the first match wins."""
    if who.policy_at is None:
        return Status.TEMPERROR, f"the policy could not be looked up: {_failures(who)}"
    if who.record is None:
        return Status.NONE, f"no DMARC record applies to {who.domain}"
    if not who.record.usable:
        return Status.PERMERROR, f"DMARC is not applied: the record at {who.policy_at} has an invalid policy and no rua="
    return _settle([each for each in alignments if each.alignment is not Alignment.NOT_ALIGNED])


def _settle(could: Sequence[Aligned]) -> tuple[Status, str]:
    """The result word from those identifiers that align or may align."""
    for each in could:
        if each.identifier.passes and each.alignment is Alignment.ALIGNED:
            return Status.PASS, each.words
    for each in could:
        if each.identifier.passes or each.identifier.result.status is Status.TEMPERROR:
            return Status.TEMPERROR, f"{each.words}, {each.identifier.result.status}"
    for each in could:
        if each.identifier.unsettled:
            return Status.SKIPPED, f"{each.identifier.label} was not asked: {each.identifier.result.reason or 'no envelope'}"
    return Status.FAIL, "no identifier that passes aligns"


def _failures(who: Author) -> str:
    return ", ".join(f"{step.asked}: {step.reason or step.status}" for step in who.walk.steps if step.failed)


def _organizational(who: Author, alignments: Sequence[Aligned], discovery: Discovery) -> str:
    """The organizational domain, where it was looked for and found."""
    if discovery.complete(who.domain):
        return who.place.organizational_domain if who.place else ""
    if who.policy_at == who.domain and any(each.identifier.domain == who.domain for each in alignments):
        return who.domain  # section 4.10.2: the common domain is treated as the organizational one
    return ""


def _policy(who: Author, exists: bool | None) -> Policy | None:
    """The policy to be applied to mail that fails."""
    if who.record is None or not who.record.usable:
        return None
    if who.policy_at == who.domain:
        return who.record.applied(Scope.DOMAIN)
    if exists is None and _existence_matters(who):
        return None
    return who.record.applied(Scope.NONEXISTENT if exists is False else Scope.SUBDOMAIN)


def _result(judgements: tuple[DomainJudgement, ...]) -> DmarcResult:
    if len(judgements) == 1:
        judgement = judgements[0]
        auth = AuthResult("dmarc", judgement.status, judgement.reason, judgement.domain, _properties(judgement))
        return DmarcResult(judgement.status, judgement.reason, judgements, judgement.check, auth)
    count = f"{len(judgements)} author domains" if judgements else "no author domain"
    reason = f"{count}: DMARC validation is not possible"
    froms = tuple(("header.from", judgement.domain) for judgement in judgements)[:DMARC_AUTHOR_DOMAINS]
    check = check_of_message(reason, [judgement.check for judgement in judgements])
    return DmarcResult(Status.PERMERROR, reason, judgements, check, AuthResult("dmarc", Status.PERMERROR, reason, "", froms))


def _properties(judgement: DomainJudgement) -> tuple[tuple[str, str], ...]:
    properties = (("header.from", judgement.domain),)
    return (*properties, ("policy.dmarc", judgement.policy.value)) if judgement.policy else properties
