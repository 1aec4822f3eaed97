"""The chain of trust as a tree: a check for each zone, from the trust anchor down."""

from __future__ import annotations

from mailsec.core.flow import Dnssec
from mailsec.core.results import Check, Fact, Status
from mailsec.trust.dnssec.sets import shown
from mailsec.trust.dnssec.signatures import time_text
from mailsec.trust.dnssec.zones import Zone, described, key_text

STATUSES = {
    Dnssec.SECURE: Status.PASS,
    Dnssec.INSECURE: Status.NONE,
    Dnssec.BOGUS: Status.FAIL,
    Dnssec.INDETERMINATE: Status.TEMPERROR,
    Dnssec.UNCHECKED: Status.SKIPPED,
}
"""How a state is said in the words of every other check."""


def tree(zone: Zone) -> Check:
    """The chain down to `zone`; the first check is the anchor's."""
    below: tuple[Check, ...] = ()
    for each in reversed(zone.chain()):
        below = (_node(each, below),)
    return below[0]


def _node(zone: Zone, below: tuple[Check, ...]) -> Check:
    keys = [key for keys in zone.keys.values() for key in keys]
    facts = [Fact("state", zone.state.value)]
    facts += [Fact("ds", f"{ds.key_tag}, {described(ds)}") for ds in zone.ds]
    facts += [Fact("key", key_text(key)) for key in keys]
    if zone.signature is not None:
        facts.append(Fact("keys_signed_by", zone.signature.key_tag))
        facts.append(Fact("keys_signed_until", time_text(zone.signature.expiration)))
    return Check(shown(zone.name), STATUSES[zone.state], zone.reason or zone.state.value, tuple(facts), children=below)
