from __future__ import annotations

from mailsec.message.compose import as_entity, boundary_for, canonical, entity_of, multipart, with_entity
from mailsec.message.fields import parse

HEADER = b"From: a@a.example\r\nContent-Type: text/html\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Language: de\r\n"


def test_a_message_is_taken_apart_and_put_together() -> None:
    message = parse(HEADER + b"\r\n<b>\r\n")
    entity = entity_of(message)
    assert entity == b"Content-Type: text/html\r\nContent-Language: de\r\n\r\n<b>\r\n"
    assert with_entity(message, entity) == b"From: a@a.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + entity
    assert b"Subject" not in with_entity(message, entity, (b"subject",))


def test_what_does_not_say_what_it_is_is_text() -> None:
    assert entity_of(parse(b"From: a@a.example\r\n\r\nHi\r\n")).startswith(
        b"Content-Type: text/plain; charset=us-ascii\r\n\r\n"
    )
    text = entity_of(parse("From: a@a.example\r\n\r\nGrüße\r\n".encode()))
    assert text.startswith(b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
    stated = entity_of(parse("From: a@a.example\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n".encode()))
    assert stated.count(b"Content-Transfer-Encoding") == 1


def test_line_ends_are_those_of_the_file() -> None:
    message = parse(HEADER.replace(b"\r\n", b"\n") + b"\n<b>\n")
    assert b"\r" not in with_entity(message, entity_of(message))
    cut = parse(b"From: a@a.example\r\nSubject: x")
    assert with_entity(cut, b"\r\n").endswith(b"Subject: x\r\nMIME-Version: 1.0\r\n\r\n")


def test_any_data_becomes_an_entity() -> None:
    assert as_entity(b"just text").endswith(b"\r\n\r\njust text")
    assert as_entity(b"\r\nbody") == b"\r\nbody"
    assert as_entity(b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHi") == b"Content-Type: text/plain\r\n\r\nHi"
    wrapped = as_entity(b"Subject: x\r\nContent-Type: text/plain\r\n\r\nHi")
    assert wrapped.startswith(b"Content-Type: multipart/mixed")
    assert b"\r\nSubject: x\r\n" in wrapped


def test_a_boundary_stands_in_no_part_and_is_the_same_each_time() -> None:
    first = boundary_for([(b"a",), (b"b",)])
    assert first == boundary_for([(b"a",), (b"b",)])
    assert multipart("mixed", [b"a"], (("x", "y"),)).startswith(b'Content-Type: multipart/mixed; x="y";\r\n boundary="=_')


def test_line_ends_of_one_kind() -> None:
    assert canonical(b"a\nb\n") == b"a\r\nb\r\n"
    assert canonical(b"a\nb\r\n") == b"a\nb\r\n"
