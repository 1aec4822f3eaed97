"""The source of a session's answers, put together as its settings say.

What each kind needs is imported when it is chosen: a run from a zone file opens no socket and loads no TLS.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from mailsec.api.settings import KEY_TYPES, KEYS, TRUST_AD, VALIDATE, Settings
from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, AnswerStatus, Ask, Fetched, FetchStatus, Query, Reply, Source
from mailsec.core.limits.run import MAX_ANSWERS_BYTES, MAX_ZONE_BYTES
from mailsec.store.files import read, shown

if TYPE_CHECKING:
    from mailsec.net.deadline import Deadlines
    from mailsec.net.saving import SavingSource
    from mailsec.net.zone import ZoneSource


@dataclass(slots=True)
class Opened:
    """A source, and what comes with it: the deadlines of a live one, the time of a saved one, where replies are kept."""

    source: Source
    deadlines: Deadlines | None = None
    now: int | None = None
    saving: SavingSource | None = None

    @property
    def networked(self) -> bool:
        """True where the network answers, or did in the run that was saved."""
        return self.deadlines is not None or self.now is not None


def open_source(settings: Settings) -> Opened:
    """What answers under `settings`. Raises BadInput where a file cannot be read, UsageError where no name server is known."""
    opened = _base(settings)
    if settings.overlays:
        from mailsec.net.overlay import OverlaySource

        opened.source = OverlaySource(_zones(settings.overlays), opened.source)
    if settings.save_answers:
        _save(opened)
    return opened


def _base(settings: Settings) -> Opened:
    if settings.zones:
        return Opened(_zones(settings.zones))
    if settings.answers:
        return _saved(settings.answers)
    return Opened(OfflineSource()) if settings.offline else _live(settings)


def _zones(paths: Sequence[str]) -> ZoneSource:
    from mailsec.net.zone import load_zones

    return load_zones((shown(path), _zone_text(path)) for path in paths)


def _zone_text(path: str) -> str:
    try:
        return contents(path, MAX_ZONE_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{shown(path)}: octet {error.start} is not UTF-8", hint="write other octets as \\DDD") from None


def contents(path: str, max_bytes: int) -> bytes:
    """What the file at `path` holds; an error names it."""
    try:
        return read(path, max_bytes)
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


def _saved(path: str) -> Opened:
    from mailsec.net.answers import load

    source, now = load(shown(path), contents(path, MAX_ANSWERS_BYTES))
    return Opened(source, now=now)


def _live(settings: Settings) -> Opened:
    from mailsec.net.cache import CachingSource
    from mailsec.net.composite import CompositeSource
    from mailsec.net.deadline import Deadlines
    from mailsec.net.dns import LiveSource
    from mailsec.net.https import HttpsSource
    from mailsec.net.resolvconf import SystemConfig, parse_server, read_resolv_conf

    stated = tuple(parse_server(each) for each in settings.nameservers)
    system = SystemConfig(stated) if stated else read_resolv_conf()
    validating, keys = settings.dnssec == VALIDATE, settings.dnssec == KEYS
    # Each subject has a deadline of its own, so that the source itself needs none.
    live = LiveSource(
        system.servers,
        inf,
        attempt=system.attempt,
        attempts=system.attempts,
        dnssec_ok=validating,
        checking_disabled=validating,
        validated_types=KEY_TYPES | {"DS", "DNSKEY"} if keys else frozenset(),
        trust_ad=settings.dnssec == TRUST_AD,
    )
    deadlines = Deadlines(settings.timeout, time.monotonic)
    composite = CompositeSource(live, lambda: HttpsSource(ca_file=settings.ca_file or None), deadlines)
    return Opened(CachingSource(composite, time.monotonic), deadlines)


def _save(opened: Opened) -> None:
    from mailsec.net.saving import SavingSource

    opened.saving = SavingSource(opened.source)
    opened.source = opened.saving
    if opened.deadlines is not None:
        opened.deadlines.note = opened.saving.keep


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
