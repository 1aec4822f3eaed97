"""Files in the text of a part."""

from __future__ import annotations

import pytest

from mailsec.core.limits.message import MAX_READ_LEAVES
from mailsec.message.decode import Decoder
from mailsec.message.embedded import blocks, has_mark

UU = b"begin 644 a.exe\r\n#0V%T\r\n`\r\nend\r\n"
YENC = b"=ybegin line=1 size=1 name=b.bin\r\nabc\r\n=yend size=1\r\n"


def spans(data: bytes) -> list[tuple[int, int, Decoder, str]]:
    assert has_mark(data, 0, len(data)) or not list(blocks(data, 0, len(data)))
    found = blocks(data, 0, len(data))
    return [(each.start, each.end, each.decoder, each.names[0].text if each.names else "") for each in found]


def test_blocks_in_order() -> None:
    data = b"text\r\n" + UU + YENC + UU
    assert spans(data) == [
        (6, 6 + len(UU), Decoder.UUENCODE, "a.exe"),
        (6 + len(UU), 6 + len(UU + YENC), Decoder.YENC, "b.bin"),
        (6 + len(UU + YENC), len(data), Decoder.UUENCODE, "a.exe"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"begin 644 it is said, is a line\r\nand this is the next, it is no data.\r\n",
        b"We begin here\r\n",
        b"begin 9 x\r\n#0V%T\r\n",
        b" begin 644 x\r\n#0V%T\r\n",
    ],
)
def test_prose_is_no_block(text: bytes) -> None:
    assert spans(text) == []


def test_what_is_cut_off_goes_to_the_end() -> None:
    assert spans(UU[:-7]) == [(0, len(UU) - 7, Decoder.UUENCODE, "a.exe")]
    assert spans(b"begin 644 x\r\n") == [(0, 13, Decoder.UUENCODE, "x")]
    binhex = b"(This file must be converted with BinHex 4.0)\r\n\r\n:abc"
    assert spans(binhex) == [(0, len(binhex), Decoder.BINHEX, "")]
    assert spans(binhex + b":x")[0][1] == len(binhex) + 1
    assert spans(b"BinHex 4.0) is old\r\n") == []


def test_begin_base64() -> None:
    assert spans(b"begin-base64 600 x\r\nYQ==\r\n====\r\n")[0][2] is Decoder.UUENCODE


def test_there_is_a_bound() -> None:
    assert len(spans(UU * (MAX_READ_LEAVES + 3))) == MAX_READ_LEAVES
