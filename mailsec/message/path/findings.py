"""What is odd about the way that a message says it took. One finding a rule, with the first few places as evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from mailsec.core.limits.message import MAX_RECEIVED, PATH_CLOCK_SKEW, PATH_QUEUE_TIME, PATH_VISITS
from mailsec.core.limits.transport import LISTED
from mailsec.core.results import Finding, finding
from mailsec.core.rules import Rule
from mailsec.message.border import LOCAL_NAMES, OWN_NETWORKS
from mailsec.message.checks import field_evidence
from mailsec.message.fields import Message
from mailsec.message.path import rules
from mailsec.message.path.roles import Role
from mailsec.message.path.spans import span
from mailsec.message.path.steps import Journey, Step, organization
from mailsec.message.received import Format, IPAddress


def findings(message: Message, way: Journey) -> Iterator[Finding]:
    """Everything that is worth saying about `way`, the way of `message`."""
    steps = way.steps
    if way.left_out:
        yield finding(rules.TOO_MANY_HOPS, f"{MAX_RECEIVED + way.left_out}, of which the upper {MAX_RECEIVED} were read")
    yield from _border(message, way)
    for rule, odd, words in (
        (rules.BACK_IN_TIME, [each for each in steps[1:] if _is_back(each)], _back),
        (rules.LONG_DELAY, [each for each in steps[1:] if _is_long(each)], _long),
        (rules.BROKEN_CHAIN, [upper for lower, upper in pairwise(steps) if _breaks(lower, upper)], _broken),
        (rules.WEAK_TLS, [each for each in steps if each.tls.weak], _weak),
        (rules.UNKNOWN_FORMAT, [each for each in steps if each.hop.format is Format.UNKNOWN], _unknown),
    ):
        yield from _one(message, rule, odd, words)
    yield from _loop(message, steps)


def _one(message: Message, rule: Rule, odd: Sequence[Step], words: Callable[[Step], str]) -> Iterator[Finding]:
    if odd:
        more = f"; and {len(odd) - LISTED} more" if len(odd) > LISTED else ""
        evidence = (field_evidence(message, each.hop.field) for each in odd[:LISTED])
        yield finding(rule, "; ".join(map(words, odd[:LISTED])) + more, *evidence)


def _border(message: Message, way: Journey) -> Iterator[Finding]:
    edge = way.border
    if edge is not None and edge.ip is not None and edge.field is not None and is_own(edge.ip):
        yield finding(rules.PRIVATE_BORDER, f"{way.receiver} took it from {edge.ip}", field_evidence(message, edge.field))


def is_own(address: IPAddress) -> bool:
    """True for an address that only a network of one's own has."""
    return any(address in network for network in OWN_NETWORKS)


def _is_back(step: Step) -> bool:
    return step.delay is not None and step.delay < -PATH_CLOCK_SKEW


def _is_long(step: Step) -> bool:
    """A mailbox may be emptied years later; no other hop takes that long."""
    return (step.delay or 0) > PATH_QUEUE_TIME and step.role is not Role.USER_AGENT


def _back(step: Step) -> str:
    return f"{step.hop.by or 'a hop'} received it {span(-(step.delay or 0))} before the hop below had it"


def _long(step: Step) -> str:
    return f"{step.hop.by or 'a hop'} received it {span(step.delay or 0)} after the hop below"


def _weak(step: Step) -> str:
    return f"{step.hop.by or 'a hop'}: {step.tls.weak}"


def _unknown(step: Step) -> str:
    return f"{len(step.hop.field.raw)} octets"


def _broken(step: Step) -> str:
    return f"{step.hop.by} took it from {step.hop.tcp_name or step.hop.helo}"


def _breaks(lower: Step, upper: Step) -> bool:
    """True where `upper` names a client of an organization that is not the one of `lower`, nor its own."""
    hop = upper.hop
    if hop.ip is None or is_own(hop.ip) or lower.hop.by in LOCAL_NAMES or not (below := organization(lower.hop.by)):
        return False
    clients = {organization(name.lower()) for name in (hop.helo, hop.tcp_name)} - {""}
    return bool(clients) and not clients & {below, upper.organization}


def _loop(message: Message, steps: Sequence[Step]) -> Iterator[Finding]:
    """Runs of hops by the same host count once: filters and queues of one machine are no loop."""
    hosts = [step.hop.by for step in steps if step.hop.by and step.hop.by not in LOCAL_NAMES]
    visits = Counter(host for at, host in enumerate(hosts) if not at or hosts[at - 1] != host)
    often = [host for host, count in visits.items() if count >= PATH_VISITS]
    if often:
        evidence = [field_evidence(message, step.hop.field) for step in steps if step.hop.by == often[0]]
        listed = ", ".join(f"{host} {visits[host]} times" for host in often[:LISTED])
        yield finding(rules.LOOP, listed, *evidence[:LISTED])
