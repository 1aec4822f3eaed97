"""Nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mailsec.cli.table import COMMANDS
from tests.conftest import Mailsec
from tests.peer import Line, Peer

ROOT = Path(__file__).parents[2]
HEAVY = {
    "dns",
    "cryptography",
    "rich",
    "msgspec",
    "asyncio",
    "ssl",
    "socket",
    "logging",
    "idna",
    "email",
    "tempfile",
    "subprocess",
}
PROBE = """
import atexit, os, sys
atexit.register(lambda: os.write(2, " ".join(sorted(sys.modules)).encode()))
from mailsec.cli.main import main
main(sys.argv[1:])
"""


def loaded(*argv: str, **env: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *argv], capture_output=True, check=False, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **env}
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.decode().split())


def completing(words: str, at: int) -> dict[str, str]:
    return {"_MAILSEC_COMPLETE": "zsh_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        (("--version",), {}),
        (("--help",), {}),
        ((), completing("mailsec ", 1)),
        ((), completing("mailsec --", 1)),
    ],
)
def test_nothing_heavy_and_no_command_is_loaded(argv: tuple[str, ...], env: dict[str, str]) -> None:
    names = loaded(*argv, **env)
    assert not HEAVY & names
    assert not {entry.module for entry in COMMANDS.values()} & names
    assert not {name for name in names if name.startswith("mailsec.")} & {"mailsec.sender", "mailsec.message", "mailsec.api"}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_nothing_of_mailsecs_model_is_loaded(option: str) -> None:
    assert "mailsec.core.results" not in loaded(option)


@pytest.mark.parametrize("argv", [("explain", "--list"), ("schema",), ("completion", "--help"), ("explain", "--help")])
def test_small_commands_load_little(argv: tuple[str, ...]) -> None:
    assert not {"dns", "cryptography", "rich", "msgspec", "asyncio"} & loaded(*argv)


@pytest.mark.parametrize("name", COMMANDS)
def test_completing_a_commands_options_loads_little(name: str) -> None:
    assert not {"dns", "cryptography", "rich", "msgspec", "asyncio"} & loaded(**completing(f"mailsec {name} --", 2))


def says_goodbye(line: Line) -> None:
    line.say(b"220 mx\r\n")
    line.hear()
    line.say(b"221 bye\r\n")


def test_a_dialogue_in_the_clear_loads_no_cryptography(tmp_path: Path) -> None:
    script = tmp_path / "hello.smtp"
    script.write_text("S: 220\nC: QUIT\nS: 221\n")
    with Peer(says_goodbye) as peer:
        names = loaded("smtp", "run", str(script), "--server", f"127.0.0.1:{peer.port}")
    assert not (HEAVY - {"socket"}) & names


def test_mailsec_does_what_was_measured(mailsec: Mailsec) -> None:
    assert mailsec("--help").code == 0
