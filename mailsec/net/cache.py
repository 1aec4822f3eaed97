"""A bounded cache over another source (RFC 1035 section 7.4, RFC 2308), which honours the time to live."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from mailsec.core.flow import Answer, AnswerStatus, Ask, Query, Record, Reply, Source
from mailsec.core.limits.network import DNS_CACHE_RRSETS, DNS_CACHE_TTL, DNS_NEGATIVE_TTL


class CachingSource:
    """A Source that remembers the answers that `source` did not have at hand.

    `clock` gives seconds. Absences are kept as long as their SOA says (RFC 2308 section 5) and not at all without one; failures
    are never kept, so the next question asks again. Answers come out as they came in, their TTL not counted down. At most
    `size` answers are kept, and the oldest leave first.
    """

    def __init__(self, source: Source, clock: Callable[[], float], size: int = DNS_CACHE_RRSETS) -> None:
        self._source = source
        self._clock = clock
        self._size = size
        self._held: OrderedDict[Query, tuple[float, Answer]] = OrderedDict()
        self._started: set[Ask] = set()

    def start(self, ask: Ask) -> Reply | None:
        if isinstance(ask, Query) and (held := self._held.get(ask)) is not None:
            if self._clock() < held[0]:
                return held[1]
            del self._held[ask]
        if ask in self._started:
            return None
        reply = self._source.start(ask)
        if reply is None:
            self._started.add(ask)
        return reply

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        replies = self._source.wait()
        for ask, reply in replies:
            self._started.discard(ask)
            if isinstance(ask, Query) and isinstance(reply, Answer) and (seconds := _lifetime(reply)):
                self._keep(ask, self._clock() + seconds, reply)
        return replies

    def close(self) -> None:
        self._held.clear()
        self._source.close()

    def _keep(self, query: Query, until: float, answer: Answer) -> None:
        self._held[query] = until, answer
        self._held.move_to_end(query)
        if len(self._held) > self._size:
            self._held.popitem(last=False)


def _lifetime(answer: Answer) -> int:
    """Seconds that `answer` may be kept."""
    if answer.status is AnswerStatus.OK:
        return min((DNS_CACHE_TTL, *(record.ttl for record in (*answer.records, *answer.aliases))))
    if not answer.status.absent:
        return 0
    times = [min(record.ttl, _minimum(record)) for record in answer.proof if record.type == "SOA"]
    return min(DNS_NEGATIVE_TTL, *times, *(alias.ttl for alias in answer.aliases)) if times else 0


def _minimum(soa: Record) -> int:
    return int.from_bytes(soa.rdata[-4:], "big")
