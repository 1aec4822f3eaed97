"""Encrypted CMS structures read: enveloped-data (RFC 5652 section 6), authEnveloped-data (RFC 5083). Nothing is decrypted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailsec.content.smime.ber import Element, elements
from mailsec.content.smime.cms import Cms, CmsError, ContentType
from mailsec.content.smime.identifier import Identifier, identifier_in
from mailsec.core.limits.content import CMS_RECIPIENTS

_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x30, 0x31
_TAGGED_0, _TAGGED_1, _TAGGED_2, _IMPLICIT_0 = 0xA0, 0xA1, 0xA2, 0x80
_RC2_128 = 58
"""How RC2's parameters write an effective key of 128 bits (RFC 2268 section 6)."""


class Mode(StrEnum):
    """How a cipher is run."""

    CBC = "CBC"
    GCM = "GCM"


@dataclass(frozen=True, slots=True)
class ContentCipher:
    """A cipher of content: `name` for people, octets of its key and of its block."""

    name: str
    family: str
    mode: Mode
    key: int
    block: int = 16

    @property
    def legacy(self) -> bool:
        """True for what only old mail is encrypted with."""
        return self.family != "AES"


CIPHERS = {
    "60864801650304010" + digit: ContentCipher(f"AES-{bits}-{mode}", "AES", mode, bits // 8)
    for digit, bits, mode in (("2", 128, Mode.CBC), ("6", 128, Mode.GCM))
}
CIPHERS |= {
    "6086480165030401" + octet: ContentCipher(f"AES-{bits}-{mode}", "AES", mode, bits // 8)
    for octet, bits, mode in (("16", 192, Mode.CBC), ("1a", 192, Mode.GCM), ("2a", 256, Mode.CBC), ("2e", 256, Mode.GCM))
}
CIPHERS |= {
    "2a864886f70d0307": ContentCipher("3DES-CBC", "3DES", Mode.CBC, 24, 8),
    "2a864886f70d0302": ContentCipher("RC2-CBC", "RC2", Mode.CBC, 16, 8),
}


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An algorithm identifier: the object identifier in hexadecimal digits, its parameters, and the whole (DER)."""

    oid: str
    parameters: bytes
    der: bytes


@dataclass(frozen=True, slots=True)
class Recipient:
    """One encrypted key. Where `originator` (a public key, as the curve writes it) is not empty, it was agreed upon with that;
    `ukm` is the material of the sender that goes into the agreement."""

    certificate: Identifier
    algorithm: Algorithm
    encrypted_key: bytes
    originator: bytes = b""
    ukm: bytes = b""


@dataclass(frozen=True, slots=True)
class Enveloped:
    """An encrypted structure. `iv` is the initialization vector or nonce, `mac` and `aad` are those of authEnveloped-data.

    `others` counts recipients of kinds that are not opened here (passwords, keys known beforehand)."""

    recipients: tuple[Recipient, ...]
    others: int
    cipher: ContentCipher
    iv: bytes
    content: memoryview
    mac: bytes = b""
    aad: bytes = b""

    @property
    def authenticated(self) -> bool:
        """True where a change on the way is noticed."""
        return self.cipher.mode is Mode.GCM


def enveloped(cms: Cms) -> Enveloped:
    """The fields of an encrypted structure. Raises CmsError."""
    try:
        return _enveloped(cms)
    except CmsError:
        raise
    except (ValueError, IndexError):  # fewer or more fields than there have to be; BerError is one
        raise CmsError("the encrypted structure cannot be read") from None


def _enveloped(cms: Cms) -> Enveloped:
    fields = [each for each in cms.fields if each.tag != _TAGGED_0]
    tags = [each.tag for each in fields]
    sealed = cms.type is ContentType.AUTH_ENVELOPED
    if not cms.type.encrypted or tags[:3] != [_INTEGER, _SET, _SEQUENCE]:
        raise CmsError("it is no encrypted structure")
    cipher, iv, content = _content(elements(fields[2].content))
    if sealed != (cipher.mode is Mode.GCM):
        raise CmsError(f"{cipher.name} does not belong into {cms.type}")
    recipients, others = _recipients(elements(fields[1].content))
    if not sealed:
        return Enveloped(recipients, others, cipher, iv, content)
    attributes = bytes(fields[3].whole) if tags[3:4] == [_TAGGED_1] else b""
    mac = fields[4 if attributes else 3]
    if mac.tag != _OCTETS or not 12 <= len(mac.content) <= 16:
        raise CmsError("its authentication code is missing or of no length that may be")
    aad = bytes([_SET]) + attributes[1:] if attributes else b""
    return Enveloped(recipients, others, cipher, iv, content, bytes(mac.content), aad)


def _content(fields: Sequence[Element]) -> tuple[ContentCipher, bytes, memoryview]:
    """Cipher, initialization vector and ciphertext of an EncryptedContentInfo."""
    algorithm = _algorithm(fields[1])
    cipher = CIPHERS.get(algorithm.oid)
    if cipher is None:
        raise CmsError("it is encrypted with a cipher that is not known here")
    if len(fields) < 3 or fields[2].tag != _IMPLICIT_0:
        raise CmsError("the encrypted text is not in it")
    parameters = elements(memoryview(algorithm.parameters))[0]
    if cipher.mode is Mode.GCM:
        nonce = elements(parameters.content)[0]
        if nonce.tag != _OCTETS or not 8 <= len(nonce.content) <= 128:
            raise CmsError("its nonce is of no length that may be")
        return cipher, bytes(nonce.content), fields[2].content
    if cipher.family == "RC2":
        version, parameters = elements(parameters.content)
        if int.from_bytes(version.content, "big") != _RC2_128:
            raise CmsError("RC2 with a key shorter than 128 bits")
    if parameters.tag != _OCTETS or len(parameters.content) != cipher.block:
        raise CmsError("its initialization vector is of no length that may be")
    return cipher, bytes(parameters.content), fields[2].content


def _recipients(found: Sequence[Element]) -> tuple[tuple[Recipient, ...], int]:
    made: list[Recipient] = []
    others = 0
    for each in found:
        if each.tag == _SEQUENCE:
            made.append(_transported(elements(each.content)))
        elif each.tag == _TAGGED_1:
            made += _agreed(elements(each.content))
        else:
            others += 1
        if len(made) + others > CMS_RECIPIENTS:
            raise CmsError(f"it has more than {CMS_RECIPIENTS} recipients")
    return tuple(made), others


def _transported(fields: Sequence[Element]) -> Recipient:
    """A KeyTransRecipientInfo: the key is encrypted with RSA."""
    return Recipient(identifier_in(fields[1]), _algorithm(fields[2]), bytes(fields[3].content))


def _agreed(fields: Sequence[Element]) -> Iterator[Recipient]:
    """A KeyAgreeRecipientInfo: the keys are wrapped with what was agreed upon (RFC 5753)."""
    originator = elements(fields[1].content)[0]
    if originator.tag != _TAGGED_1:
        raise CmsError("the key was agreed upon with a key that is not in it")
    public = bytes(elements(originator.content)[1].content)[1:]
    ukm = bytes(elements(fields[2].content)[0].content) if fields[2].tag == _TAGGED_1 else b""
    algorithm, keys = fields[-2:]
    for each in elements(keys.content):
        name, key = elements(each.content)
        yield Recipient(identifier_in(name), _algorithm(algorithm), bytes(key.content), public, ukm)


def _algorithm(found: Element) -> Algorithm:
    fields = elements(found.content)
    if found.tag != _SEQUENCE or fields[0].tag != _OID:
        raise CmsError("an algorithm has no name")
    return Algorithm(fields[0].content.hex(), bytes(fields[1].whole) if len(fields) > 1 else b"", bytes(found.whole))
