"""What `mailsec smtp run` does."""

from __future__ import annotations

from mailsec.api.settings import VALIDATE
from mailsec.api.smtp_script import Played, run_script
from mailsec.cli.complaint import say
from mailsec.cli.io import Printer, each_input, write_message
from mailsec.cli.jobs.session import settings
from mailsec.cli.lookup import DnsOptions
from mailsec.cli.options import OutputOptions
from mailsec.cli.script_options import ScriptChoices, options
from mailsec.core.exits import Exit
from mailsec.core.limits.transport import SMTP_SCRIPT_BYTES
from mailsec.core.text import visible


def run(script: str, server: tuple[str, int], name: str, choices: ScriptChoices, output: OutputOptions, dns: DnsOptions) -> int:
    """Play the script to the server and print how it went; the exit code."""
    chosen = options(choices, script, output.fail_on, name=name)
    asking = settings(dns, dnssec=VALIDATE)

    def played(shown: str, data: bytes) -> Played:
        return run_script(data, shown, server, chosen, asking)

    if choices.transcript:
        return each_input(
            (script,), lambda shown, data: write_transcript(played(shown, data), script, output), max_bytes=SMTP_SCRIPT_BYTES
        )
    with Printer(output, (script,)) as printer:
        return each_input((script,), lambda shown, data: printer.show(played(shown, data).report), max_bytes=SMTP_SCRIPT_BYTES)


def write_transcript(played: Played, script: str, output: OutputOptions) -> int:
    """Print the dialogue as a script, and the verdict beside it; the exit code."""
    write_message(played.transcript.encode(), output.path, (script,))
    if not output.quiet:
        say(f"{played.report.status}: {visible(played.report.summary)}")
    return Exit.HOLDS if output.exit_zero else played.report.exit
