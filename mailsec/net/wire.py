"""A DNS question as a packet, and what a reply packet says (RFC 1035 section 4, RFC 6891). No sockets here.

A reply is hostile until it is read: what does not answer the question is *stray*, what cannot be read is a failure of its
server, and only what says so is an absence: a referral, or an empty reply of a server that does not know, is none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import dns.message
import dns.rcode
import dns.rrset

from mailsec.core.domains import is_within
from mailsec.core.flow import AnswerStatus, Record
from mailsec.core.limits.network import DNS_UDP_PAYLOAD, MAX_ANSWER_RECORDS, MAX_CNAMES
from mailsec.core.rdata import name
from mailsec.net.names import type_text
from mailsec.net.plain import Table, sections

_HEADER = struct.Struct("!HHHHHH")
_QR, _OPCODE, _AA, _TC, _RD, _RA, _AD, _CD = 0x8000, 0x7800, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
_DO = 0x8000
_FORMERR, _NOTIMP = 1, 4
_PROOF = frozenset({"RRSIG", "NSEC", "NSEC3", "SOA", "DNAME"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it goes out: `name` in wire form, `type` as a number, and what to ask it with."""

    id: int
    name: bytes
    type: int
    edns: bool = True
    dnssec_ok: bool = False
    checking_disabled: bool = False
    trust_ad: bool = False

    def packet(self) -> bytes:
        """The packet, without the length that TCP puts before it."""
        flags = _RD | (_CD if self.checking_disabled else 0) | (_AD if self.trust_ad else 0)
        opt = struct.pack("!BHHIH", 0, 41, DNS_UDP_PAYLOAD, _DO if self.dnssec_ok else 0, 0) if self.edns else b""
        return _HEADER.pack(self.id, flags, 1, 0, 0, 1 if self.edns else 0) + self.question() + opt

    def question(self) -> bytes:
        """The entry of the question section."""
        return self.name + struct.pack("!HH", self.type, 1)

    def is_answered_by(self, data: bytes) -> bool:
        """True where `data` is a reply to this very question (RFC 5452 section 9.1).

        Only an error reply may leave the question out, as servers do that could not read it.
        """
        if len(data) < _HEADER.size:
            return False
        id, flags, questions, *_ = _HEADER.unpack_from(data)
        if id != self.id or flags & (_QR | _OPCODE) != _QR:
            return False
        if not questions:
            return flags & 15 not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        end = _HEADER.size + len(self.name)
        same_name = data[_HEADER.size : end].lower() == self.name.lower()
        return questions == 1 and same_name and data[end : end + 4] == self.question()[-4:]


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: `status` is ok, nodata or nxdomain, of the name that the last of `aliases` leads to.

    `authentic` is the AD flag: the server says that it has validated all of it (RFC 6840 section 5.8).
    """

    status: AnswerStatus
    records: tuple[Record, ...]
    aliases: tuple[Record, ...]
    proof: tuple[Record, ...]
    authentic: bool = False


@dataclass(frozen=True, slots=True)
class Follow:
    """Aliases whose end the reply does not say anything about: `target` (wire form) is to be asked next."""

    target: bytes
    aliases: tuple[Record, ...]
    proof: tuple[Record, ...]
    authentic: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A reply that says nothing about the question. `again`: another attempt at this server may do better; `without_edns`: the
    server may know no EDNS."""

    status: AnswerStatus
    reason: str
    without_edns: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Truncated:
    """A reply that did not fit: to be asked again over TCP."""


Outcome: TypeAlias = Found | Follow | Failure | Truncated


def malformed(why: str) -> Failure:
    """The failure of a server that sent what cannot be read."""
    return Failure(AnswerStatus.SERVFAIL, f"malformed reply ({why})", again=True)


def read(asked: Asked, data: bytes) -> Outcome:
    """What `data`, a reply to `asked`, says. Never raises."""
    _, flags, _, *counts = _HEADER.unpack_from(data)
    if flags & _TC:
        return Truncated()
    code = flags & 15
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _refusal(code, asked)
    if sum(counts) > MAX_ANSWER_RECORDS:
        return Failure(AnswerStatus.SERVFAIL, f"more than {MAX_ANSWER_RECORDS} records")
    try:
        tables = sections(data)
        if tables is None:
            message = dns.message.from_wire(data)
            if message.rcode() != code:
                return _refusal(message.rcode(), asked)
            tables = _by_owner(message.answer), _by_owner(message.authority)
        return _judge(asked, flags, *tables)
    except Exception as error:  # whatever a parser of eighty types raises on hostile octets, it means the same
        return malformed(type(error).__name__)


def _refusal(code: int, asked: Asked) -> Failure:
    status = AnswerStatus.REFUSED if code == dns.rcode.REFUSED else AnswerStatus.SERVFAIL
    return Failure(status, dns.rcode.to_text(dns.rcode.Rcode.make(code)), asked.edns and code in (_FORMERR, _NOTIMP))


def _judge(asked: Asked, flags: int, answers: Table, authority: Table) -> Outcome:
    type = type_text(asked.type)
    owner = name(asked.name)
    aliases: list[Record] = []
    while (owner, type) not in answers and (owner, "CNAME") in answers and len(aliases) <= MAX_CNAMES:
        aliases.append(answers[owner, "CNAME"][0])
        owner = name(aliases[-1].rdata)
    records = answers.pop((owner, type), ())
    proof = tuple(record for table in (answers, authority) for key in table if key[1] in _PROOF for record in table[key])
    missing = flags & 15 == dns.rcode.NXDOMAIN
    authentic = bool(flags & _AD)
    if records and not missing:
        return Found(AnswerStatus.OK, records, tuple(aliases), proof, authentic)
    if records:
        return malformed("NXDOMAIN with records")
    if aliases and not missing and not _has_soa(authority, owner):
        return Follow(aliases[-1].rdata, tuple(aliases), proof, authentic)
    if (why := _says_nothing(flags, answers, authority, owner, bool(aliases))) is not None:
        return Failure(AnswerStatus.SERVFAIL, why)
    return Found(AnswerStatus.NXDOMAIN if missing else AnswerStatus.NODATA, (), tuple(aliases), proof, authentic)


def _by_owner(section: Iterable[dns.rrset.RRset]) -> Table:
    table: Table = {}
    for rrset in section:
        if rrset.rdclass != 1:
            continue
        owner, type = name(rrset.name.to_wire() or b""), type_text(rrset.rdtype)
        records = tuple(Record(owner, type, rrset.ttl, rdata.to_wire() or b"") for rdata in rrset)
        table[owner, type] = table.get((owner, type), ()) + records
    return table


def _has_soa(authority: Table, owner: str) -> bool:
    return any(type == "SOA" and (not zone or is_within(owner, zone)) for zone, type in authority)


def _says_nothing(flags: int, answers: Table, authority: Table, owner: str, aliased: bool) -> str | None:
    """Why a reply without records is no absence (RFC 2308 section 2), or None where it is one."""
    if not flags & (_AA | _RA):
        return "lame (neither authoritative nor recursive)"
    if flags & 15 == dns.rcode.NXDOMAIN or _has_soa(authority, owner):
        return None
    if answers and not aliased:
        return "malformed reply (records of another name)"
    if any(type == "NS" for _, type in authority):
        return "lame (a referral)"
    return None
