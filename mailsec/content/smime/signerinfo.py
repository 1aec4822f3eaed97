"""One signature of signed-data (SignerInfo, RFC 5652 section 5.3), read with care and judged by nobody yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mailsec.content.smime.ber import Element, elements
from mailsec.content.smime.capabilities import Capabilities, read_capabilities
from mailsec.content.smime.cms import CmsError, guarded
from mailsec.content.smime.identifier import Identifier, identifier_in, numbered
from mailsec.content.smime.named import CertificateHash, named
from mailsec.core.limits.content import CMS_ATTRIBUTES

T = TypeVar("T")

_OID, _OCTETS, _SEQUENCE, _SET, _SIGNED, _KEY_ID = 0x06, 0x04, 0x30, 0x31, 0xA0, 0x80
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = "2a864886f70d010903", "2a864886f70d010904", "2a864886f70d010905"
CAPABILITIES, KEY_PREFERENCE = "2a864886f70d01090f", "2a864886f70d010910020b"
"""Signed attributes, by their object identifiers in hexadecimal digits."""
_ISSUER_AND_SERIAL, _RECIPIENT_KEY_ID = 0xA0, 0xA1


@dataclass(frozen=True, slots=True)
class Attributes:
    """The signed attributes. `der` is what the signature is over; the others hold every value that stands there, so that an
    honest signature has one of each. `claimed` is the signing time in seconds since 1970 UTC, as the signer says it;
    `capabilities` is what the signer's program understands, None where it does not say, and `preferred` names the certificate
    that the signer would have others encrypt to (RFC 8551 sections 2.5.2 and 2.5.3). `named` are the hashes that the signer's
    certificate has to have, one for each attribute that names it so."""

    der: bytes
    content_types: tuple[str | None, ...]
    digests: tuple[bytes | None, ...]
    claimed: int | None = None
    capabilities: Capabilities | None = None
    preferred: Identifier | None = None
    named: tuple[CertificateHash, ...] = ()


@dataclass(frozen=True, slots=True)
class Pss:
    """The parameters of RSASSA-PSS: names of hashes ("sha256"), octets of salt. `usual` is False for another mask function."""

    hash: str
    mask_hash: str
    salt: int
    usual: bool


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """`certificate` names the signer's certificate.

    `digest` is the name of the hash of the content ("sha256", or the object identifier where it has no name), `algorithm` that
    of the signature ("rsassa_pkcs1v15", "ecdsa", …), `hash` the one that its identifier names, "" where it names none.
    """

    certificate: Identifier
    digest: str
    algorithm: str
    hash: str
    pss: Pss | None
    attributes: Attributes | None
    signature: bytes

    def names(self, certificate: bytes) -> bool:
        """True where no attribute says that the signer's certificate is another one than this (DER)."""
        return self.attributes is None or all(each.fits(certificate) for each in self.attributes.named)


def read(der: bytes) -> SignerInfo:
    """The SignerInfo in `der`. Raises CmsError."""
    return guarded(lambda: _read(der), "a signature")


def _read(der: bytes) -> SignerInfo:
    from asn1crypto import cms  # noqa: PLC0415 (large, and few messages are signed)

    info = cms.SignerInfo.load(der, strict=True)
    algorithm = info["signature_algorithm"]
    name, hashed = _algorithm(algorithm)
    pss = read_pss(algorithm["parameters"]) if name == "rsassa_pss" else None
    fields = elements(elements(memoryview(der))[0].content)
    if fields[1].tag not in (_SEQUENCE, _KEY_ID):
        raise CmsError("a signature names no certificate")
    return SignerInfo(
        identifier_in(fields[1]),
        info["digest_algorithm"]["algorithm"].native,
        name,
        hashed,
        pss,
        _attributes(fields),
        info["signature"].native,
    )


def _algorithm(algorithm: Any) -> tuple[str, str]:
    """Names of the signature algorithm and of the hash that it states, "" for none; an unknown one by its identifier."""
    name: str = algorithm["algorithm"].native
    try:
        kind: str = algorithm.signature_algo
    except ValueError:
        return name, ""
    head, _, tail = name.rpartition("_")
    return kind, head if tail in ("rsa", "ecdsa", "dsa") else ""


def read_pss(parameters: Any) -> Pss:
    """The parameters of RSASSA-PSS, as asn1crypto has them."""
    mask = parameters["mask_gen_algorithm"]
    usual = mask["algorithm"].native == "mgf1" and parameters["trailer_field"].native == "trailer_field_bc"
    return Pss(
        parameters["hash_algorithm"]["algorithm"].native,
        mask["parameters"]["algorithm"].native,
        parameters["salt_length"].native,
        usual,
    )


def _attributes(fields: Sequence[Element]) -> Attributes | None:
    """The signed attributes among the fields of a SignerInfo, None where there are none. The library is not asked: it reads
    every attribute to the ground, and one that it does not know well makes it give up."""
    if len(fields) < 4 or fields[3].tag != _SIGNED:
        return None
    listed = elements(fields[3].content)
    if len(listed) > CMS_ATTRIBUTES:
        raise CmsError(f"a signature has more than {CMS_ATTRIBUTES} attributes")
    found: dict[str, list[Element | None]] = {}
    for attribute in listed:
        name, values = elements(attribute.content)
        if (attribute.tag, name.tag, values.tag) != (_SEQUENCE, _OID, _SET):
            raise CmsError("a signature has an attribute without name or values")
        # an honest attribute has one value; None stands for one that has none
        found.setdefault(name.content.hex(), []).extend(elements(values.content) or [None])
    return Attributes(
        # the set itself, not the tag it stands under, is what is signed (RFC 5652 section 5.4)
        b"\x31" + bytes(fields[3].whole[1:]),
        tuple(None if each is None else each.hex() for each in _contents(found.get(CONTENT_TYPE, ()), _OID)),
        tuple(_contents(found.get(MESSAGE_DIGEST, ()), _OCTETS)),
        _told(_time, found.get(SIGNING_TIME)),
        _told(read_capabilities, found.get(CAPABILITIES)),
        _told(_preferred, found.get(KEY_PREFERENCE)),
        tuple(named(found)),
    )


def _contents(values: Iterable[Element | None], tag: int) -> Iterator[bytes | None]:
    """What the values hold, None for those that are missing or of another kind than `tag`."""
    return (bytes(each.content) if each is not None and each.tag == tag else None for each in values)


def _told(read: Callable[[bytes], T], values: Sequence[Element | None] | None) -> T | None:
    """What an attribute that no judgement rests on says, None where it cannot be read."""
    if not values or len(values) > 1 or values[0] is None:
        return None
    der = bytes(values[0].whole)
    try:
        return guarded(lambda: read(der), "an attribute")
    except CmsError:
        return None


def _time(der: bytes) -> int:
    """A UTCTime or GeneralizedTime, in seconds since 1970 UTC."""
    from asn1crypto import cms  # noqa: PLC0415 (large, and few messages are signed)

    return int(cms.Time.load(der, strict=True).native.timestamp())


def _preferred(der: bytes) -> Identifier:
    """The certificate that an SMIMEEncryptionKeyPreference names."""
    [choice] = elements(memoryview(der))
    if choice.tag == _ISSUER_AND_SERIAL:
        issuer, serial = elements(choice.content)
        return numbered(issuer, serial)
    key_id = elements(choice.content)[0].content if choice.tag == _RECIPIENT_KEY_ID else choice.content
    return Identifier(key_id=bytes(key_id))
