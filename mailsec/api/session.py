"""What a run is made of: settings that can be pickled, and the session that holds the live parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from mailsec.api.trace import Trace
from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetched, FetchStatus, Flow, Query, Reply, Source, run
from mailsec.core.limits import DNS_TIMEOUT, MAX_ZONE_BYTES
from mailsec.store.files import read, shown

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run looks at the world. `zones` are files that answer alone; `at` is seconds since 1970 UTC, None means now.

    `nameservers` are IP addresses, with a port as in 192.0.2.1:5353; none means the system's. `timeout` is how many seconds
    all questions about one subject may take together. `offline` asks nothing that no zone file answers.
    """

    zones: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    timeout: float = DNS_TIMEOUT
    offline: bool = False
    at: int | None = None


class Session:
    """A context manager around everything that lives as long as a run: the source of answers, and the time.

    The source is made when the first question is asked. Library users may bring their own, which is closed with the session.
    """

    def __init__(self, settings: Settings | None = None, *, source: Source | None = None) -> None:
        self._settings = settings or Settings()
        self._source = source
        self._rearm = _nothing
        self.now = int(time.time()) if self._settings.at is None else self._settings.at  # noqa: TID251 - the one clock
        """The time to judge for, in seconds since 1970 UTC: the same for the whole run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._source is not None:
            self._source.close()

    def run(self, flow: Flow[T], trace: Trace | None = None) -> T:
        """Drive `flow`, one subject's judgement, to its result. What is asked is noted in `trace`.

        Raises BadInput where a zone file cannot be read, UsageError where no name server is known.
        """
        if self._source is None:
            self._source, self._rearm = _source(self._settings)
        self._rearm()
        if trace is None:
            return run(flow, self._source)
        from mailsec.net.trace import TraceSource  # noqa: PLC0415 - only --trace needs it

        tracer = TraceSource(self._source)
        result = run(flow, tracer)
        trace.entries.extend(tracer.entries)
        trace.left_out += tracer.left_out
        return result


# What each kind of source needs is imported when it is chosen: a run from a zone file opens no socket.


def _source(settings: Settings) -> tuple[Source, Callable[[], None]]:
    """The source, and what lets its deadline run anew for the next subject."""
    if settings.zones:
        return _zones(settings.zones), _nothing
    if settings.offline:
        return OfflineSource(), _nothing
    return _live(settings)


def _nothing() -> None:
    """Files have no deadline."""


def _zones(paths: Sequence[str]) -> Source:
    from mailsec.net.zone import load_zones  # noqa: PLC0415

    return load_zones((shown(path), _zone_text(path)) for path in paths)


def _zone_text(path: str) -> str:
    try:
        return read(path, MAX_ZONE_BYTES).decode("utf-8")
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{shown(path)}: octet {error.start} is not UTF-8", hint="write other octets as \\DDD") from None


def _live(settings: Settings) -> tuple[Source, Callable[[], None]]:
    from mailsec.net.cache import CachingSource  # noqa: PLC0415
    from mailsec.net.dns import LiveSource  # noqa: PLC0415
    from mailsec.net.resolvconf import SystemConfig, parse_server, read_resolv_conf  # noqa: PLC0415

    stated = tuple(parse_server(each) for each in settings.nameservers)
    system = SystemConfig(stated) if stated else read_resolv_conf()
    live = LiveSource(system.servers, settings.timeout, attempt=system.attempt, attempts=system.attempts)
    return CachingSource(live, time.monotonic), live.rearm


class OfflineSource:
    """A Source that answers nothing: every name is unrecorded."""

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
