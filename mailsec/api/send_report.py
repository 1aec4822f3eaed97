"""What `smtp send` says of a message: by domain, by host, with every line that was spoken, and an answer for each recipient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter

from mailsec.api.outgoing import Outgoing
from mailsec.api.tool import TOOL
from mailsec.core.exits import Exit, most_severe
from mailsec.core.ladder import ladder, rung
from mailsec.core.limits.transport import SMTP_SHOWN_RECIPIENTS
from mailsec.core.results import Check, Fact, Report, Status
from mailsec.transport.smtp.course import Line, Party
from mailsec.transport.smtp.outcome import Answer, Fate, Halt, SessionResult
from mailsec.transport.smtp.policy import tls_check
from mailsec.transport.smtp.route import Hop, Route

_COMMON = -1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One session with one host. `lines` are what was spoken for each message, by its place, and (-1) for all of them, each
    with its number in the order of all."""

    hop: Hop
    port: int
    result: SessionResult
    lines: Mapping[int, Sequence[tuple[int, Line]]]

    def spoken(self, place: int) -> Iterator[Line]:
        """What was spoken for the message at `place`, and what all have in common."""
        for _, line in merge(self.lines.get(_COMMON, ()), self.lines.get(place, ()), key=itemgetter(0)):
            yield line


def by_message(lines: Iterable[Line], parts: Sequence[int]) -> dict[int, list[tuple[int, Line]]]:
    """The lines of a record by the place of the message that they belong to; `parts` are the messages of the session's jobs."""
    found: dict[int, list[tuple[int, Line]]] = {place: [] for place in (_COMMON, *parts)}
    for number, line in enumerate(lines):
        found[_COMMON if line.step < 0 else parts[line.step]].append((number, line))
    return found


@dataclass(slots=True)
class Delivery:
    """All that goes to one domain, or to the server that was named. `members` are pairs of a message's and a recipient's place,
    `places` the same by message, `answers` the last that each of them got."""

    name: str
    members: list[tuple[int, int]] = field(default_factory=list)
    answers: dict[tuple[int, int], Answer] = field(default_factory=dict)
    places: dict[int, list[int]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    route: Route = field(default_factory=lambda: Route("", Status.TEMPERROR, "not planned"))

    def add(self, place: int, index: int) -> None:
        """One more recipient."""
        self.members.append((place, index))
        self.places.setdefault(place, []).append(index)

    def answers_of(self, place: int) -> list[Answer]:
        """The answers for the message at `place`."""
        return [self.answers[place, index] for index in self.places.get(place, ())]

    @property
    def open(self) -> list[tuple[int, int]]:
        """Those for whom another host may be asked."""
        return [member for member in self.members if _is_open(self.answers.get(member))]


def _is_open(answer: Answer | None) -> bool:
    return answer is None or answer.fate in (Fate.DEFERRED, Fate.UNFIT)


def exit_of(answer: Answer) -> Exit:
    """0 accepted, or left alone as told; 1 refused for good; 5 for now, or unknown; 6 where the server broke the protocol;
    7 where the login did not come off."""
    match answer.fate:
        case Fate.REFUSED | Fate.UNFIT:
            return Exit.DOES_NOT_HOLD
        case Fate.DEFERRED | Fate.UNKNOWN:
            return Exit.REMOTE if answer.halt is Halt.PROTOCOL else Exit.TEMPORARY
        case Fate.UNTRIED if answer.halt is Halt.LOGIN:
            return Exit.KEY
        case _:
            return Exit.HOLDS


_STATUSES = {
    Fate.ACCEPTED: Status.PASS,
    Fate.REFUSED: Status.FAIL,
    Fate.UNFIT: Status.FAIL,
    Fate.DEFERRED: Status.TEMPERROR,
    Fate.UNKNOWN: Status.TEMPERROR,
    Fate.UNTRIED: Status.SKIPPED,
}


def report(place: int, message: Outgoing, deliveries: Sequence[Delivery], *, dry_run: bool, at: int) -> Report:
    """The answer about the message at `place` among those that were sent together."""
    mine = [delivery for delivery in deliveries if place in delivery.places]
    answers = [answer for delivery in mine for answer in delivery.answers_of(place)]
    exit = most_severe(exit_of(answer) for answer in answers)
    attempts = [attempt for delivery in mine for attempt in delivery.attempts if place in attempt.lines]
    checks = (
        _message_check(message),
        *(_delivery_check(place, delivery) for delivery in mine),
        *(_dialogue(place, attempt) for attempt in attempts),
    )
    return Report(message.subject, _status(answers, exit), _summary(answers, exit, dry_run=dry_run), checks, at, TOOL, exit)


def _status(answers: Sequence[Answer], exit: Exit) -> Status:
    if exit is Exit.HOLDS:
        return Status.PASS if any(answer.fate is Fate.ACCEPTED for answer in answers) else Status.NONE
    return Status.FAIL if exit is Exit.DOES_NOT_HOLD else Status.TEMPERROR


def _summary(answers: Sequence[Answer], exit: Exit, *, dry_run: bool) -> str:
    """One sentence: how many accepted it, and what became of the first that did not."""
    accepted = sum(answer.fate is Fate.ACCEPTED for answer in answers)
    if exit is Exit.HOLDS and not accepted:
        return "Planned, not sent." if dry_run else "Left as told: nothing was sent."
    if accepted == len(answers):
        return f"Accepted for {_recipients(accepted)}."
    worst = next(answer for answer in answers if exit_of(answer) is exit and answer.fate is not Fate.ACCEPTED)
    said = f"{worst.fate.value} for {worst.recipient} at {worst.step}: {worst.reason}"
    return f"Accepted for {accepted} of {_recipients(len(answers))}; {said}" if accepted else said[:1].upper() + said[1:]


def _recipients(count: int) -> str:
    return f"{count} recipient{'' if count == 1 else 's'}"


def _message_check(message: Outgoing) -> Check:
    content, envelope = message.content, message.envelope
    facts = (
        Fact("octets", content.size),
        Fact("mail-from", f"<{envelope.sender}>"),
        Fact("recipients", len(envelope.recipients)),
        Fact("added", ", ".join(content.added)),
        Fact("removed", ", ".join(content.removed)),
        Fact("8bit", content.eight_bit),
        Fact("smtputf8", content.utf8 or envelope.utf8),
    )
    return Check("message", None, "", facts, content.findings)


def _delivery_check(place: int, delivery: Delivery) -> Check:
    answers = delivery.answers_of(place)
    exit = most_severe(exit_of(answer) for answer in answers)
    attempts = [attempt for attempt in delivery.attempts if place in attempt.lines]
    recipients = [_recipient_check(answer) for answer in answers[:SMTP_SHOWN_RECIPIENTS]]
    if (more := len(answers) - len(recipients)) > 0:
        recipients.append(Check("more", None, f"{more} more recipients"))
    children = (delivery.route.check, *(_attempt_check(place, attempt) for attempt in attempts), *recipients)
    counts = ", ".join(f"{sum(answer.fate is fate for answer in answers)} {fate}" for fate in Fate if _any(answers, fate))
    return Check(delivery.name, _status(answers, exit), counts, children=children)


def _any(answers: Sequence[Answer], fate: Fate) -> bool:
    return any(answer.fate is fate for answer in answers)


def _recipient_check(answer: Answer) -> Check:
    reply = answer.reply
    facts = (
        Fact("fate", answer.fate.value),
        Fact("step", answer.step.value),
        Fact("code", reply.code if reply is not None else None),
        Fact("enhanced", reply.enhanced if reply is not None else ""),
    )
    return Check(str(answer.recipient), _STATUSES[answer.fate], answer.reason, facts)


def _attempt_check(place: int, attempt: Attempt) -> Check:
    result, hop = attempt.result, attempt.hop
    ending = result.ending
    facts = (
        Fact("address", result.address),
        Fact("port", attempt.port),
        Fact("server", result.extensions.host),
        Fact("extensions", ", ".join(result.extensions.texts)),
        Fact("login", result.mechanism),
        Fact("ended-at", ending.step.value if ending is not None else ""),
    )
    status = Status.PASS if ending is None else Status.FAIL if ending.halt is Halt.PERMANENT else Status.TEMPERROR
    reason = ending.reason if ending is not None else "the session was held to its end"
    tls = (tls_check(hop.policy, result.tls, result.verdict),) if result.verdict is not None else ()
    # the verdict on TLS has its findings itself
    findings = tuple(found for found in result.findings if not (result.verdict and found in result.verdict.findings))
    return Check(f"session with {hop.host.name}", status, reason, facts, findings, children=tls)


def _dialogue(place: int, attempt: Attempt) -> Check:
    rungs = (
        rung(line.at, line.who.value if line.who is not None else "", line.shown, tls=line.tls)
        for line in attempt.spoken(place)
    )
    return ladder(f"dialogue with {attempt.hop.host.name}", rungs, parties=(Party.CLIENT.value, Party.SERVER.value))
