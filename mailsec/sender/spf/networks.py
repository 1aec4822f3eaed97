"""Networks and how many addresses they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from mailsec.sender.spf.record import Kind, Mechanism
from mailsec.sender.spf.walk import Found

Network: TypeAlias = tuple[int, int, int]
"""Width in bits (32 or 128), the first address as a number, and the prefix length."""


def network(packed: bytes, prefix: int | None) -> Network:
    """The network that the address `packed` lies in; a prefix length of None means the address alone."""
    width = len(packed) * 8
    length = width if prefix is None else prefix
    free = width - length
    return width, int.from_bytes(packed, "big") >> free << free, length


def named(term: Mechanism) -> Network | None:
    """The network that an ip4 or ip6 names."""
    if term.address is None:
        return None
    return network(term.address.packed, term.prefix4 if term.kind is Kind.IP4 else term.prefix6)


def found(term: Mechanism, addresses: Found) -> Iterator[Network]:
    """The networks around the addresses that an a or mx leads to."""
    for packed in addresses.addresses:
        yield network(packed, term.prefix4 if len(packed) == 4 else term.prefix6)


def ancestors(net: Network) -> Iterator[Network]:
    """`net`, then the networks that it lies in, each one bit wider."""
    width, start, length = net
    for prefix in range(length, -1, -1):
        free = width - prefix
        yield width, start >> free << free, prefix


def count(networks: Iterable[Network], width: int, unit: int = 0) -> int:
    """How many addresses of `width` bits the networks have together, in blocks of 2**unit addresses."""
    same = ((start, length) for bits, start, length in networks if bits == width)
    spans = sorted((start >> unit, (start + (1 << (width - length)) - 1) >> unit) for start, length in same)
    total, reached = 0, -1
    for first, last in spans:
        if last > reached:
            total += last - max(first, reached + 1) + 1
            reached = last
    return total
