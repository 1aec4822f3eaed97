"""HTTPS requests in parallel over non-blocking sockets, in one thread. See `exchange` for what one request does.

Names are not resolved here: `browse` says where a request may go, and `composite` joins this source with the DNS.
"""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Collection, Generator, Sequence

from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetched, FetchStatus, Query, Reply
from mailsec.core.limits import HTTPS_CONNECT, HTTPS_IN_FLIGHT, HTTPS_TIMEOUT
from mailsec.net.browse import PinnedFetch
from mailsec.net.dns import fileno
from mailsec.net.exchange import Want, exchange
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
        self._selector = selectors.DefaultSelector()
        self._queue: deque[PinnedFetch] = deque()
        self._flying: dict[PinnedFetch, tuple[Generator[Want, None, Fetched], Want]] = {}
        self._done: list[tuple[Ask, Reply]] = []

    def start(self, ask: Ask) -> Reply | None:
        if isinstance(ask, Query):
            return Answer(ask, AnswerStatus.UNRECORDED, reason="this source does not ask the DNS")
        if not isinstance(ask, PinnedFetch):
            return Fetched(ask, FetchStatus.REFUSED, reason="the addresses to connect to are not known")
        try:
            parse(ask.url)
        except UrlProblem as problem:
            return Fetched(ask, FetchStatus.REFUSED, reason=str(problem))
        self._queue.append(ask)
        self._fill()
        return None

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        if self.idle:
            raise RuntimeError("nothing is in flight")
        while not self._done:
            self._turn(self.patience())
        return self._taken()

    @property
    def idle(self) -> bool:
        """True where nothing was asked that is not answered."""
        return not (self._done or self._flying or self._queue)

    def poll(self) -> Sequence[tuple[Ask, Reply]]:
        """The replies that are there by now; does not wait."""
        self._turn(0.0)
        return self._taken()

    def patience(self) -> float | None:
        """Seconds after which `poll` has something to do though `fileno` stays silent; None where nothing is in flight."""
        if self._done:
            return 0.0
        if not self._flying:
            return None
        return max(0.0, min(want.until for _, want in self._flying.values()) - time.monotonic())

    def fileno(self) -> int:
        """A file descriptor that becomes readable when `poll` has something to do."""
        return fileno(self._selector)

    def forget(self, asks: Collection[Ask]) -> None:
        """Give up what of `asks` is in flight: no reply comes."""
        self._queue = deque(each for each in self._queue if each not in asks)
        for fetch in [each for each in self._flying if each in asks]:
            steps, want = self._flying.pop(fetch)
            self._selector.unregister(want.sock)
            steps.close()
        self._fill()

    def close(self) -> None:
        self._queue.clear()
        self.forget(tuple(self._flying))
        self._selector.close()

    def _taken(self) -> Sequence[tuple[Ask, Reply]]:
        done, self._done = self._done, []
        return done

    def _fill(self) -> None:
        while self._queue and len(self._flying) < self._in_flight:
            fetch = self._queue.popleft()
            self._go(fetch, exchange(fetch, self._trust, self._request, self._connect))

    def _turn(self, patience: float | None) -> None:
        """Let everything go on that can, after at most `patience` seconds."""
        if not self._flying:
            return
        for key, _ in self._selector.select(patience):
            self._resume(key.data)
        now = time.monotonic()
        for fetch in [fetch for fetch, (_, want) in self._flying.items() if want.until <= now]:
            self._resume(fetch, TimeoutError("timed out"))
        self._fill()

    def _resume(self, fetch: PinnedFetch, error: TimeoutError | None = None) -> None:
        steps, want = self._flying.pop(fetch)
        self._selector.unregister(want.sock)
        self._go(fetch, steps, error)

    def _go(self, fetch: PinnedFetch, steps: Generator[Want, None, Fetched], error: TimeoutError | None = None) -> None:
        """One step of an exchange: it waits for something, or it is over."""
        try:
            want = next(steps) if error is None else steps.throw(error)
        except StopIteration as done:
            self._done.append((fetch, done.value))
            return
        self._flying[fetch] = steps, want
        self._selector.register(want.sock, want.events, fetch)
