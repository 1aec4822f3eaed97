"""What the commands that judge have in common: the session that their options describe."""

from __future__ import annotations

from mailsec.api.session import Session, Settings
from mailsec.cli.options import DnsOptions
from mailsec.core.limits import DNS_TIMEOUT


def session(dns: DnsOptions) -> Session:
    """The session for `dns`; the time is now unless `--at` states it."""
    return Session(
        Settings(
            zones=dns.zones,
            nameservers=dns.nameservers,
            timeout=dns.timeout or DNS_TIMEOUT,
            offline=dns.offline,
            at=dns.at if isinstance(dns.at, int) else None,
        )
    )
