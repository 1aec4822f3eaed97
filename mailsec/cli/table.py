"""The command table: what each command is called and where it lives. Nothing is imported before its command is called."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Where a command lives (`module`, and `attribute` in it) and its one line of help."""

    module: str
    attribute: str
    help: str


COMMANDS = {
    "verify": Entry("mailsec.cli.verify", "verify", "Who really sent a message, and was it changed."),
    "check": Entry("mailsec.cli.check", "check", "What a domain publishes to protect its mail."),
    "sign": Entry("mailsec.cli.sign", "sign", "Sign a message: message in, message out."),
    "record": Entry("mailsec.cli.record", "record", "Make the DNS record that a domain should publish."),
    "smtp": Entry("mailsec.cli.smtp", "smtp", "Send mail, or speak SMTP by script, to a server or as one."),
    "explain": Entry("mailsec.cli.explain", "explain", "What a finding's rule means, and what to do about it."),
    "schema": Entry("mailsec.cli.schema", "schema", "The JSON Schema of everything that --json prints."),
    "completion": Entry("mailsec.cli.completion", "completion", "The completion script for bash, zsh or fish."),
}
"""In the order in which `--help` lists them."""

SMTP = {
    "run": Entry("mailsec.cli.smtp_run", "run", "Run a scripted dialogue and judge every reply."),
    "serve": Entry("mailsec.cli.smtp_serve", "serve", "Play the server's side of a script, to test a client."),
    "send": Entry("mailsec.cli.smtp_send", "send", "Send a message: to a server, or to its recipients' mail hosts."),
}
"""The commands below `smtp`."""
