"""What `mailsec smtp serve` does."""

from __future__ import annotations

from collections.abc import Iterator

from mailsec.api.smtp_mirror import Stage, serve_script
from mailsec.api.smtp_script import Played
from mailsec.cli.complaint import say
from mailsec.cli.io import Printer, each_input
from mailsec.cli.jobs.smtp_run import write_transcript
from mailsec.cli.options import OutputOptions
from mailsec.cli.script_options import ScriptChoices, options
from mailsec.cli.smtp_serve import ServeChoices
from mailsec.core.exits import Exit, most_severe
from mailsec.core.limits.transport import SMTP_SCRIPT_BYTES
from mailsec.core.text import visible


def run(script: str, chosen: ServeChoices, choices: ScriptChoices, output: OutputOptions) -> int:
    """Serve the script and print how each client did; the most severe exit code."""
    playing = options(choices, script, output.fail_on)
    stage = Stage(chosen.listen, chosen.port, chosen.count, chosen.cert, chosen.key)

    def ready(address: str, port: int) -> None:
        say(f"listening on {visible(address)}, port {port}")

    def one(name: str, data: bytes) -> int:
        clients = serve_script(data, name, playing, stage, ready)
        return _transcripts(clients, script, output) if choices.transcript else _reports(clients, script, stage, output)

    return each_input((script,), one, max_bytes=SMTP_SCRIPT_BYTES)


def _reports(clients: Iterator[Played], script: str, stage: Stage, output: OutputOptions) -> Exit:
    codes: list[int] = []
    with Printer(output, (script,) * (1 if stage.runs == 1 else 2)) as printer:
        try:
            codes.extend(printer.show(client.report) for client in clients)
        except KeyboardInterrupt:  # the way to end it: what was printed becomes whole
            codes.append(Exit.INTERRUPTED)
    return most_severe(codes)


def _transcripts(clients: Iterator[Played], script: str, output: OutputOptions) -> Exit:
    return most_severe([write_transcript(client, script, output) for client in clients])
