"""CMS structures read: what strangers make up becomes a documented error, whatever it is."""

from __future__ import annotations

import zlib

import pytest
from asn1crypto import cms, core
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.smime.ber import elements, length
from mailsec.content.smime.cms import Cms, CmsError, ContentType, decompressed, opened, signed_data, stated_type
from mailsec.content.smime.der import integer, oid, sequence, tlv
from mailsec.content.smime.identifier import Identifier
from mailsec.content.smime.signerinfo import read
from mailsec.core.limits.content import CMS_ATTRIBUTES
from tests.content.smime.forge import ALICE, BOB, TEXT, Signing, compressed, signer_info
from tests.content.smime.forge import signed_data as forged

SIGNED = forged(TEXT, Signing(), detached=False)


def info(kind: str, content: bytes) -> bytes:
    """A content info of this type around `content`."""
    oid = cms.ContentType(kind).dump()
    inner = b"\xa0" + length(len(content)) + content
    return b"\x30" + length(len(oid) + len(inner)) + oid + inner


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_a_signed_data_with_one_octet_changed_is_read_or_refused(at: int, change: int) -> None:
    data = SIGNED[:at] + bytes([SIGNED[at] ^ change]) + SIGNED[at + 1 :]
    try:
        signed = signed_data(opened(data))
    except CmsError:
        return
    for each in signed.signers:
        try:
            found = read(each)
        except CmsError:
            continue
        for certificate in signed.certificates:
            found.certificate.fits(certificate)
        assert str(found.certificate)


@pytest.mark.parametrize("end", range(0, len(SIGNED), 37))
def test_a_signed_data_cut_off_anywhere_is_refused(end: int) -> None:
    with pytest.raises(CmsError):
        signed_data(opened(SIGNED[:end]))


@pytest.mark.parametrize(
    "data",
    {
        "no sequence": b"\x04\x00",
        "an empty sequence": b"\x30\x00",
        "no type": b"\x30\x02\x05\x00",
        "no content": bytes.fromhex("300b06092a864886f70d010702"),
        "two contents": bytes.fromhex("301106092a864886f70d010702a00405000500"),
        "not signed-data": info("data", core.OctetString(b"x").dump()),
        "too few fields": info("signed_data", bytes.fromhex("3003020101")),
        "strange fields": info("signed_data", bytes.fromhex("300e 020101 3100 3003 060101 0500 3100".replace(" ", ""))),
        "nothing that has a type": info("signed_data", bytes.fromhex("3009 020101 3100 3000 3100".replace(" ", ""))),
        "no octets": info("signed_data", bytes.fromhex("3010 020101 3100 3007 060101 a002 0500 3100".replace(" ", ""))),
    }.values(),
)
def test_what_is_no_signed_data_is_refused(data: bytes) -> None:
    with pytest.raises(CmsError):
        signed_data(opened(data))


def test_too_many_attributes_are_refused() -> None:
    fields = [{"type": "1.2.3.4", "values": [core.Null()]}] * CMS_ATTRIBUTES
    made = signer_info(TEXT, Signing(change=lambda attributes: [*attributes, *fields])).dump()
    with pytest.raises(CmsError, match="attributes"):
        read(made)


def test_an_attribute_without_value_is_none() -> None:
    made = signer_info(TEXT, Signing(change=lambda fields: [*fields, {"type": "message_digest", "values": []}])).dump()
    attributes = read(made).attributes
    assert attributes is not None
    assert len(attributes.digests) == 2
    assert None in attributes.digests


def test_what_was_compressed_comes_out() -> None:
    assert decompressed(opened(compressed(TEXT))) == TEXT


def zipped(data: bytes, algorithm: str = "zlib") -> bytes:
    made = cms.CompressedData(
        {
            "version": "v0",
            "compression_algorithm": {"algorithm": algorithm},
            "encap_content_info": {"content_type": "data", "content": data},
        }
    )
    return cms.ContentInfo({"content_type": "compressed_data", "content": made}).dump()


@pytest.mark.parametrize(
    "data",
    {
        "a bomb": zipped(zlib.compress(bytes(5_000_000), 9)),
        "no zlib": zipped(b"nothing of the kind"),
        "cut off": zipped(zlib.compress(TEXT)[:-5]),
        "another algorithm": zipped(zlib.compress(TEXT), "1.2.3"),
        "another type": SIGNED,
    }.values(),
)
def test_what_cannot_be_unfolded_is_refused(data: bytes) -> None:
    with pytest.raises(CmsError):
        decompressed(opened(data), limit=1_000_000)


def test_nothing_but_the_content_types_of_mail_is_told_apart() -> None:
    assert opened(info("digested_data", bytes.fromhex("3000"))).type is ContentType.OTHER
    assert opened(info("data", core.OctetString(b"x").dump())).type is ContentType.DATA


def test_a_certificate_is_found_by_what_names_it() -> None:
    made = read(signer_info(TEXT, Signing()).dump()).certificate
    assert made.fits(ALICE.der)
    assert not made.fits(BOB.der)
    assert not made.fits(b"no certificate")
    assert "Test authority" in str(made)
    assert "cannot be read" in str(Identifier(b"\x04\x00", 1))
    assert not Identifier().fits(ALICE.der)


@pytest.mark.parametrize(
    ("data", "stated"),
    [
        (forged(TEXT, Signing()), ContentType.SIGNED),
        (compressed(TEXT), ContentType.COMPRESSED),
        (b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010703"), ContentType.ENVELOPED),
        (b"\x30\x88" + bytes(8) + b"\x06\x0b" + bytes.fromhex("2a864886f70d0109100117"), ContentType.AUTH_ENVELOPED),
        (b"\x30\x80\x06\x81\x09" + bytes.fromhex("2a864886f70d010703"), None),
        (b"\x30\xff\x06", None),
        (b"\x30\x80\x06", None),
        (b"\x30", None),
        (b"", None),
        (b"\x31\x03\x06\x01\x01", None),
    ],
)
def test_the_beginning_states_the_type(data: bytes, stated: ContentType | None) -> None:
    assert stated_type(data) is stated


BROKEN = b"\x04\x05"


@pytest.mark.parametrize("field", [tlv(0xA0, BROKEN), tlv(0xA1, b"") + tlv(0x30, b"")])
def test_fields_of_signed_data_that_are_damaged_inside_are_refused(field: bytes) -> None:
    fields = (integer(1), tlv(0x31, b""), sequence(oid("2a864886f70d010701")), field, tlv(0x31, b""))
    made = Cms(ContentType.SIGNED, elements(memoryview(b"".join(fields))))
    with pytest.raises(CmsError):
        signed_data(made)


def test_fields_of_compressed_data_that_are_damaged_inside_are_refused() -> None:
    fields = integer(0) + tlv(0x30, BROKEN) + sequence(oid("2a864886f70d010701"))
    with pytest.raises(CmsError):
        decompressed(Cms(ContentType.COMPRESSED, elements(memoryview(fields))))
