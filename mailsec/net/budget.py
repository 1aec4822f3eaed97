"""How many questions one domain may cost."""

from __future__ import annotations

from typing import TypeVar

from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetched, FetchStatus, Flow, Query, Reply, through
from mailsec.core.limits.run import DOMAIN_QUESTIONS

T = TypeVar("T")


class Budget:
    """A transformer of flows that lets `limit` different questions and requests through, and refuses the others.

    What is refused is *could not be judged*, never an absence. Asking again for the same is free.
    """

    def __init__(self, limit: int = DOMAIN_QUESTIONS) -> None:
        self.limit = limit
        self.refused = 0
        self._asked: set[Ask] = set()

    @property
    def spent(self) -> int:
        """Different asks so far."""
        return len(self._asked)

    def handle(self, ask: Ask) -> Flow[Reply]:
        """The reply to `ask`, or the refusal."""
        if ask not in self._asked:
            if len(self._asked) >= self.limit:
                self.refused += 1
                return _refusal(ask, f"not asked: the query budget of {self.limit} is spent")
            self._asked.add(ask)
        reply: Reply = yield ask
        return reply


def _refusal(ask: Ask, reason: str) -> Reply:
    if isinstance(ask, Query):
        return Answer(ask, AnswerStatus.REFUSED, reason=reason)
    return Fetched(ask, FetchStatus.REFUSED, reason=reason)


def bounded(flow: Flow[T], limit: int = DOMAIN_QUESTIONS) -> Flow[T]:
    """`flow`, one domain's judgement, with a budget of its own."""
    return through(flow, Budget(limit).handle)
