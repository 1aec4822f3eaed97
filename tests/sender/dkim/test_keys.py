"""Reading private keys."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from time import process_time

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.limits.run import MAX_KEY_BYTES
from mailsec.sender.dkim.keys import SigningKey, key_bits, load_private
from tests.sender.dkim.support import key, pem

RSA = key().private
SEED = bytes(range(100, 132))[:31] + b"\x01"
LOCKED = BestAvailableEncryption(b"secret")


def written(private: object, form: PrivateFormat, encoding: Encoding = Encoding.PEM, lock: object = None) -> bytes:
    return private.private_bytes(encoding, form, lock or NoEncryption())


def numbers(private: object) -> object:
    assert isinstance(private, RSAPrivateKey)
    return private.private_numbers()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b" \n"])
def test_pem_with_any_line_ends(form: PrivateFormat, end: bytes) -> None:
    data = written(RSA, form).replace(b"\n", end)
    assert numbers(load_private(data)) == numbers(RSA)
    assert numbers(load_private(b"\xef\xbb\xbfBag Attributes: x\r\n\r\n" + data + b"\n\nrest")) == numbers(RSA)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_der(form: PrivateFormat) -> None:
    assert numbers(load_private(written(RSA, form, Encoding.DER))) == numbers(RSA)


def test_the_first_private_key_of_a_file_counts() -> None:
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert numbers(load_private(public + pem("rsa", 2048) + pem("ed25519", 2048))) == numbers(RSA)


def test_a_missing_end_line_is_forgiven() -> None:
    assert numbers(load_private(pem("rsa", 2048).partition(b"-----END")[0])) == numbers(RSA)


@pytest.mark.parametrize(
    "data", [SEED, b64encode(SEED), b64encode(SEED) + b"\r\n", b" " + b64encode(SEED)[:20] + b"\n" + b64encode(SEED)[20:]]
)
def test_ed25519_seeds(data: bytes) -> None:
    private = load_private(data)
    assert isinstance(private, Ed25519PrivateKey)
    assert private.private_bytes_raw() == SEED


def test_ed25519_pem() -> None:
    assert isinstance(load_private(pem("ed25519", 2048)), Ed25519PrivateKey)


@pytest.mark.parametrize(
    "data",
    [
        written(RSA, PrivateFormat.PKCS8, lock=LOCKED),
        written(RSA, PrivateFormat.TraditionalOpenSSL, lock=LOCKED),
        written(RSA, PrivateFormat.PKCS8, Encoding.DER, LOCKED),
    ],
)
def test_an_encrypted_key_is_not_available(data: bytes) -> None:
    with pytest.raises(KeyUnavailable, match="encrypted") as caught:
        load_private(data)
    assert "openssl" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no private key"),
        (b"hello", "no private key"),
        (b"thirty-two printable characters.", "no private key"),
        (b64encode(SEED[:31]), "no private key"),
        (RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "not a private key: PUBLIC KEY"),
        (written(Ed25519PrivateKey.generate(), PrivateFormat.OpenSSH), "OPENSSH"),
        (written(generate_ec(SECP256R1()), PrivateFormat.TraditionalOpenSSL), "EC PRIVATE KEY"),
        (written(generate_ec(SECP256R1()), PrivateFormat.PKCS8), "RSA and Ed25519 keys only"),
        (pem("rsa", 2048).replace(b"MII", b"M*I"), "damaged"),
        (pem("rsa", 2048)[:400], "damaged|no private key"),
        (b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "no private key"),
        (b"x" * (MAX_KEY_BYTES + 1), "more than"),
        (b"\x30\x82\x20\x00" + b"\x00" * 8192, "more than 8192 bits"),
    ],
)
def test_what_is_no_key(data: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        load_private(data)
    assert caught.value.hint


def test_a_megabyte_of_begin_lines() -> None:
    start = process_time()
    with suppress(BadInput):
        load_private(b"-----BEGIN X-----" * 60_000)
    with suppress(BadInput):
        load_private(b"-----BEGIN " * 90_000)
    assert process_time() - start < 1


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda der: b"-----BEGIN PRIVATE KEY-----\n" + b64encode(der)))
def test_nothing_but_its_own_errors_leaves_the_reader(data: bytes) -> None:
    with suppress(BadInput, KeyUnavailable):
        load_private(data)


def test_signing_key() -> None:
    made = SigningKey("Bücher.Example.", "S1", RSA)
    assert (made.domain, made.selector, made.key_name) == ("xn--bcher-kva.example", "s1", "s1._domainkey.xn--bcher-kva.example")
    assert (made.algorithm, made.bits) == ("rsa-sha256", 2048)
    other = key("ed25519")
    assert (other.algorithm, other.bits, key_bits(other.private)) == ("ed25519-sha256", 256, 256)


@pytest.mark.parametrize(
    ("domain", "selector"),
    [
        ("", "s"),
        ("example.com", ""),
        ("exa mple.com", "s"),
        ("example.com", "a b"),
        ("com", "s"),
        ("example.com", ".".join(["a" * 60] * 4)),
    ],
)
def test_names_that_no_key_can_have(domain: str, selector: str) -> None:
    with pytest.raises(BadInput) as caught:
        SigningKey(domain, selector, RSA)
    assert caught.value.hint


def test_sizes_that_are_not_signed_with(monkeypatch: pytest.MonkeyPatch) -> None:
    short = generate_private_key(65537, 1024)
    monkeypatch.setattr("mailsec.sender.dkim.keys.RSA_MIN_BITS", 1025)
    with pytest.raises(BadInput, match="1024 bits"):
        SigningKey("example.com", "s", short)
    monkeypatch.setattr("mailsec.sender.dkim.keys.RSA_MAX_BITS", 2047)
    with pytest.raises(BadInput, match="2048 bits"):
        SigningKey("example.com", "s", RSA)


@pytest.mark.external
@pytest.mark.parametrize(
    "command", ["genrsa -traditional -out FILE 2048", "genrsa -out FILE 2048", "genpkey -algorithm ed25519 -out FILE"]
)
def test_what_openssl_writes(command: str, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    subprocess.run(["openssl", *command.replace("FILE", str(file)).split()], check=True, capture_output=True)
    assert SigningKey("example.com", "s", load_private(file.read_bytes())).bits in (256, 2048)
