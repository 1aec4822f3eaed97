"""Proofs of absence: the NSEC and NSEC3 records of an answer are verified, then asked what they prove."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dns.name
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3

from mailsec.trust.dnssec import nsec, nsec3
from mailsec.trust.dnssec.proved import Missing, Proved, unproven
from mailsec.trust.dnssec.sets import Sets, SignedSet, shown
from mailsec.trust.dnssec.signatures import Checked, Keys, expanded, verify
from mailsec.trust.dnssec.work import Work

TYPES = ("NSEC", "NSEC3")


@dataclass(frozen=True, slots=True)
class Denials:
    """The verified records of `zone`, and why others did not verify."""

    zone: dns.name.Name
    by_name: tuple[nsec.Span, ...]
    by_hash: nsec3.Spans | None
    troubles: tuple[Checked, ...]

    def absence(self, missing: Missing) -> Proved:
        """Whether it is proven."""
        return self._best(lambda: nsec.absence(missing, self.by_name), lambda held: nsec3.absence(missing, held), str(missing))

    def expansion(self, name: dns.name.Name, encloser: dns.name.Name) -> Proved:
        """Whether the wildcard below `encloser` may speak for `name`."""
        return self._best(
            lambda: nsec.expansion(name, encloser, self.by_name),
            lambda held: nsec3.expansion(name, encloser, held),
            f"{shown(name)} does not exist, so that a wildcard may speak for it",
        )

    def _best(self, names: Callable[[], Proved], hashes: Callable[[nsec3.Spans], Proved], what: str) -> Proved:
        """The records of one kind are enough; a zone on its way from one to the other may send both."""
        if self.by_name:
            return names()
        if self.by_hash is not None:
            return hashes(self.by_hash)
        if self.troubles:
            return unproven(min((each.trouble, each.reason) for each in self.troubles if each.trouble is not None)[1])
        return unproven(f"no NSEC or NSEC3 record of {shown(self.zone)} shows that {what}")


def denials(sets: Sets, zone: dns.name.Name, keys: Keys, work: Work) -> Denials:
    """Verify what `zone` says of absence in an answer. Raises BeyondLimit."""
    held, troubles = [], []
    for signed in sets.values():
        if signed.type not in TYPES or all(signature.signer != zone for signature in signed.signatures):
            continue
        checked = verify(signed, zone, keys, work)
        # An NSEC record made from a wildcard would say of any name what it says of the wildcard.
        if checked.signature is None:
            troubles.append(checked)
        elif not expanded(signed, checked.signature):
            held.append(signed)
    by_name = tuple(nsec.span(owner, record, zone) for owner, record in _records(held) if isinstance(record, NSEC))
    hashed = [(owner, record) for owner, record in _records(held) if isinstance(record, NSEC3)]
    return Denials(zone, by_name, nsec3.spans(zone, hashed, work) if hashed else None, tuple(troubles))


def _records(held: list[SignedSet]) -> Iterator[tuple[dns.name.Name, object]]:
    return ((signed.owner, record) for signed in held for record in signed.rdatas)
