"""What NSEC and NSEC3 records have in common: what they can prove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dns.name

from mailsec.core.flow import Dnssec
from mailsec.trust.dnssec.sets import shown

CNAME, NS, SOA, DNAME, DS = 5, 2, 6, 39, 43


@dataclass(frozen=True, slots=True)
class Proved:
    """Whether an absence is proven.

    secure: it is; insecure: the zone does not let it be known (opt-out, too many iterations); bogus: it is not, and `reason`
    says why. `cut` is True where the name is delegated without a DS record.
    """

    state: Dnssec
    reason: str = ""
    cut: bool = False


def unproven(reason: str) -> Proved:
    """The proof does not hold."""
    return Proved(Dnssec.BOGUS, f"no proof: {reason}")


@dataclass(frozen=True, slots=True)
class Missing:
    """What is said to be absent: the records of `type` at `name`, or (`whole`) the name itself."""

    name: dns.name.Name
    type: int
    whole: bool

    def __str__(self) -> str:
        return f"{shown(self.name)} does not exist" if self.whole else f"{shown(self.name)} has no such records"


def types_of(windows: Iterable[tuple[int, bytes]]) -> frozenset[int]:
    """The types in the bitmap of an NSEC or NSEC3 record (RFC 4034 section 4.1.2)."""
    return frozenset(
        window * 256 + at * 8 + bit
        for window, octets in windows
        for at, octet in enumerate(octets)
        for bit in range(8)
        if octet & (0x80 >> bit)
    )


def delegates(types: frozenset[int]) -> bool:
    """True where the record is of the parent's side of a delegation (RFC 6840 section 4.1)."""
    return NS in types and SOA not in types


def nothing_below(types: frozenset[int]) -> bool:
    """True where the record says nothing of the names below its own: they are another zone's, or are redirected."""
    return delegates(types) or DNAME in types


def no_type(types: frozenset[int], missing: Missing) -> Proved:
    """What the record of the name itself proves of a type (RFC 4035 section 5.4, RFC 5155 sections 8.5 and 8.6, RFC 6840
    sections 4.1 and 4.3)."""
    if missing.type in types or CNAME in types:
        return unproven(f"{shown(missing.name)} has such records, says its own record of absence")
    if missing.type == DS:
        if SOA in types and missing.name != dns.name.root:
            return unproven(f"what {shown(missing.name)} says of itself proves nothing about its DS, which the zone above has")
        return Proved(Dnssec.SECURE, cut=delegates(types))
    if delegates(types):
        return unproven(f"what the zone above says of {shown(missing.name)} proves nothing but its DS")
    return Proved(Dnssec.SECURE)
