"""Where mail goes and what TLS has to be like, as RFC 5321, 7505, 7672 and 8461 have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import pytest

from mailsec.core.flow import AnswerStatus, Dnssec, Fetch, Fetched, FetchStatus, Query
from mailsec.core.results import Status
from mailsec.transport.smtp.policy import Need, TlsMode, TlsPolicy
from mailsec.transport.smtp.route import Hop, Route, host_route, route
from tests.published import Published, Raw, Value, association, fired, judge

D = "example.com"
A, B = "a.example.net", "b.example.net"
MX = {f"{D} MX": [f"10 {A}", f"20 {B}"], f"{A} A": ["192.0.2.1"], f"{B} A": ["192.0.2.2"]}
DIGEST = sha256(b"key").digest()
GOOD, UNUSABLE = association(3, 1, 1, DIGEST), association(1, 1, 1, DIGEST)
TLSA = {f"_25._tcp.{A} TLSA": [GOOD], f"_25._tcp.{B} TLSA": [GOOD]}
STS = {f"_mta-sts.{D} TXT": ["v=STSv1; id=1"]}
URL = f"https://mta-sts.{D}/.well-known/mta-sts.txt"


def served(mode: str = "enforce", *mx: str, **changes: object) -> Mapping[str, Fetched]:
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {each}" for each in mx or (A, B)), "max_age: 86400", ""]
    reply = Fetched(Fetch(URL, 65_536), FetchStatus.OK, 200, "text/plain", "\r\n".join(lines).encode())
    return {URL: replace(reply, **changes)}


def plan(world: Mapping[str, Value] | Published, mode: TlsMode = TlsMode.AUTO, domain: str = D, port: int = 25) -> Route:
    return judge(route(domain, mode, port=port), world)


def first(world: Mapping[str, Value] | Published, mode: TlsMode = TlsMode.AUTO) -> Hop:
    return plan(world, mode).hops[0]


# --- where it goes


def test_hosts_in_order() -> None:
    found = plan(MX)
    assert [(hop.host.name, hop.host.addresses) for hop in found.open] == [(A, ("192.0.2.1",)), (B, ("192.0.2.2",))]
    assert (found.status, found.reason, found.null) == (Status.PASS, "2 of 2 hosts to try", False)
    assert found.check.fact("hosts") == 2
    assert [child.name for child in found.check.children] == ["mx", "mta-sts", A, B]


def test_within_a_preference_the_order_is_that_of_the_names() -> None:
    world = {f"{D} MX": ["10 c.example.net", "10 a.example.net", "5 z.example.net", "10 b.example.net"]}
    hosts = {f"{name}.example.net A": ["192.0.2.1"] for name in "abcz"}
    assert [hop.host.name[0] for hop in plan(world | hosts).hops] == ["z", "a", "b", "c"]


@pytest.mark.parametrize(
    ("table", "status", "reason"),
    [
        ({f"{D} MX": ["0 ."]}, Status.FAIL, "null MX: the domain takes no mail"),
        ({}, Status.FAIL, "there is no such domain"),
        ({f"{D} TXT": ["x"]}, Status.FAIL, "no MX record and no address: nothing takes mail"),
        ({f"{D} MX": AnswerStatus.SERVFAIL}, Status.TEMPERROR, "MX lookup of example.com: servfail"),
        ({f"{D} MX": AnswerStatus.NODATA, f"{D} A": AnswerStatus.TIMEOUT}, Status.TEMPERROR, "no MX record, and A lookup"),
        ({f"{D} MX": [Raw(b"\0")]}, Status.FAIL, "no MX record can be read"),
        ({f"{D} MX": [f"10 {A}"]}, Status.FAIL, f"{A}: no address"),
        ({f"{D} MX": [f"10 {A}"], f"{A} A": AnswerStatus.TIMEOUT}, Status.TEMPERROR, f"{A}: A lookup of {A}: timeout"),
        ({f"{D} MX": ["10 192.0.2.1"]}, Status.FAIL, "192.0.2.1: the MX record names no host"),
        ({f"{D} MX": [f"10 {A}", f"20 {B}"], f"{A} A": AnswerStatus.TIMEOUT}, Status.TEMPERROR, f"{A}: A lookup"),
    ],
)
def test_nowhere_to_go(table: Mapping[str, Value], status: Status, reason: str) -> None:
    found = plan(table)
    assert (found.status, found.open) == (status, ())
    assert found.reason.startswith(reason)
    assert found.null is (table == {f"{D} MX": ["0 ."]})


def test_a_host_that_cannot_be_found_is_passed_over() -> None:
    found = plan({**MX, f"{A} A": AnswerStatus.TIMEOUT})
    assert found.status is Status.PASS
    assert [hop.host.name for hop in found.open] == [B]
    barrier = found.hops[0].barrier
    assert barrier is not None
    assert barrier.status is Status.TEMPERROR


def test_the_domains_own_addresses() -> None:
    found = plan({f"{D} A": ["192.0.2.9"], f"{D} AAAA": ["2001:db8::9"], f"_25._tcp.{D} TLSA": [GOOD]})
    assert [hop.host.addresses for hop in found.open] == [("192.0.2.9", "2001:db8::9")]
    assert found.open[0].policy.names == (D,)


@pytest.mark.parametrize(("text", "address"), [("[192.0.2.1]", "192.0.2.1"), ("[IPv6:2001:DB8::1]", "2001:db8::1")])
def test_address_literals(text: str, address: str) -> None:
    found = plan({}, domain=text)
    assert [(hop.host.addresses, hop.policy.need, hop.policy.name) for hop in found.open] == [
        ((address,), Need.OPPORTUNISTIC, address)
    ]
    assert plan({}, TlsMode.DANE, text).status is Status.FAIL
    assert plan({}, TlsMode.MTA_STS, text).reason == f"{address}: there can be no MTA-STS policy for a host"


@pytest.mark.parametrize("text", ["", "a..b", "[192.0.2]", "[192.0.2.1", "a b", "x" * 300, "[tag:content]", "é" * 2000])
def test_what_is_no_domain(text: str) -> None:
    found = plan({}, domain=text)
    assert (found.status, found.hops) == (Status.PERMERROR, ())


def test_other_scripts() -> None:
    found = plan({"xn--bcher-kva.example MX": [f"10 {A}"], f"{A} A": ["192.0.2.1"]}, domain="bücher.example")
    assert (found.domain, len(found.open)) == ("xn--bcher-kva.example", 1)


# --- DANE


def test_dane_where_everything_is_secure() -> None:
    policy = first({**MX, **TLSA}).policy
    assert (policy.need, policy.name, policy.names, policy.why) == (Need.DANE, A, (A, D), "TLSA records")
    assert [record.parameters for record in policy.records] == ["3 1 1"]
    assert policy.wish.name == A
    assert policy.wish.versions == ("TLSv1.2", "")


def test_the_port_counts() -> None:
    world = {**MX, f"_2525._tcp.{A} TLSA": [GOOD]}
    assert plan(world, port=2525).hops[0].policy.need is Need.DANE
    assert plan(world).hops[0].policy.need is Need.OPPORTUNISTIC


def test_an_alias_leads_to_the_records_and_gives_the_name() -> None:
    table = {
        f"{D} MX": ["10 alias.example.net"],
        "real.example.org A": ["192.0.2.1"],
        "_25._tcp.real.example.org TLSA": [GOOD],
    }
    policy = first(Published(table, aliases={"alias.example.net": "real.example.org"})).policy
    assert (policy.name, policy.names) == ("real.example.org", ("real.example.org", "alias.example.net", D))


def test_a_domain_that_is_an_alias() -> None:
    table = {"real.example.org MX": [f"10 {A}"], f"{A} A": ["192.0.2.1"], **TLSA}
    assert first(Published(table, aliases={D: "real.example.org"})).policy.names == (A, D, "real.example.org")


@pytest.mark.parametrize("where", [D, A])
def test_no_dane_where_the_way_is_not_signed(where: str) -> None:
    world = Published({**MX, **TLSA}, states={where: Dnssec.INSECURE})
    assert first(world).policy.need is Need.OPPORTUNISTIC
    assert Query(f"_25._tcp.{A}", "TLSA") not in world.asked


def test_no_dane_where_the_records_are_not_signed() -> None:
    world = Published({**MX, **TLSA}, states={f"_25._tcp.{A}": Dnssec.INSECURE})
    assert first(world).policy.need is Need.OPPORTUNISTIC


def test_no_dane_where_nobody_validates() -> None:
    hop = first(Published({**MX, **TLSA}, dnssec=Dnssec.UNCHECKED))
    assert hop.policy.need is Need.OPPORTUNISTIC
    assert {found.rule for found in hop.findings} == {"tlsa-not-validated"}


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ({A: Dnssec.INDETERMINATE}, "whether the host is signed could not be found out"),
        ({D: Dnssec.INDETERMINATE}, "whether the host is signed could not be found out"),
        ({f"_25._tcp.{A}": Dnssec.INDETERMINATE}, f"whether _25._tcp.{A} is signed could not be found out"),
        ({f"_25._tcp.{A}": Dnssec.BOGUS}, f"TLSA lookup of _25._tcp.{A}: bogus"),
    ],
)
@pytest.mark.parametrize("mode", [TlsMode.AUTO, TlsMode.DANE])
def test_what_could_not_be_found_out_has_to_wait(states: Mapping[str, Dnssec], reason: str, mode: TlsMode) -> None:
    hop = first(Published({**MX, **TLSA}, states=states), mode)
    assert hop.barrier is not None
    assert (hop.barrier.status, hop.barrier.reason) == (Status.TEMPERROR, reason)


@pytest.mark.parametrize("status", [AnswerStatus.SERVFAIL, AnswerStatus.TIMEOUT, AnswerStatus.REFUSED])
def test_a_failed_lookup_of_the_records_defers(status: AnswerStatus) -> None:
    found = plan({**MX, f"_25._tcp.{A} TLSA": status, **STS})
    barrier = found.hops[0].barrier
    assert barrier is not None
    assert barrier.status is Status.TEMPERROR
    assert [hop.host.name for hop in found.open] == [B]
    assert "tlsa-lookup-failed" in fired(found.check)


def test_records_that_nobody_can_use_mean_encryption_with_whomever() -> None:
    table = {**MX, f"_25._tcp.{A} TLSA": [UNUSABLE, Raw(b"\3"), association(3, 1, 1, b"short")]}
    hop = first(table)
    assert (hop.policy.need, hop.barrier) == (Need.ENCRYPTED, None)
    assert "tlsa-none-usable" in {found.rule for found in hop.findings}
    hop = first(Published({**table, **STS}, web=served()))
    assert (hop.policy.need, hop.policy.why) == (Need.PKIX, "MTA-STS policy")


def test_dane_that_was_asked_for() -> None:
    assert first({**MX, **TLSA}, TlsMode.DANE).policy.need is Need.DANE
    for world, reason in (
        (Published(MX), "no usable TLSA record"),
        (Published({**MX, f"_25._tcp.{A} TLSA": [UNUSABLE]}), "no usable TLSA record"),
        (Published({**MX, **TLSA}, dnssec=Dnssec.UNCHECKED), "DNSSEC was not checked, so there is no DANE"),
        (Published({**MX, **TLSA}, dnssec=Dnssec.INSECURE), "the host or what leads to it is not signed, so there is no DANE"),
    ):
        hop = first(world, TlsMode.DANE)
        assert hop.policy.need is Need.DANE
        assert hop.barrier is not None
        assert (hop.barrier.status, hop.barrier.reason) == (Status.FAIL, reason)


# --- MTA-STS


def test_dane_comes_before_mta_sts() -> None:
    world = Published({**MX, **TLSA, **STS}, web=served("enforce", "other.example"))
    assert first(world).policy.need is Need.DANE
    assert first(world).barrier is None


def test_an_enforced_policy() -> None:
    found = plan(Published({**MX, **STS}, web=served("enforce", A)))
    assert found.hops[0].policy == TlsPolicy(Need.PKIX, A, why="MTA-STS policy")
    barrier = found.hops[1].barrier
    assert barrier is not None
    assert (barrier.status, barrier.reason) == (Status.FAIL, "the MTA-STS policy does not allow this host")
    assert [hop.host.name for hop in found.open] == [A]


def test_a_policy_in_mode_testing_is_told_and_not_enforced() -> None:
    found = plan(Published({**MX, **STS}, web=served("testing", A)))
    assert [(hop.policy.need, hop.policy.tested, hop.barrier) for hop in found.hops] == [(Need.OPPORTUNISTIC, True, None)] * 2
    assert [found.rule for found in found.hops[1].findings] == ["smtp-sts-testing-failed"]
    assert not found.hops[0].findings


@pytest.mark.parametrize(
    ("table", "web", "rule"),
    [
        ({f"_mta-sts.{D} TXT": AnswerStatus.SERVFAIL}, {}, "mta-sts-lookup-failed"),
        ({f"_mta-sts.{D} TXT": ["v=STSv1; id=1", "v=STSv1; id=2"]}, served(), "mta-sts-several-records"),
        ({f"_mta-sts.{D} TXT": ["v=STSv1;"]}, served(), "mta-sts-invalid-record"),
        (STS, {}, "mta-sts-policy-unreachable"),
        (STS, served(status=FetchStatus.TIMEOUT), "mta-sts-lookup-failed"),
        (STS, served(code=404), "mta-sts-policy-http-status"),
        (STS, served(status=FetchStatus.TOO_LARGE), "mta-sts-policy-too-large"),
        (STS, served("nonsense"), "mta-sts-invalid-policy"),
        (STS, served("none"), None),
        ({}, served(), None),
    ],
)
def test_no_policy_that_could_be_followed(table: Mapping[str, Value], web: Mapping[str, Fetched], rule: str | None) -> None:
    world = Published({**MX, **table}, web=web)
    found = plan(world)
    assert found.open[0].policy.need is Need.OPPORTUNISTIC
    assert not found.open[0].policy.tested
    assert rule is None or rule in fired(found.check)
    demanded = plan(world, TlsMode.MTA_STS)
    assert not demanded.open
    temporary = rule == "mta-sts-lookup-failed"
    assert demanded.status is (Status.TEMPERROR if temporary else Status.FAIL)


@pytest.mark.parametrize("mode", ["enforce", "testing"])
def test_a_policy_that_was_asked_for(mode: str) -> None:
    found = plan(Published({**MX, **STS, **TLSA}, web=served(mode, A)), TlsMode.MTA_STS)
    assert [hop.policy.need for hop in found.open] == [Need.PKIX]


# --- what the sender asks for


@pytest.mark.parametrize(
    ("mode", "need"), [(TlsMode.NONE, Need.NONE), (TlsMode.REQUIRE, Need.ENCRYPTED), (TlsMode.VERIFY, Need.PKIX)]
)
def test_modes_that_ask_nobody(mode: TlsMode, need: Need) -> None:
    world = Published({**MX, **TLSA, **STS}, web=served())
    hop = first(world, mode)
    assert (hop.policy.need, hop.policy.name, hop.barrier) == (need, A, None)
    assert not any(isinstance(each, Fetch) or each.type in ("TLSA", "TXT") for each in world.asked)


# --- a server that was named


def test_a_named_host() -> None:
    table = {"mail.example.com A": ["192.0.2.5"], "_587._tcp.mail.example.com TLSA": [GOOD], f"{D} MX": ["10 x.example"]}
    found = judge(host_route("Mail.Example.com.", port=587), table)
    assert [(hop.host.name, hop.host.addresses, hop.policy.need) for hop in found.open] == [
        ("mail.example.com", ("192.0.2.5",), Need.DANE)
    ]
    assert found.open[0].policy.names == ("mail.example.com",)
    assert judge(host_route("192.0.2.1", TlsMode.VERIFY, port=25), {}).open[0].policy.name == "192.0.2.1"
    assert judge(host_route("2001:DB8::1", port=25), {}).open[0].host.addresses == ("2001:db8::1",)
    assert judge(host_route("gone.example", port=25), {}).reason == "gone.example: no address"
    assert judge(host_route("a..b", port=25), {}).status is Status.PERMERROR
    assert judge(host_route("mail.example.com", TlsMode.MTA_STS, port=25), table).status is Status.FAIL
