from __future__ import annotations

from ipaddress import IPv4Address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.spoofing import MAX_LINK_TARGET
from mailsec.sender.spoofing.payload.urls import Trick, Url, parse_url, same_site


@pytest.mark.parametrize(
    ("written", "scheme", "host"),
    [
        ("https://bank.example/a?b=1", "https", "bank.example"),
        ("HTTPS://Bank.Example:8443/", "https", "bank.example"),
        ("http:bank.example", "http", "bank.example"),
        ("http:////bank.example", "http", "bank.example"),
        ("http:\\\\bank.example\\a", "http", "bank.example"),
        ("//bank.example/a", "https", "bank.example"),
        ("  https://bank.example ", "https", "bank.example"),
        ("https://[2001:db8::1]:443/", "https", "2001:db8::1"),
        ("https://b\u00fccher.example/", "https", "xn--bcher-kva.example"),
        ("https&#58;//bank.example", "https", "bank.example"),
        ("https://bank.example?x@y", "https", "bank.example"),
        ("mailto:a@b.example", "mailto", ""),
        ("/login", "", ""),
        ("#top", "", ""),
        ("", "", ""),
        ("https://", "https", ""),
    ],
)
def test_scheme_and_host(written: str, scheme: str, host: str) -> None:
    url = parse_url(written)
    assert (url.scheme, url.host) == (scheme, host)


@pytest.mark.parametrize(
    ("written", "host", "trick"),
    [
        ("https://bank.example@evil.example/", "evil.example", Trick.USERINFO),
        ("https://evil.example\\@bank.example/", "evil.example", Trick.BACKSLASH),
        ("http://3405803842/", "203.0.113.66", Trick.NUMBER_HOST),
        ("http://0xcb007142/", "203.0.113.66", Trick.NUMBER_HOST),
        ("http://0313.0.0161.0102/", "203.0.113.66", Trick.NUMBER_HOST),
        ("http://203.0.29042/", "203.0.113.114", Trick.NUMBER_HOST),
        ("http://%65vil.example/", "evil.example", Trick.ENCODED_HOST),
        ("ht\ntps://evil.example/", "evil.example", Trick.CONTROL),
        ("https://a b/", "", Trick.BAD_HOST),
        ("https://[::zz]/", "", Trick.BAD_HOST),
        ("https://a.example/?u=https%3A%2F%2Fevil.example/x", "a.example", Trick.NESTED),
    ],
)
def test_tricks(written: str, host: str, trick: Trick) -> None:
    url = parse_url(written)
    assert url.host == host
    assert trick in url.tricks


def test_a_plain_address_is_no_trick() -> None:
    url = parse_url("http://192.0.2.1/")
    assert (url.host, url.tricks, url.is_ip) == ("192.0.2.1", (), True)


@pytest.mark.parametrize("written", ["http://256.1.1.1/", "http://1.2.3.4.5/", "http://1.2.3.08/", "http://9999999999999/"])
def test_numbers_that_are_no_address_are_not_taken_for_one(written: str) -> None:
    assert (parse_url(written).host, parse_url(written).tricks) == ("", (Trick.BAD_HOST,))


def test_a_relative_url_is_one_of_the_base() -> None:
    base = parse_url("http://base.example/a/")
    assert parse_url("/login", base) == Url("/login", "http", "base.example")
    assert parse_url("//other.example/x", base).scheme == "http"


def test_a_long_one_is_cut() -> None:
    assert len(parse_url("https://a.example/" + "x" * 100_000).text) == MAX_LINK_TARGET


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("bank.example", "www.bank.example", True),
        ("a.bank.co.uk", "b.bank.co.uk", True),
        ("a.co.uk", "b.co.uk", False),
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "198.51.2.1", False),
        ("2001:db8::1", "2001:db8::2", False),
    ],
)
def test_same_site(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same


@given(st.integers(0, 2**32 - 1))
def test_every_spelling_of_an_address_is_the_address(number: int) -> None:
    address = str(IPv4Address(number))
    for spelled in (str(number), hex(number), f"0{number:o}"):
        assert parse_url(f"http://{spelled}/").host == address


@given(
    st.from_regex(r"[a-z]{1,8}(\.[a-z]{2,8}){1,3}", fullmatch=True), st.from_regex(r"(/[a-z0-9._~-]{0,9}){0,3}", fullmatch=True)
)
def test_ordinary_urls_read_as_the_standard_library_reads_them(host: str, path: str) -> None:
    text = f"https://{host}{path}"
    assert parse_url(text).host == urlsplit(text).hostname


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for scheme in ("", "https://", "http:", "//", "mailto:"):
        url = parse_url(scheme + text)
        assert url.host == url.host.lower()
