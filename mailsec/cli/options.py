"""Options that mean the same in every command, and the frame of a command.

A command takes each group as one value: `@output_options` passes `output: OutputOptions` (`cli.lookup.dns_options`:
`dns: DnsOptions`). `@command(examples=[...])` makes a click command whose `--help` ends with its examples.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click

from mailsec.cli.types import PATH, TEXT
from mailsec.core.rules import Severity

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("human", "plain", "json", "jsonl")
NEVER = "never"


class Command(click.Command):
    """A command whose help ends with examples."""

    examples: tuple[str, ...] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, one a line and never folded, so that they can be copied."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"  {example}\n")


def command(name: str, *, examples: Sequence[str], **settings: Any) -> Callable[[Callable[..., Any]], Command]:
    """A click command called `name` whose help ends with `examples`; the function's docstring is its help.

    The function returns its exit code, or None for 0.
    """

    def decorate(function: Callable[..., Any]) -> Command:
        made = click.command(name, cls=Command, **settings)(function)
        made.examples = tuple(examples)
        return made

    return decorate


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """How a command's answer is shown. `fail_on` None is `never`; `path` "" is stdout."""

    format: str = "plain"
    color: str = "auto"
    fail_on: Severity | None = Severity.HIGH
    exit_zero: bool = False
    path: str = ""
    quiet: bool = False
    verbose: int = 0
    trace: bool = False


_FORMAT = (
    click.option(
        "--format", "out_format", type=click.Choice(FORMATS), help="How to show the answer: human on a terminal, else plain."
    ),
    click.option("--json", "out_json", is_flag=True, help="Short for --format json."),
    click.option(
        "--color",
        "out_color",
        type=click.Choice(("auto", "always", NEVER)),
        default="auto",
        show_default=True,
        help="Colours in the human format; NO_COLOR and FORCE_COLOR are honoured.",
    ),
    click.option("-o", "--output", "out_path", type=PATH, default="", metavar="FILE", help="Write to FILE instead of stdout."),
)

_TRACE = click.option("--trace", "out_trace", is_flag=True, help="Show the evaluation step by step.")
_ANSWER = (
    *_FORMAT,
    click.option("-q", "--quiet", "out_quiet", is_flag=True, help="Print no answer: the exit code is the answer."),
    click.option("-v", "--verbose", "out_verbose", count=True, help="Show every fact and the evidence of every check."),
    _TRACE,
)

_OUTPUT = (
    *_ANSWER,
    click.option(
        "--fail-on",
        "out_fail_on",
        type=click.Choice((*(severity.value for severity in Severity), NEVER)),
        default=Severity.HIGH.value,
        show_default=True,
        help="The severity of a finding from which on the exit code is 1.",
    ),
    click.option("--exit-zero", "out_exit_zero", is_flag=True, help="Leave with 0 once judged, whatever the answer."),
)

protect_option = click.option(
    "--protect",
    type=TEXT,
    multiple=True,
    metavar="DOMAIN",
    help="A domain, such as our own, that no other sender may look like (repeatable).",
)


def output_options(function: F) -> F:
    """Adds the output options; the function gets them as `output`, an OutputOptions."""
    return grouped(function, _OUTPUT, "out_", "output", _output)


def answer_options(function: F) -> F:
    """Adds the output options of commands that do something, whose exit code is what became of it, as `output`."""
    return grouped(function, _ANSWER, "out_", "output", _output)


def shown_options(function: F) -> F:
    """Adds the output options of commands that evaluate nothing step by step; see `output_options`."""
    return grouped(function, [each for each in _OUTPUT if each is not _TRACE], "out_", "output", _output)


def format_options(function: F) -> F:
    """Adds the output options of commands that judge nothing; the function gets them as `output`, an OutputOptions."""
    return grouped(function, _FORMAT, "out_", "output", _output)


def grouped(
    function: F, options: Sequence[Callable[[F], F]], prefix: str, argument: str, make: Callable[[dict[str, Any]], object]
) -> F:
    """Adds `options`, whose names begin with `prefix`; the function gets what `make` makes of them as `argument`."""

    @wraps(function)
    def wrapper(*args: Any, **values: Any) -> Any:
        own = {name.removeprefix(prefix): values.pop(name) for name in list(values) if name.startswith(prefix)}
        return function(*args, **{argument: make(own)}, **values)

    decorated: Any = wrapper
    for option in reversed(options):
        decorated = option(decorated)
    result: F = decorated
    return result


def _output(values: dict[str, Any]) -> OutputOptions:
    chosen = values["format"]
    if values["json"] and chosen not in (None, "json"):
        raise click.UsageError(f"--json and --format {chosen} contradict each other", click.get_current_context(silent=True))
    path = "" if values["path"] == "-" else values["path"]
    fail_on = values.get("fail_on", Severity.HIGH)
    return OutputOptions(
        format="json" if values["json"] else chosen or default_format(path),
        color=values["color"],
        fail_on=None if fail_on == NEVER else Severity(fail_on),
        exit_zero=values.get("exit_zero", False),
        path=path,
        quiet=values.get("quiet", False),
        verbose=values.get("verbose", 0),
        trace=values.get("trace", False),
    )


def default_format(path: str) -> str:
    """human where the answer goes to a terminal, else plain."""
    return "human" if not path and is_terminal() else "plain"


def is_terminal() -> bool:
    """True where stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def use_color(choice: str, terminal: bool) -> bool:
    """Whether to colour: the option first, then NO_COLOR, FORCE_COLOR and TERM=dumb, then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"
