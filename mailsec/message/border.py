"""Where a message crossed the border of a receiver that the user trusts, by the receiver's own Received fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.fields import Field, Message
from mailsec.message.received import Format, Hop, IPAddress, hops, read_ip


@dataclass(frozen=True, slots=True)
class Border:
    """Where the message came in from outside. With a `reason` nothing could be derived, and `ip` is None.

    `mail_from` is the return path: "" for `<>`, None where no Return-Path field stands above the border or it cannot be read.
    `field` is the Received field that says so, `return_path` the field with the return path.
    """

    ip: IPAddress | None = None
    helo: str = ""
    mail_from: str | None = None
    time: int | None = None
    field: Field | None = None
    return_path: Field | None = None
    reason: str = ""


# not `is_private`: that has the networks for documentation too, which examples use as if they were public
OWN_NETWORKS = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1",
        "fc00::/7",
        "fe80::/10",
    )
)
LOCAL_NAMES = ("localhost", "localhost.localdomain", "localhost6", "127.0.0.1")


def border(message: Message, host: str) -> Border:
    """Where the message reached `host`, by the topmost unbroken run of Received fields whose `by` is `host`.

    The last of the run is the border. The run goes on below a field only where that field says that the message came from the
    machine itself; then `by localhost` belongs to it too, which is a content filter. Fields above the run must show that `host`
    handed the message on, else the run may be forged. Nothing below the border is looked at.
    """
    name = host.lower().removesuffix(".")
    found = hops(message)
    first = next((index for index, hop in enumerate(found) if hop.by == name), None)
    if first is None:
        return Border(reason=f"no Received field is by {name}")
    for index in range(first):
        if not _handed_on(found, index, name):
            return Border(
                field=found[index].field,
                reason=f"a Received field above those by {name} does not show that {name} handed the message on",
            )
    last = _last_of_run(found, first, name)
    edge = found[last]
    if edge.format is Format.UNKNOWN:
        return Border(field=edge.field, reason=f"the Received field at the border of {name} has an unknown format")
    if edge.ip is None or edge.ip.is_loopback:
        return Border(field=edge.field, reason=f"the last Received field by {name} names no client outside of {name}")
    return_path = _return_path(message, edge.field)
    mail_from = None if return_path is None else reverse_path(return_path.value)
    return Border(edge.ip, edge.helo, mail_from, edge.time, edge.field, return_path)


def _last_of_run(found: Sequence[Hop], first: int, name: str) -> int:
    last = first
    while last + 1 < len(found) and _from_itself(found[last], name) and found[last + 1].by in (name, *LOCAL_NAMES):
        last += 1
    return last


def _from_itself(hop: Hop, name: str) -> bool:
    """True where `name` says in `hop` that the message came from the machine itself, so that what stands below is its own too.

    A field below one that names an outside client came with the message, whoever it says that it is by.
    """
    if hop.is_internal or (hop.tcp_name == name and hop.format is not Format.UNKNOWN):
        return True
    # Exchange writes both addresses: `from NAME (ADDRESS) by NAME (ADDRESS)`
    own = [note for note in hop.notes if hop.ip is not None and read_ip(note.strip("[]")) == hop.ip]
    return hop.format is Format.EXCHANGE and len(own) > 1


def _handed_on(found: Sequence[Hop], index: int, name: str) -> bool:
    """True where the hop at `index` took the message from its own network, or from a client whose address the DNS calls `name`
    or as the receiver below calls itself."""
    hop = found[index]
    if hop.ip is None:
        # without an address only what no user of the machine can cause: a program that was run may have been given any header
        return hop.is_internal and hop.format in (Format.GMAIL, Format.DOVECOT)
    return any(hop.ip in network for network in OWN_NETWORKS) or hop.tcp_name in (name, found[index + 1].by)


def _return_path(message: Message, edge: Field) -> Field | None:
    """The topmost Return-Path above the border."""
    return next((field for field in message.all("Return-Path") if field.start < edge.start), None)


def reverse_path(value: bytes) -> str | None:
    """The return path as text, "" for `<>`; None where it cannot be read."""
    found = parse_addresses(value)
    if len(found.mailboxes) == 1 and not found.ambiguous:
        return from_bytes(found.mailboxes[0].address)
    return "" if b"".join(value.split()) == b"<>" else None
