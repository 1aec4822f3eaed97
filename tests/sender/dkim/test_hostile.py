"""Input made to crash or to stall: each is judged, quickly, and the answer can be written as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import DKIM_SIGNATURES, DKIM_SIGNATURES_SHOWN
from mailsec.core.results import Status
from tests.sender.dkim.support import MESSAGE, NOW, judge, key, only, rules_of, signed, zone

NAME = key().key_name


@contextmanager
def quickly(seconds: float = 1.0) -> Iterator[None]:
    start = process_time()
    yield
    assert process_time() - start < seconds


def test_a_signature_of_a_megabyte() -> None:
    with quickly():
        for filler in (b"a" * 1_000_000, b"; " * 500_000, b" " * 1_000_000, b"=" * 1_000_000, b"x=;" * 330_000):
            found = only(judge(b"DKIM-Signature: v=1; d=example.com; z=" + filler + b"\r\n" + MESSAGE, {}))
            assert (found.status, found.domain) == (Status.NEUTRAL, "example.com")


def test_just_below_the_bound() -> None:
    for filler in (b"; " * 30_000, b"; d" * 20_000, b"b " * 30_000, b";d" + b" " * 60_000, b";b=" * 20_000):
        with quickly():
            judge((b"DKIM-Signature: v=1" + filler + b"\r\n") * 12 + MESSAGE, {}, authors=["example.com"])


def test_ten_thousand_signatures() -> None:
    field = signed().partition(b"From:")[0]
    with quickly(4):
        result = judge(field * 10_000 + MESSAGE, zone(key()), authors=["example.com"])
    assert len(result.signatures) == DKIM_SIGNATURES_SHOWN
    assert sum(found.status is not Status.SKIPPED for found in result.signatures) == DKIM_SIGNATURES
    assert rules_of(result) == {"dkim-signature-limit"}
    assert any("10000 signatures" in found.message for found in result.check.findings)


@pytest.mark.parametrize("names", [b"from" + b":x" * 99_999, b"from:" * 20_000 + b"to", b":" * 50_000])
def test_many_names_in_h(names: bytes) -> None:
    with quickly():
        assert only(judge(signed().replace(b" h=from", b" h=" + names + b":from"), zone(key()))).status is Status.NEUTRAL


def test_the_most_names_over_many_fields() -> None:
    names = b":".join([b"from", *[b"x"] * 999])
    with quickly(2):
        judge(b"X: y\r\n" * 15_000 + signed().replace(b" h=from:", b" h=" + names + b";h2="), zone(key()))


@pytest.mark.parametrize("length", [b"9" * 76, b"9" * 77, b"9" * 60_000, b"-1", b"0x10", b"1_0", "٣".encode()])
def test_lengths(length: bytes) -> None:
    found = only(judge(signed().replace(b" h=from", b" l=" + length + b"; h=from"), zone(key())))
    assert found.status in (Status.NEUTRAL, Status.PERMERROR)


@pytest.mark.parametrize("text", [b"\xff" * 50, b"=" * 50, b"A" * 60_000, b"A===", b"\0", b"AA\x0bAA", b"-_-_"])
@pytest.mark.parametrize("tag", [b"b", b"bh"])
def test_base64_garbage(tag: bytes, text: bytes) -> None:
    with quickly():
        found = only(
            judge(
                b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from; "
                + b"; ".join(each + b"=" + (text if each == tag else b"AAAA") for each in (b"b", b"bh"))
                + b"\r\n"
                + MESSAGE,
                {},
            )
        )
        assert found.status is Status.NEUTRAL


@pytest.mark.parametrize(
    "record",
    [
        b"v=DKIM1; p=" + b"A" * 64_000,
        b"v=DKIM1; n=" + b"x" * 64_000 + b"; p=AAAA",
        b"p=" * 32_000,
        b"p" * 64_000,
        b"p" + b" " * 64_000,
        b";" * 64_000 + b"p=",
        b"v=DKIM1; p=AAAA; h=" + b":" * 60_000,
        b"\xff" * 64_000 + b"p=",
        b"\0p=\0",
    ],
)
def test_key_records_of_64_kilobytes(record: bytes) -> None:
    with quickly():
        found = only(judge(signed(), {NAME: {"TXT": [record] * 20}}))
    assert found.status is Status.PERMERROR
    json.dumps(found.reason).encode()


def test_control_characters_and_odd_octets_leave_no_lone_surrogate() -> None:
    data = signed().replace(b"v=1;", b"v=1; x\xff=\x1b[31m\xff;", 1).replace(b" i=", b" ")
    for each in (
        data,
        b"DKIM-Signature: \xed\xa0\x80; d=\xff.com\r\n" + MESSAGE,
        b"DKIM-Signature: i=\xff@example.com\r\n" + MESSAGE,
    ):
        result = judge(each, {NAME: {"TXT": [b"p=\xff\xed\xa0\x80"]}})
        for check in result.check.walk():
            texts = [check.reason, *[str(fact.value) for fact in check.facts], *[item.text for item in check.evidence]]
            "".join(texts).encode()


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n",
        b"DKIM-Signature:",
        b"DKIM-Signature:\r\n\r\n",
        b"DKIM-Signature: \0",
        b"\0\0\0",
        b"From: a\n\rDKIM-Signature: x",
    ],
)
def test_stumps(message: bytes) -> None:
    assert judge(message, {}).status in (Status.NONE, Status.NEUTRAL)


@given(st.lists(st.tuples(st.integers(0, 900), st.binary(max_size=4)), max_size=3))
def test_a_damaged_message_is_judged(patches: list[tuple[int, bytes]]) -> None:
    data = signed()
    for at, patch in patches:
        data = data[:at] + patch + data[at + len(patch) :]
    result = judge(data, zone(key()), now=NOW)
    assert result.status in (Status.PASS, Status.FAIL, Status.NEUTRAL, Status.PERMERROR, Status.POLICY, Status.NONE)
    for found in result.signatures:
        found.reason.encode()
