"""One HTTPS request over non-blocking sockets, as a generator that says what it waits for.

The order is that of the protocols: a connection to one of the pinned addresses, the TLS handshake with the certificate judged
for the URL's name, the request, the reply. No cookies, no authentication, no compression. Plain HTTP, which `browse` lets pass
for what is signed by itself, goes without the handshake.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TypeVar

from mailsec.core.flow import Fetched, FetchStatus
from mailsec.net.browse import LOCATION, PinnedFetch, plain_too
from mailsec.net.http1 import HttpProblem, Reader, Response, TooLarge
from mailsec.net.steps import Steps, Want, reached, system_words
from mailsec.net.tls import Trust, peer_chain, words
from mailsec.net.url import Target, parse

T = TypeVar("T")
_CHUNK = 65_536
_CHUNKS_A_TURN = 16


def exchange(fetch: PinnedFetch, trust: Trust, request: float, connect: float) -> Steps[Fetched]:
    """Send `fetch` within `request` seconds, each address tried for `connect` seconds; the reply, whatever became of it."""
    until = time.monotonic() + request
    target = parse(fetch.url, plain=plain_too(fetch))
    try:
        address, raw = yield from _connected(fetch.addresses, target.port, until, connect)
    except OSError as error:
        return _failed(fetch, error)
    if not target.secure:
        with closing(raw):
            return (yield from _conversation(fetch, raw, _request(fetch, target), until))
    try:
        sock = yield from _secured(raw, trust.verifying, target.host, until)
    except ssl.SSLCertVerificationError as error:
        chain = yield from _looked_at(address, target, trust, until)
        return Fetched(fetch, FetchStatus.FAILED, chain=chain, reason=words(error))
    except OSError as error:
        return _failed(fetch, error, "in the TLS handshake")
    with closing(sock):
        return (yield from _conversation(fetch, sock, _request(fetch, target), until))


def _conversation(fetch: PinnedFetch, sock: socket.socket, request: bytes, until: float) -> Steps[Fetched]:
    reader = Reader(fetch.max_bytes, bodiless=fetch.method == "HEAD")
    chain = peer_chain(sock) if isinstance(sock, ssl.SSLSocket) else ()
    try:
        yield from _sent(sock, request, until)
        yield from _received(sock, reader, until)
    except HttpProblem as problem:
        status = FetchStatus.TOO_LARGE if isinstance(problem, TooLarge) else FetchStatus.FAILED
        return Fetched(fetch, status, reader.response.code, chain=chain, reason=str(problem))
    except OSError as error:
        return _failed(fetch, error, "before the reply was whole", chain)
    return _fetched(fetch, reader.response, chain)


def _fetched(fetch: PinnedFetch, response: Response, chain: tuple[bytes, ...]) -> Fetched:
    reason = f"{LOCATION}{response.location}" if response.location and 300 <= response.code < 400 else ""
    return Fetched(fetch, FetchStatus.OK, response.code, response.content_type, response.body, chain, reason)


def _failed(fetch: PinnedFetch, error: OSError, stage: str = "", chain: tuple[bytes, ...] = ()) -> Fetched:
    """What a failing socket means: silence is a timeout, everything else a failure."""
    status = FetchStatus.TIMEOUT if isinstance(error, TimeoutError) else FetchStatus.FAILED
    what = words(error) if isinstance(error, ssl.SSLError) else system_words(error)
    return Fetched(fetch, status, chain=chain, reason=f"{what} {stage}".rstrip())


# --- the connection


def _connected(addresses: tuple[str, ...], port: int, until: float, patience: float) -> Steps[tuple[str, socket.socket]]:
    """A connection to the first of `addresses` that takes it. Raises OSError: what the last one said, all of them named."""
    told = []
    silent = False
    for address in addresses:
        try:
            return address, (yield from _reached(address, port, min(until, time.monotonic() + patience)))
        except OSError as error:
            silent |= isinstance(error, TimeoutError)
            told.append(f"{address}: {system_words(error)}")
    message = "; ".join(told) or "no address to connect to"
    raise TimeoutError(message) if silent else OSError(message)


def _reached(address: str, port: int, until: float) -> Steps[socket.socket]:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    yield from reached(sock, (address, port), until)
    return sock


def _secured(raw: socket.socket, context: ssl.SSLContext, host: str, until: float) -> Steps[ssl.SSLSocket]:
    """TLS over `raw`, which it owns from now on."""
    try:
        sock = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False)
    except BaseException:
        raw.close()
        raise
    try:
        yield from _patiently(sock, sock.do_handshake, until)
    except BaseException:
        sock.close()
        raise
    return sock


def _looked_at(address: str, target: Target, trust: Trust, until: float) -> Steps[tuple[bytes, ...]]:
    """The certificates that were refused: they are shown, and nothing is sent to their owner."""
    try:
        _, raw = yield from _connected((address,), target.port, until, until - time.monotonic())
        sock = yield from _secured(raw, trust.looking, target.host, until)
    except OSError:
        return ()
    with closing(sock):
        return peer_chain(sock)


def _patiently(sock: socket.socket, act: Callable[[], T], until: float, plain: int = selectors.EVENT_READ) -> Steps[T]:
    """What `act` returns, as soon as the socket lets it; `plain` is the event that a socket without TLS waits for."""
    while True:
        try:
            return act()
        except ssl.SSLWantReadError:
            yield Want(sock, selectors.EVENT_READ, until)
        except ssl.SSLWantWriteError:
            yield Want(sock, selectors.EVENT_WRITE, until)
        except BlockingIOError:
            yield Want(sock, plain, until)


# --- the request and its reply


def _request(fetch: PinnedFetch, target: Target) -> bytes:
    length = f"Content-Length: {len(fetch.body)}\r\n" if fetch.body or fetch.method == "POST" else ""
    head = (
        f"{fetch.method} {target.path} HTTP/1.1\r\nHost: {target.authority}\r\nUser-Agent: mailsec\r\n"
        f"Accept: {fetch.accept or '*/*'}\r\nAccept-Encoding: identity\r\nConnection: close\r\n{length}\r\n"
    )
    return head.encode("ascii") + fetch.body


def _sent(sock: socket.socket, data: bytes, until: float) -> Steps[None]:
    rest = memoryview(data)
    while rest:
        count = yield from _patiently(sock, partial(sock.send, rest[:_CHUNK]), until, selectors.EVENT_WRITE)
        rest = rest[count:]


def _received(sock: socket.socket, reader: Reader, until: float) -> Steps[None]:
    turn = 0
    while not reader.done:
        data = yield from _patiently(sock, partial(sock.recv, _CHUNK), until)
        if data:
            reader.feed(data)
        else:
            reader.end()
        turn += 1
        if turn % _CHUNKS_A_TURN == 0:
            # A fast server must not keep the others from their turn, nor outrun the clock.
            yield Want(sock, selectors.EVENT_WRITE, until)
