"""`mailsec smtp serve`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from mailsec.cli.options import OutputOptions, command, output_options
from mailsec.cli.script_options import ScriptChoices, script_options
from mailsec.cli.types import PATH, TEXT
from mailsec.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class ServeChoices:
    """Where to listen, for how many clients (`count` 0: without end), and with which certificate ("": one made on the fly)."""

    listen: str
    port: int
    count: int
    cert: str
    key: str


@command(
    "serve",
    examples=(
        "mailsec smtp serve greylisted.smtp --port 2525",
        "mailsec smtp serve starttls.smtp --once --cert chain.pem --key key.pem",
        "mailsec smtp serve submit.smtp --count 3 --json > clients.json",
    ),
)
@click.argument("script", type=PATH)
@click.option("--listen", type=TEXT, default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="PORT", help="The port [default: any; it is told on stderr]."
)
@click.option("--once", is_flag=True, help="Leave after one client; the exit code is what was judged of it.")
@click.option("--count", type=click.IntRange(1), metavar="N", help="Leave after N clients [default: Ctrl-C].")
@click.option("--cert", type=PATH, default="", metavar="FILE", help="The certificate with its chain (PEM) [default: made now].")
@click.option("--key", type=PATH, default="", metavar="FILE", help="Its private key, where it is not in that file.")
@script_options
@output_options
def serve(script: str, choices: ScriptChoices, output: OutputOptions, once: bool, count: int | None, **where: Any) -> int:
    """Play the server's side of SCRIPT, to test a client: what "S:" says is sent, what "C:" says is expected.

    The same file runs as a client with `smtp run`. The client's verb is judged; other words that differ are notes, unless
    --strict-text. Clients of a script with several connections get them in turn. Only this machine is served, unless --listen
    says otherwise. --once and --count wait for clients no longer than --timeout.
    """
    if once and count not in (None, 1):
        raise UsageError("--once and --count contradict each other", hint="--once is --count 1")
    if where["key"] and not where["cert"]:
        raise UsageError("--key needs --cert", hint="--cert chain.pem --key key.pem")
    chosen = ServeChoices(count=1 if once else count or 0, **where)
    from mailsec.cli.jobs.smtp_serve import run  # not before it is needed

    return run(script, chosen, choices, output)
