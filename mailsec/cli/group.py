"""A group of commands that stand in a table: help and completion of their names import none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mailsec.cli.table import Entry


class LazyGroup(click.Group):
    """The commands of `table`, each imported when it is called."""

    table: Mapping[str, Entry] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the table's order."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, imported now."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(import_module(entry.module), entry.attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` name; a name that does not exist is a usage error with the closest names as its hint."""
        name = args[0]
        if name not in self.table and not name.startswith("-"):
            raise NoSuchName(f"no such command: {name}", name, self.table, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing what it names."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[click.shell_completion.CompletionItem]:
        """Command names from the table, then the options."""
        from click.shell_completion import CompletionItem  # only completion needs it

        items = [CompletionItem(name, help=entry.help) for name, entry in self.table.items() if name.startswith(incomplete)]
        return items + click.Command.shell_complete(self, ctx, incomplete)


def group(name: str, table: Mapping[str, Entry]) -> Callable[[Callable[..., Any]], LazyGroup]:
    """A click group called `name` over `table`; the function's docstring is its help."""

    def decorate(function: Callable[..., Any]) -> LazyGroup:
        made: LazyGroup = click.group(name, cls=LazyGroup, no_args_is_help=False)(function)
        made.table = table
        return made

    return decorate


class NoSuchName(click.UsageError):
    """A name that is not among `known`; `hint` offers those that look like it."""

    def __init__(self, message: str, name: str, known: Iterable[str], ctx: click.Context | None = None) -> None:
        super().__init__(message, ctx)
        self.hint = _close(name[:100], list(known))


def _close(name: str, known: list[str]) -> str:
    from difflib import get_close_matches  # only a mistyped name needs it

    matches = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(matches)}?" if matches else ""
