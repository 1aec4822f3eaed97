"""What a person's program can read, as the signatures that it makes say (smimeCapabilities, RFC 8551 section 2.5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from mailsec.content.smime.ber import BerError, elements
from mailsec.content.smime.cms import ZLIB, CmsError
from mailsec.content.smime.der import algorithm, sequence
from mailsec.content.smime.enveloped import CIPHERS, ContentCipher, Mode
from mailsec.core.limits import CMS_CAPABILITIES, CMS_CAPABILITY_BYTES

_SEQUENCE, _OID = 0x30, 0x06
AES_256_GCM, AES_256_CBC, AES_128_GCM, AES_128_CBC = (
    "60864801650304012e",
    "60864801650304012a",
    "608648016503040106",
    "608648016503040102",
)
_AES_192_GCM, _AES_192_CBC = "60864801650304011a", "608648016503040116"
RSA_OAEP, OAEP_SHA_256 = (
    "2a864886f70d010107",
    bytes.fromhex("302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500"),
)
"""RSAES-OAEP and its parameters with SHA-256 in both places (RFC 4055 section 4.1)."""
_OURS = (AES_256_GCM, AES_128_GCM, AES_256_CBC, AES_128_CBC, _AES_192_GCM, _AES_192_CBC)
"""What is read here, and written in this order where nothing else is known."""


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that is understood: the object identifier in hexadecimal digits, and its parameters (DER), empty for none."""

    oid: str
    parameters: bytes = b""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is understood, the most preferred first, as somebody says it. `der` is the SMIMECapabilities as it stood there."""

    der: bytes
    listed: tuple[Capability, ...]

    @property
    def ciphers(self) -> tuple[ContentCipher, ...]:
        """The ciphers of content among them that are known here, the most preferred first."""
        return tuple(CIPHERS[each.oid] for each in self.listed if each.oid in CIPHERS)

    @property
    def oaep(self) -> bool:
        """True where keys that are encrypted with RSAES-OAEP and SHA-256 are understood."""
        return Capability(RSA_OAEP, OAEP_SHA_256) in self.listed

    @property
    def compression(self) -> bool:
        """True where compressed content is understood (RFC 3274)."""
        return any(each.oid == ZLIB for each in self.listed)


def read_capabilities(der: bytes) -> Capabilities:
    """The capabilities in an SMIMECapabilities (DER). Raises CmsError where there are none, too many, or no such thing."""
    if len(der) > CMS_CAPABILITY_BYTES:
        raise CmsError(f"more than {CMS_CAPABILITY_BYTES} octets of capabilities")
    try:
        outer = elements(memoryview(der))
        if [each.tag for each in outer] != [_SEQUENCE]:
            raise CmsError("it is no list of capabilities")
        found = [(each.tag, elements(each.content)) for each in elements(outer[0].content)]
    except BerError as error:
        raise CmsError(str(error)) from None
    if not found or len(found) > CMS_CAPABILITIES:
        raise CmsError(f"no capabilities, or more than {CMS_CAPABILITIES}")
    if any(tag != _SEQUENCE or not 1 <= len(fields) <= 2 or fields[0].tag != _OID for tag, fields in found):
        raise CmsError("a capability has no name")
    listed = (Capability(fields[0].content.hex(), b"".join(bytes(each.whole) for each in fields[1:])) for _, fields in found)
    return Capabilities(der, tuple(dict.fromkeys(listed)))


def written(listed: Iterable[Capability]) -> Capabilities:
    """The capabilities `listed`, the most preferred first, ready for a signature."""
    kept = tuple(listed)
    return Capabilities(sequence(*(algorithm(each.oid, each.parameters) for each in kept)), kept)


def ours() -> Capabilities:
    """What is understood here, for the signatures that are made here."""
    ciphers = tuple(Capability(each) for each in _OURS)
    return written((*ciphers, Capability(RSA_OAEP, OAEP_SHA_256), Capability(ZLIB)))


def best(known: Sequence[Capabilities]) -> ContentCipher | None:
    """The cipher for a message to people of whom `known` is what their programs understand; None where they share none that is
    written here.

    What is authenticated goes before what is not, whatever anybody prefers; then the order of the first is kept. Where nothing
    is known of anybody it is AES-256-GCM (RFC 8551 section 2.7.1.2).
    """
    shared = reduce(_shared, (each.ciphers for each in known)) if known else (CIPHERS[AES_256_GCM],)
    fit = [each for each in shared if not each.legacy]
    return next((each for mode in (Mode.GCM, Mode.CBC) for each in fit if each.mode is mode), None)


def _shared(first: tuple[ContentCipher, ...], other: tuple[ContentCipher, ...]) -> tuple[ContentCipher, ...]:
    return tuple(each for each in first if each in other)
