"""What S/MIME signatures are judged with: keys, the judgement of certificate paths, and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mailsec.core.results import Status
from mailsec.trust.keyring.keys import Keys


class PathJudge(Protocol):
    """Judges the path from a signer's certificate to a root that is trusted.

    The roots are its own affair (`functools.partial(judge_signer, anchors=...)` over `trust/x509/signer.py`).
    """

    def __call__(self, chain: Sequence[bytes], *, now: int) -> tuple[Status, tuple[str, ...]]:
        """The answer at `now` (seconds since 1970 UTC) and the reasons, in words, the weightiest first.

        `chain` is DER: the signer's certificate, then whatever else is at hand, in any order, as strangers sent it.

        pass: there is a path, and the certificate is for mail (RFC 8550 section 4.4); the reasons may say what was not looked
        at ("revocation not checked"). neutral: the root is not trusted, or the issuer not known, so nothing is decided.
        fail: expired or not valid yet, revoked, not for mail, weak, or the path breaks a rule.
        """


@dataclass(frozen=True, slots=True)
class Judge:
    """What signatures are judged with; `now` in seconds since 1970 UTC."""

    keys: Keys
    path: PathJudge
    now: int
