"""`mailsec check`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from mailsec.cli.lookup import DnsOptions, fetching_options
from mailsec.cli.options import OutputOptions, command, output_options
from mailsec.cli.types import ADDRESS, PATH, TEXT, IPAddress
from mailsec.core.errors import UsageError

if TYPE_CHECKING:
    _Type: TypeAlias = click.ParamType[frozenset[str]]
else:
    _Type = click.ParamType

PARTS = ("mx", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "tlsa", "bimi", "caa", "dnssec", "smimea", "openpgpkey")


class Parts(_Type):
    """Names of parts, separated by commas."""

    name = "parts"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[str]:
        """The parts named."""
        if isinstance(value, frozenset):
            return value
        parts = frozenset(part.strip().lower() for part in str(value).split(",") if part.strip())
        if unknown := sorted(parts - set(PARTS)):
            self.fail(f"no such part: {', '.join(unknown)} (there are {', '.join(PARTS)})", param, ctx)
        return parts


@dataclass(frozen=True, slots=True)
class CheckChoices:
    """The options that only `check` has. Names come from `names`, then from each of `files`."""

    names: Sequence[str]
    files: Sequence[str]
    null: bool
    only: frozenset[str]
    selectors: tuple[str, ...]
    selectors_from: tuple[str, ...]
    dmarc: str
    ip: IPAddress | None
    helo: str
    mail_from: str
    bimi_svg: str
    bimi_cert: str


@command(
    "check",
    examples=(
        "mailsec check example.com",
        "mailsec check alice@example.com",
        "mailsec check --only spf,dmarc --format jsonl -f domains.txt > audit.jsonl",
        "mailsec check example.com --overlay planned.zone",
        "mailsec check example.com --only bimi --fetch",
        "mailsec check example.com --only bimi --bimi-svg logo.svg --bimi-cert mark.pem",
        "mailsec check example.com --save-answers run.json; mailsec check example.com --answers run.json",
        "mailsec check example.com --ip 192.0.2.1 --helo mail.example.com --mail-from alice@example.com",
    ),
)
@click.argument("names", type=TEXT, nargs=-1, metavar="NAME...")
@click.option("-f", "--file", "files", type=PATH, multiple=True, metavar="FILE", help="Read names from FILE, one a line.")
@click.option("-0", "--null", is_flag=True, help="The names in FILE end with NUL instead of a line end.")
@click.option("--only", type=Parts(), default=frozenset(), metavar="PART,...", help=f"Only these: {', '.join(PARTS)}.")
@click.option("--selector", "selectors", type=TEXT, multiple=True, metavar="NAME", help="A DKIM selector to try (repeatable).")
@click.option(
    "--selectors-from",
    type=PATH,
    multiple=True,
    metavar="MESSAGE",
    help="Try the DKIM selectors of this message (repeatable).",
)
@click.option(
    "--dmarc",
    type=click.Choice(("rfc9989", "rfc7489")),
    default="rfc9989",
    show_default=True,
    help="rfc7489 adds how receivers judge that still follow it.",
)
@click.option("--ip", type=ADDRESS, metavar="ADDRESS", help="Ask SPF about this host instead.")
@click.option("--helo", type=TEXT, default="", metavar="NAME", help="With --ip: the name it gives in HELO; it is checked too.")
@click.option(
    "--mail-from", type=TEXT, default="", metavar="ADDRESS", help="With --ip: the whole return path [default: postmaster@NAME]."
)
@click.option(
    "--bimi-svg", type=PATH, default="", metavar="FILE", help="Judge this logo in place of the one that the BIMI record names."
)
@click.option(
    "--bimi-cert", type=PATH, default="", metavar="FILE", help="Judge this mark certificate (PEM) in place of the record's."
)
@output_options
@fetching_options
def check(output: OutputOptions, dns: DnsOptions, **choices: Any) -> int:
    """What a domain publishes to protect its mail (or an address, to have it encrypted): what is right, what is wrong, what it
    costs, and what to publish instead.

    Logos and mark certificates (BIMI) are fetched with --fetch, or read from --bimi-svg and --bimi-cert before publication.
    Many names are asked for side by side, each is reported as soon as it is done. With --ip: may this host send mail for NAME?
    """
    chosen = CheckChoices(**choices)
    if not chosen.names and not chosen.files:
        raise UsageError("name a domain or an address", hint="mailsec check example.com, or -f FILE with one name a line")
    if chosen.ip is None and (chosen.helo or chosen.mail_from):
        raise UsageError("--helo and --mail-from belong to --ip")
    if (chosen.bimi_svg or chosen.bimi_cert) and (chosen.ip is not None or chosen.files or len(chosen.names) != 1):
        raise UsageError("--bimi-svg and --bimi-cert belong to one domain")
    if chosen.ip is not None and (len(chosen.names) != 1 or chosen.files):
        raise UsageError("--ip asks about one domain")
    from mailsec.cli.jobs.check import run  # not before it is needed

    return run(chosen, output, dns)
