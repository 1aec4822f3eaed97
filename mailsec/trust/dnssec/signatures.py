"""Whether an RRset is signed by a zone's key (RFC 4035 section 5.3), at a bounded cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import TypeAlias

import dns.dnssec
import dns.exception
import dns.name
import dns.rdataset
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailsec.core.limits.network import DNSSEC_EXPONENT_BITS, DNSSEC_FAILURES, DNSSEC_KEYS, DNSSEC_MODULUS_BITS
from mailsec.trust.dnssec.sets import SignedSet, shown
from mailsec.trust.dnssec.work import BeyondLimit, Work, algorithm_text

_ZONE_KEY, _REVOKED, _PROTOCOL = 0x0100, 0x0080, 3
_RSA = frozenset({5, 7, 8, 10})

Keys: TypeAlias = Mapping[tuple[int, int], tuple[DNSKEY, ...]]
"""Zone keys by algorithm and tag."""


class Trouble(IntEnum):
    """Why a signature does not count; of several the first one named here is told."""

    BAD = 0
    EXPIRED = 1
    EARLY = 2
    KEY = 3
    FORM = 4
    ALGORITHM = 5
    NONE = 6


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of an RRset: `signature` is the one that holds; without one `reason` says why."""

    signature: RRSIG | None
    trouble: Trouble | None = None
    reason: str = ""


def zone_keys(keys: Iterable[DNSKEY]) -> Keys:
    """The keys that may sign (RFC 4034 section 2.1.1, RFC 5011 section 2.1), by algorithm and tag."""
    table: dict[tuple[int, int], tuple[DNSKEY, ...]] = {}
    for key in keys:
        if key.flags & _ZONE_KEY and not key.flags & _REVOKED and key.protocol == _PROTOCOL:
            place = int(key.algorithm), dns.dnssec.key_id(key)
            table[place] = (*table.get(place, ()), key)
    return table


def verify(signed: SignedSet, zone: dns.name.Name, keys: Keys, work: Work) -> Checked:
    """Look for a signature of `zone` that one of `keys` verifies. Raises BeyondLimit where there is too much to try."""
    if not signed.readable:
        return Checked(None, Trouble.FORM, f"the {signed} cannot be read")
    troubles: list[tuple[Trouble, str]] = []
    failures = 0
    crowded = False
    for signature in signed.signatures:
        if signature.signer != zone:
            continue
        if (trouble := _unfit(signed, signature, work)) is not None:
            troubles.append(trouble)
            continue
        candidates = keys.get((int(signature.algorithm), signature.key_tag), ())
        if not candidates:
            troubles.append((Trouble.KEY, f"is made by key {signature.key_tag}, which {shown(zone)} does not have"))
        crowded |= len(candidates) > DNSSEC_KEYS
        for key in candidates[:DNSSEC_KEYS]:
            if failures >= DNSSEC_FAILURES:
                raise BeyondLimit(f"{DNSSEC_FAILURES} signatures of {signed} failed, and there are more")
            if _holds(signed, signature, key, work):
                return Checked(signature)
            failures += 1
            troubles.append((Trouble.BAD, f"does not verify with key {signature.key_tag} (bad signature)"))
    if crowded:
        raise BeyondLimit(f"more than {DNSSEC_KEYS} keys of {shown(zone)} share a tag and an algorithm")
    if not troubles:
        return Checked(None, Trouble.NONE, f"no signature of {shown(zone)} on the {signed}")
    worst, why = min(troubles)
    return Checked(None, worst, f"the signature on the {signed} {why}")


def expanded(signed: SignedSet, signature: RRSIG) -> bool:
    """True where the RRset was made from a wildcard (RFC 4035 section 5.3.2)."""
    return signature.labels < _labels(signed.owner)


def _labels(name: dns.name.Name) -> int:
    """The labels of `name` as an RRSIG counts them: no root, no leading asterisk (RFC 4034 section 3.1.3)."""
    return len(name) - (2 if name.is_wild() else 1)


def _unfit(signed: SignedSet, signature: RRSIG, work: Work) -> tuple[Trouble, str] | None:
    """Why the signature need not be verified, or None where it is."""
    if not work.policy.algorithm(int(signature.algorithm)):
        return Trouble.ALGORITHM, f"is of algorithm {algorithm_text(int(signature.algorithm))}, which is not accepted"
    if signature.labels > _labels(signed.owner):
        return Trouble.FORM, "counts more labels than its owner has"
    now = work.policy.now
    if not _reached(now, signature.inception):
        return Trouble.EARLY, f"is not yet valid (from {time_text(signature.inception)})"
    if not _reached(signature.expiration, now):
        return Trouble.EXPIRED, f"expired at {time_text(signature.expiration)}"
    return None


def _reached(time: int, mark: int) -> bool:
    """True where `time` is `mark` or later, both counted as RFC 4034 section 3.1.5 does: modulo 2**32."""
    return (time - mark) & 0xFFFFFFFF < 0x80000000


def time_text(seconds: int) -> str:
    """A time of a signature, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _holds(signed: SignedSet, signature: RRSIG, key: DNSKEY, work: Work) -> bool:
    if int(key.algorithm) in _RSA and _is_costly(key.key):
        raise BeyondLimit(f"key {signature.key_tag} is larger than any DNSSEC key may be")
    work.verification()
    candidates = dns.rdataset.Rdataset(key.rdclass, key.rdtype)
    candidates.add(key, 0)
    try:
        dns.dnssec.validate_rrsig((signed.owner, signed.rdatas), signature, {signature.signer: candidates}, now=work.policy.now)
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def _is_costly(key: bytes) -> bool:
    """True where an RSA key (RFC 3110 section 2) would take unduly long."""
    length, start = (int.from_bytes(key[1:3], "big"), 3) if key[:1] == b"\0" else (int.from_bytes(key[:1], "big"), 1)
    exponent, modulus = key[start : start + length].lstrip(b"\0"), key[start + length :].lstrip(b"\0")
    return len(exponent) * 8 > DNSSEC_EXPONENT_BITS or len(modulus) * 8 > DNSSEC_MODULUS_BITS
