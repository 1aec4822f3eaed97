"""The way down from a trust anchor to a name, label by label: where zones begin, which keys they have, where signing ends."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import dns.name
import dns.rdata
import dns.rdatatype
from dns.rdtypes.ANY.DS import DS

from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Flow, Query, ask, gather
from mailsec.core.limits.network import DNSSEC_AT_ONCE, DNSSEC_ZONES
from mailsec.trust.dnssec.anchors import Anchor, Anchors
from mailsec.trust.dnssec.case import Case
from mailsec.trust.dnssec.proved import Missing
from mailsec.trust.dnssec.sets import IN, parse, shown, text
from mailsec.trust.dnssec.signatures import expanded, time_text, verify
from mailsec.trust.dnssec.work import BeyondLimit, Policy, Work
from mailsec.trust.dnssec.zones import Zone, enter, unusable


@dataclass(frozen=True, slots=True)
class Place:
    """The zone that a name is in; `ends` where the name does not exist, so that nothing is below it (RFC 8020)."""

    zone: Zone
    ends: bool = False


class Walker:
    """Walks, and remembers the places it has been to. Not for more than one thread."""

    def __init__(self, anchors: Anchors, policy: Policy, size: int = DNSSEC_ZONES) -> None:
        self._policy = policy
        self._size = size
        self._places: OrderedDict[dns.name.Name, Place] = OrderedDict()
        self._anchors: dict[dns.name.Name, list[Anchor]] = {}
        for anchor in anchors.anchors:
            self._anchors.setdefault(parse(anchor.zone), []).append(anchor)

    def known(self, target: dns.name.Name) -> Zone | None:
        """The zone of `target` or of the nearest name above that was walked to."""
        return next((place.zone for each in _upwards(target) if (place := self._places.get(each)) is not None), None)

    def walk(self, target: dns.name.Name, work: Work, *, at_once: bool = False) -> Flow[Zone]:
        """The zone that `target` is in, or the first on the way down that is not secure.

        `at_once`: `target` is said to be a zone, so all that may be needed is asked for side by side.
        """
        names = self._names(target)
        if not names:
            return Zone(target, Dnssec.INDETERMINATE, f"no trust anchor is above {shown(target)}")
        zone, todo = self._remembered(names)
        held: dict[Query, Answer] = {}
        if at_once and len(todo) <= DNSSEC_AT_ONCE:
            held = yield from _ask_all(todo)
        for name in todo:
            place = yield from self._place(name, zone, work, held)
            self._remember(name, place)
            zone = place.zone
            if place.ends or zone.state is not Dnssec.SECURE:
                break
        assert zone is not None
        return zone

    def _names(self, target: dns.name.Name) -> list[dns.name.Name]:
        """The names from the nearest trust anchor down to `target`."""
        names = []
        for name in _upwards(target):
            names.append(name)
            if name in self._anchors:
                return names[::-1]
        return []

    def _remembered(self, names: list[dns.name.Name]) -> tuple[Zone | None, list[dns.name.Name]]:
        """How far down the way is known, and the names left to walk."""
        zone = None
        for at, name in enumerate(names):
            place = self._places.get(name)
            # What could not be found out may be found out now.
            if place is None or place.zone.state is Dnssec.INDETERMINATE:
                return zone, names[at:]
            zone = place.zone
            if place.ends or zone.state is not Dnssec.SECURE:
                break
        return zone, []

    def _remember(self, name: dns.name.Name, place: Place) -> None:
        self._places[name] = place
        self._places.move_to_end(name)
        if len(self._places) > self._size:
            self._places.popitem(last=False)

    def _place(self, name: dns.name.Name, zone: Zone | None, work: Work, held: dict[Query, Answer]) -> Flow[Place]:
        try:
            if zone is None:
                return Place((yield from self._anchored(name, work, held)))
            return (yield from self._step(name, zone, work, held))
        except BeyondLimit as limit:
            return Place(Zone(name, Dnssec.INDETERMINATE, str(limit), zone))

    def _anchored(self, name: dns.name.Name, work: Work, held: dict[Query, Answer]) -> Flow[Zone]:
        """The zone that a trust anchor opens."""
        valid = [_ds(anchor) for anchor in self._anchors[name] if anchor.valid(self._policy.now)]
        if not valid:
            when = time_text(self._policy.now)
            return Zone(name, Dnssec.INDETERMINATE, f"no trust anchor of {shown(name)} is valid at {when}")
        if (why := unusable(name, valid, self._policy)) is not None:
            return Zone(name, Dnssec.INDETERMINATE, f"the trust anchors cannot be used: {why}", ds=tuple(valid))
        return (yield from self._enter(name, None, valid, work, held))

    def _step(self, name: dns.name.Name, zone: Zone, work: Work, held: dict[Query, Answer]) -> Flow[Place]:
        """What `zone`, which is secure, says of `name` one label below the last place."""
        answer = yield from _look_up(name, "DS", held)
        if answer.status.failed:
            return Place(Zone(name, Dnssec.INDETERMINATE, _failure(answer), zone))
        case = Case.of(answer, work)
        if answer.aliases:
            return self._aliased(name, zone, case)
        if answer.status is AnswerStatus.OK:
            return Place((yield from self._delegated(name, zone, case, held)))
        missing = Missing(name, dns.rdatatype.DS, answer.status is AnswerStatus.NXDOMAIN)
        proved = case.denials(zone).absence(missing)
        if proved.state is not Dnssec.SECURE:
            return Place(Zone(name, proved.state, proved.reason, zone))
        if proved.cut:
            return Place(Zone(name, Dnssec.INSECURE, f"{shown(name)} is not signed: {shown(zone.name)} has no DS for it", zone))
        return Place(zone, missing.whole)

    def _aliased(self, name: dns.name.Name, zone: Zone, case: Case) -> Place:
        """A name that is an alias is no zone, if that is true."""
        alias = case.alias(name)
        if alias is None:
            return Place(Zone(name, Dnssec.BOGUS, f"the DS of {shown(name)} was answered with aliases of other names", zone))
        verdict = case.present(alias, zone)
        return Place(zone if verdict.state is Dnssec.SECURE else Zone(name, verdict.state, verdict.reason, zone))

    def _delegated(self, name: dns.name.Name, zone: Zone, case: Case, held: dict[Query, Answer]) -> Flow[Zone]:
        signed = case.sets.get((text(name), "DS"))
        if signed is None:
            return Zone(name, Dnssec.BOGUS, f"the DS of {shown(name)} was answered with records of other names", zone)
        checked = verify(signed, zone.name, zone.keys, case.work)
        if checked.signature is None or expanded(signed, checked.signature):
            return Zone(name, Dnssec.BOGUS, checked.reason or f"the {signed} are made from a wildcard", zone)
        ds = [each for each in signed.rdatas if isinstance(each, DS)]
        if (why := unusable(name, ds, self._policy)) is not None:
            return Zone(name, Dnssec.INSECURE, why, zone, tuple(ds))
        return (yield from self._enter(name, zone, ds, case.work, held))

    def _enter(
        self, name: dns.name.Name, above: Zone | None, ds: list[DS], work: Work, held: dict[Query, Answer]
    ) -> Flow[Zone]:
        answer = yield from _look_up(name, "DNSKEY", held)
        if answer.status.failed:
            return Zone(name, Dnssec.INDETERMINATE, _failure(answer), above, tuple(ds))
        return enter(name, above, ds, Case.of(answer, work).sets.get((text(name), "DNSKEY")), work)


def _upwards(name: dns.name.Name) -> Iterator[dns.name.Name]:
    """`name` and all names above it."""
    yield name
    while name != dns.name.root:
        name = name.parent()
        yield name


def _ask_all(names: Iterable[dns.name.Name]) -> Flow[dict[Query, Answer]]:
    wanted = [Query(text(name), type) for name in names for type in ("DS", "DNSKEY") if name != dns.name.root or type != "DS"]
    answers = yield from gather(ask(query.name, query.type) for query in wanted)
    return dict(zip(wanted, answers, strict=True))


def _look_up(name: dns.name.Name, type: str, held: dict[Query, Answer]) -> Flow[Answer]:
    answer = held.get(Query(text(name), type))
    return (yield from ask(text(name), type)) if answer is None else answer


def _failure(answer: Answer) -> str:
    query = answer.query
    why = f"{answer.status}: {answer.reason}" if answer.reason else str(answer.status)
    return f"the {query.type} of {query.name or '.'} could not be looked up ({why})"


def _ds(anchor: Anchor) -> DS:
    data = anchor.key_tag.to_bytes(2, "big") + bytes((anchor.algorithm, anchor.digest_type)) + anchor.digest
    made = dns.rdata.from_wire(IN, dns.rdatatype.DS, data, 0, len(data))
    assert isinstance(made, DS)
    return made
