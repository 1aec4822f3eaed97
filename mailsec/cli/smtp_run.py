"""`mailsec smtp run`."""

from __future__ import annotations

import click

from mailsec.cli.lookup import DnsOptions, lookup_options
from mailsec.cli.options import OutputOptions, command, output_options
from mailsec.cli.script_options import ScriptChoices, script_options
from mailsec.cli.types import PATH, SERVER, TEXT
from mailsec.core.errors import UsageError


@command(
    "run",
    examples=(
        "mailsec smtp run forged.smtp --server mx.example.com",
        "mailsec smtp run submit.smtp --server mail.example.com:587 --from a@example.com --to b@example.com --message m.eml",
        "mailsec smtp run login.smtp --server mail.example.com:587 --secret password=password.txt",
        "mailsec smtp run swaks.log --server localhost:2525 --transcript > again.smtp",
        "mailsec smtp run smtputf8.smtp --server mx.example.com --json | jq '.checks[].children[]?.facts'",
    ),
)
@click.argument("script", type=PATH)
@click.option(
    "--server", type=SERVER, required=True, metavar="HOST[:PORT]", help="Whom to speak to: a name, an address, a unix socket."
)
@click.option(
    "--name", type=TEXT, default="", metavar="NAME", help="The name that the certificate must be for [default: HOST]."
)
@script_options
@output_options
@lookup_options
def run(script: str, server: tuple[str, int], name: str, choices: ScriptChoices, output: OutputOptions, dns: DnsOptions) -> int:
    """Run SCRIPT, a dialogue as any textbook shows it, with a server, and judge every reply.

    "S: 250 OK" is expected, "C: QUIT" is sent. Codes are judged (250, 2xx, 250|251, !5xx); a text that differs is a note,
    unless it is written =exactly, as /an expression/ or with a *. "C: STARTTLS" switches to TLS on its 220; "!" begins a
    directive. A transcript of mailsec or a log of swaks is a script as well.
    """
    if choices.transcript and output.format.startswith("json"):
        raise UsageError("--transcript and --json contradict each other", hint="--transcript alone, or --json alone")
    from mailsec.cli.jobs.smtp_run import run as run_it  # not before it is needed

    return run_it(script, server, name, choices, output, dns)
