from __future__ import annotations

import click
import pytest

from mailsec.cli.main import app
from mailsec.cli.options import Command
from mailsec.cli.table import COMMANDS, SMTP, Entry
from tests.conftest import Mailsec


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_the_table_says_and_has_an_example(mailsec: Mailsec, name: str) -> None:
    command = app.get_command(click.Context(app), name)
    assert isinstance(command, Command | click.Group)
    commands = [command]
    if isinstance(command, click.Group):
        context = click.Context(command)
        commands = [command.get_command(context, each) for each in command.list_commands(context)]
    for each in commands:
        assert isinstance(each, Command)
        assert each.examples
        assert all(f"mailsec {name}" in example for example in each.examples)
        assert each.help
    done = mailsec(name, "--help")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: mailsec {name}")


@pytest.mark.parametrize("entry", [*COMMANDS.values(), *SMTP.values()])
def test_every_help_is_a_sentence(entry: Entry) -> None:
    assert entry.help.endswith(".")
    assert len(entry.help) < 66


@pytest.mark.parametrize("name", SMTP)
def test_every_command_of_a_group_has_its_help(mailsec: Mailsec, name: str) -> None:
    done = mailsec("smtp", name, "--help")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: mailsec smtp {name}")
    assert f"mailsec smtp {name}" in done.stdout.partition("Examples:")[2]
    assert f"  {name} " in mailsec("smtp", "--help").stdout


def test_commands_are_listed_in_the_tables_order() -> None:
    assert app.list_commands(click.Context(app)) == list(COMMANDS)


def test_an_unknown_command_is_none() -> None:
    assert app.get_command(click.Context(app), "nope") is None
