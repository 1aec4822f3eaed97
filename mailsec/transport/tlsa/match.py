"""Whether a server's certificates are those that TLSA records mean (RFC 6698 section 2.1, RFC 7671, RFC 7672 section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from mailsec.core.limits.transport import TLS_CHAIN, TLSA_KEYS, TLSA_RECORDS
from mailsec.core.lookup import listed
from mailsec.core.results import Status
from mailsec.transport.tlsa.record import TlsaRecord, Usage
from mailsec.trust.x509.association import anchors, associations, strongest
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
    own = associations(chain[0])
    for record in usable:
        if record.usage == Usage.DANE_EE and own.get((record.selector, record.matching)) == record.data:
            return ChainMatch(Status.PASS, f"{record.parameters} means this certificate", record)
    above = [record for record in usable if record.usage == Usage.DANE_TA]
    return _below(above, chain, names, now) if above else ChainMatch(Status.FAIL, "no record means this certificate")


# --- trust anchors


def _below(records: Sequence[TlsaRecord], chain: Sequence[bytes], names: Sequence[str], now: int) -> ChainMatch:
    """Judge the chain by its way to one of the anchors that `records` mean."""
    leaf, *rest = (load(der) for der in chain[:TLS_CHAIN])
    if leaf is None:
        return ChainMatch(Status.FAIL, "the certificate cannot be read")
    shown = [leaf, *filter(None, rest)]
    meant: dict[bytes, TlsaRecord] = {}
    for record in [*(each for each in records if not each.bare), *[each for each in records if each.bare][:TLSA_KEYS]]:
        for der in anchors(record, shown, now=now):
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
