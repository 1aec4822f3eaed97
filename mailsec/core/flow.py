"""How judgement asks the world: a room's logic is a generator of questions, and a driver answers it.

A room writes `answer = yield from ask(name, "TXT")` and never a bare `yield`. The driver (`run`, `run_many`) takes each
question to a `Source`; equal questions in flight are asked once. Nothing here knows a socket, so a test feeds a flow by hand:
`next(flow)`, then `flow.send(Answer(...))`.

`Any` stands only in the helpers and the driver: what `send` takes depends on what was yielded, which Python's types cannot say.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from mailsec.core.limits.run import RUN_WINDOW

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Query:
    """A DNS question: `name` in lower-case A-labels without a final dot, `type` as in "TXT". Equal queries are one question."""

    name: str
    type: str


class Purpose(StrEnum):
    """What a request is for, which decides whether it is made, and how.

    `policy` belongs to a protocol as the questions to the DNS do (MTA-STS) and is asked as they are. `evidence` is what a
    record or a message names: asked only where the user lets it (`--fetch`). `revocation` is the same for the CRLs, OCSP
    responses and issuers that a certificate names; what comes is signed, so that plain http: does too (RFC 5280 section 8).
    """

    POLICY = "policy"
    EVIDENCE = "evidence"
    REVOCATION = "revocation"


@dataclass(frozen=True, slots=True)
class Fetch:
    """An HTTPS request; with the purpose `revocation` it may be one over plain HTTP."""

    url: str
    max_bytes: int
    redirects: int = 0
    method: str = "GET"
    body: bytes = b""
    accept: str = ""
    purpose: Purpose = Purpose.POLICY


@dataclass(frozen=True, slots=True)
class Record:
    """A resource record with uncompressed wire data; `core.rdata` decodes it. `ttl` in seconds."""

    owner: str
    type: str
    ttl: int
    rdata: bytes


class AnswerStatus(StrEnum):
    """What became of a question. Only `nodata` and `nxdomain` say that something is absent."""

    OK = "ok"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    TIMEOUT = "timeout"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    UNRECORDED = "unrecorded"

    @property
    def failed(self) -> bool:
        """True where nothing was learned: the record may or may not be there."""
        return self in _FAILED

    @property
    def absent(self) -> bool:
        """True where the DNS said that there is no such record."""
        return self is AnswerStatus.NODATA or self is AnswerStatus.NXDOMAIN


_FAILED = frozenset({AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.REFUSED, AnswerStatus.UNRECORDED})


class Dnssec(StrEnum):
    """What DNSSEC says of an answer (RFC 4035 section 4.3)."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"
    INDETERMINATE = "indeterminate"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to a `Query`.

    `records` are those of the type asked for; `aliases` the CNAME records followed on the way; `proof` the RRSIG, NSEC and SOA
    records that came along; `reason` says in words why there is no better answer.
    """

    query: Query
    status: AnswerStatus
    records: tuple[Record, ...] = ()
    aliases: tuple[Record, ...] = ()
    proof: tuple[Record, ...] = ()
    dnssec: Dnssec = Dnssec.UNCHECKED
    reason: str = ""


class FetchStatus(StrEnum):
    """What became of an HTTPS request: a reply of any code is `ok`; `skipped` was not asked, as the user did not let it."""

    OK = "ok"
    TIMEOUT = "timeout"
    FAILED = "failed"
    TOO_LARGE = "too-large"
    REFUSED = "refused"
    UNRECORDED = "unrecorded"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Fetched:
    """The reply to a `Fetch`; `chain` holds the server's certificates in DER, leaf first."""

    fetch: Fetch
    status: FetchStatus
    code: int = 0
    content_type: str = ""
    body: bytes = b""
    chain: tuple[bytes, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """Flows to run side by side; made by `gather` and `together` only."""

    flows: tuple[Flow[Any], ...]


Ask: TypeAlias = Query | Fetch
Reply: TypeAlias = Answer | Fetched
Flow: TypeAlias = Generator[Ask | Fork, Any, T]


def ask(name: str, type: str) -> Flow[Answer]:
    """Ask the DNS for the records of `type` at `name` (A-labels, any case, with or without a final dot)."""
    return cast(Answer, (yield Query(name.lower().removesuffix("."), type)))


def fetch(
    url: str,
    max_bytes: int,
    *,
    redirects: int = 0,
    method: str = "GET",
    body: bytes = b"",
    accept: str = "",
    purpose: Purpose = Purpose.POLICY,
) -> Flow[Fetched]:
    """Ask for `url` over HTTPS, at most `max_bytes` of body and `redirects` redirections."""
    return cast(Fetched, (yield Fetch(url, max_bytes, redirects, method, body, accept, purpose)))


NOT_FETCHED = "not fetched without --fetch"


def unfetched(asked: Ask) -> Flow[Reply]:
    """A handler of `through` for who did not let anything be fetched: what is asked for by protocol goes on as it is."""
    if isinstance(asked, Fetch) and asked.purpose is not Purpose.POLICY:
        return Fetched(asked, FetchStatus.SKIPPED, reason=NOT_FETCHED)
    return (yield from pass_on(asked))


def pass_on(asked: Ask) -> Flow[Reply]:
    """Ask the same again: for a handler of `through` that has nothing to do with `asked`."""
    return cast(Reply, (yield asked))


def gather(flows: Iterable[Flow[T]]) -> Flow[list[T]]:
    """Run `flows` side by side; their results in the same order. The first error among them is raised once all have ended."""
    return cast("list[T]", (yield Fork(tuple(flows))))


def together(first: Flow[T], second: Flow[U]) -> Flow[tuple[T, U]]:
    """Run two flows of different type side by side."""
    one, two = yield Fork((first, second))
    return cast(T, one), cast(U, two)


def pure(value: T) -> Flow[T]:
    """A flow that asks nothing and returns `value`."""
    return value
    yield  # makes this a generator


def through(flow: Flow[T], handler: Callable[[Ask], Flow[Reply]]) -> Flow[T]:
    """`flow` with each of its asks (those of its forks too) answered by `handler`, itself a flow that may ask other things."""
    value: Any = None
    error: Exception | None = None
    while True:
        try:
            step = flow.send(value) if error is None else flow.throw(error)
        except StopIteration as done:
            return cast(T, done.value)
        value, error = None, None
        try:
            if isinstance(step, Fork):
                value = yield Fork(tuple(through(each, handler) for each in step.flows))
            else:
                value = yield from handler(step)
        except Exception as raised:
            error = raised


class Source(Protocol):
    """Where answers come from: live DNS and HTTPS, a zone file, saved answers, a cache over another source."""

    def start(self, ask: Ask) -> Reply | None:
        """The reply if it is at hand, else None: the reply will come out of `wait`. Called once for equal asks in flight."""

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        """At least one reply to something started; blocks until there is one. It never waits past the source's deadline."""

    def close(self) -> None:
        """Give back what the source holds."""


@dataclass(slots=True, eq=False)
class _Task:
    """A flow that is being driven. A task of a fork has its parent and its place among the siblings."""

    flow: Flow[Any]
    parent: _Task | None = None
    slot: int = 0
    values: list[Any] = field(default_factory=list)
    missing: int = 0


class _Driver:
    """Tasks that can go on (`ready`, each with what to send) and tasks that wait for a reply, by what they asked."""

    __slots__ = ("ready", "source", "waiting")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.ready: deque[tuple[_Task, Any]] = deque()
        self.waiting: dict[Ask, list[_Task]] = {}

    def collect(self) -> bool:
        """Wait for replies; False where nothing is in flight. Raises RuntimeError where the source breaks its promise."""
        if not self.waiting:
            return False
        replies = self.source.wait()
        if not replies:
            raise RuntimeError("a source returned from wait() without a reply")
        for asked, reply in replies:
            self.ready.extend((task, reply) for task in self.waiting.pop(asked, ()))
        return True

    def advance(self) -> tuple[_Task, Any] | None:
        """Let the next ready task go one step. A root task that ends is returned with its result or its error."""
        task, value = self.ready.popleft()
        try:
            step = task.flow.throw(value) if isinstance(value, Exception) else task.flow.send(value)
        except StopIteration as done:
            return self.ended(task, done.value)
        except Exception as error:
            return self.ended(task, error)
        if isinstance(step, Fork):
            self.fork(task, step)
        elif step in self.waiting:
            self.waiting[step].append(task)
        elif (reply := self.source.start(step)) is not None:
            self.ready.append((task, reply))
        else:
            self.waiting[step] = [task]
        return None

    def fork(self, task: _Task, fork: Fork) -> None:
        """Set the fork's flows beside each other; the task goes on when all have ended."""
        task.values, task.missing = [None] * len(fork.flows), len(fork.flows)
        self.ready.extend((_Task(flow, task, slot), None) for slot, flow in enumerate(fork.flows))
        if not fork.flows:
            self.ready.append((task, []))

    def ended(self, task: _Task, result: Any) -> tuple[_Task, Any] | None:
        """Hand a result to the fork it belongs to; a root task's goes back to the caller."""
        parent = task.parent
        if parent is None:
            return task, result
        parent.values[task.slot] = result
        parent.missing -= 1
        if not parent.missing:
            error = next((value for value in parent.values if isinstance(value, Exception)), None)
            self.ready.append((parent, parent.values if error is None else error))
        return None


def run_many(flows: Iterable[Flow[T]], source: Source, window: int = RUN_WINDOW) -> Iterator[tuple[int, T]]:
    """Drive `flows`, at most `window` at a time; yield (index, result) as each finishes.

    Equal questions in flight are asked once. An exception that leaves a flow leaves here too: verdicts are values, so it
    is a bug or a job that cannot be done.
    """
    driver = _Driver(source)
    todo = enumerate(flows)
    alive = 0
    while True:
        while alive < window and (item := next(todo, None)):
            driver.ready.append((_Task(item[1], slot=item[0]), None))
            alive += 1
        if not driver.ready:
            if not driver.collect():
                return
            continue
        if (ended := driver.advance()) is not None:
            task, result = ended
            alive -= 1
            if isinstance(result, Exception):
                raise result
            yield task.slot, result


def run(flow: Flow[T], source: Source) -> T:
    """Drive one flow to its result."""
    return next(run_many((flow,), source))[1]
