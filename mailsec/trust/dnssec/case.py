"""One answer before the validator: its RRsets, and what they say under a zone's keys."""

from __future__ import annotations

from dataclasses import dataclass, field

import dns.name
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DNAME import DNAME

from mailsec.core.flow import Answer, Dnssec
from mailsec.trust.dnssec.denial import TYPES, Denials, denials
from mailsec.trust.dnssec.proved import Missing
from mailsec.trust.dnssec.sets import Sets, SignedSet, collect, text
from mailsec.trust.dnssec.signatures import expanded, verify
from mailsec.trust.dnssec.work import Work
from mailsec.trust.dnssec.zones import Zone


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state and, where it is not secure, the reason."""

    state: Dnssec
    reason: str = ""


SECURE = Verdict(Dnssec.SECURE)
_ORDER = (Dnssec.SECURE, Dnssec.INSECURE, Dnssec.INDETERMINATE, Dnssec.BOGUS)


def worse(one: Verdict, other: Verdict) -> Verdict:
    """The one that is less to be trusted."""
    return max(one, other, key=lambda verdict: _ORDER.index(verdict.state))


@dataclass(slots=True)
class Case:
    """The RRsets of one answer, and what was proven with them so far."""

    sets: Sets
    work: Work
    known: dict[dns.name.Name, Denials] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: Answer, work: Work) -> Case:
        """The case of `answer`."""
        return cls(collect(answer), work)

    def denials(self, zone: Zone) -> Denials:
        """What `zone` says of absence."""
        if zone.name not in self.known:
            self.known[zone.name] = denials(self.sets, zone.name, zone.keys, self.work)
        return self.known[zone.name]

    def present(self, signed: SignedSet, zone: Zone) -> Verdict:
        """Whether `signed` is of `zone`, which is secure; with the proof that a wildcard may speak where one does."""
        checked = verify(signed, zone.name, zone.keys, self.work)
        if checked.signature is None:
            return Verdict(Dnssec.BOGUS, checked.reason)
        if not expanded(signed, checked.signature):
            return SECURE
        encloser = signed.owner.split(checked.signature.labels + 1)[1]
        proved = self.denials(zone).expansion(signed.owner, encloser)
        return Verdict(proved.state, proved.reason)

    def absent(self, missing: Missing, zone: Zone) -> Verdict:
        """Whether `zone`, which is secure, denies it."""
        proved = self.denials(zone).absence(missing)
        return Verdict(proved.state, proved.reason)

    def alias(self, owner: dns.name.Name) -> SignedSet | None:
        """What makes `owner` an alias: its signed CNAME, the DNAME above that the CNAME was made from (RFC 6672 section 5.3.1),
        or the CNAME as it stands."""
        alias = self.sets.get((text(owner), "CNAME"))
        if alias is None or alias.signatures:
            return alias
        return next((each for each in self.sets.values() if each.type == "DNAME" and _makes(each, alias)), alias)

    def deniers(self, missing_owner: dns.name.Name, *, above: bool) -> set[dns.name.Name]:
        """The zones that signed something about absence and may speak about the name; `above`: only those above it."""
        names = {signature.signer for signed in self.sets.values() if signed.type in TYPES for signature in signed.signatures}
        return {each for each in names if missing_owner.is_subdomain(each) and not (above and each == missing_owner)}


def _makes(dname: SignedSet, alias: SignedSet) -> bool:
    """True where `dname` turns the owner of `alias` into its target."""
    if alias.owner == dname.owner or not alias.owner.is_subdomain(dname.owner):
        return False
    below = alias.owner.labels[: len(alias.owner) - len(dname.owner)]
    made = {_folded((*below, *each.target.labels)) for each in dname.rdatas if isinstance(each, DNAME)}
    return all(isinstance(each, CNAME) and _folded(each.target.labels) in made for each in alias.rdatas)


def _folded(labels: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(label.lower() for label in labels)
