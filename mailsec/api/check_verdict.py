"""The verdict of `check`: from the parts to one status, one sentence and an exit code."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.api.tool import TOOL
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Finding, Report, Status
from mailsec.core.rules import Severity

_MAIL = ("mx", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "tlsa", "bimi")
_KEYS = ("smimea", "openpgpkey")
_BROKEN = (Status.FAIL, Status.PERMERROR)


def verdict(subject: str, checks: Sequence[Check], *, fail_on: Severity | None, at: int) -> Report:
    """The report on `subject`. The first that applies decides: nothing there, something wrong, something not answered."""
    findings = [found for check in checks for found in check.all_findings()]
    status, exit, sentence = (
        _nothing(checks) or _wrong(checks, findings, fail_on) or _unanswered(checks) or _sound(checks, findings)
    )
    return Report(subject, status, f"{subject}: {sentence}.", tuple(checks), at, TOOL, exit)


_Decided = tuple[Status, Exit, str]


def _nothing(checks: Sequence[Check]) -> _Decided | None:
    """A name that does not exist, or has no mail records at all; an address without a key record."""
    states = {check.name: check for check in checks}
    # A name server that passes on no DNSSEC records leaves that part open, and says what is there all the same.
    if any(check.status in _BROKEN or (check.status is Status.TEMPERROR and check.name != "dnssec") for check in checks):
        return None
    mx = states.get("mx")
    if mx is not None and mx.fact("exists") is False:
        return Status.NONE, Exit.NOTHING, "there is no such domain"
    if mx is not None and all(states[part].status is Status.NONE for part in _MAIL if part in states and part != "tlsa"):
        return Status.NONE, Exit.NOTHING, "it has no mail records at all"
    keys = [states[part] for part in _KEYS if part in states]
    if keys and all(check.status is Status.NONE for check in keys) and len(states) <= len(keys) + 1:
        return Status.NONE, Exit.NOTHING, "no key is published in the DNS"
    return None


def _wrong(checks: Sequence[Check], findings: Sequence[Finding], fail_on: Severity | None) -> _Decided | None:
    broken = [check for check in checks if check.status in _BROKEN]
    serious = [found for found in findings if fail_on is not None and found.severity.rank >= fail_on.rank]
    if not serious:
        return (Status.FAIL, Exit.DOES_NOT_HOLD, "; ".join(map(_said, broken))) if broken else None
    worst = max(serious, key=lambda found: found.severity.rank)
    more = f", and {len(serious) - 1} more of severity {fail_on} or above" if len(serious) > 1 else ""
    parts = f"; broken: {', '.join(check.name for check in broken)}" if broken else ""
    return Status.POLICY, Exit.DOES_NOT_HOLD, f"{worst.sentence} ({worst.rule}){more}{parts}"


def _unanswered(checks: Sequence[Check]) -> _Decided | None:
    missing = [check for check in checks if check.status is Status.TEMPERROR]
    if not missing:
        return None
    return Status.TEMPERROR, Exit.TEMPORARY, "not all could be looked up: " + "; ".join(map(_said, missing))


def _said(check: Check) -> str:
    return f"{check.name}: {check.reason}"


def _sound(checks: Sequence[Check], findings: Sequence[Finding]) -> _Decided:
    if all(check.status in (Status.NONE, Status.SKIPPED) for check in checks):
        return Status.NONE, Exit.NOTHING, "nothing of what was asked for was found"
    there = ", ".join(check.name for check in checks if check.status is Status.PASS)
    counts = [(severity, sum(found.severity is severity for found in findings)) for severity in reversed(Severity)]
    said = ", ".join(f"{count} {severity}" for severity, count in counts if count)
    return Status.PASS, Exit.HOLDS, f"in order: {there or 'nothing for sure'}" + (f"; findings: {said}" if said else "")
