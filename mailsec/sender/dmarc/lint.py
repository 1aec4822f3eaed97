"""What is right and wrong with the DMARC record that covers a domain (RFC 9989, 9990)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from mailsec.core.flow import Answer, AnswerStatus, Flow, ask, together
from mailsec.core.limits.network import MAX_ANSWER_RECORDS
from mailsec.core.limits.sender import LINT_SHOWN
from mailsec.core.rdata import RdataError, txt
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Status, finding
from mailsec.core.rules import Severity
from mailsec.core.text import clipped, from_bytes
from mailsec.sender.dmarc import rules
from mailsec.sender.dmarc.align import Author, author
from mailsec.sender.dmarc.audit import Audited
from mailsec.sender.dmarc.compare import compare
from mailsec.sender.dmarc.destinations import Destination, destinations
from mailsec.sender.dmarc.discover import Discovery
from mailsec.sender.dmarc.record import Policy, Scope, parse
from mailsec.sender.dmarc.report import walk_check

Standard = Literal["rfc9989", "rfc7489"]


def lint(domain: str, *, standard: Standard = "rfc9989") -> Flow[Check]:
    """Look at the record that covers `domain` (a name), wherever the tree walk finds it.

    The status is pass where there is a record that counts, permerror where one does not, none where there is none, temperror
    where that could not be learned. With `standard` "rfc7489" a child says how receivers judge that still follow that one.
    """
    discovery = Discovery()
    _, apex = yield from together(discovery.walk([domain]), ask(domain, "TXT"))
    who = author(domain, discovery)
    near = yield from _look_for_near(domain, discovery)
    findings = [*_several(who), *near, *_at_apex(domain, apex), *_failed(who)]
    reached: list[Destination] = []
    if who.record is not None and who.policy_at:
        findings += Audited(who.policy_at, who.record, _is_organizational(who, who.policy_at)).findings()
        reached = yield from destinations(who.policy_at, who.record, discovery)
        findings += _unreachable(reached)
        if who.policy_at != domain:
            yield from discovery.ask_existence([domain])
    status, reason = _status(who)
    if status is Status.NONE:
        findings.insert(0, _missing(domain))
    policy = _policy(who, discovery)
    children = [walk_check(who.walk), *map(_destination_check, reached)]
    if standard == "rfc7489":
        children.append((yield from compare(who, policy, discovery)))
    return Check(
        "dmarc", status, reason, tuple(_facts(who, policy, discovery)), tuple(findings), _evidence(who), tuple(children)
    )


def _is_organizational(who: Author, at: str) -> bool:
    """False where every organizational domain that there can be lies above the record's name: sp= and np= then mean nothing."""
    found = who.organizational_domains
    return not found or not all(at.endswith(f".{each}") for each in found)


def _look_for_near(domain: str, discovery: Discovery) -> Flow[list[Finding]]:
    """TXT records at the domain's own _dmarc that are nearly DMARC records."""
    step = discovery.lookups[domain]
    if step.found or step.status is not AnswerStatus.OK:
        return []
    answer = yield from ask(step.asked, "TXT")
    return [
        finding(
            rules.NOT_RECOGNIZED,
            f"{step.asked}: {clipped(text, 100)}",
            Evidence(EvidenceKind.RECORD, step.asked, clipped(text, 1_000)),
            fix=_rewritten(text),
        )
        for text in _texts(answer)
        if _is_near(text)
    ][:LINT_SHOWN]


def _texts(answer: Answer) -> Iterator[str]:
    for record in answer.records[:MAX_ANSWER_RECORDS]:
        try:
            yield from_bytes(txt(record.rdata))
        except RdataError:
            continue


_BLANK = str.maketrans("", "", " \t\"'\\\ufeff")


def _is_near(text: str) -> bool:
    start = text[:40].translate(_BLANK).lower()
    return start.startswith(("v=dmarc", "v:dmarc", "dmarc1", "p=none", "p=quarantine", "p=reject"))


def _rewritten(text: str) -> str:
    """The record that `text` was meant as, where only its beginning, quotes or backslashes are wrong; else ""."""
    if len(text) > 1_000:
        return ""
    plain = text.translate(str.maketrans("", "", "\"'\\\ufeff")).strip()
    head, semicolon, rest = plain.partition(";")
    if not semicolon:
        head, _, rest = plain.partition(" ")
    if head.translate(_BLANK).lower() not in ("v=dmarc1", "v=dmarc", "v:dmarc1", "dmarc1"):
        return ""
    fixed = f"v=DMARC1; {rest.strip()}"
    record = parse(fixed)
    return fixed if record is not None and record.policy is not None and not record.defects else ""


def _at_apex(domain: str, answer: Answer) -> Iterator[Finding]:
    for text in _texts(answer):
        if parse(text) is not None:
            where = Evidence(EvidenceKind.RECORD, domain, clipped(text, 1_000))
            yield finding(rules.WRONG_PLACE, f"a DMARC record at {domain} itself", where)
            return


def _several(who: Author) -> Iterator[Finding]:
    """Names with more than one record; without any record that counts, the domain is as bare as if it had none."""
    for step in who.walk.steps:
        if step.found > 1:
            severity = Severity.HIGH if step.name == who.domain and who.record is None else None
            where = Evidence(EvidenceKind.DNS, step.asked)
            yield finding(rules.SEVERAL_RECORDS, f"{step.found} records at {step.asked}", where, severity=severity)


def _failed(who: Author) -> Iterator[Finding]:
    failed = [step for step in who.walk.steps if step.failed]
    if failed:
        evidence = (Evidence(EvidenceKind.DNS, step.asked, step.reason or step.status) for step in failed)
        yield finding(rules.LOOKUP_FAILED, f"not answered: {', '.join(step.asked for step in failed)}", *evidence)


def _missing(domain: str) -> Finding:
    fix = f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    where = Evidence(EvidenceKind.DNS, f"_dmarc.{domain}")
    return finding(rules.MISSING, f"no record at {domain} or above", where, fix=fix)


def _unreachable(reached: Sequence[Destination]) -> Iterator[Finding]:
    for each in reached:
        where = Evidence(EvidenceKind.DNS, each.asked or each.host, each.reason)
        host = Evidence(EvidenceKind.DNS, each.host)
        if each.takes_mail is False:
            yield finding(rules.REPORT_ADDRESS, f"{each.host} takes no mail: it has no usable MX record and no address", host)
        elif each.takes_mail is None:
            yield finding(rules.LOOKUP_FAILED, f"not learned whether {each.host} takes mail", host)
        if each.agreed is False:
            fix = f'{each.asked}. IN TXT "v=DMARC1"' if each.asked else ""
            yield finding(rules.REPORTS_NOT_AUTHORIZED, f"{each.host} gets no reports: {each.reason}", where, fix=fix)
        elif each.agreed is None:
            yield finding(rules.LOOKUP_FAILED, f"not learned whether {each.host} gets reports: {each.reason}", where)


def _destination_check(each: Destination) -> Check:
    status = {True: Status.PASS, False: Status.FAIL, None: Status.TEMPERROR}[each.agreed]
    return Check(f"reports to {each.host}", status, each.reason)


def _status(who: Author) -> tuple[Status, str]:
    if who.policy_at is None:
        failed = next(step for step in who.walk.steps if step.failed)
        return Status.TEMPERROR, f"the record could not be looked up: {failed.asked}: {failed.reason or failed.status}"
    if who.record is None:
        if (found := who.walk.steps[0].found) > 1:
            return Status.PERMERROR, f"{found} records at {who.walk.steps[0].asked}: all are discarded"
        return Status.NONE, f"no record at {who.domain} or above"
    if not who.record.usable:
        return Status.PERMERROR, f"the record at {who.policy_at} has an invalid policy and no rua=: DMARC is not applied"
    above = "" if who.policy_at == who.domain else f", from {who.policy_at}"
    return Status.PASS, f"p={who.record.requested(Scope.DOMAIN)}{', test mode' if who.record.testing else ''}{above}"


def _policy(who: Author, discovery: Discovery) -> Policy | None:
    """What is to be applied to mail in the domain's own name; None where there is no policy or that is not known."""
    if who.record is None or not who.record.usable:
        return None
    if who.policy_at == who.domain:
        return who.record.applied(Scope.DOMAIN)
    below, nowhere = who.record.applied(Scope.SUBDOMAIN), who.record.applied(Scope.NONEXISTENT)
    exists = discovery.exists(who.domain)
    if exists is None:
        return below if below is nowhere else None
    return below if exists else nowhere


def _facts(who: Author, policy: Policy | None, discovery: Discovery) -> Iterator[Fact]:
    yield Fact("domain", who.domain)
    if who.place is not None:
        yield Fact("organizational-domain", who.place.organizational_domain)
    if (exists := discovery.exists(who.domain)) is not None:
        yield Fact("exists", exists)
    record = who.record
    if record is None:
        return
    yield Fact("record-at", who.policy_at)
    yield Fact("policy", policy.value if policy else None)
    for scope in Scope:
        yield Fact(scope.value, record.requested(scope).value)
    yield Fact("testing", record.testing)
    yield Fact("adkim", record.adkim.value)
    yield Fact("aspf", record.aspf.value)
    yield Fact("rua", ", ".join(uri.uri for uri in record.rua[:LINT_SHOWN]))
    yield Fact("ruf", ", ".join(uri.uri for uri in record.ruf[:LINT_SHOWN]))


def _evidence(who: Author) -> tuple[Evidence, ...]:
    if who.record is None or not who.policy_at:
        return ()
    return (Evidence(EvidenceKind.RECORD, f"_dmarc.{who.policy_at}", who.record.text),)
