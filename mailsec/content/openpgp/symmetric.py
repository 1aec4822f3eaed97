"""The symmetric side of OpenPGP: ciphers by number, CFB, AEAD, and keys made of passphrases (RFC 9580 sections 3.7, 9.3, 9.6).

The arithmetic is that of `cryptography`; only how the pieces are put together is here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import CAST5, IDEA, Blowfish, Camellia, TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESOCB3
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from mailsec.core.limits.content import PGP_ARGON2_MEMORY, PGP_ARGON2_WORK

_CIPHERS: dict[int, tuple[Callable[[bytes], BlockCipherAlgorithm], int]] = {
    1: (IDEA, 16),
    2: (TripleDES, 24),
    3: (CAST5, 16),
    4: (Blowfish, 16),
    7: (AES, 16),
    8: (AES, 24),
    9: (AES, 32),
    11: (Camellia, 16),
    12: (Camellia, 24),
    13: (Camellia, 32),
}
_AES = frozenset({7, 8, 9})
_MODES: dict[int, tuple[type[AESOCB3] | type[AESGCM], int]] = {2: (AESOCB3, 15), 3: (AESGCM, 12)}
_HASHES = {1: "md5", 2: "sha1", 3: "ripemd160", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
TAG = 16
"""Octets of the tag of every AEAD mode."""


class UnknownAlgorithmError(ValueError):
    """An algorithm that is not known here; another program may know it."""


class WrongError(ValueError):
    """It does not fit: another key, another passphrase, or damage."""


def key_size(cipher: int) -> int:
    """Octets of a key for the cipher with this number. Raises UnknownAlgorithmError."""
    if cipher not in _CIPHERS:
        raise UnknownAlgorithmError(f"cipher {cipher}")
    return _CIPHERS[cipher][1]


def block_size(cipher: int) -> int:
    """Octets of a block of the cipher with this number. Raises UnknownAlgorithmError."""
    return 8 if key_size(cipher) and _CIPHERS[cipher][0] in (IDEA, TripleDES, CAST5, Blowfish) else 16


def cfb_decrypted(cipher: int, key: bytes, data: bytes, vector: bytes = b"") -> bytes:
    """`data` without its encryption in CFB mode; the initialization vector is zeros where none is given."""
    vector = vector or bytes(block_size(cipher))
    if len(key) != key_size(cipher) or len(vector) != block_size(cipher):
        raise WrongError("a key or an initialization vector of the wrong length")
    try:
        decryptor = Cipher(_CIPHERS[cipher][0](key), CFB(vector)).decryptor()
    except UnsupportedAlgorithm:  # as the system's OpenSSL was built
        raise UnknownAlgorithmError(f"cipher {cipher}") from None
    return decryptor.update(data) + decryptor.finalize()


@dataclass(frozen=True, slots=True)
class Aead:
    """Authenticated encryption: the numbers of cipher and mode, and a key."""

    cipher: int
    mode: int
    key: bytes

    def opened(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """`data`, its tag at its end, without its encryption. Raises WrongError, UnknownAlgorithmError."""
        nonce_size(self.mode)
        if self.cipher not in _AES:
            raise UnknownAlgorithmError(f"cipher {self.cipher} with AEAD")
        try:
            return _MODES[self.mode][0](self.key).decrypt(nonce, data, associated)
        except UnsupportedAlgorithm:  # as above
            raise UnknownAlgorithmError(f"AEAD mode {self.mode}") from None
        except (InvalidTag, ValueError):
            raise WrongError("it does not fit") from None


def nonce_size(mode: int) -> int:
    """Octets of the nonce of the AEAD mode with this number. Raises UnknownAlgorithmError."""
    if mode not in _MODES:
        raise UnknownAlgorithmError(f"AEAD mode {mode}")
    return _MODES[mode][1]


def hashed(number: int, data: bytes) -> bytes:
    """The digest of `data` by the hash with this number. Raises UnknownAlgorithmError."""
    try:
        return hashlib.new(_HASHES[number], data, usedforsecurity=False).digest()
    except (KeyError, ValueError):
        raise UnknownAlgorithmError(f"hash {number}") from None


def specifier_size(data: bytes) -> int:
    """Octets of the string-to-key specifier at the start of `data`. Raises UnknownAlgorithmError."""
    size = {0: 2, 1: 10, 3: 11, 4: 20}.get(data[0] if data else -1)
    if size is None:
        raise UnknownAlgorithmError("string-to-key specifier")
    return size


def from_passphrase(specifier: bytes, passphrase: str, size: int) -> bytes:
    """A key of `size` octets out of a passphrase (RFC 9580 section 3.7). Raises UnknownAlgorithmError, WrongError."""
    if len(specifier) != specifier_size(specifier):
        raise WrongError("a string-to-key specifier that is cut off")
    words = passphrase.encode()
    if specifier[0] == 4:
        return _argon2(specifier, words, size)
    material = specifier[2:10] + words
    count = (16 + (specifier[10] & 15) << (specifier[10] >> 4) + 6) if specifier[0] == 3 else 0
    if count > len(material) > 0:
        material = (material * (count // len(material) + 1))[:count]
    made = b""
    while len(made) < size:
        made += hashed(specifier[1], bytes(len(made) // len(hashed(specifier[1], b""))) + material)
    return made[:size]


def _argon2(specifier: bytes, words: bytes, size: int) -> bytes:
    passes, lanes, exponent = specifier[17:20]
    if exponent > 31 or 1 << exponent > PGP_ARGON2_MEMORY or passes << exponent > PGP_ARGON2_WORK:
        raise UnknownAlgorithmError("an Argon2 that takes more memory or time than it may")
    if not passes or not lanes or 1 << exponent < 8 * lanes:
        raise WrongError("parameters of Argon2 that cannot be")
    try:
        made = Argon2id(salt=specifier[1:17], length=size, iterations=passes, lanes=lanes, memory_cost=1 << exponent)
    except UnsupportedAlgorithm:  # as above
        raise UnknownAlgorithmError("Argon2") from None
    return made.derive(words)


def summed(text: bytes) -> bytes:
    """A secret without the sum of its octets behind it. Raises WrongError where that does not fit."""
    if sum(text[:-2]) & 0xFFFF != int.from_bytes(text[-2:], "big"):
        raise WrongError("another key")
    return text[:-2]
