"""Which keys are encrypted to and signed with, and what speaks against one."""

from __future__ import annotations

import pytest

from mailsec.api.encrypt_message import EncryptOptions, encrypt_message
from mailsec.api.secret_keys import Unlocker
from mailsec.content.objection import Objection
from mailsec.content.openpgp.encrypting import EncryptingError, encrypted, signing_key, target
from mailsec.content.openpgp.engine import Facts, facts, fits, holds
from mailsec.content.openpgp.mail import Judge, layers, present
from mailsec.content.openpgp.signature import signatures_in
from mailsec.content.openpgp.signing import detached
from mailsec.core.errors import KeyUnavailable
from mailsec.message.fields import parse
from mailsec.message.mime import structure
from mailsec.trust.keyring.files import FileKeys, read_keys
from mailsec.trust.keyring.keys import Certificate, Kind, Signing
from mailsec.trust.keyring.packets import signature
from tests.cli.openpgp import DRAFT, person
from tests.content.mails import ALICE, MADE, TEXT, mail, part
from tests.content.openpgp.forge import DAY, Person

LATER = 4_000_000_000


def certificate(data: bytes) -> Certificate:
    return read_keys(data, "f").listed[0]


def own(name: str) -> Signing:
    keys = read_keys(bytes(person(name)), "f")
    return Signing(keys.secrets[keys.listed[0].fingerprint], None, keys.listed[0])


def test_a_key_that_can_only_sign_is_not_encrypted_to() -> None:
    with pytest.raises(EncryptingError, match="no key that can be encrypted to"):
        target(certificate(ALICE.public()), now=MADE)


def test_what_speaks_against_a_key() -> None:
    secret = person("bob")
    public = secret.extract_certificate()
    assert target(certificate(bytes(public)), now=LATER).objections == ()
    revoked = bytes(public) + bytes(public.revoke(certifier=secret.certifier()))
    (found,) = target(certificate(revoked), now=LATER).objections
    assert found[0] is Objection.REVOKED
    short = certificate(bytes(person("bob", "ed25519", 1_000_000).extract_certificate()))
    (found,) = target(short, now=LATER).objections
    assert (found[0], "expired at" in found[1]) == (Objection.EXPIRED, True)


def test_signing_keys() -> None:
    assert not signing_key(own("alice"), now=LATER).primary
    secret = person("bob")
    public = secret.extract_certificate()
    revoked = certificate(bytes(public) + bytes(public.revoke(certifier=secret.certifier())))
    with pytest.raises(EncryptingError, match="revoked"):
        signing_key(Signing(b"", None, revoked), now=LATER)
    short = certificate(bytes(person("bob", "ed25519", 1_000_000).extract_certificate()))
    with pytest.raises(EncryptingError, match="expired at"):
        signing_key(Signing(b"", None, short), now=LATER)
    none = Person("Alice <alice@bank.example>", MADE - DAY, subkey_flags=0x0C)
    with pytest.raises(EncryptingError, match="no key that may sign"):
        signing_key(Signing(b"", None, certificate(none.public())), now=MADE)


def test_a_secret_key_that_cannot_sign() -> None:
    alice = own("alice")
    with pytest.raises(EncryptingError, match="cannot sign"):
        detached(b"x", [Signing(b"damaged", None, alice.certificate)], now=LATER)
    with pytest.raises(EncryptingError, match="cannot be made"):
        encrypted(b"x", [], [(Signing(b"damaged", None, alice.certificate), signing_key(alice, now=LATER))])


def test_the_engine_on_what_it_cannot_read() -> None:
    broken = signature(b"\x04\x00\x16\x0a\x00\x00\x00\x00")
    assert holds(b"x", broken, ALICE.public()) is None
    assert fits(b"x", broken, ()) is None
    assert facts(b"\x00") == Facts(False, None, False, ())
    assert not facts(ALICE.public()[:60]).bound


def test_of_several_keys_of_an_address_none_is_picked() -> None:
    keys = read_keys(bytes(person("bob").extract_certificate()), "one")
    keys |= read_keys(bytes(person("bob", "rsa").extract_certificate()), "other")
    with pytest.raises(KeyUnavailable, match="several keys"):
        encrypt_message(DRAFT, "draft", EncryptOptions(keys), now=LATER)


def test_a_locked_key_without_anybody_to_ask() -> None:
    keys = read_keys(bytes(person("bob")), "f")
    assert Unlocker(FileKeys()).of(keys.listed[0]) is None
    assert Unlocker(keys).of(keys.listed[0])


def test_where_openpgp_may_be() -> None:
    plain = parse(mail(TEXT))
    assert not present(plain, structure(plain))
    encoded = parse(mail(part(b"SGk=", b"text/plain", b"Content-Transfer-Encoding: base64")))
    assert not present(encoded, structure(encoded))
    noise = parse(
        mail(part(b"SGk=\r\n-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nxx==\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n"))
    )
    judge = Judge(FileKeys(), MADE)
    assert all(layer.trouble for layer in layers(noise, structure(noise), judge))
    assert Certificate(Kind.OPENPGP, "A", b"").fingerprint == "A"
    assert signatures_in(ALICE.subkey.sign(0, b"x", MADE))
