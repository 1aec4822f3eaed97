"""Judging signatures (RFC 6376 section 6, RFC 8601 section 2.7.1)."""

from __future__ import annotations

from typing import Any

import pytest

from mailsec.core.flow import Answer, AnswerStatus, Fork, Query, run
from mailsec.core.results import EvidenceKind, Status
from mailsec.core.rules import Severity
from mailsec.message.fields import parse
from mailsec.sender.dkim.coverage import Coverage, coverage, index_of
from mailsec.sender.dkim.publish import record_for
from mailsec.sender.dkim.verify import verify
from tests.sender.dkim.support import (
    MESSAGE,
    NOW,
    judge,
    key,
    only,
    rules_of,
    sign_with_dkimpy,
    signed,
    zone,
)
from tests.support import TableSource, answer

LATER = NOW + 10**9  # dkimpy takes its t= from the clock
NAME = "s1._domainkey.example.com"


def with_record(*records: str | bytes) -> dict[str, Any]:
    return {NAME: {"TXT": list(records)}}


def record(**tags: str) -> str:
    text = record_for(key().private)
    return text + "".join(f"; {name}={value}" for name, value in tags.items())


def dkimpy_signed(*names: str, message: bytes = MESSAGE, **options: Any) -> bytes:
    return sign_with_dkimpy(message, "relaxed/relaxed", include_headers=[name.encode() for name in names], **options) + message


def test_no_signature() -> None:
    result = judge(MESSAGE, {})
    assert (result.status, result.signatures, result.check.name) == (Status.NONE, (), "dkim")


def test_a_pass_and_what_it_carries() -> None:
    data = signed(identity="ann@mail.example.com")
    result = judge(data, zone(key()))
    found = only(result)
    assert (result.status, found.status, found.reason) == (Status.PASS, Status.PASS, "valid, rsa key of 2048 bits")
    assert (found.domain, found.selector, found.identity) == ("example.com", "s1", "ann@mail.example.com")
    assert (found.algorithm, found.canonicalization, found.key_bits) == ("rsa-sha256", "relaxed/relaxed", 2048)
    assert (found.unsigned_body, found.unsigned_singletons, found.test_mode) == (0, (), False)
    assert found.signed_fields == ("from", "to", "subject", "date", "message-id")
    assert rules_of(result) == set()
    assert result.check.reason == "signed by example.com"
    check = result.check.children[0]
    assert check is found.check
    assert {name: check.fact(name) for name in ("d", "s", "i", "a", "c", "bits", "t", "x", "l", "unsigned-body")} == {
        "d": "example.com",
        "s": "s1",
        "i": "ann@mail.example.com",
        "a": "rsa-sha256",
        "c": "relaxed/relaxed",
        "bits": 2048,
        "t": NOW,
        "x": None,
        "l": None,
        "unsigned-body": 0,
    }
    assert found.auth.method == "dkim"
    assert found.auth.domain == "example.com"
    properties = dict(found.auth.properties)
    assert list(properties) == ["header.d", "header.i", "header.a", "header.s", "header.b"]
    assert len(properties["header.b"]) == 8
    assert b"b=" + properties["header.b"].encode() in data


@pytest.mark.parametrize("prefix", [b"", b"From ann@example.com Fri Nov 20 07:59:58 2026\n", b"\xef\xbb\xbf"])
def test_evidence_points_into_the_file(prefix: bytes) -> None:
    file = prefix + b"X-First: 1\n" + signed().replace(b"\r\n", b"\n")
    field, dns = only(judge(file, zone(key()))).check.evidence
    assert field.kind is EvidenceKind.FIELD
    assert file[field.start : field.end].startswith(b"DKIM-Signature: v=1;")
    assert file[field.end or 0 :].startswith(b"From: Ann")
    assert (dns.kind, dns.where) == (EvidenceKind.DNS, NAME)
    assert dns.text.startswith("v=DKIM1; k=rsa; p=")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"see you", b"see me", "the body was changed"),
        (b"Subject: Hello", b"Subject: Bye", "the header was changed (or the key is another)"),
        (b"Bob, \r\n", b"Bob\r\n\r\n", "the body was changed"),
        (b"From: Ann", b"Subject: Other\r\nFrom: Ann", "the header was changed (or the key is another)"),
        (b"From: Ann", b"From: Eve <eve@example.com>\r\nFrom: Ann", "the header was changed (or the key is another)"),
        (b"From: Ann", b"Content-Type: text/html\r\nFrom: Ann", "the header was changed (or the key is another)"),
    ],
)
def test_what_was_changed_is_told(old: bytes, new: bytes, reason: str) -> None:
    """The last three were added: oversigning notices them."""
    assert old in signed()
    found = only(judge(signed().replace(old, new, 1), zone(key())))
    assert (found.status, found.reason) == (Status.FAIL, reason)


def test_both_changed() -> None:
    data = signed().replace(b"see you", b"see me").replace(b"Subject: Hello", b"Subject: Bye")
    found = only(judge(data, zone(key())))
    assert found.status is Status.FAIL
    assert found.reason.startswith("the body was changed, and the header")
    assert found.unsigned_body == 0


def test_another_key() -> None:
    assert only(judge(signed(), {NAME: {"TXT": [record_for(key(bits=1536).private)]}})).status is Status.FAIL


@pytest.mark.parametrize("status", [status for status in AnswerStatus if status.failed])
def test_a_lookup_that_failed_is_temperror(status: AnswerStatus) -> None:
    result = judge(signed(), {NAME: status})
    assert only(result).status is result.status is Status.TEMPERROR
    assert str(status) in only(result).reason


def test_the_reason_of_the_source_is_told() -> None:
    flow = verify(parse(signed()), now=NOW)
    assert next(flow) == Query(NAME, "TXT")
    with pytest.raises(StopIteration) as stopped:
        flow.send(Answer(Query(NAME, "TXT"), AnswerStatus.SERVFAIL, reason="DNSSEC says bogus"))
    assert "DNSSEC says bogus" in stopped.value.value.signatures[0].reason


@pytest.mark.parametrize("table", [{}, {NAME: {}}, {NAME: {"TXT": ["v=spf1 -all", "text"]}}, {NAME: {"TXT": []}}])
def test_no_key_is_permerror(table: dict[str, Any]) -> None:
    found = only(judge(signed(), table))
    assert found.status is Status.PERMERROR
    assert found.reason.startswith("no key (it may have been rotated)")


def test_a_record_whose_strings_are_damaged_is_no_key() -> None:
    good = answer(NAME, "TXT", ["x"])
    broken = Answer(good.query, AnswerStatus.OK, (type(good.records[0])(NAME, "TXT", 1, b"\x05p="),))
    flow = verify(parse(signed()), now=NOW)
    next(flow)
    with pytest.raises(StopIteration) as stopped:
        flow.send(broken)
    assert stopped.value.value.status is Status.PERMERROR


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("v=DKIM1; p=", Status.PERMERROR, "revoked"),
        ("v=DKIM1; p=AAAA", Status.PERMERROR, "DER"),
        ("v=DKIM1; p=*", Status.PERMERROR, "base64"),
        ("v=DKIM7; p=AAAA", Status.PERMERROR, "version"),
        (record(h="sha1"), Status.PERMERROR, "h="),
        (record(s="tlsrpt"), Status.PERMERROR, "s="),
        (record(k2="x").replace("k=rsa", "k=ed25519"), Status.PERMERROR, "another kind"),
        (record(h="sha1:sha256", s="email"), Status.PASS, "valid"),
        (record(s="*", unknown="x"), Status.PASS, "valid"),
    ],
)
def test_what_the_record_says_is_honoured(text: str, status: Status, reason: str) -> None:
    found = only(judge(signed(), with_record(text)))
    assert found.status is status
    assert reason in found.reason


def test_t_s_forbids_a_subdomain() -> None:
    strict = with_record(record(t="s"))
    assert only(judge(signed(identity="@example.com"), strict)).status is Status.PASS
    assert only(judge(signed(), strict)).status is Status.PASS
    found = only(judge(signed(identity="@mail.example.com"), strict))
    assert found.status is Status.PERMERROR
    assert "t=s" in found.reason


def test_test_mode_is_told_and_changes_nothing() -> None:
    result = judge(signed(), with_record(record(t="y")))
    assert only(result).test_mode
    assert result.status is Status.PASS
    assert rules_of(result) == {"dkim-test-mode"}
    result = judge(signed().replace(b"Hello", b"Bye"), with_record(record(t="y")))
    assert only(result).status is Status.FAIL


def test_several_records_are_tried() -> None:
    other = record_for(key(bits=1536).private)
    result = judge(signed(), with_record("v=spf1 -all", "v=DKIM1; p=", other, record()))
    assert result.status is Status.PASS
    assert only(result).key_bits == 2048
    assert only(result).check.evidence[1].text == record()
    assert rules_of(result) == {"dkim-several-keys"}
    assert judge(signed(), with_record(*[other] * 4, record())).status is Status.FAIL
    assert only(judge(signed(), with_record("v=DKIM1; p=", record_for(key(bits=1536).private)))).status is Status.FAIL


def test_short_keys() -> None:
    short = key(bits=1024)
    result = judge(signed(MESSAGE, short), zone(short))
    assert result.status is Status.PASS
    assert rules_of(result) == {"dkim-key-short"}
    tiny = (
        "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALqwvnKCU2sf3nqYHtnFTqPyM2WWFDZ8YEVr1nGYbX3p"
        "xfpPVCHvS6yVvFzWzpW9WlWbKFYvRUK0dYmJdVXQ8CsCAwEAAQ=="
    )
    result = judge(signed(), with_record("v=DKIM1; p=", tiny))
    assert only(result).status is Status.POLICY
    assert only(result).key_bits == 512
    assert "dkim-key-short" in rules_of(result)


def test_sha1_never_counts_and_nobody_is_asked() -> None:
    data = dkimpy_signed("from").replace(b"a=rsa-sha256", b"a=rsa-sha1")
    source = TableSource(zone(key()))
    result = run(verify(parse(data), now=NOW), source)
    assert (only(result).status, source.asked) == (Status.POLICY, [])
    assert rules_of(result) == {"dkim-sha1"}
    assert only(result).auth.domain == "example.com"


@pytest.mark.parametrize(("after", "status"), [(0, Status.PASS), (100, Status.PASS), (101, Status.POLICY)])
def test_expiry(after: int, status: Status) -> None:
    data = signed(expire=100)
    result = judge(data, zone(key()), now=NOW + after)
    assert only(result).status is status
    assert ("dkim-expired" in rules_of(result)) is (status is Status.POLICY)
    assert judge(data.replace(b"Hello", b"Bye"), zone(key()), now=NOW + after).status is Status.FAIL


def test_a_signature_from_the_future_still_passes() -> None:
    assert rules_of(judge(signed(), zone(key()), now=NOW - 86_400)) == set()
    result = judge(signed(), zone(key()), now=NOW - 86_401)
    assert result.status is Status.PASS
    assert rules_of(result) == {"dkim-timestamp-future"}


def test_an_unsigned_tail() -> None:
    data = dkimpy_signed("from", "to", "subject", "date", length=True)
    assert "dkim-unsigned-tail" not in rules_of(judge(data, zone(key()), now=LATER))
    result = judge(data + b"<h1>buy this</h1>\r\n", zone(key()), now=LATER)
    assert (result.status, only(result).unsigned_body) == (Status.PASS, 23)  # the empty lines in between count
    assert "dkim-unsigned-tail" in rules_of(result)
    assert isinstance(only(result).check.fact("l"), int)


@pytest.mark.parametrize("length", [b"1000", b"9" * 76])
def test_a_length_beyond_the_body_is_permerror(length: bytes) -> None:
    data = signed().replace(b" h=from", b" l=" + length + b"; h=from")
    found = only(judge(data, zone(key())))
    assert (found.status, found.unsigned_body) == (Status.PERMERROR, 0)
    assert "more than the body" in found.reason
    assert str(found.check.fact("l")) == length.decode()


def test_an_instance_that_is_not_signed_is_noticed() -> None:
    data = dkimpy_signed("from", "to", "subject", "date")
    assert rules_of(judge(data, zone(key()), now=LATER)) == {"dkim-not-oversigned"}
    result = judge(b"Subject: Buy this\r\n" + data, zone(key()), now=LATER)
    assert result.status is Status.PASS
    found = next(found for found in result.check.all_findings() if found.rule == "dkim-unsigned-duplicate")
    assert (found.severity, "Subject" in found.message) == (Severity.MEDIUM, True)
    assert [(item.where, item.text, item.start) for item in found.evidence] == [("Subject", "Subject: Buy this", 0)]


def test_a_second_from_above_the_signed_one_is_high() -> None:
    data = b"From: Boss <boss@example.com>\r\n" + dkimpy_signed("from", "to", "subject", "date")
    result = judge(data, zone(key()), now=LATER)
    found = next(found for found in result.check.all_findings() if found.rule == "dkim-unsigned-duplicate")
    assert found.severity is Severity.HIGH


def test_trace_fields_that_stand_more_often_are_no_finding() -> None:
    index = index_of(parse(b"Received: a\r\nReceived: b\r\nFrom: c\r\n\r\n").fields)
    found = coverage(index, (b"from", b"from", b"received", b"x-none"))
    assert found == Coverage(("from", "received"), (), (), ())


def test_instances_are_taken_from_the_bottom() -> None:
    message = b"Cc: one@example.org\r\nCc: two@example.org\r\n" + MESSAGE
    data = dkimpy_signed("from", "cc", message=message)
    assert judge(data, zone(key()), now=LATER).status is Status.PASS
    assert judge(data.replace(b"one@", b"eve@"), zone(key()), now=LATER).status is Status.PASS
    assert judge(data.replace(b"two@", b"eve@"), zone(key()), now=LATER).status is Status.FAIL
    both = dkimpy_signed("from", "cc", "cc", message=message)
    assert judge(both.replace(b"one@", b"eve@"), zone(key()), now=LATER).status is Status.FAIL


def test_fields_left_out() -> None:
    message = b"Content-Type: text/plain\r\nReply-To: x@example.com\r\n" + MESSAGE
    result = judge(dkimpy_signed("from", "to", message=message), zone(key()), now=LATER)
    assert only(result).unsigned_singletons == ("Subject", "Date", "Reply-To", "Message-ID", "Content-Type")
    assert rules_of(result) == {"dkim-field-unsigned", "dkim-content-type-unsigned", "dkim-not-oversigned"}


def test_what_cannot_be_read_is_reported_with_what_it_claims() -> None:
    result = judge(b"DKIM-Signature: v=2; d=example.com\r\n" + MESSAGE, {})
    found = only(result)
    assert (found.status, found.domain, found.auth.domain) == (Status.NEUTRAL, "example.com", "example.com")
    assert (found.check.fact("d"), found.auth.properties) == ("example.com", (("header.d", "example.com"),))
    found = only(judge(b"DKIM-Signature: \xff\xfe\r\n" + MESSAGE, {}))
    assert (found.status, found.domain, found.check.facts, found.auth.properties) == (Status.NEUTRAL, "", (), ())


def test_from_that_is_not_signed_is_permerror() -> None:
    data = signed().replace(b"h=from:from:", b"h=")
    source = TableSource(zone(key()))
    found = only(run(verify(parse(data), now=NOW), source))
    assert (found.status, found.reason, source.asked) == (Status.PERMERROR, "From is not signed", [])


@pytest.mark.parametrize("name", [b"d=exa\0mple.com", b"d=example.com\xff", b"d=(example).com", b's="s1"', b"s=s 1"])
def test_nothing_is_asked_for_a_name_that_is_none(name: bytes) -> None:
    tag = name[:2]
    rest = b"example.com" if tag == b"d=" else b"s1"
    data = signed().replace(tag + rest, name, 1)
    source = TableSource({})
    assert only(run(verify(parse(data), now=NOW), source)).status is Status.NEUTRAL
    assert source.asked == []


def test_internationalized_domain() -> None:
    mine = key(domain="bücher.example", selector="schlüssel")
    data = signed(MESSAGE, mine)
    assert b"d=xn--bcher-kva.example" in data
    assert judge(data, zone(mine)).status is Status.PASS
    spelled = data.replace(b"d=xn--bcher-kva.example", "d=BÜCHER.example".encode())
    found = only(judge(spelled, zone(mine)))
    assert (found.status, found.domain) == (Status.FAIL, "xn--bcher-kva.example")  # other octets than were signed


def test_every_signature_is_judged_and_all_keys_are_asked_at_once() -> None:
    keys = [key(), key("ed25519", selector="s2"), key(bits=1024, domain="example.org")]
    data = signed(MESSAGE, *keys) + b""
    flow = verify(parse(signed(MESSAGE, keys[0]).split(b"From:")[0] + data), now=NOW)
    step = next(flow)
    assert isinstance(step, Fork)
    assert len(step.flows) == 3  # the same key is asked for once
    result = judge(data, {**zone(*keys[:2]), keys[2].key_name: AnswerStatus.TIMEOUT})
    assert [found.status for found in result.signatures] == [Status.PASS, Status.PASS, Status.TEMPERROR]
    assert [found.domain for found in result.signatures] == ["example.com", "example.com", "example.org"]
    assert (result.status, result.check.reason) == (Status.PASS, "signed by example.com")
    assert len(result.check.children) == 3


def test_the_best_result_stands_for_the_message() -> None:
    other = key("ed25519", selector="s2")
    data = signed(MESSAGE, key(), other).replace(b"Hello", b"Bye")
    assert judge(data, zone(key(), other)).status is Status.FAIL
    assert judge(data, {**zone(key()), other.key_name: AnswerStatus.TIMEOUT}).status is Status.TEMPERROR
    assert judge(data, zone(key())).status is Status.FAIL
    assert judge(signed(), {}).status is Status.PERMERROR


def test_dkim2_is_named_and_skipped() -> None:
    result = judge(b"DKIM2-Signature: i=1; x\r\n" + signed(), zone(key()))
    child = result.check.child("dkim2")
    assert child is not None
    assert (child.status, "draft" in child.reason, result.status) == (Status.SKIPPED, True, Status.PASS)
    alone = judge(b"DKIM2-Signature: i=1; x\r\n" + MESSAGE, {})
    assert (alone.status, len(alone.check.children)) == (Status.NONE, 1)


def junk(domain: str) -> bytes:
    return signed(MESSAGE, key("ed25519", domain=domain)).split(b"From:")[0]


@pytest.mark.parametrize(
    ("author", "mine", "others"),
    [
        ("example.com", "example.com", "mail.example.com"),
        ("mail.example.com", "example.com", "other.com"),
        ("example.com", "news.example.com", "other.com"),
        ("a.example.co.uk", "b.example.co.uk", "other.co.uk"),
    ],
)
def test_those_that_could_align_are_judged_first(author: str, mine: str, others: str) -> None:
    real = key(domain=mine)
    data = junk(others) * 12 + signed(MESSAGE, real)
    result = judge(data, zone(real), authors=[author])
    assert [found.status for found in result.signatures] == [*[Status.PERMERROR] * 9, *[Status.SKIPPED] * 3, Status.PASS]
    assert result.status is Status.PASS
    assert rules_of(result) == {"dkim-signature-limit"}
    skipped = result.signatures[9]
    assert (skipped.domain, skipped.reason) == (others, "limit: 10 are judged")
    blind = judge(data, zone(real))
    assert blind.signatures[-1].status is Status.SKIPPED
    assert blind.signatures[-1].auth.domain == mine
