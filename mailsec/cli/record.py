"""`mailsec record`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from mailsec.cli.keys import PassphraseOptions, is_given, passphrase_options, ring_option
from mailsec.cli.lookup import DnsOptions, dns_options
from mailsec.cli.options import OutputOptions, command, output_options
from mailsec.cli.types import PATH, TEXT
from mailsec.core.errors import UsageError

KINDS = ("dkim", "smimea", "openpgpkey")


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


@dataclass(frozen=True, slots=True)
class KeyRecordChoices:
    """What `record smimea` and `record openpgpkey` are about. `cert` is a file, "" where the ring has the key."""

    kind: str
    address: str
    cert: str
    usage: int
    selector: int
    matching: int
    ring: str


@command(
    "record",
    examples=(
        "mailsec record dkim example.com --selector s2026 --key-out s2026.pem",
        "mailsec record dkim example.com --selector e2026 --type ed25519 --key-out e2026.pem",
        "mailsec record dkim example.com --selector s2026 --key s2026.pem",
        "mailsec record dkim example.com --selector s2026 --check s2026.pem",
        "mailsec record smimea alice@example.com --cert alice.pem",
        "mailsec record smimea alice@example.com --cert ca.pem --usage 2 --selector 1 --matching 1",
        "mailsec record openpgpkey alice@example.com --cert alice.asc",
    ),
)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name", type=TEXT, metavar="NAME")
@click.option(
    "--selector",
    type=TEXT,
    default="",
    metavar="NAME",
    help="dkim: where the key is published, NAME._domainkey.DOMAIN. smimea: 0 the certificate [default], 1 its public key.",
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
@click.option(
    "--cert",
    type=PATH,
    default="",
    metavar="FILE",
    help="smimea, openpgpkey: publish this certificate or key [default: the address's in the ring].",
)
@click.option(
    "--usage",
    type=click.IntRange(0, 3),
    help="smimea: 3 the certificate itself [default], 2 an authority of your own, 1 and 0 the same with a trusted root beside.",
)
@click.option(
    "--matching", type=click.IntRange(0, 2), help="smimea: 0 whole [default], 1 as a SHA-256 digest, 2 as a SHA-512 digest."
)
@ring_option
@passphrase_options()
@output_options
@dns_options
def record(kind: str, name: str, passphrase: PassphraseOptions, output: OutputOptions, dns: DnsOptions, **choices: Any) -> int:
    """Make the DNS record that the domain or address NAME should publish, as a line of a zone file.

    smimea and openpgpkey publish a person's certificate or key (PEM, DER, .p7c, PKCS#12, or OpenPGP): what is wrong with it is
    said on stderr. The name is made from the local part exactly as it is written. Only smimea 3 0 0 lets others encrypt.

    dkim: --key-out makes a new key pair: the private key goes to a new file that only you can read, the record to stdout. --key
    prints the record of a key that is there, --check asks the DNS whether what is published belongs to it.
    """
    own = {each: choices.pop(each) for each in ("cert", "usage", "matching", "ring")}
    if kind != "dkim":
        return _key_record(KeyRecordChoices(kind, name, **_form(kind, own, choices)), passphrase, output, dns)
    if own["cert"] or own["usage"] is not None or own["matching"] is not None:
        raise UsageError(
            "--cert, --usage and --matching are for smimea and openpgpkey", hint="--key-out, --key or --check FILE"
        )
    if passphrase != PassphraseOptions():
        raise UsageError("--passphrase-file and --passphrase-fd are for smimea and openpgpkey")
    if not choices["selector"]:
        raise UsageError("say where the key is published", hint="--selector NAME")
    chosen = RecordChoices(name, **choices)
    if sum(map(bool, (chosen.key_out, chosen.key, chosen.check))) != 1:
        raise UsageError("say which key", hint="--key-out FILE for a new one, --key FILE or --check FILE for one that is there")
    from mailsec.cli.jobs.record import run  # not before it is needed

    return run(chosen, output, dns)


def _form(kind: str, own: dict[str, Any], choices: dict[str, Any]) -> dict[str, Any]:
    """The options of a record of a person's key, with their defaults; one that only dkim has is refused, not passed over."""
    if choices["key_out"] or choices["key"] or choices["check"]:
        raise UsageError("--key-out, --key and --check are for dkim", hint="--cert FILE")
    if is_given("key_type") or is_given("bits"):
        raise UsageError("--type and --bits are for a new key of DKIM", hint="mailsec keys generate")
    selector = choices["selector"]
    if kind == "openpgpkey" and (selector or own["usage"] is not None or own["matching"] is not None):
        raise UsageError("an OPENPGPKEY record has one form", hint="--cert FILE")
    if selector not in ("", "0", "1"):
        raise UsageError("an SMIMEA record has the selector 0 or 1", hint="0 the certificate, 1 its public key")
    usage = 3 if own["usage"] is None else own["usage"]
    return own | {"selector": int(selector or 0), "usage": usage, "matching": own["matching"] or 0}


def _key_record(chosen: KeyRecordChoices, passphrase: PassphraseOptions, output: OutputOptions, dns: DnsOptions) -> int:
    from mailsec.cli.jobs.key_record import run  # not before it is needed

    return run(chosen, passphrase, output, dns)
