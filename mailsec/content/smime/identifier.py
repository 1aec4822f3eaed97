"""How CMS names a certificate: by issuer and serial number, or by its key identifier (RFC 5652 section 10.2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from mailsec.content.smime.cms import CmsError, guarded


@dataclass(frozen=True, slots=True)
class Identifier:
    """`issuer` (the DER of the name) and `serial` name the certificate; where `issuer` is empty, `key_id` does."""

    issuer: bytes = b""
    serial: int = 0
    key_id: bytes = b""

    def __str__(self) -> str:
        if not self.issuer:
            return f"key identifier {self.key_id.hex().upper()}"
        return f"serial number {self.serial:X} of {self.issuer_name}"

    @property
    def issuer_name(self) -> str:
        """The issuer as people read it."""
        from asn1crypto import x509  # noqa: PLC0415

        try:
            return guarded(lambda: str(x509.Name.load(self.issuer).human_friendly), "a name")
        except CmsError:
            return "an issuer whose name cannot be read"

    def fits(self, certificate: bytes) -> bool:
        """True where this is the certificate (DER) that is meant; False too where it cannot be read."""
        try:
            return guarded(lambda: self._fits(certificate), "a certificate")
        except CmsError:
            return False

    def _fits(self, der: bytes) -> bool:
        from asn1crypto import x509  # noqa: PLC0415

        certificate = x509.Certificate.load(der)
        if not self.issuer:
            stated = certificate.key_identifier
            return bool(self.key_id) and self.key_id == (stated or _made_key_id(certificate))
        return bool(certificate.serial_number == self.serial and certificate.issuer == x509.Name.load(self.issuer))


def _made_key_id(certificate: Any) -> bytes:
    """The key identifier of a certificate that states none (RFC 5280 section 4.2.1.2, the first method)."""
    return sha1(bytes(certificate.public_key["public_key"]), usedforsecurity=False).digest()


def read_identifier(found: Any) -> Identifier:
    """The identifier in a SignerIdentifier, RecipientIdentifier or the like, as asn1crypto has it."""
    chosen = found.chosen
    if found.name == "issuer_and_serial_number":
        return Identifier(chosen["issuer"].dump(), chosen["serial_number"].native)
    if found.name == "r_key_id":
        chosen = chosen["subject_key_identifier"]
    return Identifier(key_id=chosen.native)
