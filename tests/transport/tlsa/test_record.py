from __future__ import annotations

import subprocess
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import dns.rdata
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.results import Status
from mailsec.transport.tlsa.record import TlsaError, TlsaRecord, from_text, matches, parse, to_text
from tests.certificates import make

LEAF = make("mx.example.net")
OTHER = make("mx.example.org")


def spki(der: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    key = x509.load_der_x509_certificate(der).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (TlsaRecord(3, 1, 1, b"x" * 32), ""),
        (TlsaRecord(2, 0, 2, b"x" * 64), ""),
        (TlsaRecord(3, 0, 0, LEAF), ""),
        (TlsaRecord(3, 1, 0, spki(LEAF)), ""),
        (TlsaRecord(4, 1, 1, b"x" * 32), "usage 4 is not assigned"),
        (TlsaRecord(255, 1, 1, b"x" * 32), "usage 255 is not assigned"),
        (TlsaRecord(3, 2, 1, b"x" * 32), "selector 2 is not assigned"),
        (TlsaRecord(3, 1, 3, b"x" * 32), "matching type 3 is not assigned"),
        (TlsaRecord(3, 1, 1, b"x" * 31), "a digest of 31 octets, matching type 1 has 32"),
        (TlsaRecord(3, 1, 2, b"x" * 32), "a digest of 32 octets, matching type 2 has 64"),
        (TlsaRecord(3, 1, 1, b""), "a digest of 0 octets, matching type 1 has 32"),
    ],
)
def test_problems(record: TlsaRecord, problem: str) -> None:
    assert record.problem == problem
    assert record.usable is not bool(problem)


@pytest.mark.parametrize("data", [b"", b"0", b"x" * 32, LEAF[:-1], LEAF + b"\0", b"\x30\x85" + b"\1" * 9, b"\x30\x80"])
def test_damaged_certificates(data: bytes) -> None:
    assert "damaged" in TlsaRecord(3, 0, 0, data).problem


def test_short_der() -> None:
    assert not TlsaRecord(3, 1, 0, b"\x30\x01\x00").problem


@pytest.mark.parametrize("usage", [0, 1])
def test_usages_that_smtp_does_not_know(usage: int) -> None:
    record = TlsaRecord(usage, 1, 1, b"x" * 32)
    assert not record.problem
    assert not record.usable


@pytest.mark.parametrize("data", [b"", b"\3", b"\3\1"])
def test_too_short(data: bytes) -> None:
    with pytest.raises(TlsaError):
        parse(data)


@given(st.binary(min_size=3, max_size=200))
def test_wire_and_text_round_trip(data: bytes) -> None:
    record = parse(data)
    assert bytes([record.usage, record.selector, record.matching]) + record.data == data
    if record.data:
        assert from_text(to_text(record)) == record
    if record.data and record.matching > 2:  # the judge refuses digests of a wrong length
        assert dns.rdata.from_text("IN", "TLSA", to_text(record)).to_wire() == data


@given(st.text(max_size=100) | st.from_regex(r"[0-9]{1,4} [0-9]{1,4} [0-9]{1,4} [0-9a-f ]{1,9}"))
def test_any_text_is_a_record_or_an_error(text: str) -> None:
    with suppress(TlsaError):
        from_text(text)


@pytest.mark.parametrize(
    "text", ["3 1 1", "3 1 1 abc", "3 1 256 ab", "3 1 1 xy", "3,1,1 ab", "3 1 1 ab\n", "3 1 1 " + "ab" * 200_000]
)
def test_texts_that_are_none(text: str) -> None:
    with pytest.raises(TlsaError):
        from_text(text)


def test_text_with_spaces() -> None:
    assert from_text(" 3\t1 1 ABCD ef") == TlsaRecord(3, 1, 1, b"\xab\xcd\xef")


@pytest.mark.parametrize("text", ["3 1 1", "3 0 1", "3 1 2", "3 0 2", "3 0 0", "3 1 0"])
def test_a_chain_that_matches(text: str) -> None:
    usage, selector, matching = map(int, text.split())
    part = spki(LEAF) if selector else LEAF
    digest = dns_digest(matching, part)
    wrong = TlsaRecord(3, 1, 1, b"x" * 32)
    right = TlsaRecord(usage, selector, matching, digest)
    found = matches([wrong, right], [LEAF, OTHER])
    assert (found.status, found.matched) == (Status.PASS, right)
    assert matches([wrong, right], [OTHER, LEAF]).status is Status.FAIL


def dns_digest(matching: int, data: bytes) -> bytes:
    from hashlib import sha512  # noqa: PLC0415

    return (data, sha256(data).digest(), sha512(data).digest())[matching]


def test_dates_and_names_do_not_count() -> None:
    expired = make("whatever.invalid", days=(-90, -1))
    record = TlsaRecord(3, 1, 1, sha256(spki(expired)).digest())
    assert matches([record], [expired]).status is Status.PASS


def test_what_is_not_judged() -> None:
    anchor = TlsaRecord(2, 0, 1, sha256(LEAF).digest())
    assert matches([anchor], [LEAF]).status is Status.SKIPPED
    assert matches([], [LEAF]).status is Status.NONE
    assert matches([TlsaRecord(1, 1, 1, sha256(spki(LEAF)).digest())], [LEAF]).status is Status.NONE
    assert matches([anchor], []).status is Status.FAIL


def test_a_chain_of_garbage() -> None:
    garbage = b"no certificate"
    assert matches([TlsaRecord(3, 1, 1, b"x" * 32)], [garbage]).status is Status.FAIL
    assert matches([TlsaRecord(3, 0, 1, sha256(garbage).digest())], [garbage]).status is Status.PASS
    assert matches([TlsaRecord(3, 1, 1, b"x" * 32)], [LEAF[:100]]).status is Status.FAIL


@pytest.mark.external
def test_openssl_makes_the_same_digest(tmp_path: Path) -> None:
    der = tmp_path / "leaf.der"
    der.write_bytes(LEAF)
    key = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", der, "-noout", "-pubkey"], capture_output=True, check=True
    )
    public = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, check=True)
    assert matches([TlsaRecord(3, 1, 1, sha256(public.stdout).digest())], [LEAF]).status is Status.PASS
