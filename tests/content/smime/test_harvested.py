"""The keys of a message beside those that are known: each question, and who answers it."""

from __future__ import annotations

from hashlib import sha256

import pytest

from mailsec.content.smime.dane import Association
from mailsec.content.smime.harvested import Harvested, harvested
from mailsec.content.smime.signature import Answer, SignatureResult
from mailsec.core.results import Status
from mailsec.trust.keyring.certificates import read_certificates
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Bound, Certificate, Kind
from mailsec.trust.x509.person import load as describe
from mailsec.trust.x509.signer import SignerPath
from tests.certificates import Issued, issue
from tests.content.smime.forge import ALICE, MALLORY, SUB

WHO = "alice@bank.example"
NAMELESS = issue("Alice", SUB)
FILES = read_certificates([("file alice.pem", ALICE.pem + ALICE.key_pem)], lambda _: "")


def certificate(of: Issued) -> Certificate:
    return Certificate(Kind.X509, sha256(of.der).hexdigest().upper(), of.der)


def keys(of: Issued, *, vouched: bool = False, said: Association | None = None, base: FileKeys | None = None) -> Harvested:
    """The keys where the message has a good signature of `of`."""
    path = SignerPath(Status.PASS, ()) if vouched else None
    good = SignatureResult(Answer.GOOD, "good", None, of.der, describe(of.der), path, said)
    return harvested(base or FileKeys(), (SignatureResult(Answer.BAD, "unreadable"), good))


def dane(status: Status, address: str = WHO, *, own: bool = False) -> Association:
    return Association(address, "hash._smimecert.bank.example", status, "as published", own=own)


def bound(of: Issued, address: str = WHO, **more: object) -> Bound:
    return keys(of, **more).binding(certificate(of), address).bound  # type: ignore[arg-type] # tables of tests


def test_a_root_vouches_for_the_names_of_a_certificate_alone() -> None:
    assert bound(ALICE) is Bound.NOT
    assert bound(ALICE, vouched=True) is Bound.CERTIFIED
    assert bound(ALICE, "bob@bank.example", vouched=True) is Bound.NOT
    assert bound(ALICE, "no address", vouched=True) is Bound.NOT
    assert bound(NAMELESS, vouched=True) is Bound.NOT


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PASS, Bound.DANE),
        (Status.FAIL, Bound.DENIED),
        (Status.TEMPERROR, Bound.OPEN),
        (Status.NONE, Bound.CERTIFIED),
    ],
)
def test_what_the_domain_publishes_outweighs_a_root(status: Status, expected: Bound) -> None:
    assert bound(ALICE, vouched=True, said=dane(status)) is expected


def test_what_the_domain_publishes_is_about_one_address() -> None:
    assert bound(ALICE, said=dane(Status.PASS, "bob@bank.example")) is Bound.NOT
    assert bound(MALLORY, said=dane(Status.PASS)) is Bound.NOT
    assert bound(MALLORY, said=dane(Status.PASS, own=True)) is Bound.NOT


def test_a_certificate_without_names_is_bound_by_the_record_that_means_it() -> None:
    assert bound(NAMELESS, said=dane(Status.PASS)) is Bound.NOT
    assert bound(NAMELESS, said=dane(Status.PASS, own=True)) is Bound.DANE


def test_what_the_user_says_outweighs_what_is_published() -> None:
    assert bound(ALICE, said=dane(Status.FAIL), base=FILES) is Bound.FILE


def test_other_questions_go_to_the_base() -> None:
    found = keys(MALLORY, base=FILES)
    own = certificate(ALICE).fingerprint
    assert [each.fingerprint for each in found.own()] == [own]
    assert found.secret(own) == FILES.secret(own)
    assert found.certificates([own]) == FILES.certificates([own])
    assert found.capabilities(own) is None
    assert [each.data for each in found.of_address("mallory@evil.example")] == [MALLORY.der]
    assert [each.data for each in found.of_address(WHO)] == [ALICE.der]
    assert not found.of_address("no address")
