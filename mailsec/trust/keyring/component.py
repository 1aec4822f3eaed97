"""The keys in an OpenPGP certificate, and the signatures that came with each: read, not verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.trust.keyring.packets import (
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SIGNATURE,
    PacketError,
    SignaturePacket,
    fingerprint,
    key_id,
    packets,
    signature,
)

BINDING, PRIMARY_REVOCATION, SUBKEY_REVOCATION, DIRECT = 0x18, 0x20, 0x28, 0x1F
CERTIFICATIONS = frozenset(range(0x10, 0x14))
SIGNING, ENCRYPTING = 0x02, 0x0C
SOFT_REASONS = frozenset({1, 3})
"""Superseded, and no longer used (RFC 9580 section 5.2.3.31): what was signed before stays good. No reason is a hard one."""


@dataclass(frozen=True, slots=True)
class Component:
    """One key of a certificate. `body` is its packet's; `created` in seconds since 1970 UTC. `signatures` are all that stand
    behind the key, those on user IDs with the primary key; none of them is verified."""

    fingerprint: str
    body: bytes
    primary: bool
    created: int
    signatures: tuple[SignaturePacket, ...]

    @property
    def key_id(self) -> str:
        """The 16-digit key ID."""
        return key_id(self.fingerprint)

    def of_types(self, types: frozenset[int]) -> Sequence[SignaturePacket]:
        """The signatures of these types, newest first."""
        found = [each for each in self.signatures if each.type in types]
        return sorted(found, key=lambda each: each.created or 0, reverse=True)

    @property
    def revocations(self) -> Sequence[SignaturePacket]:
        """What says that this key is revoked, newest first."""
        return self.of_types(frozenset({PRIMARY_REVOCATION if self.primary else SUBKEY_REVOCATION}))

    @property
    def bindings(self) -> Sequence[SignaturePacket]:
        """What states times and uses of the key, newest first."""
        return self.of_types(CERTIFICATIONS | {DIRECT} if self.primary else frozenset({BINDING}))

    def expires(self, at: int | None = None) -> int | None:
        """When the key expires by the newest binding (made until `at`), in seconds since 1970 UTC; None for never."""
        for each in self.bindings:
            if at is None or (each.created or 0) <= at:
                return self.created + each.key_lasts if each.key_lasts else None
        return None

    def may(self, flags: int) -> bool:
        """True where the newest binding with key flags allows one of `flags`, and where none states any."""
        stated = next((each.flags for each in self.bindings if each.flags is not None), None)
        return stated is None or bool(stated & flags)


def components(data: bytes) -> tuple[Component, ...]:
    """The keys in one public certificate, the primary first. Raises PacketError where it is damaged."""
    made: list[tuple[bytes, bool, list[SignaturePacket]]] = []
    for packet in packets(data):
        if packet.tag in (PUBLIC_KEY, PUBLIC_SUBKEY):
            made.append((packet.body, packet.tag == PUBLIC_KEY, []))
        elif packet.tag == SIGNATURE and made:
            try:
                made[-1][2].append(signature(packet.body))
            except PacketError:
                continue  # one damaged signature does not make the keys unreadable; the libraries pass over it too
    return tuple(
        Component(fingerprint(body), body, primary, int.from_bytes(body[1:5], "big"), tuple(found))
        for body, primary, found in made
    )
