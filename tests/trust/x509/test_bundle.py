"""Certificates and private keys in files, in all the forms that `cryptography` and `openssl` write."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from contextlib import suppress
from hashlib import pbkdf2_hmac
from pathlib import Path

import pytest
from asn1crypto import core
from asn1crypto.keys import EncryptedPrivateKeyInfo
from asn1crypto.pkcs12 import Pfx, SafeBag, SafeContents
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
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
from mailsec.core.limits.keys import X509_FILE_CERTIFICATES, X509_ITERATIONS, X509_LOCKED_KEYS
from mailsec.trust.x509.bundle import Held, as_pem, joined, read_bundle, read_chain, read_contents
from mailsec.trust.x509.form import is_x509
from mailsec.trust.x509.pkcs12 import write_pkcs12
from mailsec.trust.x509.privatekey import is_locked, private_key, public_in
from mailsec.trust.x509.privatekey import pkcs8 as protected
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
    assert read_bundle(data, nobody) == [Held(alice.der, secret)]


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
    made = protected(private_key(pkcs8(alice)), "new words")
    assert is_locked(made)
    assert not is_locked(pkcs8(alice))
    assert load_der_private_key(made, b"new words") is not None
    with pytest.raises(BadInput):
        private_key(b"\x30\x00")


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
    assert read_bundle(alice.pem + _protected_pem(data), nobody) == [Held(alice.der, data)]


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
    assert not is_locked(b"\x30\x00")


def test_certificates_alone_in_pkcs12(alice: Issued) -> None:
    data = pkcs12.serialize_key_and_certificates(None, None, None, loaded(alice), BestAvailableEncryption(b"secret"))
    assert read_bundle(data, words) == [Held(alice.der)]
    with pytest.raises(BadInput):
        read_bundle(alice.pem + alice.key_pem.replace(b"M", b"A", 1), nobody)


def test_a_key_and_its_certificate_in_two_files(alice: Issued) -> None:
    other = person()
    files = [read_contents(data, words) for data in (alice.pem + other.pem, pkcs8(other), encrypted(alice))]
    assert joined(files) == [Held(alice.der, encrypted_of(files[2].keys[0]), pkcs8(alice)), Held(other.der, pkcs8(other))]
    with pytest.raises(KeyUnavailable, match="does not open the private key"):
        joined([files[0], read_contents(encrypted(alice), lambda: "wrong")])
    with pytest.raises(BadInput, match="without its certificate"):
        joined([read_contents(other.pem + world()["middle"].pem, words), read_contents(alice.key_pem, words)])


def encrypted_of(key: bytes) -> bytes:
    assert is_locked(key)
    return key


def test_a_key_belongs_to_every_certificate_with_it(alice: Issued) -> None:
    renewed = person(key=alice.key)
    assert [each.secret for each in read_bundle(alice.pem + renewed.pem + alice.key_pem, nobody)] == [pkcs8(alice)] * 2


def test_many_locked_keys_are_not_opened(alice: Issued) -> None:
    with pytest.raises(BadInput, match="are locked"):
        read_bundle(alice.pem + person().pem + _protected_pem(encrypted(alice)) * (X509_LOCKED_KEYS + 1), nobody)


def test_pem_with_headers_is_not_passed_over(alice: Issued) -> None:
    old = alice.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret"))
    assert is_x509(old)
    for data in (alice.pem + old, alice.pem + alice.pem[:-40]):
        with pytest.raises(BadInput, match="a damaged block of PEM, or one with headers"):
            read_bundle(data, words)


def test_several_keys_in_pkcs12(alice: Issued) -> None:
    other = person()
    pfx, second = Pfx.load(p12(alice, b"")), EncryptedPrivateKeyInfo.load(encrypted(other))
    added = {
        "key_bag": {"bag_id": "pkcs8_shrouded_key_bag", "bag_value": second},
        "cert_bag": {"bag_id": "cert_bag", "bag_value": {"cert_id": "x509", "cert_value": core.ParsableOctetString(other.der)}},
    }
    contents = pfx.authenticated_safe
    for each in contents:
        bags = SafeContents.load(each["content"].native)
        more = b"".join(SafeBag(added[kind]).dump() for kind in sorted({bag["bag_id"].native for bag in bags}))
        # what was there stays as it is: written anew, a private key in it may lose a leading zero
        each["content"] = core.OctetString(SafeContents(contents=bags.contents + more).dump())
    pfx["auth_safe"]["content"] = core.OctetString(contents.dump(force=True))
    pfx["mac_data"] = None
    found = {each.certificate: each.secret for each in read_bundle(pfx.dump(force=True), words)}
    assert found == {alice.der: pkcs8(alice), other.der: pkcs8(other), world()["middle"].der: None}


@pytest.mark.parametrize("octets", [30, 31, 32])
def test_a_key_whose_number_is_short(octets: int) -> None:
    short = person(key=ec.derive_private_key(1 << (8 * octets - 2), ec.SECP256R1()))
    found = {each.certificate: each.secret for each in read_bundle(p12(short, b""), nobody)}
    assert found[short.der] == pkcs8(short)


def test_rounds_are_summed_up(alice: Issued) -> None:
    key = EncryptedPrivateKeyInfo.load(encrypted(alice))
    key["encryption_algorithm"]["parameters"]["key_derivation_func"]["parameters"]["iteration_count"] = X509_ITERATIONS // 2 + 1
    pfx = Pfx.load(p12(alice, b""))
    contents = pfx.authenticated_safe
    shrouded = {"bag_id": "pkcs8_shrouded_key_bag", "bag_value": EncryptedPrivateKeyInfo.load(key.dump(force=True))}
    contents[0]["content"] = core.OctetString(SafeContents([shrouded, shrouded]).dump(force=True))
    pfx["auth_safe"]["content"] = core.OctetString(contents.dump(force=True))
    with pytest.raises(BadInput, match="would take"):
        read_bundle(pfx.dump(force=True), nobody)


def test_rounds_below_zero_make_no_room(alice: Issued) -> None:
    pfx = Pfx.load(p12(alice))
    contents = pfx.authenticated_safe
    for each in contents:
        if each["content_type"].native == "encrypted_data":
            cipher = each["content"]["encrypted_content_info"]["content_encryption_algorithm"]
            cipher["parameters"]["key_derivation_func"]["parameters"]["iteration_count"] = -(2**40)
    pfx["auth_safe"]["content"] = core.OctetString(contents.dump(force=True))
    pfx["mac_data"]["iterations"] = X509_ITERATIONS // 2  # some seconds where it fails, no hours
    with pytest.raises(BadInput, match="damaged"):
        read_bundle(pfx.dump(force=True), words)


def hiding(alice: Issued, *bags: dict[str, object]) -> bytes:
    """Alice's PKCS#12 file with these bags inside of its encrypted content, without the check over the whole."""
    pfx = Pfx.load(p12(alice))
    contents = pfx.authenticated_safe
    for each in contents:
        if each["content_type"].native == "encrypted_data":
            info = each["content"]["encrypted_content_info"]
            cipher = info["content_encryption_algorithm"]
            key = pbkdf2_hmac("sha256", b"secret", cipher.kdf_salt, cipher.kdf_iterations, 32)
            engine, padding = Cipher(AES(key), CBC(cipher.encryption_iv)), PKCS7(128)
            opening, trimming, filling, closing = engine.decryptor(), padding.unpadder(), padding.padder(), engine.encryptor()
            text = opening.update(info["encrypted_content"].native)
            inside = SafeContents.load(trimming.update(text) + trimming.finalize())
            for bag in bags:
                inside.append(bag)
            text = filling.update(inside.dump(force=True)) + filling.finalize()
            info["encrypted_content"] = closing.update(text)
    pfx["auth_safe"]["content"] = core.OctetString(contents.dump(force=True))
    pfx["mac_data"] = None
    return bytes(pfx.dump(force=True))


def shrouded(key: EncryptedPrivateKeyInfo) -> dict[str, object]:
    return {"bag_id": "pkcs8_shrouded_key_bag", "bag_value": key}


def test_a_second_key_inside_of_encrypted_content(alice: Issued) -> None:
    other = person()
    data = hiding(
        alice,
        shrouded(EncryptedPrivateKeyInfo.load(encrypted(other))),
        {"bag_id": "cert_bag", "bag_value": {"cert_id": "x509", "cert_value": core.ParsableOctetString(other.der)}},
    )
    found = {each.certificate: each.secret for each in read_bundle(data, words)}
    assert found == {alice.der: pkcs8(alice), other.der: pkcs8(other), world()["middle"].der: None}


def test_rounds_inside_of_encrypted_content_are_counted(alice: Issued) -> None:
    key = EncryptedPrivateKeyInfo.load(encrypted(alice))
    key["encryption_algorithm"]["parameters"]["key_derivation_func"]["parameters"]["iteration_count"] = X509_ITERATIONS
    data = hiding(alice, shrouded(EncryptedPrivateKeyInfo.load(key.dump(force=True))))
    with pytest.raises(BadInput, match="would take"):
        read_bundle(data, words)


def test_bags_in_bags_are_refused(alice: Issued) -> None:
    inner = SafeContents([shrouded(EncryptedPrivateKeyInfo.load(encrypted(alice)))])
    with pytest.raises(BadInput, match="bags in bags"):
        read_bundle(hiding(alice, {"bag_id": "safe_contents", "bag_value": inner}), words)


def test_a_chain_of_a_stranger_has_certificates_alone(alice: Issued) -> None:
    middle = world()["middle"]
    assert read_chain(b"Mark\r\n" + alice.pem + middle.pem + alice.pem) == (alice.der, middle.der)
    for data, why in (
        (alice.pem + alice.key_pem, "something else than certificates: PRIVATE KEY"),
        (p12(alice, b""), "no certificate in PEM"),
        (alice.der, "no certificate in PEM"),
        (alice.pem.replace(b"MII", b"NII"), "damaged"),
        (b"", "no certificate in PEM"),
    ):
        with pytest.raises(BadInput, match=why):
            read_chain(data)


def test_ciphers_of_old_are_counted_too(alice: Issued) -> None:
    old = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    (own,) = loaded(alice)
    data = pkcs12.serialize_key_and_certificates(None, alice.key, own, None, old.kdf_rounds(1_000).build(b"secret"))
    assert read_bundle(data, words) == [Held(alice.der, pkcs8(alice))]


def test_thousands_of_certificates_are_refused(alice: Issued) -> None:
    many = pkcs7.serialize_certificates(loaded(*(person() for _ in range(2))), Encoding.DER)
    label = b"-----BEGIN PKCS7-----\n" + b64encode(many) + b"\n-----END PKCS7-----\n"
    assert len(read_bundle(label, nobody)) == 2
    with pytest.raises(BadInput, match="more than"):
        read_bundle(alice.pem * (X509_FILE_CERTIFICATES + 1), nobody)


def test_pkcs12_that_is_written_is_read(alice: Issued) -> None:
    made = write_pkcs12("alice", pkcs8(alice), (alice.der, world()["middle"].der), "secret")
    assert read_bundle(made, words) == [Held(alice.der, pkcs8(alice)), Held(world()["middle"].der)]
    with pytest.raises(BadInput, match="cannot be written"):
        write_pkcs12("alice", pkcs8(Issued(b"", X25519PrivateKey.generate())), (alice.der,), "secret")


def test_a_key_that_is_nothing() -> None:
    assert not is_locked(b"")
    assert not is_locked(b"\x30\x80\x30\x00")
    assert not is_locked(b"\x30\x85\x01\x01\x01\x01\x01\x30")
    assert public_in(b"x") is None


def test_a_certificate_of_a_version_that_is_none(alice: Issued) -> None:
    data = pkcs7.serialize_certificates(loaded(alice), Encoding.DER).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03")
    with pytest.raises(BadInput, match="damaged, cut off"):
        read_bundle(data, nobody)
