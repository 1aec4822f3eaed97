"""Whether a user ID is the one of its key: certified by somebody whose word counts (RFC 9580 section 5.2.1.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.limits.keys import RING_CERTIFICATIONS, RING_PACKETS
from mailsec.core.text import from_bytes
from mailsec.trust.keyring.certifications import REVOKING, counts_at, holds
from mailsec.trust.keyring.packets import Packet, SignaturePacket, key_id, packets
from mailsec.trust.keyring.reading import Revocation, user_id_claims


class OwnerTrust(StrEnum):
    """How far the ring's user believes an owner's certifications; it says nothing about whose the key is."""

    UNKNOWN = "unknown"
    NEVER = "never"
    MARGINAL = "marginal"
    FULL = "full"
    ULTIMATE = "ultimate"


COUNTING = (OwnerTrust.FULL, OwnerTrust.ULTIMATE)
"""Those of which one certification is enough."""


@dataclass(frozen=True, slots=True)
class Introducer:
    """A key whose certifications count: its certificate, and until when it could make them."""

    fingerprint: str
    data: bytes
    expires: int | None = None
    revocation: Revocation | None = None

    @property
    def names(self) -> frozenset[str]:
        """What a certification by it may call it."""
        return frozenset({self.fingerprint, key_id(self.fingerprint)})

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
    parts = list(packets(data, RING_PACKETS))
    for introducer in introducers:
        for packet, claims in user_id_claims(parts):
            if from_bytes(packet.body) == user_id and _certified(claims, parts[0], packet, introducer, now):
                return introducer
    return None


def _certified(claims: Sequence[SignaturePacket], target: Packet, user_id: Packet, introducer: Introducer, now: int) -> bool:
    theirs = [claim for claim in claims if claim.issuer in introducer.names and claim.created is not None]
    theirs.sort(key=lambda claim: claim.created or 0, reverse=True)
    issuer = next(packets(introducer.data, RING_PACKETS)).body
    for claim in theirs[:RING_CERTIFICATIONS]:
        created = claim.created or 0
        if created <= now and holds(claim, target, user_id, issuer):
            return claim.type != REVOKING and counts_at(claim, now) and introducer.could_certify(created)
    return False
