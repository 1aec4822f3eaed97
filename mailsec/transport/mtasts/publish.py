"""Making an MTA-STS policy and the record that announces it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from mailsec.core.domains import is_name
from mailsec.core.errors import BadInput
from mailsec.core.limits.transport import STS_MAX_AGE
from mailsec.core.lookup import txt_line
from mailsec.transport.mtasts.policy import Mode, StsPolicy, to_text
from mailsec.transport.mtasts.record import StsRecord
from mailsec.transport.mtasts.record import to_text as record_text

MONTH = 2_592_000
"""Seconds: a max_age that outlasts an attack, and still lets a domain change its mind."""


def policy_for(mx: Sequence[str], *, mode: Mode = Mode.ENFORCE, max_age: int = MONTH) -> StsPolicy:
    """A policy for the hosts or patterns in `mx`. Raises BadInput for a bad pattern, for none, and for a bad max_age."""
    wrong = next((pattern for pattern in mx if not is_name(pattern.removeprefix("*."))), None)
    if wrong is not None or (not mx and mode is not Mode.NONE):
        raise BadInput("not a mail host or pattern" if wrong else "no mail host", hint="give names such as mail.example.com")
    if not 0 <= max_age <= STS_MAX_AGE:
        raise BadInput(f"no policy is kept for {max_age} seconds", hint=f"0 to {STS_MAX_AGE}; {MONTH} is a month")
    return StsPolicy(mode, max_age, tuple(dict.fromkeys(mx)))


def record_for(policy: StsPolicy) -> str:
    """The text of the record that announces `policy`: its id comes from the policy, so that it changes when that does."""
    return record_text(StsRecord(sha256(to_text(policy).encode()).hexdigest()[:20]))


def zone_line(domain: str, policy: StsPolicy) -> str:
    """The record as a line of a zone file."""
    return txt_line(f"_mta-sts.{domain}", record_for(policy))


def url(domain: str) -> str:
    """Where the policy has to be served (RFC 8461 section 3.3)."""
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
