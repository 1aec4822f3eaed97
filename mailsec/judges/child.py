"""Another program at work on hostile input: a child process with bounds on time, memory and output, killed beyond them.

Nothing it does can harm the run: whatever becomes of it is a value.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mailsec.core.limits.run import JUDGE_MEMORY, JUDGE_OUTPUT, JUDGE_SECONDS
from mailsec.core.text import clipped, from_bytes

# the shell sets the limits and becomes the program; what a system does not know as a limit it leaves out
_LIMITED = 'ulimit -c 0; ulimit -t "$1"; ulimit -v "$2" 2>/dev/null; shift 2; exec "$@"'
_PIECE = 65_536
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may use: seconds by the clock and of the processor, octets of memory, of output and of complaints."""

    seconds: float = JUDGE_SECONDS
    memory: int = JUDGE_MEMORY
    output: int = JUDGE_OUTPUT


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a child: what it wrote, and its exit code.

    With a `failure` (in words: killed for one of its bounds, dead by a signal, never started) `output` is only as far as it
    came, and `code` is None unless the program left by itself.
    """

    output: bytes
    complaints: bytes
    code: int | None
    failure: str = ""


def run_child(
    command: Sequence[str], given: bytes, bounds: Bounds | None = None, environment: Mapping[str, str] | None = None
) -> Ran:
    """Run `command` with `given` on its stdin. Never raises for what the program does; no longer than `bounds.seconds`.

    `environment` replaces the environment of this process. The child leads a process group of its own, all of which is killed
    at the end.
    """
    bounds = bounds or Bounds()
    limits = (str(int(bounds.seconds) + 1), str(bounds.memory // 1024))
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _LIMITED, "sh", *limits, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return Ran(b"", b"", None, f"it could not be started: {error}")
    with process:
        talk = _Talk(process, given, bounds)
        try:
            failure = talk.run()
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    output, complaints = (b"".join(pieces) for pieces in talk.heard.values())
    if failure:
        return Ran(output, complaints, None, failure)
    if talk.code is None or talk.code < 0:
        return Ran(output, complaints, None, f"it died: {_signal(talk.code)}")
    return Ran(output, complaints, talk.code)


def _signal(code: int | None) -> str:
    try:
        return signal.Signals(-(code or 0)).name
    except ValueError:
        return f"status {code}"


class _Talk:
    """One process fed and heard at once, so that neither side waits for the other for ever."""

    def __init__(self, process: subprocess.Popen[bytes], given: bytes, bounds: Bounds) -> None:
        self.process = process
        self.heard: dict[int, list[bytes]] = {}
        self.code: int | None = None
        self._given = memoryview(given)
        self._bounds = bounds
        self._sizes: dict[int, int] = {}
        self._selector = selectors.DefaultSelector()

    def run(self) -> str:
        """Until the process has ended; why it must be killed, "" where it need not."""
        deadline = time.monotonic() + self._bounds.seconds
        assert self.process.stdin is not None
        with self._selector as selector:
            for stream in (self.process.stdout, self.process.stderr):
                assert stream is not None
                self.heard[stream.fileno()] = []
                self._sizes[stream.fileno()] = 0
                selector.register(stream, selectors.EVENT_READ)
            selector.register(self.process.stdin, selectors.EVENT_WRITE)
            while selector.get_map():
                left = deadline - time.monotonic()
                if left <= 0:
                    return self._too_slow()
                for key, _ in selector.select(left):
                    stdin = key.fileobj is self.process.stdin
                    going = self._feed() if stdin else self._hear(key.fd)
                    if max(self._sizes.values()) > self._bounds.output:
                        return f"it wrote more than {self._bounds.output} octets"
                    if not going:
                        selector.unregister(key.fileobj)
                        if stdin:
                            with suppress(OSError):
                                self.process.stdin.close()
            return self._end(deadline)

    def _too_slow(self) -> str:
        return f"it took longer than {self._bounds.seconds:g} seconds"

    def _end(self, deadline: float) -> str:
        """It has closed its output: now it ought to leave."""
        try:
            self.code = self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            return self._too_slow()
        return ""

    def _feed(self) -> bool:
        """Write a piece; False at the end, also where the process does not want to read all."""
        assert self.process.stdin is not None
        try:
            # a pipe that can be written to takes as much without blocking
            done = os.write(self.process.stdin.fileno(), self._given[: select.PIPE_BUF])
        except OSError:
            return False
        self._given = self._given[done:]
        return len(self._given) > 0

    def _hear(self, stream: int) -> bool:
        """Read a piece; False at the end."""
        piece = os.read(stream, _PIECE)
        self.heard[stream].append(piece)
        self._sizes[stream] += len(piece)
        return bool(piece)


def complaint(ran: Ran) -> str:
    """The last line that a program wrote to stderr, clipped."""
    lines = from_bytes(ran.complaints[-_SHOWN * 4 :]).strip().splitlines()
    return clipped(lines[-1].strip(), _SHOWN) if lines else ""
