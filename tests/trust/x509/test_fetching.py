"""What certificates name is asked for: by hand-fed replies, without a network."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from mailsec.core.flow import Ask, Fetch, Fetched, FetchStatus, Purpose
from mailsec.core.results import Status
from mailsec.trust.x509.fetching import Gathered, counts_until, gathered
from mailsec.trust.x509.revocation import NO_FILES, RevocationFiles
from mailsec.trust.x509.signer import judge_signer
from tests.certificates import NOW, Issued
from tests.trust.x509.people import authority, crl, person, response, usage, without_end, world

TRY_LATER = ocsp.OCSPResponseStatus.TRY_LATER
LIST, ISSUER, OCSP = "http://crl.example/m.crl", "http://ca.example/m.cer", "http://ocsp.example"


def access(method: x509.ObjectIdentifier, *urls: str) -> tuple[x509.AuthorityInformationAccess, bool]:
    named = [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for url in urls]
    return x509.AuthorityInformationAccess(named), False


def points(*urls: str) -> tuple[x509.CRLDistributionPoints, bool]:
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in urls]
    ), False


def driven(chain: list[Issued], pages: dict[str, bytes], most: int = 9) -> tuple[Gathered, list[Fetch]]:
    flow = gathered([each.der for each in chain], [world()["root"].der], NO_FILES, now=NOW, most=most)
    asked: list[Fetch] = []
    reply: Fetched | None = None
    while True:
        try:
            ask: Ask = flow.send(reply)
        except StopIteration as ended:
            return ended.value, asked
        assert isinstance(ask, Fetch)
        asked.append(ask)
        body = next((page for url, page in pages.items() if ask.url.startswith(url)), None)
        reply = Fetched(ask, FetchStatus.OK, 404 if body is None else 200, body=body or b"")


def judged(chain: list[Issued], found: Gathered) -> Status:
    ders = [*(each.der for each in chain), *found.issuers]
    return judge_signer(ders, [world()["root"].der], now=NOW, revocation=found.files).status


def test_a_list_that_the_certificate_names() -> None:
    alice = person(extensions=[usage("digital_signature"), points(LIST, "ldap://x/y")])
    chain = [alice, world()["middle"]]
    found, asked = driven(chain, {LIST: crl(world()["middle"], alice)})
    assert [(each.url, each.purpose) for each in asked] == [(LIST, Purpose.REVOCATION)]
    assert (found.requests, found.notes, judged(chain, found)) == (1, (), Status.FAIL)


def test_ocsp_comes_first_and_the_list_where_it_says_nothing() -> None:
    middle = world()["middle"]
    alice = person(extensions=[usage("digital_signature"), points(LIST), access(Access.OCSP, OCSP)])
    said = response(middle, alice, good=False)
    found, asked = driven([alice, middle], {OCSP: said, LIST: crl(middle)})
    assert (found.files, len(asked)) == (RevocationFiles((), (said,)), 1)
    assert asked[0].url.startswith(OCSP + "/M")
    assert judged([alice, middle], found) is Status.FAIL
    for bad in (b"", b"x", said[:-1]):
        found, asked = driven([alice, middle], {OCSP: bad, LIST: crl(middle)})
        assert (len(found.files.crls), len(asked)) == (1, 2)


def test_issuers_that_are_missing() -> None:
    sub = authority("Sub", world()["middle"], extensions=[access(Access.CA_ISSUERS, ISSUER + "/m")])
    alice = person(sub, extensions=[usage("digital_signature"), access(Access.CA_ISSUERS, ISSUER + "/s")])
    pages = {ISSUER + "/s": sub.der, ISSUER + "/m": world()["middle"].pem}
    found, asked = driven([alice], pages)
    assert (len(found.issuers), len(asked), judged([alice], found)) == (2, 2, Status.PASS)
    for bad in (b"", b"\x30\x80", b"x", alice.der):
        found, asked = driven([alice], {ISSUER: bad})
        assert len(asked) <= 2
        assert judged([alice], found) is Status.NEUTRAL


def test_no_more_is_asked_than_may_be() -> None:
    alice = person(extensions=[usage("digital_signature"), points(*(f"{LIST}{number}" for number in range(9)))])
    found, asked = driven([alice, world()["middle"]], {})
    assert len(asked) == 2
    assert found.notes[0] == f"{LIST}0: ok, code 404"
    found, asked = driven([alice, world()["middle"]], {}, most=0)
    assert (asked, found.notes[0]) == ([], f"{LIST}0: not asked: too many were")


def test_nothing_is_asked_about_strangers() -> None:
    stranger = person(world()["other"], extensions=[points(LIST), access(Access.OCSP, OCSP)])
    assert driven([stranger, world()["other"]], {})[1] == []


def test_until_when_an_answer_counts() -> None:
    said = response(world()["middle"], person(), good=True)
    assert counts_until(said) == NOW + 7 * 86_400
    for bad in (b"", said[:-1], ocsp.OCSPResponseBuilder.build_unsuccessful(TRY_LATER).public_bytes(Encoding.DER)):
        assert counts_until(bad) is None


def test_what_does_not_say_until_when_it_counts_may_still_revoke() -> None:
    middle = world()["middle"]
    alice = person(extensions=[usage("digital_signature"), points(LIST), access(Access.OCSP, OCSP)])
    for good, status in ((False, Status.FAIL), (True, Status.PASS)):
        said = response(middle, alice, good=good, days=(-1, None))
        found, asked = driven([alice, middle], {OCSP: said})
        assert (found.files.ocsps, len(asked), counts_until(said)) == ((said,), 2, 0)
        assert judged([alice, middle], found) is status
    listed = without_end(crl(middle, alice), middle)
    found, _ = driven([alice, middle], {LIST: listed})
    assert (found.files.crls, judged([alice, middle], found)) == ((listed,), Status.FAIL)


@pytest.mark.filterwarnings("error")
def test_oddities_of_an_issuer_are_no_warnings() -> None:
    middle = world()["middle"]
    alice = person(extensions=[usage("digital_signature"), access(Access.CA_ISSUERS, ISSUER)])
    made = pkcs7.serialize_certificates([x509.load_der_x509_certificate(middle.der)], Encoding.DER)
    assert made[:2] == b"\x30\x82"
    found, _ = driven([alice], {ISSUER: b"\x30\x80" + made[4:] + b"\0\0"})  # BER: of no definite length
    assert (found.issuers, judged([alice], found)) == ((middle.der,), Status.PASS)
