"""`mailsec explain`: the rule book."""

from __future__ import annotations

from collections.abc import Mapping

import click

from mailsec.api.rulebook import rules
from mailsec.cli.group import NoSuchName
from mailsec.cli.io import put, style
from mailsec.cli.options import OutputOptions, command, format_options
from mailsec.cli.types import TEXT
from mailsec.core.rules import Rule
from mailsec.core.text import visible
from mailsec.output.rulebook import show
from mailsec.store.files import write


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in rules() if name.startswith(incomplete)]


@command(
    "explain",
    examples=[
        "mailsec explain spf-too-many-lookups",
        "mailsec explain --list | grep dkim",
        "mailsec explain --all --json",
    ],
)
@click.argument("names", nargs=-1, type=TEXT, metavar="[RULE]...", shell_complete=_complete)
@click.option("--all", "everything", is_flag=True, help="Explain every rule.")
@click.option("--list", "listing", is_flag=True, help="Print the ids of all rules, one a line.")
@format_options
@click.pass_context
def explain(context: click.Context, names: tuple[str, ...], everything: bool, listing: bool, output: OutputOptions) -> None:
    """Print what a finding's RULE means: how severe it is, the section it rests on, the threats it bears on, and the remedy."""
    if sum((bool(names), everything, listing)) != 1:
        raise click.UsageError("name rules, or give --all, or give --list", context)
    if listing:
        text = "".join(f"{name}\n" for name in rules())
    else:
        chosen = rules().values() if everything else [_rule(context, rules(), name) for name in dict.fromkeys(names)]
        text = show(chosen, output.format, style(output))
    if output.path:
        write(output.path, text.encode())
    else:
        put(text, output.format)


def _rule(context: click.Context, known: Mapping[str, Rule], name: str) -> Rule:
    rule = known.get(name)
    if rule is None:
        raise NoSuchName(f"no such rule: {visible(name)}", name, list(known), context)
    return rule
