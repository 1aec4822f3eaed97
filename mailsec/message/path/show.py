"""The way of a message as a check: an organization a branch, a step a leaf, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from mailsec.core.limits.message import PATH_SOFTWARE
from mailsec.core.results import Check, Fact
from mailsec.core.text import clipped, from_bytes
from mailsec.message.checks import field_evidence
from mailsec.message.fields import Message
from mailsec.message.path.findings import findings
from mailsec.message.path.roles import Role
from mailsec.message.path.spans import span, utc
from mailsec.message.path.steps import Journey, Step
from mailsec.message.received import Format, Hop

_SOFTWARE = ("User-Agent", "X-Mailer", "X-Newsreader")


def path_check(message: Message, way: Journey) -> Check:
    """The check of `way`, the way of `message`; its status is None: a path is shown, not judged."""
    width = max((len(_delay(step)) + len(step.role) for step in way.steps), default=0)
    branches: list[Check] = [*_return_path(way), *_user_agent(message, way)]
    for (name, believed), group in groupby(way.steps, key=attrgetter("organization", "believed")):
        leaves = tuple(_leaf(message, step, width) for step in group)
        trust = "" if believed or way.border is None else "claimed"
        branches.append(Check(name or "no organization", None, trust, children=leaves))
    return Check("path", None, _summary(way), _facts(way), tuple(findings(message, way)), children=tuple(branches))


def _summary(way: Journey) -> str:
    if not way.steps:
        return "no Received field"
    count = len(way.steps)
    text = f"{count} hop{'s' * (count > 1)}"
    seconds = _seconds(way.steps)
    if seconds is not None:
        text += f" in {span(seconds)}"
    names = {step.organization for step in way.steps} - {""}
    if len(names) > 1:
        text += f" through {len(names)} organizations"
    return f"{text}; {_trust(way)}"


def _trust(way: Journey) -> str:
    if way.border is None:
        return "all of it is claimed, as no receiver was named that can be believed"
    if way.border.ip is None:
        return f"all of it is claimed: {way.border.reason}"
    if all(step.believed for step in way.steps):
        return f"{way.receiver} wrote all of it"
    return f"what is older than {way.receiver} is only claimed"


def _seconds(steps: Sequence[Step]) -> int | None:
    times = [step.hop.time for step in steps if step.hop.time is not None]
    return times[-1] - times[0] if len(times) > 1 else None


def _facts(way: Journey) -> tuple[Fact, ...]:
    edge = way.border
    return (
        Fact("hops", len(way.steps)),
        Fact("seconds", _seconds(way.steps)),
        Fact("left-out", way.left_out),
        Fact("border", str(edge.ip) if edge is not None and edge.ip is not None else None),
    )


def _return_path(way: Journey) -> Iterator[Check]:
    found = way.return_path
    if found is not None:
        facts = (
            Fact("address", f"<{found.address}>"),
            Fact("scheme", found.scheme.value),
            Fact("inner", f"<{found.inner}>" if found.inner else None),
        )
        yield Check("return path", None, found.meaning, facts)


def _user_agent(message: Message, way: Journey) -> Iterator[Check]:
    """Where the message was written: the client of its submission, with the time in Date."""
    first = way.steps[0].hop if way.steps and way.steps[0].role is Role.SUBMISSION else None
    fields = [field for name in _SOFTWARE if (field := message.first(name)) is not None]
    software = clipped(" ".join(from_bytes(fields[0].value[: PATH_SOFTWARE * 4]).split()), PATH_SOFTWARE) if fields else ""
    client = _client(first) if first is not None else ""
    if way.written is None and not software and not client:
        return
    time = None if way.written is None else utc(way.written)
    facts = (Fact("time", time), Fact("software", software or None), Fact("client", client or None))
    evidence = tuple(field_evidence(message, field) for field in fields[:1])
    yield Check(Role.USER_AGENT, None, ", ".join(filter(None, (time, software, client))), facts, (), evidence)


def _leaf(message: Message, step: Step, width: int) -> Check:
    hop = step.hop
    facts = (
        Fact("time", None if hop.time is None else utc(hop.time)),
        Fact("epoch", hop.time),
        Fact("delay", step.delay),
        Fact("by", hop.by or None),
        Fact("from", hop.helo or None),
        Fact("reverse-name", hop.tcp_name or None),
        Fact("ip", None if hop.ip is None else str(hop.ip)),
        Fact("protocol", hop.protocol or None),
        Fact("tls", step.tls.version or step.tls.used),
        Fact("cipher", step.tls.cipher or None),
        Fact("for", hop.recipient or None),
        Fact("id", hop.id or None),
        Fact("format", hop.format.value),
        Fact("believed", step.believed),
    )
    reason = f"{_delay(step):<{width - len(step.role)}}  {_words(step)}"
    return Check(step.role, None, reason, facts, evidence=(field_evidence(message, hop.field),))


def _delay(step: Step) -> str:
    """The delay with its sign; a dot where it is not known."""
    if step.delay is None:
        return "·"
    return span(step.delay) if step.delay < 0 else f"+{span(step.delay)}"


def _words(step: Step) -> str:
    hop = step.hop
    if hop.format is Format.UNKNOWN:
        return f"unreadable{f', by {hop.by}' * bool(hop.by)}: {_quoted(hop)}"
    client = _client(hop)
    origin = f" from {client}" if client else ""
    parts = (f"{hop.by or 'the same host'}{origin}", hop.protocol, step.tls.version or ("TLS" if step.tls.used else ""))
    return ", ".join(filter(None, parts))


def _quoted(hop: Hop) -> str:
    return clipped(" ".join(from_bytes(hop.field.value[: PATH_SOFTWARE * 4]).split()), PATH_SOFTWARE)


def _client(hop: Hop) -> str:
    """HELO name, and in parentheses what the receiver saw: the name that the DNS gave and the address."""
    literal = "" if hop.ip is None else f"[{hop.ip}]"
    seen = " ".join(filter(None, (hop.tcp_name if hop.tcp_name != hop.helo.lower() else "", literal)))
    if not hop.helo or hop.helo == literal:
        return seen
    return f"{hop.helo} ({seen})" if seen else hop.helo
