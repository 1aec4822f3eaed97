"""`mailsec smtp send`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from mailsec.cli.lookup import DnsOptions, dns_options
from mailsec.cli.options import OutputOptions, answer_options, command
from mailsec.cli.types import PATH, TEXT

STEPS = ("connect", "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data")
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2")
EVENTS = ("success", "failure", "delay")


@dataclass(frozen=True, slots=True)
class SendChoices:
    """The options that only `smtp send` has."""

    sender: str | None
    recipients: Sequence[str]
    from_header: bool
    server: str
    port: int
    lmtp: bool
    implicit: bool
    tls: str
    helo: str
    user: str
    mechanism: str | None
    password_file: str
    password_fd: int | None
    token_file: str
    token_fd: int | None
    allow_cleartext: bool
    dsn_notify: str
    dsn_ret: str | None
    dsn_envid: str
    line_ends: str
    as_is: bool
    quit_after: str | None
    dry_run: bool

    @property
    def secrets(self) -> int:
        """How many ways to a secret were given."""
        return sum((bool(self.password_file), bool(self.token_file), self.password_fd is not None, self.token_fd is not None))


def _envelope(function: Any) -> Any:
    for option in reversed(
        (
            click.option("--from", "sender", type=TEXT, metavar="ADDRESS", help="The return path; '' or '<>' is the null one."),
            click.option("--to", "recipients", type=TEXT, multiple=True, metavar="ADDRESS", help="A recipient (repeatable)."),
            click.option(
                "--envelope-from-header",
                "from_header",
                is_flag=True,
                help="Take what is not stated of the two from the header: Sender or From; To, Cc and Bcc.",
            ),
            click.option(
                "--dsn-notify", type=TEXT, default="", metavar="WHEN", help="never, or some of success,failure,delay."
            ),
            click.option("--dsn-ret", type=click.Choice(("full", "hdrs")), help="What a notification brings back."),
            click.option("--dsn-envid", type=TEXT, default="", metavar="ID", help="A text that a notification brings back."),
        )
    ):
        function = option(function)
    return function


def _way(function: Any) -> Any:
    for option in reversed(
        (
            click.option(
                "--server",
                type=TEXT,
                default="",
                metavar="HOST[:PORT]",
                help="Send to this server, or unix socket, not to the recipients' mail hosts [default port: 25; 587 with "
                "--user, 465 with --implicit-tls, 24 with --lmtp].",
            ),
            click.option(
                "--port",
                type=click.IntRange(1, 65535),
                default=25,
                show_default=True,
                help="Port of the recipients' mail hosts.",
            ),
            click.option("--lmtp", is_flag=True, help="Speak LMTP: one answer for each recipient."),
            click.option(
                "--implicit-tls", "implicit", is_flag=True, help="TLS from the first octet on [default: on port 465 only]."
            ),
            click.option(
                "--tls",
                type=click.Choice(("auto", "none", "require", "verify", "dane", "mta-sts")),
                default="auto",
                show_default=True,
                help="auto: what the domain asks for (DANE, else MTA-STS, else TLS where offered); with --user a valid "
                "certificate.",
            ),
            click.option("--helo", type=TEXT, default="", metavar="NAME", help="Our name in EHLO [default: this host's]."),
        )
    ):
        function = option(function)
    return function


def _login(function: Any) -> Any:
    for option in reversed(
        (
            click.option("--user", type=TEXT, default="", metavar="NAME", help="Log in; the password is asked for."),
            click.option(
                "--auth", "mechanism", type=click.Choice(MECHANISMS, case_sensitive=False), help="Only with this mechanism."
            ),
            click.option("--password-file", type=PATH, default="", metavar="FILE", help="The password is the line in FILE."),
            click.option("--password-fd", type=click.IntRange(0), metavar="N", help="... or comes from file descriptor N."),
            click.option("--token-file", type=PATH, default="", metavar="FILE", help="Log in with the OAuth token in FILE."),
            click.option("--token-fd", type=click.IntRange(0), metavar="N", help="... or from file descriptor N."),
            click.option(
                "--allow-cleartext-auth",
                "allow_cleartext",
                is_flag=True,
                help="Show the password to whoever listens where there is no TLS.",
            ),
        )
    ):
        function = option(function)
    return function


@command(
    "send",
    examples=(
        "mailsec smtp send --from alice@example.com --to bob@example.test < draft.eml",
        "mailsec smtp send --envelope-from-header --server mail.example.com --user alice draft.eml",
        "mailsec sign --dkim --key k.pem --selector s1 < draft.eml | mailsec smtp send --envelope-from-header",
        "mailsec smtp send --from '' --to bob@example.test --tls dane --quit-after rcpt --json probe.eml",
        "mailsec smtp send --lmtp --server /run/dovecot/lmtp --from a@example.test --to b@example.test *.eml",
    ),
)
@click.argument("files", type=PATH, nargs=-1, metavar="[FILE]...")
@_envelope
@_way
@_login
@click.option(
    "--line-ends",
    type=click.Choice(("refuse", "fix")),
    default="refuse",
    show_default=True,
    help="What to do with a bare CR or LF among CRLF.",
)
@click.option("--as-is", is_flag=True, help="Add no Date and Message-ID, keep Bcc, let long lines pass.")
@click.option("--quit-after", type=click.Choice(STEPS), help="Leave after this step; nothing is delivered.")
@click.option("--dry-run", is_flag=True, help="Show the hosts and what TLS with them has to be like; connect to none.")
@answer_options
@dns_options
def send(files: Sequence[str], output: OutputOptions, dns: DnsOptions, **choices: Any) -> int:
    """Send messages: through a server that is named, or straight to the mail hosts of the recipients.

    The envelope is stated, and never silently that of the header. Mail hosts are tried in order, with TLS as the domain asks
    for it; a host that does not offer it is not given the message. A missing Date and Message-ID are added and Bcc is removed.
    Several messages share a connection. --timeout bounds the questions, and then the dialogues (300 seconds unless given).

    Leaves with 0 where all recipients were accepted, 1 where one was refused for good (5yz), 5 where it may work later (4yz, no
    connection, no TLS as it must be), 6 where a server breaks the protocol, 7 where the login fails.
    """
    chosen = SendChoices(**choices)
    from mailsec.cli.jobs.smtp_send import run  # the whole of mailsec, not before it is needed

    return run(files or ("-",), chosen, output, dns)
