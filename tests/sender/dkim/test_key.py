"""Key records (RFC 6376 section 3.6.1, RFC 8301, RFC 8463)."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from time import process_time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mailsec.sender.dkim import key as key_module
from mailsec.sender.dkim.key import KeyRecord, KeyRecordError, KeySizeError, looks_like_key, parse_key, verifies
from tests.sender.dkim.support import key


def der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def integer(number: int) -> bytes:
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def rsa_der(modulus: int, exponent: int = 65537) -> bytes:
    return der(0x30, integer(modulus) + integer(exponent))


def record(data: bytes, kind: str = "rsa") -> KeyRecord:
    return parse_key(f"v=DKIM1; k={kind}; p={b64encode(data).decode()}".encode())


MODULUS = key().private.public_key().public_numbers().n
ED25519 = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")  # RFC 8032 section 7.1


def test_the_least_record() -> None:
    found = parse_key(b"p=AAEC")
    assert found == KeyRecord("rsa", b"\0\1\2")
    assert not any((found.revoked, found.testing, found.strict))
    assert found.for_mail
    assert found.for_sha256


def test_every_tag() -> None:
    found = parse_key(b"v=DKIM1; h= sha1 : SHA256; k=Ed25519; n=for=20you; s=email:x; t=y : s:?; g=*; p=AA EC\r\n")
    assert found == KeyRecord(
        "ed25519", b"\0\1\2", ("sha1", "sha256"), ("email", "x"), ("y", "s", "?"), "for=20you", (("g", "*"),)
    )
    assert found.testing
    assert found.strict


@pytest.mark.parametrize(
    ("text", "for_mail", "for_sha256"),
    [
        (b"p=AAEC; s=*", True, True),
        (b"p=AAEC; s=tlsrpt", False, True),
        (b"p=AAEC; h=sha1", True, False),
        (b"p=AAEC; h=; s=", True, True),
    ],
)
def test_restrictions(text: bytes, for_mail: bool, for_sha256: bool) -> None:
    found = parse_key(text)
    assert (found.for_mail, found.for_sha256) == (for_mail, for_sha256)


def test_an_empty_p_is_a_revoked_key() -> None:
    assert parse_key(b"v=DKIM1; p=").revoked
    assert parse_key(b"v=DKIM1; p= ;").revoked


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"v=DKIM1",
        b"v=DKIM2; p=AAEC",
        b"v=dkim1; p=AAEC",
        b"p=AAEC; v=DKIM1",
        b"p=AAEC; p=AAEC",
        b"p=AAE",
        b"p=AA\xffC",
        b"p=AA\x0bEC",
        b"p==",
        b"some text",
        b"v=spf1 -all",
    ],
)
def test_what_is_no_key_record(text: bytes) -> None:
    with pytest.raises(KeyRecordError):
        parse_key(text)


def test_what_may_be_a_key_record() -> None:
    assert looks_like_key(b"p=")
    assert looks_like_key(b"v=DKIM1; k=rsa; p = AAEC")
    assert not looks_like_key(b"v=spf1 ip4:192.0.2.1 exp=x -all")
    assert not looks_like_key(b"google-site-verification")


@pytest.mark.parametrize("bits", [1024, 1536, 2048])
def test_rsa_keys_in_both_forms(bits: int) -> None:
    public = key(bits=bits).private.public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bare = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    for data in (spki, bare):
        found, size = record(data).public_key()
        assert isinstance(found, RSAPublicKey)
        assert found.public_numbers() == public.public_numbers()
        assert size == bits


def test_ed25519_key() -> None:
    found, size = record(ED25519, "ed25519").public_key()
    assert isinstance(found, Ed25519PublicKey)
    assert found.public_bytes_raw() == ED25519
    assert size == 256


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (ED25519[:31], "ed25519", "32 octets"),
        (der(0x30, der(0x30, b"\x06\x03\x2b\x65\x70") + der(3, b"\0" + ED25519)), "ed25519", "32 octets"),
        (ED25519, "x25519", "kind"),
        (rsa_der(MODULUS, 65536), "rsa", "numbers"),
        (rsa_der(MODULUS, 1), "rsa", "numbers"),
        (rsa_der(MODULUS, 0), "rsa", "numbers"),
        (rsa_der(MODULUS + 1), "rsa", "numbers"),
        (rsa_der(MODULUS) + b"x", "rsa", "DER"),
        (rsa_der(MODULUS)[:-1], "rsa", "DER"),
        (der(0x30, integer(MODULUS)), "rsa", "DER"),
        (der(0x30, integer(MODULUS) + integer(3) + integer(3)), "rsa", "DER"),
        (der(0x30, der(2, b"\x80" * 256) + integer(3)), "rsa", "DER"),
        (der(0x30, integer(MODULUS) + der(2, b"\x81")), "rsa", "DER"),
        (b"\x30", "rsa", "DER"),
        (b"\x30\x80" + b"\0" * 20, "rsa", "DER"),
        (b"\x30\x85" + b"\0" * 20, "rsa", "DER"),
        (b"\x30\x84\xff\xff\xff\xff" + b"\0" * 20, "rsa", "DER"),
        (b"garbage", "rsa", "DER"),
        (der(0x30, der(0x30, b"\x06\x03\x2b\x65\x70") + der(3, b"\0" + rsa_der(MODULUS))), "rsa", "not an RSA"),
        (der(0x30, der(0x30, b"") + der(3, b"\0" + rsa_der(MODULUS))), "rsa", "not an RSA"),
    ],
)
def test_what_is_no_key(data: bytes, kind: str, message: str) -> None:
    with pytest.raises(KeyRecordError, match=message) as caught:
        record(data, kind).public_key()
    assert not isinstance(caught.value, KeySizeError)


@pytest.mark.parametrize(
    ("data", "bits"),
    [
        (rsa_der((1 << 1023) - 1), 1023),
        (rsa_der((1 << 511) + 1), 512),
        (rsa_der(0), 0),
        (rsa_der((1 << 8192) + 1), 8193),
        (rsa_der(MODULUS, (1 << 32) + 1), 2048),
        (rsa_der(MODULUS, (1 << 300) + 1), 2048),
    ],
)
def test_sizes_that_are_not_accepted(data: bytes, bits: int) -> None:
    with pytest.raises(KeySizeError) as caught:
        record(data).public_key()
    assert caught.value.bits == bits


def test_the_largest_key_is_accepted() -> None:
    assert record(rsa_der((1 << 8191) + 1)).public_key()[1] == 8192


@pytest.mark.parametrize("data", [rsa_der((1 << 100_000) + 1), rsa_der(MODULUS, (1 << 100_000) + 1), b"\x30" * 48_000])
def test_a_giant_key_costs_nothing(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither arithmetic nor the library sees it."""
    monkeypatch.setattr(key_module, "RSAPublicNumbers", None)
    start = process_time()
    with pytest.raises(KeyRecordError):
        record(data).public_key()
    assert process_time() - start < 0.5


def test_a_long_record_is_not_kept() -> None:
    before = key_module._parse_cached.cache_info().currsize
    parse_key(b"p=AAEC; n=" + b"x" * 60_000)
    assert key_module._parse_cached.cache_info().currsize == before
    first, second = parse_key(b"p=AAEC; n=kept"), parse_key(b"p=AAEC; n=kept")
    assert first is second


def test_verifying() -> None:
    for kind in ("rsa", "ed25519"):
        public = key(kind).private.public_key()
        assert not verifies(public, b"x" * 256, b"data")
        assert not verifies(public, b"", b"data")


def test_the_numbers_are_those_of_the_library() -> None:
    numbers = RSAPublicNumbers(65537, MODULUS)
    assert record(rsa_der(MODULUS)).public_key()[0].public_numbers() == numbers


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f"v=DKIM1; p={text}".encode()))
def test_nothing_but_its_own_error_leaves_the_parser(text: bytes) -> None:
    with suppress(KeyRecordError):
        parse_key(text).public_key()


@given(st.binary(max_size=60), st.integers(0, 290), st.binary(max_size=6))
def test_nothing_but_its_own_error_leaves_the_der_walk(data: bytes, at: int, patch: bytes) -> None:
    good = rsa_der(MODULUS)
    for changed in (data, der(0x30, data), good[:at] + patch + good[at + len(patch) :]):
        with suppress(KeyRecordError):
            record(changed or b"x").public_key()
