"""The mechanisms that ask the DNS (RFC 7208 sections 5.3 to 5.7), and what one check remembers while it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from mailsec.core import rdata
from mailsec.core.flow import Answer, Flow, Record, ask, gather
from mailsec.core.limits.sender import SPF_MX_HOSTS, SPF_PTR_NAMES, SPF_SHOWN
from mailsec.core.rdata import RdataError
from mailsec.core.results import Evidence, EvidenceKind, Finding, Status
from mailsec.core.rules import Rule
from mailsec.sender.spf.macros import MacroString, Values, expand, name_of
from mailsec.sender.spf.record import Kind, Mechanism
from mailsec.sender.spf.rules import TOO_MANY_MX

UNKNOWN = "unknown"
"""What `%{p}` and `%{r}` give where there is no name."""


@dataclass(slots=True)
class Validated:
    """The names of the sending host that lead back to its address, how that was found, and whether a question found nothing."""

    names: list[str]
    evidence: tuple[Evidence, ...]
    void: bool


@dataclass(slots=True)
class Run:
    """One check: what it is about, and what it has cost so far.

    `ip_text` is `ip` as text, `number` as an integer of `width` bits. `void` says that a question of the present term found
    nothing.
    """

    ip: IPv4Address | IPv6Address
    ip_text: str
    local: str
    sender_domain: str
    helo: str
    receiver: str
    now: int
    number: int = field(init=False)
    width: int = field(init=False)
    lookups: int = 0
    voids: int = 0
    void: bool = False
    findings: list[Finding] = field(default_factory=list)
    validated: Validated | None = None

    def __post_init__(self) -> None:
        self.number = int(self.ip)
        self.width = self.ip.max_prefixlen

    @property
    def address_type(self) -> str:
        """The type of record that could hold `ip`."""
        return "A" if self.width == 32 else "AAAA"

    def within(self, number: int, prefix4: int | None, prefix6: int | None) -> bool:
        """True where `ip` is in the network of `number` (of the same IP version) with the prefix length of that version."""
        prefix = prefix4 if self.width == 32 else prefix6
        return (self.number ^ number) >> (0 if prefix is None else self.width - prefix) == 0

    def covers(self, term: Mechanism) -> bool:
        """True where an ip4 or ip6 mechanism matches."""
        address = term.address
        if address is None or (term.kind is Kind.IP4) is not (self.width == 32):
            return False
        return self.within(int(address), term.prefix4, term.prefix6)

    def values(self, domain: str, validated: str) -> Values:
        """What the macro letters stand for in a record of `domain`."""
        four = self.width == 32
        return Values(
            sender=f"{self.local}@{self.sender_domain}",
            local=self.local,
            sender_domain=self.sender_domain,
            domain=domain,
            ip=self.ip_text if four else ".".join(f"{self.number:032X}"),
            validated=validated,
            network="in-addr" if four else "ip6",
            helo=self.helo,
            readable_ip=self.ip_text,
            receiver=self.receiver,
            now=self.now,
        )


@dataclass(slots=True)
class Step:
    """What asking for a term came to. `stop` ends the check with that status and `reason`, as a case of `rule` if given."""

    matched: bool = False
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    stop: Status | None = None
    rule: Rule | None = None


def failure(answer: Answer) -> str:
    """Why an answer could not be had."""
    why = f" ({answer.reason})" if answer.reason else ""
    return f"{answer.query.type} lookup of {answer.query.name}: {answer.status}{why}"


def shown(answer: Answer) -> Evidence:
    """An answer as evidence: the question and what it found."""
    query, records = answer.query, answer.records
    if not records:
        text = answer.status.value
    else:
        text = ", ".join([_text(record) for record in records[:SPF_SHOWN]])
        if len(records) > SPF_SHOWN:
            text = f"{text}, and {len(records) - SPF_SHOWN} more"
    return Evidence(EvidenceKind.DNS, f"{query.name} {query.type}", text)


def _text(record: Record) -> str:
    if record.type == "A" and len(record.rdata) == 4:  # nearly all of them, and three times as fast as an address object
        return ".".join(map(str, record.rdata))
    return rdata.show(record.type, record.rdata)


def is_void(answer: Answer) -> bool:
    """True for a name error and for an answer without records (RFC 7208 section 4.6.4)."""
    return not answer.records and not answer.status.failed


def target(run: Run, spec: MacroString | None, domain: str) -> Flow[str]:
    """The name that a term is about: its domain-spec expanded, or `domain`; "" where no question can be made of it.

    Raises MacroError where the domain-spec cannot be expanded for this sender: such a term never matches.
    """
    if spec is None:
        return domain
    if spec.fixed:
        return spec.name
    validated = (yield from validated_name(run, domain)) if spec.uses_p else UNKNOWN
    return name_of(expand(spec, run.values(domain, validated)))


def step(run: Run, term: Mechanism, name: str) -> Flow[Step]:
    """Ask for one mechanism (a, mx, ptr or exists) at `name`."""
    if term.kind is Kind.MX:
        return (yield from _mx(run, term, name))
    if term.kind is Kind.PTR:
        return (yield from _ptr(run, name))
    answer = yield from ask(name, "A" if term.kind is Kind.EXISTS else run.address_type)
    run.void = run.void or is_void(answer)
    if answer.status.failed:
        return Step(reason=failure(answer), evidence=(shown(answer),), stop=Status.TEMPERROR)
    return Step(bool(answer.records) if term.kind is Kind.EXISTS else _holds(run, answer, term), evidence=(shown(answer),))


def _holds(run: Run, answer: Answer, term: Mechanism) -> bool:
    """True where an address of `answer` is the sending host's, as far as the prefix length of `term` goes."""
    octets = run.width // 8
    return any(
        len(record.rdata) == octets and run.within(int.from_bytes(record.rdata, "big"), term.prefix4, term.prefix6)
        for record in answer.records
    )


def _mx(run: Run, term: Mechanism, name: str) -> Flow[Step]:
    answer = yield from ask(name, "MX")
    evidence = [shown(answer)]
    if answer.status.failed:
        return Step(reason=failure(answer), evidence=tuple(evidence), stop=Status.TEMPERROR)
    if len(answer.records) > SPF_MX_HOSTS:
        reason = f"{name} has {len(answer.records)} MX records, of at most {SPF_MX_HOSTS}"
        return Step(reason=reason, evidence=tuple(evidence), stop=Status.PERMERROR, rule=TOO_MANY_MX)
    try:
        hosts = [host for _, host in sorted(rdata.mx(record.rdata) for record in answer.records) if host]
    except RdataError as error:
        return Step(reason=f"MX record of {name}: {error}", evidence=tuple(evidence), stop=Status.TEMPERROR)
    run.void = run.void or is_void(answer)
    # All are asked at once and judged in order: what one who asks them one by one would not have asked changes nothing.
    for found in (yield from gather(ask(host, run.address_type) for host in hosts)):
        evidence.append(shown(found))
        run.void = run.void or is_void(found)
        if found.status.failed:
            return Step(reason=failure(found), evidence=tuple(evidence), stop=Status.TEMPERROR)
        if _holds(run, found, term):
            return Step(True, evidence=tuple(evidence))
    return Step(evidence=tuple(evidence))


def _ptr(run: Run, name: str) -> Flow[Step]:
    validated = yield from _validate(run)
    wanted = name.lower()
    matched = any(host == wanted or host.endswith("." + wanted) for host in validated.names)
    return Step(matched, evidence=validated.evidence)


def validated_name(run: Run, domain: str) -> Flow[str]:
    """`%{p}`: the sending host's name, at best `domain` itself, then one below it (RFC 7208 section 7.3)."""
    names = (yield from _validate(run)).names
    wanted = domain.lower()
    below = (host for host in names if host.endswith("." + wanted))
    return wanted if wanted in names else next(below, names[0] if names else UNKNOWN)


def _validate(run: Run) -> Flow[Validated]:
    """The names that reverse mapping gives and that lead back to the address (RFC 7208 section 5.5). Trouble gives none."""
    if run.validated is None:
        answer = yield from ask(run.ip.reverse_pointer, "PTR")
        hosts = list(_names(answer.records[:SPF_PTR_NAMES]))
        found = yield from gather(ask(host, run.address_type) for host in hosts)
        wanted = run.ip.packed
        names = [host for host, each in zip(hosts, found, strict=True) if any(r.rdata == wanted for r in each.records)]
        run.validated = Validated(names, tuple(map(shown, (answer, *found))), any(map(is_void, (answer, *found))))
    run.void = run.void or run.validated.void
    return run.validated


def _names(records: Iterable[Record]) -> Iterable[str]:
    for record in records:
        try:
            if name := rdata.name(record.rdata):
                yield name
        except RdataError:
            continue
