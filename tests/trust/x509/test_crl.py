"""Revocation lists: what they say, what their silence means, and what cannot be used."""

from __future__ import annotations

from dataclasses import replace

import pytest
from asn1crypto import core
from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags

from mailsec.core.errors import BadInput
from mailsec.core.results import Status
from mailsec.trust.x509.chains import link
from mailsec.trust.x509.crl import counts_until, lists
from mailsec.trust.x509.handed import read_crls, read_responses
from mailsec.trust.x509.revocation import RevocationAnswer, RevocationFiles
from mailsec.trust.x509.signer import judge_signer
from tests.certificates import NOW, Issued, issue
from tests.trust.x509.people import Case, authority, cases, crl, person, response, signed, usage, without_end, world

URL = x509.UniformResourceIdentifier("http://crl.example/a")


def scope(**more: object) -> tuple[x509.IssuingDistributionPoint, bool]:
    flags = ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs")
    values: dict[str, object] = dict.fromkeys(flags, False) | {
        "full_name": None,
        "relative_name": None,
        "only_some_reasons": None,
    }
    return x509.IssuingDistributionPoint(**(values | more)), True  # type: ignore[arg-type] # as named


DELTA = (x509.DeltaCRLIndicator(1), True)
STRANGE = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)
POINT = x509.CRLDistributionPoints([x509.DistributionPoint([URL], None, None, None)]), False


def judged(*ders: bytes, alice: Issued | None = None, required: bool = False, now: int = NOW):
    chain = [(alice or cases()["good"].chain[0]).der, world()["middle"].der]
    return judge_signer(chain, [world()["root"].der], now=now, revocation=RevocationFiles(ders, (), required))


@pytest.mark.parametrize(
    ("extensions", "why"),
    [
        ([DELTA], "a delta without its base"),
        ([STRANGE], "a critical extension that is not known (1.2.3.4"),
        ([scope(indirect_crl=True)], "an indirect one"),
        ([scope(only_contains_ca_certs=True)], "another kind of certificates"),
        ([scope(only_contains_attribute_certs=True)], "another kind of certificates"),
        ([scope(only_some_reasons=frozenset({ReasonFlags.superseded}))], "some reasons alone"),
        ([scope(full_name=[URL])], "another part of the certificates"),
        (
            [scope(relative_name=x509.RelativeDistinguishedName([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")]))],
            "a relative name",
        ),
        ([scope(only_contains_user_certs=True)], ""),
    ],
)
def test_silence(extensions: list[tuple[x509.ExtensionType, bool]], why: str) -> None:
    found = judged(crl(world()["middle"], extensions=extensions))
    assert found.status is Status.PASS
    assert found.steps[0].revocation.revoked is (None if why else False)
    assert why in found.steps[0].revocation.reason


def test_a_list_for_the_part_that_the_certificate_names() -> None:
    alice = person(extensions=[usage("digital_signature"), POINT])
    found = judged(crl(world()["middle"], extensions=[scope(full_name=[URL])]), alice=alice)
    assert found.steps[0].revocation.revoked is False


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({"extensions": [DELTA]}, True),
        ({"extensions": [DELTA], "reason": ReasonFlags.remove_from_crl}, False),
        ({"extensions": [STRANGE]}, False),
        ({"extensions": [scope(indirect_crl=True)]}, False),
        ({"days": (-9, -1)}, True),
        ({"reason": None, "when": 3}, True),
        ({"reason": ReasonFlags.superseded, "when": 3}, False),
        ({"reason": ReasonFlags.superseded, "when": -1}, True),
        ({"reason": ReasonFlags.key_compromise, "when": 3, "invalid": 2}, False),
        ({"reason": ReasonFlags.key_compromise, "when": 3, "invalid": -2}, True),
        ({"reason": ReasonFlags.superseded, "when": 3, "invalid": -2}, True),
    ],
)
def test_what_is_listed(options: dict[str, object], counts: bool) -> None:
    alice = cases()["good"].chain[0]
    found = judged(crl(world()["middle"], alice, **options), alice=alice)  # type: ignore[arg-type] # as named
    assert found.steps[0].revocation.revoked is (True if counts else found.steps[0].revocation.revoked)
    assert (found.status is Status.FAIL) is counts, found.reasons


def test_an_issuer_that_may_not_sign_lists() -> None:
    mute = authority("Mute", extensions=[usage("key_cert_sign")])
    alice = person(mute)
    found = judge_signer([alice.der, mute.der], [world()["root"].der], now=NOW, revocation=RevocationFiles((crl(mute, alice),)))
    assert found.status is Status.PASS
    assert "no cRLSign" in found.reasons[0]


def test_where_it_is_required_what_is_not_known_is_not_good() -> None:
    middle, root = crl(world()["middle"]), crl(world()["root"])
    assert judged(middle, root, required=True).status is Status.PASS
    for ders in ((), (middle,), (root,)):
        found = judged(*ders, required=True)
        assert (found.status, found.unchecked) == (Status.NEUTRAL, True)
    assert judged(crl(world()["middle"], cases()["good"].chain[0]), required=True).status is Status.FAIL


def test_lists_are_read_once_and_damaged_ones_counted() -> None:
    good = crl(world()["middle"])
    found = lists((good, b"x", good[:-9]))
    assert (len(found.lists), found.damaged) == (1, 2)
    assert counts_until(good) == NOW + 7 * 86_400
    assert counts_until(b"") is None


def test_what_is_handed_in() -> None:
    case: Case = replace(cases()["good"])
    listed, said = crl(world()["middle"]), response(world()["middle"], case.chain[0], good=True)
    pem = x509.load_der_x509_crl(listed).public_bytes(Encoding.PEM)
    assert read_crls(listed) == read_crls(pem) == (listed,)
    assert read_crls(pem * 2) == (listed, listed)
    assert read_responses(said) == (said,)
    for bad in (b"", b"x", listed[:-1], said, pem * 65, b"-----BEGIN X509 CRL-----\nA\n-----END X509 CRL-----\n"):
        with pytest.raises(BadInput):
            read_crls(bad)
    for bad in (b"", said[:-1], listed):
        with pytest.raises(BadInput):
            read_responses(bad)


def test_a_list_that_does_not_say_until_when() -> None:
    listed = without_end(crl(world()["middle"]), world()["middle"])
    assert counts_until(listed) == 0
    assert "does not say until when" in judged(listed).reasons[0]
    alice = cases()["good"].chain[0]
    assert judged(without_end(crl(world()["middle"], alice), world()["middle"])).status is Status.FAIL


def test_an_entry_with_a_reason_that_there_is_not_is_an_entry() -> None:
    good, damaged = bytes.fromhex("0603551d1504030a0101"), bytes.fromhex("0603551d1504030a0107")
    listed = crl(world()["middle"], cases()["good"].chain[0])
    assert listed.count(good) == 1
    found = judged(signed(asn1_crl.CertificateList.load(listed.replace(good, damaged)), world()["middle"]))
    assert (found.status, found.steps[0].revocation.revoked) == (Status.FAIL, True)


def test_an_entry_with_two_reasons_is_an_entry() -> None:
    made = asn1_crl.CertificateList.load(crl(world()["middle"], cases()["good"].chain[0]))
    reasons = made["tbs_cert_list"]["revoked_certificates"][0]["crl_entry_extensions"]
    reasons.append(reasons[0].copy())
    found = judged(signed(made, world()["middle"]))
    assert (found.status, found.steps[0].revocation.revoked) == (Status.FAIL, True)


@pytest.mark.parametrize(
    ("oid", "why"), [("06072a8648ce3d0401", "signed with sha1"), ("06082a8648ce3d04037f", "of a kind that is not known")]
)
def test_signatures_of_lists_that_do_not_count(oid: str, why: str) -> None:
    made = asn1_crl.CertificateList.load(crl(world()["middle"], cases()["good"].chain[0]))
    name = bytes.fromhex(oid)[2:]
    dotted = core.ObjectIdentifier.load(bytes([6, len(name)]) + name).dotted
    made["signature_algorithm"]["algorithm"] = made["tbs_cert_list"]["signature"]["algorithm"] = dotted
    found = judged(made.dump(force=True))
    assert found.status is Status.PASS
    assert why in found.reasons[0]


def test_a_list_that_another_key_of_the_issuersigned() -> None:
    identified = [(x509.SubjectKeyIdentifier(b"one"), False)]
    keyed = authority("Keyed", extensions=identified)
    alice = person(keyed)
    listed = crl(keyed, alice, extensions=[(x509.AuthorityKeyIdentifier(b"two", None, None), False)])
    found = judge_signer([alice.der, keyed.der], [world()["root"].der], now=NOW, revocation=RevocationFiles((listed,)))
    assert found.status is Status.PASS
    assert "another key of the issuer" in found.reasons[0]


def test_a_list_that_was_signed_with_a_key_of_another_kind() -> None:
    forged = replace(world()["middle"], key=rsa.generate_private_key(65537, 2048))
    found = judged(crl(world()["middle"], cases()["good"].chain[0], signer=forged))
    assert (found.status, "not one of the issuer" in found.reasons[0]) == (Status.PASS, True)


def test_what_is_remembered_of_signatures_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailsec.trust.x509.crl.X509_LIST_SIGNATURES", 1)
    found = judged(crl(world()["middle"]), crl(world()["root"]), crl(world()["middle"]), required=True)
    assert found.status is Status.PASS


def test_who_is_no_authority_makes_no_lists() -> None:
    plain = issue("Plain", world()["root"])
    alice = link(person(plain).der)
    above = link(plain.der)
    assert alice is not None
    assert above is not None
    said = lists((crl(plain),)).answer(alice, above, NOW)
    assert said == RevocationAnswer(None, "CRL: its issuer is no authority")


def test_a_serial_number_that_is_not_positive_cannot_be_looked_up() -> None:
    alice = link(person().der)
    above = link(world()["middle"].der)
    assert alice is not None
    assert above is not None
    said = lists((crl(world()["middle"]),)).answer(replace(alice, serial=0), above, NOW)
    assert (said.revoked, "not positive" in said.reason) == (None, True)
