"""Which identifiers count for DMARC, and whether they align with an author domain (RFC 9989 sections 4.4 and 4.10.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.domains import DomainError, is_within, to_ascii
from mailsec.core.results import AuthResult, Status
from mailsec.sender.dmarc.discover import Discovery, Place, Walk, places, related, same_organization
from mailsec.sender.dmarc.record import DmarcRecord, Mode

_UNSETTLED = (Status.TEMPERROR, Status.SKIPPED)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier that counts: where it stands in what the caller gave, its result, and its domain ("" where not known)."""

    index: int
    result: AuthResult
    domain: str

    @property
    def passes(self) -> bool:
        """True for an Authenticated Identifier."""
        return self.result.status is Status.PASS

    @property
    def unsettled(self) -> bool:
        """True where it may yet turn out to pass."""
        return self.result.status in _UNSETTLED

    @property
    def label(self) -> str:
        """How a report names it."""
        return f"{self.result.method.upper()} {self.domain}".rstrip()


def identifiers_of(results: Sequence[AuthResult]) -> tuple[Identifier, ...]:
    """Those of `results` that DMARC looks at: DKIM signatures, and SPF for the MAIL FROM identity (section 4.4.2)."""
    return tuple(_identifiers(results))


def _identifiers(results: Sequence[AuthResult]) -> Iterator[Identifier]:
    for index, result in enumerate(results):
        if result.method not in ("spf", "dkim") or (result.method == "spf" and not _mail_from(result)):
            continue
        try:
            domain = to_ascii(result.domain) if result.domain else ""
        except DomainError:
            continue
        if domain or result.status in _UNSETTLED:
            yield Identifier(index, result, domain)


def _mail_from(result: AuthResult) -> bool:
    names = {name for name, _ in result.properties}
    return "smtp.mailfrom" in names or (result.status is Status.SKIPPED and "smtp.helo" not in names)


class Alignment(StrEnum):
    """Whether an identifier aligns; `open` where that hangs on something that could not be learned."""

    ALIGNED = "aligned"
    NOT_ALIGNED = "not aligned"
    OPEN = "alignment not known"


@dataclass(frozen=True, slots=True)
class Aligned:
    """An identifier, whether it aligns, and why in words."""

    identifier: Identifier
    alignment: Alignment
    why: str

    @property
    def place(self) -> str:
        """What became of it, and why."""
        return f"{self.alignment} ({self.why})"

    @property
    def words(self) -> str:
        """One line: what it is, what became of it, and why."""
        return f"{self.identifier.label}: {self.place}"


@dataclass(frozen=True, slots=True)
class Author:
    """An author domain and what is known of its policy.

    `place` is what the walk led to, None where unanswered questions leave it open. `policy_at` is the name whose record
    applies, "" where there is none, None where that is not known; `record` is that record. `organizational_domains` are those
    that the domain can have: one where every question was answered, none where too many were not.
    """

    domain: str
    walk: Walk
    place: Place | None
    policy_at: str | None
    record: DmarcRecord | None
    organizational_domains: frozenset[str]


def author(domain: str, discovery: Discovery) -> Author:
    """What `discovery` knows of `domain` by now, its own record at least."""
    walk = discovery.walked(domain)
    first = walk.steps[0]
    possible = places(walk)
    place = next(iter(possible)) if len(possible) == 1 else None
    where = {each.policy_at for each in possible} if not first.record else {domain}
    at = where.pop() if len(where) == 1 else None
    record = discovery.lookups[at].record if at else None
    return Author(domain, walk, place, at, record, frozenset(each.organizational_domain for each in possible))


def needs_author_walk(who: Author, identifiers: Sequence[Identifier]) -> bool:
    """True where the walk above the author domain's own name matters: no record there, or an identifier to compare relaxed."""
    first = who.walk.steps[0]
    if first.failed:
        return False
    return first.record is None or any(_relaxed(first.record, who.domain, each) for each in identifiers)


def candidates(who: Author, identifiers: Sequence[Identifier]) -> Iterator[str]:
    """The domains that have to be walked from: those that share an organizational domain if any walk leads there.

    An organizational domain is its names' common ancestor, so one outside of the author's cannot align and costs no question.
    """
    for each in identifiers:
        if who.record and _relaxed(who.record, who.domain, each) and _inside(who, each.domain):
            yield each.domain


def _mode(record: DmarcRecord, identifier: Identifier) -> Mode:
    return record.aspf if identifier.result.method == "spf" else record.adkim


def _relaxed(record: DmarcRecord, domain: str, identifier: Identifier) -> bool:
    if not identifier.domain or identifier.domain == domain:
        return False
    return _mode(record, identifier) is Mode.RELAXED and related(domain, identifier.domain)


def _inside(who: Author, domain: str) -> bool:
    return any(is_within(domain, each) for each in who.organizational_domains)


def align(who: Author, identifiers: Sequence[Identifier], discovery: Discovery) -> tuple[Aligned, ...]:
    """Whether each of `identifiers` aligns with the author domain, after everything was asked."""
    known: dict[tuple[str, str], tuple[Alignment, str]] = {}
    for each in identifiers:
        key = each.domain, each.result.method
        if key not in known:
            known[key] = _align(who, each, discovery)
    return tuple(Aligned(each, *known[each.domain, each.result.method]) for each in identifiers)


def _align(who: Author, identifier: Identifier, discovery: Discovery) -> tuple[Alignment, str]:
    domain = identifier.domain
    if not domain:
        return Alignment.OPEN, "no domain to compare"
    if domain == who.domain:
        return Alignment.ALIGNED, "identical"
    if not related(who.domain, domain):
        return Alignment.NOT_ALIGNED, "another domain"
    return _align_by_policy(who, identifier, discovery)


def _align_by_policy(who: Author, identifier: Identifier, discovery: Discovery) -> tuple[Alignment, str]:
    if who.policy_at is None:
        return Alignment.OPEN, "the policy could not be looked up"
    if who.record is None:
        return Alignment.NOT_ALIGNED, "without a policy only the identical domain aligns"
    if _mode(who.record, identifier) is Mode.STRICT:
        return Alignment.NOT_ALIGNED, "strict, not identical"
    return _align_relaxed(who, identifier.domain, discovery)


def _align_relaxed(who: Author, domain: str, discovery: Discovery) -> tuple[Alignment, str]:
    mine = f"organizational domain {who.place.organizational_domain}" if who.place else "organizational domain"
    if who.organizational_domains and not _inside(who, domain):
        return Alignment.NOT_ALIGNED, f"relaxed, outside of the {mine}"
    if not discovery.complete(domain):
        return Alignment.OPEN, "its organizational domain was not looked up"
    walk = discovery.walked(domain)
    same = same_organization(who.walk, walk)
    if same is None:
        return Alignment.OPEN, "its organizational domain could not be looked up"
    if same:
        return Alignment.ALIGNED, f"relaxed, {mine}" if who.place else "relaxed, the same organizational domain"
    theirs = {each.organizational_domain for each in places(walk)}
    return Alignment.NOT_ALIGNED, f"relaxed, its organizational domain is {theirs.pop()}" if len(theirs) == 1 else "relaxed"
