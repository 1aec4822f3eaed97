"""The TLSA records of mail hosts, and whether they protect the mail (RFC 7672)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailsec.core.flow import Answer, Dnssec, Flow, gather
from mailsec.core.limits.transport import LISTED, TLSA_RECORDS
from mailsec.core.lookup import evidence, failure, listed
from mailsec.core.results import Check, Evidence, Fact, Finding, Status, finding
from mailsec.transport.mx.hosts import MxHost
from mailsec.transport.tlsa import rules
from mailsec.transport.tlsa.lookup import SMTP_PORT, look_up
from mailsec.transport.tlsa.record import TlsaError, TlsaRecord, Usage, parse, to_text

_RECOMMENDED = frozenset({"3 1 1", "2 1 1", "2 0 1"})
# The first that holds for one of the hosts is what holds for the domain.
_ORDER = (Status.FAIL, Status.PERMERROR, Status.TEMPERROR, Status.POLICY, Status.NEUTRAL, Status.PASS)


@dataclass(slots=True)
class _Host:
    """What the records of one host come to."""

    name: str
    owner: str
    answer: Answer
    dnssec: Dnssec
    records: list[TlsaRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    status: Status = Status.NONE
    reason: str = "no TLSA record"

    def judge(self, status: Status, reason: str, *findings: Finding) -> None:
        self.status, self.reason = status, reason
        self.findings.extend(findings)


def lint(hosts: Sequence[MxHost], *, port: int = SMTP_PORT) -> Flow[Check]:
    """Judge the TLSA records of `hosts`, as a sender with DANE would.

    pass: every host has usable records, and DNSSEC vouches for the MX, the addresses and them; neutral: the same, but nobody
    validated; policy: they do not protect all mail; fail: unsigned, or DNSSEC is broken; permerror: all of a host are
    damaged; temperror: a lookup failed; none: no host has records; skipped: there are no hosts.
    """
    asked = [host for host in hosts if host.asked]
    if not asked:
        return Check("tlsa", Status.SKIPPED, "no mail host to ask for")
    judged = yield from gather(_host(host, port) for host in asked)
    return _check(judged)


def _host(host: MxHost, port: int) -> Flow[_Host]:
    published = yield from look_up(host, port)
    found = _Host(host.name, published.owner, published.answer, published.dnssec)
    _judge(found)
    return found


def _judge(host: _Host) -> None:
    answer = host.answer
    if answer.dnssec is Dnssec.BOGUS:
        host.judge(Status.FAIL, "DNSSEC is broken", finding(rules.BOGUS, failure(answer)))
    elif answer.status.failed:
        host.judge(Status.TEMPERROR, failure(answer), finding(rules.LOOKUP_FAILED, failure(answer)))
    elif answer.records:
        _read(host)
        _judge_records(host)
        _judge_dnssec(host)


def _read(host: _Host) -> None:
    records = host.answer.records
    if len(records) > TLSA_RECORDS:
        host.findings.append(finding(rules.TOO_MANY, f"{len(records)} records; the first {TLSA_RECORDS} are judged"))
    problems = []
    for record in records[:TLSA_RECORDS]:
        try:
            parsed = parse(record.rdata)
        except TlsaError as error:
            problems.append(finding(rules.MALFORMED, str(error), evidence(record)))
            continue
        host.records.append(parsed)
        if parsed.problem:
            problems.append(finding(rules.MALFORMED, f"{parsed.parameters}: {parsed.problem}", evidence(record)))
        elif not parsed.usable:
            fix = f"{host.owner}. IN TLSA {to_text(_for_smtp(parsed))}"
            problems.append(finding(rules.PKIX_USAGE, f"usage {parsed.usage}", evidence(record), fix=fix))
    host.findings.extend(problems[:LISTED])


def _for_smtp(record: TlsaRecord) -> TlsaRecord:
    """The same certificate with the usage that SMTP clients know: PKIX-TA becomes DANE-TA, PKIX-EE DANE-EE."""
    usage = Usage.DANE_TA if record.usage == Usage.PKIX_TA else Usage.DANE_EE
    return TlsaRecord(usage, record.selector, record.matching, record.data)


def _judge_records(host: _Host) -> None:
    usable = [record for record in host.records if record.usable]
    if usable:
        host.judge(Status.PASS, f"{len(usable)} usable records")
        if _RECOMMENDED.isdisjoint(record.parameters for record in usable):
            forms = listed(sorted({record.parameters for record in usable}))
            host.findings.append(finding(rules.NOT_RECOMMENDED, f"{host.name}: {forms}"))
        return
    broken = all(record.problem for record in host.records)
    status = Status.PERMERROR if broken else Status.POLICY
    host.judge(status, "no usable record", finding(rules.NONE_USABLE, host.name))


def _judge_dnssec(host: _Host) -> None:
    """A bogus TLSA answer never comes here, but one of the MX or the addresses does."""
    if host.dnssec is Dnssec.BOGUS:
        host.judge(Status.FAIL, "DNSSEC of the mail host is broken", finding(rules.BOGUS, f"the addresses of {host.name}"))
    elif host.answer.dnssec is Dnssec.INSECURE:
        host.judge(Status.FAIL, "published without DNSSEC", finding(rules.INSECURE, f"{host.owner} is not signed"))
    elif host.dnssec is Dnssec.INSECURE:
        # Senders may use them all the same; the owner of the host has done what can be done there.
        host.findings.append(finding(rules.UNSIGNED_WAY, f"the MX record or the addresses of {host.name} are not signed"))
        if host.status is Status.PASS:
            host.judge(Status.POLICY, "usable, but what leads to the host is not signed")
    elif host.dnssec is not Dnssec.SECURE:
        why = f"{host.owner}: {host.dnssec}" + (f" ({host.answer.reason})" if host.answer.reason else "")
        host.findings.append(finding(rules.NOT_VALIDATED, why))
        if host.status is Status.PASS:
            status = Status.TEMPERROR if host.dnssec is Dnssec.INDETERMINATE else Status.NEUTRAL
            host.judge(status, f"{host.reason}, not validated")


def _check(hosts: Sequence[_Host]) -> Check:
    without = [host.name for host in hosts if host.status is Status.NONE]
    published = [host for host in hosts if host.answer.records]
    findings = []
    statuses = {host.status for host in hosts if host.status is not Status.NONE}
    if without and published:
        findings.append(finding(rules.MISSING, listed(without)))
        statuses.add(Status.POLICY)
    elif not statuses:
        findings.append(finding(rules.NONE, listed(without)))
    status = next((status for status in _ORDER if status in statuses), Status.NONE)
    return Check(
        "tlsa",
        status,
        _reason(status, hosts, without),
        (Fact("hosts", len(hosts)), Fact("published", len(published))),
        tuple(findings),
        children=tuple(_host_check(host) for host in hosts),
    )


def _reason(status: Status, hosts: Sequence[_Host], without: Sequence[str]) -> str:
    decisive = next((host for host in hosts if host.status is status), None)
    if decisive is None:
        return f"no TLSA record for {listed(without)}"
    if status is Status.NONE:
        return "no mail host has TLSA records"
    if status is Status.PASS:
        return f"usable TLSA records at {len(hosts)} of {len(hosts)} mail hosts"
    return f"{decisive.name}: {decisive.reason}"


def _host_check(host: _Host) -> Check:
    return Check(host.owner, host.status, host.reason, tuple(_facts(host)), tuple(host.findings), _quoted(host))


def _facts(host: _Host) -> Iterator[Fact]:
    yield Fact("host", host.name)
    yield Fact("records", len(host.answer.records))
    yield Fact("usable", sum(record.usable for record in host.records))
    yield Fact("dnssec", host.dnssec.value)


def _quoted(host: _Host) -> tuple[Evidence, ...]:
    return tuple(evidence(record) for record in host.answer.records[:LISTED])
