"""Whether the message that a bounce returns was ours: else the bounce is backscatter, and somebody has used our name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.domains import DomainError
from mailsec.core.limits import MAX_AUTHORS, MAX_RECEIVED
from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.fields import Message


class Ownership(StrEnum):
    """The three answers."""

    OURS = "ours"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose the returned message was, and how that was decided. It rests on what the bounce says, which can be forged."""

    ownership: Ownership
    reason: str

    @property
    def backscatter(self) -> bool:
        """True where the returned message was not ours."""
        return self.ownership is Ownership.FOREIGN


_BY = re.compile(rb"(?i)(?:\A|[ \t\r\n)])by[ \t\r\n]+([a-z0-9._-]{1,253})")
_FROM = re.compile(rb"(?i)\A[ \t\r\n]*from[ \t\r\n]+([a-z0-9._-]{1,253})")


def origin(bounce: Message, returned: Message | None, own: tuple[str, ...] = ()) -> Origin:
    """Whose `returned`, the message or header within `bounce`, was.

    Ours are the domains `own`, or else those of the addresses that the bounce was sent to. The Received fields decide: a
    message of ours has passed a host of ours; one that never did only bears our name.
    """
    domains = own or _recipients(bounce)
    if not domains:
        return Origin(Ownership.UNKNOWN, "the bounce names no recipient with a domain")
    if returned is None or not returned.fields:
        return Origin(Ownership.UNKNOWN, "nothing of the message is returned")
    hosts = _hosts(returned)
    if not hosts:
        return Origin(Ownership.UNKNOWN, "the returned header has no Received field that names a host")
    ours = next((host for host in hosts if _within(host, domains)), "")
    names = ", ".join(domains[:3])
    if ours:
        return Origin(Ownership.OURS, f"the returned header says that it passed {ours}")
    return Origin(Ownership.FOREIGN, f"the returned header names no host of {names} among {len(hosts)}")


def _recipients(bounce: Message) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in ("To", "Delivered-To", "X-Original-To"):
        for field in bounce.all(name)[:MAX_AUTHORS]:
            for mailbox in parse_addresses(field.value).mailboxes[:MAX_AUTHORS]:
                try:
                    found[mailbox.domain_name()] = None
                except DomainError:
                    continue
    return tuple(found)


def _hosts(returned: Message) -> list[str]:
    """The hosts that the Received fields name, as receiver or sender, and the ones they claim to be."""
    found: list[str] = []
    for field in returned.all("Received")[:MAX_RECEIVED]:
        for pattern in (_BY, _FROM):
            if match := pattern.search(field.value[:2000]):
                found.append(from_bytes(match[1]).lower().rstrip("."))
    return found


def _within(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)
