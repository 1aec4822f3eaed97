"""What the commands that ask have in common: the session that their options describe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mailsec.api.settings import KEYS, OFF, Settings, clock
from mailsec.cli.lookup import DnsOptions
from mailsec.core.limits.network import DNS_TIMEOUT

if TYPE_CHECKING:
    from mailsec.api.session import Session


def session(dns: DnsOptions, *, dnssec: str = OFF) -> Session:
    """The session for `dns`; the time is now unless `--at` states it. `dnssec` is what the command does by itself."""
    from mailsec.api.session import Session  # a command that asks nobody goes without it

    return Session(settings(dns, dnssec=dnssec))


@contextmanager
def keys_session(dns: DnsOptions, *, dane: bool) -> Iterator[tuple[Session | None, int]]:
    """What asks the DNS for persons' keys, None where `dane` does not let it, and the time to judge for."""
    if not dane:
        yield None, dns.at if isinstance(dns.at, int) else clock()
        return
    with session(dns, dnssec=KEYS) as live:
        yield live, live.now


def settings(dns: DnsOptions, *, dnssec: str = OFF) -> Settings:
    """What such a session is made from.

    Zone files are not validated unless `--dnssec validate` says so: what is planned is rarely signed yet.
    """
    return Settings(
        zones=dns.zones,
        nameservers=dns.nameservers,
        timeout=dns.timeout or DNS_TIMEOUT,
        offline=dns.offline,
        at=dns.at if isinstance(dns.at, int) else None,
        overlays=dns.overlays,
        answers=dns.answers,
        save_answers=dns.save_answers,
        dnssec=dns.dnssec or (OFF if dns.zones or dns.offline else dnssec),
        anchors=dns.trust_anchor,
        allow_sha1=dns.allow_sha1,
        allow_private=dns.allow_private,
        ca_file=dns.ca_file,
        fetch=dns.fetch,
        bimi_ca=dns.bimi_ca,
    )
