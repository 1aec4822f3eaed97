"""What a run is made of: settings that can be pickled, and the session that holds the live parts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetched, FetchStatus, Flow, Query, Reply, Source, run
from mailsec.core.limits import DNS_TIMEOUT

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run looks at the world. `zones` are files that answer alone; `at` is seconds since 1970 UTC, None means now.

    `timeout` is the deadline in seconds for each subject's questions. `offline` asks nothing that no zone file answers.
    """

    zones: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    timeout: float = DNS_TIMEOUT
    offline: bool = False
    at: int | None = None


class OfflineSource:
    """Answers nothing: every name is unrecorded."""

    def start(self, ask: Ask) -> Reply | None:
        """Say that nothing was asked."""
        if isinstance(ask, Query):
            return Answer(ask, AnswerStatus.UNRECORDED, reason="offline: not asked")
        return Fetched(ask, FetchStatus.UNRECORDED, reason="offline: not asked")

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        """Nothing is ever in flight."""
        return ()

    def close(self) -> None:
        """Nothing is held."""
