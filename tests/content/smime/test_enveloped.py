"""Encrypted structures that are wrong in one place: each is refused before anything is decrypted."""

from __future__ import annotations

import pytest

from mailsec.content.smime.ber import length
from mailsec.content.smime.cms import CmsError, opened
from mailsec.content.smime.enveloped import enveloped
from mailsec.content.smime.unwrapping import supported


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag]) + length(len(content)) + content


def structure(kind: str, *fields: bytes) -> bytes:
    return tlv(0x30, bytes.fromhex(kind), tlv(0xA0, tlv(0x30, *fields)))


ENVELOPED, SEALED = "06092a864886f70d010703", "060b2a864886f70d0109100117"
DATA = bytes.fromhex("06092a864886f70d010701")
VERSION, IV, NOBODY = b"\x02\x01\x00", tlv(0x04, bytes(16)), tlv(0x31)
CBC, GCM, TRIPLE, RC2 = "60864801650304012a", "60864801650304012e", "2a864886f70d0307", "2a864886f70d0302"
NONCE = tlv(0x30, tlv(0x04, bytes(12)))
RC2_128, RC2_40 = (tlv(0x30, tlv(0x02, version), tlv(0x04, bytes(8))) for version in (b"\x3a", b"\x00\xa0"))


def content(oid: str, parameters: bytes, text: bytes = tlv(0x80, bytes(16))) -> bytes:
    return tlv(0x30, DATA, tlv(0x30, tlv(0x06, bytes.fromhex(oid)), parameters), text)


KEY_ID = tlv(0x30, VERSION, tlv(0x80, b"key"), tlv(0x30, tlv(0x06, b"\x2a")), tlv(0x04, b"x"))
AGREED_WITH_A_KEY_ELSEWHERE = tlv(0xA1, VERSION, tlv(0xA0, tlv(0x80, b"key")), tlv(0x30), tlv(0x30))


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (structure(ENVELOPED, VERSION, NOBODY, content(CBC, IV)), "AES-256-CBC"),
        (structure(ENVELOPED, VERSION, NOBODY, content(TRIPLE, tlv(0x04, bytes(8)))), "3DES-CBC"),
        (structure(ENVELOPED, VERSION, NOBODY, content(RC2, RC2_128)), "RC2-CBC"),
        (structure(SEALED, VERSION, NOBODY, content(GCM, NONCE), tlv(0x04, bytes(16))), "AES-256-GCM"),
    ],
)
def test_ciphers_are_told_apart(made: bytes, name: str) -> None:
    found = enveloped(opened(made))
    assert found.cipher.name == name
    assert found.cipher.legacy is not name.startswith("AES")


def test_recipients_by_key_identifier_and_of_other_kinds() -> None:
    people = tlv(0x31, KEY_ID, tlv(0xA2, VERSION), tlv(0xA3, VERSION))
    found = enveloped(opened(structure(ENVELOPED, VERSION, people, content(CBC, IV))))
    assert [each.certificate.key_id for each in found.recipients] == [b"key"]
    assert found.others == 2


@pytest.mark.parametrize(
    "made",
    {
        "CBC where a code is needed": structure(SEALED, VERSION, NOBODY, content(CBC, IV), tlv(0x04, bytes(16))),
        "GCM without a code": structure(ENVELOPED, VERSION, NOBODY, content(GCM, NONCE)),
        "no code": structure(SEALED, VERSION, NOBODY, content(GCM, NONCE)),
        "a short code": structure(SEALED, VERSION, NOBODY, content(GCM, NONCE), tlv(0x04, bytes(4))),
        "a short nonce": structure(SEALED, VERSION, NOBODY, content(GCM, tlv(0x30, tlv(0x04, b"x"))), tlv(0x04, bytes(16))),
        "another cipher": structure(ENVELOPED, VERSION, NOBODY, content("2a03", IV)),
        "no text": structure(ENVELOPED, VERSION, NOBODY, content(CBC, IV, b"")),
        "a short vector": structure(ENVELOPED, VERSION, NOBODY, content(CBC, tlv(0x04, b"x"))),
        "RC2 of 40 bits": structure(ENVELOPED, VERSION, NOBODY, content(RC2, RC2_40)),
        "no parameters": structure(ENVELOPED, VERSION, NOBODY, content(CBC, b"")),
        "a key elsewhere": structure(ENVELOPED, VERSION, tlv(0x31, AGREED_WITH_A_KEY_ELSEWHERE), content(CBC, IV)),
        "an empty recipient": structure(ENVELOPED, VERSION, tlv(0x31, tlv(0x30)), content(CBC, IV)),
        "an algorithm without name": structure(ENVELOPED, VERSION, NOBODY, tlv(0x30, DATA, tlv(0x30, IV), tlv(0x80, b""))),
        "a name of one field": structure(
            ENVELOPED, VERSION, tlv(0x31, tlv(0x30, VERSION, tlv(0x30, IV), tlv(0x30, DATA), IV)), content(CBC, IV)
        ),
        "no fields": structure(ENVELOPED),
    }.values(),
)
def test_what_is_wrong_is_refused(made: bytes) -> None:
    with pytest.raises(CmsError):
        enveloped(opened(made))


def test_a_recipient_of_an_agreement_by_key_identifier() -> None:
    public = tlv(0xA0, tlv(0xA1, tlv(0x30, tlv(0x06, b"\x2b\x65\x6e")), tlv(0x03, b"\0" + bytes(32))))
    keys = tlv(0x30, tlv(0x30, tlv(0xA0, tlv(0x04, b"key")), tlv(0x04, b"wrapped")))
    people = tlv(0x31, tlv(0xA1, VERSION, public, tlv(0x30, tlv(0x06, bytes.fromhex("2a864886f70d0109100313"))), keys))
    [found] = enveloped(opened(structure(ENVELOPED, VERSION, people, content(CBC, IV)))).recipients
    assert (found.certificate.key_id, found.originator) == (b"key", bytes(32))
    assert not supported(found)  # how the key is wrapped is not said
