"""`mailsec keys generate`, `import` and `export`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import click

from mailsec.cli.expiry import Expiry, When
from mailsec.cli.keys import (
    PassphraseOptions,
    RingOptions,
    case_option,
    is_given,
    passphrase_options,
    ring_option,
    ring_options,
)
from mailsec.cli.lookup import DnsOptions, dns_options
from mailsec.cli.options import OutputOptions, answer_options, command
from mailsec.cli.types import PATH, TEXT
from mailsec.core.errors import UsageError

KINDS = ("ed25519", "rsa3072", "rsa4096", "p256", "p384", "p521")
SMIME_KIND = "rsa3072"
"""What every program and every authority takes."""


@dataclass(frozen=True, slots=True)
class GenerateChoices:
    """The options of `keys generate`. `expire` is seconds from now on, a time, or None for never."""

    user_ids: tuple[str, ...]
    kind: str | None
    expire: When | None
    openpgp: str | None
    revocation_out: str
    smime: bool
    self_signed: bool
    request_out: str


@dataclass(frozen=True, slots=True)
class ExportChoices:
    """The options of `keys export`. `form` None is armor or PEM."""

    secret: bool
    binary: bool
    form: str | None
    path: str


@command(
    "generate",
    examples=(
        'mailsec keys generate "Alice <alice@example.org>"',
        'mailsec keys generate --type rsa3072 --expire 1y "Alice <alice@example.org>" "Alice <a@work.example>"',
        'mailsec keys generate --smime "Alice <alice@example.org>" > request.pem',
        'mailsec keys generate --passphrase-file secret.txt --revocation-out revoke-alice.asc "Alice <alice@example.org>"',
    ),
)
@click.argument("user_ids", type=TEXT, nargs=-1, required=True, metavar="USER-ID...")
@click.option("--type", "kind", type=click.Choice(KINDS), help="The kind of key [default: ed25519; with --smime rsa3072].")
@click.option("--smime", is_flag=True, help="A key for S/MIME: it waits in the ring for its certificate.")
@click.option("--self-signed", is_flag=True, help="With --smime: a certificate that the key signs itself, for tests.")
@click.option(
    "--request-out", type=PATH, default="", metavar="FILE", help="With --smime: write the request to FILE instead of stdout."
)
@click.option(
    "--expire", type=Expiry(), default="2y", show_default=True, metavar="WHEN", help="After 90d, 18m, 2y; a date; or never."
)
@click.option(
    "--openpgp",
    type=click.Choice(("rfc4880", "rfc9580")),
    help="rfc9580 makes a key of version 6, which gpg and other older software cannot use [default: rfc4880].",
)
@click.option(
    "--revocation-out",
    type=PATH,
    default="",
    metavar="FILE",
    help="Write a revocation to FILE, for the day when the passphrase is lost. Keep it safe.",
)
@passphrase_options("Leave the secret key unprotected.")
@answer_options
@ring_options
def generate(passphrase: PassphraseOptions, output: OutputOptions, where: RingOptions, **choices: Any) -> int:
    """Make a key of your own for each USER-ID, a name and a mail address: a key to sign with and one to be written to.

    The passphrase protects it where it is kept; without it nobody reads your mail, you included.

    With --smime one key is made for all USER-IDs, and the request for its certificate (PKCS#10) is written to stdout. Send it
    to an authority; `keys import` joins the certificate that comes back with the key.
    """
    chosen = GenerateChoices(**choices)
    if not chosen.smime and (chosen.self_signed or chosen.request_out):
        raise UsageError("--self-signed and --request-out belong to --smime")
    if chosen.smime and (chosen.openpgp or chosen.revocation_out):
        raise UsageError("--openpgp and --revocation-out are for OpenPGP keys, not for --smime")
    if chosen.smime and not chosen.self_signed and is_given("expire"):
        raise UsageError("the authority says how long the certificate lasts: --expire is not for a request")
    if chosen.self_signed and chosen.request_out:
        raise UsageError("a self-signed certificate needs no request")
    from mailsec.cli.jobs.keys import run_generate  # not before it is needed

    return run_generate(chosen, passphrase, output, where)


@command(
    "import",
    examples=(
        "mailsec keys import bob.asc",
        "mailsec keys import alice.p12 --passphrase-file secret.txt",
        "mailsec keys import signed.eml",
        "mailsec keys import --dane bob@example.org",
        "gpg --export | mailsec keys import",
        "gpg --export-secret-keys alice@example.org | mailsec keys import --passphrase-file new-passphrase.txt",
    ),
)
@click.argument("files", type=PATH, nargs=-1, metavar="[FILE]...")
@click.option(
    "--dane",
    "addresses",
    type=TEXT,
    multiple=True,
    metavar="ADDRESS",
    help="Instead of files: what the DNS has for ADDRESS (SMIMEA, OPENPGPKEY), where DNSSEC is secure (repeatable).",
)
@case_option
@passphrase_options("Take unprotected secret keys as they are.")
@answer_options
@ring_option
@dns_options
def import_(
    files: tuple[str, ...],
    addresses: tuple[str, ...],
    accept_case_variant: bool,
    passphrase: PassphraseOptions,
    output: OutputOptions,
    ring: str,
    dns: DnsOptions,
) -> int:
    """Take the keys in each FILE (or in stdin) into the ring, armored or binary; what is there already is merged.

    OpenPGP keys, or X.509 certificates and their private keys: PEM, DER, PKCS#12 (.p12, .pfx), certs-only PKCS#7 (.p7c). Of a
    mail that is signed with S/MIME it is the certificates, and what their holders say that they can read. A private key may
    come before its certificate, in another FILE.

    Importing a key says nothing about whose it is, and importing a secret key does not make it yours. A secret key without a
    passphrase gets the one given here. Nothing of a file is taken where the ring cannot be changed as a whole.
    """
    if dns.at == "received":
        raise UsageError("--at received means nothing for keys")
    if not addresses:
        if accept_case_variant or replace(dns, at=None) != DnsOptions():
            raise UsageError("the DNS is asked with --dane alone", hint="--dane ADDRESS")
        from mailsec.cli.jobs.keys import run_import

        return run_import(files or ("-",), passphrase, output, RingOptions(ring, dns.at))
    if files or passphrase != PassphraseOptions():
        raise UsageError("--dane takes public keys from the DNS: no files, no passphrases")
    from mailsec.cli.jobs.keys_published import run_published

    return run_published(addresses, ring, output, dns, accept_case_variant=accept_case_variant)


@command(
    "export",
    examples=(
        "mailsec keys export alice@example.org > alice.asc",
        "mailsec keys export --secret alice@example.org -o alice-secret.asc",
        "mailsec keys export | gpg --import",
        "mailsec keys export --as p12 --secret alice@example.org -o alice.p12",
        "mailsec keys export --as p7c alice@example.org > alice.p7c",
    ),
)
@click.argument("names", type=TEXT, nargs=-1, metavar="[KEY]...")
@click.option("--secret", is_flag=True, help="The secret keys, protected as they are.")
@click.option("--binary", is_flag=True, help="Without ASCII armor.")
@click.option(
    "--as",
    "form",
    type=click.Choice(("p12", "p7c", "mail")),
    help="X.509 with the path above: PKCS#12 (with --secret), certificates alone (.p7c), or that as a mail.",
)
@click.option("-o", "--output", "path", type=PATH, default="", metavar="FILE", help="Write to FILE instead of stdout.")
@passphrase_options()
@ring_options
def export(names: tuple[str, ...], passphrase: PassphraseOptions, where: RingOptions, **choices: Any) -> int:
    """Write each KEY (or all of them) for others to import, without the certifications that are for you alone. Of a key that
    waits for its certificate it is the request, with --secret the private key behind it.

    X.509 certificates are written as PEM, with --secret the private key (PKCS#8) behind each. A PKCS#12 file has the passphrase
    that the key has in the ring, or a new one where it has none.
    """
    chosen = ExportChoices(**choices)
    if (chosen.form == "p12") is not chosen.secret and chosen.form is not None:
        raise UsageError(
            "a PKCS#12 file has a private key, the other forms have none", hint="--as p12 --secret, or --as p7c without it"
        )
    if chosen.form and chosen.binary:
        raise UsageError("--binary and --as exclude each other")
    if passphrase != PassphraseOptions() and chosen.form != "p12":
        raise UsageError("secret keys are written as they are protected: the passphrase is for --as p12")
    from mailsec.cli.jobs.keys import run_export

    return run_export(names, chosen, passphrase, where)
