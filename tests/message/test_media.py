"""Content-Type and Content-Transfer-Encoding."""

from __future__ import annotations

import email.message
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_MEDIA_BYTES, MAX_MEDIA_PARAMETERS
from mailsec.message.media import Media, read_media


def typed(value: bytes) -> Media:
    return read_media(b"X: y\r\nContent-Type:" + value + b"\r\n\r\n")


def test_without_fields() -> None:
    assert read_media(b"") == Media("text/plain")
    assert read_media(b"X: y\r\n\r\n", "message/rfc822").type == "message/rfc822"


@pytest.mark.parametrize(
    ("value", "type", "parameters"),
    [
        (b" text/html", "text/html", []),
        (b" TEXT/Html; CharSet=UTF-8", "text/html", [("charset", "UTF-8")]),
        (b"\r\n\ttext/plain;\r\n\tcharset=a;\r\n format=flowed", "text/plain", [("charset", "a"), ("format", "flowed")]),
        (b' a/b; x="c;\\"d\\\\" ; y=z', "a/b", [("x", 'c;"d\\'), ("y", "z")]),
        (b" (c;d) a/b (e); (f) x (g) = (h) y (i)", "a/b", [("x", "y")]),
        (b' a/b; x="(not a comment)"', "a/b", [("x", "(not a comment)")]),
        (b" a/b; ; x=y;", "a/b", [("x", "y")]),
        (b" a/b; junk; x=y", "a/b", [("x", "y")]),
        (b' a/b; x="unclosed', "a/b", [("x", "")]),
        (b" a/b; x=", "a/b", [("x", "")]),
        (b" a/b; x*=utf-8'en'%e2%82%ac", "a/b", [("x", "€")]),
        (b" a/b; x*1=d; x*0=c; x*2*=%65", "a/b", [("x", "cde")]),
        (b" a/b; x*0*=utf-8''%41; x*1=b%41", "a/b", [("x", "Ab%41")]),
        (b" a/b; x*0*=%41", "a/b", [("x", "A")]),
        (b" a/b; x=\xff", "a/b", [("x", "\\xff")]),
        (b" a/b x", "a/b", []),
    ],
)
def test_types_and_parameters(value: bytes, type: str, parameters: list[tuple[str, str]]) -> None:
    media = typed(value)
    assert media.ok
    assert not media.repeated
    assert media.type == type
    assert list(media.parameters) == parameters


@pytest.mark.parametrize("value", [b"", b" text", b" /plain", b" text/", b" te xt/plain", b" (text/plain", b" t\xffxt/plain"])
def test_unreadable_types(value: bytes) -> None:
    media = typed(value)
    assert not media.ok
    assert media.type == "text/plain"


def test_boundaries_are_octets_without_space_at_their_end() -> None:
    assert typed(b' multipart/mixed; boundary="a \xff "').boundary == b"a \xff"
    assert typed(b" multipart/mixed; boundary*0=a; boundary*1=b").boundary == b"ab"
    assert typed(b" multipart/mixed").parameter("boundary") == ""


def test_the_first_counts_and_repetition_is_noted() -> None:
    media = typed(b" a/b; x=1; X=2")
    assert (media.parameter("x"), media.repeated) == ("1", True)
    assert typed(b" a/b; x*0=1; x*0=2").repeated
    media = typed(b" a/b; x*0=1; x=2")
    assert (media.parameter("x"), media.repeated) == ("2", True)
    media = read_media(b"Content-Type: a/b\r\nCONTENT-TYPE: c/d\r\n\r\n")
    assert (media.type, media.repeated) == ("a/b", True)


def test_transfer_encodings() -> None:
    assert read_media(b"Content-Transfer-Encoding: (x) Base64 (y)\r\n\r\n").encoding == "base64"
    assert read_media(b"Content-Transfer-Encoding:\r\n\r\n").encoding == "7bit"


def test_bounds() -> None:
    assert not typed(b" a/b; x=" + b"y" * MAX_MEDIA_BYTES).ok
    assert len(typed(b" a/b" + b"".join(b"; x%d=y" % n for n in range(500))).parameters) == MAX_MEDIA_PARAMETERS


_TOKEN = st.text("abcXYZ019-.", min_size=1, max_size=6)
_VALUE = _TOKEN | st.text("ab ;=()", min_size=1, max_size=6).map(lambda text: f'"{text}"')


@given(_TOKEN, _TOKEN, st.dictionaries(st.text("abc", min_size=1, max_size=3), _VALUE, max_size=3))
def test_it_agrees_with_the_standard_library(main: str, sub: str, parameters: dict[str, str]) -> None:
    value = f"{main}/{sub}" + "".join(f"; {name}={text}" for name, text in parameters.items())
    message = email.message.EmailMessage(policy=email.policy.compat32)
    message["Content-Type"] = value
    media = typed(b" " + value.encode())
    assert media.type == f"{main}/{sub}".lower()
    theirs = message.get_params(unquote=True)
    assert [text for _, text in media.parameters] == [text for _, text in theirs[1:]]


@given(st.binary(max_size=80))
def test_it_never_raises(value: bytes) -> None:
    typed(value)
    read_media(value)
