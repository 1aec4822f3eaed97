"""The check as a whole, offline, and on what is hostile."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.results import Status
from mailsec.message.authors import author
from mailsec.message.fields import parse
from mailsec.message.mime import structure
from mailsec.sender.spoofing.judge import Watch, inspect_spoofing
from tests.sender.spoofing.cases import cases, judged, message_of
from tests.sender.spoofing.support import findings, mail

F = b"From: a@b.example\r\n"
WATCH = Watch(tuple(f"protected-domain{each}.example" for each in range(1_000)), ("mx.example",))


def test_offline() -> None:
    message = parse(mail("a@b.example"))
    check = inspect_spoofing(message, author(message), structure(message))
    assert (check.name, check.status, check.reason) == ("spoofing", None, "nothing that misleads about the sender was found")
    message = parse(mail("a@b.example", "Reply-To: a@c.example", "Sender: a@c.example"))
    assert inspect_spoofing(message, author(message), structure(message)).reason == "2 findings"


def test_evidence_points_into_the_file() -> None:
    message = mail("a@b.example", "Reply-To: a@c.example")
    (evidence,) = findings(message)["reply-to-differs"].evidence
    assert message[evidence.start : evidence.end] == b"Reply-To: a@c.example\r\n"


CASES = cases()
MESSAGES = [message_of(case) for case in CASES]


@given(st.integers(0, len(CASES) - 1), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255), st.integers(0, 2)), max_size=8))
def test_a_mutated_attack_is_judged_like_any_message(at: int, changes: list[tuple[float, int, int]]) -> None:
    data = bytearray(MESSAGES[at])
    for place, octet, kind in changes:
        where = int(place * (len(data) - 1))
        if kind == 0:
            data[where] = octet
        elif kind == 1:
            data.insert(where, octet)
        else:
            data[where : where + octet] = data[where : where + octet] * 2
    if parse(bytes(data)).fields:
        assert isinstance(judged(CASES[at], bytes(data)).status, Status)


@given(st.binary(max_size=400))
def test_anything_is_judged(data: bytes) -> None:
    for message in (parse(data), parse(F + data)):
        inspect_spoofing(message, author(message), structure(message), now=0, watch=WATCH)


HOSTILE = {
    "a display name of a megabyte": b'From: "' + b"x" * 1_000_000 + b'" <a@b.example>\r\n\r\nx',
    "a display name of 200 kB": b'From: "' + b"x" * 200_000 + b'" <a@b.example>\r\n\r\nx',
    "many encoded words": b"From: " + b"=?utf-8?q?=00x@y.example?= " * 7_000 + b" <a@b.example>\r\n\r\nx",
    "20,000 recipients": F + b"To: " + b", ".join(b"a@b%d.example" % each for each in range(20_000)) + b"\r\n\r\nx",
    "10,000 authors": b"From: " + b", ".join(b"a@b%d.example" % each for each in range(10_000)) + b"\r\n\r\nx",
    "10,000 signatures": F + b"DKIM-Signature: v=1; d=b.exa(mple; s=x; b=aa\r\n" * 10_000 + b"\r\nx",
    "confusable names": b'From: "' + "\u0430\u0440\u0440\u04cf\u0435".encode() * 20_000 + b'" <a@b.example>\r\n\r\nx',
    "confusable domains": b"From: <a@" + "\u0430\u0440\u0440\u04cf\u0435".encode() * 20_000 + b".example>\r\n\r\nx",
    "a confusable Subject of a megabyte": F + b"Subject: " + "\u0430pp".encode() * 250_000 + b"\r\n\r\nx",
    "a Subject of at signs": F + b"Subject: " + b"@" * 1_000_000 + b"\r\n\r\nx",
    "comments": b"From: " + b"(a@b)" * 40_000 + b"\r\n\r\nx",
    "indented fields": F + b" from: a@b\r\n" * 300_000 + b"\r\nx",
    "lines of white space": F + b" \r\n" * 1_000_000 + b"X: y\r\n\r\nx",
    "dots": F + b"\r\n" + b"\n.\n" * 300_000,
    "dots in order": F + b"\r\n" + b".\r\n" * 300_000,
    "carriage returns": F + b"\r\n" + b"\r" * 1_000_000 + b"\n." + b"\r" * 1_000_000 + b"\n",
    "Sender fields": F + b"Sender: a@c.example\r\n" * 19_000 + b"\r\nx",
    "domains without end": F
    + b"".join(b"Sender: " + b", ".join(b"a@s%d-%d.example" % (x, y) for y in range(500)) + b"\r\n" for x in range(40))
    + b"\r\nx",
    "Resent fields": F + b"Resent-From: a@c.example\r\n" * 19_000 + b"\r\nx",
    "file names": F + b"Content-Type: x/y; " + b"name=%E2%80%AE;" * 60_000 + b"\r\n\r\nx",
    "foreign results": F + b"Authentication-Results: x; auth=pass smtp.auth=a@c.example\r\n" * 19_000 + b"\r\nx",
    "a long trace field": F + b"Received: (Authenticated sender: " + b"x " * 500_000 + b")\r\n\r\nx",
    "invalid names": F + b"From\0: a@b\r\n" * 19_000 + b"\r\nx",
    "a long date": F + b"Date: " + b" " * 1_000_000 + b"\r\n\r\nx",
    "labels": b'From: "' + b"a." * 1_000 + b'com" <a@b.example>\r\n\r\nx',
    "tags": F + b"DKIM-Signature: " + b";d=" * 20_000 + b"\r\n\r\nx",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_are_soon_done(name: str) -> None:
    message = parse(HOSTILE[name])
    who, parts = author(message), structure(message)
    start = time.process_time()
    check = inspect_spoofing(message, who, parts, now=0, watch=WATCH)
    assert time.process_time() - start < 10
    assert len(list(check.all_findings())) <= 200
