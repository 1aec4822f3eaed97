"""A small signed world for tests: zones that are signed here, and a Source that answers from them as their servers would.

world = World(Zone("", ...), Zone("test", ...))
world.forge[Query("a.test", "A")] = lambda answer: replace(answer, proof=())     # what somebody on the path makes of it
"""

from __future__ import annotations

import struct
from base64 import b32hexdecode
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.NSEC import Bitmap

from mailsec.core.flow import Answer, AnswerStatus, Ask, Query, Record, Reply
from mailsec.core.rdata import name as name_text
from mailsec.trust.dnssec.anchors import Anchor, Anchors

NOW = 1_800_000_000
DAY = 86_400
TTL = 300


def name(text: str) -> dns.name.Name:
    return dns.name.from_text(text + ".") if text else dns.name.root


def text(of: dns.name.Name) -> str:
    return name_text(of.to_wire() or b"\0")


def rdata(type: str, value: str, origin: dns.name.Name = dns.name.root) -> dns.rdata.Rdata:
    return dns.rdata.from_text("IN", type, value, origin=origin, relativize=False)


def record(owner: dns.name.Name, data: dns.rdata.Rdata) -> Record:
    return Record(text(owner), dns.rdatatype.to_text(data.rdtype), TTL, data.to_wire() or b"")


class Signer:
    """A key pair that signs. `tag` is what the signatures say: the key's own, unless another is given."""

    def __init__(self, flags: int = 257, private: object = None, algorithm: object = "ED25519") -> None:
        self.private = private or Ed25519PrivateKey.generate()
        self.public: DNSKEY = dns.dnssec.make_dnskey(self.private.public_key(), algorithm, flags=flags)

    @property
    def tag(self) -> int:
        return dns.dnssec.key_id(self.public)

    def ds(self, zone: str, digest: str = "SHA256") -> dns.rdata.Rdata:
        return dns.dnssec.make_ds(name(zone), self.public, digest, policy=dns.dnssec.allow_all_policy)

    def sign(
        self,
        rrset: dns.rrset.RRset,
        zone: dns.name.Name,
        inception: int = NOW - DAY,
        expiration: int = NOW + 30 * DAY,
    ) -> dns.rdata.Rdata:
        return dns.dnssec.sign(
            rrset,
            self.private,
            zone,
            self.public,
            inception=inception,
            expiration=expiration,
            policy=dns.dnssec.allow_all_policy,
        )


@dataclass(frozen=True)
class Hashing:
    """NSEC3 instead of NSEC."""

    iterations: int = 0
    opt_out: bool = False
    salt: bytes = b""


@dataclass
class Zone:
    """A zone from lines of owner (relative, @ for the apex), type and data; `signer` None leaves it unsigned."""

    apex: str
    lines: str = ""
    signer: Signer | None = field(default_factory=Signer)
    hashing: Hashing | None = None
    inception: int = NOW - DAY
    expiration: int = NOW + 30 * DAY
    extra_keys: Sequence[DNSKEY] = ()
    sets: dict[tuple[dns.name.Name, str], list[dns.rdata.Rdata]] = field(default_factory=dict)
    signatures: dict[tuple[dns.name.Name, str], list[dns.rdata.Rdata]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.origin = name(self.apex)
        self.add("@", "SOA", "ns. host. 1 2 3 4 60")
        self.add("@", "NS", "ns.")
        for line in filter(None, map(str.strip, self.lines.splitlines())):
            owner, type, value = line.split(None, 2)
            self.add(owner, type, value)

    def add(self, owner: str, type: str, value: str | dns.rdata.Rdata) -> None:
        at = self.origin if owner == "@" else name(f"{owner}.{self.apex}".removesuffix("."))
        self.sets.setdefault((at, type), []).append(rdata(type, value, self.origin) if isinstance(value, str) else value)

    # --- signing

    def sign(self) -> None:
        if self.signer is None:
            return
        for key in (self.signer.public, *self.extra_keys):
            self.add("@", "DNSKEY", key)
        owners = self.owners()
        if self.hashing:
            self._hash_chain(owners)
        else:
            ordered = sorted(owner for owner in owners if any(at == owner for at, _ in self.sets))
            for owner, following in zip(ordered, [*ordered[1:], ordered[0]], strict=True):
                types = [dns.rdatatype.from_text(type) for at, type in self.sets if at == owner]
                windows = Bitmap.from_rdtypes([*types, dns.rdatatype.RRSIG, dns.rdatatype.NSEC])
                data = dns.rdata.from_wire("IN", "NSEC", _nsec(following, windows), 0, len(_nsec(following, windows)))
                self.sets[owner, "NSEC"] = [data]
        for place in list(self.sets):
            if self.is_signed(*place):
                self.sign_set(place)

    def sign_set(self, place: tuple[dns.name.Name, str], signer: Signer | None = None) -> None:
        used = signer or self.signer
        assert used is not None
        rrset = dns.rrset.from_rdata_list(place[0], TTL, self.sets[place])
        self.signatures[place] = [used.sign(rrset, self.origin, self.inception, self.expiration)]

    def cut(self, owner: dns.name.Name) -> dns.name.Name | None:
        return next((at for at, type in self.sets if type == "NS" and at != self.origin and owner.is_subdomain(at)), None)

    def is_signed(self, owner: dns.name.Name, type: str) -> bool:
        cut = self.cut(owner)
        return cut is None or (owner == cut and type in ("DS", "NSEC"))

    def owners(self) -> set[dns.name.Name]:
        """The names that exist, empty non-terminals included, without what is below a delegation."""
        found = set()
        for owner, type in self.sets:
            if self.cut(owner) not in (None, owner) or type == "NSEC3":
                continue
            above = owner
            while above != self.origin:
                found.add(above)
                above = above.parent()
        return found | {self.origin}

    def _hash_chain(self, owners: Iterable[dns.name.Name]) -> None:
        assert self.hashing is not None
        kept = [
            owner
            for owner in owners
            if not (self.hashing.opt_out and self.cut(owner) == owner and (owner, "DS") not in self.sets)
        ]
        hashed = sorted((self.hash(owner), owner) for owner in kept)
        salt = self.hashing.salt
        for (label, owner), (following, _) in zip(hashed, [*hashed[1:], hashed[0]], strict=True):
            types = [dns.rdatatype.from_text(type) for at, type in self.sets if at == owner]
            if types and (self.cut(owner) is None or (owner, "DS") in self.sets):
                types.append(dns.rdatatype.RRSIG)
            head = struct.pack("!BBHB", 1, int(self.hashing.opt_out), self.hashing.iterations, len(salt)) + salt
            wire = head + bytes((20,)) + _unbase32(following) + _bitmap(Bitmap.from_rdtypes(types))
            self.sets[name(f"{label}.{self.apex}".removesuffix(".")), "NSEC3"] = [
                dns.rdata.from_wire("IN", "NSEC3", wire, 0, len(wire))
            ]

    def hash(self, owner: dns.name.Name) -> str:
        assert self.hashing is not None
        return dns.dnssec.nsec3_hash(owner, self.hashing.salt, self.hashing.iterations, 1).lower()

    # --- answering

    def records(self, owner: dns.name.Name, type: str, as_owner: dns.name.Name | None = None) -> list[Record]:
        return [record(as_owner or owner, each) for each in self.sets.get((owner, type), ())]

    def signed(self, owner: dns.name.Name, type: str, as_owner: dns.name.Name | None = None) -> list[Record]:
        return [record(as_owner or owner, each) for each in self.signatures.get((owner, type), ())]

    def soa(self) -> list[Record]:
        return [*self.records(self.origin, "SOA"), *self.signed(self.origin, "SOA")]

    def denial(self, *names: dns.name.Name) -> list[Record]:
        """The NSEC or NSEC3 records that match or cover `names`."""
        found: dict[Record, None] = {}
        type = "NSEC3" if self.hashing else "NSEC"
        chain = sorted(owner for owner, each in self.sets if each == type)
        for each in names if chain else ():
            key = name(f"{self.hash(each)}.{self.apex}".removesuffix(".")) if self.hashing else each
            below = [owner for owner in chain if owner <= key]
            at = below[-1] if below else chain[-1]
            found.update(dict.fromkeys([*self.records(at, type), *self.signed(at, type)]))
        return list(found)

    def encloser(self, owner: dns.name.Name) -> tuple[dns.name.Name, dns.name.Name]:
        """The closest encloser, and the name below it on the way to `owner`."""
        existing, closer = self.owners(), owner
        while owner not in existing:
            closer, owner = owner, owner.parent()
        return owner, closer


def _nsec(following: dns.name.Name, windows: Bitmap) -> bytes:
    return (following.to_wire() or b"") + _bitmap(windows)


def _bitmap(windows: Bitmap) -> bytes:
    return b"".join(bytes((window, len(octets))) + octets for window, octets in windows.windows)


def _unbase32(label: str) -> bytes:
    return b32hexdecode(label.upper())


class World:
    """A Source over zones, the root among them. `asked` lists the questions; `forge` changes answers."""

    def __init__(self, *zones: Zone, delegate: bool = True) -> None:
        self.zones = {zone.origin: zone for zone in zones}
        self.asked: list[Ask] = []
        self.forge: dict[Query, Callable[[Answer], Answer]] = {}
        if delegate:
            for zone in sorted(zones, key=lambda each: -len(each.origin)):
                self._delegate(zone)
        for zone in zones:
            zone.sign()

    def _delegate(self, zone: Zone) -> None:
        if zone.origin == dns.name.root:
            return
        above = self.zone(zone.origin.parent())
        label = text(zone.origin).removesuffix(above.apex).removesuffix(".")
        above.add(label, "NS", "ns.")
        if zone.signer is not None and (zone.origin, "DS") not in above.sets:
            above.add(label, "DS", zone.signer.ds(zone.apex))

    def again(self) -> World:
        """The same world, with nothing asked and nothing forged."""
        made = copy(self)
        made.asked, made.forge = [], {}
        return made

    def zone(self, owner: dns.name.Name) -> Zone:
        while owner not in self.zones:
            owner = owner.parent()
        return self.zones[owner]

    def anchors(self) -> Anchors:
        signer = self.zones[dns.name.root].signer
        assert signer is not None
        ds = signer.ds("")
        return Anchors((Anchor("", ds.key_tag, ds.algorithm, ds.digest_type, ds.digest),))

    def start(self, ask: Ask) -> Reply | None:
        assert isinstance(ask, Query)
        self.asked.append(ask)
        answer = self.answer(ask)
        return self.forge[ask](answer) if ask in self.forge else answer

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        raise AssertionError("nothing is in flight")

    def close(self) -> None:
        pass

    def answer(self, query: Query) -> Answer:
        """What the servers of these zones would say."""
        owner, aliases, proof = name(query.name), [], []
        while True:
            above = query.type == "DS" and owner != dns.name.root
            zone = self.zone(owner.parent() if above else owner)
            status, records, more = _look_up(zone, owner, query.type)
            proof += more
            if status is not None:
                return Answer(query, status, tuple(records), tuple(aliases), tuple(dict.fromkeys(proof)))
            aliases += records
            owner = name(name_text(records[-1].rdata))


def _look_up(zone: Zone, owner: dns.name.Name, type: str) -> tuple[AnswerStatus | None, list[Record], list[Record]]:
    """Status (None: an alias to follow), records and proof."""
    existing = zone.owners()
    for (above, kind), (dname, *_) in zone.sets.items():
        if kind == "DNAME" and owner != above and owner.is_subdomain(above):
            target = dns.name.Name((*owner.labels[: len(owner) - len(above)], *dname.target.labels))
            proof = [*zone.records(above, "DNAME"), *zone.signed(above, "DNAME")]
            return None, [record(owner, rdata("CNAME", target.to_text()))], proof
    if owner in existing:
        return _at(zone, owner, owner, type, [])
    encloser, closer = zone.encloser(owner)
    wildcard = dns.name.Name((b"*", *encloser.labels))
    if wildcard in existing:
        return _at(zone, wildcard, owner, type, zone.denial(closer if zone.hashing else owner))
    names = (encloser, closer, wildcard) if zone.hashing else (owner, wildcard)
    return AnswerStatus.NXDOMAIN, [], [*zone.soa(), *zone.denial(*names)]


def _at(
    zone: Zone, at: dns.name.Name, owner: dns.name.Name, type: str, proof: list[Record]
) -> tuple[AnswerStatus | None, list[Record], list[Record]]:
    for found in (type, "CNAME"):
        if (at, found) in zone.sets:
            status = AnswerStatus.OK if found == type else None
            return status, zone.records(at, found, owner), [*zone.signed(at, found, owner), *proof]
    if at == owner:
        names = [owner]
        # An unsigned delegation under opt-out has no record of its own.
        if zone.hashing and zone.hashing.opt_out and zone.cut(owner) == owner:
            names = [owner.parent(), owner]
    else:
        names = [*zone.encloser(owner), at] if zone.hashing else [owner, at]
    return AnswerStatus.NODATA, [], [*zone.soa(), *proof, *zone.denial(*names)]
