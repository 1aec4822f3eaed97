"""What another program says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opinion:
    """Of one signature: `accepts` is None where there is no judgement; `reason` says why, in the other's words or in ours."""

    accepts: bool | None
    reason: str = ""
