"""What was asked and what came back, in order, for `--trace`."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.core.flow import Ask, Reply, Source
from mailsec.core.limits.network import DNS_TRACE


class TraceSource:
    """A Source that notes in `entries` what goes through it to `source`, each reply when it arrives.

    Beyond `size` entries it only counts them, in `left_out`.
    """

    def __init__(self, source: Source, size: int = DNS_TRACE) -> None:
        self._source = source
        self._size = size
        self.entries: list[tuple[Ask, Reply]] = []
        self.left_out = 0

    def start(self, ask: Ask) -> Reply | None:
        reply = self._source.start(ask)
        if reply is not None:
            self._note(ask, reply)
        return reply

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        replies = self._source.wait()
        for ask, reply in replies:
            self._note(ask, reply)
        return replies

    def close(self) -> None:
        self._source.close()

    def _note(self, ask: Ask, reply: Reply) -> None:
        if len(self.entries) < self._size:
            self.entries.append((ask, reply))
        else:
            self.left_out += 1
