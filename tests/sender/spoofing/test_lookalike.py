from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.sender.spoofing.lookalike import Likeness, inside, likeness, within_edits


@pytest.mark.parametrize(
    ("name", "reference", "expected"),
    [
        ("bank.example", "bank.example", None),
        ("mail.bank.example", "bank.example", None),
        ("paypa1.example", "paypal.example", Likeness.HOMOGRAPH),
        ("mail.paypa1.example", "paypal.example", Likeness.HOMOGRAPH),
        ("xn--pypal-4ve.example", "paypal.example", Likeness.HOMOGRAPH),
        ("xn--exmple-qta.test", "example.test", Likeness.ACCENTS),
        ("paypall.example", "paypal.example", Likeness.NEAR),
        ("paypla.example", "paypal.example", Likeness.NEAR),
        ("payqak.example", "paypal.example", None),
        ("legitomats.example", "legitimate.example", Likeness.NEAR),
        ("bamk.example", "bank.example", None),
        ("paypal.co", "paypal.com", Likeness.NEAR),
        ("paypall.co.uk", "paypal.co.uk", Likeness.NEAR),
        ("other.example", "paypal.example", None),
    ],
)
def test_likeness(name: str, reference: str, expected: Likeness | None) -> None:
    assert likeness(name, reference) is expected


def test_capitals_as_they_are_written_count() -> None:
    assert likeness("paypai.example", "paypal.example") is Likeness.NEAR
    assert likeness("paypai.example", "paypal.example", "paypaI.example") is Likeness.HOMOGRAPH


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("paypal.example", None),
        ("news.paypal.example", None),
        ("paypal.example.attack.test", Likeness.EMBEDS),
        ("paypal-example.attack.test", Likeness.EMBEDS),
        ("paypal-security.test", Likeness.EMBEDS),
        ("paypal.test", Likeness.OTHER_SUFFIX),
        ("mail.paypal.test", Likeness.OTHER_SUFFIX),
        ("mypaypalx.test", None),
        ("attack.test", None),
    ],
)
def test_inside(name: str, expected: Likeness | None) -> None:
    assert inside(name, "paypal.example") is expected


def test_a_short_first_label_is_a_word_that_others_have_too() -> None:
    assert inside("bank.test", "bank.example") is None
    assert inside("bank.example.test", "bank.example") is Likeness.EMBEDS


words = st.text("abc", max_size=7)


@given(words, words, st.integers(1, 2))
def test_edits_are_counted_as_by_the_table_of_distances(one: str, other: str, most: int) -> None:
    assert within_edits(one, other, most) == (0 < distance(one, other) <= most)


def distance(one: str, other: str) -> int:
    """Optimal string alignment, by the book."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if not i or not j:
                table[i][j] = i + j
                continue
            differs = one[i - 1] != other[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + differs)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]
