"""Encoded words shown."""

from __future__ import annotations

import time
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.message.words import display_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", ""),
        (b" plain \r\n text ", "plain  text"),
        ("jörg".encode(), "jörg"),
        (b"j\xf6rg", "j\\xf6rg"),
        (b"=?iso-8859-1?q?J=F6rg_M?= X", "Jörg M X"),
        (b"a =?utf-8?B?w7w=?= b", "a ü b"),
        (b"=?utf-8?B?w7w?=", "ü"),
        (b"=?utf-8?q?a?= \r\n =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),
        (b"=?utf-8?q?a?= =?us-ascii?q?b?=", "ab"),
        (b"=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"),
        (b"=?utf-8*de?q?a?=", "a"),
        (b"=?utf-8?q?=ff?=", "\\xff"),
        (b"=?us-ascii?q?=ff?=", "\ufffd"),
        (b"=?utf-7?q?+AGE-?=", "=?utf-7?q?+AGE-?="),
        (b"=?punycode?q?a?=", "=?punycode?q?a?="),
        (b"=?iso-8859-99?q?a?=", "a"),
        (b"=?utf-8?b?a?=", "=?utf-8?b?a?="),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
    ],
)
def test_words(value: bytes, expected: str) -> None:
    assert display_text(value) == expected


def test_long_names_are_cut() -> None:
    assert display_text(b"x" * 1000, 10) == "x" * 9 + "…"
    started = time.process_time()
    for unit in (b"=?", b"=?utf-8?q?", b"=?utf-8?q?a?= ", b" ", b"=?a?q?"):
        assert len(display_text(unit * 200_000)) <= 200
    assert time.process_time() - started < 2


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([b"=?", b"utf-8", b"?q?", b"?b?", b"a=", b"?=", b" "]), max_size=12).map(b"".join)
)
def test_the_result_can_always_be_encoded(value: bytes) -> None:
    display_text(value).encode()


_CHUNKS = st.lists(
    st.sampled_from(["=?utf-8?q?=C3=BC?=", "=?utf-8?b?w7w=?=", "=?iso-8859-1?q?=FC?=", "plain", "x"]), min_size=1, max_size=5
)


@given(_CHUNKS)
def test_it_agrees_with_the_standard_library(chunks: list[str]) -> None:
    text = " ".join(chunks)
    assert display_text(text.encode()) == str(make_header(decode_header(text)))
