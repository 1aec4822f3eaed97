"""Names between text and wire."""

from __future__ import annotations

import dns.exception
import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.rdata import name
from mailsec.net.names import NameProblem, canonical, encode, type_number, type_text

ORIGIN = b"\x07example\x03com\x00"


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("", b"\0"),
        (".", b"\0"),
        ("www", b"\x03www" + ORIGIN),
        ("www.Example.COM.", b"\x03www\x07Example\x03COM\0"),
        (r"a\.b", b"\x03a.b" + ORIGIN),
        (r"a\046b.", b"\x03a.b\0"),
        (r"\000.", b"\x01\0\0"),
        ("*", b"\x01*" + ORIGIN),
        ("bücher.", b"\x0dxn--bcher-kva\0"),
        ("stra\u00dfe。example.", b"\x0dxn--strae-oqa\x07example\0"),
        (r"b\252cher.", b"\x06b\xfccher\0"),
    ],
)
def test_text_to_wire(text: str, wire: bytes) -> None:
    assert encode(text, ORIGIN if text else None) == wire


@pytest.mark.parametrize(
    "text",
    [
        "a..b",
        ".a",
        "..",
        "a" * 64,
        "a." * 127 + "aa",
        r"a\25",
        r"a\256",
        "a\\",
        "a\\é",
        r"é\000",
        "a.\ud800",
        "\u2488x",
        "é" * 70,
    ],
)
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(NameProblem):
        encode(text)


def test_a_relative_name_needs_an_origin() -> None:
    assert encode("a.b.", None) == b"\x01a\x01b\0"
    with pytest.raises(NameProblem, match="relative"):
        encode("a.b", None)


def test_the_longest_name() -> None:
    longest = ".".join(["a" * 63] * 3 + ["a" * 61])
    assert len(longest) == 253
    assert len(encode(longest)) == 255
    with pytest.raises(NameProblem, match="253"):
        encode(longest + "a")


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=8))
def test_canonical_is_what_the_wire_says(labels: list[bytes]) -> None:
    wire = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    text = name(wire)
    assert canonical(text) == canonical(text + ".") == text


@given(st.text(st.characters(max_codepoint=127), max_size=30))
def test_dnspython_reads_the_same(text: str) -> None:
    try:
        theirs = dns.name.from_text(text).to_wire() if text else b"\0"
    except dns.exception.DNSException:
        theirs = None
    try:
        ours = encode(text)
    except NameProblem:
        ours = None
    assert ours == theirs or text == "@"


@pytest.mark.parametrize(("text", "number"), [("txt", 16), ("TYPE16", 16), ("TLSA", 52), ("TYPE65280", 65280), ("smimea", 53)])
def test_types(text: str, number: int) -> None:
    assert type_number(text) == number
    assert type_number(type_text(number)) == number


@pytest.mark.parametrize("text", ["ANY", "AXFR", "OPT", "TYPE0", "NONE", "TYPE65536", "BOGUS", "", "TYPE" + "9" * 5000, "ſpfx"])
def test_what_is_no_type(text: str) -> None:
    with pytest.raises(NameProblem):
        type_number(text)
