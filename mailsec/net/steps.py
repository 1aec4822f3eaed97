"""Work that waits for sockets, as generators, and the loop that drives many of them side by side in one thread."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Generator, Hashable
from math import inf
from typing import Generic, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

_LONGEST = 86_400.0
"""Seconds that a selector is asked to wait at once; what is to come later is waited for again."""
_ONGOING = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


class Want(NamedTuple):
    """What somebody waits for: `events` at `sock`, or TimeoutError thrown into it at `until` (monotonic seconds).

    No `sock`: nothing but time.
    """

    sock: socket.socket | None
    events: int
    until: float


Steps: TypeAlias = Generator[Want, None, T]


def reached(sock: socket.socket, address: object, until: float) -> Steps[None]:
    """Connect `sock` to `address`; it is closed where that fails. Raises OSError."""
    try:
        sock.setblocking(False)
        code = sock.connect_ex(address)  # type: ignore[arg-type] # each family has a form of its own
        if code in _ONGOING:
            yield Want(sock, selectors.EVENT_WRITE, until)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        sock.close()
        raise


def system_words(error: OSError) -> str:
    """What an error of the system means, in words."""
    return (error.strerror or str(error)).lower()


def fileno(selector: selectors.BaseSelector) -> int:
    """The file descriptor of a selector, which another selector can wait for: readable when one of its own is ready."""
    number: int = getattr(selector, "fileno")()  # noqa: B009 - epoll and kqueue have it, their common base does not
    return number


class Loop(Generic[K, T]):
    """Drives steps, each known by a key, as far as they can go. Not for more than one thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._flying: dict[K, tuple[Steps[T], Want]] = {}
        self._done: list[tuple[K, T]] = []

    def __len__(self) -> int:
        return len(self._flying)

    def __contains__(self, key: K) -> bool:
        return key in self._flying

    @property
    def keys(self) -> tuple[K, ...]:
        """Those that are under way."""
        return tuple(self._flying)

    @property
    def idle(self) -> bool:
        """True where nothing is under way and no result waits to be taken."""
        return not (self._flying or self._done)

    def go(self, key: K, steps: Steps[T], error: TimeoutError | None = None) -> None:
        """One step: it waits for something, or it is over."""
        try:
            want = next(steps) if error is None else steps.throw(error)
        except StopIteration as done:
            self._done.append((key, done.value))
            return
        self._flying[key] = steps, want
        if want.sock is not None:
            self._selector.register(want.sock, want.events, key)

    def turn(self, patience: float | None) -> None:
        """Let everything go on that can, after at most `patience` seconds (None: however long it takes)."""
        if not self._flying:
            return
        ready = [key.data for key, _ in self._selector.select(patience)]
        now = time.monotonic()
        late = {key for key, (_, want) in self._flying.items() if want.until <= now}
        for key in ready:
            if key not in late:
                self._resume(key, None)
        for key in late:
            self._resume(key, TimeoutError("timed out"))

    def patience(self) -> float | None:
        """Seconds after which `turn` has something to do though no socket stirs; None where nothing is under way."""
        if self._done:
            return 0.0
        if not self._flying:
            return None
        until = min(want.until for _, want in self._flying.values())
        return None if until == inf else max(0.0, min(until - time.monotonic(), _LONGEST))

    def taken(self) -> list[tuple[K, T]]:
        """What has ended since the last time."""
        done, self._done = self._done, []
        return done

    def fileno(self) -> int:
        """A file descriptor that becomes readable when a socket stirs."""
        return fileno(self._selector)

    def forget(self, key: K) -> None:
        """Give up what is under way as `key`."""
        steps, want = self._flying.pop(key)
        self._unregister(want)
        steps.close()

    def close(self) -> None:
        """Give up everything."""
        for key in self.keys:
            self.forget(key)
        self._selector.close()

    def _resume(self, key: K, error: TimeoutError | None) -> None:
        steps, want = self._flying.pop(key)
        self._unregister(want)
        self.go(key, steps, error)

    def _unregister(self, want: Want) -> None:
        if want.sock is not None:
            self._selector.unregister(want.sock)
