"""Whether the message that a bounce returns was ours: else the bounce is backscatter, and somebody has used our name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.domains import DomainError
from mailsec.core.limits.message import MAX_AUTHORS, MAX_RECEIVED
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

    A message of ours has passed a host of ours, which its Received fields name. Hosts are ours that belong to the domains
    `own`, or, without it, to the domain of an address that the bounce was sent to or of the host that has received the bounce:
    mail of a small domain leaves by its provider. Where that is not known either, nothing is decided.
    """
    arrived = _hosts(bounce)[:1]
    families = {_family(each) for each in own or (*_recipients(bounce), *arrived)}
    if not own and not arrived:
        return Origin(Ownership.UNKNOWN, "the bounce does not say which host of ours has received it")
    if returned is None or not returned.fields:
        return Origin(Ownership.UNKNOWN, "nothing of the message is returned")
    hosts = _hosts(returned)
    if not hosts:
        return Origin(Ownership.UNKNOWN, "the returned header has no Received field that names a host")
    ours = next((host for host in hosts if _family(host) in families), "")
    if ours:
        return Origin(Ownership.OURS, f"the returned header says that it passed {ours}")
    names = ", ".join(sorted(families)[:3])
    return Origin(Ownership.FOREIGN, f"none of the {len(hosts)} hosts in the returned header belongs to {names}")


def _family(host: str) -> str:
    """The end of a name that those of one owner share, as far as can be said without the list of public suffixes: two labels,
    or three below what looks like `co.uk`."""
    labels = host.rstrip(".").split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if short else labels[-2:])


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
