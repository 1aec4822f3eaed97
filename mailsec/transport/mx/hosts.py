"""Mail hosts and their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from mailsec.core import rdata
from mailsec.core.flow import Answer, Dnssec, Flow, ask, together
from mailsec.core.lookup import failed, failure
from mailsec.core.rdata import RdataError

# The first that applies to one of several answers is what they are together.
_WORST = (Dnssec.BOGUS, Dnssec.INDETERMINATE, Dnssec.INSECURE, Dnssec.UNCHECKED)


def weakest(*states: Dnssec) -> Dnssec:
    """What DNSSEC says of answers that are only as good as the worst of them."""
    return next((state for state in _WORST if state in states), Dnssec.SECURE)


@dataclass(frozen=True, slots=True)
class MxHost:
    """A host that takes mail. `addresses` are texts, IPv4 first.

    `dnssec` is what DNSSEC says of the MX record and the addresses together, `alias` the name that a CNAME record at `name`
    leads to, `failures` the lookups that failed: without an address and without a failure the host has none. `asked` is False
    for a name that cannot be asked for.
    """

    name: str
    preference: int
    addresses: tuple[str, ...] = ()
    dnssec: Dnssec = Dnssec.UNCHECKED
    alias: str = ""
    failures: tuple[str, ...] = ()
    asked: bool = True

    @property
    def secure(self) -> bool | None:
        """Whether DNSSEC vouches for the host and its addresses (RFC 7672 section 2.2); None where nobody checked."""
        return None if self.dnssec is Dnssec.UNCHECKED else self.dnssec is Dnssec.SECURE


def resolve(name: str, preference: int, mx: Dnssec) -> Flow[MxHost]:
    """Ask for the addresses of a host that an answer of state `mx` named."""
    answers = yield from together(ask(name, "A"), ask(name, "AAAA"))
    addresses: dict[str, None] = {}
    for answer in answers:
        if not failed(answer):
            addresses.update(dict.fromkeys(_addresses(answer)))
    return MxHost(
        name,
        preference,
        tuple(addresses),
        weakest(mx, *(answer.dnssec for answer in answers if answer.records or not addresses)),
        next((alias_of(answer) for answer in answers if answer.aliases), ""),
        tuple(failure(answer) for answer in answers if failed(answer)),
    )


def _addresses(answer: Answer) -> list[str]:
    decode = rdata.a if answer.query.type == "A" else rdata.aaaa
    found = []
    for record in answer.records:
        try:
            found.append(str(decode(record.rdata)))
        except RdataError:
            continue
    return found


def alias_of(answer: Answer) -> str:
    """The name that the CNAME records of an answer lead to; "" where there are none."""
    try:
        return rdata.name(answer.aliases[-1].rdata) if answer.aliases else ""
    except RdataError:
        return ""


def address(text: str) -> IPv4Address | IPv6Address | None:
    """The IP address that `text` is, in brackets or not, as a literal of RFC 5321 section 4.1.3 or not; else None."""
    text = text.removeprefix("[").removesuffix("]")
    try:
        return ip_address(text.removeprefix("ipv6:"))
    except ValueError:
        return None


def is_public(text: str) -> bool:
    """True where an address can be reached from the internet."""
    found = ip_address(text)
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_global and not found.is_multicast
