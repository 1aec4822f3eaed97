"""A zone on the way down from a trust anchor, and how DS records lead to its keys (RFC 4035 section 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import dns.dnssec
import dns.name
from dns.dnssectypes import DSDigest
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailsec.core.flow import Dnssec
from mailsec.core.limits.network import DNSSEC_DS, DNSSEC_KEYS
from mailsec.trust.dnssec.sets import SignedSet, shown
from mailsec.trust.dnssec.signatures import Keys, verify, zone_keys
from mailsec.trust.dnssec.work import ALGORITHMS, DIGESTS, BeyondLimit, Policy, Work, algorithm_text

_SHA1 = 1


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """What is known of a zone. Only a secure one has `keys`; `signature` is the one on its DNSKEY RRset that holds.

    `above` is the zone that delegates to it. Where the state is not secure, everything below shares it.
    """

    name: dns.name.Name
    state: Dnssec
    reason: str = ""
    above: Zone | None = None
    ds: tuple[DS, ...] = ()
    keys: Keys = field(default_factory=dict)
    signature: RRSIG | None = None

    def chain(self) -> list[Zone]:
        """The zones from the anchor down to this one."""
        zones = [self]
        while (above := zones[-1].above) is not None:
            zones.append(above)
        return zones[::-1]


def unusable(name: dns.name.Name, ds: Sequence[DS], policy: Policy) -> str | None:
    """Why none of `ds` can be followed, so that the zone is insecure (RFC 4035 section 5.2, RFC 9905); None where one can."""
    if any(_is_usable(each, policy) for each in ds):
        return None
    if policy.only_sha1({int(each.algorithm) for each in ds}):
        return f"{shown(name)} is signed with SHA-1 algorithms only, which count as unsigned (RFC 9905)"
    kinds = ", ".join(sorted({described(each) for each in ds}))
    return f"{shown(name)} is signed with algorithms or digests that are not supported ({kinds})"


_NOT_PASSED_ON = (
    "no signed keys of {} arrive: the name server may pass on no DNSSEC records (ask another: --nameserver; or --dnssec off)"
)


def described(ds: DS) -> str:
    """Algorithm and digest of a DS record."""
    digest = int(ds.digest_type)
    return f"algorithm {algorithm_text(int(ds.algorithm))}, digest {DIGESTS.get(digest, digest)}"


def _is_usable(ds: DS, policy: Policy) -> bool:
    return policy.algorithm(int(ds.algorithm)) and policy.digest(int(ds.digest_type))


def enter(name: dns.name.Name, above: Zone | None, ds: Sequence[DS], signed: SignedSet | None, work: Work) -> Zone:
    """The zone that `ds` (of which one is usable) and its DNSKEY RRset `signed` make: secure or bogus; indeterminate where
    the keys of a trust anchor's zone (`above` is None) do not arrive. Raises BeyondLimit."""

    def bogus(reason: str) -> Zone:
        return Zone(name, Dnssec.BOGUS, reason, above, tuple(ds))

    if above is None and (signed is None or not signed.signatures):
        # At an anchor that is hardly ever the zone: a name server that drops DNSSEC records looks like this for every name.
        return Zone(name, Dnssec.INDETERMINATE, _NOT_PASSED_ON.format(shown(name)), above, tuple(ds))
    if signed is None:
        return bogus(f"{shown(name)} has a DS record and no DNSKEY records")
    keys = zone_keys(key for key in signed.rdatas if isinstance(key, DNSKEY))
    trusted = _trusted(name, _strongest(ds, work.policy), keys)
    if not trusted:
        return bogus(f"wrong DS: no key of {shown(name)} matches {_tags(ds)}")
    checked = verify(signed, name, trusted, work)
    if checked.signature is None:
        return bogus(checked.reason)
    return Zone(name, Dnssec.SECURE, "", above, tuple(ds), keys, checked.signature)


def _strongest(ds: Sequence[DS], policy: Policy) -> list[DS]:
    """The usable ones, without SHA-1 digests where there are better ones (RFC 4509 section 3)."""
    usable = [each for each in ds if _is_usable(each, policy)]
    return [each for each in usable if each.digest_type != _SHA1] or usable


def _trusted(name: dns.name.Name, ds: Sequence[DS], keys: Keys) -> Keys:
    trusted: dict[tuple[int, int], tuple[DNSKEY, ...]] = {}
    crowded = len(ds) > DNSSEC_DS
    for each in ds[:DNSSEC_DS]:
        place = int(each.algorithm), each.key_tag
        candidates = keys.get(place, ())
        crowded |= len(candidates) > DNSSEC_KEYS
        matching = tuple(key for key in candidates[:DNSSEC_KEYS] if _matches(name, key, each))
        trusted[place] = tuple(dict.fromkeys((*trusted.get(place, ()), *matching)))
    found = {place: matching for place, matching in trusted.items() if matching}
    if crowded and not found:
        raise BeyondLimit(f"{shown(name)} has more DS records or keys than are compared")
    return found


def _matches(name: dns.name.Name, key: DNSKEY, ds: DS) -> bool:
    made = dns.dnssec.make_ds(name, key, DSDigest.make(ds.digest_type), validating=True)
    return bool(made.digest == ds.digest)


def _tags(ds: Sequence[DS]) -> str:
    tags = sorted({each.key_tag for each in ds})
    return "DS " + ", ".join(map(str, tags[:DNSSEC_DS]))


def key_text(key: DNSKEY) -> str:
    """A key as the chain shows it: tag, algorithm, and whether it is a secure entry point."""
    algorithm = int(key.algorithm)
    kind = "KSK" if key.flags & 1 else "ZSK"
    return f"{dns.dnssec.key_id(key)} {ALGORITHMS.get(algorithm, algorithm)} {kind}"
