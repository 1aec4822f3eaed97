"""A child process with bounds: whatever it does, there is an answer, and soon."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailsec.judges import child
from mailsec.judges.child import Bounds, Ran, complaint, run_child


def python(code: str, given: bytes = b"", bounds: Bounds | None = None, arguments: Sequence[str] = ()) -> Ran:
    return run_child([sys.executable, "-I", "-c", code, *arguments], given, bounds)


def test_it_is_fed_and_heard() -> None:
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1]); sys.stderr.write('hm'); sys.exit(3)"
    assert python(code, b"abc") == Ran(b"cba", b"hm", 3)


def test_both_ways_at_once() -> None:
    echo = "import sys\nwhile piece := sys.stdin.buffer.read1(4096): sys.stdout.buffer.write(piece)"
    given = os.urandom(3_000_000)
    assert python(echo, given, Bounds(output=4_000_000)).output == given


def test_one_that_does_not_read_gets_nothing_more() -> None:
    assert python("print('enough')", b"x" * 5_000_000) == Ran(b"enough\n", b"", 0)


def test_one_that_reads_slowly_is_waited_for() -> None:
    slow = "import sys, time; time.sleep(0.3); print(len(sys.stdin.buffer.read()))"
    assert python(slow, b"x" * 1_000_000).output == b"1000000\n"


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import os; os.close(1); os.close(2); import time; time.sleep(60)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    ],
)
def test_one_that_takes_too_long_is_killed(code: str) -> None:
    ran = python(code, bounds=Bounds(seconds=0.5))
    assert (ran.failure, ran.code) == ("it took longer than 0.5 seconds", None)


def test_its_children_are_killed_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    open(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "time.sleep(60)\n"
    )
    assert python(code, bounds=Bounds(seconds=1.0), arguments=[str(mark)]).failure
    pid = int(mark.read_text())
    for _ in range(100):
        if not _runs(pid):
            return
        time.sleep(0.05)
    raise AssertionError("it still runs")


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_memory_is_bounded() -> None:
    ran = python("x = bytearray(400 * 1024 * 1024)", bounds=Bounds(memory=200 * 1024 * 1024))
    assert ran.code == 1
    assert complaint(ran) == "MemoryError"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_output_is_bounded(stream: str) -> None:
    ran = python(f"import sys\nwhile True: sys.{stream}.write('x' * 65536)", bounds=Bounds(output=100_000))
    assert ran.failure == "it wrote more than 100000 octets"
    assert len(ran.output) + len(ran.complaints) < 300_000


def test_a_crash_is_named() -> None:
    assert python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)").failure == "it died: SIGSEGV"
    assert child._signal(-999) == "status -999"


def test_what_is_not_there_is_said() -> None:
    ran = run_child(["/nowhere/program"], b"")
    assert ran.code == 127
    assert "not found" in complaint(ran)
    assert run_child(["a\0b"], b"").failure.startswith("it could not be started:")


def test_the_environment_can_be_another() -> None:
    show = [sys.executable, "-I", "-c", "import os; print(os.environ.get('HOME'), os.environ.get('X'))"]
    assert run_child(show, b"", environment={"X": "1"}).output == b"None 1\n"


def test_complaints_are_clipped() -> None:
    assert complaint(Ran(b"", b"", 1)) == ""
    assert complaint(Ran(b"", b"first\nlast \xff\n\n", 1)) == "last \\xff"
    assert len(complaint(Ran(b"", b"x" * 10_000, 1))) == 200
