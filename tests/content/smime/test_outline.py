"""What CMS structures say of themselves, whole and cut off anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.smime.ber import BerError, definite, reached
from mailsec.content.smime.cms import CmsError, ContentType
from mailsec.content.smime.der import oid, sequence, tlv
from mailsec.content.smime.names import algorithm_name, dotted
from mailsec.content.smime.outline import Outline, outline
from mailsec.core.limits.content import CMS_DEPTH, CMS_OUTLINED
from mailsec.message.fields import parse
from mailsec.message.leaf import part_content
from mailsec.message.mime import structure
from tests.content.smime.forge import ALICE, BOB, SUB, TEXT, Signing, compressed, indefinite, person, signed_data
from tests.content.smime.seal import Sealing, sealed
from tests.content.smime.test_enveloped import AGREED_WITH_A_KEY_ELSEWHERE, CBC, ENVELOPED, IV, KEY_ID, VERSION, content
from tests.content.smime.test_enveloped import structure as encrypted

DATA = Path(__file__).parents[2] / "data" / "smime"


def of_file(name: str) -> Outline:
    message = parse((DATA / name).read_bytes())
    return outline(part_content(message, structure(message).parts[0]))


def test_a_3des_mail_that_is_cut_off() -> None:
    found = of_file("3des.eml")
    assert (found.type, found.truncated, found.algorithms) == (ContentType.ENVELOPED, True, ("3DES-CBC",))
    [party] = found.recipients
    assert party.algorithms == ("RSA",)
    assert party.certificate is not None
    assert party.certificate.serial == 0x1F2E3D4C
    assert "Example University" in party.certificate.issuer_name


@pytest.mark.parametrize("name", ["dsa.eml", "dsa-signer.eml"])
def test_a_dsa_mail_that_is_cut_off(name: str) -> None:
    found = of_file(name)
    assert (found.type, found.truncated, found.algorithms) == (ContentType.SIGNED, True, ("SHA-1",))
    for party in (*found.certificates, *found.signers):
        assert party.certificate is not None
        assert party.certificate.serial == 0xD5A0001
        assert "Example University" in party.certificate.issuer_name
    assert [each.algorithms for each in found.certificates] == [("DSA",)]
    assert [each.algorithms for each in found.signers] == [("SHA-1", "DSA with SHA-1")] * (name == "dsa-signer.eml")


RSA = person("bob@receiver.example", SUB, rsa.generate_private_key(65537, 2048))
WHOLE = {
    "signed": (signed_data(TEXT, Signing()), ("SHA-256",), (0, 1, 2)),
    "signed, opaque": (signed_data(TEXT, Signing(), Signing(BOB), detached=False), ("SHA-256",), (0, 2, 3)),
    "signed by key identifier": (signed_data(TEXT, Signing(by_key_id=True)), ("SHA-256",), (0, 1, 2)),
    "DSA": (
        signed_data(TEXT, Signing(person("a@b.example", SUB, dsa.generate_private_key(2048)), algorithm="1.2.840.10040.4.3")),
        ("SHA-256",),
        (0, 1, 2),
    ),
    "certificates": (signed_data(b"", certificates=[ALICE]), (), (0, 0, 1)),
    "encrypted": (sealed(TEXT, Sealing(), Sealing(RSA, oaep="sha256")), ("AES-256-GCM",), (2, 0, 0)),
    "encrypted, CBC": (sealed(TEXT, Sealing(RSA, gcm=False)), ("AES-256-CBC",), (1, 0, 0)),
    "compressed": (compressed(TEXT), ("zlib",), (0, 0, 0)),
}


@pytest.mark.parametrize("case", WHOLE)
def test_whole_structures(case: str) -> None:
    data, algorithms, counts = WHOLE[case]
    for made in (data, indefinite(data)):
        found = outline(made)
        assert (found.truncated, found.algorithms, found.counts) == (False, algorithms, counts)
        parties = (*found.recipients, *found.signers, *found.certificates)
        assert len(parties) == sum(counts)
        assert all(each.certificate is not None and each.algorithms for each in parties)
    assert outline(data).detached is (data == WHOLE[case][0] and case in ("signed", "signed by key identifier", "DSA"))


@pytest.mark.parametrize("case", WHOLE)
def test_a_beginning_says_no_more_than_the_whole(case: str) -> None:
    data = WHOLE[case][0]
    whole = outline(data)
    for form in (data, indefinite(data)):
        for end in range(0, len(form), 23):
            try:
                found = outline(form[:end])
            except CmsError:
                assert end < 40
                continue
            assert found.truncated
            assert found.type is whole.type
            assert set(found.algorithms) <= set(whole.algorithms)
            assert all(mine <= full for mine, full in zip(found.counts, whole.counts, strict=True))


@given(st.binary(max_size=200))
def test_as_much_as_is_there_is_definite(data: bytes) -> None:
    try:
        made, cut = reached(data)
    except BerError:
        return
    assert definite(made) == made
    if not cut:
        assert definite(data) == made


@given(
    st.sampled_from([made for made, _, _ in WHOLE.values()]), st.integers(0, 3000), st.integers(1, 255), st.integers(0, 3000)
)
def test_anything_has_an_outline_or_none(data: bytes, at: int, change: int, end: int) -> None:
    at %= len(data)
    try:
        outline((data[:at] + bytes([data[at] ^ change]) + data[at + 1 :])[: max(end, 1)])
    except CmsError:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x04\x01a",
        sequence(),
        sequence(b"\x04\x01a"),
        b"\x30\x80" * (CMS_DEPTH + 2),
        b"\x1f\x81\x01",
        b"\x30\x80\x04\x80",
    ],
)
def test_what_is_no_structure(data: bytes) -> None:
    with pytest.raises(CmsError):
        outline(data)


def test_other_types_and_recipients_of_other_kinds() -> None:
    assert outline(sequence(oid("2a03"))).type is ContentType.OTHER
    assert outline(sequence(oid("2a03"), b"\x80\x00")).type is ContentType.OTHER
    people = tlv(0x31, b"".join((KEY_ID, AGREED_WITH_A_KEY_ELSEWHERE, tlv(0xA2, VERSION), tlv(0xA1, b""))))
    found = outline(encrypted(ENVELOPED, VERSION, people, content(CBC, IV)))
    named = [each.certificate for each in found.recipients]
    assert named[0] is not None
    assert (named[0].key_id, named[1:]) == (b"key", [None])


def test_a_thousand_recipients_are_counted_and_some_are_listed() -> None:
    found = outline(encrypted(ENVELOPED, VERSION, tlv(0x31, KEY_ID * 5_000), content(CBC, IV)))
    assert (len(found.recipients), found.counts) == (CMS_OUTLINED, (5_000, 0, 0))


def test_a_giant_serial_number_is_not_written_out() -> None:
    name = sequence(sequence(), tlv(0x02, b"\x7f" * 1_000_000))
    people = tlv(0x31, sequence(VERSION, name, sequence(oid("2a03")), b"\x04\x00"))
    [party] = outline(encrypted(ENVELOPED, VERSION, people, content(CBC, IV))).recipients
    assert len(str(party.certificate)) < 200


def test_algorithms_without_a_name_are_numbers() -> None:
    assert algorithm_name("2a03") == "1.2.3"
    assert algorithm_name("") == "an algorithm without name"
    assert dotted(bytes.fromhex("883703")) == "2.999.3"
    assert len(dotted(b"\x01" * 1_000)) < 200
