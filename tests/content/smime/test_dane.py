from __future__ import annotations

from hashlib import sha256, sha512

import pytest

from mailsec.content.smime import rules
from mailsec.content.smime.dane import Association, associated
from mailsec.content.smime.published import Published
from mailsec.core import rdata
from mailsec.core.results import Status
from mailsec.trust.x509.revocation import RevocationFiles
from mailsec.trust.x509.signer import judge_signer
from tests.certificates import NOW, Issued, issue, spki
from tests.content.smime.forge import ALICE, MALLORY, OTHER_ROOT, ROOT, SUB, person
from tests.trust.x509.people import crl

WHO = "alice@bank.example"
NAME = "hash._smimecert.bank.example"
ALONE = person(WHO, None)
OLD = person(WHO, None, days=(-90, -1))
CHAIN = (ALICE.der, SUB.der)


def record(usage: int, issued: Issued, selector: int = 0, matching: int = 0) -> rdata.Association:
    part = spki(issued.der) if selector else issued.der
    return rdata.Association(usage, selector, matching, (part, sha256(part).digest(), sha512(part).digest())[matching])


def said(*records: rdata.Association, chain: tuple[bytes, ...] = CHAIN, roots: tuple[bytes, ...] = ()) -> Association:
    published = Published(WHO, NAME, Status.PASS, "DNSSEC secure", records)
    return associated(published, chain, judge_signer(chain, roots, now=NOW), now=NOW)


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
def test_usage_3_needs_no_path(selector: int, matching: int) -> None:
    found = said(record(3, ALICE, selector, matching))
    assert (found.status, found.own) == (Status.PASS, True)
    assert found.reason == f"SMIMEA 3 {selector} {matching} at {NAME} means it, DNSSEC secure"
    assert found.path is not None
    assert found.path.status is Status.PASS


def test_usage_3_of_a_certificate_of_its_own() -> None:
    assert said(record(3, ALONE), chain=(ALONE.der,)).status is Status.PASS


def test_what_has_expired_is_not_used() -> None:
    found = said(record(3, OLD), chain=(OLD.der,))
    assert found.path is not None
    assert found.path.status is Status.FAIL
    assert "expired" in found.path.reasons[0]


@pytest.mark.parametrize(("usage", "meant"), [(3, ALICE), (2, SUB), (1, ALICE)])
def test_what_its_issuer_took_back_is_not_used(usage: int, meant: Issued) -> None:
    lists = RevocationFiles(crls=(crl(SUB, ALICE),))
    published = Published(WHO, NAME, Status.PASS, "DNSSEC secure", (record(usage, meant),))
    path = judge_signer(CHAIN, (ROOT.der,), now=NOW, revocation=lists)
    assert path.status is Status.FAIL
    found = associated(published, CHAIN, path, now=NOW)
    assert found.path is not None
    assert found.path.status is Status.FAIL


@pytest.mark.parametrize(("selector", "matching"), [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)])
def test_usage_2_is_a_root_for_this_address(selector: int, matching: int) -> None:
    found = said(record(2, SUB, selector, matching))
    assert (found.status, found.own) == (Status.PASS, False)
    assert found.path is not None
    assert found.path.status is Status.PASS
    assert "means an authority above it" in found.reason


def test_usage_2_of_a_root_that_the_message_does_not_carry() -> None:
    assert said(record(2, ROOT)).status is Status.PASS
    assert said(record(2, ROOT, 1)).status is Status.PASS
    assert said(record(2, ROOT, 0, 1)).status is Status.FAIL, "a digest alone leads nowhere"


def test_usage_2_does_not_mean_the_certificate_itself() -> None:
    assert said(record(2, ALICE)).status is Status.FAIL


def test_usage_2_of_an_authority_whose_path_breaks_a_rule() -> None:
    narrow = issue("Narrow", authority=False)
    below = person(WHO, narrow)
    found = said(record(2, narrow), chain=(below.der, narrow.der))
    assert found.path is not None
    assert found.path.status is Status.FAIL


@pytest.mark.parametrize("usage", [0, 1])
def test_usages_0_and_1_want_a_root_beside(usage: int) -> None:
    meant = record(usage, SUB if usage == 0 else ALICE)
    assert said(meant, roots=(ROOT.der,)).status is Status.PASS
    assert said(meant, roots=(OTHER_ROOT.der,)).status is Status.NONE
    assert said(record(usage, MALLORY), roots=(ROOT.der,)).status is Status.FAIL


def test_records_of_others_deny_it() -> None:
    found = said(record(3, MALLORY), record(2, OTHER_ROOT), roots=(ROOT.der,))
    assert (found.status, found.path) == (Status.FAIL, None)
    assert [each.rule for each in found.check.findings] == [rules.OTHER_CERTIFICATE.id]


def test_one_of_several_is_enough() -> None:
    assert said(record(3, MALLORY), record(3, ALICE)).status is Status.PASS


def test_a_weaker_digest_beside_a_stronger_one_is_not_looked_at() -> None:
    assert said(record(3, ALICE, 0, 1), record(3, MALLORY, 0, 2)).status is Status.FAIL


@pytest.mark.parametrize("status", [Status.NONE, Status.TEMPERROR])
def test_what_may_not_be_trusted_is_passed_on(status: Status) -> None:
    published = Published(WHO, NAME, status, "why")
    found = associated(published, CHAIN, judge_signer(CHAIN, (ROOT.der,), now=NOW), now=NOW)
    assert (found.status, found.reason, found.path) == (status, "why", None)


def test_certificates_beside_it_that_cannot_be_read() -> None:
    assert said(record(2, SUB), chain=(ALICE.der, b"nonsense", SUB.der)).status is Status.PASS
