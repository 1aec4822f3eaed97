"""Answers from zone files, without a network (`--zone`). See `zonefile` and `zonejson` for the two forms.

The zones that were loaded are the whole world that is known: in them, what is not there does not exist; a name in none of them
is *unrecorded*, which never means absent. Records of names that are in no zone are answered, and nothing more is known of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mailsec.core.domains import parent
from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetched, FetchStatus, Query, Record, Reply
from mailsec.core.limits.network import DNS_CACHE_RRSETS, MAX_CNAMES
from mailsec.core.limits.run import MAX_ZONE_BYTES
from mailsec.core.rdata import name
from mailsec.net import zonefile
from mailsec.net.names import MAX_WIRE_NAME, NameProblem, canonical, encode, type_number, type_text
from mailsec.net.zonedata import ANY, BESIDE_CNAME, Node, ZoneData, shown


def load_zones(texts: Iterable[tuple[str, str]]) -> ZoneSource:
    """A source over (file name, text) pairs, master files or JSON (told by the first character); they add up to one world.

    Raises BadInput, with the file, the line and a hint.
    """
    data = ZoneData()
    for file, text in texts:
        if len(text) > MAX_ZONE_BYTES:
            raise BadInput(f"{file}: larger than {MAX_ZONE_BYTES} octets", hint="Keep only the names that the run asks for.")
        if text[:64].lstrip("\ufeff \t\r\n").startswith("{"):
            from mailsec.net import zonejson  # noqa: PLC0415 - a master file needs no json

            zonejson.parse(file, text.removeprefix("\ufeff"), data)
        else:
            zonefile.parse(file, text.removeprefix("\ufeff"), data)
    return ZoneSource(data)


class ZoneSource:
    """A Source that answers at once: wildcards (RFC 4592), empty non-terminals, CNAME and DNAME (RFC 6672) as a server would.

    What lies beyond a delegation is *unrecorded*, unless the files have it.
    """

    def __init__(self, data: ZoneData) -> None:
        self._nodes: Mapping[str, Node] = data.nodes
        self._apexes = frozenset(data.apexes)
        self._answers: dict[str, dict[str, Answer]] = {}
        self._reversed: list[str] | None = None

    def start(self, ask: Ask) -> Reply | None:
        if not isinstance(ask, Query):
            return Fetched(ask, FetchStatus.UNRECORDED, reason="a zone file holds no web pages")
        types = self._answers.get(ask.name)
        if types is not None and (answer := types.get(ask.type)) is not None:
            return answer
        return self._first(ask)

    def has(self, owner: str, type: str) -> bool:
        """True where the files have, at `owner` itself, what answers for `type`: its records, a CNAME or a stated answer."""
        node = self._nodes.get(owner, {})
        return type in node or ANY in node or ("CNAME" in node and type not in BESIDE_CNAME)

    def exists(self, owner: str) -> bool:
        """True where the files have anything at `owner` or below it."""
        return owner in self._nodes or self._has_below(owner)

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        raise RuntimeError("a zone source has nothing in flight")

    def close(self) -> None:
        pass

    def _first(self, query: Query) -> Answer:
        """The answer to a question that was not asked before; remembered as far as memory stays bounded."""
        try:
            owner, type = canonical(query.name), type_text(type_number(query.type))
        except NameProblem as problem:
            return Answer(query, AnswerStatus.SERVFAIL, reason=f"cannot be asked: {problem}")
        answer = self._answer(query, owner, type)
        if query.name in self._nodes or len(self._answers) < DNS_CACHE_RRSETS:
            self._answers.setdefault(query.name, {})[query.type] = answer
        return answer

    def _answer(self, query: Query, owner: str, type: str) -> Answer:
        aliases: list[Record] = []
        seen = {owner}
        while True:
            found = self._find(query, owner, type)
            if isinstance(found, Answer):
                return replace(found, aliases=tuple(aliases)) if aliases else found
            aliases.append(found)
            owner = name(found.rdata)
            reason = f"a CNAME loop at {owner}" if owner in seen else f"more than {MAX_CNAMES} aliases"
            if owner in seen or len(aliases) > MAX_CNAMES:
                return Answer(query, AnswerStatus.SERVFAIL, aliases=tuple(aliases), reason=reason)
            seen.add(owner)

    def _find(self, query: Query, owner: str, type: str) -> Answer | Record:
        """The answer for `owner`, or the CNAME to follow."""
        node = self._nodes.get(owner)
        if node is not None and (found := _at(node, query, owner, type)) is not None:
            return found
        apex = self._apex(owner)
        if (beyond := self._beyond(query, owner, apex, type)) is not None:
            return beyond
        if node is not None or self._has_below(owner):
            return self._absent(query, owner, type, apex, AnswerStatus.NODATA)
        return self._synthesized(query, owner, type, apex) or self._absent(query, owner, type, apex, AnswerStatus.NXDOMAIN)

    def _beyond(self, query: Query, owner: str, apex: str | None, type: str) -> Answer | Record | None:
        """What a delegation or a DNAME on the way down to `owner` says."""
        if (cut := self._cut(owner, apex, type)) is not None:
            return _unrecorded(query, f"{shown(owner)} is delegated at {cut}, and that zone is not loaded")
        found = (_dname(self._nodes.get(above, {}), query, owner, above) for above in _above(owner, apex))
        return next((each for each in found if each is not None), None)

    def _synthesized(self, query: Query, owner: str, type: str, apex: str | None) -> Answer | Record | None:
        """What the closest encloser says of `owner`, which does not exist itself (RFC 4592 section 3.3.1, RFC 8020)."""
        encloser = next((above for above in _above(owner, apex) if above in self._nodes or self._has_below(above)), None)
        if encloser is None:
            return None
        if self._nodes.get(encloser, {}).get(ANY) is AnswerStatus.NXDOMAIN:
            return Answer(query, AnswerStatus.NXDOMAIN, reason=f"the zone file states NXDOMAIN for {shown(encloser)}")
        wildcard = self._nodes.get(f"*.{encloser}" if encloser else "*")
        if wildcard is None:
            return None
        return _at(wildcard, query, owner, type) or self._absent(query, owner, type, apex, AnswerStatus.NODATA)

    def _apex(self, owner: str) -> str | None:
        """The zone that `owner` is in."""
        if owner in self._apexes:
            return owner
        return next((above for above in _above(owner, None) if above in self._apexes), None)

    def _cut(self, owner: str, apex: str | None, type: str) -> str | None:
        """The delegation below `apex` that `owner` is at or below. DS belongs to the side above (RFC 4035 section 3.1.4.1)."""
        if apex is None or owner == apex:
            return None
        names = _above(owner, apex) if type == "DS" else (owner, *_above(owner, apex))
        return next((each for each in names if each != apex and isinstance(self._nodes.get(each, {}).get("NS"), dict)), None)

    def _has_below(self, owner: str) -> bool:
        """True where a name of the files is below `owner`: an empty non-terminal (RFC 4592 section 2.2.2) exists."""
        if self._reversed is None:
            # Written backwards and sorted, all names below one stand together.
            self._reversed = sorted(each[::-1] for each in self._nodes)
        start = owner[::-1] + "." if owner else ""
        at = bisect_left(self._reversed, start)
        return at < len(self._reversed) and self._reversed[at].startswith(start)

    def _absent(self, query: Query, owner: str, type: str, apex: str | None, status: AnswerStatus) -> Answer:
        """That `owner` has no records of `type`, as far as that is known."""
        if apex is None:
            if owner in self._nodes:
                return _unrecorded(query, f"{shown(owner)} is recorded, but not its {type} records")
            return _unrecorded(query, f"{shown(owner)} is in no zone that was loaded")
        node = self._nodes[apex]
        soa = node.get("SOA")
        if owner == apex and type in ("SOA", "NS") and soa is None:
            return _unrecorded(query, f"zone {shown(apex)} was loaded without its {type} records")
        proof = (*soa.values(), *_signatures(node, "SOA", apex)) if isinstance(soa, dict) else ()
        reason = f"no {type} records" if status is AnswerStatus.NODATA else "no such name"
        return Answer(query, status, proof=proof, reason=f"{shown(owner)}: {reason} in zone {shown(apex)}")


def _above(owner: str, apex: str | None) -> Iterator[str]:
    """The names above `owner`, nearest first, up to `apex` (or the root)."""
    while owner and owner != apex:
        owner = parent(owner)
        yield owner


def _at(node: Node, query: Query, owner: str, type: str) -> Answer | Record | None:
    """What `node` says as the node of `owner`: an answer, a CNAME to follow, or nothing about this type."""
    held = node.get(type)
    if held is None and type not in BESIDE_CNAME and isinstance(alias := node.get("CNAME"), dict):
        return _owned(alias.values(), owner)[0]
    if held is None:
        held = node.get(ANY)
    if held is None:
        return None
    if isinstance(held, AnswerStatus):
        return Answer(query, held, reason=f"the zone file states {held.name} for {shown(owner)}")
    return Answer(query, AnswerStatus.OK, _owned(held.values(), owner), proof=_signatures(node, type, owner))


def _owned(records: Iterable[Record], owner: str) -> tuple[Record, ...]:
    """`records` as records of `owner`, whom a wildcard may have given them to."""
    return tuple(record if record.owner == owner else replace(record, owner=owner) for record in records)


def _signatures(node: Node, type: str, owner: str) -> tuple[Record, ...]:
    """The RRSIG records of `node` that cover `type`."""
    held = node.get("RRSIG")
    if not isinstance(held, dict):
        return ()
    covered = type_number(type).to_bytes(2, "big")
    return _owned((record for record in held.values() if record.rdata[:2] == covered), owner)


def _dname(node: Node, query: Query, owner: str, above: str) -> Answer | Record | None:
    """The CNAME that a DNAME at `above` makes for `owner` (RFC 6672 section 2.2), or why there is none."""
    held = node.get("DNAME")
    if not isinstance(held, dict):
        return None
    (dname,) = held.values()
    wire = encode(owner.removesuffix(above).removesuffix("."))[:-1] + dname.rdata
    if len(wire) > MAX_WIRE_NAME:
        return Answer(query, AnswerStatus.SERVFAIL, reason=f"the DNAME of {shown(above)} makes a name that is too long")
    return Record(owner, "CNAME", dname.ttl, wire)


def _unrecorded(query: Query, reason: str) -> Answer:
    return Answer(query, AnswerStatus.UNRECORDED, reason=reason)
