"""The certificate that a signature names by its hash (signing-certificate attributes, RFC 2634 section 5.4, RFC 5035).

What names it elsewhere in a signature is not signed: without these, a certificate could be exchanged for another with that key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailsec.content.smime.ber import Element, elements

_FIRST, _SECOND = "2a864886f70d010910020c", "2a864886f70d010910022f"
_OCTETS, _SEQUENCE = 0x04, 0x30
_HASHES: Mapping[str, str] = {
    "2b0e03021a": "sha1",
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
    "608648016503040204": "sha224",
    "608648016503040208": "sha3_256",
    "608648016503040209": "sha3_384",
    "60864801650304020a": "sha3_512",
}


@dataclass(frozen=True, slots=True)
class CertificateHash:
    """The hash of the certificate that made a signature; `hash` is "" where nobody knows it, or the attribute is damaged."""

    hash: str = ""
    digest: bytes = b""

    def fits(self, certificate: bytes) -> bool:
        """True where this is the certificate (DER)."""
        # SHA-1, of old attributes, does here: somebody would have to find a second certificate for a hash that is there
        return bool(self.hash) and hashlib.new(self.hash, certificate, usedforsecurity=False).digest() == self.digest


def named(found: Mapping[str, Sequence[Element | None]]) -> Iterator[CertificateHash]:
    """The hash that each signing-certificate attribute begins with, out of the signed attributes by their object identifiers in
    hexadecimal digits. Those behind the first are of other certificates of the path."""
    for name, usual in ((_FIRST, "sha1"), (_SECOND, "sha256")):
        if name in found:
            yield _hash(found[name], usual)


def _hash(values: Sequence[Element | None], usual: str) -> CertificateHash:
    if len(values) != 1 or values[0] is None:
        return CertificateHash()
    try:
        fields = elements(elements(elements(values[0].content)[0].content)[0].content)
        if fields[0].tag == _SEQUENCE:
            usual = _HASHES.get(elements(fields[0].content)[0].content.hex(), "")
            fields = fields[1:]
        return CertificateHash(usual, bytes(fields[0].content)) if fields[0].tag == _OCTETS else CertificateHash()
    except (ValueError, IndexError):  # fewer fields than there have to be; BerError is a ValueError
        return CertificateHash()
