"""Whether a user ID is the one of its key: certified by somebody whose word counts (RFC 9580 section 5.2.1.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mailsec.core.limits import RING_CERTIFICATIONS
from mailsec.trust.keyring.certifications import Certification, certification_of, holds
from mailsec.trust.keyring.packets import signature_of
from mailsec.trust.keyring.reading import Revocation, user_id_signatures

if TYPE_CHECKING:
    from pysequoia.packet import Packet


class OwnerTrust(StrEnum):
    """How far the ring's user believes an owner's certifications; it says nothing about whose the key is."""

    UNKNOWN = "unknown"
    NEVER = "never"
    MARGINAL = "marginal"
    FULL = "full"
    ULTIMATE = "ultimate"

    @property
    def counts(self) -> bool:
        """True where one certification is enough."""
        return self in (OwnerTrust.FULL, OwnerTrust.ULTIMATE)


@dataclass(frozen=True, slots=True)
class Introducer:
    """A key whose certifications count: its certificate, and until when it could make them."""

    fingerprint: str
    key_id: str
    data: bytes
    expires: int | None = None
    revocation: Revocation | None = None

    def could_certify(self, at: int) -> bool:
        """Whether a certification of that time is one that the owner made: before the key expired or, softly, was revoked."""
        revoked = self.revocation
        if revoked is not None and (revoked.hard or revoked.at is None or at >= revoked.at):
            return False
        return self.expires is None or at < self.expires


def certifier(data: bytes, user_id: str, introducers: Iterable[Introducer], *, now: int) -> Introducer | None:
    """The first of `introducers` who certified `user_id` of the certificate `data`, validly at the time `now`; None for nobody.

    Of several certifications by one key the latest counts, so that a revocation ends what came before it.
    """
    from pysequoia.packet import PacketPile  # noqa: PLC0415 (the library is large)

    packets = list(PacketPile.from_bytes(data))
    claims = [claim for text, found in user_id_signatures(packets) if text == user_id for claim in _claims(found)]
    target = bytes(packets[0].body)
    for introducer in introducers:
        names = (introducer.fingerprint, introducer.key_id)
        own = [claim for claim in claims if not set(names).isdisjoint(claim.issuers)]
        own.sort(key=lambda claim: claim.created, reverse=True)
        if _certifies(own[:RING_CERTIFICATIONS], target, user_id, introducer, now):
            return introducer
    return None


def _claims(signatures: Sequence[Packet]) -> Iterable[Certification]:
    for packet in signatures:
        signature = signature_of(bytes(packet.body))
        claim = certification_of(signature) if signature is not None else None
        if claim is not None:
            yield claim


def _certifies(claims: Sequence[Certification], target: bytes, user_id: str, introducer: Introducer, now: int) -> bool:
    from pysequoia.packet import PacketPile  # noqa: PLC0415

    if not claims:
        return False
    issuer = bytes(next(iter(PacketPile.from_bytes(introducer.data))).body)
    for claim in claims:
        if claim.created <= now and holds(claim, target, user_id.encode(), issuer):
            return not claim.revokes and claim.at(now) and introducer.could_certify(claim.created)
    return False
