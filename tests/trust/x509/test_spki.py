from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from mailsec.trust.x509.spki import public_key_info
from tests.certificates import issue, make, spki

LEAF = make("mx.example.net")


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
        Ed25519PrivateKey.generate(),
    ],
    ids=["EC", "RSA", "Ed25519"],
)
def test_the_key_is_the_one_that_the_library_finds(key: object) -> None:
    certificate = issue("x", None, "mx.example.net", key=key).der
    assert public_key_info(certificate) == spki(certificate)
    assert x509.load_der_x509_certificate(certificate).public_key()


def test_a_certificate_without_a_version() -> None:
    """Version 1, the default, is not written."""
    version = LEAF.index(b"\xa0\x03\x02\x01\x02")
    body = LEAF[version + 5 :]
    assert public_key_info(b"\x30\x82" + len(body).to_bytes(2, "big") + b"\x30\x82" + len(body).to_bytes(2, "big") + body)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x85\0\0\0\0\1x",
        b"\x30\x03\x30\x01\x02",
        b"text",
        LEAF[:60],
        LEAF[:-1],
        b"\x30\x84\xff",
    ],
)
def test_what_is_no_certificate(data: bytes) -> None:
    assert public_key_info(data) is None


@given(st.integers(0, len(LEAF) - 1), st.binary(max_size=4))
def test_damage_raises_nothing(at: int, junk: bytes) -> None:
    public_key_info(LEAF[:at] + junk + LEAF[at + len(junk) :])
