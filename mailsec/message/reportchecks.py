"""Reports as checks: shown, not judged."""

from __future__ import annotations

from mailsec.core.limits.transport import LISTED
from mailsec.core.results import Check, Fact, finding
from mailsec.message import rules
from mailsec.message.fields import Message
from mailsec.message.mime import Structure
from mailsec.message.reportfields import Typed
from mailsec.message.reports import DeliveryStatus, Digest, Disposition, Feedback, Recipient, Report, reports


def report_checks(message: Message, found: Structure, own: tuple[str, ...] = ()) -> tuple[Check, ...]:
    """One check for each report in `message`; `own` as in `reports`."""
    return tuple(_check(report) for report in reports(message, found, own))


def _check(report: Report) -> Check:
    if isinstance(report, DeliveryStatus):
        return _delivery(report)
    if isinstance(report, Disposition):
        return _disposition(report)
    return _feedback(report) if isinstance(report, Feedback) else _digest(report)


def _facts(**values: str | Typed | int) -> tuple[Fact, ...]:
    """The values that say something, named as the standards name them."""
    plain = {name: value.value if isinstance(value, Typed) else value for name, value in values.items()}
    return tuple(Fact(name.replace("_", "-"), value) for name, value in plain.items() if value != "")


def _delivery(report: DeliveryStatus) -> Check:
    refused = [each for each in report.recipients if each.action == "failed"]
    reason = f"{len(refused)} of {len(report.recipients)} recipients refused" if refused else "no recipient was refused"
    facts = _facts(
        part=report.path,
        reporting_mta=report.reporting_mta,
        received_from_mta=report.received_from,
        arrival_date=report.arrival,
        envelope_id=report.envelope_id,
        returned_message=report.origin.ownership.value,
    )
    findings = (finding(rules.BACKSCATTER, report.origin.reason),) if report.origin.backscatter else ()
    shown = tuple(_recipient(report, each) for each in report.recipients[:LISTED])
    return Check("delivery-status", None, f"{reason}; {report.origin.reason}", facts, findings, (), shown)


def _recipient(report: DeliveryStatus, each: Recipient) -> Check:
    by = report.refused_by(each) if each.action == "failed" else ""
    facts = _facts(
        action=each.action,
        status=each.status,
        refused_by=by,
        diagnostic=each.diagnostic,
        original_recipient=each.original,
        remote_mta=each.remote_mta,
        last_attempt=each.last_attempt,
        will_retry_until=each.will_retry_until,
    )
    return Check(each.final.value or "recipient", None, each.diagnostic.value, facts)


def _disposition(report: Disposition) -> Check:
    reason = f"{report.final.value or 'the recipient'}: {report.type or 'unknown'}"
    facts = _facts(
        part=report.path,
        disposition=report.type,
        mode=report.mode,
        modifiers=", ".join(report.modifiers),
        final_recipient=report.final,
        original_recipient=report.original,
        original_message_id=report.original_message_id,
        reporting_ua=report.reporting_ua,
        error=report.error,
    )
    return Check("disposition-notification", None, reason, facts)


def _feedback(report: Feedback) -> Check:
    facts = _facts(
        part=report.path,
        feedback_type=report.type,
        user_agent=report.user_agent,
        original_mail_from=report.mail_from,
        original_rcpt_to=", ".join(report.recipients[:LISTED]),
        arrival_date=report.arrival,
        source_ip=report.source_ip,
        reported_domain=", ".join(report.reported_domains[:LISTED]),
        reported_uri=", ".join(report.reported_uris[:LISTED]),
        authentication_results="; ".join(report.authentication_results[:LISTED]),
        incidents=report.incidents,
        auth_failure=report.auth_failure,
    )
    return Check("feedback-report", None, f"a complaint of type {report.type or 'unknown'}", facts)


def _digest(report: Digest) -> Check:
    facts = _facts(part=report.path or "0", messages=len(report.messages))
    return Check("digest", None, f"{len(report.messages)} messages", facts)
