"""README is true: its tables and every output it shows. MAILSEC_UPDATE=1 writes the outputs anew."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from mailsec.cli.table import COMMANDS
from mailsec.core.exits import Exit

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n\$ (mailsec [^\n]*)\n(.*?)```\n", re.DOTALL)
COLUMNS = 100


def _blocks() -> list[str]:
    return [match[1] for match in BLOCK.finditer(README.read_text())]


@pytest.mark.parametrize("command", _blocks())
def test_outputs_are_what_the_program_prints(command: str, mailsec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples")
    ended = mailsec(*shlex.split(command)[1:], tty=True, columns=COLUMNS, env={"NO_COLOR": "1"})
    text = README.read_text()
    shown = next(match[2] for match in BLOCK.finditer(text) if match[1] == command)
    printed = "\n".join(line.rstrip() for line in ended.stdout.splitlines()) + "\n"
    if os.environ.get("MAILSEC_UPDATE"):
        README.write_text(text.replace(f"$ {command}\n{shown}```", f"$ {command}\n{printed}```"))
        return
    assert printed == shown
    assert not ended.stderr


def _table(heading: str) -> list[tuple[str, str]]:
    text = README.read_text()
    rows = text[text.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip(" `") for cell in row.strip("|").split(" | ", 1)) for row in rows]


def test_command_table_is_the_programs() -> None:
    assert _table("| command | does |") == [(name, entry.help) for name, entry in COMMANDS.items()]


def test_exit_codes_are_the_programs() -> None:
    assert [int(code) for code, _ in _table("| code | meaning |")] == [code.value for code in Exit]
    for code in Exit:
        assert f"| {code.value} | {code.meaning} |" in README.read_text()


def test_the_two_commands_of_the_first_screen_are_those_that_ci_runs() -> None:
    first_screen = "\n".join(README.read_text().splitlines()[:25])
    assert "sh examples/verify.sh" in first_screen
    assert "python -m pytest" in first_screen


def test_the_library_example_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert code
    exec(code[1].replace("open(", "__import__('pathlib').Path(").replace(', "rb").read()', ").read_bytes()"), {})
    assert capsys.readouterr().out.startswith("pass news.shop.example vouches")
