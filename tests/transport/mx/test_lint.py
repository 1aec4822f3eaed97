from __future__ import annotations

from collections.abc import Mapping

import pytest

from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Query, Record
from mailsec.core.results import Status
from mailsec.transport.mx import rules
from mailsec.transport.mx.hosts import MxHost, address, is_public, resolve, weakest
from mailsec.transport.mx.lint import MxResult, lint
from tests.published import Published, Raw, Value, fired, fix, judge, message

D = "example.com"
FINE = {
    f"{D} MX": ["20 b.example.net", "10 a.example.net"],
    "a.example.net A": ["8.8.8.8"],
    "a.example.net AAAA": ["2a00:1450::1"],
    "b.example.net A": ["8.8.4.4"],
}


def lint_of(table: Mapping[str, Value] | Published) -> MxResult:
    return judge(lint(D), table)


def test_two_hosts_in_order_of_preference() -> None:
    result = lint_of(FINE)
    assert [(host.name, host.preference, host.secure) for host in result.hosts] == [
        ("a.example.net", 10, True),
        ("b.example.net", 20, True),
    ]
    assert result.hosts[0].addresses == ("8.8.8.8", "2a00:1450::1")
    assert result.check.status is Status.PASS
    assert not fired(result.check)
    assert (result.null, result.implicit) == (False, False)
    assert {child.name for child in result.check.children} == {"a.example.net", "b.example.net"}


@pytest.mark.parametrize(
    ("mx", "a", "secure"),
    [
        (Dnssec.SECURE, Dnssec.SECURE, True),
        (Dnssec.SECURE, Dnssec.INSECURE, False),
        (Dnssec.INSECURE, Dnssec.SECURE, False),
        (Dnssec.UNCHECKED, Dnssec.UNCHECKED, None),
        (Dnssec.INDETERMINATE, Dnssec.SECURE, False),
    ],
)
def test_a_host_is_as_secure_as_its_worst_record(mx: Dnssec, a: Dnssec, secure: bool | None) -> None:
    world = Published({f"{D} MX": ["10 a.example.net"], "a.example.net A": ["8.8.8.8"]}, states={D: mx, "a.example.net": a})
    assert lint_of(world).hosts[0].secure is secure


def test_the_family_without_records_does_not_spoil_the_other() -> None:
    world = Published(
        {f"{D} MX": ["10 a.example.net"], "a.example.net A": ["8.8.8.8"], "a.example.net AAAA": AnswerStatus.NODATA},
        states={"a.example.net AAAA": Dnssec.INSECURE},
    )
    assert lint_of(world).hosts[0].secure is True


def test_weakest() -> None:
    assert weakest() is Dnssec.SECURE
    assert weakest(Dnssec.UNCHECKED, Dnssec.INSECURE, Dnssec.BOGUS) is Dnssec.BOGUS


def test_null_mx() -> None:
    result = lint_of({f"{D} MX": ["0 ."]})
    assert (result.null, result.hosts, result.check.status) == (True, (), Status.PASS)
    assert not fired(result.check)


def test_null_mx_with_another_preference() -> None:
    result = lint_of({f"{D} MX": ["10 ."]})
    assert result.null
    assert fired(result.check) == {rules.NULL_PREFERENCE.id}
    assert fix(result.check, rules.NULL_PREFERENCE) == "example.com. IN MX 0 ."


def test_null_mx_beside_others() -> None:
    result = lint_of(FINE | {f"{D} MX": ["0 .", "10 a.example.net", "20 b.example.net"]})
    assert result.check.status is Status.PERMERROR
    assert fired(result.check) == {rules.NULL_NOT_ALONE.id}
    assert not result.null
    assert len(result.hosts) == 2


def test_implicit_mx() -> None:
    result = lint_of({f"{D} A": ["8.8.8.8"]})
    assert (result.implicit, result.check.status) == (True, Status.NEUTRAL)
    assert result.hosts[0].name == D
    assert fired(result.check) == {rules.IMPLICIT.id}
    assert fix(result.check, rules.IMPLICIT) == "example.com. IN MX 10 example.com."


def test_nothing_takes_mail() -> None:
    result = lint_of({f"{D} TXT": ["hello"]})
    assert (result.check.status, result.implicit, result.check.fact("exists")) == (Status.NONE, False, True)


def test_no_such_domain() -> None:
    result = lint_of({})
    assert (result.check.status, result.check.fact("exists")) == (Status.NONE, False)


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.REFUSED, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_no_absence(status: AnswerStatus) -> None:
    assert lint_of({f"{D} MX": status}).check.status is Status.TEMPERROR
    implicit = lint_of({f"{D} MX": AnswerStatus.NODATA, f"{D} A": status})
    assert implicit.check.status is Status.TEMPERROR
    host = lint_of(FINE | {"b.example.net A": status})
    assert host.check.status is Status.TEMPERROR
    assert fired(host.check) == {rules.LOOKUP_FAILED.id}


def test_a_bogus_answer_is_not_used() -> None:
    assert lint_of(Published(FINE, states={D: Dnssec.BOGUS})).check.status is Status.TEMPERROR
    result = lint_of(Published(FINE, states={"a.example.net": Dnssec.BOGUS}))
    assert result.hosts[0].addresses == ()
    assert result.hosts[0].secure is False


@pytest.mark.parametrize("exchange", ["192.0.2.1", "[192.0.2.1]", "2001:db8::1", "[ipv6:2001:db8::1]"])
def test_an_address_as_exchange(exchange: str) -> None:
    world = Published(FINE | {f"{D} MX": [f"10 {exchange}", "20 a.example.net"]})
    result = lint_of(world)
    assert fired(result.check) == {rules.ADDRESS.id}
    assert not any(exchange in str(asked) for asked in world.asked)
    assert result.hosts[0].asked is False


def test_an_exchange_that_is_no_name() -> None:
    wire = Raw(b"\0\x0a\x04a\0 b\x03com\0")
    result = lint_of(FINE | {f"{D} MX": [wire, "20 a.example.net"]})
    assert fired(result.check) == {rules.INVALID_NAME.id}


def test_an_alias_as_exchange() -> None:
    world = Published(
        FINE | {f"{D} MX": ["10 mail.example.com", "20 b.example.net"]}, aliases={"mail.example.com": "a.example.net"}
    )
    result = lint_of(world)
    assert fired(result.check) == {rules.ALIAS.id}
    assert fix(result.check, rules.ALIAS) == "example.com. IN MX 10 a.example.net."
    assert result.hosts[0].alias == "a.example.net"
    assert result.check.status is Status.PASS


def test_hosts_without_address() -> None:
    result = lint_of(FINE | {f"{D} MX": ["5 gone.example.net", "10 a.example.net"]})
    assert fired(result.check) == {rules.UNRESOLVABLE.id}
    assert result.check.status is Status.PASS
    result = lint_of({f"{D} MX": ["5 gone.example.net"]})
    assert result.check.status is Status.FAIL
    assert rules.UNRESOLVABLE.id in fired(result.check)


@pytest.mark.parametrize(
    "ip", ["10.0.0.1", "127.0.0.1", "169.254.1.1", "192.0.2.1", "0.0.0.0", "224.0.0.1", "100.64.0.1", "240.0.0.1"]
)
def test_addresses_that_nobody_reaches(ip: str) -> None:
    result = lint_of(FINE | {"a.example.net A": [ip]})
    assert fired(result.check) == {rules.NOT_PUBLIC.id}
    assert message(result.check, rules.NOT_PUBLIC) == ip


@pytest.mark.parametrize("ip", ["::1", "fe80::1", "fc00::1", "2001:db8::1", "::ffff:10.0.0.1", "ff02::1", "::"])
def test_ipv6_addresses_that_nobody_reaches(ip: str) -> None:
    assert not is_public(ip)


def test_public_addresses() -> None:
    assert is_public("::ffff:8.8.8.8")
    assert is_public("2a00:1450::1")


def test_duplicates() -> None:
    result = lint_of(FINE | {f"{D} MX": ["10 a.example.net", "30 a.example.net", "20 b.example.net"]})
    assert fired(result.check) == {rules.DUPLICATE.id}
    assert [host.name for host in result.hosts] == ["a.example.net", "b.example.net"]


def test_a_single_host_without_ipv6() -> None:
    result = lint_of({f"{D} MX": ["10 b.example.net"], "b.example.net A": ["8.8.4.4"]})
    assert fired(result.check) == {rules.SINGLE.id, rules.NO_IPV6.id}
    assert result.check.status is Status.PASS


def test_200_hosts() -> None:
    table = {f"h{n}.example.net A": ["8.8.8.8"] for n in range(200)} | {"h0.example.net AAAA": ["2a00:1450::1"]}
    world = Published(table | {f"{D} MX": [f"{n} h{n}.example.net" for n in range(200)]})
    result = lint_of(world)
    assert len(result.hosts) == 20
    assert fired(result.check) == {rules.TOO_MANY.id}
    assert "200 hosts" in message(result.check, rules.TOO_MANY)
    assert len(world.asked) == 41


def test_malformed_records() -> None:
    result = lint_of(FINE | {f"{D} MX": [Raw(b"\0"), "10 a.example.net", "20 b.example.net"]})
    assert fired(result.check) == {rules.MALFORMED.id}
    result = lint_of({f"{D} MX": [Raw(b"\0\x01\xff")] * 50})
    assert result.check.status is Status.PERMERROR
    assert len(result.check.findings) == 10


def test_broken_addresses_and_aliases_are_none() -> None:
    world = Published(FINE | {"a.example.net A": [Raw(b"\1")], "a.example.net AAAA": [Raw(b"\1")]})
    assert lint_of(world).hosts[0].addresses == ()


def test_address() -> None:
    assert address("192.0.2.1")
    assert address("mx.example.com") is None
    assert MxHost("a", 1).secure is None


def test_an_alias_that_cannot_be_read_is_none() -> None:
    flow = resolve("mx.example.net", 10, Dnssec.SECURE)
    next(flow)
    broken = (Record("mx.example.net", "CNAME", 300, b"\xff"),)
    a = Answer(Query("mx.example.net", "A"), AnswerStatus.NODATA, aliases=broken)
    with pytest.raises(StopIteration) as done:
        flow.send((a, Answer(Query("mx.example.net", "AAAA"), AnswerStatus.NODATA)))
    assert done.value.value.alias == ""
