"""What `mailsec keys import --dane` does."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.api.keys.published import import_published
from mailsec.api.settings import KEYS
from mailsec.cli.io import Printer, each
from mailsec.cli.jobs.session import session
from mailsec.cli.lookup import DnsOptions
from mailsec.cli.options import OutputOptions
from mailsec.store.places import ring_path
from mailsec.store.ring import Ring


def run_published(
    addresses: Sequence[str], path: str, output: OutputOptions, dns: DnsOptions, *, accept_case_variant: bool
) -> int:
    """Take what the DNS has for each address into the ring at `path` ("" is the user's own); the exit code."""
    with (
        session(dns, dnssec=KEYS) as live,
        Ring(path or ring_path(), now=live.now) as ring,
        Printer(output, addresses) as printer,
    ):
        return each(
            addresses,
            lambda address: printer.show(import_published(ring, address, live, accept_case_variant=accept_case_variant)),
        )
