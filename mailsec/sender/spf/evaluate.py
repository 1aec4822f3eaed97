"""check_host() of RFC 7208 section 4: may this host send mail for this domain?

`evaluate` judges the MAIL FROM identity, `evaluate_helo` the HELO identity. The result carries a tree with one entry for each
term, in the order of evaluation: what it resolved to, what it cost, and whether it matched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from mailsec.core import rdata
from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.flow import Answer, AnswerStatus, Flow, ask
from mailsec.core.limits.sender import SPF_LOOKUPS, SPF_SHOWN, SPF_VOIDS
from mailsec.core.rdata import RdataError
from mailsec.core.results import AuthResult, Check, Evidence, EvidenceKind, Fact, Status, finding
from mailsec.core.text import clipped, from_bytes
from mailsec.sender.spf import rules
from mailsec.sender.spf.books import Cost, Frame, Outcome
from mailsec.sender.spf.lookups import UNKNOWN, Run, Step, failure, is_void, shown, step, target, validated_name
from mailsec.sender.spf.macros import MacroError, MacroString, expand
from mailsec.sender.spf.macros import parse as parse_macros
from mailsec.sender.spf.record import Kind, Mechanism, Modifier, Qualifier, Record, is_spf, parse


@dataclass(frozen=True, slots=True)
class SpfResult:
    """What SPF says of a host and a sender.

    `identity` is "mailfrom" or "helo"; `domain` the name that was judged (A-labels, "" where there is none); `mechanism` the
    terms that led to the result, outermost first, as in "include:_spf.example.net ip4:192.0.2.0/24"; `explanation` the text
    that the domain publishes for a fail, or ""; `lookups` and `voids` count terms (RFC 7208 section 4.6.4). The status
    `skipped` means that there was no IP address to judge.
    """

    status: Status
    reason: str
    identity: str
    domain: str
    sender: str
    mechanism: str
    explanation: str
    lookups: int
    voids: int
    check: Check
    auth: AuthResult


@dataclass(slots=True)
class _Subject:
    """Whom the result is about. `name` is `domain` in A-labels, "" where it is no full domain name."""

    identity: str
    local: str
    domain: str
    name: str

    @property
    def sender(self) -> str:
        return f"{self.local}@{self.name or self.domain}"


def evaluate(
    ip: str | IPv4Address | IPv6Address, mail_from: str, helo: str, *, now: int, receiver: str = UNKNOWN
) -> Flow[SpfResult]:
    """Judge the MAIL FROM identity of a connection from `ip`.

    `mail_from` is the envelope sender without angle brackets; "" is the null return path, judged as postmaster at `helo`
    (RFC 7208 section 2.4). `receiver` is this host's name and `now` the time in seconds since 1970: explanations may quote
    them. Internationalized domains are judged by their A-labels (RFC 8616). Nothing is raised for input of any kind.
    """
    local, _, domain = mail_from.rpartition("@") if mail_from else ("", "", helo)
    return _judge("mailfrom", ip, local or "postmaster", domain, (helo, receiver), now)


def evaluate_helo(ip: str | IPv4Address | IPv6Address, helo: str, *, now: int, receiver: str = UNKNOWN) -> Flow[SpfResult]:
    """Judge the HELO identity of a connection from `ip`; the sender is then postmaster at `helo` (RFC 7208 section 2.3)."""
    return _judge("helo", ip, "postmaster", helo, (helo, receiver), now)


def _judge(
    identity: str, ip: str | IPv4Address | IPv6Address, local: str, domain: str, hosts: tuple[str, str], now: int
) -> Flow[SpfResult]:
    try:
        name = to_ascii(domain)
    except DomainError as error:
        name, wrong = "", str(error)
    else:
        wrong = "" if "." in name else "a single label"
    subject = _Subject(identity, _clean(local), _clean(domain), name)
    try:
        address, text = _address(ip)
    except ValueError:
        return _result(subject, None, Outcome(Status.SKIPPED, f"{clipped(_clean(str(ip)), 100)!r} is not an IP address"))
    run = Run(address, text, subject.local, name, _a_labels(hosts[0]), hosts[1], now)
    if wrong:
        reason = f"{clipped(subject.domain, 100)!r} is not a full domain name: {wrong}"
        return _result(subject, run, Outcome(Status.NONE, reason))
    outcome = yield from _check_host(run, name, included=False)
    explanation = ""
    if outcome.status is Status.FAIL and outcome.record is not None and outcome.record.exp is not None:
        explanation = yield from _explanation(run, outcome.record.exp.value, outcome.domain)
    return _result(subject, run, outcome, explanation)


def _clean(text: str) -> str:
    """`text` without lone surrogates; what was not ASCII stays so."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _a_labels(helo: str) -> str:
    """The HELO name for `%{h}`: as it was given, but with U-labels as A-labels (RFC 8616 section 4)."""
    if helo.isascii():
        return helo
    try:
        return to_ascii(helo)
    except DomainError:
        return _clean(helo)


@lru_cache(256)  # the HELO and MAIL FROM identities of a message have the same address, and border hosts come again
def _address(ip: str | IPv4Address | IPv6Address) -> tuple[IPv4Address | IPv6Address, str]:
    """The address to judge and its text: an IPv4-mapped one as IPv4 (RFC 7208 section 5), without a zone. Raises ValueError."""
    address = ip_address(ip)
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(address.packed)
    return address, str(address)


def _check_host(run: Run, domain: str, *, included: bool) -> Flow[Outcome]:
    """Look the record of `domain` up and evaluate it (RFC 7208 sections 4.3 to 4.7)."""
    if "." not in domain:
        return Outcome(Status.NONE, f"{domain or 'the target'} is not a full domain name")
    answer = yield from ask(domain, "TXT")
    if not answer.records and answer.status.failed:
        return Outcome(Status.TEMPERROR, failure(answer), evidence=(shown(answer),))
    try:
        texts = [text for each in answer.records if is_spf(text := rdata.txt(each.rdata))]
    except RdataError as error:
        return Outcome(Status.TEMPERROR, f"TXT record of {domain}: {error}", evidence=(shown(answer),))
    if len(texts) != 1:
        return _several(run, domain, texts) if texts else _absent(domain, answer)
    record = parse(texts[0])
    if record.problems:
        return _syntax(run, record, domain)
    return (yield from _walk(run, Frame(record, domain, included)))


def _absent(domain: str, answer: Answer) -> Outcome:
    why = "does not exist" if answer.status is AnswerStatus.NXDOMAIN else "has no SPF record"
    evidence = Evidence(EvidenceKind.DNS, f"{domain} TXT", str(answer.status))
    return Outcome(Status.NONE, f"{domain} {why}", evidence=(evidence,), void=is_void(answer))


def _several(run: Run, domain: str, texts: Sequence[bytes]) -> Outcome:
    evidence = tuple(Evidence(EvidenceKind.RECORD, domain, from_bytes(text)) for text in texts[:SPF_SHOWN])
    reason = f"{domain} has {len(texts)} SPF records"
    run.findings.append(finding(rules.SEVERAL_RECORDS, reason, *evidence))
    return Outcome(Status.PERMERROR, reason, evidence=evidence)


def _syntax(run: Run, record: Record, domain: str) -> Outcome:
    found = []
    for problem in record.problems[:SPF_SHOWN]:
        where = Evidence(EvidenceKind.RECORD, domain, record.text, problem.start, problem.end)
        message = (
            f"octet {problem.start} of the record of {domain}: {problem.message}: {clipped(problem.term, 100) or 'the record'}"
        )
        found.append(finding(rules.SYNTAX, message, where))
    run.findings.extend(found)
    return Outcome(Status.PERMERROR, f"syntax error at {found[0].message}", evidence=found[0].evidence)


def _walk(run: Run, frame: Frame) -> Flow[Outcome]:
    """The mechanisms from left to right, then redirect."""
    for term, missed in zip(frame.record.mechanisms, frame.record.missed, strict=True):
        if term.kind in _OFFLINE:
            if term.kind is Kind.ALL or run.covers(term):
                return _offline_match(run, frame, term)
            frame.children.append(missed)
            continue
        ended = yield from (_include if term.kind is Kind.INCLUDE else _asking)(run, frame, term)
        if ended is not None:
            return ended
    if frame.record.redirect is not None:
        return (yield from _redirect(run, frame, frame.record.redirect))
    record, domain = frame.record, frame.domain
    reason = f"the record of {domain} has no term that matches {run.ip_text}"
    return Outcome(Status.NEUTRAL, reason, (), (frame.at(0, len(record.text)),), tuple(frame.children), record, domain)


_OFFLINE = (Kind.ALL, Kind.IP4, Kind.IP6)


def _offline_match(run: Run, frame: Frame, term: Mechanism) -> Outcome:
    if term.kind is Kind.ALL:
        if term.qualifier is Qualifier.PASS:
            message = f"the record of {frame.domain} gives every host a pass"
            run.findings.append(finding(rules.PLUS_ALL, message, frame.at(term.start, term.end)))
        elif term.qualifier is Qualifier.NEUTRAL and not frame.included:
            message = f"the record of {frame.domain} ends in ?all"
            run.findings.append(finding(rules.NEUTRAL_ALL, message, frame.at(term.start, term.end)))
    status = term.qualifier.status
    frame.children.append(Check(term.text, status, "matches"))
    return frame.ended(status, term)


def _asking(run: Run, frame: Frame, term: Mechanism) -> Flow[Outcome | None]:
    """a, mx, ptr or exists; None where it does not match."""
    cost = Cost(run, frame, term)
    if (ended := cost.spend(term.domain)) is not None:
        return ended
    try:
        name = yield from target(run, term.domain, frame.domain)
        got = (yield from step(run, term, name)) if name else Step(reason="its domain comes to no valid name")
    except MacroError as error:
        got = Step(reason=error.message)
    if (ended := cost.settle(run.void, got.evidence)) is not None:
        return ended
    if got.stop is not None:
        return cost.ended(got.stop, got.reason, got.rule, got.evidence)
    status = term.qualifier.status if got.matched else None
    reason = "matches" if got.matched else f"no match: {got.reason}" if got.reason else "no match"
    frame.children.append(Check(term.text, status, reason, cost.facts(), (), got.evidence))
    return frame.ended(term.qualifier.status, term) if got.matched else None


def _include(run: Run, frame: Frame, term: Mechanism) -> Flow[Outcome | None]:
    """RFC 7208 section 5.2: it matches where the other record passes."""
    cost = Cost(run, frame, term)
    if (ended := cost.spend(term.domain)) is not None:
        return ended
    try:
        name = yield from target(run, term.domain, frame.domain)
    except MacroError as error:
        if (ended := cost.settle(run.void, ())) is None:
            frame.children.append(Check(term.text, None, f"no match: {error.message}", cost.facts()))
        return ended
    if (ended := cost.settle(run.void, ())) is not None:
        return ended
    inner = yield from _check_host(run, name, included=True)
    if inner.status is Status.NONE:
        return _no_target(cost, inner)
    stopped = inner.status in (Status.TEMPERROR, Status.PERMERROR)
    matched = inner.status is Status.PASS
    reason = inner.reason if stopped else "matches" if matched else "no match"
    frame.children.append(Check(term.text, inner.status, reason, cost.facts(), (), inner.evidence, inner.children))
    if stopped:
        return frame.ended(inner.status, term, inner.reason, inner.chain)
    return frame.ended(term.qualifier.status, term, chain=inner.chain) if matched else None


def _redirect(run: Run, frame: Frame, term: Modifier) -> Flow[Outcome]:
    """RFC 7208 section 6.1: the other record's result is this one's, and its exp= the one that counts."""
    cost = Cost(run, frame, term)
    if (ended := cost.spend(term.value)) is not None:
        return ended
    try:
        name = yield from target(run, term.value, frame.domain)
    except MacroError as error:
        return cost.ended(Status.PERMERROR, error.message)
    if (ended := cost.settle(run.void, ())) is not None:
        return ended
    inner = yield from _check_host(run, name, included=frame.included)
    if inner.status is Status.NONE:
        return _no_target(cost, inner)
    child = Check(term.text, inner.status, inner.reason, cost.facts(), (), inner.evidence, inner.children)
    inner.children, inner.chain = (*frame.children, child), (term.text, *inner.chain)
    inner.evidence = (frame.at(term.start, term.end),)
    return inner


def _no_target(cost: Cost, inner: Outcome) -> Outcome:
    """An include or redirect that leads nowhere is a permerror of the record that has it."""
    if (ended := cost.settle(inner.void, inner.evidence)) is not None:
        return ended
    return cost.ended(Status.PERMERROR, inner.reason, rules.NO_TARGET, inner.evidence)


def _explanation(run: Run, spec: MacroString, domain: str) -> Flow[str]:
    """The text that exp= leads to, "" for whatever goes wrong on the way (RFC 7208 section 6.2)."""
    try:
        name = yield from target(run, spec, domain)
        if not name:
            return ""
        answer = yield from ask(name, "TXT")
        if len(answer.records) != 1:
            return ""
        text = rdata.txt(answer.records[0].rdata).decode("ascii")
        macros = parse_macros(text, explanation=True)
        validated = (yield from validated_name(run, domain)) if macros.uses_p else UNKNOWN
        text = expand(macros, run.values(domain, validated), explanation=True)
    except (MacroError, RdataError, UnicodeDecodeError):
        return ""
    return text if text.isascii() else ""


_IDENTITIES = {identity: Fact("identity", identity) for identity in ("mailfrom", "helo")}


def _result(subject: _Subject, run: Run | None, outcome: Outcome, explanation: str = "") -> SpfResult:
    lookups, voids = (run.lookups, run.voids) if run is not None else (0, 0)
    mechanism = " ".join(outcome.chain)
    sender = subject.sender
    reason = outcome.reason or _reason(run, outcome.status, mechanism)
    facts: tuple[Fact, ...] = (
        _IDENTITIES[subject.identity],
        Fact("sender", sender),
        Fact("domain", subject.name),
        Fact("mechanism", mechanism),
        Fact("lookups", lookups),
        Fact("voids", voids),
    )
    if explanation:
        facts = (*facts, Fact("explanation", explanation))
    spent = f"{lookups} of {SPF_LOOKUPS} lookups, {voids} of {SPF_VOIDS} void"
    findings = tuple(run.findings) if run is not None else ()
    check = Check("spf", outcome.status, f"{reason}; {spent}", facts, findings, outcome.evidence, outcome.children)
    named = ("smtp.helo", subject.name or subject.domain) if subject.identity == "helo" else ("smtp.mailfrom", sender)
    auth = AuthResult("spf", outcome.status, reason, subject.name, (named,))
    return SpfResult(
        outcome.status, reason, subject.identity, subject.name, sender, mechanism, explanation, lookups, voids, check, auth
    )


def _reason(run: Run | None, status: Status, mechanism: str) -> str:
    ip = run.ip_text if run is not None else ""
    match status:
        case Status.PASS:
            return f"{ip} is authorized by {mechanism}"
        case Status.FAIL:
            return f"{ip} is not authorized: {mechanism}"
        case Status.SOFTFAIL:
            return f"{ip} is probably not authorized: {mechanism}"
        case _:
            return f"nothing is said about {ip}: {mechanism}"
