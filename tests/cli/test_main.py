from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from mailsec import __version__
from mailsec.cli.main import main
from mailsec.core.exits import Exit
from tests.conftest import Ended, Mailsec
from tests.output.harmless import harmful

ROOT = Path(__file__).parents[2]


def test_version(mailsec: Mailsec) -> None:
    assert mailsec("--version") == Ended(0, f"mailsec {__version__}\n".encode(), b"")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_has_the_exit_codes(mailsec: Mailsec, option: str) -> None:
    done = mailsec(option)
    assert done.code == 0
    listed = done.stdout.partition("Exit codes:\n")[2]
    rows = re.findall(r"^  (\d+) +(.*(?:\n {5,}.*)*)", listed, re.MULTILINE)
    assert {int(code): " ".join(text.split()) for code, text in rows} == {code.value: code.meaning for code in Exit}


def test_help_wherever_it_is_asked_for(mailsec: Mailsec) -> None:
    assert mailsec("--debug", "--help").stdout == mailsec("--help").stdout


@pytest.mark.parametrize(
    ("argv", "lines"),
    [
        ((), ["Missing command.", "Usage: mailsec [OPTIONS] COMMAND [ARGS]...", "hint: mailsec --help"]),
        (
            ("veriffy",),
            ["no such command: veriffy", "Usage: mailsec [OPTIONS] COMMAND [ARGS]...", "hint: did you mean verify?"],
        ),
        (("zzzz",), ["no such command: zzzz", "Usage: mailsec [OPTIONS] COMMAND [ARGS]...", "hint: mailsec --help"]),
        (("fail", "--nope"), [None, "Usage: mailsec fail [OPTIONS] [WAYS]...", "hint: mailsec fail --help"]),
        (("fail", "click"), ["plain click", "hint: mailsec --help"]),
    ],
)
@pytest.mark.usefixtures("probe")
def test_usage_errors(mailsec: Mailsec, argv: tuple[str, ...], lines: list[str | None]) -> None:
    done = mailsec(*argv)
    assert (done.code, done.out) == (2, b"")
    first, *rest = done.stderr.splitlines()
    assert first.startswith("mailsec: error: ")
    assert lines[0] is None or first == f"mailsec: error: {lines[0]}"
    assert rest == lines[1:]


@pytest.mark.parametrize("name", ["\x1b[31mverify", "x" * 10_000, "a\nb", "\udcff", "[bold]"])
def test_hostile_arguments_harm_no_terminal(mailsec: Mailsec, name: str) -> None:
    done = mailsec(name)
    assert done.code == 2
    assert not harmful(done.stderr)
    assert len(done.err) < 5000


@pytest.mark.parametrize(
    ("way", "code", "err"),
    [
        ("usage", 2, "mailsec: error: no sense\n"),
        ("nothing", 3, "mailsec: error: empty\n"),
        ("bad", 4, "mailsec: error: not a message\nhint: look at it\n"),
        ("temporary", 5, "mailsec: error: try again\n"),
        ("key", 7, "mailsec: error: locked\n"),
        ("disk", 5, "mailsec: error: cannot write to stdout: no space left on device\n"),
        ("abort", 130, ""),
        ("interrupt", 130, ""),
        ("pipe", 141, ""),
        ("6", 6, ""),
        ("0", 0, ""),
    ],
)
@pytest.mark.usefixtures("probe")
def test_what_happens_becomes_an_exit_code(mailsec: Mailsec, way: str, code: int, err: str) -> None:
    done = mailsec("fail", way)
    assert (done.code, done.stdout, done.stderr) == (code, "", err)


@pytest.mark.parametrize("way", ["bug", "recursion", "memory"])
@pytest.mark.usefixtures("probe")
def test_a_bug_is_told_without_a_traceback(mailsec: Mailsec, way: str) -> None:
    done = mailsec("fail", way)
    first, hint = done.stderr.splitlines()
    assert done.code == 70
    assert first.startswith("mailsec: error: internal error (")
    assert hint.startswith("hint: this is a bug")
    assert not harmful(done.stderr)


@pytest.mark.usefixtures("probe")
def test_debug_shows_the_traceback_and_still_harms_nothing(mailsec: Mailsec) -> None:
    done = mailsec("--debug", "fail", "bug")
    assert done.code == 70
    assert "Traceback (most recent call last):" in done.stderr
    assert "\\x1b[31mred" in done.stderr
    assert not harmful(done.stderr)
    assert mailsec("--debug", "fail", "bad").stderr.endswith("mailsec: error: not a message\nhint: look at it\n")


@pytest.mark.usefixtures("probe")
def test_one_subjects_failure_stops_no_other(mailsec: Mailsec) -> None:
    done = mailsec("fail", "--each", "bad", "temporary", "0", "key", "nothing")
    assert done.code == 7
    assert [line for line in done.stderr.splitlines() if "error" in line] == [
        "mailsec: error: bad: not a message",
        "mailsec: error: temporary: try again",
        "mailsec: error: key: locked",
        "mailsec: error: nothing: empty",
    ]


def test_a_closed_stderr_is_nobody_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(SystemExit) as left:
        main(["zzzz"])
    assert left.value.code == 2


def test_a_full_stderr_is_nobody_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", buffering=1) as full:
        monkeypatch.setattr(sys, "stderr", full)
        with pytest.raises(SystemExit) as left:
            main(["zzzz"])
        monkeypatch.undo()
        assert left.value.code == 2
        with pytest.raises(OSError):
            full.close()


def test_a_closed_stdout_is_no_crash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as left:
        main(["schema"])
    assert left.value.code == 5
    assert capsys.readouterr().err == "mailsec: error: stdout is closed\n"


@pytest.mark.parametrize("argv", [["--version"], ["schema"]])
def test_a_full_stdout_is_told_once(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as left:
            main(argv)
        monkeypatch.undo()
    assert left.value.code == 5
    assert capsys.readouterr().err == "mailsec: error: cannot write to stdout: no space left on device\n"


@pytest.mark.parametrize("argv", [["--version"], ["schema"]])
def test_a_gone_reader_is_told_nothing(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(SystemExit) as left:
            main(argv)
        monkeypatch.undo()
    assert left.value.code == 141
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("code", "expected"), [("0", 5), ("1", 1)])
@pytest.mark.usefixtures("probe")
def test_what_stays_in_the_buffer_is_told_too(monkeypatch: pytest.MonkeyPatch, code: str, expected: int) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as left:
            main(["leave", code])
    assert left.value.code == expected


@pytest.mark.usefixtures("probe")
def test_a_reader_that_goes_away_before_the_last_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(SystemExit) as left:
            main(["leave", "0"])
    assert left.value.code == 141


def test_the_processs_own_arguments(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["mailsec", "--version"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("mailsec", run_name="__main__")
    assert left.value.code == 0
    assert capsys.readouterr().out == f"mailsec {__version__}\n"


def test_python_dash_m(mailsec_process: Mailsec) -> None:
    assert mailsec_process("--version").stdout == f"mailsec {__version__}\n"
    assert mailsec_process("nope").code == 2


@pytest.mark.parametrize("argv", [["schema"], ["--help"], ["explain", "--help"]])
def test_a_reader_that_goes_away_is_no_error(argv: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mailsec", *argv], stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("argv", [["schema"], ["--help"]])
def test_a_full_disk_is_told(argv: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mailsec", *argv], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    assert done.returncode == 5
    assert done.stderr == b"mailsec: error: cannot write to stdout: no space left on device\n"
