"""`mailsec record`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from mailsec.cli.options import PATH, TEXT, DnsOptions, OutputOptions, command, dns_options, output_options
from mailsec.core.errors import UsageError

KINDS = ("dkim",)


@dataclass(frozen=True, slots=True)
class RecordChoices:
    """What `record dkim` is about. One of `key_out`, `key` and `check` is a file, the others are ""."""

    domain: str
    selector: str
    key_out: str
    key: str
    check: str
    key_type: str
    bits: int


@command(
    "record",
    examples=(
        "mailsec record dkim example.com --selector s2026 --key-out s2026.pem",
        "mailsec record dkim example.com --selector e2026 --type ed25519 --key-out e2026.pem",
        "mailsec record dkim example.com --selector s2026 --key s2026.pem",
        "mailsec record dkim example.com --selector s2026 --check s2026.pem",
    ),
)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("domain", type=TEXT, metavar="DOMAIN")
@click.option(
    "--selector", type=TEXT, required=True, metavar="NAME", help="Where the key is published: NAME._domainkey.DOMAIN."
)
@click.option("--key-out", type=PATH, default="", metavar="FILE", help="Make a new key pair and write the private key to FILE.")
@click.option("--key", type=PATH, default="", metavar="FILE", help="Print the record for this private key.")
@click.option(
    "--check", type=PATH, default="", metavar="FILE", help="Say whether the published record matches this private key."
)
@click.option(
    "--type", "key_type", type=click.Choice(("rsa", "ed25519")), default="rsa", show_default=True, help="Of a new key."
)
@click.option("--bits", type=click.IntRange(1024, 8192), default=2048, show_default=True, help="Of a new RSA key.")
@output_options
@dns_options
def record(kind: str, output: OutputOptions, dns: DnsOptions, **choices: Any) -> int:
    """Make the DNS record that DOMAIN should publish, as a line of a zone file.

    --key-out makes a new key pair: the private key goes to a new file that only you can read, the record to stdout. --key
    prints the record of a key that is there, --check asks the DNS whether what is published belongs to it.
    """
    chosen = RecordChoices(**choices)
    if sum(map(bool, (chosen.key_out, chosen.key, chosen.check))) != 1:
        raise UsageError("say which key", hint="--key-out FILE for a new one, --key FILE or --check FILE for one that is there")
    from mailsec.cli.jobs.record import run  # not before it is needed

    return run(chosen, output, dns)
