"""Private keys in PKCS#8 (RFC 5958), locked with a passphrase or not, from anybody: what opening one costs is seen first."""

from __future__ import annotations

from typing import Any, ClassVar

from asn1crypto.core import Integer, OctetString, Sequence
from asn1crypto.keys import EncryptedPrivateKeyInfo
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from mailsec.core.errors import BadInput, KeyUnavailable, UsageError
from mailsec.core.limits.keys import X509_ITERATIONS, X509_PASSPHRASE, X509_SCRYPT_BYTES, X509_SCRYPT_TIMES
from mailsec.trust.x509.path import load
from mailsec.trust.x509.spki import element

_SEQUENCE = 0x30
_SCRYPT_SHARE = 8
_DAMAGED = "the private key is damaged or of a kind that is not known"


class _Scrypt(Sequence):  # type: ignore[misc] # the library has no types
    """The parameters of scrypt (RFC 7914 section 7.1)."""

    _fields: ClassVar = [
        ("salt", OctetString),
        ("n", Integer),
        ("r", Integer),
        ("p", Integer),
        ("l", Integer, {"optional": True}),
    ]


def is_locked(secret: bytes) -> bool:
    """True where a passphrase protects a private key in PKCS#8: an EncryptedPrivateKeyInfo begins with the algorithm, a bare
    key with its version."""
    try:
        _, at, _ = element(secret, 0, _SEQUENCE)
        return secret[at] == _SEQUENCE
    except (IndexError, ValueError):
        return False


def private_key(secret: bytes, passphrase: str = "") -> Any:
    """The key in PKCS#8, or in the older forms of RSA and EC. Raises BadInput where it is damaged, KeyUnavailable for a
    passphrase that does not fit."""
    locked = is_locked(secret)
    try:
        return load_der_private_key(secret, passphrase.encode() if locked else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if locked:
            raise KeyUnavailable("the passphrase does not open the private key") from None
        raise BadInput(_DAMAGED) from None


def pkcs8(key: Any, passphrase: str = "") -> bytes:
    """A key in PKCS#8, under a passphrase where there is one (PBES2 with PBKDF2-SHA-256 and AES-256). Raises UsageError for a
    passphrase that is too long."""
    if len(passphrase.encode()) > X509_PASSPHRASE:
        raise UsageError(f"a private key takes a passphrase of at most {X509_PASSPHRASE} octets")
    wrapping = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, wrapping))


def public_of(key: Any) -> bytes:
    """The SubjectPublicKeyInfo of a private key."""
    return bytes(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def public_in(certificate: bytes) -> bytes | None:
    """The SubjectPublicKeyInfo of a certificate as `public_of` writes it; None for a kind of key that is not known."""
    loaded = load(certificate)
    try:
        key = loaded.public_key() if loaded is not None else None
    except (ValueError, UnsupportedAlgorithm):
        return None
    return None if key is None else key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def bearable(secret: bytes) -> bytes:
    """A protected key as it is. Raises BadInput where to open it would take too long, ValueError where it is damaged."""
    bear(rounds(EncryptedPrivateKeyInfo.load(secret, strict=True)["encryption_algorithm"]))
    return secret


def rounds(algorithm: Any) -> int:
    """How many rounds the key of a cipher (an EncryptionAlgorithm) takes, of scrypt about as many as take the same time. Raises
    BadInput where scrypt would take too much time or memory."""
    parameters = algorithm["parameters"]
    if algorithm["algorithm"].native != "pbes2":
        return counted(parameters["iterations"].native)
    kdf = parameters["key_derivation_func"]
    if kdf["algorithm"].native == "pbkdf2":
        return counted(kdf["parameters"]["iteration_count"].native)
    scrypt = _Scrypt.load(kdf["parameters"].dump(), strict=True)
    n, r, p = (counted(scrypt[name].native) for name in ("n", "r", "p"))
    if 128 * n * r > X509_SCRYPT_BYTES or p > X509_SCRYPT_TIMES:
        raise BadInput("opening the private key would take too much memory or time")
    return n * r * p // _SCRYPT_SHARE


def counted(number: Any) -> int:
    """A count that a file states. Raises ValueError below zero: it would make room for others in a sum."""
    count = int(number)
    if count < 0:
        raise ValueError("a count below zero")
    return count


def bear(count: int) -> None:
    """Raises BadInput for more rounds than are made."""
    if count > X509_ITERATIONS:
        raise BadInput(f"opening it would take {count:x} (hexadecimal) rounds; at most {X509_ITERATIONS} are made")
