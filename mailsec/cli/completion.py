"""`mailsec completion`: the script that makes a shell complete mailsec's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from mailsec.cli.io import put
from mailsec.cli.main import COMPLETE_VARIABLE, PROGRAM, app
from mailsec.cli.options import command

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


def script(shell: str) -> str:
    """The completion script for `shell`: click's, and a line that says which click made it."""
    from importlib.metadata import version  # slow to import, and only this command needs it

    # BashComplete.source starts a bash to warn about old ones; the script is the same
    text = ShellComplete.source(SHELLS[shell](app, {}, PROGRAM, COMPLETE_VARIABLE))
    return f"{text.strip()}\n# made by `{PROGRAM} completion {shell}` with click {version('click')}\n"


@command(
    "completion",
    examples=[
        "mailsec completion bash > ~/.local/share/bash-completion/completions/mailsec",
        'mailsec completion zsh > "${fpath[1]}/_mailsec"',
        "mailsec completion fish > ~/.config/fish/completions/mailsec.fish",
    ],
)
@click.argument("shell", type=click.Choice(tuple(SHELLS)))
def completion(shell: str) -> None:
    """Print the completion script for a SHELL, to be saved where that shell looks for it."""
    put(script(shell))
