"""`mailsec keys trust`, `revoke`, `expire` and `delete`."""

from __future__ import annotations

import click

from mailsec.cli.expiry import Expiry, When
from mailsec.cli.keys import PassphraseOptions, RingOptions, passphrase_options, ring_options
from mailsec.cli.options import OutputOptions, answer_options, command
from mailsec.cli.types import PATH, TEXT
from mailsec.core.errors import UsageError

LEVELS = ("unknown", "never", "marginal", "full", "ultimate")


@command(
    "trust",
    examples=(
        "mailsec keys trust 0E452E1DC0A1974201CAF742B1AC10747F2EF4FD --address bob@example.org",
        "mailsec keys trust 0E452E1DC0A1974201CAF742B1AC10747F2EF4FD full",
    ),
)
@click.argument("name", type=TEXT, metavar="FINGERPRINT")
@click.argument("level", type=click.Choice(LEVELS), required=False)
@click.option("--address", type=TEXT, default="", metavar="ADDRESS", help="The key is this address's: you have compared it.")
@click.option("--remove", is_flag=True, help="Take the statement about ADDRESS back.")
@answer_options
@ring_options
def trust(name: str, level: str | None, address: str, remove: bool, output: OutputOptions, where: RingOptions) -> int:
    """Say that a key belongs to an address, or how far its owner's certifications of other keys count.

    full: one certification by that owner is enough to authenticate an address; ultimate: the same, and the key is your own.
    An X.509 certificate of an authority becomes a root with full: it authenticates the addresses in what it issued.
    """
    if (level is None) == (not address):
        raise UsageError("give a level or --address", hint="mailsec keys trust FINGERPRINT --address bob@example.org")
    if remove and not address:
        raise UsageError("--remove belongs to --address", hint="mailsec keys trust FINGERPRINT unknown")
    from mailsec.cli.jobs.keys import run_trust  # not before it is needed

    return run_trust(name, level or "", address, remove, output, where)


@command("revoke", examples=("mailsec keys revoke alice@example.org --revocation-out revoked.asc",))
@click.argument("name", type=TEXT, metavar="KEY")
@click.option("--revocation-out", type=PATH, default="", metavar="FILE", help="Write the revocation to FILE as well.")
@passphrase_options()
@answer_options
@ring_options
def revoke(name: str, revocation_out: str, passphrase: PassphraseOptions, output: OutputOptions, where: RingOptions) -> int:
    """Revoke a KEY of your own, for good: no signature by it counts any more, and nobody should encrypt to it."""
    from mailsec.cli.jobs.keys import run_revoke

    return run_revoke(name, revocation_out, passphrase, output, where)


@command("expire", examples=("mailsec keys expire alice@example.org 1y", "mailsec keys expire alice@example.org 2028-12-31"))
@click.argument("name", type=TEXT, metavar="KEY")
@click.argument("when", type=Expiry(), metavar="WHEN")
@passphrase_options()
@answer_options
@ring_options
def expire(name: str, when: When | None, passphrase: PassphraseOptions, output: OutputOptions, where: RingOptions) -> int:
    """Let a KEY of your own expire at another time: after 90d, 18m or 2y from now, or at a date."""
    if when is None:
        raise UsageError("a key that expires cannot be made to last for ever", hint="give a late date")
    from mailsec.cli.jobs.keys import run_expire

    return run_expire(name, when, passphrase, output, where)


@command("delete", examples=("mailsec keys delete 0E452E1DC0A1974201CAF742B1AC10747F2EF4FD",))
@click.argument("name", type=TEXT, metavar="KEY")
@click.option("--secret", is_flag=True, help="Also where its secret key is in the ring and would be lost.")
@click.option("--only-secret", is_flag=True, help="Delete the secret key; the certificate stays.")
@answer_options
@ring_options
def delete(name: str, secret: bool, only_secret: bool, output: OutputOptions, where: RingOptions) -> int:
    """Delete a KEY from the ring, with everything that was said about it."""
    from mailsec.cli.jobs.keys import run_delete

    return run_delete(name, secret, only_secret, output, where)
