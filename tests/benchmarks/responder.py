"""A name server in a small process of its own, which answers at once or after a while."""

from __future__ import annotations

import heapq
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

Replies = Callable[[bytes], bytes]


def serve(delay: float, reply: Replies) -> None:
    """Answer every question `delay` seconds after it came, for ever; the port is printed."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind(("127.0.0.1", 0))
    Thread(target=_serve_tcp, args=(socket.create_server(sock.getsockname()), delay, reply), daemon=True).start()
    print(sock.getsockname()[1], flush=True)
    later: list[tuple[float, int, bytes, object]] = []
    count = 0
    while True:
        sock.settimeout(max(0.0001, later[0][0] - time.monotonic()) if later else None)
        try:
            data, address = sock.recvfrom(4096)
        except (TimeoutError, BlockingIOError):
            data, address = b"", None
        if data:
            count += 1
            heapq.heappush(later, (time.monotonic() + delay, count, reply(data), address))
        while later and later[0][0] <= time.monotonic():
            _, _, packet, address = heapq.heappop(later)
            sock.sendto(packet, address)


def _serve_tcp(listener: socket.socket, delay: float, reply: Replies) -> None:
    """One question a connection, one connection after the other: no more is asked of it."""
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as stream:
            query = stream.read(int.from_bytes(stream.read(2), "big"))
            time.sleep(delay)
            packet = reply(query)
            stream.write(len(packet).to_bytes(2, "big") + packet)


def one_record(query: bytes) -> bytes:
    """The reply that gives every name the same TXT record."""
    end = query.index(b"\0", 12) + 5
    record = b"\xc0\x0c\0\x10\0\1\0\0\x0e\x10\0\x0c\x0bv=spf1 -all"
    return query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:end] + record


@contextmanager
def server(delay: float, reply: str = "tests.benchmarks.responder.one_record") -> Iterator[int]:
    """A child process that serves what the function named `reply` makes of each query; its port."""
    module, _, name = reply.rpartition(".")
    code = f"from tests.benchmarks.responder import serve; from {module} import {name}; serve({delay}, {name})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.kill()
