"""The entry point: runs a command and turns whatever happens into an exit code.

Start-up counts: besides click nothing is imported here until it is needed.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from mailsec import __version__
from mailsec.cli.complaint import complain, say
from mailsec.cli.group import LazyGroup
from mailsec.cli.table import COMMANDS

PROGRAM = "mailsec"
COMPLETE_VARIABLE = "_MAILSEC_COMPLETE"
EPILOG_TITLE = "Exit codes"
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class State:
    """What holds for the whole run."""

    def __init__(self) -> None:
        self.debug = False


class App(LazyGroup):
    """All commands."""

    table = COMMANDS

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The exit codes."""
        from mailsec.core.exits import Exit  # only --help needs it

        with formatter.section(EPILOG_TITLE):
            formatter.write_dl([(str(code.value), code.meaning) for code in Exit])


def _version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"{PROGRAM} {__version__}")
        ctx.exit()


@click.group(PROGRAM, cls=App, context_settings=CONTEXT, no_args_is_help=False)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version and leave."
)
@click.option("--debug", is_flag=True, help="Print a traceback when something goes wrong inside mailsec.")
@click.pass_obj
def app(state: State, debug: bool) -> None:
    """The security of electronic mail: who really sent a message, was it changed, does a domain protect its mail.

    Answers go to stdout, everything else to stderr; - stands for stdin.
    """
    state.debug = debug


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run mailsec with `argv` (the process's own arguments where None) and leave with its exit code."""
    sys.exit(_flushed(run(list(sys.argv[1:] if argv is None else argv))))


def run(argv: list[str]) -> int:
    """Run mailsec with `argv`; the exit code. Never raises, except where the interpreter itself is told to stop."""
    state = State()
    try:
        if instruction := os.environ.get(COMPLETE_VARIABLE):
            return _complete(instruction)
        with app.make_context(PROGRAM, argv, obj=state) as context:
            return int(app.invoke(context) or 0)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _translated(error, state)


def _complete(instruction: str) -> int:
    from click.shell_completion import shell_complete  # only completion needs it

    return shell_complete(app, {"obj": State()}, PROGRAM, COMPLETE_VARIABLE, instruction)


def _translated(error: Exception, state: State) -> int:
    """The exit code for what ended the run, once stderr says what it was."""
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            return _usage(error)
        case click.Abort():
            return 130
        case BrokenPipeError():
            return _pipe_closed()
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EIO | errno.EFBIG):
            return _unwritable(error)
        case _:
            return _failed(error, state)


def _usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if context is None:
        complain(error.format_message(), hint=f"{PROGRAM} --help")
    else:
        hint = getattr(error, "hint", "") or f"{context.command_path} --help"
        complain(error.format_message(), usage=context.get_usage(), hint=hint)
    return 2


def _failed(error: Exception, state: State) -> int:
    from mailsec.core.errors import MailsecError  # a command that raises it has loaded it

    if state.debug:
        _traceback(error)
    if isinstance(error, MailsecError):
        complain(error.message, hint=error.hint)
        return int(error.exit)
    hint = "" if state.debug else "this is a bug: run it again as `mailsec --debug …` and report what it prints"
    complain(f"internal error ({type(error).__name__}: {error})", hint=hint)
    return 70


def _traceback(error: Exception) -> None:
    import traceback  # only --debug needs it

    from mailsec.core.text import visible

    for block in traceback.format_exception(error):
        say("\n".join(visible(line) for line in block.rstrip("\n").split("\n")))


def _flushed(code: int) -> int:
    """`code`, once what was printed has left: the reader may have gone, the disk may be full."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        return _pipe_closed()
    except OSError as error:
        unwritable = _unwritable(error)
        return code or unwritable
    return code


def _unwritable(error: OSError) -> int:
    _discard_output()
    complain(f"cannot write to stdout: {(error.strerror or '').lower()}")
    return 5


def _pipe_closed() -> int:
    _discard_output()
    return 141


def _discard_output() -> None:
    """Let the interpreter's own last flush of stdout go nowhere instead of complaining."""
    try:
        number = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)
