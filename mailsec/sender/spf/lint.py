"""What is right and wrong with a domain's SPF record and everything that it leads to (RFC 7208).

The record is read by the parser that evaluation uses, and the tree below it by a walker of its own, so that a record past the
limits is still shown whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailsec.core import rdata
from mailsec.core.flow import Answer, Flow, ask, together
from mailsec.core.limits.sender import LINT_QUOTED, LINT_SHOWN, SPF_LOOKUPS, SPF_MX_HOSTS, SPF_UDP_OCTETS, SPF_VOIDS
from mailsec.core.rdata import RdataError
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, FactValue, Finding, Status, finding
from mailsec.core.rules import Severity
from mailsec.core.text import clipped, from_bytes
from mailsec.sender.spf import networks, rules
from mailsec.sender.spf.lookups import shown as answered
from mailsec.sender.spf.macros import MacroError
from mailsec.sender.spf.macros import parse as parse_macros
from mailsec.sender.spf.record import Kind, Mechanism, Modifier, Qualifier, Record, parse
from mailsec.sender.spf.repair import lost_space
from mailsec.sender.spf.terms import Remark, findings_of, own_remarks, quote, shown, syntax, wide
from mailsec.sender.spf.walk import LOOP, Node, Site, State, Targets, Tree, live, spec_of, walk


def lint(domain: str, *, now: int) -> Flow[Check]:
    """Look at the SPF record of `domain` (a name) and at all that it leads to.

    The status is pass where the record evaluates without an error for a host that nothing in it matches, else permerror; none
    where there is no record, temperror where something could not be learned. `now` is in seconds since 1970.
    """
    tree, typed = yield from together(walk(domain, now=now), ask(domain, "SPF"))
    site = tree.root.site
    assert site is not None
    findings = [*_texts(site), *_type_spf(typed)]
    if site.record is None:
        return _without_record(site, findings)
    explanation = yield from _explanation(site.record, domain, now)
    tree_findings, errors, failures = _tree(tree)
    findings += [*_record(site, site.record), *tree_findings, *explanation]
    return Check(
        "spf",
        Status.PERMERROR if errors else Status.TEMPERROR if failures else Status.PASS,
        _reason(tree, errors, failures),
        tuple(_facts(tree, site, site.record)),
        tuple(findings),
        (Evidence(EvidenceKind.RECORD, domain, site.record.text),),
        _children(tree),
    )


def _without_record(site: Site, findings: list[Finding]) -> Check:
    where = Evidence(EvidenceKind.DNS, f"{site.domain} TXT", site.state)
    status = Status.NONE
    if site.state is State.FAILED:
        status = Status.TEMPERROR
        findings.append(finding(rules.LOOKUP_FAILED, site.reason, where))
    elif site.state is State.SEVERAL:
        status = Status.PERMERROR
        findings.append(_several(site))
    else:
        findings.append(finding(rules.NO_RECORD, site.reason, where))
    return Check("spf", status, site.reason, (Fact("domain", site.domain),), tuple(findings), (where,))


def _several(site: Site) -> Finding:
    texts = [b"".join(strings) for strings in site.records]
    same = len(set(texts)) == 1 and not parse(texts[0]).problems
    shown_texts = [clipped(from_bytes(text), LINT_QUOTED) for text in texts[:LINT_SHOWN]]
    evidence = [Evidence(EvidenceKind.RECORD, site.domain, text) for text in shown_texts]
    return finding(rules.SEVERAL_RECORDS, site.reason, *evidence, fix=from_bytes(texts[0]) if same else "")


def _texts(site: Site) -> Iterator[Finding]:
    """What is to be said of the TXT records as such."""
    for text in site.near[:LINT_SHOWN]:
        quoted = clipped(from_bytes(text), LINT_QUOTED)
        yield finding(rules.NOT_RECOGNIZED, clipped(quoted, 100), Evidence(EvidenceKind.RECORD, site.domain, quoted))
    if site.records and site.octets > SPF_UDP_OCTETS:
        yield finding(rules.LONG_RECORD, f"name and TXT records have {site.octets} octets, of {SPF_UDP_OCTETS} that always fit")
    if len(site.records) == 1 and len(site.records[0]) > 1:
        yield finding(rules.SEVERAL_STRINGS, f"{len(site.records[0])} strings")


def _type_spf(answer: Answer) -> Iterator[Finding]:
    if answer.records:
        yield finding(rules.TYPE_SPF, f"{answer.query.name} has a record of type SPF", answered(answer))


def _record(site: Site, record: Record) -> Iterator[Finding]:
    """What is to be said of the domain's own record by itself."""
    remarks, fix = own_remarks(record)
    at = lost_space(site.records[0])
    if at is not None:
        data = b"".join(site.records[0])
        spaced = parse(data[:at] + b" " + data[at:])
        fix = own_remarks(spaced)[1] or ("" if spaced.problems else spaced.text)
        message = f"octet {at}: the strings are joined without a space, into {clipped(_word_at(data, at), 100)}"
        remarks.append(Remark(rules.LOST_SPACE, message, at, at, fixable=True))
    yield from findings_of(site.domain, record, remarks, fix)


def _word_at(data: bytes, at: int) -> str:
    end = data.find(b" ", at)
    return from_bytes(data[data.rfind(b" ", 0, at) + 1 : len(data) if end < 0 else end])


def _explanation(record: Record, domain: str, now: int) -> Flow[list[Finding]]:
    """Whether exp= leads to a text that can be used."""
    if record.exp is None:
        return []
    name, varies = Targets(domain, now).name(record.exp.value, domain)
    if varies:
        return []
    problem = "its name cannot be asked for"
    if name:
        answer = yield from ask(name, "TXT")
        if answer.status.failed:
            return [finding(rules.LOOKUP_FAILED, f"{shown(record.exp)}: {answer.reason or answer.status}", answered(answer))]
        problem = _unusable(answer)
    where = quote(domain, record, record.exp.start, record.exp.end)
    return [finding(rules.NO_EXPLANATION, f"{shown(record.exp)}: {problem}", where)] if problem else []


def _unusable(answer: Answer) -> str:
    """Why the explanation in `answer` cannot be used, or ""."""
    if len(answer.records) != 1:
        return f"{answer.query.name} has {len(answer.records) or 'no'} TXT record{'s' if answer.records else ''}"
    try:
        parse_macros(rdata.txt(answer.records[0].rdata).decode("ascii"), explanation=True)
    except UnicodeDecodeError:
        return "the text is not ASCII"
    except (MacroError, RdataError) as error:
        return f"the text cannot be read: {error}"
    return ""


def _tree(tree: Tree) -> tuple[list[Finding], list[str], list[str]]:
    """The findings about what the record leads to, the permanent errors and the temporary ones, each in order and once."""
    book = _Book()
    for node in tree.nodes:
        book.look(node, tree.root)
    book.count(tree)
    return list(book.findings.values()), book.errors, book.failures


class _Book:
    """Findings by rule and message: what stands in the tree many times is said once."""

    def __init__(self) -> None:
        self.findings: dict[tuple[str, str], Finding] = {}
        self.errors: list[str] = []
        self.failures: list[str] = []
        self.sites: set[str] = set()
        self.numbers: dict[str, int] = {}

    def add(self, found: Finding) -> None:
        """Keep a finding, unless it was said already or its rule has had its say."""
        key = found.rule, found.message
        number = self.numbers.get(found.rule, 0)
        if key not in self.findings and number < LINT_SHOWN:
            self.findings[key] = found
            self.numbers[found.rule] = number + 1

    def look(self, node: Node, root: Node) -> None:
        """What is to be said of one node."""
        if node.term is None:
            if node.site is not None and node.site.record is not None:
                self._broken(node.site, node.site.record)
            return
        about = f"{shown(node.term)} of {node.domain}"
        if (isinstance(node.term, Mechanism) and node.term.kind is Kind.PTR) or _uses_p(node.term):
            self.add(finding(rules.PTR, f"{about} relies on reverse names"))
        if not node.name and not node.varies:
            self.add(finding(rules.BAD_NAME, f"{about}: not a name that can be asked for"))
        if isinstance(node.term, Modifier) or node.term.kind is Kind.INCLUDE:
            self._leads_on(node, about)
        elif node.found is not None:
            self._finds(node, about)
        if node.open and node.passing and any(node is child for child in root.children):
            self._opens(node, about)

    def _broken(self, site: Site, record: Record) -> None:
        if record.problems:
            first = record.problems[0]
            where = clipped(first.term, 100) or "the record"
            self.errors.append(f"syntax error at octet {first.start} of the record of {site.domain}: {first.message}: {where}")

    def _leads_on(self, node: Node, about: str) -> None:
        site = node.site
        if node.unread == LOOP:
            self.errors.append(f"{about} {LOOP}")
            self.add(finding(rules.LOOP, self.errors[-1]))
        elif not node.name and not node.varies:
            self.errors.append(f"{about} has no valid name")
        elif site is None:
            return
        elif site.state is State.FAILED:
            self._failed(about, site.reason)
        elif site.state is State.ABSENT:
            self.errors.append(f"{about}: {site.reason}")
            self.add(finding(rules.NO_TARGET, self.errors[-1], Evidence(EvidenceKind.DNS, f"{site.domain} TXT", site.state)))
        elif site.record is None:
            self.errors.append(f"{about}: {site.reason}")
            self.add(finding(rules.SEVERAL_RECORDS, self.errors[-1]))
        elif site.domain not in self.sites:
            self.sites.add(site.domain)
            self._included(node, site, site.record)

    def _included(self, node: Node, site: Site, record: Record) -> None:
        """The record of somebody else: what breaks ours or opens it."""
        self._broken(site, record)
        remarks = list(syntax(record))
        if node.passing:
            remarks += wide(record)
        for each in remarks:
            low = each.rule is rules.WIDE and each.severity is None
            where = quote(site.domain, record, each.start, each.end)
            severity = Severity.LOW if low else each.severity
            self.add(finding(each.rule, f"record of {site.domain}: {each.message}", where, severity=severity))

    def _finds(self, node: Node, about: str) -> None:
        found = node.found
        assert found is not None
        if found.hosts > SPF_MX_HOSTS:
            self.errors.append(f"{about} leads to {found.hosts} hosts, of at most {SPF_MX_HOSTS}")
            self.add(finding(rules.TOO_MANY_MX, self.errors[-1]))
        elif found.failed:
            self._failed(about, found.failed)
        elif not found.addresses:
            what = f"none of its {found.hosts} MX records leads to an address" if found.hosts else f"{node.name} has none"
            self.add(finding(rules.FINDS_NOTHING, f"{about}: {what}"))

    def _failed(self, about: str, reason: str) -> None:
        self.failures.append(f"{about}: {reason}")
        self.add(finding(rules.LOOKUP_FAILED, self.failures[-1]))

    def _opens(self, node: Node, about: str) -> None:
        message = f"{about} gives every host a pass, and nothing behind it counts"
        if node.site is None:
            self.add(finding(rules.PLUS_ALL, message, severity=Severity.HIGH))
        else:
            self.add(finding(rules.INCLUDE_PASSES_ALL, message))

    def count(self, tree: Tree) -> None:
        """What the whole costs."""
        root = tree.root
        if root.lookups > SPF_LOOKUPS:
            message = f"{root.lookups} terms ask the DNS, of at most {SPF_LOOKUPS}"
            self.errors.append(message)
            self.add(finding(rules.TOO_MANY_LOOKUPS, message))
        if root.voids4 > SPF_VOIDS:
            message = f"{root.voids4} terms find nothing, of at most {SPF_VOIDS}"
            self.errors.append(message)
            self.add(finding(rules.TOO_MANY_VOIDS, message))
        elif max(root.voids4, root.voids6) + root.maybe > SPF_VOIDS:
            message = (
                f"{root.voids4} terms find nothing for hosts with IPv4, {root.voids6} for hosts with IPv6, "
                f"{root.maybe} more for some hosts, of at most {SPF_VOIDS}"
            )
            self.add(finding(rules.TOO_MANY_VOIDS, message, severity=Severity.LOW))
        if tree.cut:
            self.add(finding(rules.TREE_CUT, tree.cut))


def _uses_p(term: Mechanism | Modifier) -> bool:
    spec = spec_of(term)
    return spec is not None and spec.uses_p


def _reason(tree: Tree, errors: list[str], failures: list[str]) -> str:
    root = tree.root
    more = "at least " if tree.cut else ""
    spent = f"{more}{root.lookups} of {SPF_LOOKUPS} lookups, {_voids(root)} of {SPF_VOIDS} void"
    what = errors[0] if errors else f"could not be judged whole: {failures[0]}" if failures else "the record is valid"
    return f"{what}; {spent}"


def _voids(node: Node) -> int:
    return max(node.voids4, node.voids6) + node.maybe


def _number(value: int) -> FactValue:
    return value if value < 1 << 53 else str(value)  # more than some readers of JSON could hold


def _facts(tree: Tree, site: Site, record: Record) -> Iterator[Fact]:
    root = tree.root
    last = next((term for term in record.mechanisms if term.kind is Kind.ALL), None)
    authorized = list(_authorized(tree))
    everything = [(32, 0, 0), (128, 0, 0)]
    nets = everything if root.open else authorized
    yield Fact("domain", site.domain)
    yield Fact("lookups", root.lookups)
    yield Fact("voids", _voids(root))
    yield Fact("voids-ipv4", root.voids4)
    yield Fact("voids-ipv6", root.voids6)
    yield Fact("voids-some-hosts", root.maybe)
    yield Fact("ipv4-addresses", networks.count(nets, 32))
    yield Fact("ipv6-networks-64", _number(networks.count(nets, 128, 64)))
    yield Fact("all", last.qualifier.value if last is not None else "")
    yield Fact("octets", sum(map(len, site.records[0])))
    yield Fact("strings", len(site.records[0]))
    yield Fact("records", len({node.site.domain for node in tree.nodes if node.site is not None}))
    yield Fact("includes", " ".join(dict.fromkeys(node.name for node in tree.nodes[1:] if node.site is not None)))


def _authorized(tree: Tree) -> Iterator[networks.Network]:
    """The networks whose hosts get a pass; exclusions by other terms before them are not taken off."""
    done: set[str] = set()
    for node in tree.nodes:
        if not node.passing:
            continue
        if node.found is not None and isinstance(node.term, Mechanism) and node.term.kind is not Kind.EXISTS:
            yield from networks.found(node.term, node.found)
        site = node.site
        if site is not None and site.record is not None and site.domain not in done:
            done.add(site.domain)
            yield from _named(live(site.record))


def _named(terms: Iterable[Mechanism | Modifier]) -> Iterator[networks.Network]:
    for term in terms:
        if isinstance(term, Mechanism) and term.qualifier is Qualifier.PASS and (net := networks.named(term)):
            yield net


def _children(tree: Tree) -> tuple[Check, ...]:
    """The tree as checks: each record is shown once, where it comes first."""
    first: dict[str, Node] = {}
    for node in tree.nodes:
        if node.site is not None:
            first.setdefault(node.site.domain, node)
    checks: dict[int, Check] = {}
    for node in reversed(tree.nodes):
        whole = node.site is None or first[node.site.domain] is node
        below = tuple(checks[id(child)] for child in node.children) if whole else ()
        checks[id(node)] = _check(node, below, whole)
    return checks[id(tree.root)].children


def _check(node: Node, below: tuple[Check, ...], whole: bool) -> Check:
    name = clipped(node.term.text, 300) if node.term is not None else node.domain
    status, reason = _state(node)
    facts = (Fact("lookups", node.lookups), Fact("voids", _voids(node)))
    evidence: tuple[Evidence, ...] = ()
    if node.site is not None and node.site.record is not None:
        if whole:
            evidence = (Evidence(EvidenceKind.RECORD, node.site.domain, clipped(node.site.record.text, LINT_QUOTED)),)
        else:
            reason = reason or "the record is shown above"
    return Check(name, status, reason, facts, (), evidence, below)


def _state(node: Node) -> tuple[Status | None, str]:
    """What a node came to, where it is not simply fine."""
    site, found = node.site, node.found
    if node.unread:
        return (Status.PERMERROR if node.unread == LOOP else Status.SKIPPED), node.unread
    if site is not None:
        return _site_state(site)
    if found is None:
        return None, "differs from message to message" if node.varies or node.name else "no name that can be asked for"
    if found.failed:
        return Status.TEMPERROR, found.failed
    if found.hosts > SPF_MX_HOSTS:
        return Status.PERMERROR, f"{found.hosts} MX records"
    number = len(found.addresses)
    return None, f"{number} address{'' if number == 1 else 'es'}"


def _site_state(site: Site) -> tuple[Status | None, str]:
    if site.record is not None and not site.record.problems:
        return None, ""
    return (Status.TEMPERROR if site.state is State.FAILED else Status.PERMERROR), site.reason or "syntax error"
