"""What `mailsec record dkim` does."""

from __future__ import annotations

from mailsec.api.dkim_record import check_record, existing_record, new_record
from mailsec.cli.complaint import say
from mailsec.cli.io import Printer, each, write_message
from mailsec.cli.jobs.keyfile import read_key
from mailsec.cli.jobs.session import session
from mailsec.cli.lookup import DnsOptions
from mailsec.cli.options import OutputOptions
from mailsec.cli.record import RecordChoices
from mailsec.core.text import visible
from mailsec.store.files import shown
from mailsec.store.private import write_private


def run(chosen: RecordChoices, output: OutputOptions, dns: DnsOptions) -> int:
    """Print the record, or the report of `--check`; the exit code."""
    if chosen.check:
        return _check(chosen, output, dns)
    if chosen.key:
        made = existing_record(read_key(chosen.key), chosen.domain, chosen.selector)
    else:
        made = new_record(chosen.domain, chosen.selector, kind=chosen.key_type, bits=chosen.bits)
        write_private(chosen.key_out, made.private)
        if not output.quiet:
            say(f"private key written to {visible(shown(chosen.key_out))}; publish the record before you sign with it")
    write_message(f"{made.zone_line}\n".encode(), output.path, (chosen.key,))
    return 0


def _check(chosen: RecordChoices, output: OutputOptions, dns: DnsOptions) -> int:
    data = read_key(chosen.check)
    with session(dns) as live, Printer(output, (chosen.check,)) as printer:
        return each(
            (chosen.domain,),
            lambda domain: printer.show(check_record(data, domain, chosen.selector, live, trace=output.trace)),
        )
