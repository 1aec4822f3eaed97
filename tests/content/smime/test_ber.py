"""BER made definite: honest streams, and everything that hostile ones try."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.smime.ber import BerError, definite, elements
from mailsec.core.limits.content import CMS_DEPTH, CMS_ELEMENTS
from tests.content.smime.forge import TEXT, Signing, indefinite, signed_data

SIGNED = signed_data(TEXT * 50, Signing(), detached=False)


def test_what_is_definite_stays_as_it_is() -> None:
    assert definite(SIGNED) is SIGNED
    assert definite(SIGNED + b"\n") == SIGNED


@pytest.mark.parametrize("piece", [1, 7, 100])
def test_a_stream_becomes_what_was_streamed(piece: int) -> None:
    assert definite(indefinite(SIGNED, piece)) == SIGNED


@pytest.mark.parametrize(
    ("made", "expected"),
    {
        "pieces": ("2480 040161 04026263 0000", "0403616263"),
        "pieces of known length": ("2407 040161 04026263", "0403616263"),
        "pieces of pieces": ("2480 2480 040161 0000 040162 0000", "04026162"),
        "no pieces": ("24800000", "0400"),
        "encrypted content": ("3080 060101 3000 a080 040161 040162 0000 0000", "3009 060101 3000 80026162"),
        "encrypted content of known length": ("300d 060101 3000 a006 040161 040162", "3009 060101 3000 80026162"),
        "explicit, and not encrypted content": ("3007 060101 a002 0400", "3007 060101 a002 0400"),
        "a long length stays": ("308102 0500", "308102 0500"),
    }.values(),
)
def test_pieces_are_joined(made: str, expected: str) -> None:
    assert definite(bytes.fromhex(made)).hex() == expected.replace(" ", "")


@pytest.mark.parametrize(
    "data",
    {
        "nothing": b"",
        "a tag alone": b"\x30",
        "cut off": b"\x30\x05\x04",
        "cut off in a length": b"\x30\x84\x01",
        "a length of many octets": b"\x30\x89" + b"\x01" * 20,
        "a length beyond any memory": b"\x30\x88" + b"\xff" * 8,
        "a reserved length": b"\x30\xff" + b"\x01" * 127,
        "no end": b"\x30\x80\x04\x01a",
        "primitive without length": b"\x04\x80\x00\x00",
        "a tag of several octets": b"\x3f\x81\x01\x00",
        "a string in pieces of another kind": bytes.fromhex("2480 020161 0000"),
        "a bit string in pieces": bytes.fromhex("2380 030200ff 0000"),
        "a part that runs over the end": b"\x30\x03\x04\x05a",
        "deep": b"\x30\x80" * (CMS_DEPTH + 2),
        "very deep": b"\x30\x80" * 100_000,
        "many": b"\x30\x80" + b"\x05\x00" * (CMS_ELEMENTS + 1) + b"\0\0",
    }.values(),
)
def test_hostile_data_is_refused(data: bytes) -> None:
    with pytest.raises(BerError):
        definite(data)


def test_elements_are_bounded_and_definite() -> None:
    assert [each.tag for each in elements(memoryview(b"\x05\x00\x04\x01a"))] == [5, 4]
    for data in (b"\x05\x00" * (CMS_ELEMENTS + 1), b"\x30\x80\x00\x00"):
        with pytest.raises(BerError):
            elements(memoryview(data))


@given(st.binary(max_size=300))
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        made = definite(data)
    except BerError:
        return
    assert definite(made) == made
