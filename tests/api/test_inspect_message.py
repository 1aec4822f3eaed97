"""`inspect` as a library call: what the report holds."""

from __future__ import annotations

import hashlib
import random
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.api.inspect_message import InspectOptions, inspect_message
from mailsec.core.errors import BadInput, NothingToJudge, UsageError
from mailsec.core.limits.spoofing import INSPECT_FIELDS, INSPECT_PARTS, MAX_MESSAGE_LINKS
from mailsec.core.results import Check, Report, Status
from mailsec.core.rules import Severity
from mailsec.output.render import FORMATS, render

EXAMPLES = Path(__file__).parents[2] / "examples" / "messages"
NOW = 1_790_000_000
FROM = b"From: Alice <alice@bank.example>\r\n"


def inspected(data: bytes, **options) -> Report:
    return inspect_message(data, "message.eml", now=NOW, options=InspectOptions(**options)).report


def check(report: Report, name: str) -> Check:
    found = report.check(name)
    assert found is not None
    return found


def children(report: Report, name: str) -> dict[str, str]:
    return {child.name: child.reason for child in check(report, name).children}


def test_what_is_no_message() -> None:
    with pytest.raises(NothingToJudge):
        inspected(b"")
    with pytest.raises(BadInput):
        inspected(b"no message\nat all\n")
    with pytest.raises(UsageError):
        inspected(FROM + b"\r\n", protect=("not a domain",))


def test_a_finding_at_the_bar_decides_status_and_exit() -> None:
    phish = (EXAMPLES / "phish.eml").read_bytes()
    report = inspected(phish)
    assert (report.status, report.exit) == (Status.POLICY, 1)
    assert "more of severity high or above" in report.summary
    calm = inspected(phish, fail_on=None)
    assert (calm.status, calm.exit) == (None, 0)
    assert "of any severity" not in calm.summary
    assert inspected(FROM + b"Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n\r\nHi\r\n", fail_on=Severity.INFO).exit == 0


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.eml")))
def test_every_leaf_has_the_hash_of_its_content(name: str) -> None:
    data = (EXAMPLES / name).read_bytes()
    judge = [
        part.get_payload(decode=True) for part in message_from_bytes(data, policy=policy.SMTP).walk() if not part.is_multipart()
    ]
    lf_only = b"\r\n" not in data
    hashes = [hashlib.sha256(each.replace(b"\n", b"\r\n") if lf_only else each).hexdigest() for each in judge]
    assert [each.fact("sha256") for each in check(inspected(data), "parts").walk() if each.fact("sha256")] == hashes


def test_fields_are_byte_exact_with_their_offsets() -> None:
    for name in ("phish.eml", "unsigned.eml", "international.eml"):
        data = (EXAMPLES / name).read_bytes()
        for child in check(inspected(data), "header").children:
            (evidence,) = child.evidence
            raw = data[evidence.start : evidence.end]
            assert raw.startswith(child.name.encode() + b":")
            assert raw.rstrip(b"\r\n").decode() == f"{child.name}:{evidence.text}".replace(
                "\r\n", "\n" if b"\r\n" not in data else "\r\n"
            )


def test_identities_side_by_side() -> None:
    data = (
        b"Return-Path: <bounce@mailer.example>\r\n"
        b"Received: from out.mailer.example (out.mailer.example [192.0.2.1]) by mx.receiver.example (Postfix) with ESMTP id 1;"
        b" Mon, 21 Sep 2026 14:13:20 +0000\r\n" + FROM + b"Sender: post@mail.bank.example\r\nReply-To: c@fake.example\r\n"
        b"Resent-From: d@receiver.example\r\nReply-To: nobody\r\n\r\nHi\r\n"
    )
    found = [(child.name, child.reason) for child in check(inspected(data), "identities").children]
    assert found == [
        ("HELO", "out.mailer.example [192.0.2.1], as the Received field claims"),
        ("MAIL FROM", "<bounce@mailer.example>: another organization than From"),
        ("From", "alice@bank.example \u201cAlice\u201d"),
        ("Sender", "post@mail.bank.example: the same organization as From"),
        ("Reply-To", "c@fake.example: another organization than From"),
        ("Reply-To", "no address: nobody"),
        ("Resent-From", "d@receiver.example: another organization than From"),
    ]
    believed = inspected(data, received_from="mx.receiver.example")
    assert children(believed, "identities")["HELO"] == "out.mailer.example [192.0.2.1]"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"Return-Path: <>\r\n", "<>: the null return path: a report or an automatic reply, which no bounce may answer"),
        (b"Return-Path: what is this\r\n", "cannot be read: what is this"),
        (b"Return-Path: <a@sub.bank.co.uk>\r\n", "<a@sub.bank.co.uk>: another organization than From"),
    ],
)
def test_return_paths(header: bytes, reason: str) -> None:
    assert children(inspected(header + FROM + b"\r\n"), "identities")["MAIL FROM"] == reason


def test_siblings_are_one_organization() -> None:
    data = b"From: a@news.bank.co.uk\r\nSender: b@mail.bank.co.uk\r\nReply-To: a@[192.0.2.1]\r\n\r\n"
    found = children(inspected(data), "identities")
    assert found["Sender"] == "b@mail.bank.co.uk: the same organization as From"
    assert found["Reply-To"] == "a@[192.0.2.1]"


def test_signatures_and_results_are_named() -> None:
    data = (
        b"Authentication-Results: mx.example; spf=pass smtp.mailfrom=bank.example\r\n"
        b"Received-SPF: pass (mx.example: ok)\r\n"
        b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=list.example; s=x; b=AA==\r\n"
        b"ARC-Message-Signature: i=1; d=list.example; s=x\r\n"
        b"ARC-Seal: nonsense\r\n"
        b"DKIM-Signature: v=1\r\n" + FROM + b"\r\nHi\r\n"
    )
    found = [(child.name, child.reason) for child in check(inspected(data), "authentication").children]
    assert ("DKIM-Signature", "cannot be used: a tag is missing: a=") in found
    assert ("ARC-Seal", "instance 1 by list.example, chain none") in found
    assert ("ARC-Message-Signature", "instance 1 by list.example") in found
    assert ("ARC-Seal", "cannot be read: a part has no '='") in found
    assert {"Authentication-Results", "Received-SPF"} < {name for name, _ in found}


def test_what_a_signature_says_of_the_body() -> None:
    signed = (EXAMPLES / "signed.eml").read_bytes()
    first = check(inspected(signed), "authentication").children[0]
    assert (first.fact("d"), first.fact("body-as-signed"), first.fact("unsigned-body")) == ("bank.example", True, 0)
    changed = check(inspected(signed + b"more\r\n"), "authentication").children[0]
    assert changed.fact("body-as-signed") is False
    assert "the body was changed" in changed.reason
    header = check(inspected(signed, header_only=True), "authentication").children[0]
    assert header.fact("body-as-signed") is None


def test_an_enclosed_message_shows_its_own_sender() -> None:
    data = FROM + (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
        b"From: Bob <b@c.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\ninner\r\n"
        b"--x\r\nContent-Type: message/rfc822\r\n\r\nFrom: who\r\n\r\ninner\r\n--x--\r\n"
    )
    found = children(inspected(data), "parts")
    assert found["1"] == "message/rfc822, From b@c.example, Subject Gr\u00fc\u00dfe"
    assert found["2"] == "message/rfc822, From who"


def test_leaves_that_only_another_reading_yields_are_listed_with_their_hash() -> None:
    data = FROM + b"Content-Type: text/plain\r\n\r\nbegin 644 a.exe\r\n#86)C\r\n`\r\nend\r\n"
    report = inspected(data)
    other = next(each for each in check(report, "parts").walk() if "~" in each.name)
    assert other.fact("sha256") == hashlib.sha256(b"abc").hexdigest()
    assert other.fact("reading")
    assert "a.exe" in children(report, "attachments")


def test_a_report_of_delivery_is_read() -> None:
    status = (
        b"Reporting-MTA: dns; mx.c.example\r\n\r\nFinal-Recipient: rfc822; x@c.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    data = FROM + (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nSorry.\r\n"
        b"--x\r\nContent-Type: message/delivery-status\r\n\r\n" + status + b"\r\n--x--\r\n"
    )
    for received_from in ("", "mx.bank.example"):
        reports = check(inspected(data, received_from=received_from), "reports")
        assert reports.reason == "delivery-status"
        assert reports.children[0].reason.startswith("1 of 1 recipients refused")
    assert inspected(FROM + b"\r\nHi").check("reports") is None


def test_attachments_and_what_lies_in_them() -> None:
    report = inspected((EXAMPLES / "phish.eml").read_bytes())
    (archive,) = check(report, "attachments").children
    assert (archive.name, archive.fact("part"), archive.fact("members")) == ("statement.zip", "2", 1)
    assert archive.children[0].reason == "101 octets, Windows program"


def test_links_with_what_programs_load_last() -> None:
    links = check(inspected((EXAMPLES / "phish.eml").read_bytes()), "links")
    assert [child.name for child in links.children] == [
        "https://bank.example/unlock",
        "https://bank.example.unlock.fake.example/?id=7",
        "https://bank.example/",
        "https://fake.example/seen.gif",
    ]
    assert links.reason == "3 targets at bank.example, bank.example.unlock.fake.example"


def test_many_hosts_repetitions_and_other_scripts_in_links() -> None:
    body = "".join(f"http://h{each}.example/ " for each in range(7)) + "http://b\u00fccher.example/ http://h0.example/"
    links = check(inspected(FROM + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body.encode()), "links")
    assert links.reason.endswith("and 3 more")
    assert links.children[0].reason == "2 times"
    assert links.children[-1].reason == "reads b\u00fccher.example"


def test_links_beyond_what_is_listed_are_counted() -> None:
    body = "".join(f"http://a.example/{each}\n" for each in range(MAX_MESSAGE_LINKS + 3))
    assert check(inspected(FROM + b"\r\n" + body.encode()), "links").fact("left-out") == 3


def test_what_is_no_field_is_shown_as_octets() -> None:
    data = FROM + b"nonsense here\r\nTo: b@c.example\r\n@@bad\xff: x\r\n\r\nHi\r\n"
    odd = [each for each in check(inspected(data), "header").children if each.name.startswith("octets")]
    assert [(each.evidence[0].start, each.evidence[0].text) for each in odd] == [
        (34, "nonsense here\r\n"),
        (66, "@@bad\\xff: x\r\n\r\n"),
    ]


def test_a_header_beyond_what_is_read_is_shown_as_octets() -> None:
    report = inspected(FROM + b"X: y\r\n" * 20_001 + b"\r\nHi\r\n")
    last = check(report, "header").children[-1]
    assert last.name == "octets that were not read as header"
    assert check(report, "header").fact("left-out") == 20_000 - INSPECT_FIELDS


def test_parts_beyond_what_is_shown_are_counted_and_judged() -> None:
    parts = b"--b\r\nContent-Type: application/x-x\r\n\r\nMZ\0\0\r\n" * (INSPECT_PARTS + 10)
    report = inspected(FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n")
    assert check(report, "parts").fact("left-out") == 11
    assert sum(found.rule == "payload-program" for found in report.all_findings()) == INSPECT_PARTS + 10


def test_the_header_alone() -> None:
    report = inspected((EXAMPLES / "phish.eml").read_bytes(), header_only=True)
    assert [each.name for each in report.checks] == ["identities", "path", "spoofing", "authentication", "header"]
    assert not any(found.rule.startswith("payload-archive") for found in report.all_findings())
    assert check(report, "header").fact("parts") is None


def test_a_multipart_that_has_no_parts_is_a_leaf() -> None:
    report = inspected(FROM + b"Content-Type: multipart/mixed; boundary=x\r\n\r\nnothing\r\n")
    assert check(report, "parts").fact("parts") == 1


ORIGINALS = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.eml"))]


@given(st.integers(0, 2**32))
def test_a_damaged_message_is_inspected_as_far_as_it_goes(seed: int) -> None:
    dice = random.Random(seed)
    data = bytearray(dice.choice(ORIGINALS))
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(data))
        match dice.randrange(4):
            case 0:
                data[at : at + dice.randrange(30)] = dice.randbytes(dice.randrange(12))
            case 1:
                data[at:at] = dice.choice([b"\n", b"\r", b"\0", b"--outer\r\n", b'"', b"(", b"<", b"=?utf-8?q?", b"\xff\xfe"])
            case 2:
                data[at:at] = data[dice.randrange(len(data)) :][: dice.randrange(300)]
            case _:
                del data[at : at + dice.randrange(200)]
        data = data or bytearray(b"x")
    try:
        report = inspected(bytes(data))
    except (BadInput, NothingToJudge):
        return
    for format in FORMATS:
        "".join(render([report], format))
