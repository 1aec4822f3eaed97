"""Certificates and private keys out of a file: PEM, DER, PKCS#8 (RFC 5958), PKCS#12 (RFC 7292), certs-only PKCS#7 (RFC 8551).

A file may be anybody's: what it says of rounds and memory is looked at before a passphrase is turned into a key.
"""

from __future__ import annotations

import re
import warnings
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from asn1crypto.core import Integer, OctetString, Sequence
from asn1crypto.keys import EncryptedPrivateKeyInfo
from asn1crypto.pkcs12 import Pfx, SafeContents
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    pkcs7,
    pkcs12,
)

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.limits import X509_FILE_CERTIFICATES, X509_ITERATIONS, X509_SCRYPT_BYTES, X509_SCRYPT_TIMES
from mailsec.trust.x509.path import load
from mailsec.trust.x509.spki import public_key_info

Passphrase = Callable[[], str]
"""Asks for the passphrase of a file; called only where one is needed."""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END ")
_CERTIFICATE = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE"})
_MANY = frozenset({b"PKCS7", b"CMS"})
_PLAIN = frozenset({b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY"})
_ENCRYPTED = b"ENCRYPTED PRIVATE KEY"
_PKCS12 = re.compile(rb"\x30(?:[\x00-\x80]|[\x81-\x84].{1,4}?)\x02\x01\x03\x30", re.DOTALL)
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


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate (DER) and its private key in PKCS#8 (DER), None without one; `protected` where a passphrase opens it."""

    certificate: bytes
    secret: bytes | None = None
    protected: bool = False


def is_x509(data: bytes) -> bool:
    """Whether `data` looks like certificates and private keys of X.509: one of the forms that are read here."""
    if data[:1] == b"\x30":
        return True
    found = _BLOCK.search(data)
    return found is not None and (found[1] in _CERTIFICATE | _MANY | _PLAIN or found[1] == _ENCRYPTED)


def read_bundle(data: bytes, passphrase: Passphrase) -> list[Held]:
    """The certificates in `data`, each with its private key where that is there too. A protected key in PEM stays as it is and
    belongs to the first certificate; PKCS#12 is opened.

    Raises BadInput where there is no certificate or something is damaged, KeyUnavailable for a passphrase that does not fit.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities that change nothing
            certificates, keys = _der(data, passphrase) if data[:1] == b"\x30" else _pem(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput("the certificates or keys are damaged, cut off, or of a kind that is not known") from None
    unique = list(dict.fromkeys(certificates))
    if not unique:
        raise BadInput("holds no certificate", hint="put the private key and its certificate into one file")
    if len(unique) + len(keys) > X509_FILE_CERTIFICATES:
        raise BadInput(f"holds more than {X509_FILE_CERTIFICATES} certificates and keys")
    if any(load(der) is None or public_key_info(der) is None for der in unique):
        raise BadInput("a certificate is damaged or cut off")
    return _joined(unique, keys)


def protected(secret: bytes, passphrase: str) -> bytes:
    """A private key in PKCS#8 that a passphrase protects. Raises BadInput where the key cannot be read."""
    wrapping = BestAvailableEncryption(passphrase.encode())
    return bytes(_private(secret).private_bytes(Encoding.DER, PrivateFormat.PKCS8, wrapping))


def as_pem(held: Held) -> bytes:
    """A certificate in PEM, and its private key behind it, where there is one."""
    pieces = [_block("CERTIFICATE", held.certificate)]
    if held.secret is not None:
        pieces.append(_block("ENCRYPTED PRIVATE KEY" if is_protected(held.secret) else "PRIVATE KEY", held.secret))
    return b"".join(pieces)


def is_protected(secret: bytes) -> bool:
    """Whether a passphrase protects a private key in PKCS#8."""
    try:
        load_der_private_key(secret, None)
    except TypeError:
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return False


def _block(label: str, der: bytes) -> bytes:
    text = b2a_base64(der, newline=False)
    lines = b"".join(text[at : at + 64] + b"\n" for at in range(0, len(text), 64))
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), lines, label.encode())


def _pem(data: bytes) -> tuple[list[bytes], list[tuple[bytes, bool]]]:
    certificates: list[bytes] = []
    keys: list[tuple[bytes, bool]] = []
    for label, text in _BLOCK.findall(data):
        try:
            der = a2b_base64(text)
        except Error:
            raise BadInput("has a damaged block of PEM") from None
        if label in _CERTIFICATE:
            certificates.append(der)
        elif label in _MANY:
            certificates += _certs_only(der)
        elif label == _ENCRYPTED:
            keys.append((_bearable(der), True))
        elif label in _PLAIN:
            keys.append((_pkcs8(_private(der)), False))
    return certificates, keys


def _der(data: bytes, passphrase: Passphrase) -> tuple[list[bytes], list[tuple[bytes, bool]]]:
    if load(data) is not None:
        return [data], []
    return ([*_certs_only(data)], []) if _PKCS12.match(data) is None else _pkcs12(data, passphrase)


def _certs_only(data: bytes) -> Iterator[bytes]:
    for each in pkcs7.load_der_pkcs7_certificates(data):
        yield each.public_bytes(Encoding.DER)


def _pkcs12(data: bytes, passphrase: Passphrase) -> tuple[list[bytes], list[tuple[bytes, bool]]]:
    _check_pkcs12(data)
    words = passphrase().encode()
    try:
        found = pkcs12.load_pkcs12(data, words or None)
    except ValueError as error:
        if "password" in str(error).lower():
            raise KeyUnavailable("the passphrase does not open the file") from None
        raise
    first = [found.cert.certificate] if found.cert else []
    certificates = [
        each.public_bytes(Encoding.DER) for each in (*first, *(each.certificate for each in found.additional_certs))
    ]
    return certificates, [(_pkcs8(found.key), False)] if found.key else []


def _check_pkcs12(data: bytes) -> None:
    """Refuse more rounds than can be borne, as far as they can be seen without the passphrase. Raises BadInput, ValueError."""
    pfx = Pfx.load(data, strict=True)
    if pfx["mac_data"].native is not None:
        _bear(int(pfx["mac_data"]["iterations"].native))
    for each in pfx.authenticated_safe:
        if each["content_type"].native == "encrypted_data":
            _check_cipher(each["content"]["encrypted_content_info"]["content_encryption_algorithm"])
        elif each["content_type"].native == "data":
            for bag in _bags(each["content"].native):
                _check_cipher(bag["encryption_algorithm"])


def _bags(data: bytes) -> Iterator[Any]:
    for bag in SafeContents.load(data, strict=True):
        if bag["bag_id"].native == "pkcs8_shrouded_key_bag":
            yield bag["bag_value"]


def _bearable(der: bytes) -> bytes:
    """A protected key as it is. Raises BadInput where to open it would take too long, ValueError where it is damaged."""
    _check_cipher(EncryptedPrivateKeyInfo.load(der, strict=True)["encryption_algorithm"])
    return der


def _check_cipher(algorithm: Any) -> None:
    parameters = algorithm["parameters"]
    if algorithm["algorithm"].native != "pbes2":
        _bear(int(parameters["iterations"].native))
        return
    kdf = parameters["key_derivation_func"]
    if kdf["algorithm"].native == "pbkdf2":
        _bear(int(kdf["parameters"]["iteration_count"].native))
        return
    scrypt = _Scrypt.load(kdf["parameters"].dump(), strict=True)
    n, r, p = (int(scrypt[name].native) for name in ("n", "r", "p"))
    if 128 * n * r > X509_SCRYPT_BYTES or p > X509_SCRYPT_TIMES:
        raise BadInput("opening the private key would take too much memory or time")


def _bear(rounds: int) -> None:
    if rounds > X509_ITERATIONS:
        raise BadInput(f"opening it would take {rounds:x} (hexadecimal) rounds; at most {X509_ITERATIONS} are made")


def _private(der: bytes) -> Any:
    try:
        return load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput(_DAMAGED) from None


def _pkcs8(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def _joined(certificates: list[bytes], keys: list[tuple[bytes, bool]]) -> list[Held]:
    """Each private key beside its certificate. Raises BadInput for a key without one."""
    held = {der: Held(der) for der in certificates}
    for secret, is_protected in keys:
        owner = certificates[0] if is_protected else _owner(secret, certificates)
        held[owner] = Held(owner, secret, is_protected)
    return list(held.values())


def _owner(secret: bytes, certificates: list[bytes]) -> bytes:
    public = _private(secret).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for each in certificates:
        if public_key_info(each) == public:
            return each
    raise BadInput("has a private key without its certificate", hint="put both into one file")
