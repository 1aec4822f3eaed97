"""What speaks against encrypting to a key, for OpenPGP and S/MIME alike."""

from __future__ import annotations

from enum import StrEnum


class Objection(StrEnum):
    """Why one does not encrypt to a key, or sign with it; each can be overruled by its name."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    WEAK = "weak"
    UNAUTHENTICATED = "unauthenticated"


Objections = tuple[tuple[Objection, str], ...]
"""What speaks against a key, each with the reason in words."""
