"""Transfer encodings taken off, judged by the standard library where the content is proper."""

from __future__ import annotations

import base64
import binascii
import quopri
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import BODY_CHUNK
from mailsec.message.decode import DecodeDefect, Decoder, decode
from mailsec.message.printable import plain_quoted_printable
from mailsec.message.radix64 import base64_defects, looks_like_base64
from mailsec.message.uuencode import uu_end, yenc_end

D = DecodeDefect
CONTENT = b"MZ\x00\xff and what follows, to the very last octet."


def kinds(raw: bytes, decoder: Decoder = Decoder.BASE64) -> tuple[DecodeDefect, ...]:
    return decode(raw, decoder).defects


@given(st.binary(max_size=400), st.sampled_from([4, 60, 76]), st.sampled_from([b"\r\n", b"\n"]))
def test_proper_base64(content: bytes, width: int, line_end: bytes) -> None:
    text = base64.b64encode(content)
    raw = line_end.join(text[at : at + width] for at in range(0, len(text), width))
    assert decode(raw, Decoder.BASE64) == (content, ())
    assert decode(memoryview(raw + line_end), Decoder.BASE64) == (content, ())
    assert base64_defects(raw) == ()


@given(st.binary(max_size=300))
def test_proper_quoted_printable(content: bytes) -> None:
    raw = quopri.encodestring(content, quotetabs=True).replace(b"\n", b"\r\n")
    plain = quopri.decodestring(raw)
    if b"\r" not in content and b"\n" not in content:
        assert decode(raw, Decoder.QUOTED_PRINTABLE).data == plain == content
    assert decode(raw, Decoder.QUOTED_PRINTABLE).defects == ()


@given(st.binary(min_size=1, max_size=300), st.booleans())
def test_proper_uuencode(content: bytes, backtick: bool) -> None:
    lines = [binascii.b2a_uu(content[at : at + 45], backtick=backtick) for at in range(0, len(content), 45)]
    raw = b"begin 644 a name.bin\n" + b"".join(lines) + b"`\nend\n"
    assert decode(raw, Decoder.UUENCODE) == (content, ())
    assert decode(raw.replace(b"\n", b"\r\n"), Decoder.UUENCODE) == (content, ())
    assert decode(b"".join(lines), Decoder.UUENCODE) == (content, (D.NO_END,))


@given(st.binary(max_size=300))
def test_proper_yenc(content: bytes) -> None:
    octets = [(octet + 42) % 256 for octet in content]
    body = b"".join(bytes((61, (octet + 64) % 256)) if octet in (0, 10, 13, 61) else bytes((octet,)) for octet in octets)
    raw = b"=ybegin line=128 size=1 name=x.bin\r\n=ypart begin=1 end=9\r\n" + body + b"\r\n=yend size=1\r\n"
    if not body.startswith((b"=ypart ", b"=yend ")):
        assert decode(raw, Decoder.YENC) == (content, ())


@pytest.mark.parametrize(
    ("raw", "defects"),
    [
        (b"Ym9k\r\neQ==", ()),
        (b"Ym9k#\r\neQ==", (D.FOREIGN_CHARACTERS,)),
        (b"Ym9-eQ==", (D.FOREIGN_CHARACTERS, D.URL_ALPHABET, D.INCOMPLETE)),
        (b"YQ==Yg==", (D.DATA_AFTER_PADDING,)),
        (b"====Ym9k", (D.DATA_AFTER_PADDING,)),
        (b"Ym9keQ", (D.NO_PADDING,)),
        (b"Ym9keQ=", (D.NO_PADDING,)),
        (b"Ym9keQ===", (D.NO_PADDING,)),
        (b"Ym9ke", (D.INCOMPLETE,)),
        (b"Ym9\r\nkYm9k\r\nYm9\r\nkYm9kYg==", (D.UNEVEN_LINES,)),
        (b"", ()),
        (b"\r\n\r\n", ()),
    ],
)
def test_base64_defects(raw: bytes, defects: tuple[DecodeDefect, ...]) -> None:
    assert base64_defects(raw) == defects
    assert kinds(raw) == defects


@pytest.mark.parametrize(
    ("decoder", "raw", "content"),
    [
        (Decoder.BASE64, b"Ym9k#e.Q==", b"body"),
        (Decoder.BASE64, b"Ym9keQ", b"body"),
        (Decoder.BASE64, b"Ym9ke", b"bod"),
        (Decoder.BASE64, b"YQ==Yg==", b"a"),
        (Decoder.BASE64, b"Ym8=Yg==", b"bo"),
        (Decoder.BASE64_BLOCKS, b"YQ==Yg==\r\nYw=\r\nZA", b"abcd"),
        (Decoder.BASE64_BLOCKS, b"====Ym9k", b"bod"),
        (Decoder.BASE64_UNPADDED, b"Ym=9=k=eQ==", b"body"),
        (Decoder.BASE64_LINES, b"Ym9kX\r\neQ==\r\n=Ym9k#abc\r\nYQ=\r\nA\r\n", b"bodybod" + b"a"),
        (Decoder.BASE64_ZERO, b"=======k=A==", b"\0\0\0\0\0$\0"),
        (Decoder.BASE64_URL, b"_-8=", b"\xff\xef"),
        (Decoder.BASE64, b"_-8=", b""),
        (Decoder.QUOTED_PRINTABLE, b"a=3Db=\r\nc =20 \r\nd\t\r\n=e4=\n", b"a=bc  \r\nd\r\n\xe4"),
        (Decoder.QUOTED_PRINTABLE, b"=41=4=zz==42=", b"A=4=zz=B"),
        (Decoder.QUOTED_PRINTABLE, b"a=\rb=\r\nc", b"a=\rbc"),
        (Decoder.QUOTED_PRINTABLE_LOOSE, b"=41=4=zz==42=", b"A4zzB"),
        (Decoder.IDENTITY, b"=41", b"=41"),
        (Decoder.BINHEX, b"(This file", b"(This file"),
        (Decoder.YENC, b"nothing", b""),
        (Decoder.YENC, b"=ybegin line=1 size=3 name=x\r\n\x8b\x8c", b"ab"),
        (Decoder.UUENCODE, b"begin-base64 644 x\r\nYm9k\r\neQ==\r\n====\r\n", b"body"),
        (Decoder.UUENCODE, b"begin-base64 644 x\r\nYm9k", b"bod"),
        (Decoder.UUENCODE, b"begin 644 x\r\n#0V%T\r\n\x7f\x7f\x7f\r\n\r\nend\r\n", b"Cat"),
    ],
)
def test_each_decoder(decoder: Decoder, raw: bytes, content: bytes) -> None:
    assert decode(raw, decoder).data == content


def test_defects_of_the_others() -> None:
    assert kinds(b"x", Decoder.BINHEX) == (D.NOT_DECODED,)
    assert kinds(b"x", Decoder.YENC) == (D.BAD_LINE,)
    assert kinds(b"=ybegin line=1 size=3 name=x\r\nab", Decoder.YENC) == (D.NO_END,)
    assert kinds(b"begin 644 x\r\n#0V\r\n\x7fabc\r\nend\r\n", Decoder.UUENCODE) == (D.BAD_LINE,)
    assert kinds(b"a=zz", Decoder.QUOTED_PRINTABLE) == (D.BAD_ESCAPE,)
    assert kinds(b"begin-base64 644 x\r\nYm9\r\n====", Decoder.UUENCODE) == (D.NO_PADDING,)


@pytest.mark.parametrize("raw", [b"a b", b"=3D=\r\n=E4", b""])
def test_the_quick_way_of_quoted_printable_gives_the_same(raw: bytes) -> None:
    assert plain_quoted_printable(raw) == decode(raw, Decoder.QUOTED_PRINTABLE).data


@given(st.lists(st.sampled_from([b"=", b"4", b"1", b"E4", b"\r", b"\n", b" ", b"\t", b"x", b"=3D"]), max_size=12).map(b"".join))
def test_the_quick_way_of_quoted_printable_is_sure_or_silent(raw: bytes) -> None:
    text = raw.replace(b"\r", b"").replace(b"\n", b"\r\n")
    quick = plain_quoted_printable(text)
    slow = b"".join(decode(text + b"==", Decoder.QUOTED_PRINTABLE).data.rsplit(b"=", 1))
    assert quick is None or quick == slow


def test_what_looks_like_base64() -> None:
    assert looks_like_base64(base64.encodebytes(CONTENT))
    assert not looks_like_base64(b"Words without any signs\r\n" * 3)
    assert not looks_like_base64(b"short")
    assert not looks_like_base64(b" " * 50)


LARGE = bytes(range(256)) * (3 * BODY_CHUNK // 512)


@pytest.mark.parametrize(
    ("raw", "decoder"),
    [
        (base64.encodebytes(LARGE), Decoder.BASE64),
        (base64.b64encode(LARGE), Decoder.BASE64),
        (base64.encodebytes(LARGE), Decoder.BASE64_BLOCKS),
        (base64.encodebytes(LARGE), Decoder.BASE64_UNPADDED),
        (base64.encodebytes(LARGE), Decoder.BASE64_LINES),
        (base64.urlsafe_b64encode(LARGE), Decoder.BASE64_URL),
        (b"=".join(b"%02X" % octet for octet in LARGE[: BODY_CHUNK + 100]).join([b"=", b""]), Decoder.QUOTED_PRINTABLE),
        (b"".join(b"=%02X=\r\n" % octet for octet in LARGE[: BODY_CHUNK + 100]), Decoder.QUOTED_PRINTABLE),
    ],
)
def test_content_larger_than_a_piece(raw: bytes, decoder: Decoder) -> None:
    content = decode(raw, decoder).data
    assert content == LARGE[: len(content)]
    assert len(content) in (len(LARGE), BODY_CHUNK + 100)


def test_defects_of_content_larger_than_a_piece() -> None:
    text = base64.encodebytes(LARGE)
    assert base64_defects(text) == ()
    assert base64_defects(text + b"#") == (D.FOREIGN_CHARACTERS,)
    assert base64_defects(base64.encodebytes(LARGE[:100]) + text) == (D.DATA_AFTER_PADDING,)
    assert decode(base64.encodebytes(LARGE[:100]) + text, Decoder.BASE64).data == LARGE[:100]


def test_a_padding_at_the_end_of_a_piece_does_not_end_what_follows_it() -> None:
    block = base64.b64encode(b"ab")
    raw = block * (BODY_CHUNK // 4 + 10)
    assert decode(raw, Decoder.BASE64_BLOCKS).data[:8] == b"abababab"
    assert decode(raw, Decoder.BASE64).data == b"ab"


def test_ends_of_blocks() -> None:
    assert uu_end(b"begin 644 x\nend\nmore", 11, 20) == 16
    assert uu_end(b"begin 644 x\nmore", 11, 16) == 16
    assert yenc_end(b"=ybegin\n=yend size=1\nx", 7, 22) == 21
    assert yenc_end(b"=ybegin\nx", 7, 9) == 9
    assert yenc_end(b"=ybegin\n=yend size=1", 7, 20) == 20


@given(st.binary(max_size=60), st.sampled_from(Decoder))
def test_it_never_raises(raw: bytes, decoder: Decoder) -> None:
    whole = decode(raw, decoder)
    assert len(set(whole.defects)) == len(whole.defects)


_SHAPES: list[Callable[[int], bytes]] = [
    lambda n: b"=" * n,
    lambda n: b"QQ==" * (n // 4),
    lambda n: b" " * n + b"x",
    lambda n: b"begin 644 x\n" + b"M" * n,
    lambda n: b"=ybegin line=1 name=" + b"x" * n,
    lambda n: b"a=\r" * (n // 3),
]


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("decoder", list(Decoder))
def test_a_megabyte_of_anything_is_decoded(shape: Callable[[int], bytes], decoder: Decoder) -> None:
    decode(shape(300_000), decoder)
