from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.transport.smtp.template import EscapeError, Reference, Template, braced, escaped, named, read

VALUES = {"from": b"a@b.example", "user": b"alice"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("MAIL FROM:<{from}>", b"MAIL FROM:<a@b.example>"),
        ("{user}{user}", b"alicealice"),
        ("{user:base64}", b"YWxpY2U="),
        ("{{user}}", b"{user}"),
        ("{{{user}}}", b"{{user}}"),
        ("{{user:base64}}", b"{user:base64}"),
        ("{unknown}", b"{unknown}"),
        ("{unknown:base64}", b"{unknown:base64}"),
        ("{ user }", b"{ user }"),
        ('{"json": {}}', b'{"json": {}}'),
        ("{user", b"{user"),
        ("{user}}", b"alice}"),
        ("{1}", b"{1}"),
        ("", b""),
        ("é", "é".encode()),
    ],
)
def test_variables(text: str, filled: bytes) -> None:
    assert read(text).fill(VALUES) == filled


def test_what_is_hidden_stays_a_name() -> None:
    assert read("AUTH {user} {from}").fill(VALUES, {"user"}) == b"AUTH {user} a@b.example"


def test_references_have_their_place() -> None:
    assert read("ab{x}c{y:base64}").references == (Reference("x", at=2), Reference("y", True, 6))
    assert named(b"{y:base64}") == Reference("y", True)


def test_escapes() -> None:
    assert read(r"a\r\n\t\\\x00\0\xff{user}", escapes=True).fill(VALUES) == b"a\r\n\t\\\0\0\xffalice"
    assert read(r"a\r", escapes=False).fill({}) == rb"a\r"


@pytest.mark.parametrize(("text", "at"), [("\\q", 0), ("ab\\", 2), ("a\\xg0", 1), ("{x}\\x1", 3), ("{user}a\\é", 7)])
def test_an_escape_that_is_none(text: str, at: int) -> None:
    with pytest.raises(EscapeError) as caught:
        read(text, escapes=True)
    assert caught.value.at == at


BRACES = st.lists(st.sampled_from([b"{", b"}", b"user", b":base64", b"\\", b"\r", b"\n", b"x41", b"\xff", b" "]), max_size=12)


@given(BRACES.map(b"".join))
def test_what_is_written_means_itself(data: bytes) -> None:
    assert read(escaped(data), escapes=True).fill(VALUES) == data
    text = braced(data.replace(b"\xff", b"")).decode()
    assert read(text).fill(VALUES) == data.replace(b"\xff", b"")


@given(st.binary(max_size=40))
def test_any_octets_can_be_written(data: bytes) -> None:
    assert read(escaped(data), escapes=True) == (Template((data,)) if data else Template())
    assert escaped(data).isascii()
    assert escaped(data).isprintable()
