"""Skeletons, against a library that reads Unicode's list by itself."""

from __future__ import annotations

import time
import unicodedata

import pytest
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st

from mailsec.sender.spoofing.confusables import bare, skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("p\u0430yp\u0430l", "paypal"),
        ("\u0430\u0440\u0440\u04cf\u0435", "apple"),
        ("rnicrosoft", "microsoft"),
        ("paypaI", "paypal"),
        ("g00gle", "google"),
        ("vvells", "wells"),
        ("\uff41\uff42\uff43", "abc"),
        ("\U0001d5d4bc", "abc"),
        ("stra\u00dfe", "strasse"),
    ],
)
def test_what_looks_the_same_has_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"), [("example", "exemple"), ("b\u00e1nk", "bank"), ("\u043f\u0440\u0438\u043c\u0435\u0440", "primer")]
)
def test_what_looks_different_has_two(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_the_other_library_agrees() -> None:
    pairs = [
        (char, look["c"])
        for char, looks in confusables_data.items()
        for look in looks
        if len(char) == len(look["c"]) == 1 and skeleton(char).isascii() and letter(char) and letter(look["c"])
    ]
    # what it does not: circled numbers and small raised letters, which decompose here, and letters that Unicode itself maps
    # to others before a domain can have them
    differing = {frozenset(pair) for pair in pairs if skeleton(pair[0]) != skeleton(pair[1])}
    assert len(pairs) > 2_500
    assert len(differing) <= 25


def letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


def test_accents_can_be_set_aside() -> None:
    assert bare("b\u00e1nk \u1e69") == "bank s"


@given(st.text(max_size=200))
def test_a_skeleton_is_made_of_anything_and_in_capitals_or_not(text: str) -> None:
    assert isinstance(skeleton(text), str)
    assert unicodedata.normalize("NFKD", skeleton(text)) == skeleton(text)


def test_a_megabyte_is_soon_done() -> None:
    start = time.process_time()
    skeleton("\u0430\u0440\u0440\u04cf\u0435" * 200_000)
    assert time.process_time() - start < 10
