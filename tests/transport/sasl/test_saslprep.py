"""SASLprep by the examples of RFC 4013 section 3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.transport.sasl.saslprep import saslprep


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("\u0627\u0031\u0628", "\u0627\u0031\u0628"),
        ("pässwörd", "pässwörd"),
    ],
)
def test_examples(text: str, prepared: str) -> None:
    assert saslprep(text) == prepared


@pytest.mark.parametrize("text", ["", "\u0007", "\u0627\u0031", "\u00ad", "\u0627x\u0628", "a\ud800", "\ufffd", "\u202e"])
def test_what_cannot_be_prepared(text: str) -> None:
    with pytest.raises(ValueError):
        saslprep(text)


@given(st.text(max_size=50))
def test_once_is_enough(text: str) -> None:
    try:
        prepared = saslprep(text)
    except ValueError:
        return
    assert saslprep(prepared) == prepared
