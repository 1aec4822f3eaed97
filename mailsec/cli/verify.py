"""`mailsec verify`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from mailsec.cli.keys import PassphraseOptions, case_option, passphrase_options, ring_option
from mailsec.cli.lookup import DnsOptions, fetching_options, revocation_options
from mailsec.cli.options import OutputOptions, command, output_options, protect_option
from mailsec.cli.types import ADDRESS, PATH, TEXT, IPAddress
from mailsec.core.errors import UsageError
from mailsec.store.files import STDIN


@dataclass(frozen=True, slots=True)
class VerifyChoices:
    """The options that only `verify` has."""

    ip: IPAddress | None
    helo: str | None
    mail_from: str | None
    rcpt_to: tuple[str, ...]
    received_from: str
    trust_authres: str
    second_opinion: bool
    protect: tuple[str, ...]
    header: bool
    add_header: bool
    authserv_id: str
    explain_for_user: bool
    keys: tuple[str, ...]
    ring: str
    crls: tuple[str, ...]
    ocsps: tuple[str, ...]
    require_revocation: bool
    allow_partial: bool
    accept_case_variant: bool
    require: str | None
    remember: bool
    detached: str

    @property
    def states_envelope(self) -> bool:
        """True where any part of the envelope was given."""
        return bool(self.rcpt_to) or any(each is not None for each in (self.ip, self.helo, self.mail_from))


@command(
    "verify",
    examples=(
        "mailsec verify message.eml",
        "mailsec verify --received-from mx.example.org message.eml",
        "mailsec verify --ip 192.0.2.1 --helo mail.example.com --mail-from alice@example.com - < message.eml",
        "mailsec verify --received-from mx.example.org --trust-authres mx.example.org old.eml",
        "mailsec verify --zone example.zone --json message.eml | jq .verdict",
        "mailsec verify --key alice.asc signed.eml",
        "mailsec verify --key alice.asc signed.asc",
        "mailsec verify --detached file.tar.gz.sig --key alice.asc file.tar.gz",
        "mailsec verify --ca roots.pem smime.eml",
        "mailsec verify --dnssec validate --json smime.eml | jq .verdict.content",
        "mailsec verify --remember smime.eml",
        "mailsec verify --ca roots.pem --crl lists.pem --require-revocation smime.eml",
        "mailsec verify --fetch smime.eml",
        "mailsec verify --fetch --received-from mx.example.org message.eml",
        "mailsec verify --protect bank.example --received-from mx.example.org message.eml",
        "mailsec verify --add-header --authserv-id mx.example.org - < message.eml > with-results.eml",
    ),
)
@click.argument("files", type=PATH, nargs=-1, required=True, metavar="FILE...")
@click.option("--ip", type=ADDRESS, metavar="ADDRESS", help="The host that delivered the message.")
@click.option("--helo", type=TEXT, metavar="NAME", help="The name it gave in HELO or EHLO.")
@click.option("--mail-from", type=TEXT, metavar="ADDRESS", help="The return path; '' or '<>' is the null one.")
@click.option("--rcpt-to", type=TEXT, multiple=True, metavar="ADDRESS", help="A recipient of the envelope (repeatable).")
@click.option(
    "--received-from",
    type=TEXT,
    default="",
    metavar="HOST",
    help="Take the envelope from the Received fields that HOST, our own border, wrote on top.",
)
@click.option(
    "--trust-authres",
    type=TEXT,
    default="",
    metavar="ID",
    help="Let results of this receiver, above the border of --received-from, stand in for what can no longer be judged.",
)
@click.option(
    "--second-opinion",
    is_flag=True,
    help="Ask dkimpy about DKIM, sqv or gpgv about OpenPGP too; a finding where they refuse what is accepted here.",
)
@protect_option
@click.option("--header", is_flag=True, help="Print the results as an Authentication-Results field instead.")
@click.option(
    "--add-header",
    is_flag=True,
    help="Print the message with that field on top, all that claim to be ours removed; the verdict goes to stderr.",
)
@click.option("--authserv-id", type=TEXT, default="", metavar="NAME", help="Our name in that field [default: this host].")
@click.option("--explain-for-user", is_flag=True, help="Print one paragraph to paste into a ticket instead.")
@click.option(
    "--key",
    "keys",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="A key or certificate that is trusted by naming it (repeatable).",
)
@ring_option
@click.option(
    "--remember", is_flag=True, help="Keep the certificates of good S/MIME signatures in the ring: as seen, which is no trust."
)
@click.option(
    "--detached",
    type=PATH,
    default="",
    metavar="SIGNATURE",
    help="The file with the signatures (OpenPGP .asc or .sig, S/MIME .p7s) over FILE, of whatever kind that is.",
)
@passphrase_options()
@revocation_options
@click.option("--allow-partial", is_flag=True, help="Let a signature of a part of the content count: footers of mailing lists.")
@case_option
@click.option(
    "--require",
    type=click.Choice(("domain", "content", "both", "any")),
    help="The question that the exit code answers instead of the whole verdict.",
)
@output_options
@fetching_options
def verify(files: Sequence[str], passphrase: PassphraseOptions, output: OutputOptions, dns: DnsOptions, **choices: Any) -> int:
    """Who really sent a message, and was it changed: SPF, DKIM, DMARC, OpenPGP and S/MIME, and one verdict.

    A signature of the content counts where it covers the whole of it and its key is the author's; --key names a key file, --ca
    one of roots for the certificates of S/MIME, in place of the system's. A certificate that the author's domain publishes
    (SMIMEA) needs none, where DNSSEC vouches for the record.
    SPF is asked only where the envelope is known: state it (--ip, --helo, --mail-from), or name the host whose Received fields
    can be believed (--received-from). Only the DNS is asked; SPF macros and DKIM selectors can tell the sender's name servers
    that the message is being looked at. With --fetch the logo of a domain that passes DMARC and its mark certificate (BIMI) are
    fetched and judged too. --offline asks nothing that --zone does not answer.

    A file that is no mail is judged by its signatures alone: OpenPGP messages, armored or binary, cleartext signed texts,
    S/MIME signed-data (DER, PEM, base64), and any file with --detached SIGNATURE. Good is what was signed by a key that is
    known to be that of the address which it names; --key FILE says so of the keys in it.
    """
    chosen = VerifyChoices(**choices)
    if chosen.states_envelope and chosen.received_from:
        raise UsageError("--received-from and a stated envelope contradict each other")
    if chosen.header + chosen.add_header + chosen.explain_for_user > 1:
        raise UsageError("--header, --add-header and --explain-for-user exclude each other")
    if chosen.trust_authres and not chosen.received_from:
        raise UsageError(
            "--trust-authres needs a border", hint="name the receiver whose Received fields show it: --received-from HOST"
        )
    if chosen.trust_authres and (chosen.header or chosen.add_header):
        raise UsageError("--trust-authres would have us write what another host judged: not with --header or --add-header")
    if chosen.detached and (chosen.states_envelope or chosen.received_from or chosen.remember):
        raise UsageError("--detached is about a file, which no host delivered: not with an envelope or --remember")
    if chosen.detached and (chosen.header or chosen.add_header or chosen.explain_for_user):
        raise UsageError("--detached is about a file: --header, --add-header and --explain-for-user are about mail")
    if chosen.detached == STDIN and STDIN in files:
        raise UsageError("stdin (-) can be read only once")
    if len(files) > 1 and (chosen.add_header or (chosen.header and output.path)):
        raise UsageError("a message or a header field is written for one input at a time")
    from mailsec.cli.jobs.verify import run  # the whole of mailsec, not before it is needed

    return run(files, chosen, passphrase, output, dns)
