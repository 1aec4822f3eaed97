"""SMTP scripts: the codec, one `smtp run` as a process, and the dialogue itself beside swaks's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import perf_counter

from mailsec.transport.smtp.commands import CommandReader
from mailsec.transport.smtp.replies import ReplyReader
from tests.benchmarks.clock import rate

ROOT = Path(__file__).parents[2]
ROUNDS = 3 if "MAILSEC_BENCH_SECONDS" in os.environ else 15
GOAL = 80_000
"""Replies a second that the codec is to read."""

ONE = b"250 2.1.0 Ok\r\n"
EHLO = b"250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
COMMAND = b"RCPT TO:<somebody@example.com>\r\n"

SCRIPT = """\
S: 220
C: EHLO me.example
S: 250
C: MAIL FROM:<a@x.example>
S: 250
C: RCPT TO:<b@x.example>
S: 250
C: QUIT
S: 221
"""


def _whole(data: bytes) -> Callable[[], object]:
    return lambda: ReplyReader().feed(data)


def _bytewise(data: bytes) -> Callable[[], object]:
    octets = [data[at : at + 1] for at in range(len(data))]

    def read() -> None:
        feed = ReplyReader().feed
        for octet in octets:
            feed(octet)

    return read


def _commands() -> None:
    reader = CommandReader()
    reader.feed(COMMAND * 100)
    while reader.next() is not None:
        pass


class Peer:
    """A server in a thread that says 250 to everything; `took` is how long each dialogue was, from its greeting to its QUIT."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.took: list[float] = []
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, connection.makefile("rb") as lines:
                start = perf_counter()
                connection.sendall(b"220 mx.example ESMTP\r\n")
                for line in lines:
                    if line[:4].upper() == b"QUIT":
                        self.took.append(perf_counter() - start)
                        connection.sendall(b"221 bye\r\n")
                        break
                    connection.sendall(b"250 ok\r\n")


def _seconds(argv: tuple[str, ...]) -> float:
    def once() -> float:
        start = perf_counter()
        subprocess.run(argv, capture_output=True, check=True, cwd=ROOT, env=env)
        return perf_counter() - start

    # as an installed program starts: from byte code
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return min(once() for _ in range(ROUNDS))


def _dialogue(argv: tuple[str, ...], peer: Peer) -> float:
    """How long the shortest dialogue of this client is, as the server sees it."""
    before = len(peer.took)
    _seconds(argv)
    return min(peer.took[before:])


def run() -> list[tuple[str, float, float, str]]:
    """(label, ours a second, theirs a second, the peer)."""
    goal = f"the goal of {GOAL:,}"
    rows = [
        ("smtp: replies of one line, whole", 1000 * rate(_whole(ONE * 1000)), GOAL, goal),
        ("smtp: replies of one line, byte by byte", 100 * rate(_bytewise(ONE * 100)), GOAL, goal),
        ("smtp: replies of six lines, whole", 100 * rate(_whole(EHLO * 100)), GOAL, goal),
        ("smtp: commands of a client", 100 * rate(_commands), GOAL, goal),
    ]
    peer = Peer()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "ten.smtp"
        script.write_text(SCRIPT)
        ours = (sys.executable, "-m", "mailsec", "smtp", "run", str(script), "--server", f"127.0.0.1:{peer.port}")
        empty, whole = _seconds((sys.executable, "-c", "pass")), _seconds(ours)
        rows.append((f"smtp run of ten lines ({whole * 1000:.0f} ms)", 1 / whole, 1 / empty, "empty process (goal 0.125)"))
        if shutil.which("swaks"):
            swaks = ("swaks", "--server", f"127.0.0.1:{peer.port}", "--from", "a@x.example", "--to", "b@x.example")
            theirs = (*swaks, "--helo", "me.example", "--quit-after", "RCPT")
            rows.append(("smtp: the dialogue itself", 1 / _dialogue(ours, peer), 1 / _dialogue(theirs, peer), "swaks"))
    return rows
