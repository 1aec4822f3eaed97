"""Proofs of absence by NSEC records (RFC 4035 section 5.4, RFC 6840 section 4): the owner is followed by `next`, nothing is
between. The records are verified before they come here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dns.name
from dns.rdtypes.ANY.NSEC import NSEC

from mailsec.core.flow import Dnssec
from mailsec.trust.dnssec.proved import Missing, Proved, no_type, nothing_below, types_of, unproven
from mailsec.trust.dnssec.sets import shown


@dataclass(frozen=True, slots=True)
class Span:
    """One NSEC record of `zone`."""

    owner: dns.name.Name
    next: dns.name.Name
    types: frozenset[int]
    zone: dns.name.Name

    def covers(self, name: dns.name.Name) -> bool:
        """True where `name` lies strictly between: no record stands at it. (It may still have names below.)"""
        if name == self.owner or not name.is_subdomain(self.zone) or not self.next.is_subdomain(self.zone):
            return False
        if name.is_subdomain(self.owner) and nothing_below(self.types):
            return False
        if self.owner < self.next:
            return bool(self.owner < name < self.next)
        return bool(self.next == self.zone and self.owner < name)

    def denies(self, name: dns.name.Name) -> bool:
        """True where `name` does not exist: covered, and no empty non-terminal."""
        return self.covers(name) and not self.next.is_subdomain(name)

    def encloser(self, name: dns.name.Name) -> dns.name.Name:
        """The longest existing name above `name`, which is denied by this record."""
        shared = max(name.fullcompare(self.owner)[2], name.fullcompare(self.next)[2])
        return name.split(shared)[1]


def span(owner: dns.name.Name, record: NSEC, zone: dns.name.Name) -> Span:
    """An NSEC record as proofs use it."""
    return Span(owner, record.next, types_of(record.windows), zone)


def absence(missing: Missing, spans: Sequence[Span]) -> Proved:
    """Whether `spans`, of one zone, prove it."""
    exact = _at(missing.name, spans)
    if exact is not None:
        return unproven(f"{shown(missing.name)} exists") if missing.whole else no_type(exact.types, missing)
    covering = next((each for each in spans if each.covers(missing.name)), None)
    if covering is None:
        return unproven(f"no NSEC record shows that {missing}")
    if not covering.denies(missing.name):
        return unproven(f"{shown(missing.name)} exists") if missing.whole else Proved(Dnssec.SECURE)
    return _wildcard(missing, dns.name.Name((b"*", *covering.encloser(missing.name).labels)), spans)


def _wildcard(missing: Missing, wildcard: dns.name.Name, spans: Sequence[Span]) -> Proved:
    """The name itself is denied; what of the wildcard that would speak for it?"""
    if missing.whole:
        if any(each.denies(wildcard) for each in spans):
            return Proved(Dnssec.SECURE)
        return unproven(f"no NSEC record shows that there is no {shown(wildcard)}")
    match = _at(wildcard, spans)
    if match is None:
        return unproven(f"{shown(missing.name)} does not exist, and no NSEC record is there of {shown(wildcard)}")
    return no_type(match.types, Missing(wildcard, missing.type, False))


def expansion(name: dns.name.Name, encloser: dns.name.Name, spans: Sequence[Span]) -> Proved:
    """Whether `name` does not exist, so that the wildcard below `encloser` speaks for it (RFC 4035 section 5.3.4)."""
    if any(each.denies(name) and each.encloser(name) == encloser for each in spans):
        return Proved(Dnssec.SECURE)
    return unproven(f"made from a wildcard, and no NSEC record shows that {shown(name)} does not exist")


def _at(name: dns.name.Name, spans: Sequence[Span]) -> Span | None:
    return next((each for each in spans if each.owner == name), None)
