"""`check NAME`: what a domain publishes to protect its mail, or what is published for an address.

Every part is a room's lint; here they are put side by side, each fed with what another has found out: the mail hosts for TLSA
and MTA-STS, the providers for the selectors of DKIM, the DMARC policy for BIMI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.api.check_verdict import verdict
from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.errors import UsageError
from mailsec.core.flow import Flow, gather, pure, together
from mailsec.core.results import Check, Report, Status
from mailsec.core.rules import Severity
from mailsec.sender.bimi.lint import lint as lint_bimi
from mailsec.sender.bimi.material import File, Trust
from mailsec.sender.bimi.policy import position_of
from mailsec.sender.dkim.lint import lint as lint_dkim
from mailsec.sender.dkim.selectors import COMMON, inferred
from mailsec.sender.dmarc.lint import Standard
from mailsec.sender.dmarc.lint import lint as lint_dmarc
from mailsec.sender.spf.lint import lint as lint_spf
from mailsec.transport.mtasts.lint import lint as lint_mtasts
from mailsec.transport.mx.lint import MxResult
from mailsec.transport.mx.lint import lint as lint_mx
from mailsec.transport.tlsa.lint import lint as lint_tlsa
from mailsec.transport.tlsrpt.lint import lint as lint_tlsrpt
from mailsec.trust.dnssec.lint import lint as lint_dnssec
from mailsec.trust.dnssec.validator import Validator
from mailsec.trust.x509.caa import lint as lint_caa

DOMAIN_PARTS = ("mx", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "tlsa", "bimi", "caa", "dnssec")
ADDRESS_PARTS = ("smimea", "openpgpkey", "dnssec")
PARTS = (*DOMAIN_PARTS, *ADDRESS_PARTS[:2])
"""What `--only` can name, in the order of the report."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How a name is to be audited. `only` names parts, none means all; `selectors` are asked for besides those guessed.

    `bimi_roots` (DER) are trusted for mark certificates besides those known; `bimi_svg` and `bimi_certificate` are judged in
    place of what the BIMI record names.
    """

    only: frozenset[str] = frozenset()
    selectors: tuple[str, ...] = ()
    dmarc: Standard = "rfc9989"
    fail_on: Severity | None = Severity.HIGH
    bimi_roots: tuple[bytes, ...] = ()
    bimi_svg: File | None = None
    bimi_certificate: File | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A name as it was given, the domain in it as a name, and the address where it is one."""

    text: str
    domain: str
    address: str = ""


def subject_of(text: str) -> Subject:
    """What `text` asks about: a domain, or an address. Raises UsageError where it is neither."""
    local, at, domain = text.strip().rpartition("@")
    try:
        name = to_ascii(domain)
    except DomainError as error:
        raise UsageError(f"not a domain name: {error}", hint="give a name such as example.com, or alice@example.com") from None
    if at and not local:
        raise UsageError("an address has something before its @", hint="give alice@example.com, or example.com")
    return Subject(text, name, f"{local}@{name}" if local else "")


def check_domain(subject: Subject, options: CheckOptions, *, now: int, validator: Validator | None = None) -> Flow[Report]:
    """Audit one name at the time `now` (seconds since 1970 UTC). The chain of DNSSEC is told from `validator`, through whose
    `handle` the flow is to be run."""
    wanted = _wanted(subject, options)
    checks: dict[str, Check] = {}
    if subject.address:
        checks |= yield from _side_by_side(_address_flows(subject.address, now=now), wanted)
    independent = _side_by_side(_first(subject, options, validator, now=now), wanted)
    mx, first = yield from together(_mx(subject.domain, wanted), independent)
    checks |= first
    if "mx" in wanted:
        checks["mx"] = mx.check
    checks |= yield from _side_by_side(_second(subject, options, mx, checks, now=now), wanted)
    ordered = tuple(checks[part] for part in PARTS if part in checks)
    return verdict(subject.text, ordered, fail_on=options.fail_on, at=now)


def _wanted(subject: Subject, options: CheckOptions) -> frozenset[str]:
    parts = frozenset(ADDRESS_PARTS if subject.address else DOMAIN_PARTS)
    return options.only or parts


def _side_by_side(flows: dict[str, Flow[Check]], wanted: frozenset[str]) -> Flow[dict[str, Check]]:
    chosen = {part: flow for part, flow in flows.items() if part in wanted}
    checks: list[Check] = yield from gather(chosen.values())
    return dict(zip(chosen, checks, strict=True))


def _address_flows(address: str, *, now: int) -> dict[str, Flow[Check]]:
    # Reading keys and certificates takes libraries that a domain's audit has no use for.
    from mailsec.content.openpgp.openpgpkey import lint as lint_openpgpkey
    from mailsec.content.smime.smimea import lint as lint_smimea

    return {"smimea": lint_smimea(address, now=now), "openpgpkey": lint_openpgpkey(address, now=now)}


def _mx(domain: str, wanted: frozenset[str]) -> Flow[MxResult]:
    """The mail hosts, asked for where they are wanted or where TLSA cannot be judged without them."""
    return lint_mx(domain) if {"mx", "tlsa"} & wanted else pure(MxResult(Check("mx")))


def _first(subject: Subject, options: CheckOptions, validator: Validator | None, *, now: int) -> dict[str, Flow[Check]]:
    """The parts that need nothing from another."""
    domain = subject.domain
    unvalidated = pure(Check("dnssec", Status.SKIPPED, "answers are not validated"))
    return {
        "spf": lint_spf(domain, now=now),
        "dmarc": lint_dmarc(domain, standard=options.dmarc),
        "tls-rpt": lint_tlsrpt(domain),
        "caa": lint_caa(domain),
        "dnssec": unvalidated if validator is None else lint_dnssec(domain, validator),
    }


def _second(
    subject: Subject, options: CheckOptions, mx: MxResult, found: dict[str, Check], *, now: int
) -> dict[str, Flow[Check]]:
    """The parts that build on the mail hosts, the SPF record or the DMARC policy."""
    hosts = [host.name for host in mx.hosts]
    selectors = (*options.selectors, *inferred(hosts, _includes(found.get("spf"))), *COMMON)
    return {
        "dkim": lint_dkim(subject.domain, tuple(dict.fromkeys(selectors)), now=now),
        "mta-sts": lint_mtasts(subject.domain, hosts),
        "tlsa": _tlsa(mx),
        "bimi": _bimi(subject.domain, Trust(now, options.bimi_roots, options.bimi_svg, options.bimi_certificate)),
    }


def _tlsa(mx: MxResult) -> Flow[Check]:
    if mx.check.status is Status.TEMPERROR and not mx.hosts:
        return pure(Check("tlsa", Status.TEMPERROR, f"no mail host is known: {mx.check.reason}"))
    return lint_tlsa(mx.hosts)


def _includes(spf: Check | None) -> Sequence[str]:
    """The domains whose records the SPF record includes or hands on to."""
    if spf is None:
        return ()
    terms = (node.name.lower().lstrip("+-~?") for node in spf.walk())
    return [term.partition(mark)[2] for term in terms for mark in ("include:", "redirect=") if term.startswith(mark)]


def _bimi(domain: str, trust: Trust) -> Flow[Check]:
    """BIMI asks for a DMARC policy, so that comes first."""
    position = yield from position_of(domain)
    above = position.organizational_domain
    return (yield from lint_bimi(domain, position.eligibility, organizational_domain=above, trust=trust))
