"""Records judged before they are published (`--overlay`): some answers come from a zone file, all others from another source.

What the overlay states replaces one RRset, the records of one type at one name; the other types of that name, and all other
names, are as the other source says. A CNAME in the overlay replaces all types of its name, as it would in the DNS. A wildcard
in the overlay answers for the names that the other source says do not exist; a name of the overlay exists. An SOA record or a
list of zones in the overlay makes nothing absent: an overlay adds and replaces. To take an RRset away, state its absence:
`$ANSWER name type NODATA`.

Aliases are followed from either source into the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from mailsec.core.flow import Answer, AnswerStatus, Ask, Query, Record, Reply, Source
from mailsec.core.limits.network import MAX_CNAMES
from mailsec.core.rdata import name
from mailsec.net.zone import ZoneSource

REASON = "answered by the overlay"
"""The `reason` of a good answer that the overlay gave, wholly or where its aliases led."""


@dataclass(frozen=True, slots=True)
class _Trail:
    """How far a question has come: the aliases behind it, and whether the overlay gave one of them."""

    query: Query
    aliases: tuple[Record, ...] = ()
    overlaid: bool = False


class OverlaySource:
    """A Source that answers what `first` has from it alone, and asks `then` for everything else. It owns both."""

    def __init__(self, first: ZoneSource, then: Source) -> None:
        self._first = first
        self._then = then
        self._pending: dict[Query, dict[Query, _Trail]] = {}

    def start(self, ask: Ask) -> Reply | None:
        return self._go(_Trail(ask), ask.name) if isinstance(ask, Query) else self._then.start(ask)

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        found: list[tuple[Ask, Reply]] = []
        while not found:
            for ask, reply in self._then.wait():
                trails = self._pending.pop(ask, None) if isinstance(ask, Query) else None
                if trails is None or not isinstance(reply, Answer):
                    found.append((ask, reply))
                    continue
                answers = ((trail.query, self._told(trail, reply)) for trail in trails.values())
                found += ((query, answer) for query, answer in answers if answer is not None)
        return found

    def close(self) -> None:
        self._first.close()
        self._then.close()

    def _go(self, trail: _Trail, owner: str) -> Answer | None:
        """The answer to the question, which has come to `owner`; None where `then` has to be waited for."""
        type = trail.query.type
        if self._first.has(owner, type):
            return self._overlaid(trail, self._ask_first(Query(owner, type)))
        below = Query(owner, type)
        waiting = self._pending.get(below)
        if waiting is None:
            reply = self._then.start(below)
            if isinstance(reply, Answer):
                return self._told(trail, reply)
            waiting = self._pending[below] = {}
        waiting[trail.query] = trail
        return None

    def _ask_first(self, query: Query) -> Answer:
        return cast(Answer, self._first.start(query))  # a zone has every answer at hand

    def _overlaid(self, trail: _Trail, local: Answer) -> Answer | None:
        """What the overlay says, `local`. Of its aliases only the first counts: the next name may be the other source's."""
        if local.aliases:
            return self._follow(replace(trail, overlaid=True), local.aliases[:1])
        reason = REASON if local.status is AnswerStatus.OK else local.reason
        return replace(local, query=trail.query, aliases=trail.aliases, reason=reason)

    def _told(self, trail: _Trail, reply: Answer) -> Answer | None:
        """What `reply`, of the other source, means for the question."""
        type = trail.query.type
        for count, alias in enumerate(reply.aliases, 1):
            if self._first.has(name(alias.rdata), type):
                return self._follow(trail, reply.aliases[:count])
        owner = name(reply.aliases[-1].rdata) if reply.aliases else reply.query.name
        if reply.status is AnswerStatus.NXDOMAIN:
            # The zone file's own rules say which wildcard, if any, is the one.
            local = self._ask_first(Query(owner, type))
            if local.aliases or local.status not in (AnswerStatus.UNRECORDED, AnswerStatus.NXDOMAIN):
                return self._overlaid(replace(trail, aliases=(*trail.aliases, *reply.aliases)), local)
            if self._first.exists(owner):
                reply = replace(
                    reply, status=AnswerStatus.NODATA, reason=f"{owner} exists by the overlay, without {type} records"
                )
        reason = REASON if trail.overlaid and reply.status is AnswerStatus.OK else reply.reason
        return replace(reply, query=trail.query, aliases=(*trail.aliases, *reply.aliases), reason=reason)

    def _follow(self, trail: _Trail, aliases: tuple[Record, ...]) -> Answer | None:
        """The answer for where `aliases` lead."""
        known = (*trail.aliases, *aliases)
        owner = name(known[-1].rdata)
        if owner in {alias.owner for alias in known}:
            return Answer(trail.query, AnswerStatus.SERVFAIL, aliases=known, reason=f"a CNAME loop at {owner}")
        if len(known) > MAX_CNAMES:
            return Answer(trail.query, AnswerStatus.SERVFAIL, aliases=known, reason=f"more than {MAX_CNAMES} aliases")
        return self._go(replace(trail, aliases=known), owner)
