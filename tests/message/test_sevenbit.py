from __future__ import annotations

import email
import re
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput
from mailsec.message.sevenbit import seven_bit, seven_bit_pieces

TEXT = "Content-Type: text/plain; charset=utf-8\r\n"


def contents(entity: bytes) -> list[bytes | None]:
    """The decoded content of each leaf, by the standard library."""
    found = email.message_from_bytes(entity, policy=policy.compat32)
    return [part.get_payload(decode=True) for part in found.walk() if not part.is_multipart()]  # type: ignore[misc]


def survives(entity: bytes) -> bool:
    """No line that a transfer agent would change, nothing of more than seven bits."""
    return entity.isascii() and not re.search(rb"(?m)^From |[ \t]\r?$|[ \t]\Z|[^\n]{999}|\0", entity)


@pytest.mark.parametrize(
    "body",
    [
        "Grüße \r\nan alle\r\n",
        "From here on\r\n",
        "a\r\nFrom here on\r\n",
        "trailing \t\r\nend ",
        "x" * 2000,
        ".\r\n..\r\n",
        "a=b\r\n",
        "tab\there\r\n",
    ],
)
def test_text_survives_with_the_same_content(body: str) -> None:
    entity = (TEXT + "Content-Transfer-Encoding: 8bit\r\n\r\n" + body).encode()
    made = seven_bit(entity)
    assert survives(made)
    assert contents(made) == [body.encode()]
    assert all(len(line) <= 76 for line in made.split(b"\r\n"))


@given(st.binary(max_size=300), st.sampled_from(["text/plain", "application/x", "text/html; charset=utf-8"]))
def test_any_content(body: bytes, kind: str) -> None:
    entity = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\n\r\n".encode() + body
    made = seven_bit(entity)
    assert survives(made)
    if b"\r" not in body and b"\n" not in body:
        assert contents(made) == [body]


SCRAPS = [b"a", b" \r\n", b"\t", b"\r", b"\n", b"\r\n", b"\r\nFrom ", b"From", b"\0", b"\xe9", b"b" * 600]


@given(st.lists(st.sampled_from(SCRAPS), max_size=4))
def test_a_text_stays_as_it_is_where_it_is_fit_and_only_there(scraps: list[bytes]) -> None:
    entity = b"Content-Type: text/plain\r\n\r\na" + b"".join(scraps)
    bare = re.search(rb"\r(?!\n)|(?<!\r)\n", entity)
    made = seven_bit(entity)
    assert (made == entity) is (survives(entity) and not bare)
    assert survives(made)


LINES = [
    b"QUJD\r\n",
    b"From x\r\n",
    b"Fro \r\n",
    b"From \r",
    b"a\rbc\r\n",
    b"a\nbc\r\n",
    b"ab\t\t\r\n",
    b"a\0bc\r\n",
    b"a\xe9bc\r\n",
    b"\r\n",
    b"\n",
]


@given(st.sampled_from(LINES), st.integers(0, 5), st.lists(st.sampled_from(LINES), max_size=2))
def test_lines_of_one_length_are_judged_as_others_are(line: bytes, count: int, more: list[bytes]) -> None:
    body = line * count + b"".join(more) + line
    entity = b"Content-Type: text/plain\r\n\r\n" + body
    bare = re.search(rb"\r(?!\n)|(?<!\r)\n", entity)
    assert (seven_bit_pieces((entity[:28], body)) == (entity[:28], body)) is (survives(entity) and not bare)


@pytest.mark.parametrize(
    "body",
    [
        b"abcdef\r\nFrom x\r\n",
        b"abc\r\na ",
        b"abc\r\na\t",
        b"abc\r\nabc\ra\nbc\r\n",
        b"abc\r\nab\r\nc\r\nFFrom ",
        b"abc \r\nabcd\r\n",
    ],
)
def test_lines_of_one_length_are_looked_at(body: bytes) -> None:
    assert seven_bit_pieces((body,)) != (body,)


@pytest.mark.parametrize("length", [997, 998, 999])
def test_lines_of_one_length_may_be_as_long_as_any(length: int) -> None:
    body = (b"a" * length + b"\r\n") * 3
    assert (seven_bit_pieces((body,)) == (body,)) is (length <= 998)


def test_what_is_fit_stays_byte_for_byte() -> None:
    entity = b"Content-Type: text/plain\r\n\r\nHello\r\n"
    assert seven_bit(entity) is entity


def test_parts_are_encoded_one_by_one() -> None:
    entity = (
        b"Content-Type: multipart/mixed;  \r\n boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\npre\r\n--b\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n--b\r\n\r\n"
        b"plain\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\xff\r\n--b\r\n"
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nFrom =C3=BC \r\nx\r\n--b\r\n"
        b"Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC \r\n--b--\r\n"
    )
    made = seven_bit(entity)
    assert survives(made)
    assert contents(made) == ["Grüße".encode(), b"plain", b"\0\xff", "From \xfc\r\nx".encode(), b"\0\1\2"]
    assert b"8bit" not in made
    assert b"\r\nplain\r\n" in made


def test_8_bit_headers_are_refused() -> None:
    with pytest.raises(BadInput):
        seven_bit("Content-Type: text/plain; name=ü\r\n\r\nHello\r\n".encode())
