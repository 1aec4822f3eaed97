"""What DMARC says of a domain as far as BIMI asks: whether its policy suffices, and the organizational domain above it."""

from __future__ import annotations

from dataclasses import dataclass

from mailsec.core.flow import Flow
from mailsec.sender.bimi.lint import Eligibility, eligibility
from mailsec.sender.dmarc.align import Author, author
from mailsec.sender.dmarc.discover import Discovery
from mailsec.sender.dmarc.record import Scope


@dataclass(frozen=True, slots=True)
class Position:
    """The policy of a domain, and its organizational domain: "" where that could not be learned."""

    eligibility: Eligibility
    organizational_domain: str


def position_of(domain: str) -> Flow[Position]:
    """Look the policies of `domain` (A-labels) and of its organizational domain up; both have to suffice (section 7.1)."""
    discovery = Discovery()
    yield from discovery.walk((domain,))
    who = author(domain, discovery)
    organizational = who.place.organizational_domain if who.place else ""
    if who.policy_at is None or not organizational:
        return Position(Eligibility(None, "a DMARC record could not be looked up"), organizational)
    scope = yield from _scope(who, discovery)
    above = discovery.lookups[organizational].record
    return Position(eligibility(who.record, scope=scope, organizational=above), organizational)


def _scope(who: Author, discovery: Discovery) -> Flow[Scope]:
    if who.policy_at == who.domain or who.record is None:
        return Scope.DOMAIN
    if who.record.requested(Scope.SUBDOMAIN) is not who.record.requested(Scope.NONEXISTENT):
        yield from discovery.ask_existence((who.domain,))
    return Scope.NONEXISTENT if discovery.exists(who.domain) is False else Scope.SUBDOMAIN
