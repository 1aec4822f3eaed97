"""Signing (RFC 6376 section 5, RFC 8301, RFC 8463, RFC 8058)."""

from __future__ import annotations

import pytest

from mailsec.core.errors import BadInput
from mailsec.core.limits.sender import DKIM_HEADER_NAMES
from mailsec.core.results import Status
from mailsec.message.fields import parse
from mailsec.sender.dkim import sign as sign_module
from mailsec.sender.dkim.sign import SignOptions, key_findings, sign
from mailsec.sender.dkim.signature import Signature, parse_signature
from tests.sender.dkim.support import MESSAGE, NOW, judge, key, only, rules_of, signed, zone

OVERSIGNED = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding"]


def made(message: bytes = MESSAGE, **options: object) -> Signature:
    field = sign(parse(message), [key()], now=NOW, options=SignOptions(**options))[0]
    return parse_signature(field.partition(b":")[2][:-2])


def names(message: bytes, **options: object) -> list[str]:
    return [name.decode() for name in made(message, **options).fields]


def test_each_oversigned_field_stands_once_more_than_it_is_present() -> None:
    found = names(b"From: a\r\nSubject: b\r\nTo: c\r\nTo: d\r\n\r\n")
    assert {name: found.count(name) for name in OVERSIGNED} == {
        "from": 2,
        "to": 3,
        "subject": 2,
        "date": 1,
        "message-id": 1,
        "mime-version": 1,
        "content-type": 1,
        "content-transfer-encoding": 1,
    }


def test_others_are_signed_when_present_and_only_as_often() -> None:
    head = b"".join(
        name + b": x\r\n"
        for name in (
            b"From",
            b"Cc",
            b"Cc",
            b"Reply-To",
            b"Sender",
            b"References",
            b"In-Reply-To",
            b"List-Id",
            b"List-Unsubscribe",
            b"List-Unsubscribe-Post",
            b"Received",
            b"X-Other",
        )
    )
    found = [name for name in names(head + b"\r\n") if name not in OVERSIGNED]
    assert found == [
        "reply-to",
        "cc",
        "cc",
        "sender",
        "in-reply-to",
        "references",
        "list-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
    ]


def test_a_list_may_add_its_fields() -> None:
    data = b"List-Id: <l.example.org>\r\nReply-To: l@example.org\r\nSender: l@example.org\r\n" + signed()
    result = judge(data, zone(key()))
    assert result.status is Status.PASS


def test_further_names_can_be_oversigned() -> None:
    assert names(MESSAGE, oversign=("Cc", "X-Tag", "From")).count("cc") == 1
    assert names(b"Cc: x\r\n" + MESSAGE, oversign=("cC",)).count("cc") == 2
    data = signed(oversign=("Reply-To",))
    assert judge(b"Reply-To: e@example.org\r\n" + data, zone(key())).status is Status.FAIL


@pytest.mark.parametrize("name", ["Received", "return-path", "DKIM-Signature", "a:b", "a b", "", "ä"])
def test_names_that_cannot_be_oversigned(name: str) -> None:
    with pytest.raises(BadInput, match="oversigned"):
        made(oversign=(name,))


def test_times_and_identity() -> None:
    plain = made()
    assert (plain.timestamp, plain.expiration, plain.identity, plain.length) == (NOW, None, "", None)
    full = made(expire=3600, timestamp=False, identity="ann@mail.example.com")
    assert (full.timestamp, full.expiration, full.identity) == (None, NOW + 3600, "ann@mail.example.com")


@pytest.mark.parametrize(
    "options",
    [
        {"canonicalization": "relaxed"},
        {"canonicalization": "nowsp/simple"},
        {"canonicalization": ""},
        {"expire": 0},
        {"expire": -5},
        {"identity": "ann@example.org"},
        {"identity": "ann"},
        {"identity": "ann@example.com; l=0"},
        {"identity": "ann\r\nX: y@example.com"},
    ],
)
def test_options_that_make_no_signature(options: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        made(**options)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (b"To: a\r\n\r\nx\r\n", "no From"),
        (b"From: a\r\nFrom: b\r\n\r\nx\r\n", "2 From"),
        (MESSAGE + b"bare\nline\r\n", "LF"),
        (MESSAGE + b"bare\rreturn\r\n", "CR"),
        (b"From: a\r\nno colon here\r\n\r\nx\r\n", "colon"),
        (b"From: a\r\nb\xffd: x\r\n\r\nx\r\n", "invalid name"),
        (b" fold\r\nFrom: a\r\n\r\nx\r\n", "continuation"),
    ],
)
def test_messages_that_are_not_signed(message: bytes, what: str) -> None:
    with pytest.raises(BadInput, match=what) as caught:
        made(message)
    assert caught.value.hint


def test_too_many_fields() -> None:
    with pytest.raises(BadInput, match="fields to sign"):
        made(b"Cc: x\r\n" * DKIM_HEADER_NAMES + MESSAGE)
    with pytest.raises(BadInput, match="too many fields"):
        made(MESSAGE.replace(b"To:", b"X: y\r\n" * 20_001 + b"To:"))


def test_a_file_with_lf_alone_is_signed_as_if_it_had_crlf() -> None:
    field = sign(parse(MESSAGE.replace(b"\r\n", b"\n")), [key()], now=NOW)[0]
    assert judge(field + MESSAGE, zone(key())).status is Status.PASS


def test_several_keys_hash_the_body_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = sign_module.hash_body
    monkeypatch.setattr(sign_module, "hash_body", lambda *args, **options: calls.append(1) or original(*args, **options))
    keys = [key(), key("ed25519", selector="s2"), key(domain="example.org")]
    fields = sign(parse(MESSAGE), keys, now=NOW)
    assert len(calls) == 1
    assert [parse_signature(field[15:-2]).key_name for field in fields] == [each.key_name for each in keys]
    assert judge(b"".join(fields) + MESSAGE, zone(*keys)).status is Status.PASS
    assert sign(parse(MESSAGE), [], now=NOW) == []


def test_the_field_is_folded_and_repeatable() -> None:
    field = sign(parse(MESSAGE), [key()], now=NOW)[0]
    assert field == sign(parse(MESSAGE), [key()], now=NOW)[0]
    assert field.endswith(b"\r\n")
    assert max(map(len, field.split(b"\r\n"))) <= 76
    assert all(line[:1] == b" " for line in field.split(b"\r\n")[1:-1])


def test_a_message_without_a_body_or_separator() -> None:
    for message in (b"From: a@example.com\r\n", b"From: a@example.com", b"From: a@example.com\r\n\r\n"):
        field = sign(parse(message), [key()], now=NOW)[0]
        assert only(judge(field + message, zone(key()))).status is Status.PASS


def test_short_keys_are_told() -> None:
    found = key_findings([key(), key(bits=1024), key("ed25519")])
    assert [(each.rule, each.severity) for each in found] == [("dkim-key-short", "low")]
    assert rules_of(judge(signed(MESSAGE, key(bits=1024)), zone(key(bits=1024)))) == {"dkim-key-short"}
