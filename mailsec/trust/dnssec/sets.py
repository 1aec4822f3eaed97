"""From the records of an answer to RRsets with their signatures, as dnspython's primitives take them. It goes no further."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailsec.core.flow import Answer, Record
from mailsec.core.rdata import name as name_text

IN = dns.rdataclass.IN


@dataclass(frozen=True, slots=True, eq=False)
class SignedSet:
    """An RRset and the signatures that cover it. `readable` is False where its data is not what its type says."""

    owner: dns.name.Name
    type: str
    rdatas: dns.rdataset.Rdataset
    signatures: tuple[RRSIG, ...]
    readable: bool = True

    def __str__(self) -> str:
        return f"{self.type} of {shown(self.owner)}"

    def signers(self) -> set[dns.name.Name]:
        """Who may have signed this: DS the zone above, all else the zone that the owner is in (RFC 4035 section 5.3.1)."""
        names = {signature.signer for signature in self.signatures}
        return {each for each in names if self.owner.is_subdomain(each) and (self.type != "DS" or each != self.owner)}


Sets: TypeAlias = dict[tuple[str, str], SignedSet]
"""The RRsets of an answer by owner (as text) and type."""


def parse(text: str) -> dns.name.Name:
    """A name of the core vocabulary as dnspython has it."""
    return dns.name.from_text(text + ".") if text else dns.name.root


def text(name: dns.name.Name) -> str:
    """A name as the core vocabulary has it: lower case, no final dot."""
    return name_text(name.to_wire() or b"\0")


def shown(name: dns.name.Name) -> str:
    """A name in a sentence: the root as a dot."""
    return text(name) or "."


def collect(answer: Answer) -> Sets:
    """The RRsets of `answer`: what it holds, its aliases and its proof."""
    groups: dict[tuple[str, str], list[Record]] = {}
    signatures: dict[tuple[str, str], list[RRSIG]] = {}
    for record in dict.fromkeys((*answer.records, *answer.aliases, *answer.proof)):
        if record.type != "RRSIG":
            groups.setdefault((record.owner, record.type), []).append(record)
        elif isinstance(signature := _rdata(record), RRSIG):
            covered = dns.rdatatype.to_text(signature.type_covered)
            signatures.setdefault((record.owner, covered), []).append(signature)
    return {key: _signed(key, records, signatures.get(key, ())) for key, records in groups.items()}


def _signed(key: tuple[str, str], records: list[Record], signatures: Iterable[RRSIG]) -> SignedSet:
    rdatas = [_rdata(record) for record in records]
    type = dns.rdatatype.from_text(key[1])
    # Of a type that has one record dnspython keeps the last: what is verified must be all that was given.
    readable = None not in rdatas and not (len(rdatas) > 1 and dns.rdatatype.is_singleton(type))
    held = dns.rdataset.Rdataset(IN, type)
    for rdata in rdatas:
        if rdata is not None:
            held.add(rdata, records[0].ttl)
    return SignedSet(parse(key[0]), key[1], held, tuple(signatures), readable)


def _rdata(record: Record) -> dns.rdata.Rdata | None:
    try:
        return dns.rdata.from_wire(IN, dns.rdatatype.from_text(record.type), record.rdata, 0, len(record.rdata))
    except (dns.exception.DNSException, ValueError):
        return None
