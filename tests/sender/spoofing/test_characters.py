from __future__ import annotations

import pytest

from mailsec.sender.spoofing.characters import bidirectional, control, invisible, invisible_in_address, named


@pytest.mark.parametrize(
    ("text", "char"),
    [("a\tb", ""), ("a\x00", "\x00"), ("a\nb", "\n"), ("a\x1bb", "\x1b"), ("a\x7f", "\x7f"), ("a\x92", ""), ("", "")],
)
def test_controls(text: str, char: str) -> None:
    assert control(text) == char


@pytest.mark.parametrize(("text", "char"), [("abc", ""), ("\u200fabc", ""), ("a\u202eb", "\u202e"), ("a\u2067b", "\u2067")])
def test_direction(text: str, char: str) -> None:
    assert bidirectional(text) == char


@pytest.mark.parametrize(
    ("text", "char"),
    [
        ("abc", ""),
        ("a\u200bb", "\u200b"),
        ("a\u00adb", "\u00ad"),
        ("a\u200cb", "\u200c"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", ""),
        ("\U0001f469\u200d\U0001f4bb", ""),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", ""),
        ("a\U000e0061", "\U000e0061"),
        ("\u0645\u200e PDF", ""),
        ("a\u200eb", "\u200e"),
    ],
)
def test_invisible(text: str, char: str) -> None:
    assert invisible(text) == char


def test_an_address_has_none_at_all() -> None:
    assert invisible_in_address("\u0645\u200c@b.example") == "\u200c"
    assert invisible_in_address("a@b.example") == ""


def test_names() -> None:
    assert named("\u202e") == "U+202E"
    assert named("\U000e0061") == "U+E0061"
