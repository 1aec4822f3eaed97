"""What lives as long as a run: the source of answers, the validator, and the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from mailsec.api.settings import KEY_TYPES, KEYS, OFF, TRUST_AD, VALIDATE, Settings, clock
from mailsec.api.sources import OfflineSource, Opened, contents, open_source
from mailsec.api.trace import Trace
from mailsec.core.errors import BadInput
from mailsec.core.flow import (
    Answer,
    AnswerStatus,
    Ask,
    Dnssec,
    Flow,
    Query,
    Reply,
    Source,
    pass_on,
    run_many,
    through,
    unfetched,
)
from mailsec.core.limits.network import TRUST_ANCHOR_BYTES
from mailsec.core.limits.run import RUN_WINDOW
from mailsec.store.files import shown, write

if TYPE_CHECKING:
    from types import TracebackType

    from mailsec.trust.dnssec.anchors import Anchors
    from mailsec.trust.dnssec.validator import Validator

__all__ = ["KEYS", "OFF", "TRUST_AD", "VALIDATE", "OfflineSource", "Session", "Settings"]

T = TypeVar("T")


def _anchors(path: str) -> Anchors:
    from mailsec.trust.dnssec.anchors import load

    try:
        return load(contents(path, TRUST_ANCHOR_BYTES).decode("utf-8", "replace"))
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


class Session:
    """A context manager around everything that lives as long as a run.

    The source is made when the first question is asked. Library users may bring their own, which is closed with the session.
    """

    def __init__(self, settings: Settings | None = None, *, source: Source | None = None) -> None:
        self.settings = settings or Settings()
        self._opened = Opened(source) if source is not None else None
        self._started = clock()
        stated = self.settings
        self.repeatable = source is not None or bool(stated.zones or stated.answers or stated.save_answers)
        """True where nothing but the files of the run may count, as it repeats one, or is to be repeated."""

    @cached_property
    def now(self) -> int:
        """The time to judge for, in seconds since 1970 UTC: the same for the whole run."""
        if self.settings.at is not None:
            return self.settings.at
        saved = self._open().now if self.settings.answers else None
        return self._started if saved is None else saved

    @cached_property
    def validator(self) -> Validator | None:
        """What judges answers by DNSSEC, None where the settings do not ask for it. Raises BadInput for bad trust anchors."""
        if self.settings.dnssec not in (VALIDATE, KEYS):
            return None
        from mailsec.trust.dnssec.anchors import IANA  # the cryptography is not needed before
        from mailsec.trust.dnssec.validator import Validator

        anchors = _anchors(self.settings.anchors) if self.settings.anchors else IANA
        return Validator(anchors, now=self.now, allow_sha1=self.settings.allow_sha1)

    @property
    def vouches(self) -> bool:
        """True where answers about keys can be secure: nothing else makes it worth while to ask for them."""
        return self.settings.dnssec != OFF

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        opened = self._opened
        if opened is None:
            return
        opened.source.close()
        if opened.saving is not None and error is None:
            write(self.settings.save_answers, opened.saving.dump(self.now), self._inputs())

    @property
    def left_out(self) -> int:
        """How many answers were too many to be saved."""
        return self._opened.saving.left_out if self._opened is not None and self._opened.saving is not None else 0

    def _inputs(self) -> tuple[str, ...]:
        """The files that the run reads, none of which may be overwritten with what it saves."""
        stated = self.settings
        single = (path for path in (stated.answers, stated.anchors, stated.ca_file, stated.bimi_ca) if path)
        return (*stated.zones, *stated.overlays, *single)

    def run(self, flow: Flow[T], trace: Trace | None = None) -> T:
        """Drive `flow`, one subject's judgement, to its result. What is asked is noted in `trace`.

        Raises BadInput where a file cannot be read, UsageError where no name server is known.
        """
        source = self._open().source
        if trace is None:
            return next(run_many((self._layered(flow),), source))[1]
        from mailsec.net.trace import TraceSource  # only --trace needs it

        tracer = TraceSource(source)
        result = next(run_many((self._layered(flow),), tracer))[1]
        trace.entries.extend(tracer.entries)
        trace.left_out += tracer.left_out
        return result

    def run_many(self, flows: Iterable[Flow[T]], window: int = RUN_WINDOW) -> Iterator[tuple[int, T]]:
        """Drive many subjects side by side, each with its own time for questions; (index, result) as each finishes."""
        return run_many(map(self._layered, flows), self._open().source, window)

    def _open(self) -> Opened:
        if self._opened is None:
            self._opened = open_source(self.settings)
        return self._opened

    def _layered(self, flow: Flow[T]) -> Flow[T]:
        """`flow` with everything between it and the source: requests become questions and connections to public addresses,
        answers are validated, the number of questions is bounded, and so is their time. A replay asks what the run asked."""
        opened = self._open()
        if not self.settings.fetch:
            flow = through(flow, unfetched)
        if opened.networked:
            from mailsec.net.browse import Browser

            flow = through(flow, Browser(self.settings.allow_private).handle)
        if self.settings.dnssec == KEYS:
            flow = through(flow, self._validated_keys)
        elif self.validator is not None:
            flow = through(flow, self._validated)
        if opened.networked:
            from mailsec.net.budget import bounded

            flow = bounded(flow)
        return opened.deadlines.within(flow) if opened.deadlines is not None else flow

    def _validated_keys(self, ask: Ask) -> Flow[Reply]:
        """The validated reply to a question about keys, any other reply as it came."""
        about_keys = isinstance(ask, Query) and ask.type in KEY_TYPES
        return self._validated(ask) if about_keys else pass_on(ask)

    def _validated(self, ask: Ask) -> Flow[Reply]:
        """The validated reply. What is bogus is a failed lookup for every room, as a validating name server would have it; what
        an overlay answered, in this run or in the saved one, is not signed yet, and stays unchecked."""
        assert self.validator is not None
        if (self.settings.overlays or self.settings.answers) and isinstance(ask, Query):
            from mailsec.net.overlay import REASON

            planned = yield from pass_on(ask)
            if isinstance(planned, Answer) and planned.reason == REASON:
                return replace(planned, dnssec=Dnssec.UNCHECKED)
        reply = yield from self.validator.handle(ask)
        if isinstance(reply, Answer) and reply.dnssec is Dnssec.BOGUS and not reply.status.failed:
            # The keys are shown to whoever repairs the chain; nothing else of a false answer is to be used.
            records = reply.records if reply.query.type == "DNSKEY" else ()
            reason = f"bogus: {reply.reason}"
            return replace(reply, status=AnswerStatus.SERVFAIL, records=records, aliases=(), reason=reason)
        return reply
