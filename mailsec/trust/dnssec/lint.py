"""What a domain makes of DNSSEC: its state with the chain of trust, and what to repair."""

from __future__ import annotations

from collections.abc import Iterator

import dns.dnssec
import dns.name
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.NSEC3PARAM import NSEC3PARAM
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Flow, ask, gather
from mailsec.core.limits.network import DNSSEC_SOON
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Status, finding
from mailsec.trust.dnssec import rules
from mailsec.trust.dnssec.sets import SignedSet, collect, parse, shown, text
from mailsec.trust.dnssec.signatures import time_text
from mailsec.trust.dnssec.tree import STATUSES
from mailsec.trust.dnssec.validator import Validator
from mailsec.trust.dnssec.zones import Zone, described

_MAIL = ("MX", "TXT")
_SHA1_ALGORITHMS, _SHA1_DIGEST, _SEP = frozenset({5, 7}), 1, 1


def lint(domain: str, validator: Validator) -> Flow[Check]:
    """The state of `domain` (a name), of its MX and TXT records and of the chain above, to be run through `validator.handle`.

    pass: secure; none: not signed; fail: bogus; temperror: could not be judged; skipped: the answers were not validated.
    """
    soa, keys, hashing, *mail = yield from gather(ask(domain, type) for type in ("SOA", "DNSKEY", "NSEC3PARAM", *_MAIL))
    if soa.dnssec is Dnssec.UNCHECKED:
        return Check("dnssec", Status.SKIPPED, "answers are not validated")
    zone = validator.zone(domain)
    chain = validator.chain(domain)
    findings = [*_on_state(domain, soa, keys, zone, validator), *_on_signing(soa, keys, hashing, zone, validator)]
    reason = soa.reason if soa.dnssec is not Dnssec.SECURE else f"the chain of trust down to {domain} holds"
    state = soa.dnssec
    # A record that was changed after it was signed leaves the chain whole.
    for answer in (each for each in mail if each.dnssec is Dnssec.BOGUS and soa.dnssec is Dnssec.SECURE):
        state, reason = Dnssec.BOGUS, f"{answer.query.type} of {domain}: {answer.reason}"
        findings.append(finding(rules.BOGUS, reason, Evidence(EvidenceKind.DNS, domain, answer.reason)))
    facts = [Fact("state", state.value)]
    if zone is not None:
        facts.append(Fact("zone", shown(zone.name)))
    return Check("dnssec", STATUSES[state], reason, tuple(facts), tuple(findings), children=(chain,))


def _on_state(domain: str, soa: Answer, keys: Answer, zone: Zone | None, validator: Validator) -> Iterator[Finding]:
    evidence = Evidence(EvidenceKind.DNS, domain, soa.reason)
    if not validator.anchors.valid(validator.policy.now):
        yield finding(rules.ANCHOR_EXPIRED, f"no trust anchor is valid at {time_text(validator.policy.now)}")
    match soa.dnssec:
        case Dnssec.BOGUS:
            fix = _ds_fix(zone.name, keys) if zone is not None and "wrong DS" in soa.reason else ""
            yield finding(rules.BOGUS, soa.reason, evidence, fix=fix)
        case Dnssec.INDETERMINATE:
            yield finding(rules.UNJUDGED, soa.reason, evidence)
        case Dnssec.INSECURE if zone is not None and not zone.ds:
            fix = _ds_fix(parse(domain), keys) if keys.status is AnswerStatus.OK and not keys.aliases else ""
            yield finding(rules.NO_DS if fix else rules.INSECURE, soa.reason, evidence, fix=fix)
        case Dnssec.INSECURE if not _has_sha1(zone):
            yield finding(rules.INSECURE, soa.reason, evidence)


def _on_signing(soa: Answer, keys: Answer, hashing: Answer, zone: Zone | None, validator: Validator) -> Iterator[Finding]:
    if zone is not None and _has_sha1(zone):
        records = "; ".join(f"DS {ds.key_tag}: {described(ds)}" for ds in zone.ds)
        yield finding(rules.SHA1, f"{shown(zone.name)} rests on SHA-1", Evidence(EvidenceKind.DNS, shown(zone.name), records))
    for signed in _signed(hashing, "NSEC3PARAM"):
        for each in signed.rdatas:
            if isinstance(each, NSEC3PARAM) and each.iterations:
                where = Evidence(EvidenceKind.DNS, shown(signed.owner), str(each))
                message = f"{shown(signed.owner)} hashes names {each.iterations} times more than once"
                yield finding(rules.NSEC3_ITERATIONS, message, where, fix=f"{text(signed.owner)}. IN NSEC3PARAM 1 0 0 -")
    for signed in (*_signed(soa, "SOA"), *_signed(keys, "DNSKEY")):
        for signature in signed.signatures:
            if _expires_soon(signature, validator.policy.now):
                when = time_text(signature.expiration)
                where = Evidence(EvidenceKind.DNS, shown(signed.owner), f"RRSIG by key {signature.key_tag} until {when}")
                yield finding(rules.EXPIRES_SOON, f"the signature on the {signed} expires at {when}", where)


def _has_sha1(zone: Zone | None) -> bool:
    """True where nothing but SHA-1 leads to the zone."""
    if zone is None or not zone.ds:
        return False
    return all(int(ds.algorithm) in _SHA1_ALGORITHMS or ds.digest_type == _SHA1_DIGEST for ds in zone.ds)


def _signed(answer: Answer, type: str) -> list[SignedSet]:
    """The RRset that was asked for, where it is the domain's own."""
    return [signed for key, signed in collect(answer).items() if key == (answer.query.name, type)]


def _expires_soon(signature: RRSIG, now: int) -> bool:
    left = signature.expiration - now
    # Some servers sign each answer for a day or two: a short life alone is no sign of trouble.
    return 0 <= left < min(DNSSEC_SOON, (signature.expiration - signature.inception) // 4)


def _ds_fix(name: dns.name.Name, keys: Answer) -> str:
    """The DS records that the zone's own key signing keys call for. Whether they are the owner's, the owner must know."""
    found = [key for signed in _signed(keys, "DNSKEY") for key in signed.rdatas if isinstance(key, DNSKEY)]
    made = (dns.dnssec.make_ds(name, key, "SHA256") for key in found if key.flags & _SEP)
    return "\n".join(f"{text(name)}. IN DS {ds}" for ds in made)
