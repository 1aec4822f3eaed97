"""How a run looks at the world."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mailsec.core.limits.network import DNS_TIMEOUT

VALIDATE, TRUST_AD, OFF, KEYS = "validate", "trust-ad", "off", "keys"
"""What `Settings.dnssec` can be: validate ourselves, believe the AD flag of the name server, neither, or validate what persons'
keys are taken from (`KEY_TYPES`) and nothing else."""
KEY_TYPES = frozenset({"SMIMEA", "OPENPGPKEY", "SOA"})
"""Records of keys, and the one that tells whether their domain is signed at all."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a session is made from; it can be pickled.

    `zones` are files that answer alone, `answers` is one that an earlier run saved, `overlays` are zone files that answer
    first.
    `at` is seconds since 1970 UTC, None means now (or the time of the saved run). `nameservers` are IP addresses, with a port
    as in 192.0.2.1:5353; none means the system's. `timeout` is how many seconds all questions about one subject may take
    together. `offline` asks nothing that no file answers. `anchors` is a file of trust anchors in place of the root's keys,
    `ca_file` one of roots for HTTPS. `allow_private` lets HTTPS requests go to addresses that are not public.
    `fetch` lets be fetched what records, messages and certificates name; without it only what a protocol asks for is.
    `bimi_ca` is a file of roots for mark certificates besides those known.
    """

    zones: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    timeout: float = DNS_TIMEOUT
    offline: bool = False
    at: int | None = None
    overlays: tuple[str, ...] = ()
    answers: str = ""
    save_answers: str = ""
    dnssec: str = OFF
    anchors: str = ""
    allow_sha1: bool = False
    allow_private: bool = False
    ca_file: str = ""
    fetch: bool = False
    bimi_ca: str = ""


def clock() -> int:
    """The time, in seconds since 1970 UTC."""
    return int(time.time())  # noqa: TID251 - the one clock
