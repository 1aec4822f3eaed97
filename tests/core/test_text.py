from __future__ import annotations

import json
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core import text
from mailsec.core.results import Report
from mailsec.output.render import FORMATS, Style, render
from tests.output.harmless import harmful
from tests.output.samples import hostile

NASTY = [
    "\x1b[2J\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x90+q\x9c",
    "a\rb",
    "\u202egnp.exe",
    "\u2066\u2069",
    "zero\u200bwidth\ufeff",
    "\U000e0041\U000e007f",
    "[bold red]x[/bold red]",
    "[link=https://evil.example]x[/link]",
    ":smile: \\[x]",
    "\t\n\v\f\0",
    "\u2028\u2029\x85",
    "\u1160\u3164\u034f",
    "日本語 ünï ́ 👩‍👩‍👧",
]
hostile_text = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from([*"ab [/]\\:\x1b\x07\x9b\r\n\t", "\u202e", "\u200d", "\U000e0020", *NASTY]), max_size=20).map(
        "".join
    ),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(max_size=60).map(text.from_bytes),
)


def rendered(report: Report, format: str, *, color: bool = False, width: int = 80, several: bool = False) -> str:
    return "".join(render([report], format, Style(width=width, color=color, verbose=True), several=several))


@given(hostile_text, st.sampled_from(sorted(FORMATS)), st.booleans(), st.booleans(), st.sampled_from([20, 40, 80, 120]))
def test_no_text_controls_a_terminal(value: str, format: str, color: bool, several: bool, width: int) -> None:
    out = rendered(hostile(value), format, color=color, width=width, several=several)
    assert not harmful(out, colour=color and format == "human", allowed="\n\t" if format == "plain" else "\n")


@given(hostile_text)
def test_json_gives_back_the_exact_strings(value: str) -> None:
    report = hostile(value)
    assert msgspec.json.decode(rendered(report, "json"), type=Report) == report
    assert msgspec.json.decode(rendered(report, "jsonl"), type=Report) == report
    document = json.loads(rendered(report, "json", several=True))
    assert document["reports"][0]["checks"][0]["findings"][0]["evidence"][0]["text"] == value


@given(hostile_text)
def test_plain_keeps_its_lines_and_columns(value: str) -> None:
    lines = rendered(hostile(value), "plain").splitlines()
    assert len(lines) == (2 if value else 1) + 4 * 2
    assert {line.count("\t") for line in lines} == {5}


@pytest.mark.parametrize("value", ["[bold red]x[/bold red]", "[link=https://evil.example]x[/link]", ":smile:", "[/]", "\\[x]"])
def test_markup_is_shown_and_not_obeyed(value: str) -> None:
    out = rendered(hostile(value), "human", color=True)
    assert value in out
    assert "\x1b]8" not in out


def test_every_character_of_unicode_is_harmless_once_visible() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert not harmful(text.visible(everything), allowed="")


def test_every_character_is_harmless_in_json_and_stays_itself() -> None:
    everything = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    encoded = text.json_safe(msgspec.json.encode(everything).decode())
    assert not harmful(encoded, allowed="")
    assert json.loads(encoded) == everything


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("ünï 日本", "ünï 日本"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("\x1b[0m\x7f\x9b", "\\x1b[0m\\x7f\\x9b"),
        ("\u202e\ufeff", "\\u202e\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("👍️", "👍️"),
    ],
)
def test_visible(value: str, expected: str) -> None:
    assert text.visible(value) == expected


@given(st.text())
def test_visible_is_stable(value: str) -> None:
    once = text.visible(value)
    assert text.visible(once) == once


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"abc", "abc"),
        ("ü".encode(), "ü"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"a\xc3", "a\\xc3"),
    ],
)
def test_from_bytes(data: bytes, expected: str) -> None:
    assert text.from_bytes(data) == expected


@given(st.binary())
def test_from_bytes_never_makes_a_surrogate(data: bytes) -> None:
    text.from_bytes(data).encode()


@pytest.mark.parametrize(
    ("value", "width", "expected"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abcd", 1, "…"), ("abcd", 0, ""), ("", 0, "")]
)
def test_clipped(value: str, width: int, expected: str) -> None:
    assert text.clipped(value, width) == expected


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [('"a"', '"a"'), ('"\x7f"', '"\\u007f"'), ('"\u2028"', '"\\u2028"'), ('"\U000e0041"', '"\\udb40\\udc41"')],
)
def test_json_safe(encoded: str, expected: str) -> None:
    assert text.json_safe(encoded) == expected
