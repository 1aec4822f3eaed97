"""Sending: 1,000 messages over one pipelined connection beside Postfix's smtp-source, both to Postfix's smtp-sink."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter

from mailsec.net.tcp import converse
from mailsec.transport.smtp.conversation import Conversation
from mailsec.transport.smtp.envelope import Envelope
from mailsec.transport.smtp.outcome import Fate
from mailsec.transport.smtp.paths import parse_path
from mailsec.transport.smtp.policy import Need, TlsPolicy
from mailsec.transport.smtp.prepare import Content
from mailsec.transport.smtp.session import Manner, Server, deliver
from mailsec.transport.smtp.transaction import Job

MESSAGES = 100 if "MAILSEC_BENCH_SECONDS" in os.environ else 1000
ROUNDS = 2 if "MAILSEC_BENCH_SECONDS" in os.environ else 5
OCTETS = 1000
BODY = b"From: a@bench.test\r\nSubject: bench\r\n\r\n" + b"0123456789" * 7 + b"\r\n"


def _tool(name: str) -> str:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin") or ""


@contextmanager
def _sink(folder: Path) -> Iterator[int]:
    """smtp-sink on a free port."""
    (folder / "main.cf").write_text("compatibility_level = 3.6\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [_tool("smtp-sink"), *user, f"127.0.0.1:{port}", "100"]
    running = subprocess.Popen(command, env={**os.environ, "MAIL_CONFIG": str(folder)}, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        running.terminate()
        running.wait()


def _session(port: int) -> None:
    """The dialogue alone, in this process."""
    content = Content(BODY * (OCTETS // len(BODY)))
    envelope = Envelope(parse_path("a@bench.test"), (parse_path("b@bench.test"),))
    talk = Conversation(60.0)
    manner = Manner("client.bench.test", TlsPolicy(Need.NONE), 0)
    jobs = [Job(envelope, content)] * MESSAGES
    result = converse(deliver(Server("sink", ("127.0.0.1",), port), manner, jobs, talk))
    assert all(answer.fate is Fate.ACCEPTED for answers in result.answers for answer in answers), result.ending


def _command(port: int, file: Path) -> None:
    """The whole command, start and reports included."""
    envelope = ("--from", "a@bench.test", "--to", "b@bench.test", "--server", f"127.0.0.1:{port}", "--tls", "none")
    files = [str(file)] * MESSAGES
    subprocess.run([sys.executable, "-m", "mailsec", "smtp", "send", "-q", *envelope, *files], check=True)


def _source(port: int, folder: Path) -> None:
    command = [_tool("smtp-source"), "-d", "-s", "1", "-m", str(MESSAGES), "-l", str(OCTETS), f"127.0.0.1:{port}"]
    subprocess.run(command, check=True, env={**os.environ, "MAIL_CONFIG": str(folder)})


def _best(*calls: Callable[[], None]) -> list[float]:
    """The best time of each, in turns, so that a busy machine is busy for all of them."""
    times = [[_seconds(call) for call in calls] for _ in range(ROUNDS)]
    return [min(each) for each in zip(*times, strict=True)]


def _seconds(call: Callable[[], None]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def run() -> list[tuple[str, float, float, str]]:
    """(label, our messages a second, those of smtp-source, the peer); nothing where Postfix's tools are not there."""
    if not (_tool("smtp-sink") and _tool("smtp-source")):
        return []
    with tempfile.TemporaryDirectory() as name, _sink(folder := Path(name)) as port:
        folder.chmod(0o755)
        (file := folder / "message.eml").write_bytes(BODY * (OCTETS // len(BODY)))
        ours, whole, theirs = _best(lambda: _session(port), lambda: _command(port, file), lambda: _source(port, folder))
    label = f"send: {MESSAGES} messages, one connection"
    return [
        (f"{label}, the dialogue", MESSAGES / ours, MESSAGES / theirs, "smtp-source"),
        (f"{label}, the command", MESSAGES / whole, MESSAGES / theirs, "smtp-source"),
    ]
