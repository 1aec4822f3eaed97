"""Messages within a message."""

from __future__ import annotations

import base64

from mailsec.core.limits.message import MAX_ENCLOSED
from mailsec.message.enclosed import enclosed, open_enclosed
from mailsec.message.fields import parse
from mailsec.message.leaves import readings
from mailsec.message.mime import structure

INNER = b"From: inner@example.org\r\nSubject: within\r\n\r\ntext\r\n"


def subjects(data: bytes) -> list[tuple[str, bytes]]:
    message = parse(data)
    found = structure(message)
    opened = [(each.path, open_enclosed(message, each)) for each in enclosed(found, readings(message, found))]
    return [(path, field.value) for path, each in opened if (field := each.first("Subject")) is not None]


def test_enclosed_messages_at_any_depth() -> None:
    twice = (
        b"Subject: outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: middle\r\nContent-Type: message/rfc822\r\n\r\n" + INNER
    )
    assert subjects(twice) == [("1", b" middle"), ("1.1", b" within")]
    assert subjects(INNER) == []


def test_an_encoded_message_is_decoded_first() -> None:
    data = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert subjects(data + base64.b64encode(INNER)) == [("1", b" within")]


def test_there_is_a_bound() -> None:
    part = b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: %d\r\n\r\n"
    data = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"".join(part % n for n in range(MAX_ENCLOSED + 5))
        + b"--b--\r\n"
    )
    assert len(subjects(data)) == MAX_ENCLOSED
