"""`inspect`: what a message is, as far as it can be told from the message alone. The network is never touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mailsec.api.inspect_case import Case, case_of
from mailsec.api.inspect_header import authentication_check, header_check, identities_check
from mailsec.api.inspect_links import links_check
from mailsec.api.inspect_parts import attachments_check, parts_check
from mailsec.api.readable import readable
from mailsec.api.tool import TOOL
from mailsec.api.watch import watched
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Finding, Report, Status
from mailsec.core.rules import Severity
from mailsec.message.checks import message_check
from mailsec.message.leaves import Readings
from mailsec.message.mime import Structure
from mailsec.message.reportchecks import report_checks
from mailsec.sender.spoofing.judge import inspect_spoofing


@dataclass(frozen=True, slots=True)
class InspectOptions:
    """How a message is looked at. `received_from` names the receiver whose own Received fields can be believed; `header_only`
    leaves the body alone."""

    received_from: str = ""
    protect: tuple[str, ...] = ()
    fail_on: Severity | None = Severity.HIGH
    header_only: bool = False


@dataclass(frozen=True, slots=True)
class Inspected:
    """What became of a message: the report, and what it was made from."""

    report: Report
    case: Case


def inspect_message(file: bytes, subject: str, *, now: int, options: InspectOptions | None = None) -> Inspected:
    """Say what the message in `file`, called `subject` in the report, is. `now` is in seconds since 1970 UTC.

    Raises NothingToJudge for an empty file, BadInput where there is no header field, UsageError for a domain that is none.
    """
    options = options or InspectOptions()
    case = case_of(readable(file), received_from=options.received_from, header_only=options.header_only)
    checks = tuple(_checks(case, options, now))
    findings = [found for check in checks for found in check.all_findings()]
    status, exit, summary = _verdict(findings, options.fail_on)
    return Inspected(Report(subject, status, summary, checks, now, TOOL, exit), case)


def _checks(case: Case, options: InspectOptions, now: int) -> Iterator[Check]:
    yield identities_check(case)
    if case.structure is not None:
        yield parts_check(case)
        yield attachments_check(case)
        yield links_check(case)
    form = _form(case)
    yield from _reports(case, form, options)
    yield case.path.check
    yield inspect_spoofing(
        case.message,
        case.author,
        case.structure or Structure(()),
        now=now,
        watch=watched(options.protect, options.received_from),
    )
    yield authentication_check(case)
    yield header_check(case, form)


def _reports(case: Case, form: Check, options: InspectOptions) -> Iterator[Check]:
    """What the message reports of others: delivery, disposition, complaints; where we are known, what of it is backscatter."""
    found = form.children
    if found and options.received_from and case.structure is not None:
        found = report_checks(case.message, case.structure, (options.received_from,))
    if found:
        yield Check("reports", None, ", ".join(dict.fromkeys(each.name for each in found)), children=found)


_OF_THE_BODY = ("parts", "protection", "octets")


def _form(case: Case) -> Check:
    if case.structure is not None:
        return message_check(case.message, case.structure, case.author, case.union)
    # only the header was looked at: what is said of the body does not count
    header = replace(case.message, data=case.message.data[: case.message.body])
    form = message_check(header, Structure(()), case.author, Readings(()))
    return replace(form, facts=tuple(fact for fact in form.facts if fact.name not in _OF_THE_BODY))


def _verdict(findings: Sequence[Finding], fail_on: Severity | None) -> tuple[Status | None, Exit, str]:
    """The status, the exit code and the one sentence."""
    serious = [found for found in findings if fail_on is not None and found.severity.rank >= fail_on.rank]
    if serious:
        worst = max(serious, key=lambda found: found.severity.rank)
        more = f", and {len(serious) - 1} more of severity {fail_on} or above" if len(serious) > 1 else ""
        return Status.POLICY, Exit.DOES_NOT_HOLD, f"{worst.sentence} ({worst.rule}){more}."
    counts = [(severity, sum(found.severity is severity for found in findings)) for severity in reversed(Severity)]
    said = ", ".join(f"{count} {severity}" for severity, count in counts if count)
    known = f"Nothing of severity {fail_on} or above was found ({said})" if said else "Nothing odd was found"
    return None, Exit.HOLDS, f"{known} in form and content. Who sent it was not judged: verify does that."
