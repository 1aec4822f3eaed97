"""Delivery status, disposition and feedback reports, digests; whose the returned message was."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_REPORT_GROUPS, MAX_REPORT_VALUE, MAX_REPORTS
from mailsec.core.results import Check
from mailsec.message.backscatter import Origin, Ownership
from mailsec.message.checks import message_check
from mailsec.message.fields import parse
from mailsec.message.mime import structure
from mailsec.message.reportchecks import report_checks
from mailsec.message.reportfields import Group, Typed, groups
from mailsec.message.reports import DeliveryStatus, Digest, Disposition, Feedback, Report, reports

# RFC 3464 appendix E.1, shortened, with the names of other hosts
BOUNCE = """\
Received: from mail.example.net (mail.example.net [192.0.2.9]) by mx.example.org; Thu, 7 Jul 1994 17:17:00 -0400
From: Mail Delivery Subsystem <MAILER-DAEMON@mail.example.net>
To: Owner <owner@example.org>
Subject: Returned mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="RAA14128"

--RAA14128
Content-Type: text/plain

   ----- The following addresses had delivery problems -----
--RAA14128
content-type: message/delivery-status

Reporting-MTA: dns; mail.example.net
Received-From-MTA: dns; out.example.org
Arrival-Date: Thu, 7 Jul 1994 17:15:49 -0400
Original-Envelope-Id: QQ314159

Original-Recipient: rfc822;louisl@example.com
Final-Recipient: RFC822;louisl@mail.example.com
Action: Failed
Status: 4.0.0
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 426 connection timed
 out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400

Final-Recipient: rfc822;ann@example.net
Action: delayed
Status: 4.4.1 (busy)
Will-Retry-Until: Thu, 7 Jul 1994 19:15:49 -0400

--RAA14128
content-type: message/rfc822

{received}From: Owner <owner@example.org>
Subject: the message that comes back

text
--RAA14128--
"""
OURS = "Received: from desk (HELO desk.example.org) by out.example.org; Thu, 7 Jul 1994 17:10:00 -0400\n"
FOREIGN = "Received: from bad.example by relay.invalid.example; Thu, 7 Jul 1994 17:10:00 -0400\n"


def read(text: str, own: tuple[str, ...] = ()) -> tuple[Report, ...]:
    message = parse(text.replace("\n", "\r\n").encode())
    return reports(message, structure(message), own)


def bounce(received: str = OURS, own: tuple[str, ...] = ()) -> DeliveryStatus:
    (report,) = read(BOUNCE.format(received=received), own)
    assert isinstance(report, DeliveryStatus)
    return report


def checks(text: str) -> tuple[Check, ...]:
    message = parse(text.replace("\n", "\r\n").encode())
    return report_checks(message, structure(message))


def test_who_refused_whom_and_why() -> None:
    report = bounce()
    assert (report.path, report.reporting_mta, report.envelope_id) == ("2", Typed("dns", "mail.example.net"), "QQ314159")
    assert report.received_from.value == "out.example.org"
    failed, delayed = report.recipients
    assert (failed.action, failed.status, failed.final.value) == ("failed", "4.0.0", "louisl@mail.example.com")
    assert failed.original == Typed("rfc822", "louisl@example.com")
    assert failed.diagnostic == Typed("smtp", "426 connection timed out")
    assert report.refused_by(failed) == "mx.example.com"
    assert (delayed.action, delayed.status, report.refused_by(delayed)) == ("delayed", "4.4.1", "mail.example.net")
    assert delayed.will_retry_until == "Thu, 7 Jul 1994 19:15:49 -0400"


def test_it_agrees_with_the_standard_library() -> None:
    text = BOUNCE.format(received=OURS)
    theirs = next(
        part
        for part in email.message_from_string(text, policy=email.policy.default).walk()
        if part.get_content_type() == "message/delivery-status"
    ).get_payload()
    assert isinstance(theirs, list)
    assert [group["Action"].lower() for group in theirs[1:] if group["Action"]] == [each.action for each in bounce().recipients]


@pytest.mark.parametrize(
    ("received", "own", "expected"),
    [
        (OURS, (), Ownership.OURS),
        (FOREIGN, (), Ownership.FOREIGN),
        (FOREIGN, ("relay.invalid.example",), Ownership.OURS),
        (OURS, ("example.com",), Ownership.FOREIGN),
        ("", (), Ownership.UNKNOWN),
        ("Received: nothing\n", (), Ownership.UNKNOWN),
    ],
)
def test_whose_the_returned_message_was(received: str, own: tuple[str, ...], expected: Ownership) -> None:
    found = bounce(received, own).origin
    assert found.ownership is expected
    assert found.backscatter is (expected is Ownership.FOREIGN)
    assert found.reason


def test_mail_of_a_small_domain_leaves_by_its_provider() -> None:
    text = BOUNCE.format(received=FOREIGN.replace("relay.invalid.example", "smtp7.provider.co.uk"))
    text = text.replace("by mx.example.org", "by mx2.provider.co.uk")
    (report,) = read(text)
    assert isinstance(report, DeliveryStatus)
    assert report.origin == Origin(Ownership.OURS, "the returned header says that it passed smtp7.provider.co.uk")


def test_where_nothing_can_be_decided() -> None:
    text = BOUNCE.format(received=FOREIGN)
    (unreceived,) = read(text.partition("\n")[2])
    assert isinstance(unreceived, DeliveryStatus)
    assert "which host of ours" in unreceived.origin.reason
    (alone,) = read(text.replace("content-type: message/rfc822", "content-type: text/plain"))
    assert isinstance(alone, DeliveryStatus)
    assert alone.origin.reason == "nothing of the message is returned"
    (top,) = read("Received: from a by b.example\nTo: x@[192.0.2.1]\nContent-Type: message/delivery-status\n\nAction: failed\n")
    assert isinstance(top, DeliveryStatus)
    assert (top.recipients[0].action, top.origin.ownership) == ("failed", Ownership.UNKNOWN)
    (empty,) = read("Content-Type: message/delivery-status\n\n")
    assert isinstance(empty, DeliveryStatus)
    assert empty.recipients == ()


def test_a_returned_header_counts_like_a_message() -> None:
    text = BOUNCE.format(received=FOREIGN).replace("content-type: message/rfc822\n", "content-type: text/rfc822-headers\n")
    (report,) = read(text)
    assert isinstance(report, DeliveryStatus)
    assert report.origin.backscatter


DISPOSITION = """\
From: bob@example.com
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b

read
--b
Content-Type: message/disposition-notification

Reporting-UA: desk.example.com; Mailer 1.1
Original-Recipient: rfc822;bob@example.com
Final-Recipient: rfc822;bob@example.com
Original-Message-ID: <199509192301.23456@example.org>
Disposition: manual-action/MDN-sent-manually; Displayed/error, expired
Error: too late

--b--
"""
FEEDBACK = """\
From: abuse@example.com
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b

a complaint
--b
Content-Type: message/feedback-report

Feedback-Type: Abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <somespammer@example.net>
Original-Rcpt-To: <user@example.com>
Received-Date: Thu, 8 Mar 2005 14:00:00 EDT
Source-IP: 192.0.2.1
Authentication-Results: mail.example.com; spf=fail
Reported-Domain: example.net
Reported-URI: http://example.net/earn_money.html
Reported-URI: mailto:user@example.com
Incidents: 3
--b--
"""
DIGEST = """\
From: list@example.org
Content-Type: multipart/digest; boundary=b

--b

Subject: one

1
--b

Subject: two

2
--b--
"""


def test_disposition_notifications() -> None:
    (report,) = read(DISPOSITION)
    assert report == Disposition(
        "2",
        "desk.example.com; Mailer 1.1",
        Typed("rfc822", "bob@example.com"),
        Typed("rfc822", "bob@example.com"),
        "<199509192301.23456@example.org>",
        "manual-action/mdn-sent-manually",
        "displayed",
        ("error", "expired"),
        "too late",
    )


def test_feedback_reports() -> None:
    (report,) = read(FEEDBACK)
    assert isinstance(report, Feedback)
    assert (report.type, report.source_ip, report.incidents) == ("abuse", "192.0.2.1", "3")
    assert report.reported_uris == ("http://example.net/earn_money.html", "mailto:user@example.com")
    assert (report.mail_from, report.recipients) == ("<somespammer@example.net>", ("<user@example.com>",))
    assert report.arrival == "Thu, 8 Mar 2005 14:00:00 EDT"


def test_digests() -> None:
    assert read(DIGEST) == (Digest("", ("1", "2")),)


def test_reports_as_checks() -> None:
    (delivery,) = checks(BOUNCE.format(received=FOREIGN))
    assert delivery.reason.startswith("1 of 2 recipients refused; none of the 2 hosts")
    assert [each.rule for each in delivery.findings] == ["message-backscatter"]
    refused, waiting = delivery.children
    assert (refused.name, refused.fact("refused-by"), refused.reason) == (
        "louisl@mail.example.com",
        "mx.example.com",
        "426 connection timed out",
    )
    assert waiting.fact("refused-by") is None
    (ours,) = checks(BOUNCE.format(received=OURS).replace("Action: Failed", "Action: relayed"))
    assert (ours.findings, ours.fact("returned-message")) == ((), "ours")
    assert ours.reason.startswith("no recipient was refused")
    (disposition,) = checks(DISPOSITION)
    assert (disposition.reason, disposition.fact("modifiers")) == ("bob@example.com: displayed", "error, expired")
    (feedback,) = checks(FEEDBACK)
    assert (feedback.reason, feedback.fact("source-ip")) == ("a complaint of type abuse", "192.0.2.1")
    (digest,) = checks(DIGEST)
    assert (digest.reason, digest.fact("part")) == ("2 messages", "0")


def test_reports_stand_below_the_check_of_the_message() -> None:
    check = message_check(parse(BOUNCE.format(received=OURS).replace("\n", "\r\n").encode()))
    assert [child.name for child in check.children] == ["delivery-status"]


def test_groups_are_bounded() -> None:
    assert len(groups(b"A: b\n\n" * (3 * MAX_REPORT_GROUPS))) == MAX_REPORT_GROUPS + 1
    (group,) = groups(b"A: " + b"x" * 100_000 + b"\n" + b"B: c\n" * 1000)
    assert len(group.text("A")) == MAX_REPORT_VALUE
    assert group.every("b")[:2] == ("c", "c")
    assert groups(b"no field at all\n\n\n") == []
    assert Group(()).typed("x") == Typed("", "")
    assert Group((("x", "no semicolon"),)).typed("X") == Typed("", "no semicolon")


def test_reports_are_bounded() -> None:
    parts = "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n" * (MAX_REPORTS + 5)
    assert len(read(f"Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n")) == MAX_REPORTS


@given(st.lists(st.sampled_from(BOUNCE.splitlines()), max_size=40), st.sampled_from(["delivery-status", "feedback-report"]))
def test_any_report_can_be_read(lines: list[str], kind: str) -> None:
    text = "\n".join(lines).format(received="")
    checks(f"To: a@b.example\nContent-Type: message/{kind}\n\n{text}")
    checks(text)
