"""What S/MIME signatures are judged with: keys, the judgement of certificate paths, and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mailsec.trust.keyring.keys import Keys

if TYPE_CHECKING:
    from mailsec.content.smime.published import Published
    from mailsec.trust.x509.tree import SignerPath


class PathJudge(Protocol):
    """Judges the path from a signer's certificate to a root that is trusted.

    The roots, and whatever says what was revoked, are its own affair (`functools.partial` over `trust.x509.signer`).
    """

    def __call__(self, chain: Sequence[bytes], *, now: int) -> SignerPath:
        """The judgement of `chain` (DER: the signer's certificate, then whatever else is at hand, in any order, as strangers
        sent it) at `now`, in seconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What signatures are judged with; `now` in seconds since 1970 UTC. `published` is what the DNS says of the author's
    certificates, None where it was not asked."""

    keys: Keys
    path: PathJudge
    now: int
    published: Published | None = None
