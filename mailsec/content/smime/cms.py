"""The outside of a CMS structure (RFC 5652): its content type, and the fields of signed-data and compressed-data.

Large contents stay views into the data they came in. The small structures inside are read by asn1crypto, whose exceptions for
what strangers make up never leave this file and `signerinfo`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from mailsec.content.smime.ber import BerError, Element, definite, elements
from mailsec.core.limits.content import CMS_CERTIFICATES, CMS_SIGNERS
from mailsec.core.limits.run import MAX_MESSAGE_BYTES

T = TypeVar("T")

_SEQUENCE, _SET, _INTEGER, _OID, _OCTETS = 0x30, 0x31, 0x02, 0x06, 0x04
_EXPLICIT_0, _EXPLICIT_1 = 0xA0, 0xA1
HEAD = 64
ZLIB = "2a864886f70d0109100308"


class CmsError(ValueError):
    """The data is no CMS structure that can be read, and why."""


class ContentType(StrEnum):
    """What a CMS structure holds."""

    DATA = "data"
    SIGNED = "signed-data"
    ENVELOPED = "enveloped-data"
    AUTH_ENVELOPED = "authEnveloped-data"
    COMPRESSED = "compressed-data"
    OTHER = "another content type"

    @property
    def encrypted(self) -> bool:
        """True for what it takes a key to open."""
        return self in (ContentType.ENVELOPED, ContentType.AUTH_ENVELOPED)


TYPES = {
    "2a864886f70d010701": ContentType.DATA,
    "2a864886f70d010702": ContentType.SIGNED,
    "2a864886f70d010703": ContentType.ENVELOPED,
    "2a864886f70d0109100117": ContentType.AUTH_ENVELOPED,
    "2a864886f70d0109100109": ContentType.COMPRESSED,
}
"""The content types by their object identifiers in hexadecimal digits."""
OIDS = {kind: digits for digits, kind in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Cms:
    """A content info: its type, and what it holds."""

    type: ContentType
    fields: Sequence[Element]


@dataclass(frozen=True, slots=True)
class SignedData:
    """`content_type` is the object identifier of what is signed in hexadecimal digits; `content` is None where it stands
    elsewhere (detached). `certificates` and `signers` are DER."""

    content_type: str
    content: memoryview | None
    certificates: tuple[bytes, ...]
    signers: tuple[bytes, ...]

    @property
    def is_data(self) -> bool:
        """True where plain data is signed, and not another structure."""
        return TYPES.get(self.content_type) is ContentType.DATA


def guarded(read: Callable[[], T], what: str) -> T:
    """What `read` gives. Raises CmsError in place of whatever a library raises for data that strangers made up."""
    try:
        return read()
    except (CmsError, MemoryError):
        raise
    except Exception:  # ValueError, TypeError, KeyError, OverflowError and classes of the libraries' own
        raise CmsError(f"{what} cannot be read") from None


def stated_type(data: bytes) -> ContentType | None:
    """The content type that a CMS structure states in its first octets (`HEAD` of them do); None where they are of none."""
    head = data[:HEAD]
    first = head[1] if len(head) > 1 and head[0] == _SEQUENCE else 0
    start = 2 + (first & 0x7F if first > 0x80 else 0)
    if not first or head[start : start + 1] != bytes([_OID]):
        return None
    return TYPES.get(head[start + 2 : start + 2 + int.from_bytes(head[start + 1 : start + 2])].hex())


def opened(data: bytes) -> Cms:
    """The content info in `data`, BER or DER. Raises CmsError."""
    try:
        outer = elements(memoryview(definite(data)))
        fields = elements(outer[0].content) if outer and outer[0].tag == _SEQUENCE else []
        if not fields or fields[0].tag != _OID:
            raise CmsError("it is no CMS structure")
        inner = elements(fields[1].content) if len(fields) == 2 and fields[1].tag == _EXPLICIT_0 else []
        if len(inner) != 1:
            raise CmsError("it has no content")
        kind = TYPES.get(fields[0].content.hex(), ContentType.OTHER)
        return Cms(kind, elements(inner[0].content) if inner[0].tag == _SEQUENCE else inner)
    except BerError as error:
        raise CmsError(str(error)) from None


def signed_data(cms: Cms) -> SignedData:
    """The fields of signed-data (RFC 5652 section 5.1). Raises CmsError."""
    try:
        tags = [each.tag for each in cms.fields]
        if cms.type is not ContentType.SIGNED or tags[:3] != [_INTEGER, _SET, _SEQUENCE] or tags[-1] != _SET or len(tags) < 4:
            raise CmsError("it is no signed-data")
        if not set(tags[3:-1]) <= {_EXPLICIT_0, _EXPLICIT_1}:
            raise CmsError("it has fields that signed-data does not have")
        oid, content = _encapsulated(cms.fields[2].content)
        kept = [each for field in cms.fields[3:-1] if field.tag == _EXPLICIT_0 for each in elements(field.content)]
        signers = elements(cms.fields[-1].content)
    except BerError as error:
        raise CmsError(str(error)) from None
    if len(kept) > CMS_CERTIFICATES or len(signers) > CMS_SIGNERS:
        raise CmsError(f"it has more than {CMS_CERTIFICATES} certificates or {CMS_SIGNERS} signatures")
    certificates = tuple(bytes(each.whole) for each in kept if each.tag == _SEQUENCE)
    return SignedData(oid, content, certificates, tuple(bytes(each.whole) for each in signers))


def _encapsulated(data: memoryview) -> tuple[str, memoryview | None]:
    """The content type and the octets of an EncapsulatedContentInfo (RFC 5652 section 5.2), None where they are not there."""
    fields = elements(data)
    if not fields or fields[0].tag != _OID or len(fields) > 2:
        raise CmsError("what it holds has no type")
    if len(fields) == 1:
        return fields[0].content.hex(), None
    inner = elements(fields[1].content)
    if fields[1].tag != _EXPLICIT_0 or len(inner) != 1 or inner[0].tag != _OCTETS:
        raise CmsError("what it holds is no string of octets")
    return fields[0].content.hex(), inner[0].content


def decompressed(cms: Cms, limit: int = MAX_MESSAGE_BYTES) -> bytes:
    """What compressed-data holds (RFC 3274), at most `limit` octets. Raises CmsError."""
    try:
        if cms.type is not ContentType.COMPRESSED or [each.tag for each in cms.fields] != [_INTEGER, _SEQUENCE, _SEQUENCE]:
            raise CmsError("it is no compressed-data")
        algorithm = elements(cms.fields[1].content)
        _, content = _encapsulated(cms.fields[2].content)
    except BerError as error:
        raise CmsError(str(error)) from None
    if not algorithm or algorithm[0].content.hex() != ZLIB or content is None:
        raise CmsError("it is compressed in a way that is not known, or empty")
    inflater = zlib.decompressobj()
    try:
        made = inflater.decompress(content, limit + 1)
    except zlib.error:
        raise CmsError("the compressed data cannot be unfolded") from None
    if len(made) > limit:
        raise CmsError(f"more than {limit} octets come out of it")
    if not inflater.eof:
        raise CmsError("the compressed data is cut off")
    return made
