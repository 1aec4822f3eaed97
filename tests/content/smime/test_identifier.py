from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.smime.identifier import Identifier

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
