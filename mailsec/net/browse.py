"""How a `Fetch` becomes requests: names are resolved, addresses are checked and pinned, redirections are followed.

`Browser.handle` is a transformer of flows (`core.flow.through`): it answers a room's `Fetch` by asking for the host's addresses
as anybody asks the DNS (so a zone, an overlay, saved answers, DNSSEC and the budget of a domain hold for them too), and
then for one `PinnedFetch`, which names the addresses to connect to. Between the check and the connection nobody asks again, so
a name that changes its mind (DNS rebinding) gains nothing. Each redirection starts over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from itertools import chain, zip_longest
from urllib.parse import urljoin

from mailsec.core import rdata
from mailsec.core.flow import (
    Answer,
    AnswerStatus,
    Ask,
    Dnssec,
    Fetch,
    Fetched,
    FetchStatus,
    Flow,
    Purpose,
    Record,
    Reply,
    ask,
    together,
)
from mailsec.core.limits.network import HTTPS_ADDRESSES, HTTPS_REDIRECTS
from mailsec.core.text import clipped, visible
from mailsec.net.url import Target, UrlProblem, is_public, parse

LOCATION = "Location: "
"""How the `reason` of a redirecting reply begins."""
_METHODS = frozenset({"GET", "HEAD", "POST"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class PinnedFetch(Fetch):
    """One request to one of `addresses` and nowhere else, without following redirections."""

    addresses: tuple[str, ...] = ()


class _Stopped(Exception):
    """There is nothing to connect to."""

    def __init__(self, status: FetchStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Browser:
    """`allow_private` lets requests go to addresses that are not public (an inner network, a test)."""

    allow_private: bool = False

    def handle(self, ask: Ask) -> Flow[Reply]:
        """The reply to `ask`; what is no `Fetch` goes on as it is."""
        if not isinstance(ask, Fetch) or isinstance(ask, PinnedFetch):
            reply: Reply = yield ask
            return reply
        return (yield from self._visit(ask))

    def _visit(self, fetch: Fetch) -> Flow[Fetched]:
        allowed = min(fetch.redirects, HTTPS_REDIRECTS)
        current = replace(fetch, redirects=0)
        reply = yield from self._request(current)
        for _ in range(allowed):
            if not _redirects(reply):
                break
            previous, current = current.url, _next(current, reply)
            reply = yield from self._request(current)
            if reply.status is not FetchStatus.OK:
                reply = replace(reply, reason=f"{reply.reason} (redirected from {visible(clipped(previous, 200))})")
        if allowed and _redirects(reply):
            reply = Fetched(
                fetch, FetchStatus.FAILED, reply.code, chain=reply.chain, reason=f"more than {allowed} redirections"
            )
        return replace(reply, fetch=fetch)

    def _request(self, fetch: Fetch) -> Flow[Fetched]:
        """One request, without its redirections."""
        try:
            target = _allowed(fetch)
            v4, v6 = yield from together(ask(target.host, "A"), ask(target.host, "AAAA"))
            addresses = self._addresses(target.host, v4, v6)
        except _Stopped as stopped:
            return Fetched(fetch, stopped.status, reason=stopped.reason)
        asked = (fetch.url, fetch.max_bytes, 0, fetch.method, fetch.body, fetch.accept, fetch.purpose)
        pinned = PinnedFetch(*asked, addresses)
        reply: Fetched = yield pinned
        return reply

    def _addresses(self, host: str, v4: Answer, v6: Answer) -> tuple[str, ...]:
        """The addresses to connect to, the families in turns. Raises _Stopped where there is none."""
        bogus = next((each for each in (v4, v6) if each.dnssec is Dnssec.BOGUS), None)
        if bogus is not None:
            raise _Stopped(FetchStatus.FAILED, f"the addresses of {host} fail DNSSEC: {bogus.reason}")
        turns = zip_longest(_read(v4.records), _read(v6.records))
        found = [address for address in chain.from_iterable(turns) if address is not None]
        usable = [each for each in found if self.allow_private or is_public(each)]
        if usable:
            return tuple(str(each) for each in usable[:HTTPS_ADDRESSES])
        if found:
            raise _Stopped(FetchStatus.REFUSED, f"{host} has no public address, only {found[0]}: not connected to")
        raise _unresolved(host, v4, v6)


def plain_too(fetch: Fetch) -> bool:
    """Whether `fetch` may go over plain HTTP: only for what is signed by itself."""
    return fetch.purpose is Purpose.REVOCATION


def _allowed(fetch: Fetch) -> Target:
    """The target of `fetch`. Raises _Stopped where it is not one to ask."""
    try:
        target = parse(fetch.url, plain=plain_too(fetch))
    except UrlProblem as problem:
        raise _Stopped(FetchStatus.REFUSED, str(problem)) from None
    if fetch.method not in _METHODS or not (fetch.accept.isascii() and fetch.accept.isprintable()):
        raise _Stopped(FetchStatus.REFUSED, "the request's method or media type is not one that is sent")
    return target


def _read(records: tuple[Record, ...]) -> Iterator[IPv4Address | IPv6Address]:
    """The addresses of A and AAAA records; of what is malformed nothing."""
    for record in records[: 4 * HTTPS_ADDRESSES]:
        try:
            yield rdata.a(record.rdata) if record.type == "A" else rdata.aaaa(record.rdata)
        except rdata.RdataError:
            continue


def _unresolved(host: str, v4: Answer, v6: Answer) -> _Stopped:
    """Why `host` has no address. A lookup that failed is no absence: whether the host answers remains unknown."""
    failed = next((each for each in (v4, v6) if each.status.failed), None)
    if failed is None:
        missing = "does not exist" if v4.status is AnswerStatus.NXDOMAIN else "has no address"
        return _Stopped(FetchStatus.FAILED, f"{host} {missing}")
    unrecorded = AnswerStatus.UNRECORDED in (v4.status, v6.status)
    status = FetchStatus.UNRECORDED if unrecorded else FetchStatus.TIMEOUT
    why = failed.reason or failed.status
    return _Stopped(status, f"the addresses of {host} could not be looked up: {why}")


def _redirects(reply: Fetched) -> bool:
    return reply.status is FetchStatus.OK and reply.code in _REDIRECTS and reply.reason.startswith(LOCATION)


def _next(fetch: Fetch, reply: Fetched) -> Fetch:
    """What a redirection asks for (RFC 9110 section 15.4): method and body stay only where the status code says so."""
    location = reply.reason.removeprefix(LOCATION)
    try:
        url = urljoin(fetch.url, location)
    except ValueError:
        url = location
    if reply.code in (307, 308) or fetch.method == "HEAD":
        return replace(fetch, url=url)
    return replace(fetch, url=url, method="GET", body=b"")
