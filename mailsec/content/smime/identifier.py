"""How CMS names a certificate: by issuer and serial number, or by its key identifier (RFC 5652 section 10.2.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1

from mailsec.content.smime.ber import Element, elements
from mailsec.content.smime.cms import CmsError, guarded
from mailsec.content.smime.der import sequence
from mailsec.core.limits.content import CMS_CERTIFICATES
from mailsec.core.text import clipped

_INTEGER, _SEQUENCE, _TAGGED_0, _KEY_ID = 0x02, 0x30, 0xA0, 0x80
_NAME, _SERIAL_OCTETS = 200, 32
_SPECIAL = re.compile(r'[,+"\\<>;]')
_SHORT = {
    "common_name": "CN",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "country_name": "C",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "domain_component": "DC",
    "user_id": "UID",
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """`issuer` (the DER of the name) and `serial` name the certificate; where `issuer` is empty, `key_id` does."""

    issuer: bytes = b""
    serial: int = 0
    key_id: bytes = b""

    def __str__(self) -> str:
        if not self.issuer:
            return f"key identifier {self.key_id.hex().upper()}"
        return f"serial number {self.serial_number} of {self.issuer_name}"

    @property
    def serial_number(self) -> str:
        """The serial number in hexadecimal digits, the beginning of one that is longer than any may be (20 octets)."""
        shift = max(abs(self.serial).bit_length() - 8 * _SERIAL_OCTETS, 0)
        return f"{self.serial >> shift:X}" + "…" * (shift > 0)

    @property
    def issuer_name(self) -> str:
        """The issuer as people read it."""
        try:
            return clipped(guarded(lambda: _written(self.issuer), "a name"), _NAME)
        except CmsError:
            return "an issuer whose name cannot be read"

    def fits(self, certificate: bytes) -> bool:
        """True where this is the certificate (DER) that is meant; False too where it cannot be read."""
        try:
            return guarded(lambda: self._fits(certificate), "a certificate")
        except CmsError:
            return False

    def _fits(self, der: bytes) -> bool:
        if not self.issuer:
            return bool(self.key_id) and self.key_id == _key_id(der)
        serial, issuer = _numbered(der)
        if _number(serial) != self.serial:
            return False
        return issuer.whole == self.issuer or _spelled(bytes(issuer.whole)) == _spelled(self.issuer)


def _written(name: bytes) -> str:
    """A name in DER as a text, its most specific part first (RFC 4514)."""
    from asn1crypto import x509  # noqa: PLC0415 (large, and needed only to name a certificate that is not at hand)

    parts = (part for together in reversed(list(x509.Name.load(name).chosen)) for part in together)
    spelled = ((part["type"], _SPECIAL.sub(r"\\\g<0>", str(part["value"].native))) for part in parts)
    return ",".join(f"{_SHORT.get(kind.native, kind.dotted)}={value}" for kind, value in spelled)


# kept, as each of many signatures may be compared with each of many certificates


@lru_cache(maxsize=CMS_CERTIFICATES)
def _key_id(der: bytes) -> bytes:
    """The key identifier of a certificate, made where it states none (RFC 5280 section 4.2.1.2, the first method)."""
    from asn1crypto import x509  # noqa: PLC0415 (large, and few name a certificate so)

    certificate = x509.Certificate.load(der)
    stated = certificate.key_identifier
    return bytes(stated or sha1(bytes(certificate.public_key["public_key"]), usedforsecurity=False).digest())


@lru_cache(maxsize=CMS_CERTIFICATES)
def _spelled(name: bytes) -> str:
    """A name (DER) in a form that it has in other spellings too (RFC 5280 section 7.1)."""
    from asn1crypto import x509  # noqa: PLC0415 (large, and needed only where the octets differ)

    return str(x509.Name.load(name).hashable)


def issuer_and_serial(certificate: bytes) -> bytes:
    """The IssuerAndSerialNumber (RFC 5652 section 10.2.4) of a certificate that was read before, all in DER."""
    serial, issuer = _numbered(certificate)
    return sequence(bytes(issuer.whole), bytes(serial.whole))


def _numbered(der: bytes) -> tuple[Element, Element]:
    """Serial number and issuer, as they stand in a certificate. Raises ValueError or IndexError."""
    fields = _fields(der)
    return fields[0], fields[2]


def key_algorithm(certificate: bytes) -> Sequence[Element]:
    """The object identifier of what the key of a certificate (DER) is for, and its parameters where there are any. Raises
    ValueError or IndexError."""
    return elements(elements(_fields(certificate)[5].content)[0].content)


def _fields(der: bytes) -> Sequence[Element]:
    """The fields of a certificate without its version: serial number, algorithm, issuer, validity, subject, key, … (RFC 5280
    section 4.1). Raises ValueError or IndexError."""
    fields = elements(elements(elements(memoryview(der))[0].content)[0].content)
    return fields[1:] if fields[0].tag == _TAGGED_0 else fields


def identifier_in(found: Element) -> Identifier:
    """The certificate that a RecipientIdentifier or SignerIdentifier names, in each of their forms. Raises ValueError,
    IndexError."""
    if found.tag == _SEQUENCE:
        issuer, serial = elements(found.content)
        if (issuer.tag, serial.tag) == (_SEQUENCE, _INTEGER):
            return numbered(issuer, serial)
    if found.tag == _TAGGED_0:
        return Identifier(key_id=bytes(elements(found.content)[0].content))
    if found.tag == _KEY_ID:
        return Identifier(key_id=bytes(found.content))
    raise ValueError("it names no certificate")


def numbered(issuer: Element, serial: Element) -> Identifier:
    """The certificate with this serial number among those of an issuer."""
    return Identifier(bytes(issuer.whole), _number(serial))


def _number(found: Element) -> int:
    return int.from_bytes(found.content, "big", signed=True)
