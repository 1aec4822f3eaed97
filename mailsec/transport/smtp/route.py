"""Where the mail for a domain goes, host by host, and what TLS has to be like on the way (RFC 5321 section 5, RFC 7505,
RFC 7672, RFC 8461)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.flow import Dnssec, Flow, gather, pure, together
from mailsec.core.lookup import failed, failure, listed
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.transport.mtasts.discover import Discovered, discover
from mailsec.transport.mtasts.policy import Mode
from mailsec.transport.mx import lint as mx
from mailsec.transport.mx.hosts import MxHost, address, resolve
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.policy import Need, TlsMode, TlsPolicy
from mailsec.transport.tlsa import rules as tlsa_rules
from mailsec.transport.tlsa.lookup import SMTP_PORT, Published, look_up


@dataclass(frozen=True, slots=True)
class Barrier:
    """Why nothing may be sent to a host: fail, or temperror where it may be different later."""

    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One mail host: `policy` is what TLS with it has to be like; with a `barrier` it is passed over."""

    host: MxHost
    policy: TlsPolicy
    barrier: Barrier | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The plan for one domain: `hops` in the order in which they are tried, those with a barrier too.

    pass: there is somewhere to go; fail: nowhere, for good (a null MX, no such domain, no host that may be used); temperror: it
    could not be found out, or not now; permerror: `domain` is none.
    """

    domain: str
    status: Status
    reason: str
    hops: tuple[Hop, ...] = ()
    checks: tuple[Check, ...] = ()
    null: bool = False

    @property
    def open(self) -> tuple[Hop, ...]:
        """The hops that may be tried."""
        return tuple(hop for hop in self.hops if hop.barrier is None)

    @property
    def check(self) -> Check:
        """The plan as a part of a report."""
        facts = (Fact("domain", self.domain), Fact("hosts", len(self.hops)), Fact("open", len(self.open)))
        return Check("route", self.status, self.reason, facts, children=(*self.checks, *map(_hop_check, self.hops)))


@dataclass(frozen=True, slots=True)
class _Ways:
    """What all hosts of a domain share: the next-hop domain and the name it is expanded to, its policy, and what is wanted."""

    mode: TlsMode
    port: int
    domain: str = ""
    expanded: str = ""
    sts: Discovered | None = None


def route(recipient: str, mode: TlsMode = TlsMode.AUTO, *, port: int = SMTP_PORT) -> Flow[Route]:
    """The plan for mail to `recipient`, the domain of an address (any form, or an address literal in brackets)."""
    if recipient.startswith("["):
        return _literal(recipient, _Ways(mode, port))
    try:
        domain = to_ascii(recipient)
    except DomainError as error:
        return Route(recipient, Status.PERMERROR, f"no domain: {error}")
    wanted = mode in (TlsMode.AUTO, TlsMode.MTA_STS)
    found, sts = yield from together(mx.lint(domain), discover(domain) if wanted else pure(None))
    checks = (found.check, *((_sts_check(sts),) if sts else ()))
    if not found.hosts:
        status, reason = _nowhere(found)
        return Route(domain, status, reason, checks=checks, null=found.null)
    ways = _Ways(mode, port, domain, found.expanded, sts)
    hops = yield from gather(_hop(host, ways) for host in found.hosts)
    return _planned(domain, hops, checks)


def host_route(name: str, mode: TlsMode = TlsMode.AUTO, *, port: int) -> Flow[Route]:
    """The plan for a server that was named (a relay, a submission server): its addresses, no MX and no MTA-STS policy."""
    ways = _Ways(mode, port)
    if (literal := address(name.lower())) is not None:
        return _planned(name, [_to_address(str(literal), ways)])
    try:
        host = yield from resolve(to_ascii(name), 0, Dnssec.SECURE)
    except DomainError as error:
        return Route(name, Status.PERMERROR, f"no host name: {error}")
    return _planned(host.name, [(yield from _hop(host, ways))])


def _literal(text: str, ways: _Ways) -> Route:
    found = address(text.lower()) if text.endswith("]") else None
    if found is None:
        return Route(text, Status.PERMERROR, "not an address literal (RFC 5321 section 4.1.3)")
    return _planned(text, [_to_address(str(found), ways)])


def _to_address(text: str, ways: _Ways) -> Hop:
    return _judged(MxHost(text, 0, (text,), Dnssec.INSECURE), ways)


def _nowhere(found: mx.MxResult) -> tuple[Status, str]:
    if found.null:
        return Status.FAIL, "null MX: the domain takes no mail"
    if found.check.status is Status.TEMPERROR:
        return Status.TEMPERROR, found.check.reason
    return Status.FAIL, found.check.reason


def _planned(domain: str, hops: Sequence[Hop], checks: tuple[Check, ...] = ()) -> Route:
    open = [hop for hop in hops if hop.barrier is None]
    if open:
        return Route(domain, Status.PASS, f"{len(open)} of {len(hops)} hosts to try", tuple(hops), checks)
    barriers = [hop.barrier for hop in hops if hop.barrier is not None]
    later = any(barrier.status is Status.TEMPERROR for barrier in barriers)
    reason = listed([f"{hop.host.name}: {hop.barrier.reason}" for hop in hops if hop.barrier is not None])
    return Route(domain, Status.TEMPERROR if later else Status.FAIL, reason, tuple(hops), checks)


# --- one host


def _hop(host: MxHost, ways: _Ways) -> Flow[Hop]:
    if (barrier := _unreachable(host)) is not None:
        return Hop(host, TlsPolicy(Need.NONE, host.name), barrier)
    published = None
    if host.secure and ways.mode in (TlsMode.AUTO, TlsMode.DANE):
        published = yield from look_up(host, ways.port)
    return _judged(host, ways, published)


def _judged(host: MxHost, ways: _Ways, published: Published | None = None) -> Hop:
    """What TLS with the host has to be like, why it may not be used, and what is worth saying about that."""
    found = _BY_MODE[ways.mode](host, ways, published)
    return Hop(host, found.policy or TlsPolicy(Need.DANE, host.name, why="TLSA records"), found.barrier, found.findings)


def _unreachable(host: MxHost) -> Barrier | None:
    if not host.asked:
        return Barrier(Status.FAIL, "the MX record names no host")
    if not host.addresses:
        return Barrier(Status.TEMPERROR, "; ".join(host.failures)) if host.failures else Barrier(Status.FAIL, "no address")
    return None


class _Judged(NamedTuple):
    """What was made of a host: its policy (None: nothing is asked for), why it may not be used, what is worth saying."""

    policy: TlsPolicy | None = None
    barrier: Barrier | None = None
    findings: tuple[Finding, ...] = ()


_Judge: TypeAlias = Callable[[MxHost, _Ways, Published | None], _Judged]


def _plainly(need: Need, why: str) -> _Judge:
    return lambda host, ways, published: _Judged(TlsPolicy(need, host.name, why=why))


def _by_dane(host: MxHost, ways: _Ways, published: Published | None) -> _Judged:
    found = _dane(host, ways, published)
    if found.barrier is None and found.policy is not None and found.policy.need is Need.DANE:
        return found
    dane = TlsPolicy(Need.DANE, host.name, why="DANE was asked for")
    return _Judged(dane, found.barrier or Barrier(Status.FAIL, _no_dane(host, published)), found.findings)


def _no_dane(host: MxHost, published: Published | None) -> str:
    if published is not None:
        return "no usable TLSA record"
    if host.dnssec is Dnssec.UNCHECKED:
        return "DNSSEC was not checked, so there is no DANE"
    return "the host or what leads to it is not signed, so there is no DANE"


def _by_sts(host: MxHost, ways: _Ways, published: Published | None) -> _Judged:
    """The policy is demanded, so mode testing counts as much as enforce."""
    pkix = TlsPolicy(Need.PKIX, host.name, why="MTA-STS was asked for")
    sts = ways.sts or Discovered(Status.NONE, "there can be no MTA-STS policy for a host")
    if sts.mode is Mode.NONE:
        status = Status.TEMPERROR if sts.status is Status.TEMPERROR else Status.FAIL
        return _Judged(pkix, Barrier(status, sts.reason))
    return _Judged(pkix, _not_covered(host, sts))


def _not_covered(host: MxHost, sts: Discovered) -> Barrier | None:
    if sts.policy is None or not sts.policy.uncovered([host.name]):
        return None
    return Barrier(Status.FAIL, "the MTA-STS policy does not allow this host")


def _by_domain(host: MxHost, ways: _Ways, published: Published | None) -> _Judged:
    """What the domain asks for: DANE, which nothing else stands in for; else MTA-STS; else TLS where it is offered."""
    found = _dane(host, ways, published)
    if found.barrier is not None or (found.policy is not None and found.policy.need is Need.DANE):
        return found
    sts = ways.sts or Discovered(Status.NONE, "")
    if sts.mode is Mode.ENFORCE:
        return _Judged(TlsPolicy(Need.PKIX, host.name, why="MTA-STS policy"), _not_covered(host, sts), found.findings)
    if found.policy is not None:
        return found
    tested = sts.mode is Mode.TESTING
    findings = found.findings
    if tested and _not_covered(host, sts):
        findings += (finding(rules.STS_TESTING, f"{host.name} is not among the hosts that the policy allows"),)
    return _Judged(TlsPolicy(Need.OPPORTUNISTIC, host.name, why="nothing is demanded", tested=tested), findings=findings)


def _dane(host: MxHost, ways: _Ways, published: Published | None) -> _Judged:
    """What DANE makes of a host (RFC 7672 section 2.2); nothing where it does not apply.

    Where it could not be found out whether DANE applies, the mail has to wait: whoever can make a lookup fail would otherwise
    take the protection away.
    """
    if host.dnssec in (Dnssec.INDETERMINATE, Dnssec.BOGUS):
        return _later("whether the host is signed could not be found out")
    if published is None:
        unchecked = host.dnssec is Dnssec.UNCHECKED
        return _Judged(findings=(finding(tlsa_rules.NOT_VALIDATED, f"{host.name}: DANE is not used"),) if unchecked else ())
    answer = published.answer
    if failed(answer):
        return _later(failure(answer), finding(tlsa_rules.LOOKUP_FAILED, failure(answer)))
    if answer.dnssec not in (Dnssec.SECURE, Dnssec.INSECURE):
        return _later(f"whether {published.owner} is signed could not be found out")
    return _Judged() if answer.dnssec is Dnssec.INSECURE or not answer.records else _by_records(published, ways)


def _later(reason: str, *findings: Finding) -> _Judged:
    return _Judged(None, Barrier(Status.TEMPERROR, reason), findings)


def _by_records(published: Published, ways: _Ways) -> _Judged:
    base, name, records = published.base, published.host.name, published.records
    if not any(record.usable for record in records):
        policy = TlsPolicy(Need.ENCRYPTED, base, why="TLSA records, none of them usable")
        return _Judged(policy, findings=(finding(tlsa_rules.NONE_USABLE, name),))
    names = dict.fromkeys(filter(None, (base, name, ways.domain, ways.expanded)))
    return _Judged(TlsPolicy(Need.DANE, base, tuple(names), records, "TLSA records"))


_BY_MODE: dict[TlsMode, _Judge] = {
    TlsMode.AUTO: _by_domain,
    TlsMode.NONE: _plainly(Need.NONE, "no TLS was asked for"),
    TlsMode.REQUIRE: _plainly(Need.ENCRYPTED, "TLS was asked for"),
    TlsMode.VERIFY: _plainly(Need.PKIX, "a valid certificate was asked for"),
    TlsMode.DANE: _by_dane,
    TlsMode.MTA_STS: _by_sts,
}


# --- what is shown


def _sts_check(sts: Discovered) -> Check:
    facts = (Fact("mode", sts.mode.value), Fact("mx", listed(sts.policy.mx) if sts.policy else ""))
    return Check("mta-sts", sts.status, sts.reason, facts, sts.findings)


def _hop_check(hop: Hop) -> Check:
    host, policy, barrier = hop.host, hop.policy, hop.barrier
    facts = (
        Fact("preference", host.preference),
        Fact("addresses", listed(host.addresses)),
        Fact("dnssec", host.dnssec.value),
        Fact("tls", policy.need.value),
        Fact("why", policy.why),
    )
    status, reason = (barrier.status, barrier.reason) if barrier else (Status.PASS, f"TLS: {policy.need} ({policy.why})")
    return Check(host.name, status, reason, facts, hop.findings)
