"""Signed S/MIME mail in every arrangement, honest and not, judged as whole mails through the use case."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1, sha256, sha512
from pathlib import Path

import pytest
from asn1crypto import cms as asn1cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailsec.api.session import Session, Settings
from mailsec.api.verify_message import VerifyOptions, verify_message
from mailsec.content.smime.der import algorithm, integer, octets, oid, sequence, tlv
from mailsec.core.limits.content import CMS_CERTIFICATES, CMS_NESTING, CMS_SIGNERS
from mailsec.core.results import Report
from tests.certificates import NOW, Issued, issue, make
from tests.content.smime.forge import (
    ALICE,
    HEADER,
    MALLORY,
    OTHER_ROOT,
    ROOT,
    SUB,
    TEXT,
    Signing,
    changed,
    compressed,
    detached,
    indefinite,
    mixed,
    multipart,
    opaque,
    p7m,
    person,
    pss_only,
    signed_data,
    signer_info,
    twice,
    two_values,
    usage,
    without,
    wrapped,
)

FOOTER = b"Content-Type: text/plain\r\n\r\n-- \r\nThe list\r\n"
SIGNED = signed_data(TEXT, Signing())
INSIDE = signed_data(TEXT, Signing(), detached=False)
HP = (
    b'Content-Type: text/plain; charset=utf-8; hp="clear"\r\n'
    + HEADER.replace(b"MIME-Version: 1.0\r\n", b"")
    + b"\r\nHello Bob, pay 100 to account 7.\r\n"
)


def as_kind(data: bytes, kind: bytes, name: bytes = b"smime.p7m") -> bytes:
    return HEADER + p7m(data, kind, name)


ED = person("alice@bank.example", SUB, Ed25519PrivateKey.generate())
EC = {
    curve.name: person("alice@bank.example", SUB, ec.generate_private_key(curve)) for curve in (ec.SECP256R1(), ec.SECP521R1())
}
DSA = person("alice@bank.example", SUB, dsa.generate_private_key(2048))
SMALL = person("alice@bank.example", SUB, rsa.generate_private_key(65537, 1024))
EXPIRED = person("alice@bank.example", SUB, days=(-30, -1))
EARLY = person("alice@bank.example", SUB, days=(1, 30))
FOR_SERVERS = person("alice@bank.example", SUB, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))
NO_PURPOSE = person("alice@bank.example", SUB, purposes=())
NOT_SIGNING = person("alice@bank.example", SUB, usages=usage(sign=False))
STRANGER = person("alice@bank.example", OTHER_ROOT)
ALONE = person("alice@bank.example", None)
LOCAL_CASE = person("Alice@bank.example", SUB)
DOMAIN_CASE = person("alice@BANK.example", SUB)
CONSTRAINED = issue(
    "Only for others",
    ROOT,
    authority=True,
    extensions=[(x509.NameConstraints([x509.RFC822Name("other.example")], None), True)],
)
OUTSIDE = person("alice@bank.example", CONSTRAINED)


def by_subject(*, san: bool) -> Issued:
    """A certificate with the author's address in the subject, with another one as rfc822Name where `san`."""
    subject = [x509.NameAttribute(NameOID.EMAIL_ADDRESS, "alice@bank.example")]
    names = [x509.RFC822Name("other@bank.example")] if san else []
    key = ec.generate_private_key(ec.SECP256R1())
    return Issued(make("Alice", subject=subject, names=names, key=key), key)


def nested(levels: int) -> bytes:
    """A compressed text in so many compressions."""
    made = compressed(TEXT)
    for _ in range(levels):
        made = compressed(p7m(made, b"application/pkcs7-mime"))
    return made


def flipped(data: bytes) -> bytes:
    return data.replace(b"pay 100", b"pay 900")


def by(signer: Issued, **more: object) -> bytes:
    return detached(TEXT, changed(Signing(signer), **more))


def with_change(change: Callable[..., object]) -> bytes:
    return detached(TEXT, Signing(change=change))  # type: ignore[arg-type] # tables of tests


NAMED = "2a864886f70d010910022f"


def told(hashed: bytes, name: str = "sha256", times: int = 1) -> Callable[..., object]:
    """A change that names the signer's certificate by a hash, in the old attribute where that is SHA-1 (RFC 5035)."""
    stated = {"sha512": algorithm("608648016503040203"), "nobody's": algorithm("2a03")}.get(name, b"")
    value = sequence(sequence(sequence(stated, octets(hashed))))
    return naming(*[value] * times, kind="2a864886f70d010910020c" if name == "sha1" else NAMED)


def naming(*values: bytes, kind: str = NAMED) -> Callable[..., object]:
    """A change that adds an attribute with these values (DER)."""
    added = asn1cms.CMSAttribute.load(sequence(oid(kind), tlv(0x31, b"".join(values))))
    return lambda fields: [*fields, added]


def beside(second: bytes) -> bytes:
    """A multipart/signed whose second part is `second`."""
    head = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=sm\r\n\r\n'
    return HEADER + head + b"--sm\r\n" + TEXT + b"\r\n--sm\r\n" + second + b"\r\n--sm--\r\n"


def carried(kind: bytes, behind: bytes = b"") -> bytes:
    """A part of some type with a good signature, and what stands behind it."""
    return b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapped(SIGNED + behind)


def attributes_as_text() -> bytes:
    """The signature of an honest mail over its attributes, which are said to be the text now."""
    honest = signer_info(TEXT, Signing())
    text = b"\x31" + honest["signed_attrs"].dump()[1:]
    made = signed_data(text, Signing(), detached=False)
    kept = ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")
    info = asn1cms.ContentInfo.load(made)
    info["content"]["signer_infos"] = [asn1cms.SignerInfo({name: honest[name] for name in kept})]
    return HEADER + p7m(info.dump(force=True))


PSS_256 = {
    "hash_algorithm": {"algorithm": "sha256"},
    "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
}
PSS_ALONE = pss_only(ALICE, SUB)
PSS_LIMITED = pss_only(ALICE, SUB, **PSS_256, salt_length=32)
PSS_LONGER = pss_only(ALICE, SUB, **PSS_256, salt_length=33)
PSS_OTHER = pss_only(
    ALICE, SUB, hash_algorithm={"algorithm": "sha512"}, mask_gen_algorithm=PSS_256["mask_gen_algorithm"], salt_length=32
)
GOOD = ("good", 12, 0, {"content-header-unprotected"})
BAD = ("bad", 3, 1, {"smime-signature-bad"})
WEAK = ("bad", 3, 1, {"smime-signature-weak"})
CERTIFICATE = ("bad", 3, 1, {"smime-signer-certificate"})
UNREADABLE = ("bad", 3, 1, {"smime-signature-unreadable"})
PARTIAL = ("partial", 9, 1, {"content-unsigned-parts"})
UNJUDGED = ("unjudged", 10, 7, {"smime-signature-unreadable"})
UNTRUSTED = ("unjudged", 10, 7, {"content-key-unauthenticated"})
CASES: dict[str, tuple[bytes, tuple[str, int, int, set[str]]]] = {
    "detached": (detached(), GOOD),
    "detached, x- names": (HEADER + multipart(TEXT, SIGNED, b"x-pkcs7-signature"), GOOD),
    "detached, bare LF": (detached().replace(b"\r\n", b"\n"), GOOD),
    "detached, BER": (HEADER + multipart(TEXT, indefinite(SIGNED)), GOOD),
    "opaque": (opaque(), GOOD),
    "opaque, BER": (HEADER + p7m(indefinite(INSIDE)), GOOD),
    "opaque, x- name": (as_kind(INSIDE, b"application/x-pkcs7-mime; smime-type=signed-data"), GOOD),
    "opaque, no smime-type": (as_kind(INSIDE, b"application/pkcs7-mime"), GOOD),
    "opaque, a wrong smime-type": (as_kind(INSIDE, b"application/pkcs7-mime; smime-type=enveloped-data"), GOOD),
    "opaque, octets named p7m": (as_kind(INSIDE, b"application/octet-stream"), GOOD),
    "opaque, octets named otherwise": (as_kind(INSIDE, b"application/octet-stream", b"a.bin"), ("absent", 16, 3, set())),
    "no attributes": (by(ALICE, attributes=False), GOOD),
    "by key identifier": (by(ALICE, by_key_id=True), GOOD),
    "PSS": (by(ALICE, pss=True), GOOD),
    "SHA-512": (by(ALICE, digest="sha512"), GOOD),
    "sha256WithRSA as algorithm": (by(ALICE, algorithm="sha256_rsa"), GOOD),
    "P-256": (by(EC["secp256r1"]), GOOD),
    "P-521": (by(EC["secp521r1"], digest="sha512"), GOOD),
    "two good ones": (detached(TEXT, Signing(), Signing(EC["secp256r1"])), GOOD),
    "no purpose stated": (by(NO_PURPOSE), GOOD),
    "domain in another case": (by(DOMAIN_CASE), GOOD),
    "signed, then compressed": (as_kind(compressed(multipart(TEXT, SIGNED)), b"application/pkcs7-mime"), GOOD),
    "header protected": (detached(HP), ("good", 12, 0, set())),
    "header protected, opaque": (opaque(HP), ("good", 12, 0, set())),
    "header not protected, whatever the outside says": (
        HEADER + p7m(INSIDE, b'application/pkcs7-mime; smime-type=signed-data; hp="clear"'),
        GOOD,
    ),
    "header protected, seen otherwise": (
        opaque(HP).replace(b"Subject: Payment", b"Subject: Urgent"),
        ("good", 4, 1, {"content-header-differs"}),
    ),
    "a key for PSS alone": (by(PSS_ALONE, pss=True), GOOD),
    "a key for PSS alone, used otherwise": (by(PSS_ALONE), BAD),
    "a key for PSS with these parameters": (by(PSS_LIMITED, pss=True), GOOD),
    "a key for PSS with these parameters, used otherwise": (by(PSS_LIMITED), BAD),
    "a key for PSS with more salt": (by(PSS_LONGER, pss=True), BAD),
    "a key for PSS with another hash": (by(PSS_OTHER, pss=True), BAD),
    "certificate named by its hash": (with_change(told(sha256(ALICE.der).digest())), GOOD),
    "certificate named by SHA-512": (with_change(told(sha512(ALICE.der).digest(), "sha512")), GOOD),
    "certificate named as of old": (with_change(told(sha1(ALICE.der).digest(), "sha1")), GOOD),
    "another certificate named": (with_change(told(sha256(SUB.der).digest())), BAD),
    "another certificate named as of old": (with_change(told(sha1(SUB.der).digest(), "sha1")), BAD),
    "certificate named with a hash of nobody": (with_change(told(sha256(ALICE.der).digest(), "nobody's")), BAD),
    "certificate named twice": (with_change(told(sha256(ALICE.der).digest(), times=2)), BAD),
    "certificate named by nothing": (with_change(naming()), BAD),
    "certificate named by an empty list": (with_change(naming(sequence(sequence()))), BAD),
    "certificate named by a number": (
        with_change(naming(sequence(sequence(sequence(integer(1)))))),
        BAD,
    ),
    "the signature in a part of octets": (beside(carried(b"application/octet-stream; name=smime.p7s")), GOOD),
    "the signature in a part that is shown": (beside(carried(b"text/html", b"<h1>Pay Mallory</h1>")), PARTIAL),
    "the signature within a multipart": (
        beside(mixed(carried(b"application/pkcs7-signature"), FOOTER)),
        ("bad", 3, 1, {"smime-signature-unreadable"}),
    ),
    "attributes of another signature as text": (attributes_as_text(), BAD),
    "no mail but a structure": (detached(kind="digested_data"), ("unjudged", 10, 7, {"smime-signature-unsupported"})),
    "a text of one set": (detached(b"\x31\x00", Signing(attributes=False)), BAD),
    "a text that begins like a set": (detached(b"1: x\r\n\r\nHello\r\n", Signing(attributes=False)), GOOD),
    "hash of the signature is of another family": (by(EC["secp256r1"], algorithm="sha3_256_ecdsa"), BAD),
    "changed": (flipped(detached()), BAD),
    "changed signature": (by(ALICE, flip=True), BAD),
    "no content type": (with_change(without("content_type")), BAD),
    "no message digest": (with_change(without("message_digest")), BAD),
    "content type twice": (with_change(twice("content_type")), BAD),
    "message digest twice": (with_change(twice("message_digest")), BAD),
    "message digest with two values": (with_change(two_values("message_digest")), BAD),
    "no attributes, other content": (detached(TEXT, Signing(attributes=False), kind="digested_data"), BAD),
    "hash of the signature is another": (by(ALICE, algorithm="sha512_rsa"), BAD),
    "Ed25519": (by(ED, digest="sha512"), GOOD),
    "Ed25519 over SHA-256": (by(ED), BAD),
    "SHA-1": (by(ALICE, digest="sha1"), WEAK),
    "MD5": (by(ALICE, digest="md5"), WEAK),
    "RSA of 1024 bits": (by(SMALL), WEAK),
    "DSA": (by(DSA), ("bad", 3, 1, {"smime-signature-dsa"})),
    "a hash of nobody": (by(ALICE, digest="sha256", algorithm="1.2.3.4"), ("unjudged", 10, 7, {"smime-signature-unsupported"})),
    "one of two bad": (
        detached(TEXT, Signing(), Signing(EC["secp256r1"], flip=True)),
        ("bad", 3, 1, {"smime-signature-bad"}),
    ),
    "another's": (by(MALLORY), ("bad", 3, 1, {"content-signer-not-author"})),
    "local part in another case": (by(LOCAL_CASE), ("bad", 3, 1, {"content-signer-not-author"})),
    "address in the subject beside another": (by(by_subject(san=True)), ("bad", 3, 1, {"content-signer-not-author"})),
    "address in the subject alone": (by(by_subject(san=False)), UNTRUSTED),
    "unknown root": (by(STRANGER), UNTRUSTED),
    "self-signed": (by(ALONE), UNTRUSTED),
    "expired": (by(EXPIRED), CERTIFICATE),
    "not valid yet": (by(EARLY), CERTIFICATE),
    "for servers": (by(FOR_SERVERS), CERTIFICATE),
    "not for signing": (by(NOT_SIGNING), CERTIFICATE),
    "outside of the authority's names": (detached(TEXT, Signing(OUTSIDE), certificates=[OUTSIDE, CONSTRAINED]), CERTIFICATE),
    "no certificate": (detached(certificates=[]), ("unjudged", 10, 7, {"smime-signer-unknown"})),
    "no authority": (detached(certificates=[ALICE]), UNTRUSTED),
    "a text of its own": (HEADER + multipart(TEXT, INSIDE), ("bad", 3, 1, {"smime-content-twice"})),
    "another text of its own": (
        HEADER + multipart(flipped(TEXT), INSIDE),
        ("bad", 3, 1, {"smime-content-twice"}),
    ),
    "nobody signed": (HEADER + multipart(TEXT, signed_data(TEXT)), ("bad", 3, 1, {"smime-not-signed"})),
    "nobody signed, opaque": (HEADER + p7m(signed_data(TEXT, detached=False)), ("bad", 3, 1, {"smime-not-signed"})),
    "certificates alone": (
        as_kind(signed_data(b"", certificates=[ALICE]), b"application/pkcs7-mime"),
        ("absent", 16, 3, set()),
    ),
    "opaque without its text": (as_kind(SIGNED, b"application/pkcs7-mime"), UNREADABLE),
    "cut off": (HEADER + multipart(TEXT, SIGNED[:-40]), UNREADABLE),
    "no signature but octets": (HEADER + multipart(TEXT, b"octets"), UNREADABLE),
    "empty": (HEADER + multipart(TEXT, b""), UNREADABLE),
    "too many certificates": (detached(certificates=[ALICE] * (CMS_CERTIFICATES + 1)), UNREADABLE),
    "too many signatures": (detached(TEXT, *[Signing(EC["secp256r1"])] * (CMS_SIGNERS + 1)), UNREADABLE),
    "a footer beside": (HEADER + mixed(multipart(TEXT, SIGNED), FOOTER), PARTIAL),
    "a footer beside the opaque one": (HEADER + mixed(p7m(INSIDE), FOOTER), PARTIAL),
    "only one part": (
        HEADER
        + b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=x\r\n\r\n'
        + b"--x\r\n\r\nText\r\n--x--\r\n",
        UNREADABLE,
    ),
    "two From fields": (b"From: mallory@evil.example\r\n" + detached(), ("bad", 2, 1, {"content-author-undecided"})),
    "cut off while compressed": (
        as_kind(compressed(TEXT)[:-9], b"application/pkcs7-mime; smime-type=compressed-data"),
        UNJUDGED,
    ),
    "damaged while compressed": (as_kind(compressed(TEXT)[:-9] + bytes(9), b"application/pkcs7-mime"), UNJUDGED),
    "compressed too often": (as_kind(nested(CMS_NESTING + 1), b"application/pkcs7-mime"), UNJUDGED),
    "compressed beside": (HEADER + mixed(p7m(compressed(TEXT)), FOOTER), ("absent", 16, 3, set())),
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roots") / "root.pem"
    path.write_bytes(ROOT.pem)
    return path


def judged(file: bytes, roots: Path) -> Report:
    with Session(Settings(at=NOW, offline=True, ca_file=str(roots))) as session:
        return verify_message(file, "m", session, VerifyOptions(at=NOW)).report


def outcome(report: Report) -> tuple[str, int, int, set[str]]:
    """Content answer, deciding row, exit code, rules."""
    assert report.verdict
    found = {each.rule for each in report.all_findings() if each.rule.startswith(("content-", "smime-"))}
    return report.verdict.content, report.verdict.decided_by, report.exit, found


@pytest.mark.parametrize("case", CASES)
def test_a_signed_mail_in_every_arrangement(case: str, roots: Path) -> None:
    file, expected = CASES[case]
    assert outcome(judged(file, roots)) == expected
