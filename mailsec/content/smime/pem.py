"""X.509 certificates and private keys in PEM files that were named on the command line: naming the file is the trust."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from mailsec.core.errors import BadInput
from mailsec.core.limits import PGP_CERTIFICATES
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Certificate, Kind
from mailsec.trust.x509.person import CertificateError
from mailsec.trust.x509.person import load as describe
from mailsec.trust.x509.spki import public_key_info

_BLOCK = re.compile(rb"-----BEGIN (CERTIFICATE|(?:ENCRYPTED )?PRIVATE KEY)-----([A-Za-z0-9+/=\s]*)-----END ")


def read_pem(data: bytes, source: str) -> FileKeys:
    """The certificates in `data`, and the private keys (PKCS#8) beside them, each with the certificate that it belongs to; an
    encrypted one belongs to the first. `source` names the file. Raises BadInput where one cannot be read or has no certificate.
    """
    found: list[tuple[bytes, bytes]] = []
    for kind, text in _BLOCK.findall(data):
        try:
            found.append((kind, a2b_base64(text)))
        except Error:
            raise BadInput("has a damaged block of PEM") from None
    if len(found) > PGP_CERTIFICATES:
        raise BadInput(f"holds more than {PGP_CERTIFICATES} certificates and keys")
    ders = [der for kind, der in found if kind == b"CERTIFICATE"]
    if not ders:
        raise BadInput("holds no certificate")
    try:
        names = {_print(der): describe(der).addresses for der in ders}
    except CertificateError as error:
        raise BadInput(str(error)) from None
    secrets = {}
    for kind, der in found:
        if kind != b"CERTIFICATE":
            secrets[_print(ders[0] if kind.startswith(b"ENCRYPTED") else _owner(der, ders))] = der
    listed = tuple(Certificate(Kind.X509, _print(der), der, source) for der in ders)
    return FileKeys(listed, secrets, names, {_print(der): (_print(der),) for der in ders})


def _print(der: bytes) -> str:
    return sha256(der).hexdigest().upper()


def _owner(key: bytes, certificates: Sequence[bytes]) -> bytes:
    """The certificate that a private key belongs to."""
    try:
        public = load_der_private_key(key, None).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput("has a private key that cannot be read") from None
    for each in certificates:
        if public_key_info(each) == public:
            return each
    raise BadInput("has a private key without its certificate", hint="put both into one file")
