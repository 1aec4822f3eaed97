"""The MTA-STS record and policy of a domain, and whether they fit its mail hosts (RFC 8461)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailsec.core.domains import is_name
from mailsec.core.flow import Answer, Fetched, FetchStatus, Flow, ask, fetch, together
from mailsec.core.limits.transport import LISTED, STS_POLICY_BYTES, STS_SHORT_AGE
from mailsec.core.lookup import failed, failure, listed, quoted, texts, txt_line
from mailsec.core.results import Check, Evidence, Fact, Finding, Status, finding
from mailsec.core.rules import Severity
from mailsec.transport.fields import Defect
from mailsec.transport.mtasts import rules
from mailsec.transport.mtasts.policy import Mode, StsPolicy, parse, to_text
from mailsec.transport.mtasts.publish import MONTH, policy_for, record_for, url
from mailsec.transport.mtasts.record import StsRecord
from mailsec.transport.mtasts.record import parse as parse_record

_UNKNOWN = frozenset({FetchStatus.TIMEOUT, FetchStatus.UNRECORDED, FetchStatus.REFUSED})
_TEMPORARY = frozenset({408, 425, 429})


def owner_name(domain: str) -> str:
    """The name of the record."""
    return f"_mta-sts.{domain}"


def lint(domain: str, mx_hosts: Sequence[str], *, fetch_policy: bool = True) -> Flow[Check]:
    """Judge what `domain` publishes, for the names of its mail hosts (none: the match is not judged).

    pass: record and policy are valid and every mail host is allowed; policy: the same, but a host is not allowed in mode
    testing; neutral: mode none, or the policy was not asked for; none: nothing is published; permerror: record or policy is not
    valid; fail: the policy is not to be had, or a mail host is not allowed; temperror: a lookup failed.
    """
    answer = yield from ask(owner_name(domain), "TXT")
    if failed(answer):
        found = finding(rules.LOOKUP_FAILED, failure(answer))
        return Check("mta-sts", Status.TEMPERROR, failure(answer), findings=(found,))
    records = records_in(answer)
    if not records:
        return (yield from _unannounced(domain, mx_hosts, fetch_policy))
    policy = Check("policy", Status.SKIPPED, "not fetched")
    if fetch_policy:
        fetched = yield from fetch_policy_of(domain)
        policy = _policy_check(domain, mx_hosts, fetched)
    return _check(domain, answer, records, policy)


def fetch_policy_of(domain: str) -> Flow[Fetched]:
    """Ask for the policy, of which redirections are not followed (RFC 8461 section 3.3)."""
    return (yield from fetch(url(domain), STS_POLICY_BYTES, accept="text/plain"))


def _unannounced(domain: str, mx_hosts: Sequence[str], fetch_policy: bool) -> Flow[Check]:
    """No record: a policy is asked for only where its host exists, since most domains have neither."""
    if fetch_policy:
        addresses = yield from together(ask(f"mta-sts.{domain}", "A"), ask(f"mta-sts.{domain}", "AAAA"))
        if any(each.records for each in addresses):
            fetched = yield from fetch_policy_of(domain)
            if _served(fetched) and (policy := parse(fetched.body)).valid:
                found = finding(rules.POLICY_ONLY, url(domain), fix=txt_line(owner_name(domain), record_for(policy)))
                return Check("mta-sts", Status.NONE, "a policy, but no record that announces it", findings=(found,))
    findings = (finding(rules.NO_RECORD, f"nothing at {owner_name(domain)}"),) if mx_hosts else ()
    return Check("mta-sts", Status.NONE, "no record", findings=findings)


def _served(fetched: Fetched) -> bool:
    return fetched.status is FetchStatus.OK and fetched.code == 200


def records_in(answer: Answer) -> list[StsRecord]:
    """The MTA-STS records among the TXT records of an answer."""
    return [record for record in map(parse_record, texts(answer)) if record]


def _check(domain: str, answer: Answer, records: Sequence[StsRecord], policy: Check) -> Check:
    name, record = owner_name(domain), records[0]
    findings = list(_record_findings(name, records))
    valid = len(records) == 1 and record.valid
    if not valid:
        status, reason = Status.PERMERROR, "several records" if len(records) > 1 else "the record is not valid"
    elif policy.status is Status.SKIPPED:
        status, reason = Status.NEUTRAL, "the record is valid, the policy was not fetched"
    else:
        status, reason = policy.status or Status.NEUTRAL, policy.reason
    facts = (Fact("id", record.id), Fact("alias", bool(answer.aliases)), Fact("dnssec", answer.dnssec.value))
    quotes = tuple(quoted(name, each.text) for each in records[:LISTED])
    return Check("mta-sts", status, reason, facts, tuple(findings), quotes, (policy,))


def _record_findings(name: str, records: Sequence[StsRecord]) -> Iterator[Finding]:
    record = records[0]
    if len(records) > 1:
        yield finding(rules.SEVERAL_RECORDS, f"{len(records)} records at {name}")
        return
    if not record.valid:
        yield finding(rules.INVALID_RECORD, _words(record.defects, fatal=True), fix=txt_line(name, _repaired(record)))
    if any(not defect.fatal for defect in record.defects):
        yield finding(rules.UNTIDY, "record: " + _words(record.defects, fatal=False))


def _repaired(record: StsRecord) -> str:
    """A valid record with a new id, made from the broken one."""
    kept = "".join(char for char in record.text if char.isascii() and char.isdigit())[:20]
    return f"v=STSv1; id={record.id or kept or '1'};"


def _words(defects: Sequence[Defect], *, fatal: bool) -> str:
    return listed([defect.message for defect in defects if defect.fatal is fatal])


def _policy_check(domain: str, mx_hosts: Sequence[str], fetched: Fetched) -> Check:
    where = url(domain)
    facts = (Fact("url", where), Fact("code", fetched.code), Fact("content-type", fetched.content_type))
    status, reason, found = unfetched(where, fetched)
    if found:
        return Check("policy", status, reason, facts, (found,))
    policy = parse(fetched.body)
    findings = [*_policy_findings(policy, mx_hosts)]
    if fetched.content_type.partition(";")[0].strip().lower() != "text/plain":
        findings.insert(0, finding(rules.CONTENT_TYPE, fetched.content_type or "no content type"))
    status, reason = _judged(policy, mx_hosts)
    more = (
        Fact("mode", policy.mode.value if policy.mode else None),
        Fact("max_age", policy.max_age),
        Fact("mx", listed(policy.mx)),
    )
    return Check("policy", status, reason, facts + more, tuple(findings), (quoted(where, policy.text),))


def unfetched(where: str, fetched: Fetched) -> tuple[Status, str, Finding | None]:
    """What is to be said where no policy came."""
    why = f"{where}: {fetched.reason or fetched.status}"
    if fetched.status in _UNKNOWN:
        return Status.TEMPERROR, "the policy could not be fetched", finding(rules.LOOKUP_FAILED, why)
    if fetched.status is FetchStatus.TOO_LARGE:
        found = finding(rules.TOO_LARGE, f"{where}: more than {STS_POLICY_BYTES} octets")
        return Status.PERMERROR, "the policy is too large", found
    if fetched.status is not FetchStatus.OK:
        return Status.FAIL, "the policy cannot be fetched", finding(rules.UNREACHABLE, why)
    if fetched.code != 200:
        detail = f" ({fetched.reason})" if fetched.reason else ""
        temporary = fetched.code >= 500 or fetched.code in _TEMPORARY
        found = finding(rules.HTTP_STATUS, f"{where}: status {fetched.code}{detail}")
        return Status.TEMPERROR if temporary else Status.FAIL, f"the policy server answers with {fetched.code}", found
    return Status.PASS, "", None


def _judged(policy: StsPolicy, mx_hosts: Sequence[str]) -> tuple[Status, str]:
    if not policy.valid:
        return Status.PERMERROR, "the policy is not valid"
    if policy.mode is Mode.NONE:
        return Status.NEUTRAL, "mode none: no protection is asked for"
    uncovered = policy.uncovered(mx_hosts)
    if uncovered:
        status = Status.FAIL if policy.mode is Mode.ENFORCE else Status.POLICY
        return status, f"mode {policy.mode}, but {listed(uncovered)} not allowed"
    return Status.PASS, f"mode {policy.mode}, {len(mx_hosts)} mail hosts allowed"


def _policy_findings(policy: StsPolicy, mx_hosts: Sequence[str]) -> Iterator[Finding]:
    if not policy.valid:
        hosts = [host for host in mx_hosts if is_name(host)]
        fix = to_text(policy_for(hosts, mode=policy.mode or Mode.TESTING)) if hosts else ""
        yield finding(rules.INVALID_POLICY, _words(policy.defects, fatal=True), *_places(policy), fix=fix)
        return
    if policy.defects:
        yield finding(rules.UNTIDY, "policy: " + _words(policy.defects, fatal=False))
    if policy.mode is Mode.NONE:
        yield finding(rules.MODE_NONE, "mode: none")
        return
    if policy.mode is Mode.TESTING:
        yield finding(rules.TESTING, "mode: testing")
    if policy.max_age is not None and policy.max_age < STS_SHORT_AGE:
        yield finding(rules.SHORT_AGE, f"max_age: {policy.max_age} seconds", fix=f"max_age: {MONTH}")
    if uncovered := policy.uncovered(mx_hosts):
        severity = Severity.HIGH if policy.mode is Mode.ENFORCE else Severity.MEDIUM
        yield finding(rules.UNCOVERED, listed(uncovered), fix=_covering(policy, uncovered), severity=severity)
    if mx_hosts and (unused := policy.unused(mx_hosts)):
        yield finding(rules.UNUSED, listed(unused))


def _places(policy: StsPolicy) -> Iterator[Evidence]:
    for defect in policy.defects[:LISTED]:
        if defect.end > defect.start:
            yield quoted("policy", policy.text, defect.start, defect.end)


def _covering(policy: StsPolicy, hosts: Sequence[str]) -> str:
    """`policy` with the missing hosts added."""
    return to_text(StsPolicy(policy.mode, policy.max_age, (*policy.mx, *hosts), policy.extensions))
