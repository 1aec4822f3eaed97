"""Certificates that a message carries, behind the keys that are known."""

from __future__ import annotations

import pytest

from mailsec.content.smime.dane import Association
from mailsec.content.smime.harvested import Harvested, harvested
from mailsec.core.results import Status
from mailsec.trust.keyring.certificates import read_certificates
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Bound, Certificate, Kind
from tests.content.smime.forge import ALICE, BOB

WHO = "alice@bank.example"
FILES = read_certificates([("file bob.pem", BOB.pem + BOB.key_pem)], lambda _: "")
SEEN = Certificate(Kind.X509, "A" * 64, ALICE.der, "signed mail")


def keys(
    names: tuple[str, ...] = (WHO,), *, vouched: bool = False, said: Association | None = None, base: FileKeys = FILES
) -> Harvested:
    fingerprint = SEEN.fingerprint
    trusted = frozenset({fingerprint}) if vouched else frozenset[str]()
    return Harvested(base, (SEEN,), {fingerprint: names}, trusted, {fingerprint: said} if said else {})


def association(status: Status, *, own: bool = False, address: str = WHO) -> Association:
    return Association(address, f"x._smimecert.{address}", status, "so it is", own=own)


def test_what_the_base_has_stays() -> None:
    found = keys()
    (bob,) = found.own()
    assert found.certificates([bob.fingerprint]) == [bob]
    assert found.secret(bob.fingerprint)
    assert found.capabilities(bob.fingerprint) is None
    assert list(found.of_address("bob@receiver.example")) == [bob]
    assert found.binding(bob, "bob@receiver.example").bound is Bound.FILE


@pytest.mark.parametrize(
    ("vouched", "said", "bound"),
    [
        (False, None, Bound.NOT),
        (True, None, Bound.CERTIFIED),
        (False, association(Status.PASS), Bound.DANE),
        (True, association(Status.FAIL), Bound.DENIED),
        (True, association(Status.TEMPERROR), Bound.OPEN),
        (True, association(Status.NONE), Bound.CERTIFIED),
        (False, association(Status.PASS, address="eve@bank.example"), Bound.NOT),
    ],
)
def test_who_vouches(vouched: bool, said: Association | None, bound: Bound) -> None:
    found = keys(vouched=vouched, said=said)
    assert found.of_address(WHO) == (SEEN,)
    assert found.binding(SEEN, WHO).bound is bound


def test_only_a_record_of_its_own_binds_a_certificate_without_names_and_none_one_with_others() -> None:
    assert keys((), said=association(Status.PASS, own=True)).binding(SEEN, WHO).bound is Bound.DANE
    assert keys((), said=association(Status.PASS)).binding(SEEN, WHO).bound is Bound.NOT
    other = keys(("eve@bank.example",), said=association(Status.PASS, own=True))
    assert other.binding(SEEN, WHO).bound is Bound.NOT
    assert other.of_address(WHO) == ()


def test_the_users_own_word_outweighs_what_is_published() -> None:
    named = read_certificates([("file alice.pem", ALICE.pem)], lambda _: "")
    (certificate,) = named.listed
    denied = association(Status.FAIL)
    found = Harvested(named, (certificate,), {certificate.fingerprint: (WHO,)}, frozenset(), {certificate.fingerprint: denied})
    assert found.binding(certificate, WHO).bound is Bound.FILE


def test_what_is_no_address_is_nobodys() -> None:
    assert keys().of_address("nobody") == ()
    assert keys().binding(SEEN, "nobody").bound is Bound.NOT


def test_nothing_is_harvested_of_no_signature() -> None:
    assert harvested(FILES, ()).of_address(WHO) == ()
