"""Mark certificates: what they say, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256, sha384
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import Fetch, Fetched, FetchStatus, Purpose, run
from mailsec.core.results import Check, Status
from mailsec.core.rules import Rule
from mailsec.sender.bimi import logotype, rules
from mailsec.sender.bimi.certificate import UNKNOWN_ROOT, Expected, judge
from mailsec.sender.bimi.logotype import LogotypeProblem
from mailsec.sender.bimi.mark import MarkKind, of
from mailsec.sender.bimi.roots import KNOWN, known
from tests.certificates import NOW, Issued, issue
from tests.published import Published, fired, message
from tests.sender.bimi import marks
from tests.sender.bimi.marks import SVG, bundle, data, image, issuer, mark, plain, root, usage, with_logo
from tests.trust.x509.people import crl

EXPECTED = Expected("example.com", "", "default", SVG, (root().der,))
OTHER = SVG.replace(b"#06c", b"#c06")


def judged(pem: bytes, source: Published | None = None, **changes: Any) -> Check:
    flow = judge(pem, "https://example.com/mark.pem", replace(EXPECTED, **changes), now=NOW)
    return run(flow, source or Published({}))


def own(found: Check) -> set[str]:
    """The rules of the room that fired; each certificate of the path says its own beside them."""
    return {rule for rule in fired(found) if rule.startswith("bimi-")}


def test_a_good_one() -> None:
    found = judged(bundle(mark()))
    assert (found.status, own(found)) == (Status.PASS, set()), found
    assert found.reason == "VMC for the domain and its logo; revocation not checked"
    facts = {fact.name: fact.value for fact in found.facts}
    assert facts["kind"] == "VMC"
    assert facts["mark-type"] == "Registered Mark"
    assert facts["trademark-registration"] == "123"
    assert facts["logo-hash"] == "sha256"
    assert facts["timestamps"] == "present, not verified"
    assert facts["pilot"] is False
    assert found.children[0].children[0].name == "CN=Mark Root"


def test_without_the_root_in_the_file() -> None:
    assert judged(bundle(mark(), issuer())).status is Status.PASS


@pytest.mark.parametrize(
    ("leaf", "rule", "said"),
    [
        (lambda: mark(usages=()), rules.CERT_USAGE, "is not 1.3.6.1.5.5.7.3.31 alone"),
        (lambda: mark(usages=(marks.SERVER,)), rules.CERT_USAGE, "is not 1.3.6.1.5.5.7.3.31 alone"),
        (lambda: mark(usages=(marks.BRAND, marks.SERVER)), rules.CERT_USAGE, "is not 1.3.6.1.5.5.7.3.31 alone"),
        (lambda: mark(days=(-20, -1)), rules.CERT_PATH, "the certificate has expired"),
        (lambda: mark(days=(1, 2)), rules.CERT_PATH, "the certificate is not valid before"),
        (lambda: mark("example.org"), rules.CERT_DOMAIN, "it is for example.org, not for example.com"),
        (lambda: mark("*.example.com"), rules.CERT_DOMAIN, "it is for *.example.com"),
        (lambda: mark("mail.example.com"), rules.CERT_DOMAIN, "it is for mail.example.com"),
        (lambda: mark("news._bimi.example.com"), rules.CERT_DOMAIN, "it is for news._bimi.example.com"),
        (lambda: mark(value=None), rules.CERT_LOGO, "the certificate has no extension with a logo"),
        (lambda: mark(value=b"\x30\x80"), rules.CERT_LOGO, "the extension is damaged"),
        (lambda: mark(value=with_logo(digest=bytes(32))), rules.CERT_LOGO, "the image does not match any hash beside it"),
        (lambda: mark(value=with_logo(OTHER)), rules.CERT_OTHER_LOGO, "the logo is another one"),
        (lambda: mark(more=()), rules.CERT_NO_SCT, "no signed timestamps"),
        (lambda: mark(kind=""), rules.CERT_MARK_TYPE, "mark type: none"),
        (lambda: mark(kind="Any Mark"), rules.CERT_MARK_TYPE, "mark type: Any Mark"),
    ],
)
def test_what_is_wrong(leaf: Any, rule: Rule, said: str) -> None:
    found = judged(bundle(leaf()))
    assert own(found) == {rule.id}
    assert said in message(found, rule)
    assert found.status is (Status.PASS if rule in (rules.CERT_NO_SCT, rules.CERT_MARK_TYPE) else Status.FAIL)


@pytest.mark.parametrize("usages", [(usage(marks.SERVER),), ()])
def test_the_purpose_of_issuers(usages: Any) -> None:
    above = issue("Other Issuer", root(), authority=True, extensions=usages)
    found = judged(bundle(mark(issuer=above), above))
    assert found.status is (Status.FAIL if usages else Status.PASS)
    if usages:
        assert "is not for issuers of marks" in message(found, rules.CERT_PATH)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("example.com", {}),
        ("EXAMPLE.com", {}),
        ("default._bimi.example.com", {}),
        ("example.com", {"domain": "mail.example.com", "organizational_domain": "example.com"}),
        ("news._bimi.example.com", {"domain": "mail.example.com", "organizational_domain": "example.com", "selector": "news"}),
    ],
)
def test_names_that_fit(named: str, expected: dict[str, str]) -> None:
    assert judged(bundle(mark(named)), **expected).status is Status.PASS


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Registered Mark", MarkKind.VERIFIED),
        ("government mark", MarkKind.VERIFIED),
        ("Prior Use Mark", MarkKind.COMMON),
        ("Modified Registered Mark", MarkKind.COMMON),
    ],
)
def test_kinds(kind: str, expected: MarkKind) -> None:
    assert judged(bundle(mark(kind=kind))).fact("kind") == expected.value


def test_a_pilot() -> None:
    assert judged(bundle(mark(more=(plain(marks.PILOT, b"\x05\x00"),)))).fact("pilot") is True


def test_an_unknown_root_is_no_judgement() -> None:
    found = judged(bundle(mark()), roots=())
    assert (found.status, found.reason, own(found)) == (Status.NEUTRAL, UNKNOWN_ROOT, {rules.CERT_ROOT.id})
    assert "root that is not trusted: CN=Mark Root" in message(found, rules.CERT_ROOT)
    wrong = judged(bundle(mark("example.org")), roots=())
    assert wrong.status is Status.FAIL, "what is wrong is wrong under any root"


def test_a_self_signed_one_and_one_of_a_false_issuer() -> None:
    assert judged(bundle(mark(issuer=None), root())).status is Status.NEUTRAL
    false = issue("Mark Issuer", issue("Mark Root", authority=True), authority=True)
    found = judged(bundle(mark(issuer=false), false))
    assert (found.status, own(found)) == (Status.FAIL, {rules.CERT_PATH.id})


def test_the_root_of_a_known_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = (mark().der, root().der)
    assert known(chain) == ()
    monkeypatch.setitem(KNOWN, sha256(root().der).hexdigest().upper(), "Mark Root")  # type: ignore[arg-type] # a dict behind it
    assert known(chain) == (root().der,)
    assert judged(bundle(mark()), roots=()).status is Status.PASS
    assert all(len(each) == 64 and int(each, 16) for each in KNOWN)


LISTS, ISSUER, ROOT = "http://ca.example/l.crl", "http://ca.example/i.cer", "http://ca.example/r.cer"


def served(**files: bytes) -> Published:
    urls = {"lists": LISTS, "issuer": ISSUER, "root": ROOT}
    return Published(
        {}, web={urls[name]: Fetched(Fetch("", 1), FetchStatus.OK, 200, body=body) for name, body in files.items()}
    )


def points(url: str) -> tuple[x509.ExtensionType, bool]:
    return x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)]), False


def above(url: str) -> tuple[x509.ExtensionType, bool]:
    where = x509.UniformResourceIdentifier(url)
    access = x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, where)
    return x509.AuthorityInformationAccess([access]), False


@pytest.mark.parametrize("revoked", [True, False])
def test_revocation_is_asked_for(revoked: bool) -> None:
    leaf = mark(more=(plain(marks.TIMESTAMPS, b"\x04\x02\x00\x00"), points(LISTS)))
    source = served(lists=crl(issuer(), *((leaf,) if revoked else ())))
    found = judged(bundle(leaf), source)
    assert [ask.url for ask in source.asked if isinstance(ask, Fetch) and ask.purpose is Purpose.REVOCATION] == [LISTS]
    assert found.status is (Status.FAIL if revoked else Status.PASS)
    assert own(found) == ({rules.CERT_PATH.id} if revoked else set())
    assert ("the certificate is revoked at" in found.reason) is revoked


def test_issuers_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    between = issue("Between", root(), authority=True, extensions=(usage(marks.BRAND), above(ROOT)))
    leaf = mark(issuer=between, more=(plain(marks.TIMESTAMPS, b"\x04\x02\x00\x00"), above(ISSUER), points(LISTS)))
    source = served(issuer=between.der, root=root().der, lists=crl(between))
    assert judged(leaf.pem, source, roots=()).status is Status.NEUTRAL
    monkeypatch.setitem(KNOWN, sha256(root().der).hexdigest().upper(), "Mark Root")  # type: ignore[arg-type] # a dict behind it
    found = judged(leaf.pem, source, roots=())
    assert (found.status, found.children[0].children[0].name) == (Status.PASS, "CN=Mark Root")
    assert LISTS in {ask.url for ask in source.asked if isinstance(ask, Fetch)}


def test_without_the_published_logo_nothing_is_compared() -> None:
    assert judged(bundle(mark(value=with_logo(OTHER))), svg=None).status is Status.PASS


@pytest.mark.parametrize(
    "pem", [b"", b"x", b"\0" * 1000, bundle(mark())[:200], b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END "]
)
def test_what_is_no_certificate(pem: bytes) -> None:
    found = judged(pem)
    assert (found.status, own(found)) == (Status.FAIL, {rules.CERT_UNREADABLE.id})


def test_containers_and_private_keys_are_not_opened() -> None:
    leaf = mark()
    own = x509.load_der_x509_certificate(leaf.der)
    container = pkcs12.serialize_key_and_certificates(None, leaf.key, own, None, NoEncryption())
    for pem, why in ((container, "no certificate in PEM"), (leaf.der, "no certificate in PEM"), (leaf.key_pem, "PRIVATE KEY")):
        found = judged(pem)
        assert (found.status, fired(found)) == (Status.FAIL, {rules.CERT_UNREADABLE.id})
        assert why in found.reason


def test_the_logo_in_the_certificate_is_judged_where_no_other_is() -> None:
    active = SVG.replace(b"</svg>", b"<script>1</script></svg>")
    found = judged(bundle(mark(value=with_logo(active))), svg=None)
    assert found.status is Status.FAIL
    assert found.reason.startswith("its logo: ")
    assert found.children[1].findings[0].rule == rules.SVG_SCRIPT.id


# --- the logo in the certificate


@pytest.mark.parametrize(
    "value",
    [
        with_logo(),
        with_logo(packed=False),
        marks.logotype(image(data(), ("sha256", sha256(marks.gzip.compress(SVG, mtime=0)).digest()))),
        marks.logotype(image(data(), ("sha1", bytes(20)), ("sha384", sha384(SVG).digest()))),
        marks.logotype(image(b"https://a.example/", ("sha256", bytes(32))), image(data(), ("sha256", sha256(SVG).digest()))),
    ],
)
def test_logos(value: bytes) -> None:
    assert logotype.read(value).svg == SVG


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "the extension is damaged"),
        (b"\x30\x00", "no image of the subject"),
        (with_logo() + b"\0", "the extension is damaged"),
        (marks.logotype(), "no image of the subject"),
        (marks.der(0x30, marks.der(0xA2, marks.der(0xA0))), "no image of the subject"),
        (marks.der(0x30, marks.der(0xA2, marks.der(0xA1, b"\x30\x00"))), "no image of the subject"),
        (marks.der(0x30, marks.der(0xA1, marks.der(0xA0, marks.der(0x30)))), "no image of the subject"),
        (marks.logotype(image(b"https://a.example/logo.svg", ("sha256", bytes(32)))), "not an SVG within the certificate"),
        (marks.logotype(image(b"data:image/png;base64,AAAA", ("sha256", bytes(32)))), "not an SVG within the certificate"),
        (marks.logotype(image(b"data:image/svg+xml;base64,A", ("sha256", bytes(32)))), "cannot be unpacked"),
        (marks.logotype(image(b"data:image/svg+xml;base64,H4sI", ("sha256", bytes(32)))), "cannot be unpacked"),
        (marks.logotype(image(data(), ("sha1", bytes(20)))), "does not match any hash"),
        (marks.logotype(image(data())), "does not match any hash"),
    ],
)
def test_no_logo(value: bytes, reason: str) -> None:
    with pytest.raises(LogotypeProblem, match=reason):
        logotype.read(value)


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(1, 255))
def test_any_extension_is_read_or_refused(more: bytes, at: int, flip: int) -> None:
    damaged = bytearray(with_logo())
    damaged[at % len(damaged)] ^= flip
    for value in (more, bytes(damaged), with_logo()[:at]):
        try:
            assert logotype.read(value).svg
        except LogotypeProblem:
            continue


def test_a_bomb_in_the_certificate() -> None:
    bomb = marks.gzip.compress(bytes(1 << 24))
    value = marks.logotype(image(b"data:image/svg+xml;base64," + marks.b64encode(bomb), ("sha256", sha256(bomb).digest())))
    with pytest.raises(LogotypeProblem, match="unpack to more than"):
        logotype.read(value)


def test_odd_subjects() -> None:
    many = [x509.NameAttribute(marks.REGISTRATION, str(number)) for number in range(5_000)]
    leaf: Issued = issue("x", None, subject=many)
    assert len(of(x509.load_der_x509_certificate(leaf.der)).named) < 5_000
    bits = x509.NameAttribute(x509.NameOID.X500_UNIQUE_IDENTIFIER, b"\xff", x509.name._ASN1Type.BitString)
    assert of(x509.load_der_x509_certificate(issue("x", None, subject=[bits]).der)).named == ()
