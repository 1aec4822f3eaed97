"""What the records of DANE mean: a certificate or key, whole or as a digest, of a person, a server or an issuer (RFC 6698
section 2.1, RFC 7671). TLSA and SMIMEA records have the same form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256, sha512
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509 import Certificate

from mailsec.trust.x509.path import load
from mailsec.trust.x509.spki import public_key_info

CERT, SPKI = 0, 1
"""Selectors."""
FULL, SHA2_256, SHA2_512 = 0, 1, 2
"""Matching types."""


class Association(Protocol):
    """A record: its three numbers (RFC 7218) and its data."""

    @property
    def usage(self) -> int:
        """What the certificate is to the owner of the record."""

    @property
    def selector(self) -> int:
        """Which part of the certificate is meant."""

    @property
    def matching(self) -> int:
        """How that part is written."""

    @property
    def data(self) -> bytes:
        """The part, or its digest."""


A = TypeVar("A", bound=Association)


def strongest(records: Sequence[A]) -> list[A]:
    """`records` without the digests that a stronger one of the same usage and selector stands for (RFC 7671 section 9)."""
    best: dict[tuple[int, int], int] = {}
    for record in records:
        kind = record.usage, record.selector
        best[kind] = max(best.get(kind, 0), record.matching)
    return [each for each in records if each.matching in (FULL, best[each.usage, each.selector])]


def associations(certificate: bytes) -> dict[tuple[int, int], bytes]:
    """What the data of a record for `certificate` (DER) would be, by selector and matching type; without keys where it is
    damaged."""
    parts = {CERT: certificate}
    if (key := public_key_info(certificate)) is not None:
        parts[SPKI] = key
    found: dict[tuple[int, int], bytes] = {}
    for selector, part in parts.items():
        found[selector, FULL] = part
        found[selector, SHA2_256] = sha256(part).digest()
        found[selector, SHA2_512] = sha512(part).digest()
    return found


def means(record: Association, certificate: bytes) -> bool:
    """Whether `record` means this certificate (DER)."""
    return associations(certificate).get((record.selector, record.matching)) == record.data


def anchors(record: Association, shown: Sequence[Certificate], *, now: int) -> Iterator[bytes]:
    """The certificates (DER) that a way from the first of `shown` may end in at `now` (seconds since 1970 UTC), if `record`
    means its end: an issuer, never the first's own, which is what the usages of end entities are for. A whole certificate or
    key in the record need not be among `shown` (RFC 7671 section 5.2.2)."""
    at = datetime.fromtimestamp(now, UTC)
    own, *issuers = (certificate.public_bytes(Encoding.DER) for certificate in shown)
    meant = [issuer for issuer in issuers if means(record, issuer)]
    if (record.selector, record.matching) == (CERT, FULL):
        meant.append(record.data)
    for der in meant:
        issuer = load(der)
        if der == own or issuer is None:
            continue
        if issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc:
            yield der
        else:
            # The dates of a trust anchor are no part of the path (RFC 5280 section 6.1): its key is what is trusted.
            yield from _signed_by(public_key_info(der) or b"", shown)
    if (record.selector, record.matching) == (SPKI, FULL):
        yield from _signed_by(record.data, shown)


def _signed_by(data: bytes, shown: Sequence[Certificate]) -> Iterator[bytes]:
    """Those that the owner of the public key `data` signed; for a key there is no certificate that the path could end in."""
    try:
        key = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        return
    for certificate in shown:
        if _verifies(certificate, key):
            yield certificate.public_bytes(Encoding.DER)


def _verifies(certificate: Certificate, key: PublicKeyTypes) -> bool:
    signature, signed = certificate.signature, certificate.tbs_certificate_bytes
    try:
        how = certificate.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey) and isinstance(how, padding.PKCS1v15 | padding.PSS):
            assert certificate.signature_hash_algorithm is not None
            key.verify(signature, signed, how, certificate.signature_hash_algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
            key.verify(signature, signed, how)
        elif isinstance(key, Ed25519PublicKey | Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True
