from __future__ import annotations

import pytest
from pysequoia import Cert, Tsk

from mailsec.api.dane_keys import DaneKeys, dane_keys, found_for
from mailsec.api.session import Session, Settings
from mailsec.content.openpgp.openpgpkey import owner_name as openpgp_name
from mailsec.content.smime.smimea import owner_name
from mailsec.core.errors import KeyUnavailable, TemporaryFailure
from mailsec.core.flow import AnswerStatus
from mailsec.trust.keyring.certificates import read_certificates
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Bound, Certificate, Kind
from tests.certificates import NOW
from tests.content.smime.forge import ALICE, BOB
from tests.published import Published, Raw, association

WHO = "bob@receiver.example"
RECORD = {f"{owner_name(WHO)} SMIMEA": [association(3, 0, 0, BOB.der)]}
FILES = read_certificates([("file alice.pem", ALICE.pem + ALICE.key_pem)], lambda _: "")


def keys(world: Published, base: FileKeys = FILES) -> DaneKeys:
    with Session(Settings(at=NOW), source=world) as session:
        return dane_keys(base, (WHO, "alice@bank.example", WHO), session, now=NOW, kind=Kind.X509)


def test_who_is_known_is_not_asked_for_and_everybody_once() -> None:
    world = Published(RECORD)
    found = keys(world)
    assert [each.name for each in world.asked] == [owner_name(WHO)]
    (certificate,) = found_for(found, (WHO, "alice@bank.example"))
    assert (certificate.data, certificate.source) == (BOB.der, f"SMIMEA 3 0 0 at {owner_name(WHO)}")


def test_the_keys_of_the_base_and_of_the_dns() -> None:
    found = keys(Published(RECORD))
    (bob,) = found.of_address(WHO)
    (alice,) = found.of_address("alice@bank.example")
    assert found.binding(bob, WHO).bound is Bound.DANE
    assert "DNSSEC secure" in found.binding(bob, WHO).reason
    assert found.binding(bob, "alice@bank.example").bound is Bound.NOT
    assert found.binding(alice, "alice@bank.example").bound is Bound.FILE
    assert found.certificates([alice.fingerprint]) == [alice]
    assert found.own() == [alice]
    assert found.secret(alice.fingerprint)
    assert found.capabilities(alice.fingerprint) is None


def test_what_is_missing_is_said() -> None:
    with pytest.raises(KeyUnavailable, match=f"{WHO}: no SMIMEA record"):
        found_for(keys(Published({})), (WHO,))


def test_a_failed_lookup_is_no_absence() -> None:
    with pytest.raises(TemporaryFailure, match="timeout"):
        keys(Published({f"{owner_name(WHO)} SMIMEA": AnswerStatus.TIMEOUT}))


def openpgp(name: str) -> Certificate:
    made: Cert = Tsk.generate(name).extract_certificate()
    return Certificate(Kind.OPENPGP, made.fingerprint.upper(), bytes(made), "ring")


def test_a_key_that_is_somebodys_subkey_too_is_not_joined_with_his() -> None:
    bob, mallory = openpgp(f"Bob <{WHO}>"), openpgp("Mallory <mallory@evil.example>")
    base = FileKeys((mallory,), handles={bob.fingerprint: (mallory.fingerprint,)})
    name = openpgp_name(WHO)
    world = Published({f"{name} OPENPGPKEY": [Raw(bob.data)]})
    with Session(Settings(at=NOW), source=world) as session:
        found = dane_keys(base, (WHO,), session, now=NOW, kind=Kind.OPENPGP)
    assert [each.fingerprint for each in found_for(found, (WHO,))] == [bob.fingerprint]
