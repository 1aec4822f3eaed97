"""`mailsec keys list` and `mailsec keys show`."""

from __future__ import annotations

import click

from mailsec.cli.keys import RingOptions, ring_options
from mailsec.cli.options import OutputOptions, answer_options, command
from mailsec.cli.types import TEXT


@command(
    "list",
    examples=("mailsec keys list", "mailsec keys list example.org", "mailsec keys list --secret --format plain | cut -f 3"),
)
@click.argument("text", type=TEXT, default="", metavar="[TEXT]")
@click.option("--secret", is_flag=True, help="Only those whose secret key is in the ring.")
@answer_options
@ring_options
def list_(text: str, secret: bool, output: OutputOptions, where: RingOptions) -> int:
    """List the keys of the ring, or those whose fingerprint, key ID or user ID contains TEXT."""
    from mailsec.cli.jobs.keys import run_list  # not before it is needed

    return run_list(text, secret, output, where)


@command("show", examples=("mailsec keys show alice@example.org", "mailsec keys show 0E452E1DC0A1974201CAF742B1AC10747F2EF4FD"))
@click.argument("names", type=TEXT, nargs=-1, required=True, metavar="KEY...")
@answer_options
@ring_options
def show(names: tuple[str, ...], output: OutputOptions, where: RingOptions) -> int:
    """Show everything that the ring knows of each KEY: its state, its addresses and why they count, where it came from."""
    from mailsec.cli.jobs.keys import run_show

    return run_show(names, output, where)
