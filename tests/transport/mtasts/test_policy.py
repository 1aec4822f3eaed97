from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput
from mailsec.transport.mtasts.policy import Mode, StsPolicy, parse, to_text
from mailsec.transport.mtasts.publish import policy_for, record_for, url, zone_line
from mailsec.transport.mtasts.record import parse as parse_record

# RFC 8461 section 3.2
EXAMPLE = b"version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\nmx: backupmx.example.com\nmax_age: 604800\n"


def messages(policy: StsPolicy) -> list[str]:
    return [defect.message for defect in policy.defects]


@pytest.mark.parametrize(
    "body", [EXAMPLE, EXAMPLE.replace(b"\n", b"\r\n"), EXAMPLE.rstrip(b"\n"), EXAMPLE.replace(b": ", b":\t ")]
)
def test_the_example_of_the_standard(body: bytes) -> None:
    policy = parse(body)
    assert (policy.valid, policy.mode, policy.max_age) == (True, Mode.ENFORCE, 604_800)
    assert policy.mx == ("mail.example.com", "*.example.net", "backupmx.example.com")
    assert not policy.defects


def test_order_trailing_spaces_and_unknown_keys() -> None:
    policy = parse(b"max_age: 1 \nx.y-z: a = b; c\nmx: A.Example.COM\t\nmode: testing\nversion: STSv1\n")
    assert (policy.valid, policy.mode, policy.mx, policy.extensions) == (
        True,
        Mode.TESTING,
        ("a.example.com",),
        (("x.y-z", "a = b; c"),),
    )


def test_mode_none_needs_no_mx() -> None:
    assert parse(b"version: STSv1\nmode: none\nmax_age: 0\n").valid


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((b"version: STSv1\n", b""), "there is no version"),
        ((b"STSv1", b"STSv2"), "version is not STSv1"),
        ((b"version", b"Version"), "there is no version"),
        ((b"mode: enforce\n", b""), "there is no mode"),
        ((b"enforce", b"Enforce"), "mode is neither enforce nor testing nor none"),
        ((b"max_age: 604800\n", b""), "there is no max_age"),
        ((b"604800", b"31557601"), "max_age is not a number of seconds up to 31557600"),
        ((b"604800", b"-1"), "max_age is not a number of seconds up to 31557600"),
        ((b"604800", b"1" * 5000), "max_age is not a number of seconds up to 31557600"),
        ((b"mail.example.com", b"mail.example.com."), "mx is neither a host name nor `*.` and a domain"),
        ((b"*.example.net", b"*example.net"), "mx is neither a host name nor `*.` and a domain"),
        ((b"*.example.net", b".example.net"), "mx is neither a host name nor `*.` and a domain"),
        ((b"mode: enforce", b"mode enforce"), "a line is not `name: value`"),
        ((b"mode: enforce", b"mode : enforce"), "a line is not `name: value`"),
        ((b"mode: enforce", b"mode: enforce\0"), "a line is not `name: value`"),
        ((b"\n", b"\r"), "a line is not `name: value`"),
        ((b"version", b"\xef\xbb\xbfversion"), "a byte order mark stands first"),
        ((b"version", b"<html>version"), "a line is not `name: value`"),
    ],
)
def test_invalid(change: tuple[bytes, bytes], message: str) -> None:
    policy = parse(EXAMPLE.replace(*change))
    assert not policy.valid
    assert message in messages(policy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((b"mode: enforce", b"mode: enforce\nmode: none"), "mode stands again; the first one counts"),
        ((b"mode: enforce", b"\nmode: enforce"), "an empty line"),
        ((b"604800\n", b"604800\n \n"), "an empty line"),
    ],
)
def test_untidy(change: tuple[bytes, bytes], message: str) -> None:
    policy = parse(EXAMPLE.replace(*change))
    assert policy.valid
    assert policy.mode is Mode.ENFORCE
    assert messages(policy) == [message]


def test_no_mx() -> None:
    assert messages(parse(b"version: STSv1\nmode: testing\nmax_age: 1\n")) == ["there is no valid mx"]


def test_larger_than_allowed() -> None:
    policy = parse(EXAMPLE + b"mx: a.example.com\n" * 100_000)
    assert not policy.valid
    assert "more than 65536 octets" in messages(policy)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("mail.example.com", True),
        ("a.example.net", True),
        ("example.net", False),
        ("a.b.example.net", False),
        ("xexample.net", False),
        ("mail2.example.com", False),
    ],
)
def test_wildcards_stand_for_one_label(host: str, allowed: bool) -> None:
    assert parse(EXAMPLE).uncovered([host]) == (() if allowed else (host,))


def test_unused_patterns() -> None:
    assert parse(EXAMPLE).unused(["mail.example.com", "a.example.net"]) == ("backupmx.example.com",)


def test_publishing() -> None:
    policy = policy_for(["mail.example.com", "*.example.net", "mail.example.com"])
    assert (
        to_text(policy)
        == "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 2592000\r\n"
    )
    record = parse_record(record_for(policy))
    assert record is not None
    assert record.valid
    assert record_for(policy_for(["mail.example.com"])) != record_for(policy)
    assert zone_line("example.com", policy) == f'_mta-sts.example.com. IN TXT "{record_for(policy)}"'
    assert url("example.com") == "https://mta-sts.example.com/.well-known/mta-sts.txt"
    assert policy_for([], mode=Mode.NONE).mx == ()


@pytest.mark.parametrize("mx", [[], ["a b"], ["*.*.example.com"], [""]])
def test_what_cannot_be_published(mx: list[str]) -> None:
    with pytest.raises(BadInput):
        policy_for(mx)


def test_a_max_age_that_cannot_be_published() -> None:
    with pytest.raises(BadInput):
        policy_for(["a.example.com"], max_age=31_557_601)


@given(st.lists(st.from_regex(r"(\*\.)?[a-z]{1,9}\.example", fullmatch=True), min_size=1, max_size=5), st.sampled_from(Mode))
def test_round_trip(mx: list[str], mode: Mode) -> None:
    policy = policy_for(mx, mode=mode, max_age=86_400)
    assert parse(to_text(policy).encode()) == policy


@given(st.binary(max_size=300))
def test_any_octets(body: bytes) -> None:
    policy = parse(body)
    assert all(0 <= defect.start <= defect.end <= len(policy.text) for defect in policy.defects)
    policy.text.encode()
