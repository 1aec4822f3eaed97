"""Live DNS against a server in this process, with every fault that it knows."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import dns.message
import dns.rrset
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailsec.core.errors import UsageError
from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Fetch, Fetched, FetchStatus, Query, ask, gather, run
from mailsec.core.limits.network import DNS_ATTEMPT, DNS_SERVERS, DNS_TIMEOUT, MAX_CNAMES
from mailsec.net.dns import LiveSource
from mailsec.net.resolvconf import Server
from mailsec.net.zone import ZoneSource, load_zones
from tests.dns_server import Custom, DnsServer, Fault

ZONE = """
$ORIGIN example.com.
@ SOA ns host 1 2 3 4 60
@ TXT "v=spf1 -all"
www CNAME host
host A 192.0.2.1
lost CNAME elsewhere.example.org.
big TXT """ + " ".join(f'"{number:0250d}"' for number in range(40))

NAME = "example.com"
SHORT = 0.15
"""Seconds of an attempt where a test waits for it to pass; elsewhere a slow machine has the usual two."""


@pytest.fixture(scope="module")
def zone() -> ZoneSource:
    return load_zones([("z", ZONE)])


@pytest.fixture
def server(zone: ZoneSource) -> Iterator[DnsServer]:
    with DnsServer(zone, delay=SHORT * 1.5) as running:
        yield running


@pytest.fixture
def source(server: DnsServer) -> Iterator[LiveSource]:
    found = LiveSource([server.address])
    yield found
    found.close()


@pytest.fixture
def hasty(server: DnsServer) -> Iterator[LiveSource]:
    found = LiveSource([server.address], attempt=SHORT)
    yield found
    found.close()


def question(source: LiveSource, name: str = NAME, type: str = "TXT") -> Answer:
    return run(ask(name, type), source)


def transports(server: DnsServer) -> list[str]:
    return [asked.transport for asked in server.asked]


# --- answers


def test_an_answer(source: LiveSource, server: DnsServer) -> None:
    answer = question(source)
    assert answer.status is AnswerStatus.OK
    assert [record.rdata for record in answer.records] == [b"\x0bv=spf1 -all"]
    assert not answer.reason
    assert [(asked.transport, asked.edns, asked.dnssec_ok) for asked in server.asked] == [("udp", True, False)]


@pytest.mark.parametrize(
    ("name", "type", "status"),
    [
        ("none.example.com", "A", AnswerStatus.NXDOMAIN),
        ("host.example.com", "TXT", AnswerStatus.NODATA),
        ("www.example.com", "TXT", AnswerStatus.NODATA),
        ("example.org", "TXT", AnswerStatus.REFUSED),
    ],
)
def test_no_answer(source: LiveSource, name: str, type: str, status: AnswerStatus) -> None:
    answer = question(source, name, type)
    assert answer.status is status
    assert [record.type for record in answer.proof] == (["SOA"] if status.absent else [])


def test_aliases(source: LiveSource) -> None:
    answer = question(source, "www.example.com", "A")
    assert answer.status is AnswerStatus.OK
    assert [alias.owner for alias in answer.aliases] == ["www.example.com"]
    assert answer.records[0].owner == "host.example.com"


def test_a_large_answer_comes_over_tcp(source: LiveSource, server: DnsServer) -> None:
    answer = question(source, "big.example.com")
    assert len(answer.records[0].rdata) == 40 * 251
    assert transports(server) == ["udp", "tcp"]


def test_flags_and_spelling(server: DnsServer) -> None:
    source = LiveSource([server.address], dnssec_ok=True, checking_disabled=True)
    seen: list[bytes] = []
    server.faults = {NAME: [lambda query, good: seen.append(query) or good]}
    assert source.start(Query("EXAMPLE.com.", "txt")) is None
    ((asked, answer),) = source.wait()
    assert asked == Query("EXAMPLE.com.", "txt")
    assert isinstance(answer, Answer)
    assert answer.status is AnswerStatus.OK
    assert dns.message.from_wire(seen[0]).flags == 0x0110
    assert server.asked[0].dnssec_ok
    source.close()


def test_every_attempt_has_its_own_port_and_id(server: DnsServer, source: LiveSource) -> None:
    ids: list[bytes] = []
    server.always = {NAME: lambda query, good: ids.append(query[:2]) or good}
    for _ in range(30):
        question(source)
    assert len(set(ids)) > 25
    assert len({asked.port for asked in server.asked}) > 20


def test_many_questions_are_in_flight_together(server: DnsServer) -> None:
    server.always = {f"n{number}.example.com": Fault.DELAY for number in range(20)}
    source = LiveSource([server.address])
    begin = time.monotonic()
    answers = run(gather([ask(f"n{number}.example.com", "A") for number in range(20)]), source)
    assert time.monotonic() - begin < 15 * server.delay
    assert {answer.status for answer in answers} == {AnswerStatus.NXDOMAIN}
    source.close()


def test_questions_beyond_the_window_wait(server: DnsServer) -> None:
    source = LiveSource([server.address], in_flight=3)
    for number in range(10):
        assert source.start(Query(f"n{number}.example.com", "A")) is None
    assert (len(source._flying), len(source._queue)) == (3, 7)
    replies = []
    while len(replies) < 10:
        replies += source.wait()
        assert len(source._flying) <= 3
    assert {reply.status for _, reply in replies} == {AnswerStatus.NXDOMAIN}
    source.close()


# --- faults of a server


@pytest.mark.parametrize(
    ("faults", "sent"),
    [
        ([Fault.CUT_SHORT], ["udp", "udp"]),
        ([Fault.COMPRESSION_LOOP], ["udp", "udp"]),
        ([Fault.FORMERR_ON_EDNS], ["udp", "udp"]),
        ([Fault.FORMERR_BARE], ["udp", "udp"]),
        ([Fault.NOTIMP], ["udp", "udp"]),
        ([Fault.FLOOD], ["udp", "tcp"]),
        ([Fault.TRUNCATE], ["udp", "tcp"]),
        ([Fault.TRUNCATE, Fault.SPLIT_TCP], ["udp", "tcp"]),
        ([Fault.TRUNCATE, Fault.CLOSE_TCP], ["udp", "tcp", "udp"]),
        ([Fault.TRUNCATE, Fault.CUT_TCP], ["udp", "tcp", "udp"]),
        ([Fault.TRUNCATE, Fault.WRONG_ID], ["udp", "tcp", "udp"]),
        ([Fault.TRUNCATE, Fault.DROP], ["udp", "tcp", "udp"]),
    ],
)
def test_a_fault_is_overcome_at_once(
    server: DnsServer, source: LiveSource, faults: list[Fault | Custom], sent: list[str]
) -> None:
    server.faults = {NAME: list(faults)}
    answer = question(source)
    assert answer.status is AnswerStatus.OK
    assert answer.records
    assert transports(server) == sent


@pytest.mark.parametrize(
    ("faults", "sent"),
    [
        ([Fault.DROP], ["udp", "udp"]),
        ([Fault.DROP, Fault.DROP], ["udp", "udp", "udp"]),
        ([Fault.WRONG_ID], ["udp", "udp"]),
        ([Fault.WRONG_QUESTION], ["udp", "udp"]),
        ([Fault.WRONG_PORT], ["udp", "udp"]),
        ([Fault.NOT_A_REPLY], ["udp", "udp"]),
        ([Fault.GARBAGE], ["udp", "udp"]),
        ([Fault.DELAY], ["udp", "udp"]),
        ([Fault.TRUNCATE, Fault.DRIP_TCP], ["udp", "tcp", "udp"]),
    ],
)
def test_a_silence_is_overcome_by_another_attempt(
    server: DnsServer, hasty: LiveSource, faults: list[Fault | Custom], sent: list[str]
) -> None:
    server.faults = {NAME: list(faults)}
    answer = question(hasty)
    assert answer.status is AnswerStatus.OK
    assert answer.records
    assert transports(server) == sent


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (Fault.SERVFAIL, AnswerStatus.SERVFAIL, "SERVFAIL"),
        (Fault.REFUSED, AnswerStatus.REFUSED, "REFUSED"),
        (Fault.NOTIMP, AnswerStatus.SERVFAIL, "NOTIMP"),
        (Fault.FORMERR_BARE, AnswerStatus.SERVFAIL, "FORMERR"),
        (Fault.CUT_SHORT, AnswerStatus.SERVFAIL, "malformed reply (FormError) (3 times)"),
        (Fault.COMPRESSION_LOOP, AnswerStatus.SERVFAIL, "malformed reply (BadPointer) (3 times)"),
        (Fault.REFERRAL, AnswerStatus.SERVFAIL, "a referral"),
        (Fault.LAME, AnswerStatus.SERVFAIL, "lame"),
    ],
)
def test_a_lasting_fault_is_a_failure_with_its_reason(
    server: DnsServer, source: LiveSource, fault: Fault, status: AnswerStatus, words: str
) -> None:
    server.always = {NAME: fault}
    answer = question(source)
    assert (answer.status, answer.records) == (status, ())
    assert f"{server.address}: " in answer.reason
    assert words in answer.reason


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.DROP, f"no reply within {SHORT:g} s (3 times)"),
        (Fault.WRONG_ID, "does not answer the question"),
        (Fault.WRONG_QUESTION, "does not answer the question"),
        (Fault.GARBAGE, "does not answer the question"),
        (Fault.WRONG_PORT, "no reply"),
    ],
)
def test_a_lasting_silence_is_a_timeout(server: DnsServer, hasty: LiveSource, fault: Fault, words: str) -> None:
    server.always = {NAME: fault}
    answer = question(hasty)
    assert (answer.status, answer.records) == (AnswerStatus.TIMEOUT, ())
    assert words in answer.reason


@pytest.mark.parametrize("fault", [Fault.CLOSE_TCP, Fault.CUT_TCP, Fault.WRONG_ID, Fault.WRONG_QUESTION, Fault.DROP])
def test_a_lasting_fault_over_tcp(server: DnsServer, source: LiveSource, fault: Fault) -> None:
    server.faults = {NAME: [Fault.TRUNCATE, fault] * 3}
    answer = question(source)
    assert answer.status is AnswerStatus.SERVFAIL
    assert transports(server) == ["udp", "tcp"] * 3


def test_a_lasting_drip_over_tcp_is_a_timeout(server: DnsServer, hasty: LiveSource) -> None:
    server.faults = {NAME: [Fault.TRUNCATE, Fault.DRIP_TCP] * 3}
    assert question(hasty).status is AnswerStatus.TIMEOUT
    assert transports(server) == ["udp", "tcp"] * 3


def test_truncated_over_tcp_is_malformed(server: DnsServer, source: LiveSource) -> None:
    server.always = {NAME: lambda query, good: good[:2] + b"\x83" + good[3:]}
    answer = question(source)
    assert answer.status is AnswerStatus.SERVFAIL
    assert "truncated over TCP" in answer.reason


def test_the_right_reply_after_a_wrong_one_is_taken(server: DnsServer, source: LiveSource) -> None:
    # The guess of somebody off the path comes first; the server's own reply must still count.
    received: list[tuple[str, int]] = []

    def spoof(query: bytes, good: bytes) -> bytes:
        address = ("127.0.0.1", server.asked[-1].port)
        received.append(address)
        server._udp.sendto(bytes((good[0] ^ 0xFF,)) + good[1:], address)
        return good

    server.faults = {NAME: [spoof]}
    assert question(source).status is AnswerStatus.OK
    assert transports(server) == ["udp"]


def test_edns_is_left_out_from_then_on(server: DnsServer, source: LiveSource) -> None:
    server.always = {NAME: Fault.FORMERR_ON_EDNS}
    question(source)
    question(source)
    assert [asked.edns for asked in server.asked] == [True, False, False]


@pytest.mark.parametrize("fault", [Fault.SERVFAIL, Fault.REFUSED, Fault.LAME, Fault.DROP, Fault.CUT_SHORT, Fault.REFERRAL])
def test_another_server_helps(server: DnsServer, fault: Fault) -> None:
    with DnsServer({}) as broken:
        broken.always = {NAME: fault}
        source = LiveSource([broken.address, server.address], attempt=SHORT)
        assert question(source).status is AnswerStatus.OK
        assert (len(broken.asked), len(server.asked)) == (1, 1)
        source.close()


def test_the_first_word_that_was_heard_is_the_status() -> None:
    with DnsServer({}) as silent, DnsServer({}) as refusing:
        silent.always, refusing.always = {NAME: Fault.DROP}, {NAME: Fault.REFUSED}
        source = LiveSource([silent.address, refusing.address], attempt=SHORT)
        answer = question(source)
        assert answer.status is AnswerStatus.REFUSED
        assert answer.reason.count("no reply") == 1
        assert "REFUSED" in answer.reason
        assert (len(silent.asked), len(refusing.asked)) == (2, 1)
        source.close()


@pytest.fixture
def closed_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_nobody_at_the_port(closed_port: int, server: DnsServer) -> None:
    begin = time.monotonic()
    source = LiveSource([f"127.0.0.1:{closed_port}"])
    answer = question(source)
    assert answer.status is AnswerStatus.TIMEOUT
    assert "refused" in answer.reason
    assert time.monotonic() - begin < DNS_ATTEMPT
    source.close()
    source = LiveSource([f"127.0.0.1:{closed_port}", server.address])
    assert question(source).status is AnswerStatus.OK
    source.close()


def test_no_way_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    source = LiveSource([Server("127.0.0.1")])
    monkeypatch.setattr(socket, "socket", no_socket)
    answer = question(source)
    assert answer.status is AnswerStatus.TIMEOUT
    assert answer.reason == "127.0.0.1: too many open files"
    source.close()


@pytest.mark.parametrize("first", [Fault.TRUNCATE, Fault.NOTIMP])
def test_no_socket_for_the_second_half(
    server: DnsServer, source: LiveSource, first: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.always = {NAME: first}
    assert source.start(Query(NAME, "TXT")) is None
    monkeypatch.setattr(socket.socket, "setblocking", lambda *_: (_ for _ in ()).throw(OSError()))
    ((_, answer),) = source.wait()
    assert isinstance(answer, Answer)
    assert (answer.status, answer.reason) == (AnswerStatus.TIMEOUT, f"{server.address}: oserror")


def test_nobody_at_the_tcp_port(server: DnsServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        source = LiveSource([f"127.0.0.1:{sock.getsockname()[1]}"])
        assert source.start(Query(NAME, "TXT")) is None
        query, address = sock.recvfrom(1000)
        sock.sendto(query[:2] + b"\x83\x80" + query[4:], address)
        ((_, answer),) = source.wait()
        assert isinstance(answer, Answer)
        assert answer.status is AnswerStatus.TIMEOUT
        assert "refused" in answer.reason
        source.close()


# --- aliases that lead on


def test_an_alias_that_the_server_leaves_open_is_asked_for() -> None:
    table = {"a.example": {"CNAME": ["b.example"]}, "b.example": {"A": ["192.0.2.1"]}}
    with DnsServer(table) as server:
        server.always = {"a.example": _alias("a.example", "b.example")}
        source = LiveSource([server.address])
        answer = question(source, "a.example", "A")
        assert answer.status is AnswerStatus.OK
        assert answer.query == Query("a.example", "A")
        assert [alias.owner for alias in answer.aliases] == ["a.example"]
        assert [asked.name for asked in server.asked] == ["a.example", "b.example"]
        assert question(source, "b.example", "MX").status is AnswerStatus.NODATA
        source.close()


def _alias(owner: str, target: str) -> Custom:
    def make(query: bytes, good: bytes) -> bytes:
        message = dns.message.from_wire(query)
        head = f"id {message.id}\nflags QR RA\n;QUESTION\n{owner}. IN A\n;ANSWER\n"
        return dns.message.from_text(head + f"{owner}. 60 IN CNAME {target}.\n").to_wire()

    return make


def test_a_failure_behind_an_alias_keeps_the_alias(server: DnsServer, source: LiveSource) -> None:
    server.always = {
        "elsewhere.example.org": Fault.SERVFAIL,
        "lost.example.com": _alias("lost.example.com", "elsewhere.example.org"),
    }
    answer = question(source, "lost.example.com", "A")
    assert answer.status is AnswerStatus.SERVFAIL
    assert [alias.owner for alias in answer.aliases] == ["lost.example.com"]


@pytest.mark.parametrize("ring", [1, 2, 5])
def test_a_loop_of_aliases(ring: int) -> None:
    with DnsServer({}) as server:
        server.always = {f"c{n}.example": _alias(f"c{n}.example", f"c{(n + 1) % ring}.example") for n in range(ring)}
        source = LiveSource([server.address])
        answer = question(source, "c0.example", "A")
        assert answer.status is AnswerStatus.SERVFAIL
        assert "loop" in answer.reason
        assert len(server.asked) == ring
        source.close()


@pytest.mark.parametrize("links", [MAX_CNAMES, MAX_CNAMES + 1])
def test_as_many_aliases_as_the_limit_says(links: int) -> None:
    with DnsServer({f"c{links}.example": {"A": ["192.0.2.1"]}}) as server:
        server.always = {f"c{n}.example": _alias(f"c{n}.example", f"c{n + 1}.example") for n in range(links)}
        source = LiveSource([server.address])
        answer = question(source, "c0.example", "A")
        assert answer.status is (AnswerStatus.OK if links == MAX_CNAMES else AnswerStatus.SERVFAIL)
        source.close()


# --- the deadline


def test_after_the_deadline_everything_is_answered_at_once(server: DnsServer) -> None:
    server.always = {f"n{number}.example.com": Fault.DROP for number in range(10)}
    source = LiveSource([server.address], 0.2, in_flight=4)
    begin = time.monotonic()
    answers = run(gather([ask(f"n{number}.example.com", "A") for number in range(10)]), source)
    assert {answer.status for answer in answers} == {AnswerStatus.TIMEOUT}
    assert {answer.reason for answer in answers} == {"no reply before the deadline"}
    late = question(source)
    assert late.status is AnswerStatus.TIMEOUT
    assert late.reason == "asked after the deadline"
    assert 0.2 <= time.monotonic() - begin < DNS_ATTEMPT
    source._timeout = DNS_TIMEOUT  # so that a slow machine passes the rest
    source.rearm()
    assert question(source).status is AnswerStatus.OK
    source.close()


def test_the_deadline_counts_what_went_before(server: DnsServer) -> None:
    server.always = {NAME: Fault.DROP}
    source = LiveSource([server.address], 5 * SHORT, attempt=SHORT, attempts=99)
    reason = question(source).reason
    assert reason.startswith(f"{server.address}: no reply within {SHORT:g} s")
    assert reason.endswith("no reply before the deadline")
    source.close()


def test_a_question_that_leaves_octet_by_octet(server: DnsServer, source: LiveSource, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.send

    def send(sock: socket.socket, data: bytes) -> int:
        return real(sock, data[:1] if sock.type == socket.SOCK_STREAM else data)

    monkeypatch.setattr(socket.socket, "send", send)
    assert question(source, "big.example.com").status is AnswerStatus.OK


def test_a_drip_over_tcp_does_not_move_the_deadline(server: DnsServer) -> None:
    server.faults = {"big.example.com": [Fault.DRIP_TCP]}
    source = LiveSource([server.address], 2 * SHORT, attempt=100)
    begin = time.monotonic()
    assert question(source, "big.example.com").status is AnswerStatus.TIMEOUT
    assert time.monotonic() - begin < 10
    source.close()


# --- the rest


@pytest.mark.parametrize(
    ("name", "type"),
    [("a..b", "A"), ("a" * 64, "A"), ("a." * 200, "A"), ("é\\000", "A"), (NAME, "ANY"), (NAME, "NONSENSE"), ("\ud800", "A")],
)
def test_what_cannot_be_asked_is_a_failure(source: LiveSource, server: DnsServer, name: str, type: str) -> None:
    answer = source.start(Query(name, type))
    assert isinstance(answer, Answer)
    assert answer.status is AnswerStatus.SERVFAIL
    assert "cannot be asked" in answer.reason
    assert not server.asked


def test_a_fetch_is_not_answered(source: LiveSource) -> None:
    fetched = source.start(Fetch("https://example.com/", 1))
    assert isinstance(fetched, Fetched)
    assert fetched.status is FetchStatus.UNRECORDED


def test_waiting_for_nothing_is_an_error(source: LiveSource) -> None:
    with pytest.raises(RuntimeError):
        source.wait()


def test_closing_with_questions_in_flight_leaves_nothing_open(server: DnsServer) -> None:
    server.always = {NAME: Fault.DROP}
    source = LiveSource([server.address], in_flight=2)
    for type in ("TXT", "A", "MX"):
        source.start(Query(NAME, type))
    sockets = [question.sock for question in source._flying if question.sock]
    source.close()
    assert [sock.fileno() for sock in sockets] == [-1, -1]


@pytest.mark.parametrize("servers", [[], ["192.0.2.1"] * (DNS_SERVERS + 1), ["fe80::1%nosuchinterface"], ["ns.example.com"]])
def test_servers_that_cannot_be_used(servers: list[str]) -> None:
    with pytest.raises(UsageError):
        LiveSource(servers)


def test_every_server_has_its_attempt() -> None:
    assert LiveSource(["192.0.2.1"] * 5)._attempts == 5


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[DnsServer, LiveSource]]:
    with DnsServer({}) as server:
        source = LiveSource([server.address], 10**6, attempt=0.01, attempts=1)
        yield server, source
        source.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(octets=st.binary(max_size=60), change=st.sampled_from(["replace", "follow", "tcp"]))
def test_no_reply_crashes_or_hangs_it(echo: tuple[DnsServer, LiveSource], octets: bytes, change: str) -> None:
    server, source = echo
    makers: dict[str, Callable[[bytes, bytes], bytes]] = {
        "replace": lambda query, good: octets,
        "follow": lambda query, good: good[:4] + b"\0\1\0\5\0\5\0\5" + good[12:-30] + octets,
        "tcp": lambda query, good: octets,
    }
    server.faults = {NAME: [Fault.TRUNCATE, makers[change]] if change == "tcp" else [makers[change]]}
    answer = question(source)
    assert answer.status.failed or answer.status is AnswerStatus.NXDOMAIN


def test_ipv6(server: DnsServer) -> None:
    try:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.bind(("::1", 0))
    except OSError:
        return  # a machine without IPv6
    with sock:
        source = LiveSource([f"[::1]:{sock.getsockname()[1]}"])
        source.start(Query(NAME, "TXT"))
        query, address = sock.recvfrom(1000)
        sock.sendto(query[:2] + b"\x81\x83" + query[4:], address)
        ((_, answer),) = source.wait()
        assert isinstance(answer, Answer)
        assert answer.status is AnswerStatus.NXDOMAIN
        source.close()


# --- the AD flag


def authentic(query: bytes, good: bytes) -> bytes:
    """The good reply with the AD flag, where the query asks for it."""
    assert query[3] & 0x20, "AD was not asked for"
    return good[:3] + bytes((good[3] | 0x20,)) + good[4:]


@pytest.fixture
def believing(server: DnsServer) -> Iterator[LiveSource]:
    found = LiveSource([server.address], trust_ad=True)
    yield found
    found.close()


@pytest.mark.parametrize(("name", "type"), [(NAME, "TXT"), (NAME, "MX"), ("none.example.com", "A"), ("www.example.com", "A")])
@pytest.mark.parametrize("ad", [True, False])
def test_a_trusted_server_says_what_is_secure(name: str, type: str, ad: bool, server: DnsServer, believing: LiveSource) -> None:
    if ad:
        server.always[name] = authentic
    assert question(believing, name, type).dnssec is (Dnssec.SECURE if ad else Dnssec.INSECURE)


def test_an_untrusted_server_says_nothing(server: DnsServer, source: LiveSource) -> None:
    server.always[NAME] = lambda query, good: good[:3] + bytes((good[3] | 0x20,)) + good[4:]
    assert question(source).dnssec is Dnssec.UNCHECKED


def test_a_failure_is_neither(server: DnsServer, believing: LiveSource) -> None:
    server.always[NAME] = Fault.SERVFAIL
    assert question(believing).dnssec is Dnssec.UNCHECKED


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (True, True, Dnssec.SECURE),
        (True, False, Dnssec.INSECURE),
        (False, True, Dnssec.INSECURE),
        (False, False, Dnssec.INSECURE),
    ],
)
def test_an_alias_is_as_secure_as_its_least_part(first: bool, second: bool, state: Dnssec) -> None:
    def alias(query: bytes, good: bytes) -> bytes:
        message = dns.message.make_response(dns.message.from_wire(query), recursion_available=True)
        message.answer = [dns.rrset.from_text("a.example.", 60, "IN", "CNAME", "b.example.")]
        wire = message.to_wire()
        return authentic(query, wire) if first else wire

    table = {"b.example": {"TXT": ["x"]}}
    with DnsServer(table, always={"a.example": alias, **({"b.example": authentic} if second else {})}) as server:
        believing = LiveSource([server.address], trust_ad=True)
        answer = question(believing, "a.example")
        believing.close()
    assert [asked.name for asked in server.asked] == ["a.example", "b.example"]
    assert (answer.status, answer.dnssec) == (AnswerStatus.OK, state)
