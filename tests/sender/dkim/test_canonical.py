"""Canonical forms (RFC 6376 section 3.4)."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from time import process_time

import dkim.canonicalization
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.message.fields import Field, parse
from mailsec.sender.dkim import canonical
from mailsec.sender.dkim.canonical import body_pieces, hash_body, header_fields

PIECES = st.lists(
    st.sampled_from([b" ", b"\t", b"\r\n", b"\r", b"\n", b"a", b"bc", b"\x00", b"\xe4", b"\x0b", b"\xa0"]), max_size=40
)


def body(text: bytes, *, relaxed: bool) -> bytes:
    return b"".join(body_pieces(b"xx" + text, 2, relaxed=relaxed))


BODIES = [
    (b"", b"\r\n", b""),
    (b"\r\n", b"\r\n", b""),
    (b"\r\n\r\n\r\n", b"\r\n", b""),
    (b" \r\n", b" \r\n", b""),
    (b" \t\r\n\t\r\n", b" \t\r\n\t\r\n", b""),
    (b"a", b"a\r\n", b"a\r\n"),
    (b"a\r\n", b"a\r\n", b"a\r\n"),
    (b"a\r\n\r\n\r\n", b"a\r\n", b"a\r\n"),
    (b"\r\n\r\na", b"\r\n\r\na\r\n", b"\r\n\r\na\r\n"),
    # the example of section 3.4.5
    (b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),
    (b"a \t b\t\r\n\t c", b"a \t b\t\r\n\t c\r\n", b"a b\r\n c\r\n"),
    # a bare LF or CR ends no line
    (b"a \nb\r\n", b"a \nb\r\n", b"a \nb\r\n"),
    (b"a \rb\r\n", b"a \rb\r\n", b"a \rb\r\n"),
    (b"a\n\n", b"a\n\n\r\n", b"a\n\n\r\n"),
    (b"a\r", b"a\r\r\n", b"a\r\r\n"),
    (b"a \r", b"a \r\r\n", b"a \r\r\n"),
    (b"\n\r\n", b"\n\r\n", b"\n\r\n"),
    (b"a\r\r\n\r\n", b"a\r\r\n", b"a\r\r\n"),
    (b"a\n\r\n\n\r\n\r\n", b"a\n\r\n\n\r\n", b"a\n\r\n\n\r\n"),
    (b"\xc3\xa4\x00 \r\n", b"\xc3\xa4\x00 \r\n", b"\xc3\xa4\x00\r\n"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, canonical.BODY_CHUNK])
@pytest.mark.parametrize(("text", "simple", "relaxed"), BODIES)
def test_body(text: bytes, simple: bytes, relaxed: bytes, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "BODY_CHUNK", size)
    assert body(text, relaxed=False) == simple
    assert body(text, relaxed=True) == relaxed


def test_white_space_at_the_end_of_a_last_line_without_crlf_goes() -> None:
    """A transport adds the missing CRLF, and the signature must survive that (dkimpy keeps the space)."""
    assert body(b"a \t", relaxed=True) == body(b"a \t\r\n", relaxed=True) == b"a\r\n"
    assert body(b"a\r\n\r\n ", relaxed=True) == b"a\r\n"
    assert body(b" ", relaxed=True) == b""


@given(PIECES, st.booleans())
def test_body_as_dkimpy_has_it(pieces: list[bytes], relaxed: bool) -> None:
    text = b"".join(pieces)
    peer = dkim.canonicalization.Relaxed if relaxed else dkim.canonicalization.Simple
    if relaxed and text.endswith((b" ", b"\t")):
        text += b"\r\n"
    expected = peer.canonicalize_body(text)
    assert body(text, relaxed=relaxed) == (expected if text or relaxed else b"\r\n")


@given(PIECES, st.booleans(), st.integers(1, 7))
def test_body_does_not_depend_on_chunks(pieces: list[bytes], relaxed: bool, size: int) -> None:
    text = b"".join(pieces)
    whole = body(text, relaxed=relaxed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "BODY_CHUNK", size)
        assert body(text, relaxed=relaxed) == whole


@given(PIECES, st.booleans(), st.lists(st.integers(0, 60), max_size=5), st.integers(2, 9))
def test_hashes_of_several_lengths_in_one_pass(pieces: list[bytes], relaxed: bool, lengths: list[int], size: int) -> None:
    text = b"".join(pieces)
    form = body(text, relaxed=relaxed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "BODY_CHUNK", size)
        found = hash_body(text, 0, relaxed=relaxed, lengths=lengths)
    assert found.length == len(form)
    assert found.of(None) == sha256(form).digest()
    for length in lengths:
        expected = sha256(form[:length]).digest() if length <= len(form) else None
        assert found.of(length) == expected


def test_a_length_may_be_that_of_the_whole_body() -> None:
    for relaxed in (False, True):
        found = hash_body(b"a b\r\n\r\n", 0, relaxed=relaxed, lengths=[5, 4, 3, 0, 6])
        assert found.of(5) == found.of(None) == sha256(b"a b\r\n").digest()
        assert (found.of(3), found.of(0), found.of(6)) == (sha256(b"a b").digest(), sha256(b"").digest(), None)


def test_hash_of_an_empty_body_is_as_the_errata_say() -> None:
    """RFC 6376 sections 3.4.3 and 3.4.4 give these values."""
    assert b64encode(hash_body(b"", 0, relaxed=False).digest) == b"frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
    assert hash_body(b"", 0, relaxed=True, lengths=[0, 1]).prefixes == {0: sha256(b"").digest()}
    assert b64encode(hash_body(b"", 0, relaxed=True).digest) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def one_field(raw: bytes) -> Field:
    return parse(raw + b"\r\n").fields[0]


@pytest.mark.parametrize(
    ("raw", "relaxed"),
    [
        (b"A: X\r\n", b"a:X\r\n"),
        (b"B : Y\t\r\n\tZ  \r\n", b"b:Y Z\r\n"),
        (b"SUBJect:\r\n folded  at once \r\n", b"subject:folded at once\r\n"),
        (b"X:\r\n", b"x:\r\n"),
        (b"X: \r\n \r\n", b"x:\r\n"),
        (b"X: a\r\n \r\n", b"x:a\r\n"),
        (b"X: a\r\n  \t\r\n b\r\n", b"x:a b\r\n"),
        (b"X: a\rb \r\n", b"x:a\rb\r\n"),
        (b"X: a \r\r\n", b"x:a \r\r\n"),
        (b"X: caf\xc3\xa9\r\n", b"x:caf\xc3\xa9\r\n"),
    ],
)
def test_header_field(raw: bytes, relaxed: bytes) -> None:
    assert header_fields([one_field(raw)], relaxed=True) == relaxed
    assert header_fields([one_field(raw)], relaxed=False) == raw


def test_header_field_with_another_line_end() -> None:
    """In a mixed file, or at the end of one: relaxed has a CRLF in any case, simple adds one only where there is none."""
    bare = parse(b"A: x \nB: y\r\n\r\n").fields[0]
    assert header_fields([bare], relaxed=True) == b"a:x\r\n"
    assert header_fields([bare], relaxed=False) == b"A: x \n"
    cut = parse(b"B: y\r\nA: x").fields[1]
    assert header_fields([cut], relaxed=True) == b"a:x\r\n"
    assert header_fields([cut], relaxed=False) == b"A: x\r\n"


VALUES = st.lists(st.sampled_from([b" ", b"\t", b"\r\n ", b"\r\n\t", b"a", b"b:", b"\xe4", b"\r\n  "]), max_size=20)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_header_as_dkimpy_has_it(values: list[list[bytes]]) -> None:
    fields = [(b"Name", b"".join(value) + b"\r\n") for value in values]
    mine = [Field(name, name + b":" + value, 0, len(name)) for name, value in fields]
    expected = b"".join(name + b":" + value for name, value in dkim.canonicalization.Relaxed.canonicalize_headers(fields))
    assert header_fields(mine, relaxed=True) == expected
    assert header_fields(mine, relaxed=False) == b"".join(name + b":" + value for name, value in fields)


@pytest.mark.parametrize("text", [b" " * 1_000_000, b" \t" * 500_000, b"\r\n" * 500_000, b"\r" * 1_000_000, b"\n" * 1_000_000])
@pytest.mark.parametrize("end", [b"", b"x", b"\r\n", b"\r"])
def test_a_megabyte_of_one_thing_takes_no_time(text: bytes, end: bytes) -> None:
    start = process_time()
    hash_body(text + end, 0, relaxed=True, lengths=[5, 10])
    hash_body(text + end, 0, relaxed=False)
    if b"\n" not in text:
        header_fields([Field(b"X", b"X:" + text + end + b"\r\n", 0, 1)], relaxed=True)
    assert process_time() - start < 1


def test_many_empty_lines_are_given_out_in_pieces() -> None:
    """Held back until content follows, they must not become one large buffer."""
    data = b"\r\n" * canonical.BODY_CHUNK + b"x"
    for relaxed in (False, True):
        pieces = list(body_pieces(data, 0, relaxed=relaxed))
        assert max(map(len, pieces)) <= canonical.BODY_CHUNK
        assert b"".join(pieces) == data + b"\r\n"
