"""The hops of a message in the order in which it took them, with times, organizations and what of it can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailsec.core.domains import is_name
from mailsec.core.limits.message import MAX_RECEIVED
from mailsec.core.suffixes import listed_organization
from mailsec.core.text import from_bytes
from mailsec.message.border import Border, border, reverse_path
from mailsec.message.dates import parse_date
from mailsec.message.fields import Field, Message
from mailsec.message.path.claimed import read_hop
from mailsec.message.path.returns import ReturnPath, read_return_path
from mailsec.message.path.roles import Role, role
from mailsec.message.path.tls import Tls, read_tls
from mailsec.message.received import Hop


@dataclass(frozen=True, slots=True)
class Step:
    """A hop in its place.

    `delay` is how many seconds after the step below it (or, at the lowest, after Date) the message arrived, negative where the
    clocks disagree, None where either time is not known. `organization` is the registrable domain of the receiver; a host
    without one, as localhost, belongs to that of its neighbour below, else above. `believed` says that the receiver which
    the user trusts wrote this field, or one behind it.
    """

    hop: Hop
    role: Role
    tls: Tls
    delay: int | None
    organization: str
    believed: bool


@dataclass(frozen=True, slots=True)
class Journey:
    """The way of a message, oldest step first.

    `written` is the time in Date, in seconds since 1970 UTC. `receiver` is the name of the receiver that the user trusts, ""
    where none was named; `border` says where it took the message from outside, or why that cannot be told. `left_out` counts
    the Received fields below those that are read.
    """

    steps: tuple[Step, ...]
    written: int | None
    receiver: str
    border: Border | None
    return_path: ReturnPath | None
    left_out: int


def journey(message: Message, receiver: str) -> Journey:
    """The way that `message` says it took; what can be believed of it where `receiver` is trusted ("" for nobody)."""
    fields = message.all("Received")
    edge = border(message, receiver) if receiver else None
    written = _written(message)
    steps = tuple(_steps(fields[:MAX_RECEIVED], edge, written))
    return Journey(steps, written, receiver, edge, _return_path(message, edge), max(len(fields) - MAX_RECEIVED, 0))


def _written(message: Message) -> int | None:
    date = message.first("Date")
    return None if date is None else parse_date(_plain(date.value))


def _plain(value: bytes) -> str:
    """A date without the comment that many programs write behind it."""
    return from_bytes(value[:1000]).partition("(")[0].strip()


def _return_path(message: Message, edge: Border | None) -> ReturnPath | None:
    if edge is not None and edge.ip is not None:
        return None if edge.mail_from is None else read_return_path(edge.mail_from)
    found = message.first("Return-Path")
    address = None if found is None else reverse_path(found.value)
    return None if address is None else read_return_path(address)


def _steps(fields: Sequence[Field], edge: Border | None, written: int | None) -> Iterator[Step]:
    hops = [read_hop(field) for field in reversed(fields)]
    organizations = _organizations(hops)
    known = edge.field.start if edge is not None and edge.ip is not None and edge.field is not None else -1
    before = written
    for index, (hop, organization) in enumerate(zip(hops, organizations, strict=True)):
        delay = None if before is None or hop.time is None else hop.time - before
        yield Step(hop, role(hop, first=index == 0), read_tls(hop), delay, organization, believed=hop.field.start <= known)
        before = before if hop.time is None else hop.time


_NOWHERE = ("localhost", "localdomain", "local", "lan", "internal", "home", "corp", "intranet", "private", "arpa")


@lru_cache(1024)
def organization(name: str) -> str:
    """The registrable domain of a host's name, "" where it has none: an address, localhost, a name within a local network."""
    if "." not in name or not is_name(name) or name.rpartition(".")[2] in _NOWHERE or name.replace(".", "").isdigit():
        return ""
    return listed_organization(name)


def _organizations(hops: Sequence[Hop]) -> list[str]:
    found = [organization(hop.by) for hop in hops]
    last = next(filter(None, found), "")
    for index, name in enumerate(found):
        last = found[index] = name or last
    return found
