"""PKCS#12 files (RFC 7292): .p12 and .pfx, opened with one private key or several, and written with one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import pbkdf2_hmac
from typing import Any, TypeAlias

from asn1crypto.keys import EncryptedPrivateKeyInfo
from asn1crypto.pkcs12 import Pfx, SafeContents
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509 import load_der_x509_certificate

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.trust.x509.privatekey import bear, counted, is_locked, pkcs8, private_key, rounds

_ROUNDS = 600_000
_EMPTY = b"\x30\x00"
_KEYS = frozenset({"key_bag", "pkcs8_shrouded_key_bag"})


def read_pkcs12(data: bytes, passphrase: Callable[[], str]) -> tuple[list[bytes], list[bytes]]:
    """The certificates in a PKCS#12 file (DER), and its private keys (PKCS#8, opened). `passphrase` is asked where the file has
    one.

    Raises BadInput where opening it would take too long, KeyUnavailable for a passphrase that does not fit, ValueError.
    """
    pfx = Pfx.load(data, strict=True)
    count, plain = _checked(pfx)
    found, words, hidden = _opened(data, passphrase, lambda words: _hidden(pfx, words, count))
    first = [found.cert.certificate] if found.cert else []
    certificates = (*first, *(each.certificate for each in found.additional_certs))
    keys = [pkcs8(found.key)] if found.key else []
    bags = (*plain, *hidden)
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


_Opened: TypeAlias = tuple[pkcs12.PKCS12KeyAndCertificates, str, list[bytes]]


def _opened(data: bytes, passphrase: Callable[[], str], hidden: Callable[[str], list[bytes]]) -> _Opened:
    """What the library finds, the passphrase, and the private keys that are `hidden` until it is known: seen first, as the
    library opens them without a bound."""
    try:
        unlocked = hidden("")
        return pkcs12.load_pkcs12(data, None), "", unlocked
    except ValueError as error:
        if not _is_about_password(error):
            raise
    words = passphrase()
    try:
        unlocked = hidden(words)
        return pkcs12.load_pkcs12(data, words.encode() or None), words, unlocked
    except ValueError as error:
        if _is_about_password(error):
            raise KeyUnavailable("the passphrase does not open the file") from None
        raise


def _is_about_password(error: ValueError) -> bool:
    return "password" in str(error).lower()


def _checked(pfx: Any) -> tuple[int, list[bytes]]:
    """The rounds that opening everything takes, and the private keys, as far as can be seen without the passphrase. Raises
    BadInput where it would take more than can be borne, ValueError where it is damaged."""
    count = counted(pfx["mac_data"]["iterations"].native) if pfx["mac_data"].native is not None else 0
    found: list[bytes] = []
    for each in pfx.authenticated_safe:
        if each["content_type"].native == "encrypted_data":
            count += rounds(each["content"]["encrypted_content_info"]["content_encryption_algorithm"])
        elif each["content_type"].native == "data":
            more, bags = _keys(each["content"].native)
            count, found = count + more, found + bags
        bear(count)
    bear(count)
    return count, found


def _hidden(pfx: Any, words: str, count: int) -> list[bytes]:
    """The private keys in the encrypted contents that `words` open; `count` rounds are needed for the rest. Raises BadInput
    where it would take more than can be borne with them."""
    found: list[bytes] = []
    for each in pfx.authenticated_safe:
        if each["content_type"].native == "encrypted_data":
            more, bags = _keys(_unlocked(each["content"]["encrypted_content_info"], words))
            count, found = count + more, found + bags
            bear(count)
    return found


def _unlocked(info: Any, words: str) -> bytes:
    """The bags in encrypted content; none where `words` do not open it, or its cipher is not one that is written today (PBES2
    with PBKDF2 and AES-CBC): certificates stand in it, as a rule, and what is a key there is the library's to find."""
    cipher = info["content_encryption_algorithm"]
    if cipher["algorithm"].native != "pbes2" or cipher.kdf != "pbkdf2" or cipher.encryption_mode != "cbc":
        return _EMPTY
    try:
        key = pbkdf2_hmac(cipher.kdf_hmac, words.encode(), cipher.kdf_salt, cipher.kdf_iterations, cipher.key_length)
        opening = Cipher(AES(key), CBC(cipher.encryption_iv)).decryptor()
        trimming = PKCS7(AES.block_size).unpadder()
        text = opening.update(info["encrypted_content"].native) + opening.finalize()
        bags = trimming.update(text) + trimming.finalize()
        SafeContents.load(bags, strict=True)
    except ValueError:
        return _EMPTY
    return bags


def _keys(data: bytes) -> tuple[int, list[bytes]]:
    """The rounds that opening the private keys in some bags takes, and the keys. Raises BadInput for bags in bags."""
    count, found = 0, []
    for bag in SafeContents.load(data, strict=True):
        kind, value = bag["bag_id"].native, bag["bag_value"]
        if kind == "safe_contents":
            raise BadInput("has bags in bags: not a PKCS#12 file that programs for mail write")
        if kind in _KEYS:
            count += rounds(value["encryption_algorithm"]) if isinstance(value, EncryptedPrivateKeyInfo) else 0
            found.append(bytes(value.untag().dump()))
    return count, found
