"""`mailsec encrypt`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from mailsec.cli.keys import PassphraseOptions, case_option, passphrase_options, ring_option, signer_option
from mailsec.cli.lookup import DnsOptions, dns_options
from mailsec.cli.options import command
from mailsec.cli.types import PATH, TEXT
from mailsec.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class EncryptChoices:
    """The options of `encrypt`."""

    to: tuple[str, ...]
    to_keys: tuple[str, ...]
    keys: tuple[str, ...]
    sign: bool
    for_self: bool
    cbc: bool
    oaep: bool
    pss: bool
    bcc: str | None
    openpgp: str | None
    compress: bool
    allow_revoked: bool
    allow_expired: bool
    allow_weak: bool
    allow_unauthenticated: bool
    dane: bool
    accept_case_variant: bool
    ring: str
    signers: tuple[str, ...]
    path: str
    quiet: bool


@command(
    "encrypt",
    examples=(
        "mailsec encrypt --pgp --sign --to bob@example.org < draft.eml | mailsec smtp send --envelope-from-header",
        "mailsec encrypt --pgp --to-key bob.asc draft.eml > secret.eml",
        "mailsec encrypt --pgp --sign --key alice.asc --to-key bob.asc --for-self - < draft.eml > secret.eml",
        "mailsec encrypt --pgp --to-key team.asc --bcc split -o outbox draft.eml",
        "mailsec encrypt --smime --sign --for-self draft.eml > secret.eml",
        "mailsec encrypt --smime --sign --key alice.pem --to-key bob.pem draft.eml > secret.eml",
        "mailsec encrypt --smime --dane draft.eml > secret.eml",
        "mailsec encrypt --pgp --dane --to bob@example.org draft.eml > secret.eml",
    ),
)
@click.argument("file", type=PATH, default="-", metavar="[FILE]")
@click.option("--pgp", is_flag=True, help="Encrypt with OpenPGP (PGP/MIME).")
@click.option("--smime", is_flag=True, help="Encrypt with S/MIME.")
@click.option(
    "--to",
    type=TEXT,
    multiple=True,
    metavar="ADDRESS",
    help="A recipient, or a key of the ring by its fingerprint [default: those of To and Cc] (repeatable).",
)
@click.option(
    "--to-key",
    "to_keys",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="A recipient's key, trusted by naming (repeatable).",
)
@click.option("--sign", is_flag=True, help="Sign it too, inside.")
@click.option(
    "--key",
    "keys",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="Your secret key [default: the author's in the ring].",
)
@click.option(
    "--cbc",
    is_flag=True,
    help="With --smime: AES-CBC, which old programs read and nothing protects from changes [default: where needed].",
)
@click.option("--oaep", is_flag=True, help="With --smime --cbc: RSA with OAEP, which not all old programs read.")
@click.option("--pss", is_flag=True, help="With --smime --sign: sign with RSASSA-PSS where the key is an RSA one.")
@click.option("--for-self", is_flag=True, help="Let your own key (--key, or the author's in the ring) read it too.")
@click.option(
    "--bcc",
    type=click.Choice(("split", "hidden")),
    help="split: one message for each recipient, into the folder -o; hidden (--pgp): do not say in it whom it is for.",
)
@click.option(
    "--openpgp",
    type=click.Choice(("rfc4880", "rfc9580")),
    help="A container that all can read, or AEAD [default: AEAD where every key can].",
)
@click.option("--compress", is_flag=True, help="Compress before encrypting.")
@click.option("--allow-revoked", is_flag=True, help="With --pgp: encrypt even to a key that its owner revoked.")
@click.option("--allow-expired", is_flag=True, help="Encrypt even to a key that has expired.")
@click.option("--allow-weak", is_flag=True, help="Encrypt even to a key that is too short.")
@click.option("--allow-unauthenticated", is_flag=True, help="Encrypt even to a key that nobody vouched for.")
@click.option(
    "--dane",
    is_flag=True,
    help="Take keys that are not at hand from the recipients' OPENPGPKEY or SMIMEA records, where DNSSEC is secure.",
)
@case_option
@signer_option
@ring_option
@passphrase_options()
@click.option("-o", "--output", "path", type=PATH, default="", metavar="FILE", help="Write to FILE instead of stdout.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing on stderr when all went well.")
@dns_options
def encrypt(file: str, pgp: bool, smime: bool, passphrase: PassphraseOptions, dns: DnsOptions, **choices: Any) -> int:
    """Encrypt a message to its recipients: message in, message out.

    The header fields stay readable, the Subject too. Keys that are revoked, expired, weak or not vouched for are refused. With
    a Bcc in the message nothing is made unless --bcc says how. GnuPG 2.2 can read the result, unless every key can do more.

    With --smime --key is a file with the private key and its certificate (PEM, DER, PKCS#12), or two files. The cipher is
    AES-256-GCM unless a recipient's program is known not to read it, from what it said in mail that it signed.
    """
    chosen = EncryptChoices(**choices)
    if pgp and smime:
        raise UsageError("S/MIME and OpenPGP cannot be mixed in one message", hint="--pgp or --smime")
    if not (pgp or smime):
        from mailsec.cli.jobs.encrypting import method_hint

        raise UsageError("say how to encrypt", hint=method_hint(file, chosen))
    if (chosen.cbc or chosen.oaep or chosen.pss) and not smime:
        raise UsageError("--cbc, --oaep and --pss are forms of --smime")
    if chosen.pss and not chosen.sign:
        raise UsageError("--pss says how to sign", hint="--smime --sign --pss")
    if not chosen.dane and (chosen.accept_case_variant or dns != DnsOptions()):
        raise UsageError("the DNS is asked with --dane alone", hint="--pgp --dane or --smime --dane")
    if chosen.signers and not chosen.sign:
        raise UsageError("--signer says which key of the ring signs", hint="--sign --signer KEY")
    if chosen.bcc == "split" and not chosen.path:
        raise UsageError("--bcc split writes one message for each recipient", hint="name a folder for them: -o DIR")
    if smime:
        return _smime(file, chosen, passphrase, dns)
    from mailsec.cli.jobs.encrypt import run  # not before it is needed

    return run(file, chosen, passphrase, dns)


def _smime(file: str, chosen: EncryptChoices, passphrase: PassphraseOptions, dns: DnsOptions) -> int:
    """Encrypt with S/MIME; an option that only OpenPGP has is refused, not passed over."""
    if chosen.openpgp or chosen.allow_revoked:
        raise UsageError("--openpgp and --allow-revoked are forms of --pgp")
    if chosen.bcc == "hidden":
        raise UsageError("S/MIME cannot hide recipients: it names the certificate of each", hint="--bcc split -o DIR")
    from mailsec.cli.jobs.encrypt_smime import run  # not before it is needed

    return run(file, chosen, passphrase, dns)
