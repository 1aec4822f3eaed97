"""URLs and addresses that may be asked."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.net.url import Target, UrlProblem, is_public, parse


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com", Target("example.com", 443, "/")),
        ("HTTPS://Example.COM./a?b=c#d", Target("example.com", 443, "/a?b=c")),
        ("https://example.com:8443?x", Target("example.com", 8443, "/?x")),
        ("https://bücher.example/%C3%BC", Target("xn--bcher-kva.example", 443, "/%C3%BC")),
        ("https://example.com:/", Target("example.com", 443, "/")),
        ("https://mta-sts.example.com/.well-known/mta-sts.txt", Target("mta-sts.example.com", 443, "/.well-known/mta-sts.txt")),
    ],
)
def test_targets(url: str, target: Target) -> None:
    assert parse(url) == target


def test_plain_http_only_where_it_is_let() -> None:
    assert parse("http://example.com/a.crl", plain=True) == Target("example.com", 80, "/a.crl", secure=False)
    assert parse("https://example.com/a.crl", plain=True) == Target("example.com", 443, "/a.crl")
    assert parse("http://example.com/", plain=True).authority == "example.com"
    assert parse("http://example.com:443/", plain=True).authority == "example.com:443"
    with pytest.raises(UrlProblem, match="only http and https are fetched"):
        parse("ldap://example.com/", plain=True)


def test_authority() -> None:
    assert parse("https://a.example/").authority == "a.example"
    assert parse("https://a.example:444/").authority == "a.example:444"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/", "only https"),
        ("file:///etc/passwd", "only https"),
        ("//example.com/", "only https"),
        (" https://example.com/", "only https"),
        ("", "only https"),
        ("https://alice:secret@example.com/", "user info"),
        ("https://example.com@evil.example/", "user info"),
        ("https://192.0.2.1/", "an address"),
        ("https://[2001:db8::1]/", "an address"),
        ("https://2130706433/", "an address"),
        ("https://127.1/", "an address"),
        ("https://１２７．０．０．１/", "an address"),
        ("https://0x7f000001.0/", "an address"),
        ("https:///path", "empty name"),
        ("https://a..b/", "not a valid domain name"),
        ("https://a%2eb/", "not a valid domain name"),
        ("https://a b/", "not a valid domain name"),
        ("https://example.com\r\nX: 1/", "not a valid domain name"),
        ("https://example.com/a b", "characters"),
        ("https://example.com/a\r\nHost: b", "characters"),
        ("https://example.com/\u00fc", "characters"),
        ("https://example.com\\@evil.example/", "characters"),
        ("https://example.com:0/", "port"),
        ("https://example.com:65536/", "port"),
        ("https://example.com:443:1/", "port"),
        ("https://example.com:+443/", "port"),
        ("https://example.com:٤٤٣/", "port"),
        ("https://example.com/" + "a" * 2048, "2048 characters"),
    ],
)
def test_problems(url: str, reason: str) -> None:
    with pytest.raises(UrlProblem, match=reason):
        parse(url)


@given(st.text())
def test_nothing_else_is_raised(text: str) -> None:
    for url in (text, "https://" + text, "https://example.com" + text):
        try:
            target = parse(url)
        except UrlProblem:
            continue
        request = f"{target.path}{target.authority}"
        assert request.isascii()
        assert request.isprintable()
        assert " " not in request


PUBLIC = ["1.1.1.1", "192.0.9.1", "2606:4700::1111", "64:ff9b::101:101"]
INNER = [
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "169.254.169.254", "100.64.0.1", "224.0.0.1"),
    *("255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("::", "::1", "::ffff:10.0.0.1", "::ffff:1.1.1.1", "::127.0.0.1", "fe80::1", "fec0::1", "fc00::1", "fd00::1", "ff02::1"),
    *(
        "ff0e::1",
        "2001:db8::1",
        "3fff::1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:a00:1::1",
        "2002:101:101::1",
        "2001::1",
        "100::1",
        "4000::1",
    ),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", INNER)
def test_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
