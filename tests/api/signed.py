"""A name server over a signed world, and the file of its trust anchor."""

from __future__ import annotations

from pathlib import Path

import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset

from mailsec.core.flow import AnswerStatus, Query, Record
from mailsec.core.rdata import encode_name
from tests.dns_server import Custom, DnsServer
from tests.trust.dnssec.authority import World


class _Everywhere(dict[str, Custom]):
    """One answer for all names."""

    def __init__(self, custom: Custom) -> None:
        super().__init__()
        self.custom = custom

    def get(self, name: str, default: object = None) -> Custom:
        return self.custom


def serve(world: World) -> DnsServer:
    """A server that answers as `world` does, with its proofs, over UDP."""

    def reply(data: bytes, good: bytes) -> bytes:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text().removesuffix(".").lower()
        answer = world.start(Query(name, dns.rdatatype.to_text(question.rdtype)))
        made = dns.message.make_response(query, recursion_available=True)
        made.set_rcode(dns.rcode.NXDOMAIN if answer.status is AnswerStatus.NXDOMAIN else dns.rcode.NOERROR)
        made.answer = [_rrset(each) for each in (*answer.aliases, *answer.records)]
        made.authority = [_rrset(each) for each in answer.proof]
        return made.to_wire(max_size=65_535)

    return DnsServer({}, always=_Everywhere(reply))


def _rrset(record: Record) -> dns.rrset.RRset:
    type = dns.rdatatype.from_text(record.type)
    rdata = dns.rdata.from_wire("IN", type, record.rdata, 0, len(record.rdata))
    return dns.rrset.from_rdata(dns.name.from_wire(encode_name(record.owner), 0)[0], record.ttl, rdata)


def anchor_file(world: World, folder: Path) -> str:
    """The path of a file with the trust anchor of `world`."""
    signer = world.zones[dns.name.root].signer
    assert signer is not None
    path = folder / "anchors"
    path.write_text(f". 60 IN DS {signer.ds('').to_text()}\n")
    return str(path)
