"""Where the mail of a domain goes, and what is wrong with that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mailsec.core import rdata
from mailsec.core.domains import is_name
from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Flow, ask, gather, pure
from mailsec.core.limits.transport import LISTED, MX_HOSTS
from mailsec.core.lookup import evidence, failed, failure, listed
from mailsec.core.rdata import RdataError
from mailsec.core.results import Check, Evidence, Fact, Finding, Status, finding
from mailsec.transport.mx import rules
from mailsec.transport.mx.hosts import MxHost, address, alias_of, is_public, resolve


@dataclass(frozen=True, slots=True)
class MxResult:
    """Where mail goes: `hosts` most preferred first. `null`: nowhere (RFC 7505). `implicit`: to the domain's own addresses.

    `expanded` is the name that a CNAME record at the domain leads to, "" where there is none; `dnssec` is what DNSSEC says of
    the answer about MX records alone.
    """

    check: Check
    hosts: tuple[MxHost, ...] = ()
    null: bool = False
    implicit: bool = False
    expanded: str = ""
    dnssec: Dnssec = Dnssec.UNCHECKED


@dataclass(slots=True)
class _Exchanges:
    """What the MX records say: pairs of preference and name in order, and what was found on the way."""

    pairs: list[tuple[int, str]] = field(default_factory=list)
    nulls: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def lint(domain: str) -> Flow[MxResult]:
    """Judge the MX records of `domain` (an A-label name).

    pass: hosts were found, or a null MX; neutral: an implicit MX; none: no such name, or nothing that takes mail; permerror: no
    usable record; fail: no host has an address; temperror: a lookup failed.
    """
    answer = yield from ask(domain, "MX")
    result = yield from _judged(domain, answer)
    return replace(result, expanded=alias_of(answer), dnssec=answer.dnssec)


def _judged(domain: str, answer: Answer) -> Flow[MxResult]:
    if failed(answer):
        return MxResult(Check("mx", Status.TEMPERROR, failure(answer)))
    if answer.status is AnswerStatus.NXDOMAIN:
        return MxResult(Check("mx", Status.NONE, "there is no such domain", (Fact("exists", False),)))
    if not answer.records:
        return (yield from _implicit(domain, answer))
    exchanges = _read(domain, answer)
    if exchanges.nulls and not exchanges.pairs:
        return _null(domain, answer, exchanges)
    hosts = yield from gather(_host(name, preference, answer) for preference, name in exchanges.pairs[:MX_HOSTS])
    return _explicit(domain, answer, exchanges, hosts)


def _host(name: str, preference: int, answer: Answer) -> Flow[MxHost]:
    if address(name) or not is_name(name):
        return pure(MxHost(name, preference, dnssec=answer.dnssec, asked=False))
    return resolve(name, preference, answer.dnssec)


def _implicit(domain: str, answer: Answer) -> Flow[MxResult]:
    host = yield from resolve(domain, 0, answer.dnssec)
    facts = (Fact("exists", True), Fact("dnssec", host.dnssec.value))
    if host.addresses:
        found = finding(rules.IMPLICIT, listed(host.addresses), fix=f"{domain}. IN MX 10 {domain}.")
        reason = "no MX record: mail goes to the domain's own addresses"
        check = Check("mx", Status.NEUTRAL, reason, facts, (found,), children=(_host_check(domain, host),))
        return MxResult(check, (host,), implicit=True)
    if host.failures:
        return MxResult(Check("mx", Status.TEMPERROR, f"no MX record, and {'; '.join(host.failures)}", facts))
    return MxResult(Check("mx", Status.NONE, "no MX record and no address: nothing takes mail", facts))


def _read(domain: str, answer: Answer) -> _Exchanges:
    read = _Exchanges()
    for record in answer.records:
        try:
            preference, name = rdata.mx(record.rdata)
        except RdataError as error:
            read.findings.append(finding(rules.MALFORMED, str(error), evidence(record)))
            continue
        if name:
            read.pairs.append((preference, name))
        else:
            read.nulls.append(preference)
    del read.findings[LISTED:]
    read.pairs.sort()
    twice = [name for name, count in Counter(name for _, name in read.pairs).items() if count > 1]
    if twice:
        read.findings.append(finding(rules.DUPLICATE, listed(twice)))
        read.pairs = _once(read.pairs)
    if read.nulls and read.pairs:
        read.findings.append(finding(rules.NULL_NOT_ALONE, f"beside {len(read.pairs)} other hosts"))
    if len(read.pairs) > MX_HOSTS:
        read.findings.append(finding(rules.TOO_MANY, f"{len(read.pairs)} hosts; the first {MX_HOSTS} are looked at"))
    return read


def _once(pairs: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Each host at its best preference; `pairs` are in order."""
    best: dict[str, int] = {}
    for preference, name in pairs:
        best.setdefault(name, preference)
    return [(preference, name) for name, preference in best.items()]


def _null(domain: str, answer: Answer, exchanges: _Exchanges) -> MxResult:
    findings = exchanges.findings
    if exchanges.nulls != [0]:
        written = listed([f"{preference} ." for preference in exchanges.nulls])
        findings.append(finding(rules.NULL_PREFERENCE, written, fix=f"{domain}. IN MX 0 ."))
    facts = (Fact("null", True), Fact("dnssec", answer.dnssec.value))
    check = Check("mx", Status.PASS, "null MX: the domain takes no mail", facts, tuple(findings), _evidence(answer))
    return MxResult(check, null=True)


def _explicit(domain: str, answer: Answer, exchanges: _Exchanges, hosts: Sequence[MxHost]) -> MxResult:
    findings = exchanges.findings
    if len(exchanges.pairs) == 1:
        findings.append(finding(rules.SINGLE, exchanges.pairs[0][1]))
    reached = [host for host in hosts if host.addresses]
    if reached and not any(":" in text for host in hosts for text in host.addresses) and not any(h.failures for h in hosts):
        findings.append(finding(rules.NO_IPV6, f"{len(reached)} hosts with IPv4 only"))
    status, reason = _status(exchanges, hosts, reached)
    check = Check(
        "mx",
        status,
        reason,
        (Fact("hosts", len(exchanges.pairs)), Fact("resolved", len(reached)), Fact("dnssec", answer.dnssec.value)),
        tuple(findings),
        _evidence(answer),
        tuple(_host_check(domain, host) for host in hosts),
    )
    return MxResult(check, tuple(hosts))


def _status(exchanges: _Exchanges, hosts: Sequence[MxHost], reached: Sequence[MxHost]) -> tuple[Status, str]:
    if not hosts:
        return Status.PERMERROR, "no MX record can be read"
    if exchanges.nulls:
        return Status.PERMERROR, "a null MX beside other MX records"
    failures = [reason for host in hosts for reason in host.failures]
    if failures:
        return Status.TEMPERROR, listed(failures)
    if not reached:
        return Status.FAIL, "no mail host has an address"
    return Status.PASS, f"{len(reached)} of {len(exchanges.pairs)} mail hosts have an address"


def _evidence(answer: Answer) -> tuple[Evidence, ...]:
    return tuple(evidence(record) for record in answer.records[:MX_HOSTS])


def _host_check(domain: str, host: MxHost) -> Check:
    facts = (
        Fact("preference", host.preference),
        Fact("addresses", listed(host.addresses)),
        Fact("dnssec", host.dnssec.value),
    )
    status = Status.PASS if host.addresses else Status.TEMPERROR if host.failures else Status.FAIL
    return Check(host.name, status, "; ".join(host.failures), facts, tuple(_host_findings(domain, host)))


def _host_findings(domain: str, host: MxHost) -> Iterator[Finding]:
    if not host.asked:
        yield finding(rules.ADDRESS if address(host.name) else rules.INVALID_NAME, host.name)
        return
    if host.alias:
        fix = f"{domain}. IN MX {host.preference} {host.alias}."
        yield finding(rules.ALIAS, f"{host.name} is an alias of {host.alias}", fix=fix if host.name != domain else "")
    if host.failures:
        yield finding(rules.LOOKUP_FAILED, "; ".join(host.failures))
    elif not host.addresses:
        yield finding(rules.UNRESOLVABLE, f"{host.name} has neither an A nor an AAAA record")
    if hidden := [text for text in host.addresses if not is_public(text)]:
        yield finding(rules.NOT_PUBLIC, listed(hidden))
