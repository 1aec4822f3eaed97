"""What the DNS says of DMARC: the tree walk, the organizational domain, the policy record, whether a domain exists (RFC 9989
section 4.10).

A question that was not answered leaves a gap in a walk, not an absent record. What follows from a walk with gaps is decided by
trying every answer that the missing one could have been: only where all of them lead to the same result is there one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from mailsec.core.flow import Answer, AnswerStatus, Flow, ask, gather
from mailsec.core.limits.network import MAX_ANSWER_RECORDS, MAX_NAME
from mailsec.core.limits.sender import DMARC_OPEN_NAMES, DMARC_WALK_QUERIES
from mailsec.core.rdata import RdataError, txt
from mailsec.core.text import from_bytes
from mailsec.sender.dmarc.record import DmarcRecord, Psd, parse

_PREFIX = "_dmarc."


@dataclass(frozen=True, slots=True)
class Lookup:
    """What was found at `_dmarc.` + `name`.

    `found` counts the DMARC records there: with more than one, all are discarded and `record` is None (section 4.10 step 2).
    """

    name: str
    status: AnswerStatus
    record: DmarcRecord | None = None
    found: int = 0
    reason: str = ""

    @property
    def failed(self) -> bool:
        """True where nothing was learned: there may or may not be a record."""
        return self.status.failed

    @property
    def asked(self) -> str:
        """The name of the question."""
        return _PREFIX + self.name


@dataclass(frozen=True, slots=True)
class Walk:
    """A tree walk: `start`, and what was found at each name asked, longest first."""

    start: str
    steps: tuple[Lookup, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """The names whose question was not answered."""
        return tuple(step.name for step in self.steps if step.failed)


def walk_names(start: str) -> tuple[str, ...]:
    """The names of a walk from `start`, at most eight: itself, then without its leftmost label, and so on up to a single label;
    from eight labels on, the second name is the last seven labels (section 4.10 steps 3 to 7)."""
    labels = start.split(".")
    rest = labels[-min(len(labels) - 1, DMARC_WALK_QUERIES - 1) :] if len(labels) > 1 else []
    return (start, *(".".join(rest[at:]) for at in range(len(rest))))


def look_up(name: str) -> Flow[Lookup]:
    """Ask for the record at `name`."""
    if len(_PREFIX) + len(name) > MAX_NAME:
        return Lookup(name, AnswerStatus.NXDOMAIN, reason="the question would be too long a name")
    answer = yield from ask(_PREFIX + name, "TXT")
    records = [record for record in map(parse, _texts(answer)) if record is not None]
    return Lookup(name, answer.status, records[0] if len(records) == 1 else None, len(records), answer.reason)


def _texts(answer: Answer) -> Iterator[str]:
    for record in answer.records[:MAX_ANSWER_RECORDS]:
        try:
            yield from_bytes(txt(record.rdata))
        except RdataError:
            continue  # not readable, so not a DMARC record


@dataclass(slots=True)
class Discovery:
    """What one evaluation has learned so far. No name is asked twice, however many walks cross it."""

    lookups: dict[str, Lookup] = field(default_factory=dict)
    existence: dict[str, Answer] = field(default_factory=dict)

    def look_up(self, names: Iterable[str]) -> Flow[None]:
        """Ask for the records at `names` side by side, where they are not known yet."""
        missing = [name for name in dict.fromkeys(names) if name not in self.lookups]
        for found in (yield from gather(look_up(name) for name in missing)):
            self.lookups[found.name] = found

    def walk(self, starts: Iterable[str]) -> Flow[None]:
        """Walk from each of `starts`, side by side and one level at a time."""
        todo = list(dict.fromkeys(starts))
        while missing := [name for name in map(self._next, todo) if name]:
            yield from self.look_up(missing)

    def _next(self, start: str) -> str:
        """The name that the walk from `start` has to ask next, or "" where it has ended."""
        for name in walk_names(start):
            lookup = self.lookups.get(name)
            if lookup is None:
                return name
            if _stops(lookup):
                break
        return ""

    def walked(self, start: str) -> Walk:
        """The walk from `start` as far as it was asked."""
        steps = []
        for name in walk_names(start):
            lookup = self.lookups.get(name)
            if lookup is None:
                break
            steps.append(lookup)
            if _stops(lookup):
                break
        return Walk(start, tuple(steps))

    def complete(self, start: str) -> bool:
        """True where the walk from `start` was asked to its end."""
        return not self._next(start)

    def ask_existence(self, names: Iterable[str]) -> Flow[None]:
        """Ask whether `names` exist. The type is of no matter: NXDOMAIN speaks for the whole name (RFC 8020)."""
        missing = [name for name in dict.fromkeys(names) if name not in self.existence]
        for answer in (yield from gather(ask(name, "A") for name in missing)):
            self.existence[answer.query.name] = answer

    def exists(self, name: str) -> bool | None:
        """Whether `name` exists (section 3.2.13); None where it was not asked or not answered."""
        answer = self.existence.get(name)
        if answer is None or answer.status.failed:
            return None
        # behind an alias NXDOMAIN speaks of the alias's target (RFC 6604); the name itself is there
        return answer.status is not AnswerStatus.NXDOMAIN or bool(answer.aliases)


def _stops(lookup: Lookup) -> bool:
    return lookup.record is not None and lookup.record.psd is not Psd.UNDECLARED


@dataclass(frozen=True, slots=True)
class Place:
    """What follows from a walk: the organizational domain, and the name whose record is the policy ("" where there is none)."""

    organizational_domain: str
    policy_at: str


_POSSIBLE: tuple[Psd | None, ...] = (None, *Psd)


def _place(walk: Walk, assumed: Mapping[str, Psd | None]) -> Place:
    """What follows from `walk` if the unanswered names hold what is `assumed`: a record with that psd=, or none."""
    start = walk.start
    last = policy = ""
    for step in walk.steps:
        psd = assumed[step.name] if step.failed else step.record.psd if step.record else None
        if psd is None:
            continue
        below = last
        last = step.name
        if step.name == start:
            policy = start
        if psd is Psd.YES and step.name != start:
            organizational = _one_below(step.name, start)
            return Place(organizational, policy or (organizational if below == organizational else step.name))
        if psd is not Psd.UNDECLARED:
            break
    return Place(last or start, policy or last)


def _one_below(name: str, start: str) -> str:
    """The ancestor of `start` (or itself) that is one label longer than its ancestor `name`."""
    return start.removesuffix("." + name).rpartition(".")[2] + "." + name


def _assumptions(*walks: Walk) -> Iterator[Mapping[str, Psd | None]] | None:
    """Every combination of answers that the unanswered names of `walks` could have had; None where they are too many to try."""
    names = tuple(dict.fromkeys(name for walk in walks for name in walk.open))
    if len(names) > DMARC_OPEN_NAMES:
        return None
    return (dict(zip(names, answers, strict=True)) for answers in product(_POSSIBLE, repeat=len(names)))


def places(walk: Walk) -> frozenset[Place]:
    """What can follow from `walk`; exactly one place where every question was answered, none where too many were not."""
    return frozenset(_place(walk, assumed) for assumed in _assumptions(walk) or ())


def same_organization(one: Walk, two: Walk) -> bool | None:
    """Whether two walks lead to the same organizational domain; None where that hangs on an unanswered question."""
    tries = _assumptions(one, two)
    if tries is None:
        return None
    answers = {_place(one, assumed).organizational_domain == _place(two, assumed).organizational_domain for assumed in tries}
    return answers.pop() if len(answers) == 1 else None


def related(one: str, two: str) -> bool:
    """False where the names cannot share an organizational domain, because they have not even the last label in common."""
    return one.rpartition(".")[2] == two.rpartition(".")[2]
