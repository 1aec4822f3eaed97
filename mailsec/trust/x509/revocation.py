"""Revocation: what is at hand to tell it by, and what it tells. Apart, so that nobody needs the library to say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RevocationFiles:
    """CRLs and OCSP responses that are at hand, in DER."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.crls or self.ocsps)


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """Whether a certificate is revoked: True, False, or None where it was not found out; and how that is known, or why not."""

    revoked: bool | None = None
    reason: str = ""


NO_FILES = RevocationFiles()
UNKNOWN = RevocationAnswer()
