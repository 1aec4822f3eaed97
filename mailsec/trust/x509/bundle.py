"""Certificates and private keys out of files: PEM, DER, PKCS#8 (RFC 5958), PKCS#12 (RFC 7292), certs-only PKCS#7 (RFC 8551).

A file may be anybody's: what it says of rounds and memory is looked at before a passphrase is turned into a key.
"""

from __future__ import annotations

import re
import warnings
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, pkcs7
from cryptography.x509 import load_der_x509_certificate

from mailsec.core.errors import BadInput, KeyAlone, MailsecError
from mailsec.core.limits.keys import X509_FILE_CERTIFICATES, X509_LOCKED_KEYS
from mailsec.trust.x509.form import CERTIFICATE, ENCRYPTED, MANY, PLAIN, is_der, labels
from mailsec.trust.x509.path import load
from mailsec.trust.x509.pkcs12 import read_pkcs12
from mailsec.trust.x509.privatekey import bearable, is_locked, pkcs8, private_key, public_in, public_of
from mailsec.trust.x509.spki import public_key_info
from mailsec.trust.x509.usage import is_authority

Passphrase = Callable[[], str]
"""Asks for the passphrase of a file; called only where one is needed."""

_BLOCK = re.compile(rb"-----BEGIN (?!PGP )([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END ")
_PKCS12 = re.compile(rb"\x30(?:[\x00-\x80]|[\x81-\x84].{1,4}?)\x02\x01\x03\x30", re.DOTALL)
_DAMAGED = "the certificates or keys are damaged, cut off, or of a kind that is not known"


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate (DER) and its private key in PKCS#8 (DER) as it was found, None without one; `opened` is the key where it
    was locked and had to be opened to find its certificate."""

    certificate: bytes
    secret: bytes | None = None
    opened: bytes | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What one file holds: certificates (DER) and private keys (PKCS#8, DER), locked or not; and who knows the passphrase."""

    certificates: tuple[bytes, ...]
    keys: tuple[bytes, ...]
    passphrase: Passphrase


def read_contents(data: bytes, passphrase: Passphrase) -> Contents:
    """The certificates and private keys in `data`. Locked keys stay as they are; PKCS#12 is opened.

    Raises BadInput where something is damaged, KeyUnavailable for a passphrase that does not fit.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities that change nothing
            certificates, keys = _der(data, passphrase) if is_der(data) else _pem(data)
    except MailsecError:
        raise
    except Exception:  # ValueError, TypeError and several classes of the libraries' own, for what strangers make up
        raise BadInput(_DAMAGED) from None
    unique = tuple(dict.fromkeys(certificates))
    if len(unique) + len(keys) > X509_FILE_CERTIFICATES:
        raise _too_many()
    if any(load(der) is None or public_key_info(der) is None for der in unique):
        raise BadInput("a certificate is damaged or cut off")
    return Contents(unique, tuple(keys), passphrase)


def read_bundle(data: bytes, passphrase: Passphrase) -> list[Held]:
    """The certificates in `data`, each with its private key where that is there too. Raises what `read_contents` and `joined`
    raise."""
    return joined([read_contents(data, passphrase)])


def read_chain(data: bytes) -> tuple[bytes, ...]:
    """The certificates (DER) in PEM (RFC 7468), in their order, of a file that comes from a stranger and has nothing else:
    private keys and PKCS#12 are not opened. Raises BadInput."""
    found = []
    for label, der in _blocks(data):
        if label not in CERTIFICATE:
            raise BadInput(f"holds something else than certificates: {label.decode()}")
        if load(der) is None or public_key_info(der) is None:
            raise BadInput("a certificate is damaged or cut off")
        found.append(der)
    if not found:
        raise BadInput("holds no certificate in PEM")
    return tuple(dict.fromkeys(found))


def joined(files: Sequence[Contents], known: Iterable[bytes] = ()) -> list[Held]:
    """The certificates of all files, each with its private key, which may stand in another file. Whose a locked key is, is seen
    where there is one certificate in the files that it can belong to; else it is opened. It may be that of a `known` one (DER),
    which nobody named together with it: what they hold no key of, is left out.

    Raises BadInput where there is no certificate, KeyAlone where a key is nobody's, KeyUnavailable for a passphrase that does
    not fit.
    """
    held = {der: Held(der) for each in files for der in each.certificates}
    named = tuple(held)
    held = {**{der: Held(der) for der in known}, **held}
    if not held:
        lacking = KeyAlone if any(each.keys for each in files) else BadInput
        raise lacking("holds no certificate", hint="name the certificate of the private key too")
    if sum(is_locked(key) for each in files for key in each.keys) > X509_LOCKED_KEYS:
        raise BadInput(
            f"more than {X509_LOCKED_KEYS} private keys are locked", hint="name a file with the keys that are needed"
        )
    for each in files:
        for key in each.keys:
            for owner, opened in _owners(key, each, named, list(held)):
                held[owner] = replace(held[owner], secret=key, opened=opened)
    return [each for each in held.values() if each.secret is not None or each.certificate in named]


def as_pem(held: Held) -> bytes:
    """A certificate in PEM, and its private key behind it, where there is one."""
    pieces = [block("CERTIFICATE", held.certificate)]
    if held.secret is not None:
        pieces.append(key_block(held.secret))
    return b"".join(pieces)


def key_block(secret: bytes) -> bytes:
    """A private key (PKCS#8) in PEM, locked as it is."""
    return block("ENCRYPTED PRIVATE KEY" if is_locked(secret) else "PRIVATE KEY", secret)


def certs_only(certificates: Iterable[bytes]) -> bytes:
    """Certificates (DER) in a PKCS#7 structure with nothing else in it (.p7c, RFC 8551 section 3.8)."""
    found = [load_der_x509_certificate(each) for each in dict.fromkeys(certificates)]
    return pkcs7.serialize_certificates(found, Encoding.DER)


def block(label: str, der: bytes) -> bytes:
    """`der` in PEM (RFC 7468)."""
    text = b2a_base64(der, newline=False)
    lines = b"".join(text[at : at + 64] + b"\n" for at in range(0, len(text), 64))
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), lines, label.encode())


def _too_many() -> BadInput:
    return BadInput(f"holds more than {X509_FILE_CERTIFICATES} certificates and keys")


def _pem(data: bytes) -> tuple[list[bytes], list[bytes]]:
    certificates: list[bytes] = []
    keys: list[bytes] = []
    for label, der in _blocks(data):
        if label in CERTIFICATE:
            certificates.append(der)
        elif label in MANY:
            certificates += _certs_only(der)
        elif label == ENCRYPTED:
            keys.append(bearable(der))
        elif label in PLAIN:
            keys.append(pkcs8(private_key(der)))
    return certificates, keys


def _blocks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The label and the content of each block of PEM; armored OpenPGP is passed over. Raises BadInput."""
    begun = list(islice(labels(data), X509_FILE_CERTIFICATES + 1))
    if len(begun) > X509_FILE_CERTIFICATES:
        raise _too_many()
    found = _BLOCK.findall(data)
    if len(found) != len(begun):
        # something else than Base64 in it: headers of the older way to encrypt, or damage
        raise BadInput("has a damaged block of PEM, or one with headers", hint="openssl pkcs8 -topk8 writes keys anew")
    for label, text in found:
        try:
            yield label, a2b_base64(text)
        except Error:
            raise BadInput("has a damaged block of PEM") from None


def _der(data: bytes, passphrase: Passphrase) -> tuple[list[bytes], list[bytes]]:
    if load(data) is not None:
        return [data], []
    if _PKCS12.match(data):
        return read_pkcs12(data, passphrase)
    try:
        return [*_certs_only(data)], []
    except ValueError:
        return [], [bearable(data) if is_locked(data) else pkcs8(load_der_private_key(data, None))]


def _certs_only(data: bytes) -> Iterator[bytes]:
    for each in pkcs7.load_der_pkcs7_certificates(data):
        yield each.public_bytes(Encoding.DER)


def _owners(key: bytes, file: Contents, named: Sequence[bytes], known: Iterable[bytes]) -> Iterable[tuple[bytes, bytes | None]]:
    """The certificates that a private key belongs to, and the key in the clear where it was opened. Raises KeyAlone for a key
    without one."""
    locked = is_locked(key)
    if locked and (only := _only(file.certificates or named)):
        return [(only, None)]
    opened = private_key(key, file.passphrase() if locked else "")
    public = public_of(opened)
    owners = [each for each in known if public_in(each) == public]
    if not owners:
        raise KeyAlone("has a private key without its certificate", hint="name the certificate too, or put both into one file")
    return [(each, pkcs8(opened) if locked else None) for each in owners]


def _only(certificates: Sequence[bytes]) -> bytes | None:
    """The one certificate of a person, or the one there is at all."""
    persons = certificates if len(certificates) == 1 else [each for each in certificates if not _may_issue(each)]
    return persons[0] if len(persons) == 1 else None


def _may_issue(der: bytes) -> bool:
    certificate = load(der)
    return certificate is not None and is_authority(certificate)
