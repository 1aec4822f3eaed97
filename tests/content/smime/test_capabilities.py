"""What programs say that they understand: written, read, remembered from good signatures alone, and used to choose a cipher."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from functools import partial
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.smime.ber import elements
from mailsec.content.smime.capabilities import Capabilities, Capability, best, ours, read_capabilities, written
from mailsec.content.smime.cms import CmsError, opened, signed_data
from mailsec.content.smime.der import octets, oid, sequence, tlv
from mailsec.content.smime.identifier import Identifier
from mailsec.content.smime.judging import Judge
from mailsec.content.smime.mail import layers
from mailsec.content.smime.signature import Answer, SignatureResult
from mailsec.content.smime.signerinfo import Attributes, read
from mailsec.content.smime.signing import SignForm, signed_entity
from mailsec.core.limits.content import CMS_CAPABILITIES, CMS_CAPABILITY_BYTES
from mailsec.message.authors import author
from mailsec.message.fields import parse
from mailsec.message.mime import structure
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.x509.signer import judge_signer
from tests.certificates import NOW, Issued
from tests.content.smime.forge import ALICE, BOB, HEADER, ROOT, SUB, TEXT, person
from tests.content.smime.test_decrypting import secret

AES = {
    "256-GCM": "60864801650304012e",
    "128-GCM": "608648016503040106",
    "256-CBC": "60864801650304012a",
    "128-CBC": "608648016503040102",
}
TRIPLE = "2a864886f70d0307"


def says(*names: str) -> Capabilities:
    return written(Capability(AES.get(each, each)) for each in names)


def test_ours_are_read_as_they_were_written() -> None:
    made = ours()
    assert read_capabilities(made.der) == made
    names = [each.name for each in made.ciphers]
    assert names[:4] == ["AES-256-GCM", "AES-128-GCM", "AES-256-CBC", "AES-128-CBC"]
    assert made.oaep
    assert made.compression
    kept = cms.SMIMECapabilites.load(made.der, strict=True)
    assert next(each["capability_id"].native for each in kept) == "aes256_gcm"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], "AES-256-GCM"),
        ([says("128-GCM", "256-GCM")], "AES-128-GCM"),
        ([says("256-CBC", "128-GCM")], "AES-128-GCM"),
        ([says("128-CBC", "256-CBC")], "AES-128-CBC"),
        ([ours(), says("128-CBC", "256-CBC")], "AES-256-CBC"),
        ([ours(), ours()], "AES-256-GCM"),
        ([says(TRIPLE, "256-CBC")], "AES-256-CBC"),
        ([says(TRIPLE)], None),
        ([says("256-GCM"), says("256-CBC")], None),
    ],
)
def test_the_best_cipher_is_one_that_all_understand(known: list[Capabilities], expected: str | None) -> None:
    found = best(known)
    assert (found.name if found else None) == expected


ONE = sequence(oid(TRIPLE))


@pytest.mark.parametrize(
    "der",
    {
        "nothing": b"",
        "no list": octets(b"x"),
        "no capabilities": sequence(),
        "too many": sequence(*[ONE] * (CMS_CAPABILITIES + 1)),
        "too long": sequence(sequence(oid(TRIPLE), octets(bytes(CMS_CAPABILITY_BYTES)))),
        "no name": sequence(sequence(octets(b"x"))),
        "an empty one": sequence(sequence()),
        "three fields": sequence(sequence(oid(TRIPLE), octets(b""), octets(b""))),
        "another thing": sequence(octets(b"x")),
        "cut off": ours().der[:-3],
        "something after it": ours().der + ONE,
    }.values(),
)
def test_what_is_no_list_of_capabilities_is_refused(der: bytes) -> None:
    with pytest.raises(CmsError):
        read_capabilities(der)


@given(st.binary(max_size=100))
def test_anything_is_read_or_refused(der: bytes) -> None:
    try:
        found = read_capabilities(der)
    except CmsError:
        return
    best([found])


def test_what_is_said_twice_counts_once() -> None:
    assert len(read_capabilities(sequence(ONE, ONE)).listed) == 1


def judged(entity: bytes) -> SignatureResult:
    """The one signature of a mail with `entity`."""
    message = parse(HEADER + entity)
    judge = Judge(FileKeys(), partial(judge_signer, anchors=(ROOT.der,)), NOW)
    return layers(message, structure(message), author(message), judge)[0].results[0]


def signed(*others: bytes, by: Issued = ALICE) -> bytes:
    return b"".join(signed_entity([TEXT], [secret(by)], others, SignForm(opaque=True), now=NOW))


def test_a_good_signature_says_what_its_maker_understands() -> None:
    result = judged(signed(SUB.der))
    assert result.answer is Answer.GOOD
    assert result.capabilities == ours()
    assert result.preferred is not None
    assert result.preferred.fits(ALICE.der)


def test_another_certificate_is_preferred_where_the_signer_has_one_that_only_signs() -> None:
    signer = person("alice@bank.example", SUB, Ed25519PrivateKey.generate())
    assert judged(signed(BOB.der, by=signer)).preferred is None
    result = judged(signed(SUB.der, BOB.der, ALICE.der, by=signer))
    assert result.preferred is not None
    assert result.preferred.fits(ALICE.der)


def test_nothing_is_taken_from_a_signature_that_is_not_good() -> None:
    info = judged(signed()).info
    assert info is not None
    for answer in Answer:
        result = SignatureResult(answer, "", info)
        assert (result.capabilities is not None) is (answer is Answer.GOOD)
        assert (result.preferred is not None) is (answer is Answer.GOOD)
    assert SignatureResult(Answer.GOOD, "").capabilities is None


def with_attribute(kind: str, values: bytes) -> Attributes:
    """What is read of the attributes of a signature that has this one in place of ours."""
    der = b64decode(signed().split(b"\r\n\r\n", 1)[1])
    fields = elements(elements(memoryview(signed_data(opened(der)).signers[0]))[0].content)
    kept = [bytes(each.whole) for each in elements(fields[3].content)][:3]
    attributes = tlv(0xA0, b"".join([*kept, sequence(oid(kind), tlv(0x31, values))]))
    found = read(sequence(*(bytes(each.whole) if each.tag != 0xA0 else attributes for each in fields))).attributes
    assert found is not None
    return found


CAPABILITIES, PREFERENCE = "2a864886f70d01090f", "2a864886f70d010910020b"
NAME = sequence()


@pytest.mark.parametrize("values", [b"", b"\x05\x00", sequence(octets(b"x")), sequence(), ours().der * 2])
def test_capabilities_that_cannot_be_read_are_none_and_spoil_nothing(values: bytes) -> None:
    found = with_attribute(CAPABILITIES, values)
    assert found.capabilities is None
    assert len(found.digests) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (tlv(0xA0, NAME + b"\x02\x01\x07"), Identifier(NAME, 7)),
        (tlv(0xA1, octets(b"key")), Identifier(key_id=b"key")),
        (tlv(0x82, b"key"), Identifier(key_id=b"key")),
        (tlv(0xA0, NAME), None),
        (tlv(0xA1, b""), None),
        (b"", None),
    ],
)
def test_the_certificate_that_is_preferred_in_every_form(value: bytes, expected: Identifier | None) -> None:
    assert with_attribute(PREFERENCE, value).preferred == expected


@pytest.mark.external
def test_what_openssl_says_it_understands(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(TEXT)
    (tmp_path / "alice.pem").write_bytes(ALICE.pem + ALICE.key_pem)
    command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-in", "text", "-signer", "alice.pem", "-outform", "DER"]
    made = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60).stdout
    said = read(signed_data(opened(made)).signers[0]).attributes
    assert said is not None
    assert said.capabilities is not None
    assert [each.name for each in said.capabilities.ciphers][:2] == ["AES-256-CBC", "AES-192-CBC"]
    assert best([said.capabilities, ours()]) is not None
