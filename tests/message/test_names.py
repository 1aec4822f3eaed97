"""File names and parameters, each with where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_FILE_NAME
from mailsec.message.media import read_media
from mailsec.message.names import FileName, extension
from mailsec.message.parameters import Form, Parameter, read_parameters, simple_parameters


def names(disposition: bytes) -> list[tuple[str, str]]:
    return [tuple(each) for each in read_media(b"Content-Disposition: attachment" + disposition + b"\r\n\r\n").names]


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        (b"; filename=a.txt", [("a.txt", "filename")]),
        (b'; FileName="a b.txt"', [("a b.txt", "filename")]),
        (b"; filename*=utf-8'en'%e2%82%ac.txt", [("€.txt", "filename*")]),
        (b"; filename*=iso-8859-1''%e9.txt", [("é.txt", "filename*")]),
        (b"; filename*0=a.; filename*1=exe", [("a.exe", "filename*0")]),
        (b"; filename*0*=utf-8''%41.; filename*1=exe", [("A.exe", "filename*0")]),
        (b'; filename="=?utf-8?B?YS5leGU=?="', [("a.exe", "filename (encoded word)")]),
        (b'; filename="=?broken"', [("=?broken", "filename")]),
        (b'; filename="\xc3\xa9"', [("é", "filename")]),
        (b'; filename="\xe9"', [("\\xe9", "filename")]),
        (b"; filename=a; filename=b", [("a", "filename"), ("b", "filename")]),
        (b"; filename=a; filename=a", [("a", "filename")]),
        (b"; filename=a; filename*=''b", [("a", "filename"), ("b", "filename*")]),
        (b"; filename=", []),
        (b"; name=a", []),
        (b"", []),
    ],
)
def test_file_names(disposition: bytes, expected: list[tuple[str, str]]) -> None:
    assert names(disposition) == expected


def test_names_of_both_fields() -> None:
    media = read_media(b'Content-Type: a/b; name="t.pdf"\r\nContent-Disposition: inline; filename=d.exe\r\n\r\n')
    assert media.names == (FileName("d.exe", "filename"), FileName("t.pdf", "name"))
    assert media.disposition == "inline"


def test_a_name_is_bounded() -> None:
    for form in (b'; filename="%s"', b'; filename="=?utf-8?q?%s?="', b"; filename*=''%s"):
        assert all(len(text) <= MAX_FILE_NAME for text, _ in names(form.replace(b"%s", b"x" * 20_000)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.PDF", "pdf"),
        ("a.exe. ", "exe"),
        ("a", ""),
        ("x.d/a", ""),
        ("C:\\x.y\\a.Js\0", "js"),
        ("", ""),
        (".bashrc", "bashrc"),
    ],
)
def test_extensions(name: str, expected: str) -> None:
    assert extension(name) == expected


def test_every_form_of_a_parameter() -> None:
    given_, repeated = read_parameters(b"x; a=1; a*=utf-8''2; a*1=4; a*0=3; b=5")
    assert repeated
    assert given_ == [
        Parameter(b"a", b"1"),
        Parameter(b"a", b"2", Form.EXTENDED, "utf-8"),
        Parameter(b"b", b"5"),
        Parameter(b"a", b"34", Form.CONTINUED),
    ]


@given(st.lists(st.sampled_from([b"; a=b", b'; c="d e"', b";f=g", b'; H="i"', b"; j=k-l.m"]), max_size=6, unique=True))
def test_the_simple_way_gives_the_same(pieces: list[bytes]) -> None:
    value = b"".join(pieces)
    assert simple_parameters(value) == {each.name: each.value for each in read_parameters(value)[0]}
