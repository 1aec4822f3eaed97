from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core import rdata
from mailsec.core.rdata import RdataError


def wire(type: str, text: str) -> bytes:
    return dns.rdata.from_text("IN", type, text).to_wire()


@pytest.mark.parametrize(
    ("text", "strings"), [('"v=spf1 -all"', [b"v=spf1 -all"]), ('"a" "b" ""', [b"a", b"b", b""]), ('"\\255\\000"', [b"\xff\0"])]
)
def test_txt(text: str, strings: list[bytes]) -> None:
    data = wire("TXT", text)
    assert rdata.txt_strings(data) == tuple(strings)
    assert rdata.txt(data) == b"".join(strings)


def test_an_empty_txt() -> None:
    assert rdata.txt(b"") == b""
    assert rdata.txt(b"\0") == b""


@pytest.mark.parametrize("data", [b"\x05abc", b"\x01a\x02b", b"\xff"])
def test_a_broken_txt(data: bytes) -> None:
    with pytest.raises(RdataError):
        rdata.txt(data)


@given(st.binary(max_size=2000))
def test_txt_round_trip(text: bytes) -> None:
    assert rdata.txt(rdata.encode_txt(text)) == text
    assert all(len(string) <= 255 for string in rdata.txt_strings(rdata.encode_txt(text)))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mail.Example.COM.", "mail.example.com"),
        (".", ""),
        ("_dmarc.a-b.example.", "_dmarc.a-b.example"),
        ("a\\.b.example.", "a\\046b.example"),
        ("a\\032b.example.", "a\\032b.example"),
        ("\\\\.example.", "\\092.example"),
        ("-.example.", "-.example"),
        ("\\192\\255.example.", "\\192\\255.example"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert rdata.name(wire("CNAME", text)) == name


@pytest.mark.parametrize("data", [b"", b"\x03abc", b"\x03ab", b"\xc0\x00", b"\x40" + b"a" * 64 + b"\0"])
def test_broken_names(data: bytes) -> None:
    with pytest.raises(RdataError):
        rdata.name(data)


labels = st.from_regex(r"[a-z0-9_](?:[a-z0-9_-]{0,20}[a-z0-9_])?", fullmatch=True)


@given(st.lists(labels, max_size=8).map(".".join))
def test_name_round_trip(name: str) -> None:
    assert rdata.encode_name(name) == dns.name.from_text(name, dns.name.root).to_wire()
    assert rdata.name(rdata.encode_name(name)) == name


@pytest.mark.parametrize("name", ["a..b", "a" * 64, ".", "例.example"])
def test_names_that_have_no_wire_form(name: str) -> None:
    with pytest.raises(RdataError):
        rdata.encode_name(name)


@given(st.binary(max_size=300))
def test_any_data_is_read_or_an_error(data: bytes) -> None:
    for decode in (rdata.txt_strings, rdata.txt, rdata.name, rdata.a, rdata.aaaa, rdata.mx):
        try:
            decode(data)
        except RdataError:
            continue


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_addresses(address: str) -> None:
    value = ip_address(address)
    decode, other = (rdata.a, rdata.aaaa) if value.version == 4 else (rdata.aaaa, rdata.a)
    assert decode(value.packed) == value
    assert isinstance(decode(value.packed), IPv4Address | IPv6Address)
    with pytest.raises(RdataError):
        other(value.packed)


@pytest.mark.parametrize(
    ("text", "expected"), [("10 mx.Example.com.", (10, "mx.example.com")), ("0 .", (0, "")), ("65535 a.", (65535, "a"))]
)
def test_mx(text: str, expected: tuple[int, str]) -> None:
    assert rdata.mx(wire("MX", text)) == expected


@pytest.mark.parametrize("data", [b"", b"\0\1", b"\0\1\3ab"])
def test_a_broken_mx(data: bytes) -> None:
    with pytest.raises(RdataError):
        rdata.mx(data)


@pytest.mark.parametrize(
    ("type", "text"),
    [
        ("TXT", '"v=spf1 -all" "x"'),
        ("TXT", '"quote \\" backslash \\\\ bell \\007"'),
        ("A", "192.0.2.1"),
        ("AAAA", "2001:db8::1"),
        ("MX", "10 mx.example.com."),
        ("MX", "0 ."),
        ("CNAME", "a.example."),
        ("NS", "a.example."),
        ("PTR", "a\\046b.example."),
        ("TLSA", "3 1 1 " + "ab" * 32),
        ("SMIMEA", "3 0 0 3000"),
        ("OPENPGPKEY", "mQENBFc="),
        ("CAA", '128 issuemail "ca.example; a=\\"\\255"'),
        ("CAA", '0 issue ""'),
    ],
)
def test_what_is_shown_is_what_zone_files_say(type: str, text: str) -> None:
    data = wire(type, text)
    assert rdata.show(type, data) == text
    assert dns.rdata.from_text("IN", type, rdata.show(type, data)).to_wire() == data


@pytest.mark.parametrize(
    ("type", "data", "shown"),
    [
        ("A", b"\1\2\3", "\\# 3 010203"),
        ("TXT", b"\5a", "\\# 2 0561"),
        ("SSHFP", b"\3\1\1\xff", "\\# 4 030101ff"),
        ("TLSA", b"\3\1\1", "\\# 3 030101"),
        ("SMIMEA", b"\3", "\\# 1 03"),
        ("CAA", b"\0\1-", "\\# 3 00012d"),
        ("CAA", b"\0\5is", "\\# 4 00056973"),
        ("CAA", b"\0", "\\# 1 00"),
        ("OPENPGPKEY", b"", "\\# 0"),
        ("MX", b"", "\\# 0"),
        ("TXT", b"", "\\# 0"),
    ],
)
def test_what_cannot_be_read_is_shown_as_octets(type: str, data: bytes, shown: str) -> None:
    assert rdata.show(type, data) == shown


@given(
    st.sampled_from(["TXT", "SPF", "A", "AAAA", "MX", "CNAME", "DNAME", "TLSA", "CAA", "OPENPGPKEY", "X"]),
    st.binary(max_size=100),
)
def test_whatever_is_shown_is_printable_ascii(type: str, data: bytes) -> None:
    shown = rdata.show(type, data)
    assert shown.isascii()
    assert shown.isprintable()
