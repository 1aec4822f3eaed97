"""Structures that nobody honest makes: each gives a documented error or a judgement, in bounded time."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from asn1crypto import algos
from asn1crypto import cms as asn1cms
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2, TripleDES
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from hypothesis import settings

from mailsec.content.smime import decrypting, mail, signature, signing
from mailsec.content.smime.ber import BerError, definite, elements
from mailsec.content.smime.cms import CmsError, decompressed, opened, signed_data
from mailsec.content.smime.decrypting import DecryptingError, decrypted
from mailsec.content.smime.der import octets, oid, sequence, tlv
from mailsec.content.smime.encrypting import EncryptingError, check
from mailsec.content.smime.enveloped import enveloped
from mailsec.content.smime.identifier import Identifier
from mailsec.content.smime.judging import Judge
from mailsec.content.smime.mail import layers
from mailsec.content.smime.numbers import is_meant
from mailsec.content.smime.outline import outline
from mailsec.content.smime.signature import Answer, SignatureResult, judge_signature
from mailsec.content.smime.signerinfo import read
from mailsec.content.smime.signing import DETACHED, SignForm, SigningError, signed_entity
from mailsec.core.limits.content import CMS_CANDIDATES, CMS_SIGNERS
from mailsec.core.limits.keys import X509_CERTIFICATE_BYTES
from mailsec.message.authors import author
from mailsec.message.fields import parse
from mailsec.message.mime import structure
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Certificate, Kind
from mailsec.trust.x509.person import CertificateError
from mailsec.trust.x509.signer import judge_signer
from tests.certificates import NOW, issue
from tests.content.smime import forge
from tests.content.smime.forge import ALICE, BOB, HEADER, ROOT, RSA_KEY, SUB, TEXT, Signing, compressed, indefinite, p7m, person
from tests.content.smime.seal import Sealing, sealed
from tests.content.smime.test_decrypting import secret
from tests.content.smime.test_enveloped import ENVELOPED, VERSION, content
from tests.content.smime.test_enveloped import structure as encrypted

JUDGE = Judge(FileKeys(), partial(judge_signer, anchors=(ROOT.der,)), NOW)
ALICE_RSA = person("bob@receiver.example", SUB, RSA_KEY)


def judged(data: bytes, text: bytes = TEXT) -> list[SignatureResult]:
    signed = signed_data(opened(data))
    return [judge_signature(each, signed, memoryview(text), (), JUDGE) for each in signed.signers]


KINDS: dict[str, bytes] = {
    "signed": forge.signed_data(TEXT, Signing()),
    "signed, opaque, streamed": indefinite(forge.signed_data(TEXT, Signing(BOB), detached=False)),
    "certificates": forge.signed_data(b"", certificates=[ALICE, SUB]),
    "enveloped, RSA": sealed(TEXT, Sealing(ALICE_RSA, gcm=False)),
    "enveloped, OAEP": sealed(TEXT, Sealing(ALICE_RSA, oaep="sha256")),
    "authEnveloped, ECDH": sealed(TEXT, Sealing()),
    "compressed": compressed(TEXT * 5),
}
MUTATIONS = 3_000 if settings().max_examples > settings.get_profile("default").max_examples else 300


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with a few octets changed, left out, doubled, or cut off."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(made))
        way = chance.randrange(5)
        if way == 0:
            made[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            made[at] = chance.choice((0, 1, 0x7F, 0x80, 0x81, 0x84, 0xA0, 0xFF))
        elif way == 2:
            del made[at : at + chance.randrange(1, 9)]
        elif way == 3:
            made[at:at] = made[at : at + chance.randrange(1, 30)]
        else:
            del made[max(at, 1) :]
        if not made:
            return b"\x30"
    return bytes(made)


@pytest.mark.parametrize("kind", KINDS)
def test_mutations_of_every_kind_give_documented_errors_alone(kind: str) -> None:
    chance = random.Random(kind)
    secrets = [secret(ALICE_RSA), secret(BOB)]
    for _ in range(MUTATIONS):
        data = mutated(KINDS[kind], chance)
        with suppress(CmsError):
            outline(data)
        with suppress(CmsError):
            judged(data)
        with suppress(CmsError):
            decompressed(opened(data), limit=100_000)
        with suppress(CmsError, DecryptingError):
            assert decrypted(enveloped(opened(data)), secrets) == TEXT or "GCM" not in kind
        message = parse(HEADER + p7m(data))
        layers(message, structure(message), author(message), JUDGE)


@pytest.mark.parametrize("depth", [50, 1_000, 200_000])
@pytest.mark.parametrize("tag", [b"\x30\x80", b"\xa0\x80", b"\x24\x80", b"\x31\x80"])
def test_nesting_is_bounded(tag: bytes, depth: int) -> None:
    for read_it in (definite, outline, opened):
        with pytest.raises((BerError, CmsError)):
            read_it(tag * depth)


def test_an_element_may_say_that_it_is_larger_than_any_memory() -> None:
    for size in (b"\x84\xff\xff\xff\xff", b"\x88" + b"\xff" * 8, b"\x7e"):
        with pytest.raises(BerError):
            elements(memoryview(b"\x04" + size + b"a"))


GIANT = b"\x7f" * 200_000


def test_giant_numbers_are_read_or_refused() -> None:
    named = sequence(sequence(), tlv(0x02, GIANT))
    people = tlv(0x31, sequence(VERSION, named, sequence(oid("2a864886f70d010101")), octets(GIANT)))
    made = enveloped(opened(encrypted(ENVELOPED, VERSION, people, content("60864801650304012a", octets(bytes(16))))))
    assert len(str(made.recipients[0].certificate)) < 500
    with pytest.raises(DecryptingError):
        decrypted(made, [secret(ALICE_RSA)])


def pss_of(change: dict[str, Any]) -> Answer:
    """The answer for a signature with RSASSA-PSS whose parameters are changed."""
    info = forge.signer_info(TEXT, Signing(pss=True))
    old = info["signature_algorithm"]["parameters"]
    kept = {name: old[name] for name in ("hash_algorithm", "mask_gen_algorithm")} | {"salt_length": 32}
    fields = ("version", "sid", "digest_algorithm", "signed_attrs", "signature")
    algorithm = {"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams(kept | change)}
    made = asn1cms.SignerInfo({field: info[field] for field in fields} | {"signature_algorithm": algorithm})
    signed = signed_data(opened(forge.signed_data(TEXT, Signing())))
    return judge_signature(made.dump(), signed, memoryview(TEXT), (), JUDGE).answer


SHA1 = {"algorithm": "sha1"}


@pytest.mark.parametrize(
    "change",
    [
        {"salt_length": 1 << 100},
        {"salt_length": -1},
        {"salt_length": 20},
        {"hash_algorithm": SHA1},
        {"mask_gen_algorithm": {"algorithm": "mgf1", "parameters": SHA1}},
        {"trailer_field": 2},
    ],
    ids=str,
)
def test_parameters_of_pss_that_nobody_writes(change: dict[str, Any]) -> None:
    assert pss_of({}) is Answer.GOOD
    assert pss_of(change) is Answer.BAD


ATTRIBUTE_LIES: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "digest twice": forge.twice("message_digest"),
    "digest of two values": forge.two_values("message_digest"),
    "no digest": forge.without("message_digest"),
    "type twice": forge.twice("content_type"),
    "no type": forge.without("content_type"),
    "none at all": lambda fields: [],
}


@pytest.mark.parametrize("lie", ATTRIBUTE_LIES)
def test_attributes_that_lie_are_bad(lie: str) -> None:
    [result] = judged(forge.signed_data(TEXT, Signing(change=ATTRIBUTE_LIES[lie])))
    assert result.answer is Answer.BAD


def test_an_attribute_of_another_form_makes_the_signature_unreadable() -> None:
    info = forge.signer_info(TEXT, Signing())
    fields = elements(elements(memoryview(info.dump()))[0].content)
    for bad in (
        sequence(octets(b"x"), tlv(0x31, b"")),
        sequence(oid("2a03"), octets(b"")),
        tlv(0x31, b""),
        sequence(oid("2a03")),
    ):
        made = sequence(*(bytes(each.whole) if each.tag != 0xA0 else tlv(0xA0, bad) for each in fields))
        with pytest.raises(CmsError):
            read(made)
        signed = signed_data(opened(forge.signed_data(TEXT, Signing())))
        assert judge_signature(made, signed, memoryview(TEXT), (), JUDGE).answer is Answer.BAD


@pytest.mark.parametrize("name", [octets(b"key"), tlv(0xA0, octets(b"key")), sequence(sequence(), octets(b"5"))])
def test_a_signature_that_names_its_certificate_in_no_known_way_is_unreadable(name: bytes) -> None:
    version, _, *others = elements(elements(memoryview(forge.signer_info(TEXT, Signing()).dump()))[0].content)
    with pytest.raises(CmsError):
        read(sequence(bytes(version.whole), name, *(bytes(each.whole) for each in others)))


def test_a_signature_of_another_kind_than_the_key() -> None:
    [result] = judged(forge.signed_data(TEXT, Signing(algorithm="sha256_ecdsa")))
    assert result.answer is Answer.BAD


def test_a_signer_that_cannot_be_described(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(der: bytes) -> None:
        raise CertificateError("damaged")

    monkeypatch.setattr(signature, "describe", refuse)
    [result] = judged(forge.signed_data(TEXT, Signing()))
    assert (result.answer, result.reason) == (Answer.BAD, "damaged")


def test_fields_cut_short_inside_are_refused() -> None:
    broken = tlv(0x31, b"\x30\x05")
    signed = sequence(oid("2a864886f70d010702"), tlv(0xA0, sequence(VERSION, tlv(0x31, b""), sequence(oid("2a03")), broken)))
    with pytest.raises(CmsError):
        opened(signed)
    many = forge.signed_data(TEXT, *[Signing(BOB)] * (CMS_SIGNERS + 1))
    with pytest.raises(CmsError, match="signatures"):
        signed_data(opened(many))


def test_one_certificate_that_is_named_often_is_tried_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    monkeypatch.setattr(decrypting, "content_key", lambda recipient, key, size: tried.append(size) or bytes(size))
    with pytest.raises(DecryptingError):
        decrypted(enveloped(opened(sealed(TEXT, *[Sealing(ALICE_RSA)] * 50))), [secret(ALICE_RSA)])
    assert len(tried) == CMS_CANDIDATES


def test_a_key_is_unlocked_once_however_often_its_certificate_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    read_private = decrypting.read_private
    unlocked: list[decrypting.Secret] = []
    monkeypatch.setattr(decrypting, "read_private", lambda of: unlocked.append(of) or read_private(of))
    monkeypatch.setattr(decrypting, "content_key", lambda recipient, key, size: bytes(size))
    with pytest.raises(DecryptingError):
        decrypted(enveloped(opened(sealed(TEXT, *[Sealing(ALICE_RSA)] * 50))), [secret(ALICE_RSA), secret(BOB)])
    assert [each.certificate for each in unlocked] == [ALICE_RSA.der]


@pytest.mark.parametrize("of", [ALICE_RSA, BOB])
def test_a_key_of_another_kind_than_the_recipient_says(of: Any) -> None:
    other = BOB if of is ALICE_RSA else ALICE_RSA
    mixed_up = secret(of)
    made = enveloped(opened(sealed(TEXT, Sealing(other))))
    with pytest.raises(DecryptingError):
        decrypted(made, [type(mixed_up)(other.der, mixed_up.key)])


def old(name: str) -> bytes:
    """TEXT in a cipher of old, to ALICE_RSA."""
    key, iv = bytes(range(1, 25 if name == "3DES" else 17)), bytes(8)
    cipher: Any = TripleDES(key) if name == "3DES" else RC2(key)
    filling = 8 - len(TEXT) % 8
    sealer = Cipher(cipher, modes.CBC(iv)).encryptor()
    text = tlv(0x80, sealer.update(TEXT + bytes([filling]) * filling) + sealer.finalize())
    if name == "3DES":
        inside = content("2a864886f70d0307", octets(iv), text)
    else:
        inside = content("2a864886f70d0302", sequence(b"\x02\x01\x3a", octets(iv)), text)
    certificate = asn1.Certificate.load(ALICE_RSA.der)
    named = sequence(certificate.issuer.dump(), certificate["tbs_certificate"]["serial_number"].dump())
    wrapped = RSA_KEY.public_key().encrypt(key, padding.PKCS1v15())
    person = sequence(VERSION, named, sequence(oid("2a864886f70d010101"), b"\x05\x00"), octets(wrapped))
    return encrypted(ENVELOPED, VERSION, tlv(0x31, person), inside)


@pytest.mark.filterwarnings("ignore:.*(TripleDES|RC2).*")
@pytest.mark.parametrize("name", ["3DES", "RC2"])
def test_ciphers_of_old_are_read(name: str) -> None:
    assert decrypted(enveloped(opened(old(name))), [secret(ALICE_RSA)]) == TEXT


def test_a_cipher_that_the_library_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UnsupportedAlgorithm("none")

    monkeypatch.setattr(decrypting, "_algorithm", refuse)
    with pytest.raises(CmsError, match="not supported"):
        decrypted(enveloped(opened(sealed(TEXT, Sealing(ALICE_RSA, gcm=False)))), [secret(ALICE_RSA)])


def test_a_certificate_that_cannot_be_read_neither_signs_nor_is_encrypted_to() -> None:
    made = secret(ALICE)
    with pytest.raises(SigningError, match="cannot be read"):
        signed_entity([TEXT], [type(made)(b"nothing", made.key)], (), DETACHED, now=NOW)
    with pytest.raises(EncryptingError, match="cannot be read"):
        check(b"nothing", now=NOW)


def test_signing_in_the_far_future_and_with_certificates_that_cannot_be_described(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(der: bytes) -> None:
        raise CertificateError("damaged")

    monkeypatch.setattr(signing, "describe", refuse)
    late = 2_600_000_000
    signer = person("alice@bank.example", SUB, RSA_KEY, days=(0, 20_000))
    made = b"".join(signed_entity([TEXT], [secret(signer)], (), SignForm(opaque=True), now=late))
    message = parse(HEADER + made)
    [found] = layers(message, structure(message), author(message), JUDGE)
    info = found.results[0].info
    assert info is not None
    assert info.attributes is not None
    assert info.attributes.claimed == late


def test_a_certificate_without_key_identifier_is_named_by_the_one_that_its_key_makes() -> None:
    bare = issue("alice@bank.example", SUB, key=RSA_KEY, extensions=forge.mail_extensions("alice@bank.example"))
    loaded = x509.load_der_x509_certificate(bare.der)
    assert not [each for each in loaded.extensions if each.oid == x509.SubjectKeyIdentifier.oid]
    [result] = judged(forge.signed_data(TEXT, Signing(bare, by_key_id=True)))
    assert result.answer is Answer.GOOD


def test_a_key_for_pss_alone_signs_so_and_nobody_encrypts_to_it() -> None:
    held = forge.pss_only(ALICE_RSA, SUB)
    entity = signed_entity((TEXT,), [secret(held)], (SUB.der,), DETACHED, now=NOW)
    message = parse(HEADER + b"".join(map(bytes, entity)))
    [found] = layers(message, structure(message), author(message), JUDGE)
    assert [(each.answer, each.info and each.info.algorithm) for each in found.results] == [(Answer.GOOD, "rsassa_pss")]
    with pytest.raises(EncryptingError, match="kind"):
        check(held.der, now=NOW)


def test_parameters_of_a_key_that_cannot_be_read_let_nothing_pass() -> None:
    held = forge.pss_only(ALICE_RSA, SUB)
    [result] = judged(forge.signed_data(TEXT, Signing(held, pss=True)))
    assert result.answer is Answer.GOOD
    assert result.info is not None
    assert not is_meant(b"", result.info)


def test_a_renewed_certificate_with_the_same_key_is_told_from_the_old_one() -> None:
    old, new = (person("alice@bank.example", SUB, RSA_KEY) for _ in range(2))
    hashed = sequence(sequence(sequence(octets(sha256(new.der).digest()))))
    name = asn1cms.CMSAttribute.load(sequence(oid("2a864886f70d010910022f"), tlv(0x31, hashed)))
    by_name = Signing(old, by_key_id=True, change=lambda fields: [*fields, name])
    [result] = judged(forge.signed_data(TEXT, by_name, certificates=[old, new, SUB]))
    assert (result.answer, result.certificate) == (Answer.GOOD, new.der)
    [result] = judged(forge.signed_data(TEXT, by_name, certificates=[old, SUB]))
    assert result.answer is Answer.BAD


def test_a_certificate_larger_than_any_is_not_looked_at() -> None:
    padding_ = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(X509_CERTIFICATE_BYTES))
    large = issue("alice@bank.example", SUB, extensions=[(padding_, False)])
    [result] = judged(forge.signed_data(TEXT, Signing(large)))
    assert result.answer is Answer.UNKNOWN


def test_many_compressed_parts_are_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "decompressed", lambda cms: pytest.fail("unfolded"))
    message = parse(HEADER + forge.mixed(*[p7m(compressed(TEXT))] * 5))
    assert layers(message, structure(message), author(message), JUDGE) == ()


def test_a_name_in_another_spelling_is_the_same_name() -> None:
    loaded = asn1.Certificate.load(ALICE.der)
    other = asn1.Name.build({"common_name": "TEST  authority"})
    assert other.dump() != loaded.issuer.dump()
    assert Identifier(other.dump(), loaded.serial_number).fits(ALICE.der)
    assert not Identifier(asn1.Name.build({"common_name": "Another"}).dump(), loaded.serial_number).fits(ALICE.der)


def test_the_key_of_another_certificate_does_not_sign() -> None:
    mixed_up = secret(BOB)
    with pytest.raises(SigningError, match="not the one of the certificate"):
        signed_entity([TEXT], [type(mixed_up)(ALICE.der, mixed_up.key)], (), DETACHED, now=NOW)


def test_what_openpgp_protects_and_openpgp_keys_are_left_to_openpgp() -> None:
    pgp = b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=p\r\n\r\n--p\r\n\r\nx\r\n--p--\r\n'
    message = parse(HEADER + forge.mixed(pgp, p7m(KINDS["signed, opaque, streamed"])))
    keys = FileKeys((Certificate(Kind.OPENPGP, "F" * 40, b"key"),), names={"F" * 40: ("alice@bank.example",)})
    assert keys.of_address("alice@bank.example")
    [found] = layers(message, structure(message), author(message), Judge(keys, JUDGE.path, NOW))
    assert [each.answer for each in found.results] == [Answer.GOOD]


def test_signatures_behind_many_others_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "CMS_JUDGED", 2)
    opaque = p7m(forge.signed_data(TEXT, Signing(), detached=False))
    entity = forge.mixed(*[opaque] * 3, forge.multipart(TEXT, KINDS["signed"]), p7m(sealed(TEXT, Sealing())))
    message = parse(HEADER + entity)
    found = layers(message, structure(message), author(message), JUDGE)
    assert [len(each.results) for each in found] == [1, 1, 0, 0, 0]
    assert [bool(each.layer.trouble) for each in found] == [False, False, True, True, False]
