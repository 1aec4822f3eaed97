"""A name server in this process, for tests: UDP and TCP on 127.0.0.1, over any Source, with faults to order.

    with DnsServer({"example.com": {"TXT": ["v=spf1 -all"]}}) as server:
        server.faults["example.com"] = [Fault.DROP, Fault.SERVFAIL]     # the first two questions for this name
        source = LiveSource([server.address], attempt=0.1)

The table is that of `tests.support.TableSource`; a ZoneSource does as well, and what it has not recorded is refused. A fault of
another kind is a function from (wire query, good reply) to the octets to send instead, or None.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from mailsec.core.flow import Answer, AnswerStatus, Query, Record, Source
from mailsec.core.rdata import encode_name
from tests.support import Entry, TableSource


class Fault(Enum):
    """What the server does instead of answering."""

    DROP = auto()
    DELAY = auto()
    SERVFAIL = auto()
    REFUSED = auto()
    NOTIMP = auto()
    FORMERR_ON_EDNS = auto()
    FORMERR_BARE = auto()
    TRUNCATE = auto()
    WRONG_ID = auto()
    WRONG_QUESTION = auto()
    WRONG_PORT = auto()
    NOT_A_REPLY = auto()
    GARBAGE = auto()
    CUT_SHORT = auto()
    COMPRESSION_LOOP = auto()
    REFERRAL = auto()
    LAME = auto()
    FLOOD = auto()
    SPLIT_TCP = auto()
    DRIP_TCP = auto()
    CLOSE_TCP = auto()
    CUT_TCP = auto()


Custom: TypeAlias = Callable[[bytes, bytes], bytes | None]


@dataclass(frozen=True)
class Asked:
    """One question as it arrived."""

    transport: str
    name: str
    type: str
    edns: bool
    dnssec_ok: bool
    port: int


_RCODES = {
    AnswerStatus.NXDOMAIN: dns.rcode.NXDOMAIN,
    AnswerStatus.SERVFAIL: dns.rcode.SERVFAIL,
    AnswerStatus.REFUSED: dns.rcode.REFUSED,
    AnswerStatus.UNRECORDED: dns.rcode.REFUSED,
}
_TCP_ONLY = (Fault.SPLIT_TCP, Fault.DRIP_TCP, Fault.CLOSE_TCP, Fault.CUT_TCP)


@dataclass
class DnsServer:
    """The server; a context manager. `asked` lists the questions in order. `delay` seconds are what DELAY waits."""

    table: Mapping[str, Mapping[str, Entry] | AnswerStatus] | Source
    delay: float = 0.1
    payload: int | None = None
    faults: dict[str, list[Fault | Custom]] = field(default_factory=dict)
    always: dict[str, Fault | Custom] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> DnsServer:
        self._source: Source = TableSource(self.table) if isinstance(self.table, Mapping) else self.table
        self._udp, self._tcp = _pair()
        self._woken, self._waker = socket.socketpair()
        self._later: list[tuple[float, int, bytes, tuple[str, int]]] = []
        self._stopping = threading.Event()
        self._connections: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._waker.send(b"x")
        self._thread.join()
        for thread in self._connections:
            thread.join()
        for sock in (self._udp, self._tcp, self._woken, self._waker):
            sock.close()

    @property
    def address(self) -> str:
        """What `--nameserver` takes."""
        return f"127.0.0.1:{self._udp.getsockname()[1]}"

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            for sock in (self._udp, self._tcp, self._woken):
                selector.register(sock, selectors.EVENT_READ)
            while not self._stopping.is_set():
                wait = max(0.0, self._later[0][0] - time.monotonic()) if self._later else None
                for key, _ in selector.select(wait):
                    if key.fileobj is self._udp:
                        self._datagram()
                    elif key.fileobj is self._tcp:
                        self._accept()
                while self._later and self._later[0][0] <= time.monotonic():
                    *_, data, address = heapq.heappop(self._later)
                    self._udp.sendto(data, address)

    def _datagram(self) -> None:
        data, address = self._udp.recvfrom(65_535)
        for reply, fault in self._replies(data, "udp", address[1]):
            if fault is Fault.WRONG_PORT:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                    other.sendto(reply, address)
            elif fault is Fault.DELAY:
                heapq.heappush(self._later, (time.monotonic() + self.delay, len(self.asked), reply, address))
            else:
                self._udp.sendto(reply, address)

    def _accept(self) -> None:
        sock, address = self._tcp.accept()
        thread = threading.Thread(target=self._stream, args=(sock, address[1]))
        self._connections.append(thread)
        thread.start()

    def _stream(self, sock: socket.socket, port: int) -> None:
        with sock:
            sock.settimeout(5)
            try:
                head = _exactly(sock, 2)
                data = _exactly(sock, int.from_bytes(head, "big"))
                for reply, fault in self._replies(data, "tcp", port):
                    self._send(sock, len(reply).to_bytes(2, "big") + reply, fault)
            except OSError:
                return

    def _send(self, sock: socket.socket, data: bytes, fault: Fault | Custom | None) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if fault is Fault.CUT_TCP:
            sock.sendall(data[:-3])
        elif fault in (Fault.SPLIT_TCP, Fault.DRIP_TCP):
            for at in range(len(data)):
                sock.sendall(data[at : at + 1])
                if self._stopping.wait(0.05 if fault is Fault.DRIP_TCP else 0.0002):
                    return
        elif fault is not Fault.CLOSE_TCP:
            sock.sendall(data)

    def _fault(self, name: str, transport: str) -> Fault | Custom | None:
        waiting = self.faults.get(name)
        if waiting and (transport == "tcp" or waiting[0] not in _TCP_ONLY):
            return waiting.pop(0)
        return self.always.get(name)

    def _replies(self, data: bytes, transport: str, port: int) -> list[tuple[bytes, Fault | Custom | None]]:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        type = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(Asked(transport, name, type, query.edns == 0, bool(query.ednsflags & dns.flags.DO), port))
        answer = self._source.start(Query(name, type))
        assert isinstance(answer, Answer)
        fault = self._fault(name, transport)
        if (answer.status is AnswerStatus.TIMEOUT and fault is None) or fault is Fault.DROP:
            return []
        good = self._reply(query, answer, transport)
        if callable(fault):
            bad = fault(data, good)
            return [] if bad is None else [(bad, fault)]
        if fault is Fault.FLOOD and transport == "udp":
            return [(_wrong_id(data, good), fault)] * 40
        if fault in _MAKERS and not (fault is Fault.TRUNCATE and transport == "tcp"):
            return [(_MAKERS[fault](data, good), fault)]
        if fault is Fault.FORMERR_ON_EDNS and query.edns == 0:
            return [(_error(data, dns.rcode.FORMERR), fault)]
        return [(good, fault)]

    def _reply(self, query: dns.message.Message, answer: Answer, transport: str) -> bytes:
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(_RCODES.get(answer.status, dns.rcode.NOERROR))
        reply.answer = _rrsets(answer.aliases + answer.records)
        reply.authority = _rrsets(answer.proof)
        room = 65_535 if transport == "tcp" else self.payload or (1_232 if query.edns == 0 else 512)
        try:
            return reply.to_wire(max_size=room)
        except Exception:  # too large: as a server does, without the records
            reply.answer, reply.authority = [], []
            reply.flags |= dns.flags.TC
            return reply.to_wire()


def _pair() -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on one port."""
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tcp.bind(udp.getsockname())
            tcp.listen(64)
        except OSError:
            udp.close()
            tcp.close()
        else:
            return udp, tcp


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def _rrsets(records: tuple[Record, ...]) -> list[dns.rrset.RRset]:
    found: dict[tuple[str, str], dns.rrset.RRset] = {}
    for record in records:
        type = dns.rdatatype.from_text(record.type)
        owner = dns.name.from_wire(encode_name(record.owner), 0)[0]
        rdata = dns.rdata.from_wire(dns.rdataclass.IN, type, record.rdata, 0, len(record.rdata))
        rrset = found.setdefault((record.owner, record.type), dns.rrset.RRset(owner, dns.rdataclass.IN, type))
        rrset.add(rdata, record.ttl)
    return list(found.values())


def _wrong_id(query: bytes, good: bytes) -> bytes:
    return bytes((good[0] ^ 1, good[1])) + good[2:]


def _wrong_question(query: bytes, good: bytes) -> bytes:
    return good[:13] + bytes((good[13] ^ 1,)) + good[14:]


def _flags(query: bytes, flags: int, code: int) -> bytes:
    """The header and question of `query` as a reply without records."""
    end = query.index(b"\0", 12) + 5
    return query[:2] + (flags | code).to_bytes(2, "big") + b"\0\1" + bytes(6) + query[12:end]


def _error(query: bytes, code: int) -> bytes:
    return _flags(query, 0x8180, code)


def _loop(query: bytes, good: bytes) -> bytes:
    reply = _flags(query, 0x8180, 0)
    pointer = (0xC000 | len(reply)).to_bytes(2, "big")
    return reply[:6] + b"\0\1" + reply[8:] + pointer + b"\0\x10\0\1\0\0\0\x3c\0\2\1x"


def _referral(query: bytes, good: bytes) -> bytes:
    reply = _flags(query, 0x8180, 0)
    return reply[:8] + b"\0\1" + reply[10:] + b"\3com\0\0\2\0\1\0\0\0\x3c\0\5\3ns1\0"


_MAKERS: dict[Fault | Custom | None, Callable[[bytes, bytes], bytes]] = {
    Fault.SERVFAIL: lambda query, good: _error(query, dns.rcode.SERVFAIL),
    Fault.REFUSED: lambda query, good: _error(query, dns.rcode.REFUSED),
    Fault.NOTIMP: lambda query, good: _error(query, dns.rcode.NOTIMP),
    Fault.FORMERR_BARE: lambda query, good: query[:2] + b"\x81\x81" + bytes(8),
    Fault.TRUNCATE: lambda query, good: _flags(query, 0x8380, 0),
    Fault.WRONG_ID: _wrong_id,
    Fault.WRONG_QUESTION: _wrong_question,
    Fault.NOT_A_REPLY: lambda query, good: query,
    Fault.GARBAGE: lambda query, good: b"\x00garbage that is long enough for a header",
    Fault.CUT_SHORT: lambda query, good: good[:-3],
    Fault.COMPRESSION_LOOP: _loop,
    Fault.REFERRAL: _referral,
    Fault.LAME: lambda query, good: _flags(query, 0x8100, 0),
}
