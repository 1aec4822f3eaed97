"""Everything that an SPF record leads to, past the limits of an evaluation.

`walk` reads each record once and each name that a term asks for once, then goes through the tree as an evaluation would for a
host that nothing matches, counting what that costs (RFC 7208 section 4.6.4). It ends for every input: records, names, depth and
steps are bounded, and where a bound was met the tree says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailsec.core import rdata
from mailsec.core.flow import Answer, AnswerStatus, Flow, ask, gather
from mailsec.core.limits.sender import SPF_MX_HOSTS, SPF_WALK_DEPTH, SPF_WALK_NAMES, SPF_WALK_RECORDS, SPF_WALK_STEPS
from mailsec.core.rdata import RdataError
from mailsec.sender.spf.lookups import UNKNOWN, failure, is_void
from mailsec.sender.spf.macros import Macro, MacroError, MacroString, Values, expand, name_of
from mailsec.sender.spf.record import Kind, Mechanism, Modifier, Qualifier, Record, is_spf, parse


class State(StrEnum):
    """What stands at a name where a record was looked for."""

    RECORD = "record"
    ABSENT = "absent"
    SEVERAL = "several records"
    FAILED = "not answered"


@dataclass(frozen=True, slots=True)
class Site:
    """What was found at `domain`: each of its SPF records as strings, and the one record where there is one.

    `void` says that the question found nothing at all, `octets` what name and TXT records come to, `near` are TXT records that
    were nearly SPF records.
    """

    domain: str
    state: State
    reason: str = ""
    records: tuple[tuple[bytes, ...], ...] = ()
    record: Record | None = None
    void: bool = False
    octets: int = 0
    near: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What an a, mx or exists leads to: addresses as packed octets, and for which version of IP a question found nothing.

    `failed` says in words that a question was not answered, `hosts` counts MX records.
    """

    addresses: tuple[bytes, ...] = ()
    void4: bool = False
    void6: bool = False
    failed: str = ""
    hosts: int = 0


@dataclass(slots=True)
class Node:
    """A term that asks the DNS, at one place of the tree, with what it costs there and below; the root has no term.

    `name` is what it asks for: "" where that differs from message to message (`varies`) or cannot be asked. `site` or `found`
    is what is there; neither where nobody looked. `passing` says that a match there is a pass of the whole; `open` that every
    host matches. `voids4` and `voids6` count what an IPv4 and an IPv6 client meet; `maybe` counts further terms that find
    nothing for some clients. `unread` says why it was not followed.
    """

    domain: str
    term: Mechanism | Modifier | None = None
    name: str = ""
    varies: bool = False
    site: Site | None = None
    found: Found | None = None
    passing: bool = True
    open: bool = False
    unread: str = ""
    lookups: int = 0
    voids4: int = 0
    voids6: int = 0
    maybe: int = 0
    stopped_at: Mechanism | Modifier | None = None
    children: list[Node] = field(default_factory=list)

    def add(self, child: Node) -> None:
        """Count what `child` costs."""
        self.lookups += child.lookups
        self.voids4 += child.voids4
        self.voids6 += child.voids6
        self.maybe += child.maybe


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree below `root`; `nodes` are all of it, each before those below it. `cut` says which bound was met, or ""."""

    root: Node
    nodes: tuple[Node, ...]
    cut: str


LOOP = "leads back to a record above"
TOO_DEEP = f"more than {SPF_WALK_DEPTH} records below each other"
TOO_MANY = f"more than {SPF_WALK_RECORDS} records"
TOO_LONG = f"more than {SPF_WALK_STEPS} terms in all"
_UNREAD_NAMES = f"more than {SPF_WALK_NAMES} names"


def walk(domain: str, *, now: int) -> Flow[Tree]:
    """Look up all that the record of `domain` (a name) leads to. Never raises."""
    targets = Targets(domain, now)
    sites: dict[str, Site] = {}
    level = [domain]
    for _ in range(SPF_WALK_DEPTH):
        for site in (yield from gather(_site(name) for name in level)):
            sites[site.domain] = site
        below = dict.fromkeys(name for name in level for name in _led_to(sites[name], targets) if name not in sites)
        level = list(below)[: SPF_WALK_RECORDS - len(sites)]
        if not level:
            break
    wanted = dict.fromkeys(each for site in sites.values() for each in _asked(site, targets))
    asked = list(wanted)[:SPF_WALK_NAMES]
    found = yield from gather(_find(kind, name) for kind, name in asked)
    return _Walker(sites, dict(zip(asked, found, strict=True)), targets).tree(domain)


@dataclass(frozen=True, slots=True)
class Targets:
    """Which name a term is about when mail from `sender_domain` is judged."""

    sender_domain: str
    now: int

    def name(self, spec: MacroString | None, domain: str) -> tuple[str, bool]:
        """The name that `spec` comes to in the record of `domain`, and whether it differs from message to message."""
        if spec is None:
            return domain, False
        if spec.fixed:
            return spec.name.lower(), False
        if any(isinstance(part, Macro) and part.letter.lower() not in "do" for part in spec.parts):
            return "", True
        sender = f"postmaster@{self.sender_domain}"
        nobody = "0.0.0.0"
        values = Values(
            sender, "postmaster", self.sender_domain, domain, nobody, UNKNOWN, "in-addr", domain, nobody, UNKNOWN, self.now
        )
        try:
            return name_of(expand(spec, values)).lower(), False
        except MacroError:
            return "", False


def live(record: Record) -> Iterator[Mechanism | Modifier]:
    """The terms that an evaluation can reach: up to the first all, or all of them and then redirect."""
    for term in record.mechanisms:
        yield term
        if term.kind is Kind.ALL:
            return
    if record.redirect is not None:
        yield record.redirect


def spec_of(term: Mechanism | Modifier) -> MacroString | None:
    """The domain-spec of `term`."""
    return term.domain if isinstance(term, Mechanism) else term.value


def _leads_on(term: Mechanism | Modifier) -> bool:
    return isinstance(term, Modifier) or term.kind is Kind.INCLUDE


_LOOKED_UP = (Kind.A, Kind.MX, Kind.EXISTS)


def _led_to(site: Site, targets: Targets) -> Iterator[str]:
    if site.record is not None:
        for term in live(site.record):
            if _leads_on(term) and (name := targets.name(spec_of(term), site.domain)[0]):
                yield name


def _asked(site: Site, targets: Targets) -> Iterator[tuple[Kind, str]]:
    if site.record is not None:
        for term in live(site.record):
            if isinstance(term, Mechanism) and term.kind in _LOOKED_UP:
                name, _ = targets.name(term.domain, site.domain)
                if name:
                    yield term.kind, name


def _site(domain: str) -> Flow[Site]:
    if "." not in domain:
        return Site(domain, State.ABSENT, f"{domain} is not a full domain name")
    answer = yield from ask(domain, "TXT")
    if not answer.records and answer.status.failed:
        return Site(domain, State.FAILED, failure(answer))
    try:
        texts = [rdata.txt_strings(record.rdata) for record in answer.records]
    except RdataError as error:
        return Site(domain, State.FAILED, f"TXT record of {domain}: {error}")
    octets = len(domain) + sum(len(string) for strings in texts for string in strings)
    records = tuple(strings for strings in texts if is_spf(b"".join(strings)))
    near = tuple(text for strings in texts if _is_near(text := b"".join(strings)))
    if len(records) == 1:
        return Site(domain, State.RECORD, "", records, parse(b"".join(records[0])), False, octets, near)
    if records:
        return Site(domain, State.SEVERAL, f"{domain} has {len(records)} SPF records", records, None, False, octets, near)
    why = "does not exist" if answer.status is AnswerStatus.NXDOMAIN else "has no SPF record"
    return Site(domain, State.ABSENT, f"{domain} {why}", (), None, is_void(answer), octets, near)


def _is_near(text: bytes) -> bool:
    start = text[:40].lower().replace(b" ", b"").lstrip(b"\"'\t\r\n").removeprefix(b"\xef\xbb\xbf")
    return start.startswith((b"v=spf", b"v:spf1", b"spf1", b'v="spf1')) and not is_spf(text)


def _find(kind: Kind, name: str) -> Flow[Found]:
    if kind is Kind.MX:
        return (yield from _find_mx(name))
    if kind is Kind.EXISTS:
        answer = yield from ask(name, "A")
        return Found(_addresses([answer]), is_void(answer), is_void(answer), failure(answer) if answer.status.failed else "")
    return _found((yield from gather(ask(name, type) for type in ("A", "AAAA"))))


def _find_mx(name: str) -> Flow[Found]:
    answer = yield from ask(name, "MX")
    if answer.status.failed:
        return Found(failed=failure(answer))
    hosts = len(answer.records)
    if hosts > SPF_MX_HOSTS:
        return Found(hosts=hosts)
    try:
        names = [host for _, host in sorted(rdata.mx(record.rdata) for record in answer.records) if host]
    except RdataError as error:
        return Found(failed=f"MX record of {name}: {error}", hosts=hosts)
    replies = yield from gather(ask(host, type) for host in names for type in ("A", "AAAA"))
    return _found(replies, is_void(answer), hosts)


def _found(answers: Iterable[Answer], void: bool = False, hosts: int = 0) -> Found:
    answers = list(answers)
    void4 = void or any(is_void(answer) for answer in answers if answer.query.type == "A")
    void6 = void or any(is_void(answer) for answer in answers if answer.query.type == "AAAA")
    failed = next((failure(answer) for answer in answers if answer.status.failed), "")
    return Found(_addresses(answers), void4, void6, failed, hosts)


def _addresses(answers: Iterable[Answer]) -> tuple[bytes, ...]:
    sizes = {"A": 4, "AAAA": 16}
    found = (record.rdata for answer in answers for record in answer.records if len(record.rdata) == sizes[answer.query.type])
    return tuple(dict.fromkeys(found))


class _Walker:
    """Goes through the tree without asking anything. `path` holds the records on the way down and the terms left of each."""

    def __init__(self, sites: Mapping[str, Site], found: Mapping[tuple[Kind, str], Found], targets: Targets) -> None:
        self.sites = sites
        self.found = found
        self.targets = targets
        self.cut = ""
        self.nodes: list[Node] = []
        self.path: list[tuple[Node, Iterator[Mechanism | Modifier]]] = []

    def tree(self, domain: str) -> Tree:
        """Walk from `domain`."""
        root = Node(domain, name=domain)
        self.nodes.append(root)
        self.enter(root)
        steps = 0
        while self.path:
            node, terms = self.path[-1]
            term = next(terms, None)
            steps += 1
            if term is None:
                self.leave()
            elif steps > SPF_WALK_STEPS:
                self.cut = TOO_LONG
                self.leave()
            else:
                self.step(node, term)
        return Tree(root, tuple(self.nodes), self.cut)

    def enter(self, node: Node) -> None:
        """Go into the record that `node` leads to, if it has one."""
        node.site = self.sites.get(node.name)
        if node.site is None:
            self.cut = node.unread = TOO_MANY if len(self.sites) >= SPF_WALK_RECORDS else TOO_DEEP
            return
        if node.site.state is State.ABSENT and node.site.void:
            node.voids4, node.voids6 = node.voids4 + 1, node.voids6 + 1
        if node.site.record is not None:
            self.path.append((node, live(node.site.record)))

    def leave(self) -> None:
        """Go back up; what every host passes below ends the record above."""
        node, _ = self.path.pop()
        if self.path:
            self.settle(self.path[-1][0], node)

    def settle(self, above: Node, node: Node) -> None:
        """Count `node` in the record above it, and end that record where `node` matches every host."""
        above.add(node)
        term = node.term
        if node.open and term is not None:
            self.stop(above, term)

    def stop(self, node: Node, term: Mechanism | Modifier) -> None:
        """End the record of `node` at `term`, which every host matches."""
        node.open = isinstance(term, Modifier) or term.qualifier is Qualifier.PASS
        node.stopped_at = term
        self.path[-1] = node, iter(())

    def step(self, above: Node, term: Mechanism | Modifier) -> None:
        """One term of the record that `above` leads to."""
        if isinstance(term, Mechanism) and term.kind in (Kind.ALL, Kind.IP4, Kind.IP6):
            if term.kind is Kind.ALL:
                self.stop(above, term)
            return
        spec = spec_of(term)
        name, varies = self.targets.name(spec, above.name)
        uses_p = spec is not None and spec.uses_p
        passing = above.passing and (isinstance(term, Modifier) or term.qualifier is Qualifier.PASS)
        node = Node(above.name, term, name, varies, passing=passing, lookups=1 + uses_p)
        self.nodes.append(node)
        above.children.append(node)
        if _leads_on(term):
            self.follow(above, node)
        else:
            self.look(node)
            self.settle(above, node)

    def follow(self, above: Node, node: Node) -> None:
        """An include or redirect."""
        if node.name in {each.name for each, _ in self.path}:
            node.unread = LOOP
        elif node.name and len(self.path) < SPF_WALK_DEPTH:
            depth = len(self.path)
            self.enter(node)
            if len(self.path) > depth:
                return
        elif node.name:
            self.cut = node.unread = TOO_DEEP
        self.settle(above, node)

    def look(self, node: Node) -> None:
        """An a, mx, ptr or exists."""
        term = node.term
        assert isinstance(term, Mechanism)
        if node.varies or term.kind is Kind.PTR:
            node.maybe += 1
            return
        found = self.found.get((term.kind, node.name))
        if found is None:
            if node.name:
                self.cut = node.unread = _UNREAD_NAMES
            return
        node.found = found
        node.voids4, node.voids6 = int(found.void4), int(found.void6)
        node.open = term.kind is Kind.EXISTS and bool(found.addresses)
