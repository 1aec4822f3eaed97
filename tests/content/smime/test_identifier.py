from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.smime.ber import elements
from mailsec.content.smime.der import integer, octets, sequence, tlv
from mailsec.content.smime.identifier import Identifier, identifier_in

KINDS = (
    NameOID.COUNTRY_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.DOMAIN_COMPONENT,
    NameOID.USER_ID,
    NameOID.COMMON_NAME,
    NameOID.TITLE,
)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.text('aZ9 ,+"\\<>;=é', min_size=2, max_size=2)), min_size=1, max_size=5))
def test_an_issuer_is_written_as_cryptography_writes_it(parts: list[tuple[x509.ObjectIdentifier, str]]) -> None:
    parts = [(kind, "DE" if kind == NameOID.COUNTRY_NAME else f"a{value}z") for kind, value in parts]
    ascii_only = [(kind, value) for kind, value in parts if value.isascii() or kind != NameOID.DOMAIN_COMPONENT]
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in ascii_only or [(NameOID.COMMON_NAME, "a")]])
    assert Identifier(name.public_bytes()).issuer_name == name.rfc4514_string()


def test_an_issuer_that_cannot_be_read_is_said_to_be_so() -> None:
    assert Identifier(b"\x30\x03abc").issuer_name == "an issuer whose name cannot be read"


NAMING = {
    "by its number": (sequence(sequence(), integer(5)), Identifier(sequence(), 5)),
    "by its key": (tlv(0x80, b"key"), Identifier(key_id=b"key")),
    "by its key, among others": (tlv(0xA0, octets(b"key")), Identifier(key_id=b"key")),
}


@pytest.mark.parametrize("way", NAMING)
def test_a_certificate_is_named_in_each_form(way: str) -> None:
    der, named = NAMING[way]
    assert identifier_in(elements(memoryview(der))[0]) == named


@pytest.mark.parametrize(
    "der",
    [
        octets(b"key"),
        sequence(octets(b"a"), integer(5)),
        sequence(sequence(), octets(b"5")),
        sequence(sequence(), integer(5), integer(5)),
        sequence(sequence()),
    ],
)
def test_what_names_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(ValueError, match=r"certificate|values to unpack"):
        identifier_in(elements(memoryview(der))[0])
