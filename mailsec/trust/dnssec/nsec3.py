"""Proofs of absence by NSEC3 records (RFC 5155 section 8, RFC 9276): as NSEC, over hashed names. The records are verified
before they come here."""

from __future__ import annotations

from base64 import b32hexencode
from collections.abc import Iterable
from dataclasses import dataclass, field

import dns.dnssec
import dns.name
from dns.rdtypes.ANY.NSEC3 import NSEC3

from mailsec.core.flow import Dnssec
from mailsec.core.limits.network import NSEC3_ITERATIONS, NSEC3_MAX_ITERATIONS
from mailsec.trust.dnssec.proved import DS, Missing, Proved, no_type, nothing_below, types_of, unproven
from mailsec.trust.dnssec.sets import shown
from mailsec.trust.dnssec.work import BeyondLimit, Work

_SHA1, _OPT_OUT = 1, 1


@dataclass(frozen=True, slots=True)
class Span:
    """One NSEC3 record: hashes as upper-case text."""

    owner: str
    next: str
    types: frozenset[int]
    opt_out: bool

    def covers(self, hash: str) -> bool:
        """True where no name has `hash`."""
        if self.owner < self.next:
            return self.owner < hash < self.next
        return hash > self.owner or hash < self.next


@dataclass(slots=True)
class Spans:
    """The usable NSEC3 records of one answer and zone, all with the same parameters."""

    zone: dns.name.Name
    salt: bytes
    iterations: int
    spans: list[Span]
    work: Work
    hashes: dict[dns.name.Name, str] = field(default_factory=dict)

    def _hash(self, name: dns.name.Name) -> str:
        if name not in self.hashes:
            self.work.hashing(self.iterations + 1)
            self.hashes[name] = dns.dnssec.nsec3_hash(name, self.salt, self.iterations, _SHA1)
        return self.hashes[name]

    def match(self, name: dns.name.Name) -> Span | None:
        """The record of `name` itself."""
        hash = self._hash(name)
        return next((each for each in self.spans if each.owner == hash), None)

    def cover(self, name: dns.name.Name) -> Span | None:
        """A record that shows that `name` does not exist."""
        hash = self._hash(name)
        return next((each for each in self.spans if each.covers(hash)), None)

    def encloser(self, name: dns.name.Name) -> tuple[dns.name.Name, Span] | None:
        """The closest encloser of `name`, which has no record itself, and the record that denies the name one label longer
        (RFC 5155 section 8.3)."""
        closer = name
        while closer != self.zone and closer.is_subdomain(self.zone):
            above = closer.parent()
            if (match := self.match(above)) is not None:
                cover = None if nothing_below(match.types) else self.cover(closer)
                return None if cover is None else (above, cover)
            closer = above
        return None


def spans(zone: dns.name.Name, records: Iterable[tuple[dns.name.Name, NSEC3]], work: Work) -> Spans | None:
    """The records that can be used (RFC 5155 sections 8.1 and 8.2); None where they do not belong together.

    Raises BeyondLimit where their hashes would cost too much.
    """
    usable = [
        (owner, record)
        for owner, record in records
        if record.algorithm == _SHA1 and record.flags in (0, _OPT_OUT) and len(owner) > 1 and owner.parent() == zone
    ]
    parameters = {(record.salt, record.iterations) for _, record in usable}
    if len(parameters) != 1:
        return None
    ((salt, iterations),) = parameters
    if iterations > NSEC3_MAX_ITERATIONS:
        raise BeyondLimit(f"NSEC3 of {shown(zone)} with {iterations} iterations is not computed (limit {NSEC3_MAX_ITERATIONS})")
    made = [
        Span(
            owner.labels[0].decode("latin-1").upper(),
            b32hexencode(record.next).decode("ascii"),
            types_of(record.windows),
            bool(record.flags & _OPT_OUT),
        )
        for owner, record in usable
    ]
    return Spans(zone, salt, iterations, made, work)


def absence(missing: Missing, held: Spans) -> Proved:
    """Whether the records prove it (RFC 5155 sections 8.4 to 8.7)."""
    return _tempered(_absence(missing, held), held)


def _absence(missing: Missing, held: Spans) -> Proved:
    exact = held.match(missing.name)
    if exact is not None:
        return unproven(f"{shown(missing.name)} exists") if missing.whole else no_type(exact.types, missing)
    found = held.encloser(missing.name)
    if found is None:
        return unproven(f"no NSEC3 record shows that {missing}")
    above, cover = found
    wildcard = dns.name.Name((b"*", *above.labels))
    if missing.whole:
        if held.cover(wildcard) is None:
            return unproven(f"no NSEC3 record shows that there is no {shown(wildcard)}")
        return _opt_out(missing) if cover.opt_out else Proved(Dnssec.SECURE)
    if (match := held.match(wildcard)) is not None:
        proved = no_type(match.types, Missing(wildcard, missing.type, False))
        return _opt_out(missing) if cover.opt_out and proved.state is Dnssec.SECURE else proved
    return _opt_out(missing) if cover.opt_out else unproven(f"no NSEC3 record shows that {missing}")


def expansion(name: dns.name.Name, encloser: dns.name.Name, held: Spans) -> Proved:
    """Whether the name below `encloser` on the way to `name` does not exist (RFC 5155 section 8.8)."""
    cover = held.cover(name.split(len(encloser) + 1)[1])
    if cover is None:
        return unproven(f"made from a wildcard, and no NSEC3 record shows that {shown(name)} does not exist")
    made = _opt_out(Missing(name, 0, True)) if cover.opt_out else Proved(Dnssec.SECURE)
    return _tempered(made, held)


def _opt_out(missing: Missing) -> Proved:
    """An unsigned delegation may be there (RFC 5155 sections 6 and 9.2)."""
    reason = f"opt-out: the zone does not say whether {shown(missing.name)} is an unsigned delegation"
    return Proved(Dnssec.INSECURE, reason, cut=missing.type == DS)


def _tempered(proved: Proved, held: Spans) -> Proved:
    if held.iterations <= NSEC3_ITERATIONS or proved.state is Dnssec.BOGUS:
        return proved
    reason = f"NSEC3 of {shown(held.zone)} has {held.iterations} iterations, more than {NSEC3_ITERATIONS}"
    return Proved(Dnssec.INSECURE, reason, proved.cut)
