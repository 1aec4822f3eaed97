"""How a fetch becomes requests: by hand-fed answers, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import (
    Answer,
    AnswerStatus,
    Ask,
    Dnssec,
    Fetch,
    Fetched,
    FetchStatus,
    Purpose,
    Query,
    Reply,
    ask,
    fetch,
    run,
    through,
)
from mailsec.core.limits.network import HTTPS_ADDRESSES, HTTPS_REDIRECTS
from mailsec.net.browse import Browser, PinnedFetch
from tests.support import Entry, TableSource, answer

URL = "https://mta-sts.example.com/.well-known/mta-sts.txt"
HOST = "mta-sts.example.com"


class Web(TableSource):
    """Names from a table, and pages from another: a redirection, or a page's body."""

    def __init__(self, table: dict[str, dict[str, Entry] | AnswerStatus], pages: dict[str, tuple[int, str]]) -> None:
        super().__init__(table)
        self.pages = pages

    def start(self, ask: Ask) -> Reply | None:
        if not isinstance(ask, PinnedFetch):
            return super().start(ask)
        self.asked.append(ask)
        code, text = self.pages.get(ask.url, (404, ""))
        if 300 <= code < 400:
            return Fetched(ask, FetchStatus.OK, code, reason=f"Location: {text}", chain=(b"leaf",))
        return Fetched(ask, FetchStatus.OK, code, body=text.encode())

    @property
    def fetched(self) -> list[PinnedFetch]:
        return [each for each in self.asked if isinstance(each, PinnedFetch)]


def browse(
    table: dict[str, dict[str, Entry] | AnswerStatus], pages: dict[str, tuple[int, str]] | None = None, **more: object
) -> tuple[Fetched, Web]:
    source = Web(table, pages or {URL: (200, "policy")})
    private = bool(more.pop("private", False))
    url = str(more.pop("url", URL))
    asked = Fetch(url, 1000, **more)
    flow = fetch(url, 1000, **more)
    found = run(through(flow, Browser(private).handle), source)
    assert found.fetch == asked
    return found, source


def test_a_page() -> None:
    found, source = browse({HOST: {"A": ["1.1.1.1"], "AAAA": ["2606:4700::1", "2606:4700::2"]}}, accept="text/plain")
    assert (found.status, found.body) == (FetchStatus.OK, b"policy")
    assert source.asked == [
        Query(HOST, "A"),
        Query(HOST, "AAAA"),
        PinnedFetch(URL, 1000, accept="text/plain", addresses=("1.1.1.1", "2606:4700::1", "2606:4700::2")),
    ]


def test_plain_http_is_for_revocation_alone() -> None:
    plain = "http://mta-sts.example.com/a.crl"
    table = {HOST: {"A": ["1.1.1.1"]}}
    found, source = browse(table, url=plain, purpose=Purpose.REVOCATION)
    assert found.status is FetchStatus.OK
    assert source.fetched == [PinnedFetch(plain, 1000, purpose=Purpose.REVOCATION, addresses=("1.1.1.1",))]
    for purpose in (Purpose.POLICY, Purpose.EVIDENCE):
        found, source = browse(table, url=plain, purpose=purpose)
        assert (found.status, found.reason, source.asked) == (FetchStatus.REFUSED, "only https is fetched", [])


def test_what_is_no_fetch_goes_on() -> None:
    source = Web({}, {})
    assert run(through(ask("a.example", "TXT"), Browser().handle), source).status is AnswerStatus.NXDOMAIN
    pinned = PinnedFetch(URL, 10, addresses=("1.1.1.1",))
    steps = Browser().handle(pinned)
    assert next(steps) is pinned


def test_few_addresses_are_tried() -> None:
    _, source = browse({HOST: {"A": [f"1.1.1.{number}" for number in range(250)]}})
    assert len(source.fetched[0].addresses) == HTTPS_ADDRESSES


@pytest.mark.parametrize(
    ("table", "status", "reason"),
    [
        ({}, FetchStatus.FAILED, "mta-sts.example.com does not exist"),
        ({HOST: {}}, FetchStatus.FAILED, "mta-sts.example.com has no address"),
        (
            {HOST: AnswerStatus.TIMEOUT},
            FetchStatus.TIMEOUT,
            "the addresses of mta-sts.example.com could not be looked up: timeout",
        ),
        (
            {HOST: AnswerStatus.SERVFAIL},
            FetchStatus.TIMEOUT,
            "the addresses of mta-sts.example.com could not be looked up: servfail",
        ),
        (
            {HOST: {"A": AnswerStatus.UNRECORDED}},
            FetchStatus.UNRECORDED,
            "the addresses of mta-sts.example.com could not be looked up: unrecorded",
        ),
        (
            {HOST: {"A": ["192.168.0.1"], "AAAA": ["::1"]}},
            FetchStatus.REFUSED,
            "mta-sts.example.com has no public address, only 192.168.0.1: not connected to",
        ),
    ],
)
def test_nowhere_to_connect_to(table: dict[str, dict[str, Entry] | AnswerStatus], status: FetchStatus, reason: str) -> None:
    found, source = browse(table)
    assert (found.status, found.reason) == (status, reason)
    assert not source.fetched


def test_an_address_is_enough_where_the_other_lookup_failed() -> None:
    found, _ = browse({HOST: {"A": ["1.1.1.1"], "AAAA": AnswerStatus.SERVFAIL}})
    assert found.status is FetchStatus.OK


def test_private_addresses_are_left_out_or_allowed() -> None:
    table: dict[str, dict[str, Entry] | AnswerStatus] = {HOST: {"A": ["10.0.0.1", "1.1.1.1"]}}
    assert browse(table)[1].fetched[0].addresses == ("1.1.1.1",)
    assert browse(table, private=True)[1].fetched[0].addresses == ("10.0.0.1", "1.1.1.1")


def test_malformed_addresses_are_passed_over() -> None:
    good = answer(HOST, "A", ["1.1.1.1"])
    bad = replace(good.records[0], rdata=b"\1")
    steps = Browser().handle(Fetch(URL, 10))
    next(steps)
    pinned = steps.send((replace(good, records=(bad, *good.records)), answer(HOST, "AAAA", AnswerStatus.NODATA)))
    assert isinstance(pinned, PinnedFetch)
    assert pinned.addresses == ("1.1.1.1",)


def test_bogus_addresses_are_not_connected_to() -> None:
    steps = Browser().handle(Fetch(URL, 10))
    next(steps)
    bogus = replace(answer(HOST, "AAAA", ["2606:4700::1"]), dnssec=Dnssec.BOGUS, reason="the signature has expired")
    with pytest.raises(StopIteration) as stop:
        steps.send((answer(HOST, "A", ["1.1.1.1"]), bogus))
    assert stop.value.value.status is FetchStatus.FAILED
    assert stop.value.value.reason == "the addresses of mta-sts.example.com fail DNSSEC: the signature has expired"


@pytest.mark.parametrize(
    "more",
    [
        {"url": "http://a.example/"},
        {"url": "https://u@a.example/"},
        {"method": "CONNECT"},
        {"accept": "a\r\nX: b"},
        {"accept": "ü"},
    ],
)
def test_what_is_not_asked_for(more: dict[str, object]) -> None:
    found, source = browse({}, **more)
    assert found.status is FetchStatus.REFUSED
    assert not source.asked


# --- redirections

NAMES: dict[str, dict[str, Entry] | AnswerStatus] = {
    HOST: {"A": ["1.1.1.1"]},
    "b.example": {"A": ["1.1.1.2"]},
    "inner.example": {"A": ["10.0.0.1"]},
}


def test_a_redirection_is_the_answer_where_none_is_followed() -> None:
    found, source = browse(NAMES, {URL: (301, "https://b.example/")})
    assert (found.status, found.code, found.reason) == (FetchStatus.OK, 301, "Location: https://b.example/")
    assert len(source.fetched) == 1


def test_redirections_are_followed_and_each_is_checked() -> None:
    pages = {URL: (301, "//b.example/x"), "https://b.example/x": (302, "y?z"), "https://b.example/y?z": (200, "here")}
    found, source = browse(NAMES, pages, redirects=2)
    assert (found.code, found.body, found.reason) == (200, b"here", "")
    assert [(each.url, each.addresses) for each in source.fetched] == [
        (URL, ("1.1.1.1",)),
        ("https://b.example/x", ("1.1.1.2",)),
        ("https://b.example/y?z", ("1.1.1.2",)),
    ]
    found, source = browse(NAMES, pages, redirects=1)
    assert (found.status, found.code, found.chain) == (FetchStatus.FAILED, 302, (b"leaf",))
    assert found.reason == "more than 1 redirections"


def test_a_loop_ends() -> None:
    found, source = browse(NAMES, {URL: (302, URL)}, redirects=10**9)
    assert (found.status, found.reason) == (FetchStatus.FAILED, f"more than {HTTPS_REDIRECTS} redirections")
    assert len(source.fetched) == HTTPS_REDIRECTS + 1


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://b.example/", "only https is fetched"),
        ("https://inner.example/", "inner.example has no public address, only 10.0.0.1: not connected to"),
        ("https://[::1]/", "the URL names an address, not a host"),
        ("https://[/", "the URL names an address, not a host"),
        ("https://a@b.example/", "a URL with user info is not fetched"),
        ("javascript:alert(1)", "only https is fetched"),
    ],
)
def test_a_redirection_to_where_nobody_goes(location: str, reason: str) -> None:
    found, source = browse(NAMES, {URL: (302, location)}, redirects=3)
    assert (found.status, found.reason) == (FetchStatus.REFUSED, f"{reason} (redirected from {URL})")
    assert len(source.fetched) == 1


@pytest.mark.parametrize(
    ("code", "method", "then", "body"),
    [
        (301, "POST", "GET", b""),
        (303, "POST", "GET", b""),
        (307, "POST", "POST", b"x"),
        (308, "POST", "POST", b"x"),
        (302, "HEAD", "HEAD", b"x"),
    ],
)
def test_method_and_body_of_the_next_request(code: int, method: str, then: str, body: bytes) -> None:
    _, source = browse(NAMES, {URL: (code, "/b")}, redirects=1, method=method, body=b"x")
    assert (source.fetched[1].method, source.fetched[1].body) == (then, body)


def test_304_redirects_nowhere() -> None:
    found, _ = browse(NAMES, {URL: (304, "https://b.example/")}, redirects=5)
    assert (found.status, found.code) == (FetchStatus.OK, 304)


@given(st.text(max_size=30))
def test_no_location_breaks_it(location: str) -> None:
    found, source = browse(NAMES, {URL: (302, location)}, redirects=2)
    assert isinstance(found.status, FetchStatus)
    asked: Sequence[str] = [each.addresses[0] for each in source.fetched]
    assert set(asked) <= {"1.1.1.1", "1.1.1.2"}


def test_an_answer_is_typed() -> None:
    assert isinstance(answer(HOST, "A", ["1.1.1.1"]), Answer)
