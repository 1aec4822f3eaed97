"""`--timeout` for the whole of one domain, many domains side by side.

`Deadlines.within(flow)` is the flow of one domain with its time running from its first question on. Whatever it waits for when
its time is over is answered *timeout*, and whatever it asks later as well, at once and without asking. A question that several
domains wait for is cut for all of them together, because the driver asks it once; those who still have time ask again, and
since the source still has it in flight (`composite` keeps it for them), nothing is lost.

The source must know the deadlines, because only it can stop waiting: `CompositeSource(…, deadlines=deadlines)`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetched, FetchStatus, Flow, Query, Reply, through
from mailsec.core.limits.run import RUN_WINDOW

T = TypeVar("T")

_CUT = "no reply before the deadline of the domain"
_LATE = "not asked: the deadline of the domain has passed"


def timed_out(ask: Ask, reason: str) -> Reply:
    """The reply to what there was no time for."""
    if isinstance(ask, Query):
        return Answer(ask, AnswerStatus.TIMEOUT, reason=reason)
    return Fetched(ask, FetchStatus.TIMEOUT, reason=reason)


def is_cut(reply: Reply) -> bool:
    """True where `reply` says that somebody's time was over, and nothing of the question."""
    return reply.reason in (_CUT, _LATE) and reply.status in (AnswerStatus.TIMEOUT, FetchStatus.TIMEOUT)


@dataclass(slots=True, eq=False)
class _Domain:
    """One flow: when its time is over, what it waits for, and whether it has ended."""

    until: float
    waiting: dict[Ask, int] = field(default_factory=dict)
    over: bool = False


class Deadlines:
    """Each flow has `seconds` by `clock` (seconds, monotonic). `note`, where set, is told each *timeout* a flow gets from here.

    All flows of one source are under one of these, or none is.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.note: Callable[[Ask, Reply], None] | None = None
        self._seconds = seconds
        self._clock = clock
        # All have equally long, so the first to begin is the first to end.
        self._domains: deque[_Domain] = deque()

    def within(self, flow: Flow[T]) -> Flow[T]:
        """`flow`, with its time running from its first question on. The outermost transformer of a domain's flow."""
        domains: list[_Domain] = []
        try:
            return (yield from through(flow, partial(self._handle, domains)))
        finally:
            for domain in domains:
                domain.over = True

    def _handle(self, domains: list[_Domain], ask: Ask) -> Flow[Reply]:
        if not domains:
            domains.append(_Domain(self._clock() + self._seconds))
            self._domains.append(domains[0])
        domain, reply = domains[0], timed_out(ask, _LATE)
        # Whoever else waits for the same question and began earlier may cut it once: a window full of domains, no more.
        for _ in range(RUN_WINDOW):
            if self._clock() >= domain.until:
                break
            reply = yield from _waited(domain, ask)
            if not is_cut(reply):
                return reply
        if self.note is not None:
            self.note(ask, reply)
        return reply

    # --- for the source

    def patience(self) -> float | None:
        """Seconds until the next deadline; None where no flow has one."""
        while self._domains and self._domains[0].over:
            self._domains.popleft()
        return max(0.0, self._domains[0].until - self._clock()) if self._domains else None

    def cut(self) -> list[tuple[Ask, Reply]]:
        """Replies for what the domains wait for whose time is over."""
        now = self._clock()
        asks: dict[Ask, None] = {}
        while self._domains and (self._domains[0].over or self._domains[0].until <= now):
            asks.update(dict.fromkeys(self._domains.popleft().waiting))
        return [(ask, timed_out(ask, _CUT)) for ask in asks]


def _waited(domain: _Domain, ask: Ask) -> Flow[Reply]:
    domain.waiting[ask] = domain.waiting.get(ask, 0) + 1
    try:
        reply: Reply = yield ask
    finally:
        domain.waiting[ask] -= 1
        if not domain.waiting[ask]:
            del domain.waiting[ask]
    return reply
