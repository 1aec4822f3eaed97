"""OCSP responses: who may give them, about whom, until when, and since when a revocation counts (RFC 6960)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core
from asn1crypto import ocsp as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags, ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from mailsec.core.results import Status
from mailsec.trust.x509.revocation import RevocationAnswer, RevocationFiles
from mailsec.trust.x509.signer import judge_signer
from tests.certificates import NOW, Issued, issue
from tests.trust.x509.people import cases, person, purpose, response, usage, world

ALICE, MIDDLE = cases()["good"].chain
SIGNING = usage("digital_signature")


def answer(*ders: bytes, now: int = NOW) -> RevocationAnswer:
    """What the responses tell about Alice."""
    chain = [ALICE.der, MIDDLE.der]
    found = judge_signer(chain, [world()["root"].der], now=now, revocation=RevocationFiles((), ders))
    assert found.status is (Status.FAIL if found.steps[0].revocation.revoked else Status.PASS)
    return found.steps[0].revocation


def said(
    good: bool,
    *,
    of: Issued = ALICE,
    when: int = -2,
    reason: ReasonFlags | None = ReasonFlags.key_compromise,
    invalid: int | None = None,
    **options: Any,
) -> bytes:
    """A response of Middle's, `when` and `invalid` in days from NOW; `nonce` and SHA-1 as many responders do."""
    at = datetime.fromtimestamp(NOW, UTC)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(of.der),
        issuer=x509.load_der_x509_certificate(MIDDLE.der),
        algorithm=options.get("algorithm", SHA256()),
        cert_status=ocsp.OCSPCertStatus.GOOD if good else ocsp.OCSPCertStatus.REVOKED,
        this_update=at - timedelta(1),
        next_update=at + timedelta(7),
        revocation_time=None if good else at + timedelta(when),
        revocation_reason=None if good else reason,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, x509.load_der_x509_certificate(MIDDLE.der))
    if nonce := options.get("nonce"):
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    der = builder.sign(MIDDLE.key, SHA256()).public_bytes(Encoding.DER)
    return der if invalid is None else _with_invalidity(der, at + timedelta(invalid))


def _with_invalidity(der: bytes, at: datetime) -> bytes:
    """The response with the date in its single extensions (RFC 6960 section 4.4.5), signed anew."""
    made = asn1.OCSPResponse.load(der)
    basic = made["response_bytes"]["response"].parsed
    date = {"extn_id": "invalidity_date", "critical": False, "extn_value": core.GeneralizedTime(at)}
    basic["tbs_response_data"]["responses"][0]["single_extensions"] = [date]
    basic["signature"] = MIDDLE.key.sign(basic["tbs_response_data"].dump(force=True), ec.ECDSA(SHA256()))
    made["response_bytes"]["response"] = core.ParsableOctetString(basic.dump(force=True))
    return made.dump(force=True)


def test_good_and_revoked() -> None:
    assert answer(said(True)).revoked is False
    assert answer(said(False)) == RevocationAnswer(True, "revoked at 2027-01-13T08:00:00Z (keyCompromise), says OCSP")


@pytest.mark.parametrize("options", [{"algorithm": SHA1()}, {"nonce": b"n" * 16}])
def test_what_changes_nothing(options: dict[str, Any]) -> None:
    assert answer(said(True, **options)).revoked is False
    assert answer(said(False, **options)).revoked is True


@pytest.mark.parametrize("extensions", [[SIGNING], [SIGNING, purpose(ExtendedKeyUsageOID.EMAIL_PROTECTION)]])
def test_a_responder_that_may_not(extensions: Any) -> None:
    other = issue("Responder", MIDDLE, extensions=extensions)
    for good in (True, False):
        assert answer(response(MIDDLE, ALICE, good=good, signer=other)).revoked is None


def test_a_responder_that_another_authority_delegated() -> None:
    ocsp_signing = [SIGNING, purpose(ExtendedKeyUsageOID.OCSP_SIGNING)]
    for above in (world()["other"], world()["root"]):
        other = issue("Responder", above, extensions=ocsp_signing)
        assert answer(response(MIDDLE, ALICE, good=True, signer=other)).revoked is None
    good = issue("Responder", MIDDLE, extensions=ocsp_signing)
    assert answer(response(MIDDLE, ALICE, good=True, signer=good)).revoked is False
    stale = issue("Responder", MIDDLE, extensions=ocsp_signing, days=(-9, -8))
    assert answer(response(MIDDLE, ALICE, good=True, signer=stale)).revoked is None


def test_an_answer_about_somebody_else() -> None:
    for good in (True, False):
        assert answer(said(good, of=person())).revoked is None


def test_an_answer_with_another_signature() -> None:
    der = said(False)
    made = asn1.OCSPResponse.load(der)
    basic = made["response_bytes"]["response"].parsed
    basic["signature"] = MIDDLE.key.sign(b"something else", ec.ECDSA(SHA256()))
    made["response_bytes"]["response"] = core.ParsableOctetString(basic.dump(force=True))
    assert answer(made.dump(force=True)).revoked is None
    assert answer(der).revoked is True


def test_an_answer_that_is_out_of_date() -> None:
    found = answer(response(MIDDLE, ALICE, good=True, days=(-9, -1)))
    assert found.revoked is None
    assert found.reason.startswith("OCSP: ")


def test_an_answer_from_later_on_tells_about_today() -> None:
    assert answer(response(MIDDLE, ALICE, good=True, days=(2, 9))).revoked is False
    assert answer(response(MIDDLE, ALICE, good=False, days=(2, 9))).revoked is True


def test_one_that_is_damaged_deep_inside_hides_nothing() -> None:
    der = said(False)
    at = der.rindex(b"20270114080000Z")
    damaged = der[:at] + b"20279914080000Z" + der[at + 15 :]
    assert answer(damaged).reason.endswith("an OCSP response is damaged")
    assert answer(damaged, der, damaged).revoked is True


@pytest.mark.parametrize("first", [True, False])
def test_of_two_the_one_that_revokes_counts(first: bool) -> None:
    assert answer(said(first), said(not first)).revoked is True


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({"when": 3}, True),
        ({"when": 3, "reason": None}, True),
        ({"when": 3, "reason": ReasonFlags.superseded}, False),
        ({"when": -1, "reason": ReasonFlags.superseded}, True),
        ({"when": 3, "invalid": 2}, False),
        ({"when": 3, "invalid": -2}, True),
        ({"when": 3, "invalid": -2, "reason": ReasonFlags.superseded}, True),
    ],
)
def test_since_when_a_revocation_counts(options: dict[str, Any], counts: bool) -> None:
    assert answer(said(False, **options)).revoked is counts


def test_a_date_of_invalidity_that_somebody_made_up_takes_nothing_back() -> None:
    forged = bytearray(said(False, when=3, invalid=2))
    forged[-1] ^= 1
    assert answer(said(False, when=3), bytes(forged)).revoked is True
