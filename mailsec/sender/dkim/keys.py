"""Private keys to sign with, from whatever form they are kept in."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.limits.network import MAX_NAME
from mailsec.core.limits.run import MAX_KEY_BYTES
from mailsec.core.limits.sender import RSA_MAX_BITS, RSA_MIN_BITS
from mailsec.sender.dkim.signature import ED25519_SHA256, RSA_SHA256

PrivateKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey

_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_PRIVATE = frozenset({b"PRIVATE KEY", b"RSA PRIVATE KEY"})
_SEED_OCTETS = 32
# A private RSA key holds four and a half numbers of the modulus' size, and a few headers.
_MAX_DER = RSA_MAX_BITS // 8 * 5
_FORMS = "give a PEM file (PKCS #8 or PKCS #1) or an Ed25519 seed (32 octets, or their base64)"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and where its public half is published. `domain` and `selector` become lower-case A-labels.

    Raises BadInput for names that no key can have and for RSA keys outside 1024 to 8192 bits (RFC 8301 section 3.2).
    """

    domain: str
    selector: str
    private: PrivateKey

    def __post_init__(self) -> None:
        object.__setattr__(self, "domain", _name(self.domain, "domain"))
        object.__setattr__(self, "selector", _name(self.selector, "selector"))
        if "." not in self.domain:
            raise BadInput(f"not a domain that can sign: {self.domain}", hint="give the full name, such as example.com")
        if len(self.key_name) > MAX_NAME:
            raise BadInput("selector and domain together make too long a name", hint="use a shorter selector")
        check_size(self.private)

    @property
    def algorithm(self) -> str:
        """What a= will say."""
        return ED25519_SHA256 if isinstance(self.private, Ed25519PrivateKey) else RSA_SHA256

    @property
    def bits(self) -> int:
        """The key's size in bits: of the modulus, or 256."""
        return key_bits(self.private)

    @property
    def key_name(self) -> str:
        """The DNS name of the public key."""
        return f"{self.selector}._domainkey.{self.domain}"


def key_bits(private: PrivateKey) -> int:
    """The size of a key in bits: of the modulus, or 256."""
    return private.key_size if isinstance(private, RSAPrivateKey) else 256


def check_size(private: PrivateKey) -> None:
    """Raise BadInput for an RSA key that verifiers refuse."""
    if isinstance(private, RSAPrivateKey) and not RSA_MIN_BITS <= private.key_size <= RSA_MAX_BITS:
        raise BadInput(
            f"the RSA key has {private.key_size} bits; DKIM needs {RSA_MIN_BITS} to {RSA_MAX_BITS}",
            hint="make a new one of 2048 bits: mailsec record dkim",
        )


def _name(text: str, what: str) -> str:
    try:
        return to_ascii(text)
    except DomainError as error:
        raise BadInput(f"not a valid {what}: {error}", hint=f"give the {what} as it stands in the DNS") from None


def load_private(data: bytes) -> PrivateKey:
    """The private key in `data`: PEM or DER in PKCS #8 or PKCS #1, or an Ed25519 seed as octets or base64.

    PEM may have any line ends and text around it; the first private key counts. Raises KeyUnavailable where the key is
    encrypted, and BadInput where there is none, it is of a kind that DKIM has no use for, or it is larger than accepted.
    """
    if len(data) > MAX_KEY_BYTES:
        raise BadInput(f"the key file has more than {MAX_KEY_BYTES} octets", hint=_FORMS)
    blocks = list(_BEGIN.finditer(data))
    if blocks:
        return _from_der(_pem_content(data, blocks))
    seed = _seed(data)
    if seed is not None:
        return Ed25519PrivateKey.from_private_bytes(seed)
    return _from_der(data)


def _pem_content(data: bytes, blocks: list[re.Match[bytes]]) -> bytes:
    labels = [block[1] for block in blocks]
    chosen = next((block for block in blocks if block[1] in _PRIVATE), None)
    if chosen is None:
        raise _unusable(labels)
    end = data.find(b"-----END ", chosen.end())
    content = data[chosen.end() : end if end >= 0 else len(data)]
    if b"ENCRYPTED" in content:
        raise _encrypted()
    try:
        return a2b_base64(b"".join(content.split()), strict_mode=True)
    except Base64Error:
        raise BadInput("the PEM key is damaged", hint="copy the key file again; its content is not valid base64") from None


def _unusable(labels: list[bytes]) -> BadInput | KeyUnavailable:
    if b"ENCRYPTED PRIVATE KEY" in labels:
        return _encrypted()
    if any(label.endswith(b"PRIVATE KEY") for label in labels):
        kind = next(label for label in labels if label.endswith(b"PRIVATE KEY")).decode("ascii")
        return BadInput(f"DKIM cannot sign with this: {kind}", hint=_FORMS)
    return BadInput(f"not a private key: {labels[0].decode('ascii')}", hint="give the private key, not the public half")


def _encrypted() -> KeyUnavailable:
    return KeyUnavailable("the private key is encrypted", hint="decrypt it first: openssl pkey -in KEY.pem -out PLAIN.pem")


def _seed(data: bytes) -> bytes | None:
    # 32 printable octets are somebody's text, not a seed: the chance is one in 10^15
    if len(data) == _SEED_OCTETS and not (data.isascii() and data.decode("ascii").isprintable()):
        return data
    text = b"".join(data.split()) if len(data) < 100 else b""
    try:
        seed = a2b_base64(text, strict_mode=True)
    except Base64Error:
        return None
    return seed if len(seed) == _SEED_OCTETS else None


def _from_der(der: bytes) -> PrivateKey:
    # A library checks a private key's numbers while it loads it, which takes minutes for a giant one.
    if len(der) > _MAX_DER:
        raise BadInput(f"no private key, or an RSA key of more than {RSA_MAX_BITS} bits", hint=_FORMS)
    try:
        key = load_der_private_key(der, None)
    except Exception as error:  # the library raises ValueError, TypeError and errors of its own for what it cannot read
        if isinstance(error, TypeError):  # the sign of an encrypted PKCS #8 in DER
            raise _encrypted() from None
        raise BadInput("no private key could be read", hint=_FORMS) from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise BadInput("DKIM signs with RSA and Ed25519 keys only", hint="make a key with: mailsec record dkim")
    return key
