"""An encrypted structure opened. What is authenticated comes out only when its code was checked; what is not is marked so."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_der_private_key

from mailsec.content.smime.cms import CmsError
from mailsec.content.smime.enveloped import Enveloped, Mode
from mailsec.content.smime.unwrapping import PrivateKey, content_key, supported
from mailsec.core.limits.content import CMS_CANDIDATES
from mailsec.message.pieces import chunks

_FAILED = "no key at hand opens it, or it was damaged or changed on its way"


@dataclass(frozen=True, slots=True)
class Secret:
    """A recipient's certificate (DER) and private key (PKCS#8, DER), with the passphrase that opens it."""

    certificate: bytes
    key: bytes
    passphrase: str | None = None


class DecryptingError(Exception):
    """It was not opened; why is said in the same words whatever the reason, so that nobody learns from it."""


def load_private(secret: Secret) -> PrivateKey:
    """The private key. Raises DecryptingError where it cannot be read, is of no kind that opens mail, or stays locked."""
    try:
        key = read_private(secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise DecryptingError("the private key cannot be read; is the passphrase the right one?") from None
    if isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey | X25519PrivateKey):
        return key
    raise DecryptingError("the private key is of a kind that nothing is encrypted to")


def read_private(secret: Secret) -> PrivateKeyTypes:
    """The private key, of whatever kind. Raises ValueError, TypeError or UnsupportedAlgorithm.

    The numbers of an RSA key are proven only where a passphrase hid them until now: others were when their file
    was read or they came into the ring, and that takes a hundred times as long as to sign with them.
    """
    passphrase = None if secret.passphrase is None else secret.passphrase.encode("utf-8")
    return load_der_private_key(secret.key, passphrase, unsafe_skip_rsa_key_validation=passphrase is None)


def decrypted(found: Enveloped, secrets: Iterable[Secret]) -> bytes:
    """The text, opened with the first of `secrets` that does. Raises DecryptingError."""
    unread = ""
    for secret in secrets:
        try:
            text = _opened(found, secret)
        except DecryptingError as error:  # another one may do
            unread = unread or str(error)
            continue
        if text is not None:
            return text
    raise DecryptingError(unread or _FAILED)


def _opened(found: Enveloped, secret: Secret) -> bytes | None:
    """The text, None where this key does not open it. Raises DecryptingError where it cannot be read."""
    meant = (each for each in found.recipients if supported(each) and each.certificate.fits(secret.certificate))
    # each try goes over the whole text, and one certificate can be named a thousand times
    tried = list(islice(meant, CMS_CANDIDATES))
    if not tried:
        return None
    key = load_private(secret)  # once: a passphrase is slow on purpose
    for recipient in tried:
        if bool(recipient.originator) is isinstance(key, RSAPrivateKey):
            continue
        text = _text(found, content_key(recipient, key, found.cipher.key))
        if text is not None:
            return text
    return None


def is_for(found: Enveloped, certificate: bytes) -> bool:
    """True where the structure names this certificate (DER) as one of a recipient."""
    return any(each.certificate.fits(certificate) for each in found.recipients)


def _text(found: Enveloped, key: bytes) -> bytes | None:
    """What the content key opens, None where it does not fit: nothing leaves this before the last octet was checked."""
    out = BytesIO()
    try:
        if found.cipher.mode is Mode.GCM:
            cipher = Cipher(AES(key), modes.GCM(found.iv, found.mac, min_tag_length=12)).decryptor()
            cipher.authenticate_additional_data(found.aad)
            out.writelines(map(cipher.update, chunks([found.content])))
            out.write(cipher.finalize())
            return out.getvalue()
        opener = Cipher(_algorithm(found, key), modes.CBC(found.iv)).decryptor()
        unpadder = PKCS7(8 * found.cipher.block).unpadder()
        out.writelines(unpadder.update(opener.update(chunk)) for chunk in chunks([found.content]))
        out.write(unpadder.update(opener.finalize()) + unpadder.finalize())
        return out.getvalue()
    except (InvalidTag, ValueError):
        return None
    except UnsupportedAlgorithm:
        raise CmsError(f"{found.cipher.name} is not supported by the cryptography that is installed") from None


def _algorithm(found: Enveloped, key: bytes) -> CipherAlgorithm:
    if found.cipher.family == "AES":
        return AES(key)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cryptography.hazmat.decrepit.ciphers.algorithms import RC2, TripleDES  # noqa: PLC0415 (old mail only)

        return TripleDES(key) if found.cipher.family == "3DES" else RC2(key)
