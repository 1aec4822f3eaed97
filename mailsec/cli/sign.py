"""`mailsec sign`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from mailsec.cli.keys import PassphraseOptions, passphrase_options, ring_option, signer_option
from mailsec.cli.options import command
from mailsec.cli.times import At
from mailsec.cli.types import PATH, TEXT, TIME
from mailsec.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class SignChoices:
    """The options of `sign`; `keys` and `selectors` belong together one by one. `at` None is now."""

    keys: Sequence[str]
    selectors: Sequence[str]
    domain: str
    identity: str
    canonicalization: str
    oversign: tuple[str, ...]
    expire: int | None
    no_timestamp: bool
    opaque: bool
    pss: bool
    compress: bool
    at: At | None
    ring: str
    signers: tuple[str, ...]
    path: str
    quiet: bool


@command(
    "sign",
    examples=(
        "mailsec sign --dkim --key rsa.pem --selector s2026 message.eml > signed.eml",
        "mailsec sign --dkim --key rsa.pem --selector s1 --key ed25519.pem --selector s2 - < message.eml",
        "mailsec sign --dkim --key rsa.pem --selector s1 - < in.eml | mailsec verify --zone my.zone -",
        "mailsec sign --pgp --signer alice@example.org message.eml > signed.eml",
        "mailsec sign --pgp --key alice.asc message.eml > signed.eml",
        "mailsec sign --smime message.eml > signed.eml",
        "mailsec sign --smime --key alice.pem message.eml > signed.eml",
    ),
)
@click.argument("file", type=PATH, default="-", metavar="[FILE]")
@click.option("--dkim", is_flag=True, help="Sign with DKIM, for the domain.")
@click.option("--pgp", is_flag=True, help="Sign with OpenPGP (PGP/MIME), for the author.")
@click.option("--smime", is_flag=True, help="Sign with S/MIME (multipart/signed), for the author.")
@click.option("--opaque", is_flag=True, help="With --smime: put the text into the signature (.p7m).")
@click.option("--pss", is_flag=True, help="With --smime: sign with RSASSA-PSS where the key is an RSA one.")
@click.option("--compress", is_flag=True, help="With --smime: compress what was signed (.p7z).")
@click.option(
    "--key",
    "keys",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="A private key: PEM, Ed25519 seed, OpenPGP; for S/MIME with its certificate, PKCS#12 too (repeatable).",
)
@click.option(
    "--selector", "selectors", type=TEXT, multiple=True, metavar="NAME", help="Where it is published (one for each key)."
)
@click.option("--domain", type=TEXT, default="", metavar="DOMAIN", help="The signing domain d= [default: that of From].")
@click.option("--identity", type=TEXT, default="", metavar="ADDRESS", help="The agent or user, i=.")
@click.option("--canonicalization", type=TEXT, default="relaxed/relaxed", show_default=True, metavar="C/C", help="c=.")
@click.option(
    "--oversign", type=TEXT, multiple=True, metavar="FIELD", help="A further field that none may be added of (repeatable)."
)
@click.option(
    "--expire", type=click.IntRange(1), metavar="SECONDS", help="How long the signature is valid, x= [default: always]."
)
@click.option("--no-timestamp", is_flag=True, help="Leave t= out.")
@click.option("--at", type=TIME, metavar="TIME", help="Sign for this time instead of now.")
@click.option("-o", "--output", "path", type=PATH, default="", metavar="FILE", help="Write to FILE instead of stdout.")
@signer_option
@ring_option
@passphrase_options()
@click.option("-q", "--quiet", is_flag=True, help="Print nothing on stderr when all went well.")
def sign(file: str, dkim: bool, pgp: bool, smime: bool, passphrase: PassphraseOptions, **choices: Any) -> int:
    """Sign a message: message in, message out.

    From, To, Subject, Date, Message-ID and the fields that say what the body is are oversigned, so that none can be added
    later (--dkim). --pgp and --smime make a multipart/signed of the content instead. Several keys make several signatures in
    one call. Nothing is written unless all of it succeeds.
    """
    chosen = SignChoices(**choices)
    if dkim + pgp + smime != 1:
        raise UsageError("say how to sign", hint="--dkim, --pgp or --smime")
    if (chosen.opaque or chosen.pss or chosen.compress) and not smime:
        raise UsageError("--opaque, --pss and --compress are forms of --smime")
    if chosen.at == "received":
        raise UsageError("--at received means nothing for a signature that is made now")
    if chosen.signers and dkim:
        raise UsageError("keys for DKIM are not in the ring", hint="--key FILE")
    if not dkim:
        return _person(file, chosen, passphrase, smime=smime)
    if passphrase != PassphraseOptions():
        raise UsageError("keys for DKIM have no passphrase")
    if len(chosen.keys) != len(chosen.selectors):
        raise UsageError("give one --selector for each --key", hint="--key rsa.pem --selector s1 --key ed.pem --selector s2")
    from mailsec.cli.jobs.sign import run  # not before it is needed

    return run(file, chosen)


def _person(file: str, chosen: SignChoices, passphrase: PassphraseOptions, *, smime: bool) -> int:
    """Sign for the author; an option that only DKIM has is refused, not passed over."""
    for_domain = (chosen.selectors, chosen.domain, chosen.identity, chosen.oversign, chosen.expire, chosen.no_timestamp)
    if any(for_domain) or (chosen.at and not smime):
        raise UsageError(
            f"{'--smime' if smime else '--pgp'} takes none of the options of DKIM",
            hint="--key, --signer, --ring, --passphrase-file, --passphrase-fd, -o, -q",
        )
    if smime:
        from mailsec.cli.jobs.sign_smime import run as run_smime  # not before it is needed

        return run_smime(file, chosen, passphrase)
    from mailsec.cli.jobs.sign_openpgp import run  # not before it is needed

    return run(file, chosen, passphrase)
