"""What the trusted receiver reported stands in for what can no longer be judged, and for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mailsec.api.session import Session
from mailsec.api.verify_message import Verified, VerifyOptions, verify_message
from mailsec.core.flow import AnswerStatus
from mailsec.core.results import Status
from tests.sender.dkim.support import MESSAGE, key, sign_with_dkimpy, signed, zone
from tests.support import TableSource

HOST = "mx.receiver.example"
BORDER = (
    b"Received: from mail.example.com (mail.example.com [192.0.2.10]) by mx.receiver.example (Postfix) with ESMTPS id 1;"
    b" Mon, 21 Sep 2026 14:13:20 +0000\r\n"
)
POLICY: dict[str, Mapping[str, Any]] = {"_dmarc.example.com": {"TXT": ["v=DMARC1; p=reject"]}}
SIGNED = signed()
PASS = "dkim=pass header.d=example.com header.s=s1"
SLOW = {"s1._domainkey.example.com": {"TXT": AnswerStatus.TIMEOUT}}


def said(*results: str, by: str = HOST) -> bytes:
    return f"Authentication-Results: {by}; {'; '.join(results)}\r\n".encode()


def verified(data: bytes, table: Mapping[str, Any] | None = None, trust: str = HOST, **options: Any) -> Verified:
    source = TableSource(POLICY | dict(table or {}))
    with Session(source=source) as session:
        return verify_message(data, "m", session, VerifyOptions(received_from=HOST, trust_authres=trust, **options))


def row(data: bytes, table: Mapping[str, Any] | None = None, trust: str = HOST) -> int:
    verdict = verified(data, table, trust).report.verdict
    assert verdict is not None
    return verdict.decided_by


VOUCHED, FORGED, CHANGED, OPEN, TEMPORARY, PARTLY = 11, 8, 15, 16, 14, 13


def test_a_key_that_was_rotated() -> None:
    data = said(PASS) + BORDER + SIGNED
    report = verified(data).report
    assert report.verdict is not None
    assert (report.verdict.decided_by, report.status) == (VOUCHED, Status.PASS)
    assert report.summary == (
        "example.com vouches for this message by DKIM d=example.com s=s1, as mx.receiver.example reported."
    )
    check = report.check("foreign results")
    assert check is not None
    assert check.fact("reported") == "dkim=pass example.com"
    assert check.reason.endswith("; 1 of them by mx.receiver.example, above the border")
    (mark,) = [each for each in report.all_findings() if each.rule == "authres-reported"]
    assert mark.message == ("dkim of example.com: pass, reported by mx.receiver.example (no key (it may have been rotated))")
    # the protocol's own answer stays what it is
    own = report.check("dkim")
    assert own is not None
    assert own.status is Status.PERMERROR
    assert row(data, trust="") == OPEN


@pytest.mark.parametrize(
    ("data", "table", "expected"),
    [
        # forged: below the border anybody writes
        (BORDER + said(PASS) + SIGNED, {}, OPEN),
        (BORDER + said(PASS) + BORDER + SIGNED, {}, OPEN),
        (said(PASS) + SIGNED, {}, OPEN),
        # another host's
        (said(PASS, by="mx.other.example") + BORDER + SIGNED, {}, OPEN),
        (b"ARC-" + said(PASS) + BORDER + SIGNED, {}, OPEN),
        # never weaker than our own negative judgement
        (said(PASS) + BORDER + SIGNED.replace(b"see you", b"pay me"), zone(key()), CHANGED),
        (said(PASS) + BORDER + SIGNED.replace(b"see you", b"pay me"), {}, OPEN),
        (said(PASS) + BORDER + SIGNED, {"s1._domainkey.example.com": {"TXT": ["v=DKIM1; p="]}}, OPEN),
        (said(PASS) + BORDER + SIGNED.replace(b"s=s1", b"s=s2"), {}, OPEN),
        (said("dkim=fail header.d=example.com") + BORDER + SIGNED, zone(key()), VOUCHED),
        # what it says of a signature that is not there
        (said(PASS) + BORDER + MESSAGE, {}, OPEN),
        (said("dkim=pass header.d=other.example") + BORDER + SIGNED, {}, OPEN),
        (said("dkim=pass") + BORDER + SIGNED, {}, OPEN),
        (said("dmarc=pass header.from=example.com") + BORDER + SIGNED, {}, OPEN),
        (said("dkim=none header.d=example.com") + BORDER + SIGNED, {}, OPEN),
        # of two minds
        (said(PASS, "dkim=fail header.d=example.com") + BORDER + SIGNED, {}, OPEN),
        # a lookup that fails now
        (said(PASS) + BORDER + SIGNED, SLOW, VOUCHED),
        (BORDER + said(PASS) + SIGNED, SLOW, TEMPORARY),
        (said("dkim=fail header.d=example.com") + BORDER + SIGNED, {}, CHANGED),
        # a Received-SPF is a result too
        (b"Received-SPF: pass receiver=mx.receiver.example; envelope-from=a@example.com\r\n" + BORDER + SIGNED, {}, VOUCHED),
        (b"Received-SPF: pass envelope-from=a@example.com\r\n" + BORDER + SIGNED, {}, OPEN),
        (
            b"Received-SPF: pass identity=helo; receiver=mx.receiver.example; envelope-from=a@example.com\r\n"
            + BORDER
            + SIGNED,
            {},
            OPEN,
        ),
    ],
)
def test_what_stands_in_and_what_does_not(data: bytes, table: Mapping[str, Any], expected: int) -> None:
    assert row(data, table) == expected


def test_several_signatures_of_one_domain_need_more_than_the_domain() -> None:
    both = signed(MESSAGE, key(), key(selector="s2"))
    assert row(said("dkim=pass header.d=example.com") + BORDER + both) == OPEN
    assert row(said("dkim=pass header.d=example.com header.s=s2") + BORDER + both) == VOUCHED
    assert "s=s2, as" in verified(said("dkim=pass header.d=example.com header.s=s2") + BORDER + both).report.summary


def test_a_tail_that_the_signature_left_out_stays_unsigned() -> None:
    data = sign_with_dkimpy(MESSAGE, "simple/simple", length=True) + MESSAGE
    trusted = said(PASS) + BORDER
    assert row(trusted + data) == VOUCHED
    assert row(trusted + data + b"buy this\r\n") == PARTLY


# --- SPF

SPF_PASS = "spf=pass smtp.mailfrom=ann@example.com"
RETURN = b"Return-Path: <ann@example.com>\r\n"


@pytest.mark.parametrize(
    ("data", "table", "expected"),
    [
        (said(SPF_PASS) + BORDER + MESSAGE, {}, VOUCHED),
        (BORDER + said(SPF_PASS) + MESSAGE, {}, OPEN),
        # judged here: what was reported does not count
        (RETURN + said(SPF_PASS) + BORDER + MESSAGE, {"example.com": {"TXT": ["v=spf1 -all"]}}, FORGED),
        (RETURN + said(SPF_PASS) + BORDER + MESSAGE, {"example.com": {"TXT": AnswerStatus.TIMEOUT}}, VOUCHED),
        (RETURN + BORDER + MESSAGE, {"example.com": {"TXT": AnswerStatus.TIMEOUT}}, TEMPORARY),
        # about another return path than the one that is known
        (
            RETURN + said("spf=pass smtp.mailfrom=x@other.example") + BORDER + MESSAGE,
            {"example.com": {"TXT": AnswerStatus.TIMEOUT}},
            TEMPORARY,
        ),
        (said("spf=fail smtp.mailfrom=ann@example.com") + BORDER + MESSAGE, {}, FORGED),
        (said("spf=pass smtp.helo=example.com") + BORDER + MESSAGE, {}, OPEN),
        (said(SPF_PASS, "spf=pass smtp.mailfrom=x@other.example") + BORDER + MESSAGE, {}, OPEN),
    ],
)
def test_spf(data: bytes, table: Mapping[str, Any], expected: int) -> None:
    assert row(data, table) == expected


def test_the_sentence_of_a_reported_failure() -> None:
    report = verified(said("spf=fail smtp.mailfrom=ann@example.com") + BORDER + MESSAGE).report
    assert "SPF example.com, as mx.receiver.example reported fails: reported by mx.receiver.example" in report.summary
    own = report.check("spf")
    assert own is not None
    assert own.status is Status.SKIPPED


# --- the report


def test_without_the_option_the_fields_are_shown_only() -> None:
    report = verified(said(PASS) + BORDER + SIGNED, trust="").report
    check = report.check("foreign results")
    assert check is not None
    assert check.reason == "1 field in which other hosts say what they judged"
    assert check.children[0].fact("claims-to-be-ours") is True
    assert not check.facts


def test_without_a_border_it_says_so() -> None:
    check = verified(said(PASS) + SIGNED).report.check("foreign results")
    assert check is not None
    assert check.reason.endswith("none can be believed, as the border of mx.receiver.example is not known")


def test_no_field_no_check() -> None:
    assert verified(BORDER + SIGNED).report.check("foreign results") is None


def test_a_receiver_that_contradicts_us() -> None:
    fails = said("dkim=fail header.d=example.com")
    for data, rule in ((fails + BORDER, "authres-receiver-contradicts"), (BORDER + fails, "authres-contradicts")):
        assert rule in {each.rule for each in verified(data + SIGNED, zone(key())).report.all_findings()}


def test_further_names_of_ours() -> None:
    data = BORDER + said(PASS, by="mail.us.example") + SIGNED
    check = verified(data, authserv_id="mail.us.example").report.check("foreign results")
    assert check is not None
    assert check.children[0].fact("claims-to-be-ours") is True
