"""Text under the declared and under other charsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.message.charsets import Text, is_surprising, texts


@pytest.mark.parametrize(
    "name", ["utf-7", "unicode-1-1-utf-7", "utf-16", "utf-16le", "ucs-2", "utf-32be", "hz-gb-2312", "ibm037"]
)
def test_surprising(name: str) -> None:
    assert is_surprising(name)


@pytest.mark.parametrize("name", ["", "utf-8", "us-ascii", "iso-8859-1", "windows-1252", "iso-2022-jp", "gb18030", "koi8-r"])
def test_not_surprising(name: str) -> None:
    assert not is_surprising(name)


@pytest.mark.parametrize(
    ("data", "charset", "expected"),
    [
        (b"abc", "", [Text("abc", "utf-8", "default")]),
        ("grün".encode("latin-1"), "iso-8859-1", [Text("grün", "iso-8859-1")]),
        (b"+ADw-b+AD4-", "utf-7", [Text("<b>", "utf-7")]),
        (b"+ADw-b+AD4-", "us-ascii", [Text("+ADw-b+AD4-", "us-ascii"), Text("<b>", "utf-7", "looks like it")]),
        ("<b>".encode("utf-16-le"), "utf-16le", [Text("<b>", "utf-16le")]),
        ("﻿<b>".encode("utf-16-le"), "utf-16", [Text("<b>", "utf-16"), Text("﻿<b>", "utf-16le", "byte order mark")]),
        (b"x", "no-such-charset", [Text("x", "no-such-charset")]),
        (
            b'<meta charset="iso-8859-1">\xe9',
            "utf-8",
            [
                Text('<meta charset="iso-8859-1">\\xe9', "utf-8"),
                Text('<meta charset="iso-8859-1">é', "iso-8859-1", "markup"),
            ],
        ),
    ],
)
def test_texts(data: bytes, charset: str, expected: list[Text]) -> None:
    assert list(texts(data, charset)) == expected


def test_text_with_a_nul_in_every_other_octet() -> None:
    for codec, name in (("utf-16-be", "utf-16be"), ("utf-16-le", "utf-16le")):
        found = texts("<script>alert(1)</script>".encode(codec), "us-ascii")
        assert found[1] == Text("<script>alert(1)</script>", name, "every other octet is NUL")


def test_xml_names_its_encoding() -> None:
    data = '<?xml version="1.0" encoding="windows-1251"?><a>\xe4</a>'.encode("latin-1")
    assert texts(data, "utf-8")[1].text.endswith("<a>д</a>")
    assert len(texts(data.replace(b"windows-1251", b"made-up"), "utf-8")) == 1


@given(st.binary(max_size=100), st.sampled_from(["", "utf-7", "utf-16", "utf-32", "hz", "cp037", "iso-2022-jp", "punycode"]))
def test_it_never_raises(data: bytes, charset: str) -> None:
    assert texts(data, charset)
