"""X.509 certificates in the ring, beside OpenPGP keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from mailsec.api.at_hand import AtHand
from mailsec.content.smime.harvested import harvested
from mailsec.core.errors import BadInput
from mailsec.core.limits.keys import X509_CHAIN
from mailsec.store.ring import Ring
from mailsec.store.waiting import WaitingKey
from mailsec.trust.keyring.certificates import read_certificates, reading
from mailsec.trust.keyring.keys import Bound, Kind
from mailsec.trust.keyring.legitimacy import OwnerTrust
from mailsec.trust.x509.bundle import Held
from tests.certificates import NOW, Issued, issue, make
from tests.store.test_ring import reading as openpgp
from tests.trust.x509.people import ALICE, person, world

DAY = 86_400


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ring")


def put(ring: Ring, *issued: Issued) -> list[str]:
    read = [reading(Held(each.der)) for each in issued]
    with ring.change():
        for each in read:
            ring.put(each, "file")
    return [each.fingerprint for each in read]


def test_an_authority_that_is_trusted_is_a_root_at_the_time(path: str) -> None:
    alice = person(None, ALICE, "alice@example.net")
    with Ring(path, now=NOW) as ring:
        own, _, root = put(ring, alice, world()["middle"], world()["root"])
        with ring.change():
            ring.put(openpgp("Bob <bob@example.org>"), "file", trust=OwnerTrust.FULL)
        (certificate,) = ring.of_address(ALICE)
        assert (certificate.kind, certificate.fingerprint, certificate.data) == (Kind.X509, own, alice.der)
        assert ring.binding(certificate, ALICE).bound is Bound.NOT
        assert ring.roots() == ()
        with ring.change():
            ring.set_trust(root, OwnerTrust.FULL)
        binding = ring.binding(certificate, "alice@example.net")
        assert (binding.bound, binding.reason) == (Bound.CERTIFIED, "certified under CN=Root, which you trust")
        assert ring.roots() == (world()["root"].der,)
        assert ring.binding(certificate, "bob@example.org").reason == "no user ID of the key has this address"
        assert [each.fingerprint for each in ring.introducers()] == [openpgp("Bob <bob@example.org>").fingerprint]
    with Ring(path, now=NOW + 400 * DAY) as ring:
        late = ring.binding(certificate, ALICE)
        assert late.bound is Bound.NOT
        assert late.reason.startswith("the certificate has expired")


def test_a_person_who_is_trusted_is_no_root_but_a_statement_counts(path: str) -> None:
    alice = person()
    with Ring(path, now=NOW) as ring:
        (own,) = put(ring, alice)
        with ring.change():
            ring.set_trust(own, OwnerTrust.FULL)
        (certificate,) = ring.certificates([own])
        assert ring.roots() == ()
        assert ring.binding(certificate, ALICE).bound is Bound.NOT
        with ring.change():
            ring.state(own, ALICE)
        assert ring.binding(certificate, ALICE).bound is Bound.STATED


def test_among_many_authorities_the_right_ones_are_found(path: str) -> None:
    others = [issue(f"Other {number}", authority=True) for number in range(X509_CHAIN + 1)]
    with Ring(path, now=NOW) as ring:
        *_, own, _, root = put(ring, *others, person(), world()["middle"], world()["root"])
        with ring.change():
            ring.set_trust(root, OwnerTrust.FULL)
        (certificate,) = ring.certificates([own])
        assert ring.binding(certificate, ALICE).bound is Bound.CERTIFIED


def test_the_secret_key_of_ones_own(path: str) -> None:
    alice = person()
    with Ring(path, now=NOW) as ring:
        (own,) = put(ring, alice)
        with ring.change():
            ring.set_trust(own, OwnerTrust.ULTIMATE)
            ring.put_secret(own, b"secret", protected=True)
        (certificate,) = ring.own()
        assert ring.binding(certificate, ALICE).bound is Bound.OWN
        assert ring.secret(own) == b"secret"
        entry = ring.entry(own)
        assert entry is not None
        assert (entry.key_id, entry.algorithm, entry.bits) == ("", "secp256r1", 0)


def test_a_name_that_is_no_address_is_kept_as_text() -> None:
    broken = make("Nobody", names=[x509.RFC822Name("nobody")])
    assert [(each.text, each.address) for each in reading(Held(broken)).user_ids] == [("CN=Nobody <nobody>", "")]
    assert [(each.text, each.address) for each in reading(Held(make("Nobody"))).user_ids] == [("CN=Nobody", "")]
    with pytest.raises(BadInput):
        reading(Held(b"x"))


def test_certificates_in_files() -> None:
    alice = person()
    keys = read_certificates([("file a.pem", alice.pem + alice.key_pem + world()["middle"].pem)], str)
    (own,) = keys.own()
    assert keys.of_address(ALICE) == [own]
    assert keys.binding(own, ALICE).bound is Bound.FILE
    assert keys.secret(own.fingerprint) is not None
    assert keys.certificates([own.fingerprint.lower()]) == [own]
    assert (own.kind, own.source, len(keys.listed)) == (Kind.X509, "file a.pem", 2)


def test_the_newest_capabilities_are_kept(path: str) -> None:
    with Ring(path, now=NOW) as ring:
        (print,) = put(ring, person())
        assert ring.capabilities(print) is None
        with ring.change():
            assert ring.put_capabilities(print, b"first", NOW)
            assert not ring.put_capabilities(print, b"older", NOW - 1)
        assert ring.capabilities(print.lower()) == b"first"
        with ring.change():
            assert ring.put_capabilities(print, b"newer", NOW + 1)
        assert ring.capabilities_at(print) == (b"newer", NOW + 1)
        with ring.change():
            ring.delete(print)
        assert ring.capabilities(print) is None


def test_keys_that_wait(path: str) -> None:
    first, second = WaitingKey("A", b"request", b"key", True, NOW), WaitingKey("B", b"other", b"key", False, NOW - 1)
    with Ring(path, now=NOW) as ring:
        with ring.change():
            ring.waiting.put(first)
            ring.waiting.put(second)
        assert ring.waiting.all() == [second, first]
        with ring.change():
            ring.waiting.delete("B")
        assert (ring.waiting.get("A"), ring.waiting.get("B")) == (first, None)


def test_capabilities_are_asked_of_everything_at_hand(path: str) -> None:
    with Ring(path, now=NOW) as ring:
        (print,) = put(ring, person())
        with ring.change():
            ring.put_capabilities(print, b"said", NOW)
    files = read_certificates([("file", person().pem)], str)
    assert files.capabilities(print) is None
    with AtHand(files, path, now=NOW) as keys:
        assert keys.capabilities(print) == b"said"
        assert keys.capabilities("A") is None
        assert harvested(keys, ()).capabilities(print) == b"said"
