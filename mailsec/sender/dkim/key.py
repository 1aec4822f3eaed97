"""The key record of a selector (RFC 6376 section 3.6.1, RFC 8463 section 4) and the public key in it.

A key's size is read from its outermost bytes before anything is computed with it or a library parses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from mailsec.core.limits.sender import RSA_MAX_BITS, RSA_MAX_EXPONENT_BITS, RSA_MIN_BITS
from mailsec.core.taglist import TagListError, parse
from mailsec.core.text import from_bytes
from mailsec.sender.dkim.signature import SignatureError, base64_octets

PublicKey: TypeAlias = RSAPublicKey | Ed25519PublicKey

_PADDING = PKCS1v15()
_SHA256 = SHA256()
_CACHED_TEXT = 4096  # honest records have under 1,500 octets; a cache must not keep what an attacker made large
_CACHED_RECORDS = 512
_P_TAG = re.compile(rb"p[ \t\r\n]*=")
_RSA_OID = bytes.fromhex("06092a864886f70d010101")
# What a DER SubjectPublicKeyInfo can add to the modulus and exponent of the largest key.
_MAX_KEY_OCTETS = RSA_MAX_BITS // 8 + RSA_MAX_EXPONENT_BITS // 8 + 64
_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03


class KeyRecordError(ValueError):
    """The text is no key record, or its key cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class KeySizeError(KeyRecordError):
    """The key is well-formed and has a size that is not accepted; `bits` is the size of its modulus."""

    def __init__(self, message: str, bits: int) -> None:
        super().__init__(message)
        self.bits = bits


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key record: `hashes` and `services` are empty where it does not restrict them, `data` is empty for a revoked key.

    `kind` is k= in lower case; `others` are the tags that are not defined.
    """

    kind: str
    data: bytes
    hashes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    notes: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @property
    def revoked(self) -> bool:
        """True for an empty p=."""
        return not self.data

    @property
    def testing(self) -> bool:
        """True for t=y."""
        return "y" in self.flags

    @property
    def strict(self) -> bool:
        """True for t=s: the domain of i= must be d= itself."""
        return "s" in self.flags

    @property
    def for_mail(self) -> bool:
        """True where s= lets the key be used for mail."""
        return not self.services or "*" in self.services or "email" in self.services

    @property
    def for_sha256(self) -> bool:
        """True where h= lets the key be used with SHA-256."""
        return not self.hashes or "sha256" in self.hashes

    def public_key(self) -> tuple[PublicKey, int]:
        """The key and its size in bits. Raises KeyRecordError, and KeySizeError for a size that is not accepted."""
        return _public_key(self.kind, self.data)


def parse_key(text: bytes) -> KeyRecord:
    """The key record in `text`, a TXT record's strings joined. Raises KeyRecordError, and nothing else."""
    return _parse_cached(text) if len(text) <= _CACHED_TEXT else _parse(text)


def looks_like_key(text: bytes) -> bool:
    """True where `text` may be meant as a key record: it has a p= tag."""
    return _P_TAG.search(text) is not None and not text.startswith((b"v=spf1", b"v=DMARC1"))


def _parse(text: bytes) -> KeyRecord:
    try:
        tags = {tag.name: tag.value for tag in parse(from_bytes(text))}
    except TagListError as error:
        raise KeyRecordError(f"the key record cannot be read: {error.message}") from None
    if "v" in tags and (tags.pop("v") != "DKIM1" or not text.lstrip().startswith(b"v")):
        raise KeyRecordError("the key record is not of version DKIM1")
    if "p" not in tags:
        raise KeyRecordError("the key record has no p=")
    # Whoever wrote the record chose its size; a key above the largest accepted one is not even decoded.
    encoded = tags.pop("p").encode()
    try:
        data = base64_octets(encoded, "p=", _MAX_KEY_OCTETS) if encoded else b""
    except SignatureError as error:
        raise KeyRecordError(f"the key record cannot be used: {error.message}") from None
    return KeyRecord(
        tags.pop("k", "rsa").lower(),
        data,
        _list(tags.pop("h", "")),
        _list(tags.pop("s", "")),
        _list(tags.pop("t", "")),
        tags.pop("n", ""),
        tuple(tags.items()),
    )


_parse_cached = lru_cache(_CACHED_RECORDS)(_parse)


def _list(value: str) -> tuple[str, ...]:
    return tuple(word for item in value.split(":") if (word := item.strip().lower()))


@lru_cache(_CACHED_RECORDS)
def _public_key(kind: str, data: bytes) -> tuple[PublicKey, int]:
    if kind == "ed25519":
        if len(data) != 32:
            raise KeyRecordError(f"an Ed25519 key has 32 octets, this one {len(data)}")
        return Ed25519PublicKey.from_public_bytes(data), 256
    if kind != "rsa":
        raise KeyRecordError("the kind of key is not known")
    modulus, exponent = _rsa_numbers(data)
    bits = _bits(modulus)
    if bits < RSA_MIN_BITS:
        raise KeySizeError(f"the RSA key has {bits} bits, fewer than {RSA_MIN_BITS}", bits)
    if bits > RSA_MAX_BITS:
        raise KeySizeError(f"the RSA key has {bits} bits, more than {RSA_MAX_BITS}", bits)
    if _bits(exponent) > RSA_MAX_EXPONENT_BITS:
        raise KeySizeError(f"the RSA key's exponent has more than {RSA_MAX_EXPONENT_BITS} bits", bits)
    e, n = int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big")
    if e < 3 or not e & n & 1:
        raise KeyRecordError("the RSA key's numbers are not valid")
    return RSAPublicNumbers(e, n).public_key(), bits


def _bits(octets: bytes) -> int:
    octets = octets.lstrip(b"\0")
    return (len(octets) - 1) * 8 + octets[0].bit_length() if octets else 0


def _rsa_numbers(data: bytes) -> tuple[bytes, bytes]:
    """Modulus and exponent of a SubjectPublicKeyInfo or a bare RSAPublicKey (RFC 8017 appendix A.1.1), as octets."""
    body, rest = _element(data, _SEQUENCE)
    if body[:1] == bytes([_SEQUENCE]):
        algorithm, key = _element(body, _SEQUENCE)
        bits, after = _element(key, _BIT_STRING)
        if not algorithm.startswith(_RSA_OID) or bits[:1] != b"\0" or after:
            raise KeyRecordError("the key is not an RSA key")
        body, inner = _element(bits[1:], _SEQUENCE)
        rest += inner
    modulus, body = _element(body, _INTEGER)
    exponent, body = _element(body, _INTEGER)
    if rest or body or modulus[:1] >= b"\x80" or exponent[:1] >= b"\x80":
        raise KeyRecordError("the RSA key is not valid DER")
    return modulus, exponent


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the DER element that `data` begins with, and what follows it."""
    if len(data) >= 2 and data[0] == tag:
        length, start = data[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start], "big") if 2 < start <= 6 else -1
        if 0 <= length <= len(data) - start:
            return data[start : start + length], data[start + length :]
    raise KeyRecordError("the RSA key is not valid DER")


def verifies(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    """Whether `signature` is the key's over `signed`: PKCS #1 v1.5 with SHA-256, or Ed25519 over the SHA-256 (RFC 8463)."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, signed, _PADDING, _SHA256)
        else:
            key.verify(signature, sha256(signed).digest())
    except InvalidSignature:
        return False
    return True
