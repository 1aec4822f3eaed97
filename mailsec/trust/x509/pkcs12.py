"""PKCS#12 files (RFC 7292): .p12 and .pfx, opened with one private key or several, and written with one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from asn1crypto.keys import EncryptedPrivateKeyInfo
from asn1crypto.pkcs12 import Pfx, SafeContents
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509 import load_der_x509_certificate

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.trust.x509.privatekey import bear, counted, is_locked, pkcs8, private_key, rounds

_ROUNDS = 600_000
_KEYS = frozenset({"key_bag", "pkcs8_shrouded_key_bag"})


def read_pkcs12(data: bytes, passphrase: Callable[[], str]) -> tuple[list[bytes], list[bytes]]:
    """The certificates in a PKCS#12 file (DER), and its private keys (PKCS#8, opened). `passphrase` is asked where the file has
    one.

    Raises BadInput where opening it would take too long, KeyUnavailable for a passphrase that does not fit, ValueError.
    """
    bags = list(_checked(data))
    found, words = _opened(data, passphrase)
    first = [found.cert.certificate] if found.cert else []
    certificates = (*first, *(each.certificate for each in found.additional_certs))
    keys = [pkcs8(found.key)] if found.key else []
    if len(bags) > 1:  # the library gives one alone
        words = words or (passphrase() if any(map(is_locked, bags)) else "")
        keys += [pkcs8(private_key(bag, words)) for bag in bags]
    return [each.public_bytes(Encoding.DER) for each in certificates], list(dict.fromkeys(keys))


def write_pkcs12(name: str, secret: bytes, certificates: Sequence[bytes], passphrase: str) -> bytes:
    """A PKCS#12 file under a passphrase (PBES2 with PBKDF2-SHA-256 and AES-256): a private key (PKCS#8, opened), its
    certificate and those above it (DER). Raises BadInput for a kind of key that cannot be written."""
    own, *above = (load_der_x509_certificate(each) for each in certificates)
    lock = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(SHA256())
        .build(passphrase.encode())
    )
    try:
        return pkcs12.serialize_key_and_certificates(name.encode(), private_key(secret), own, above, lock)
    except TypeError:
        raise BadInput("a key of this kind cannot be written to PKCS#12", hint="export it as PEM: --secret") from None


def _opened(data: bytes, passphrase: Callable[[], str]) -> tuple[pkcs12.PKCS12KeyAndCertificates, str]:
    try:
        return pkcs12.load_pkcs12(data, None), ""
    except ValueError as error:
        if not _is_about_password(error):
            raise
    words = passphrase()
    try:
        return pkcs12.load_pkcs12(data, words.encode() or None), words
    except ValueError as error:
        if _is_about_password(error):
            raise KeyUnavailable("the passphrase does not open the file") from None
        raise


def _is_about_password(error: ValueError) -> bool:
    return "password" in str(error).lower()


def _checked(data: bytes) -> Iterator[bytes]:
    """The private keys as far as they can be seen without the passphrase. Raises BadInput where opening everything would take
    more rounds than can be borne, ValueError where it is damaged."""
    pfx = Pfx.load(data, strict=True)
    count = counted(pfx["mac_data"]["iterations"].native) if pfx["mac_data"].native is not None else 0
    for each in pfx.authenticated_safe:
        if each["content_type"].native == "encrypted_data":
            count += rounds(each["content"]["encrypted_content_info"]["content_encryption_algorithm"])
        elif each["content_type"].native == "data":
            for bag in _keys(each["content"].native):
                count += rounds(bag["encryption_algorithm"]) if isinstance(bag, EncryptedPrivateKeyInfo) else 0
                yield bytes(bag.untag().dump())
        bear(count)
    bear(count)


def _keys(data: bytes) -> Iterator[Any]:
    for bag in SafeContents.load(data, strict=True):
        if bag["bag_id"].native in _KEYS:
            yield bag["bag_value"]
