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
    "encrypt": Entry("mailsec.cli.encrypt", "encrypt", "Encrypt a message to its recipients: message in, message out."),
    "decrypt": Entry("mailsec.cli.decrypt", "decrypt", "Open an encrypted message: message in, message out."),
    "record": Entry("mailsec.cli.record", "record", "Make the DNS record that a domain should publish."),
    "keys": Entry("mailsec.cli.keys", "keys", "The key ring: keys, whose they are, and how far they are trusted."),
    "smtp": Entry("mailsec.cli.smtp", "smtp", "Speak SMTP by script, to a server or as one."),
    "explain": Entry("mailsec.cli.explain", "explain", "What a finding's rule means, and what to do about it."),
    "schema": Entry("mailsec.cli.schema", "schema", "The JSON Schema of everything that --json prints."),
    "completion": Entry("mailsec.cli.completion", "completion", "The completion script for bash, zsh or fish."),
}
"""In the order in which `--help` lists them."""

SMTP: dict[str, Entry] = {
    "send": Entry("mailsec.cli.smtp_send", "send", "Send a message: to a server, or to its recipients' mail hosts."),
}
"""The commands below `smtp`."""

KEYS: dict[str, Entry] = {
    "generate": Entry("mailsec.cli.keys_exchange", "generate", "Make a key of your own."),
    "import": Entry("mailsec.cli.keys_exchange", "import_", "Take keys, or revocations of keys, into the ring."),
    "export": Entry("mailsec.cli.keys_exchange", "export", "Write keys for others to import."),
    "list": Entry("mailsec.cli.keys_show", "list_", "List the keys of the ring."),
    "show": Entry("mailsec.cli.keys_show", "show", "Show everything that the ring knows of a key."),
    "trust": Entry("mailsec.cli.keys_change", "trust", "Say whose a key is, or how far its owner is trusted."),
    "revoke": Entry("mailsec.cli.keys_change", "revoke", "Revoke a key of your own."),
    "expire": Entry("mailsec.cli.keys_change", "expire", "Let a key of your own expire at another time."),
    "delete": Entry("mailsec.cli.keys_change", "delete", "Delete a key from the ring."),
}
"""The commands below `keys`."""
