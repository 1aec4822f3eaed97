"""Revocation: what is at hand to tell it by, and what it tells. Apart, so that nobody needs the library to say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailsec.core.moment import utc

if TYPE_CHECKING:
    from cryptography.x509 import ReasonFlags

_ORDERLY = frozenset({"affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", "privilegeWithdrawn"})
"""Reasons that leave alone what the key did before (RFC 5280 section 5.3.1)."""


@dataclass(frozen=True, slots=True)
class RevocationFiles:
    """CRLs and OCSP responses that are at hand, in DER. `required`: a path of which they do not tell everything is not good."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    required: bool = False

    def __bool__(self) -> bool:
        return bool(self.crls or self.ocsps)


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """Whether a certificate is revoked: True, False, or None where it was not found out; and how that is known, or why not."""

    revoked: bool | None = None
    reason: str = ""


NO_FILES = RevocationFiles()
UNKNOWN = RevocationAnswer()


def covers(reason: ReasonFlags, revoked: int, invalid: int | None, *, source: str, now: int) -> RevocationAnswer:
    """Whether a revocation at `revoked` counts for `now` (both in seconds since 1970 UTC).

    A signature's own time is not believed, so that only `now` counts. Where a key was lost, or no reason is told, nobody knows
    since when: it counts at any time, but before the date from which the authority says that the key was lost (`invalid`). The
    orderly reasons count from their date on.
    """
    known = min(revoked, invalid) if invalid is not None else revoked
    since = known if reason.value in _ORDERLY or invalid is not None else None
    told = f"at {utc(revoked)} ({reason.value}), says {source}"
    if since is not None and now < since:
        return RevocationAnswer(False, f"not revoked yet; revoked {told}")
    return RevocationAnswer(True, f"revoked {told}")
