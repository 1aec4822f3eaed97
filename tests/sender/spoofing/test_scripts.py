from __future__ import annotations

import pytest

from mailsec.sender.spoofing.scripts import alphabets, mixed_word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Legitimate Bank", ""),
        ("Leg\u0456timate Bank", "Leg\u0456timate"),
        ("\u0418\u0432\u0430\u043d Petrov", ""),
        ("\u03b1\u03b2\u03b3 and \u0430\u0431\u0432", ""),
        ("\u03b1\u0431", "\u03b1\u0431"),
        ("NTT\u30c9\u30b3\u30e2\u4e8b\u52d9\u5c40", ""),
        ("\uff21bc", ""),
        ("Caf\u00e9 \u5b57", ""),
        ("\u20ac100 \u00b5m", ""),
        ("", ""),
    ],
)
def test_words_that_mix_alphabets(text: str, word: str) -> None:
    assert mixed_word(text) == word


def test_the_alphabets_of_a_word() -> None:
    assert alphabets("\uff21\u0431c1") == {"LATIN", "CYRILLIC"}
