"""`mailsec check`."""

from __future__ import annotations

import click

from mailsec.cli.options import TEXT, DnsOptions, OutputOptions, command, dns_options, output_options
from mailsec.cli.types import ADDRESS, IPAddress


@command(
    "check",
    examples=(
        "mailsec check example.com --ip 192.0.2.1",
        "mailsec check example.com --ip 2001:db8::1 --helo mail.example.com --mail-from alice@example.com",
        "mailsec check example.com --ip 192.0.2.1 --json | jq .status",
    ),
)
@click.argument("domain", type=TEXT, metavar="DOMAIN")
@click.option("--ip", type=ADDRESS, required=True, metavar="ADDRESS", help="The host to ask SPF about.")
@click.option("--helo", type=TEXT, default="", metavar="NAME", help="The name the host gives in HELO; it is checked too.")
@click.option(
    "--mail-from", type=TEXT, default="", metavar="ADDRESS", help="The whole return path [default: postmaster@DOMAIN]."
)
@output_options
@dns_options
def check(domain: str, ip: IPAddress, helo: str, mail_from: str, output: OutputOptions, dns: DnsOptions) -> int:
    """May this host send mail for DOMAIN? Asks SPF and shows what each term resolved to and what it cost."""
    from mailsec.api.check_host import HostQuestion, check_host  # noqa: PLC0415 - not before it is needed
    from mailsec.cli.io import Printer, each  # noqa: PLC0415
    from mailsec.cli.jobs.session import session  # noqa: PLC0415

    question = HostQuestion(domain, ip, helo, mail_from)
    with session(dns) as live, Printer(output, (domain,)) as printer:
        return each((domain,), lambda _: printer.show(check_host(question, live, fail_on=output.fail_on, trace=output.trace)))
