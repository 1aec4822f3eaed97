"""What another program says of the signatures that were judged here (`--second-opinion`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailsec.core.flow import Answer, Ask, Flow, Reply, T, pass_on, through
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.judges import rules
from mailsec.judges.child import Bounds
from mailsec.judges.dkimpy import Task, ask_dkimpy
from mailsec.judges.opinion import Opinion
from mailsec.message.fields import Message
from mailsec.sender.dkim.judge import key_texts
from mailsec.sender.dkim.verify import DkimResult, SignatureResult

NAME = "second opinion"


@dataclass(slots=True)
class Heard:
    """The keys that a flow received, by the name that it asked; a name without any has an empty list."""

    keys: dict[str, list[bytes]] = field(default_factory=dict)

    def listen(self, flow: Flow[T]) -> Flow[T]:
        """`flow`, with what it asks answered as before, and its keys kept."""
        return through(flow, self._note)

    def _note(self, asked: Ask) -> Flow[Reply]:
        reply = yield from pass_on(asked)
        if isinstance(reply, Answer) and not reply.status.failed and "._domainkey." in reply.query.name:
            self.keys[reply.query.name] = key_texts(reply)
        return reply


def second_opinion(
    message: Message, result: DkimResult, keys: Mapping[str, list[bytes]], *, now: int, bounds: Bounds | None = None
) -> Check:
    """dkimpy's judgement beside ours. It is a finding only where dkimpy refuses what is accepted here.

    The status is *skipped* where dkimpy judged nothing (not installed, killed, crashed), else None: shown, not judged.
    """
    fields = message.all("DKIM-Signature")
    places = {field.start: at for at, field in enumerate(fields)}
    judged = {places[each.field.start]: each for each in result.signatures if each.status is not Status.SKIPPED}
    if not judged:
        return Check(NAME, Status.SKIPPED, "there is no signature to judge")
    opinions = ask_dkimpy(Task(message.data, tuple(judged), len(fields), keys, now), bounds)
    pairs = [(signature, opinions[place]) for place, signature in judged.items()]
    children = tuple(_child(*pair) for pair in pairs)
    if all(opinion.accepts is None for _, opinion in pairs):
        return Check(NAME, Status.SKIPPED, pairs[0][1].reason, children=children)
    odd = [pair for pair in pairs if _refuses(*pair)]
    agreed = sum(_agrees(*pair) for pair in pairs)
    return Check(NAME, None, f"dkimpy agrees about {agreed} of {len(pairs)}", (), _findings(odd), (), children)


def _child(signature: SignatureResult, opinion: Opinion) -> Check:
    facts = (
        Fact("d", signature.domain),
        Fact("s", signature.selector or None),
        Fact("here", signature.status.value),
        Fact("dkimpy", _word(opinion)),
    )
    status = Status.SKIPPED if opinion.accepts is None else None
    reason = f"{_word(opinion)}{f' ({opinion.reason})' if opinion.reason else ''}; here {signature.status}"
    return Check("dkimpy", status, reason, facts)


def _word(opinion: Opinion) -> str:
    return {True: "accepts", False: "refuses", None: "no judgement"}[opinion.accepts]


def _refuses(signature: SignatureResult, opinion: Opinion) -> bool:
    return signature.status is Status.PASS and opinion.accepts is False


def _agrees(signature: SignatureResult, opinion: Opinion) -> bool:
    return opinion.accepts is not None and opinion.accepts is (signature.status is Status.PASS)


def _findings(odd: list[tuple[SignatureResult, Opinion]]) -> tuple[Finding, ...]:
    evidence = [each for signature, _ in odd for each in signature.check.evidence[:1]]
    words = "; ".join(f"d={signature.domain} s={signature.selector}: {opinion.reason}" for signature, opinion in odd)
    return (finding(rules.DKIMPY_REFUSES, words, *evidence),) if odd else ()
