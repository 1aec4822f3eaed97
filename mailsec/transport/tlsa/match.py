"""Whether a server's certificates are those that TLSA records mean (RFC 6698 section 2.1, RFC 7671, RFC 7672 section 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256, sha512

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from cryptography.x509 import Certificate

from mailsec.core.limits import TLS_CHAIN, TLSA_KEYS, TLSA_RECORDS
from mailsec.core.lookup import listed
from mailsec.core.results import Status
from mailsec.transport.tlsa.record import Matching, Selector, TlsaRecord, Usage
from mailsec.trust.x509.names import is_for
from mailsec.trust.x509.path import Anchors, find_path, load


@dataclass(frozen=True, slots=True)
class ChainMatch:
    """Whether a server's certificate is one that the records mean.

    pass: `matched` means it; fail: no record does; none: there is no usable record.
    """

    status: Status
    reason: str
    matched: TlsaRecord | None = None


def matches(records: Sequence[TlsaRecord], chain: Sequence[bytes], *, names: Sequence[str] = (), now: int) -> ChainMatch:
    """Judge a server's `chain` (DER, leaf first) by the usable ones of `records`, at `now` (seconds since 1970 UTC).

    DANE-EE: names and dates do not count (RFC 7672 section 3.1.1). DANE-TA: the path to the anchor and its dates do, and the
    certificate has to be for one of `names` (section 3.2.2).
    """
    usable = strongest([record for record in records[:TLSA_RECORDS] if record.usable])
    if not usable:
        return ChainMatch(Status.NONE, "no usable record")
    if not chain:
        return ChainMatch(Status.FAIL, "the server showed no certificate")
    own = _associations(chain[0])
    for record in usable:
        if record.usage == Usage.DANE_EE and own.get((record.selector, record.matching)) == record.data:
            return ChainMatch(Status.PASS, f"{record.parameters} means this certificate", record)
    anchors = [record for record in usable if record.usage == Usage.DANE_TA]
    return _below(anchors, chain, names, now) if anchors else ChainMatch(Status.FAIL, "no record means this certificate")


def strongest(records: Sequence[TlsaRecord]) -> list[TlsaRecord]:
    """`records` without the digests that a stronger one of the same usage and selector stands for (RFC 7671 section 9)."""
    best: dict[tuple[int, int], int] = {}
    for record in records:
        kind = record.usage, record.selector
        best[kind] = max(best.get(kind, 0), record.matching)
    return [each for each in records if each.matching in (Matching.FULL, best[each.usage, each.selector])]


def _associations(certificate: bytes) -> dict[tuple[int, int], bytes]:
    """What the data of a record for `certificate` would be, by selector and matching type; without keys where it is damaged."""
    parts = {Selector.CERT: certificate}
    if (key := _public_key(certificate)) is not None:
        parts[Selector.SPKI] = key
    found: dict[tuple[int, int], bytes] = {}
    for selector, part in parts.items():
        found[selector, Matching.FULL] = part
        found[selector, Matching.SHA2_256] = sha256(part).digest()
        found[selector, Matching.SHA2_512] = sha512(part).digest()
    return found


def _public_key(certificate: bytes) -> bytes | None:
    loaded = load(certificate)
    return None if loaded is None else _spki(loaded)


def _spki(certificate: Certificate) -> bytes | None:
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return None


# --- trust anchors


def _below(records: Sequence[TlsaRecord], chain: Sequence[bytes], names: Sequence[str], now: int) -> ChainMatch:
    """Judge the chain by its way to one of the anchors that `records` mean."""
    leaf, *rest = (load(der) for der in chain[:TLS_CHAIN])
    if leaf is None:
        return ChainMatch(Status.FAIL, "the certificate cannot be read")
    shown = [leaf, *filter(None, rest)]
    meant: dict[bytes, TlsaRecord] = {}
    for record in [*(each for each in records if not each.bare), *[each for each in records if each.bare][:TLSA_KEYS]]:
        for der in _anchors(record, shown, datetime.fromtimestamp(now, UTC)):
            meant.setdefault(der, record)
    if not meant:
        return ChainMatch(Status.FAIL, "no record means this certificate or one of its issuers")
    way = find_path(shown, Anchors(tuple(meant)), now=now)
    if way.flaws:
        return ChainMatch(Status.FAIL, f"below the trust anchor: {'; '.join(way.flaws)}")
    record = meant[way.path[-1].public_bytes(Encoding.DER)]
    if not any(is_for(leaf, name) for name in names):
        return ChainMatch(Status.FAIL, f"{record.parameters} means the issuer, but the certificate is not for {listed(names)}")
    return ChainMatch(Status.PASS, f"{record.parameters} means an issuer of this certificate", record)


def _anchors(record: TlsaRecord, shown: Sequence[Certificate], at: datetime) -> Iterator[bytes]:
    """The certificates (DER) that a way may end in, if `record` means its end: an issuer, never the server's own, which is what
    DANE-EE is for. A whole certificate or key in the record need not be shown by the server (RFC 7671 section 5.2.2)."""
    own, *issuers = (certificate.public_bytes(Encoding.DER) for certificate in shown)
    meant = [issuer for issuer in issuers if _associations(issuer).get((record.selector, record.matching)) == record.data]
    if record.matching == Matching.FULL and record.selector == Selector.CERT:
        meant.append(record.data)
    for der in meant:
        issuer = load(der)
        if der == own or issuer is None:
            continue
        if issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc:
            yield der
        else:
            # The dates of a trust anchor are no part of the path (RFC 5280 section 6.1): its key is what is trusted.
            yield from _signed_by(_spki(issuer) or b"", shown)
    if record.bare:
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
