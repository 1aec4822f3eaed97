"""What a person's program can read, as the signatures that it makes say (smimeCapabilities, RFC 8551 section 2.5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from mailsec.content.smime.ber import BerError, elements
from mailsec.content.smime.cms import ZLIB, CmsError
from mailsec.content.smime.der import algorithm, sequence
from mailsec.content.smime.enveloped import CIPHERS, ContentCipher, Mode
from mailsec.content.smime.unwrapping import OAEP_SHA_256, RSA_OAEP
from mailsec.core.limits.content import CMS_CAPABILITIES, CMS_CAPABILITY_BYTES

_SEQUENCE, _OID = 0x30, 0x06
_AES_128_GCM, _AES_192_GCM, _AES_256_GCM = "608648016503040106", "60864801650304011a", "60864801650304012e"
_AES_128_CBC, _AES_192_CBC, _AES_256_CBC = "608648016503040102", "608648016503040116", "60864801650304012a"
AES_256_GCM, AES_256_CBC = CIPHERS[_AES_256_GCM], CIPHERS[_AES_256_CBC]
"""What is written where nothing else is known, and for old readers."""
_OURS = (_AES_256_GCM, _AES_128_GCM, _AES_256_CBC, _AES_128_CBC, _AES_192_GCM, _AES_192_CBC)
"""What is read here, the most preferred first."""


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
    shared = reduce(_shared, (each.ciphers for each in known)) if known else (AES_256_GCM,)
    fit = [each for each in shared if not each.legacy]
    return next((each for mode in (Mode.GCM, Mode.CBC) for each in fit if each.mode is mode), None)


def _shared(first: tuple[ContentCipher, ...], other: tuple[ContentCipher, ...]) -> tuple[ContentCipher, ...]:
    return tuple(each for each in first if each in other)
