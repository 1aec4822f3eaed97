"""One source out of two: the DNS answers a `Query`, the web a `PinnedFetch`, and neither waits for the other.

Both lie over a selector of their own, and a selector has a file descriptor that becomes readable when one of its sockets is
ready (epoll and kqueue): this source waits for those two, at most until the next of their timers or of the domains' deadlines.
"""

from __future__ import annotations

import selectors
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from mailsec.core.flow import Ask, Query, Reply, Source
from mailsec.net.deadline import Deadlines


class Pollable(Source, Protocol):
    """A Source that can be waited for beside others (LiveSource, HttpsSource)."""

    @property
    def idle(self) -> bool:
        """True where nothing was asked that is not answered."""

    def poll(self) -> Sequence[tuple[Ask, Reply]]:
        """The replies that are there by now; does not wait."""

    def patience(self) -> float | None:
        """Seconds after which `poll` has something to do though `fileno` stays silent; None where nothing is in flight."""

    def fileno(self) -> int:
        """A file descriptor that becomes readable when `poll` has something to do."""

    def forget(self, asks: Collection[Ask]) -> None:
        """Give up what of `asks` is in flight: no reply comes."""


class CompositeSource:
    """A Source over `dns` and the web, which is opened by `web` when the first request comes. `deadlines`: see there.

    Not for more than one thread. It owns both sources.
    """

    def __init__(self, dns: Pollable, web: Callable[[], Pollable], deadlines: Deadlines | None = None) -> None:
        self._open_web = web
        self._web: Pollable | None = None
        self._dns = dns
        self._sources: list[Pollable] = []
        self._deadlines = deadlines
        self._selector = selectors.DefaultSelector()
        self._flying: set[Ask] = set()
        self._cut: set[Ask] = set()
        self._add(dns)

    def _add(self, source: Pollable) -> None:
        self._sources.append(source)
        self._selector.register(source.fileno(), selectors.EVENT_READ)

    def start(self, ask: Ask) -> Reply | None:
        if ask in self._flying:
            # Cut for one domain, asked again by another: it is still on its way.
            self._cut.discard(ask)
            return None
        if isinstance(ask, Query):
            reply = self._dns.start(ask)
        else:
            if self._web is None:
                self._web = self._open_web()
                self._add(self._web)
            reply = self._web.start(ask)
        if reply is None:
            self._flying.add(ask)
        return reply

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        self._forget()
        if not self._flying:
            raise RuntimeError("nothing is in flight")
        while True:
            replies = [reply for source in self._sources for reply in source.poll()]
            self._flying.difference_update(ask for ask, _ in replies)
            # Each time, because the others' replies may come without a pause.
            late = [] if self._deadlines is None else self._deadlines.cut()
            self._cut.update(ask for ask, _ in late if ask in self._flying)
            if replies or late:
                return [*replies, *late]
            self._selector.select(self._patience())

    def close(self) -> None:
        for source in self._sources:
            source.close()
        self._selector.close()

    def _patience(self) -> float | None:
        """Seconds until something has to be done though nothing arrives."""
        times = [source.patience() for source in self._sources]
        if self._deadlines is not None:
            times.append(self._deadlines.patience())
        return min((each for each in times if each is not None), default=None)

    def _forget(self) -> None:
        """Give up what was cut and is not asked again: nobody waits for it any more."""
        if self._cut:
            for source in self._sources:
                source.forget(self._cut)
            self._flying -= self._cut
            self._cut = set()
