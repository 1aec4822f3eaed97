"""`mailsec decrypt`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import click

from mailsec.cli.keys import PassphraseOptions, case_option, passphrase_options, ring_option
from mailsec.cli.lookup import DnsOptions, dns_options, revocation_options
from mailsec.cli.options import command
from mailsec.cli.types import PATH
from mailsec.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class DecryptChoices:
    """The options of `decrypt`."""

    keys: tuple[str, ...]
    part: int | None
    require_signature: bool
    dane: bool
    accept_case_variant: bool
    allow_unauthenticated: bool
    allow_legacy: bool
    ring: str
    crls: tuple[str, ...]
    ocsps: tuple[str, ...]
    require_revocation: bool
    path: str
    quiet: bool


@command(
    "decrypt",
    examples=(
        "mailsec decrypt --key bob.asc secret.eml > plain.eml",
        "mailsec decrypt --key bob.asc --key alice.asc --require-signature - < secret.eml | less",
        "mailsec decrypt --key bob.asc --passphrase-fd 3 secret.eml -o plain.eml 3< passphrase",
        "mailsec decrypt --key bob.asc file.pgp -o file",
        "mailsec decrypt --passphrase-file shared.txt file.pgp -o file",
        "mailsec decrypt --key bob.pem --ca roots.pem smime.eml > plain.eml",
        "mailsec decrypt --key bob.pem --dane smime.eml > plain.eml",
        "mailsec decrypt --key bob.pem --ca roots.pem file.p7m -o file",
    ),
)
@click.argument("file", type=PATH, default="-", metavar="[FILE]")
@click.option(
    "--key",
    "keys",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="A secret key that opens it, or the public key of who may have signed it (repeatable).",
)
@click.option("--part", type=click.IntRange(1), metavar="N", help="Of several ciphertexts, decrypt this one alone.")
@click.option("--require-signature", is_flag=True, help="Leave with 1 where it is not signed.")
@click.option(
    "--dane",
    is_flag=True,
    help="Ask the DNS which S/MIME certificates the author has (SMIMEA), where DNSSEC is secure: one more way to trust one.",
)
@case_option
@click.option(
    "--allow-unauthenticated",
    is_flag=True,
    help="Give out S/MIME content that neither its encryption (CBC) nor a signature protects against changes.",
)
@click.option("--allow-legacy", is_flag=True, help="Open S/MIME content that is encrypted with 3DES or RC2.")
@ring_option
@revocation_options
@passphrase_options()
@click.option("-o", "--output", "path", type=PATH, default="", metavar="FILE", help="Write to FILE instead of stdout.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing on stderr when all went well.")
@dns_options
def decrypt(file: str, passphrase: PassphraseOptions, dns: DnsOptions, **choices: Any) -> int:
    """Open an encrypted message: message in, message out.

    PGP/MIME, inline OpenPGP, OpenPGP files that are no mail, for your key or for a passphrase alone, and S/MIME, whose private
    keys are PEM, DER or PKCS#12 with their certificates, in one file or two. The header fields stay; what stood unencrypted
    beside the ciphertext is left out, and nothing is written before the integrity of the whole is checked. S/MIME in CBC mode
    has none: it takes a good signature inside. A CMS structure that is no mail (.p7m, .p7z: DER, PEM, base64) is opened too;
    its content comes out as it is. Nothing is fetched: revocation is told by --crl, --ocsp and what `verify --fetch` kept.

    The exit code is 0 where any signature inside is good, 1 where one is bad (the text is written nevertheless), 7 where it
    could not be judged.
    """
    chosen = DecryptChoices(**choices)
    if dns.at == "received":
        raise UsageError("--at received means nothing for a message that is opened now")
    if not chosen.dane and (chosen.accept_case_variant or replace(dns, at=None, ca_file="") != DnsOptions()):
        raise UsageError("the DNS is asked with --dane alone", hint="--dane")
    from mailsec.cli.jobs.decrypt import run  # not before it is needed

    return run(file, chosen, passphrase, dns)
