"""Certificates and private keys in files, in all the forms that `cryptography` and `openssl` write."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import pytest
from asn1crypto import core
from asn1crypto.keys import EncryptedPrivateKeyInfo
from asn1crypto.pkcs12 import Pfx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs7,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.limits import X509_FILE_CERTIFICATES, X509_ITERATIONS
from mailsec.trust.x509.bundle import Held, as_pem, is_protected, is_x509, protected, read_bundle
from tests.certificates import Issued
from tests.trust.x509.people import person, world


@pytest.fixture(scope="module")
def alice() -> Issued:
    return person()


def loaded(*issued: Issued) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(each.der) for each in issued]


def p12(alice: Issued, passphrase: bytes = b"secret") -> bytes:
    own, middle = loaded(alice, world()["middle"])
    wrapping = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"alice", alice.key, own, [middle], wrapping)


def words() -> str:
    return "secret"


def nobody() -> str:
    raise AssertionError("no passphrase is needed")


def encrypted(alice: Issued) -> bytes:
    return bytes(alice.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))


def pkcs8(alice: Issued) -> bytes:
    return bytes(alice.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def test_pem(alice: Issued) -> None:
    old = alice.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    for key in (alice.key_pem, old):
        middle = world()["middle"].pem
        for data in (key + alice.pem + middle, b"Bag Attributes\r\n" + alice.pem + middle + key + alice.pem):
            assert is_x509(data)
            first, second = read_bundle(data, nobody)
            assert first == Held(alice.der, pkcs8(alice))
            assert second == Held(world()["middle"].der)


def test_a_protected_key_in_pem_stays_as_it_is(alice: Issued) -> None:
    secret = encrypted(alice)
    data = as_pem(Held(alice.der, secret))
    assert b"ENCRYPTED PRIVATE KEY" in data
    assert read_bundle(data, nobody) == [Held(alice.der, secret, True)]


def test_der_and_certs_only(alice: Issued) -> None:
    assert read_bundle(alice.der, nobody) == [Held(alice.der)]
    for encoding in (Encoding.DER, Encoding.PEM):
        data = pkcs7.serialize_certificates(loaded(alice, world()["root"]), encoding)
        assert {each.certificate for each in read_bundle(data, nobody)} == {alice.der, world()["root"].der}


def test_pkcs12(alice: Issued) -> None:
    expected = [Held(alice.der, pkcs8(alice)), Held(world()["middle"].der)]
    assert read_bundle(p12(alice), words) == expected
    assert read_bundle(p12(alice, b""), lambda: "") == expected
    with pytest.raises(KeyUnavailable, match="does not open"):
        read_bundle(p12(alice), lambda: "wrong")


def test_a_passphrase_is_put_on_a_key(alice: Issued) -> None:
    made = protected(pkcs8(alice), "new words")
    assert is_protected(made)
    assert not is_protected(pkcs8(alice))
    assert load_der_private_key(made, b"new words") is not None
    with pytest.raises(BadInput):
        protected(b"\x30\x00", "x")


def _protected_pem(der: bytes) -> bytes:
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + b64encode(der) + b"\n-----END ENCRYPTED PRIVATE KEY-----\n"


def _sequence(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def _with_scrypt(der: bytes, cost: int) -> bytes:
    """A protected key that says scrypt where it said PBKDF2."""
    key = EncryptedPrivateKeyInfo.load(der)
    numbers = (core.Integer(each).dump() for each in (cost, 8, 1))
    kdf = _sequence(bytes.fromhex("06092b06010401da47040b"), _sequence(core.OctetString(b"salt").dump(), *numbers))
    scheme = key["encryption_algorithm"]["parameters"]["encryption_scheme"].dump()
    pbes2 = _sequence(bytes.fromhex("06092a864886f70d01050d"), _sequence(kdf, scheme))
    return _sequence(pbes2, key["encrypted_data"].dump())


def test_scrypt_within_bounds_is_taken(alice: Issued) -> None:
    data = _with_scrypt(encrypted(alice), 2**14)
    assert read_bundle(alice.pem + _protected_pem(data), nobody) == [Held(alice.der, data, True)]


def test_endless_rounds_are_not_made(alice: Issued) -> None:
    pfx = Pfx.load(p12(alice))
    pfx["mac_data"]["iterations"] = X509_ITERATIONS + 1
    key = EncryptedPrivateKeyInfo.load(encrypted(alice))
    key["encryption_algorithm"]["parameters"]["key_derivation_func"]["parameters"]["iteration_count"] = 2**70
    for data in (
        pfx.dump(force=True),
        alice.pem + _protected_pem(key.dump(force=True)),
        alice.pem + _protected_pem(_with_scrypt(encrypted(alice), 2**30)),
    ):
        with pytest.raises(BadInput, match="would take"):
            read_bundle(data, words)


def test_what_cannot_be_used(alice: Issued) -> None:
    other = Issued(alice.der, ec.generate_private_key(ec.SECP256R1()))
    for data, why in (
        (alice.key_pem, "holds no certificate"),
        (other.pem + other.key_pem, "a private key without its certificate"),
        (alice.pem + b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n", "damaged block"),
        (alice.der[:-3], "damaged, cut off"),
        (alice.pem.replace(b"M", b"A", 1), "a certificate is damaged"),
        (b"\x30\x80" * 10_000, "damaged, cut off"),
        (p12(alice)[:-9], "damaged, cut off"),
        (alice.pem + as_pem(Held(b"", b"\x30\x00")), "damaged"),
        (alice.pem + alice.key_pem * X509_FILE_CERTIFICATES, "more than"),
    ):
        with pytest.raises(BadInput, match=why):
            read_bundle(data, words)


def test_what_is_no_x509() -> None:
    for data in (b"", b"\x99\x01", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n=\n-----END ", b"-----BEGIN " * 10_000):
        assert not is_x509(data)


@given(st.integers(0, 5_000), st.binary(max_size=4), st.sampled_from(["p12", "p7c", "pem"]))
def test_damage_raises_what_is_documented(at: int, octets: bytes, form: str) -> None:
    alice = person()
    key = as_pem(Held(alice.der, pkcs8(alice)))
    data = {"p12": p12(alice), "p7c": pkcs7.serialize_certificates(loaded(alice), Encoding.DER), "pem": key}[form]
    at %= len(data)
    with suppress(BadInput, KeyUnavailable):
        read_bundle(data[:at] + octets + data[at + len(octets) :], words)


@pytest.mark.external
@pytest.mark.parametrize("options", [(), ("-legacy",), ("-certpbe", "AES-256-CBC", "-iter", "100000"), ("-nomac",)])
def test_what_openssl_writes_is_read(alice: Issued, tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "a.pem").write_bytes(alice.pem + alice.key_pem)
    command = ["openssl", "pkcs12", "-export", "-in", "a.pem", "-out", "a.p12", "-passout", "pass:secret", *options]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=30)
    assert read_bundle((tmp_path / "a.p12").read_bytes(), words) == [Held(alice.der, pkcs8(alice))]


def test_labels_that_mean_nothing_here_are_passed_over(alice: Issued) -> None:
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert read_bundle(parameters + alice.pem, nobody) == [Held(alice.der)]
    assert not is_protected(b"\x30\x00")


def test_certificates_alone_in_pkcs12(alice: Issued) -> None:
    data = pkcs12.serialize_key_and_certificates(None, None, None, loaded(alice), BestAvailableEncryption(b"secret"))
    assert read_bundle(data, words) == [Held(alice.der)]
    with pytest.raises(BadInput):
        read_bundle(alice.pem + alice.key_pem.replace(b"M", b"A", 1), nobody)
