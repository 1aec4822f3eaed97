"""HTTPS requests in parallel over non-blocking sockets, in one thread. See `exchange` for what one request does.

Names are not resolved here: `browse` says where a request may go, and `composite` joins this source with the DNS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetched, FetchStatus, Query, Reply
from mailsec.core.limits.network import HTTPS_CONNECT, HTTPS_IN_FLIGHT, HTTPS_TIMEOUT
from mailsec.net.browse import PinnedFetch, plain_too
from mailsec.net.exchange import exchange
from mailsec.net.steps import Loop
from mailsec.net.tls import Trust
from mailsec.net.url import UrlProblem, parse


class HttpsSource:
    """A Source that answers `PinnedFetch`. Not for more than one thread.

    A request has `request` seconds from its connection to its last octet, and each of its addresses `connect` seconds;
    `in_flight` requests are under way at once, the others queue. `ca_file` names roots (PEM) in place of the system's.
    A reply of whatever code is *ok*; *failed* is what was judged and does not work (a certificate, HTTP that is none, a
    connection refused), *timeout* is silence, *refused* is what mailsec does not ask for.
    """

    def __init__(
        self,
        *,
        request: float = HTTPS_TIMEOUT,
        connect: float = HTTPS_CONNECT,
        in_flight: int = HTTPS_IN_FLIGHT,
        ca_file: str | None = None,
    ) -> None:
        self._request, self._connect, self._in_flight = request, connect, in_flight
        self._trust = Trust(ca_file)
        self._queue: deque[PinnedFetch] = deque()
        self._loop: Loop[PinnedFetch, Fetched] = Loop()

    def start(self, ask: Ask) -> Reply | None:
        if isinstance(ask, Query):
            return Answer(ask, AnswerStatus.UNRECORDED, reason="this source does not ask the DNS")
        if not isinstance(ask, PinnedFetch):
            return Fetched(ask, FetchStatus.REFUSED, reason="the addresses to connect to are not known")
        try:
            parse(ask.url, plain=plain_too(ask))
        except UrlProblem as problem:
            return Fetched(ask, FetchStatus.REFUSED, reason=str(problem))
        self._queue.append(ask)
        self._fill()
        return None

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        if self.idle:
            raise RuntimeError("nothing is in flight")
        done: Sequence[tuple[Ask, Reply]] = ()
        while not done:
            done = self._turn(self.patience())
        return done

    @property
    def idle(self) -> bool:
        """True where nothing was asked that is not answered."""
        return self._loop.idle and not self._queue

    def poll(self) -> Sequence[tuple[Ask, Reply]]:
        """The replies that are there by now; does not wait."""
        return self._turn(0.0)

    def patience(self) -> float | None:
        """Seconds after which `poll` has something to do though `fileno` stays silent; None where nothing is in flight."""
        return self._loop.patience()

    def fileno(self) -> int:
        """A file descriptor that becomes readable when `poll` has something to do."""
        return self._loop.fileno()

    def forget(self, asks: Collection[Ask]) -> None:
        """Give up what of `asks` is in flight: no reply comes."""
        self._queue = deque(each for each in self._queue if each not in asks)
        for fetch in [each for each in self._loop.keys if each in asks]:
            self._loop.forget(fetch)
        self._fill()

    def close(self) -> None:
        self._queue.clear()
        self._loop.close()

    def _turn(self, patience: float | None) -> Sequence[tuple[Ask, Reply]]:
        """Let everything go on that can, after at most `patience` seconds; what has ended."""
        self._loop.turn(patience)
        self._fill()
        return self._loop.taken()

    def _fill(self) -> None:
        while self._queue and len(self._loop) < self._in_flight:
            fetch = self._queue.popleft()
            self._loop.go(fetch, exchange(fetch, self._trust, self._request, self._connect))
