"""The scripts in completions/ are what `mailsec completion` prints; MAILSEC_UPDATE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from mailsec.cli.table import COMMANDS
from tests.conftest import Mailsec

FOLDER = Path(__file__).parents[2] / "completions"
FILES = {"bash": "mailsec.bash", "zsh": "_mailsec", "fish": "mailsec.fish"}


@pytest.mark.parametrize("shell", FILES)
def test_the_shipped_script_is_current(mailsec: Mailsec, shell: str) -> None:
    done = mailsec("completion", shell)
    assert (done.code, done.stderr) == (0, "")
    path = FOLDER / FILES[shell]
    if os.environ.get("MAILSEC_UPDATE_SNAPSHOTS"):
        path.write_bytes(done.out)
    shipped = path.read_text()
    # another version of click may write another script; what the two must have in common is how they call mailsec
    if shipped.endswith(f"with click {version('click')}\n"):
        assert shipped == done.stdout
    for script in (shipped, done.stdout):
        assert f"_MAILSEC_COMPLETE={shell}_complete" in script
        assert "_mailsec_completion" in script


def test_nothing_else_is_shipped() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(FILES.values())


def test_an_unknown_shell(mailsec: Mailsec) -> None:
    assert mailsec("completion", "tcsh").code == 2


def complete(mailsec: Mailsec, words: str, at: int, shell: str = "bash") -> list[str]:
    env = {"_MAILSEC_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
    done = mailsec(env=env)
    assert (done.code, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_commands_complete(mailsec: Mailsec) -> None:
    assert complete(mailsec, "mailsec ", 1) == [f"plain,{name}" for name in COMMANDS]
    assert complete(mailsec, "mailsec ex", 1) == ["plain,explain"]


def test_options_complete(mailsec: Mailsec) -> None:
    assert "plain,--version" in complete(mailsec, "mailsec --", 1)
    assert "plain,--format" in complete(mailsec, "mailsec explain --f", 2)
    assert complete(mailsec, "mailsec explain --format j", 3) == ["plain,json", "plain,jsonl"]


def test_help_stands_beside_the_names(mailsec: Mailsec) -> None:
    assert complete(mailsec, "mailsec ex", 1, "zsh") == ["plain", "explain", COMMANDS["explain"].help]


def test_an_unknown_instruction(mailsec: Mailsec) -> None:
    assert mailsec(env={"_MAILSEC_COMPLETE": "tcsh_complete"}).code == 1
    assert mailsec(env={"_MAILSEC_COMPLETE": "bash_dance"}).code == 1


def test_bash_itself_completes(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    (tmp_path / "mailsec").write_text(f'#!/bin/sh\nexec {sys.executable} -m mailsec "$@"\n')
    (tmp_path / "mailsec").chmod(0o755)
    lines = (
        f". {FOLDER / 'mailsec.bash'}",
        "COMP_WORDS=(mailsec exp)",
        "COMP_CWORD=1",
        "_mailsec_completion mailsec",
        "echo $COMPREPLY",
    )
    done = subprocess.run(
        [bash, "-c", "\n".join(lines)],
        capture_output=True,
        check=False,
        cwd=FOLDER.parent,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert done.stdout.decode().split() == ["explain"]
