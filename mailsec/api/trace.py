"""What was asked, for `--trace`."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailsec.core.flow import Answer, Ask, Reply
from mailsec.core.rdata import show
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact

_SHOWN = 10


@dataclass(slots=True)
class Trace:
    """Questions and replies in the order of the replies; `left_out` counts those beyond what is kept."""

    entries: list[tuple[Ask, Reply]] = field(default_factory=list)
    left_out: int = 0


def trace_check(trace: Trace) -> Check:
    """Every question with what came back."""
    facts = (Fact("left-out", trace.left_out),) if trace.left_out else ()
    steps = tuple(_step(ask, reply) for ask, reply in trace.entries)
    return Check("trace", None, f"{len(steps)} questions", facts, children=steps)


def _step(ask: Ask, reply: Reply) -> Check:
    if not isinstance(reply, Answer):
        return Check(f"GET {reply.fetch.url}", None, reply.reason or reply.status)
    name = f"{reply.query.type} {reply.query.name}"
    records = tuple(
        Evidence(EvidenceKind.RECORD, record.owner, show(record.type, record.rdata))
        for record in (*reply.aliases, *reply.records)
    )
    found = ", ".join(each.text for each in records[:_SHOWN])
    more = f", and {len(records) - _SHOWN} more" if len(records) > _SHOWN else ""
    return Check(name, None, f"{found}{more}" if found else reply.reason or reply.status, evidence=records)
