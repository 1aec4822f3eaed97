"""The quick way through base64 says what the slow one says, whatever the text."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import BODY_CHUNK
from mailsec.message import radix64
from mailsec.message.encoded import Decoder
from mailsec.message.radix64 import base64_defects, decode_base64

DECODERS = [each for each in Decoder if each.startswith("base64")]
LINES = [base64.b64encode(bytes(range(at, at + 6))) for at in range(0, 240, 6)]


@st.composite
def almost_regular(draw: st.DrawFn) -> bytes:
    """Lines of eight characters, where some are cut, longer, padded, foreign, or end in another way."""
    lines = draw(st.lists(st.sampled_from(LINES), max_size=8))
    ends = draw(st.sampled_from([b"\r\n", b"\n"]))
    text = ends.join(lines) + draw(
        st.sampled_from([b"", b"QQ==", b"QUI=", ends, ends + b"QQ==", ends + b"QUI=" + ends * 2, b"=", b"==="])
    )
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        more = draw(st.sampled_from([b"", b"A", b"AAAA", b"=", b"#", b"-", b" ", b"\r", b"\n", b"\r\n", b"\xff", b"\0"]))
        text = text[:at] + more + text[at + draw(st.integers(0, 4)) :]
    return text


@given(almost_regular(), st.sampled_from(DECODERS))
def test_both_ways_are_one(raw: bytes, decoder: Decoder) -> None:
    quick, defects = decode_base64(raw, decoder), base64_defects(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radix64, "_regular", lambda _: None)
        assert decode_base64(raw, decoder) == quick
        assert base64_defects(raw) == defects == quick.defects


@pytest.mark.parametrize("change", [b"", b"#", b"=", b"\r\n", b"AAAA"])
@pytest.mark.parametrize("at", [10, BODY_CHUNK - 100, 2 * BODY_CHUNK, -50, -1])
def test_both_ways_are_one_in_texts_of_several_blocks(change: bytes, at: int) -> None:
    text = base64.encodebytes(bytes(range(256)) * (2 * BODY_CHUNK // 256) + b"ab").replace(b"\n", b"\r\n")
    raw = memoryview(text[:at] + change + text[at:])
    quick, defects = decode_base64(raw, Decoder.BASE64), base64_defects(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radix64, "_regular", lambda _: None)
        assert decode_base64(raw, Decoder.BASE64) == quick
        assert base64_defects(raw) == defects


def test_plain_base64_goes_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radix64, "_defects", None)
    content = bytes(range(256)) * 8000
    assert decode_base64(base64.encodebytes(content), Decoder.BASE64).data == content
    assert base64_defects(base64.encodebytes(content)) == ()
