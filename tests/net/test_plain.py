"""Ordinary replies, read without a library: what is read is what dnspython reads, and what it refuses is not read."""

from __future__ import annotations

from random import Random

import dns.edns
import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.net.plain import Table, sections
from mailsec.net.wire import _by_owner

HEAD = "id 4660\nopcode QUERY\nrcode NOERROR\nflags QR RD RA\n;QUESTION\nwww.example.com. IN TXT\n"
SOA = "example.com. 60 IN SOA ns.example.com. host.Example.com. 1 2 3 4 5\n"
SIGNATURE = "13 2 60 20300101000000 20250101000000 1 example.com. AAAA"
PLAIN = [
    f";AUTHORITY\n{SOA}",
    ";ANSWER\nwww.example.com. 60 IN TXT one\nwww.example.com. 30 IN TXT two three\n",
    ";ANSWER\nwww.example.com. 60 IN CNAME web.Example.com.\n"
    "web.example.com. 60 IN A 192.0.2.1\nweb.example.com. 9 IN A 192.0.2.2\n",
    ";ANSWER\nwww.example.com. 60 IN AAAA 2001:db8::1\n;ADDITIONAL\nns.example.com. 60 IN A 192.0.2.1\n",
    ";ANSWER\nwww.example.com. 60 IN MX 10 mx.example.com.\nWWW.example.com. 60 IN MX 20 mx.example.net.\n",
    f";ANSWER\n_25._tcp.www.example.com. 60 IN TLSA 3 1 1 {'AF' * 32}\n",
    ";ANSWER\nwww.example.com. 60 IN PTR a\\.b.example.\n;AUTHORITY\nexample.com. 60 IN NS ns.example.com.\n. 60 IN NS a.\n",
    f";ANSWER\nwww.example.com. 60 IN TXT x\nwww.example.com. 60 IN RRSIG TXT {SIGNATURE}\n"
    f"www.example.com. 10 IN RRSIG A {SIGNATURE}\nwww.example.com. 20 IN RRSIG TXT {SIGNATURE.replace(' 1 ', ' 2 ')}\n",
]
LEFT = [
    ";ANSWER\nwww.example.com. 60 IN NSEC a.example.com. TXT\n",
    f";ANSWER\nwww.example.com. 60 IN TLSA 3 1 0 {'AF' * 32}\n",
]


def packet(text: str, edns: int = -1) -> bytes:
    message = dns.message.from_text(HEAD + text)
    if edns >= 0:
        message.use_edns(edns)
    return message.to_wire()


def by_dnspython(data: bytes) -> tuple[Table, Table]:
    message = dns.message.from_wire(data)
    return _by_owner(message.answer), _by_owner(message.authority)


def raw(*records: bytes, question: bytes = b"\3www\0\0\x10\0\1") -> bytes:
    """A packet with `records` as its answers."""
    return b"\0\0\x81\x80\0\1" + len(records).to_bytes(2, "big") + b"\0\0\0\0" + question + b"".join(records)


def record(owner: bytes, type: int, rdata: bytes, ttl: int = 60) -> bytes:
    return owner + type.to_bytes(2, "big") + b"\0\1" + ttl.to_bytes(4, "big") + len(rdata).to_bytes(2, "big") + rdata


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("edns", [-1, 0])
def test_ordinary_replies_are_read_as_dnspython_reads_them(text: str, edns: int) -> None:
    data = packet(text, edns)
    found = sections(data)
    assert found is not None
    assert found == by_dnspython(data)
    assert [list(table) for table in found] == [list(table) for table in by_dnspython(data)]


@pytest.mark.parametrize("text", LEFT)
def test_what_is_rare_is_left(text: str) -> None:
    assert sections(packet(text)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        raw() + b"\0",
        raw()[:-1],
        raw(question=b""),
        packet(PLAIN[0], 1),
        packet(PLAIN[0], 0) + b"\0",
        raw(record(b"\xc0\x0c", 1, b"abc")),
        raw(record(b"\xc0\x0c", 28, b"abcd")),
        raw(record(b"\xc0\x0c", 52, b"\3\1")),
        raw(record(b"\xc0\x0c", 52, b"\3\1\1" + bytes(31))),
        raw(record(b"\xc0\x0c", 5, b"\1a\0"), record(b"\xc0\x0c", 5, b"\1b\0")),
        raw(record(b"\xc0\x0c", 15, b"\0\1\1a\0"), record(b"\xc0\x0c", 15, b"\0\1\1A\0")),
        raw(record(b"\xc0\x0c", 46, bytes(18) + b"\xc0\x0c" + b"signature")),
        raw(record(b"\xc0\x0c", 16, b"\1a").replace(b"\x10\0\1", b"\x10\0\3")),
        raw(record(b"\xc0\x0c", 16, b"")),
        raw(record(b"\xc0\x0c", 16, b"\3ab")),
        raw(record(b"\xc0\x0c", 15, b"\0\1\xc0\x0cx")),
        raw(record(b"\xc0\x0c", 15, b"\0")),
        raw(record(b"\xc0\x0c", 5, b"\3www")),
        raw(record(b"\xc0\x0c", 1, b"abcd", ttl=1 << 31)),
        raw(record(b"\xc0\x0c", 99, b"\1a")),
        raw(record(b"\x80", 1, b"abcd")),
        raw(record(b"\x40", 1, b"abcd")),
    ],
)
def test_what_is_odd_is_left(data: bytes) -> None:
    assert sections(data) is None


@pytest.mark.parametrize(
    ("question", "owner"),
    [
        (b"\xc0\x0c\0\x10\0\1", b"\0"),
        (b"\1a\xc0\x0c\0\x10\0\1", b"\0"),
        (b"\0\0\x10\0\1", b"\xc0\xff"),
        (b"\0\0\x10\0\1", b"\xc0\x11"),
        (b"\0\0\x10\0\1", b"\1a\xc0\x12"),
        (b"\0\0\x10\0\1", b"\1a\xc0"),
        (b"\0\0\x10\0\1", b"\3\0bc\xc0\x10"),
        ((b"\x3f" + b"a" * 63) * 4 + b"\0\0\x10\0\1", b"\0"),
    ],
)
def test_pointers_lead_backwards_and_names_are_short(question: bytes, owner: bytes) -> None:
    assert sections(raw(record(owner, 1, b"abcd"), question=question)) is None


def test_a_chain_of_pointers_is_followed_a_few_steps() -> None:
    def chain(length: int) -> bytes:
        at = 12 + 5 + 4
        records = [record(b"\1a\xc0\x0c", 1, b"abcd")]
        for _ in range(length - 1):
            records.append(record(b"\1a" + (0xC000 | at).to_bytes(2, "big"), 1, b"abcd"))
            at += len(records[-1])
        return raw(*records)

    assert sections(chain(4)) == by_dnspython(chain(4))
    assert sections(chain(9)) is None


def test_an_option_is_left() -> None:
    message = dns.message.from_text(HEAD + PLAIN[0])
    message.use_edns(0, options=[dns.edns.GenericOption(65_001, b"x")])
    assert sections(message.to_wire()) is None
    message.use_edns(0, ednsflags=1 << 24)
    assert sections(message.to_wire()) is None


def agree(data: bytes) -> None:
    found = sections(data)
    if found is not None:
        assert found == by_dnspython(data)


@given(st.sampled_from(PLAIN + LEFT), st.sampled_from([-1, 0]), st.randoms(use_true_random=False))
def test_what_is_read_is_what_dnspython_reads(text: str, edns: int, random: Random) -> None:
    data = bytearray(packet(text, edns))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(4, len(data))
        data[at] = random.choice([random.randrange(256), data[at] ^ 1 << random.randrange(8), 0, 0xC0, 12])
    agree(bytes(data))


@given(st.binary(max_size=60))
def test_any_octets_are_read_as_dnspython_reads_them_or_left(tail: bytes) -> None:
    agree(raw()[:4] + b"\0\1\0\1\0\0\0\0" + raw()[12:] + tail)
