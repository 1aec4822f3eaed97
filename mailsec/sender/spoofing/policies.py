"""What SPF and DMARC records let anybody do, as seen from a message, and what no record or signature can tell."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from mailsec.core.limits.spoofing import SPOOF_SPF_ADDRESSES, SPOOF_SPF_ANYBODY
from mailsec.core.results import Check, Finding, Status, finding
from mailsec.core.rules import Severity
from mailsec.sender.dmarc.record import Policy
from mailsec.sender.spf.evaluate import SpfResult
from mailsec.sender.spoofing import rules
from mailsec.sender.spoofing.providers import MAILBOXES, relay
from mailsec.sender.spoofing.subject import Results, Subject

_SIX_BITS = 46


def policy_findings(subject: Subject) -> Iterator[Finding]:
    """Weak records that this message passed by, or that let it be forged."""
    if subject.results is None:
        return
    yield from _subdomains(subject.results)
    spf = subject.results.mail_from
    if spf is not None and spf.status is Status.PASS:
        yield from _spf(subject.results, spf)


def undecided(subject: Subject) -> Iterator[Finding]:
    """What is left open however the other rooms answer."""
    if subject.results is None:
        return
    for domain in subject.author_domains:
        if domain in MAILBOXES and subject.vouched(domain):
            yield finding(rules.SHARED_PROVIDER, f"{domain} signs for all its customers")
    others = sorted(domain for domain in subject.passed if not subject.is_author(domain))
    if subject.author_domains and others and not any(judgement.aligned for judgement in subject.results.dmarc.judgements):
        sealed = ", and an ARC chain says what it found" if subject.fields("ARC-Seal") else ""
        yield finding(rules.RESIGNED, f"{', '.join(others[:3])} vouches for it, {subject.author_domains[0]} does not{sealed}")


def _subdomains(results: Results) -> Iterator[Finding]:
    for judgement in results.dmarc.judgements:
        record = judgement.record
        if record is None or judgement.policy is not Policy.NONE or judgement.record_at == judgement.domain:
            continue
        if record.policy not in (None, Policy.NONE):
            text = f"the policy of {judgement.record_at} is {record.policy}, for {judgement.domain} it is none"
            yield finding(rules.SUBDOMAIN_OPEN, text, severity=None if judgement.aligned else Severity.MEDIUM)


def _spf(results: Results, spf: SpfResult) -> Iterator[Finding]:
    """What a pass of SPF is worth, which counts most where nothing else vouches for the author."""
    aligned = [index for judgement in results.dmarc.judgements for index in judgement.aligned]
    alone = 0 in aligned and len(aligned) == aligned.count(0)
    service = next((name for term in spf.mechanism.split() if (name := relay(_target(term)))), "")
    if service:
        yield finding(rules.SHARED_RELAY, f"{spf.mechanism} ({service})")
        return
    size, text = authorized(spf.check)
    if size >= SPOOF_SPF_ADDRESSES:
        worst = Severity.HIGH if size >= SPOOF_SPF_ANYBODY else Severity.MEDIUM
        yield finding(rules.WIDE_SPF, f"{text} may send mail for {spf.domain}", severity=worst if alone else None)


def _target(term: str) -> str:
    name, _, target = term.lstrip("+").partition(":" if ":" in term else "=")
    return target if name.lower() in ("include", "redirect") else ""


def authorized(check: Check) -> tuple[int, str]:
    """How much an SPF evaluation's tree shows as authorized by ip4, ip6 and all: its size, and in words.

    The size is a number of IPv4 addresses, each network counted once; an IPv6 network of 28 bits counts as one of 14, since
    providers get 32 to 29 bits as others get 16.
    """
    four: set[IPv4Network] = set()
    widest: IPv6Network | None = None
    for node in check.walk():
        name, _, text = node.name.lower().lstrip("+").partition(":")
        if name == "all" and node.status is Status.PASS:
            return 1 << 32, "all hosts of the Internet"
        if name not in ("ip4", "ip6") or node.name[:1] in "-~?":
            continue
        network = ip_network(text, strict=False)
        if isinstance(network, IPv4Network):
            four.add(network)
        elif widest is None or network.prefixlen < widest.prefixlen:
            widest = network
    count = sum(network.num_addresses for network in four)
    six = 1 << max(_SIX_BITS - widest.prefixlen, 0) if widest else 0
    return (six, f"the hosts of {widest}") if six > count else (count, f"{count} addresses")
