"""Trust anchors: the two root keys of IANA, and files that name others (RFC 9718, or DS and DNSKEY records as zone files write
them)."""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree

import dns.dnssec
import dns.exception
import dns.name
import dns.rdatatype
import dns.rrset
import dns.zonefile

from mailsec.core.errors import BadInput
from mailsec.core.limits.network import TRUST_ANCHOR_BYTES, TRUST_ANCHORS
from mailsec.core.rdata import name
from mailsec.core.text import clipped

_SHA256 = 2
_FORMS = "give the XML of IANA's root-anchors.xml, or DS or DNSKEY records as a zone file has them"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A key that is trusted without proof: the data of a DS record for `zone` ("" is the root).

    `valid_from` and `valid_until` are seconds since 1970 UTC; None means that nothing is said.
    """

    zone: str
    key_tag: int
    algorithm: int
    digest_type: int
    digest: bytes
    valid_from: int | None = None
    valid_until: int | None = None

    def valid(self, now: int) -> bool:
        """True where the anchor may be used at `now`."""
        return (self.valid_from is None or self.valid_from <= now) and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True, slots=True)
class Anchors:
    """Trust anchors, of any number of zones."""

    anchors: tuple[Anchor, ...]

    def valid(self, now: int) -> tuple[Anchor, ...]:
        """Those that may be used at `now`."""
        return tuple(anchor for anchor in self.anchors if anchor.valid(now))


def _root(tag: int, digest: str, valid_from: str) -> Anchor:
    return Anchor("", tag, 8, _SHA256, bytes.fromhex(digest), int(datetime.fromisoformat(valid_from).timestamp()))


IANA = Anchors(
    (
        _root(20326, "e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d", "2017-02-02T00:00:00+00:00"),
        _root(38696, "683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16", "2024-07-18T00:00:00+00:00"),
    )
)
"""The key signing keys of the root as IANA publishes them (Klajeyz and Kmyv6jo); neither has an end yet."""


def load(text: str) -> Anchors:
    """The anchors in `text`: XML as RFC 9718 section 2 has it, or DS or DNSKEY records. Raises BadInput."""
    if len(text) > TRUST_ANCHOR_BYTES:
        raise BadInput(f"a trust anchor file has at most {TRUST_ANCHOR_BYTES} octets", hint=_FORMS)
    text = text.removeprefix("\ufeff")
    read = _from_xml if text.lstrip().startswith("<") else _from_records
    try:
        anchors = tuple(read(text))
    except (ValueError, TypeError, OverflowError, dns.exception.DNSException, ElementTree.ParseError) as error:
        raise BadInput(f"no trust anchors: {clipped(str(error), 200)}", hint=_FORMS) from None
    if not 0 < len(anchors) <= TRUST_ANCHORS:
        raise BadInput(f"a trust anchor file holds 1 to {TRUST_ANCHORS} anchors, this one has {len(anchors)}", hint=_FORMS)
    return Anchors(anchors)


def _from_xml(text: str) -> Iterator[Anchor]:
    # Entities are the only way for a small file to become a large one, and only a document type declares them.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("a document type declaration is not part of the format")
    root = ElementTree.fromstring(text)  # already decoded: what the declaration says of the encoding does not count
    if root.tag != "TrustAnchor":
        raise ValueError("the XML is no TrustAnchor")
    zone = name(dns.name.from_text(_text(root, "Zone")).to_wire() or b"\0")
    for key in root.findall("KeyDigest"):
        yield Anchor(
            zone,
            _number(key, "KeyTag", 0xFFFF),
            _number(key, "Algorithm", 0xFF),
            _number(key, "DigestType", 0xFF),
            binascii.unhexlify("".join(_text(key, "Digest").split())),
            _time(key.get("validFrom")),
            _time(key.get("validUntil")),
        )


def _text(element: ElementTree.Element, tag: str) -> str:
    text = (element.findtext(tag) or "").strip()
    if not text:
        raise ValueError(f"{tag} is missing")
    return text


def _number(element: ElementTree.Element, tag: str, largest: int) -> int:
    number = int(_text(element, tag))
    if not 0 <= number <= largest:
        raise ValueError(f"{tag} is not a number from 0 to {largest}")
    return number


def _time(text: str | None) -> int | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return int(time.timestamp())


def _from_records(text: str) -> Iterator[Anchor]:
    sets: Iterable[dns.rrset.RRset] = dns.zonefile.read_rrsets(text, rdclass=None, default_ttl=0)
    for rrset in sets:
        zone = name(rrset.name.to_wire() or b"\0")
        if rrset.rdtype not in (dns.rdatatype.DS, dns.rdatatype.DNSKEY):
            raise ValueError(f"{dns.rdatatype.to_text(rrset.rdtype)} is neither DS nor DNSKEY")
        for rdata in rrset:
            ds = rdata if rrset.rdtype == dns.rdatatype.DS else dns.dnssec.make_ds(rrset.name, rdata, "SHA256")
            yield Anchor(zone, ds.key_tag, int(ds.algorithm), int(ds.digest_type), ds.digest)
