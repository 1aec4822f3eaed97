from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.transport import SMTP_PATTERN_DEPTH, SMTP_PATTERN_SIZE
from mailsec.transport.smtp.pattern import compile
from mailsec.transport.smtp.template import PatternError

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "1", "(?:ab)", "^", "$", r"\x41", "é"])


def _repeated(atom: str, sign: str) -> str:
    return atom if atom in "^$" or (atom == "é" and sign) else atom + sign


SIGNS = st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{1,}"])
SIGNED = st.builds(_repeated, ATOMS, SIGNS)
ROWS = st.lists(SIGNED, min_size=1, max_size=5).map("".join)
CHOICES = st.lists(ROWS, min_size=1, max_size=3).map("|".join)
PATTERNS = st.builds(lambda first, inner, last: f"{first}(?P<x>{inner}){last}", ROWS, CHOICES, ROWS)
TEXTS = st.lists(st.sampled_from(["a", "b", "1", "A", "é", " "]), max_size=8).map(lambda parts: "".join(parts).encode())


@given(PATTERNS, TEXTS)
def test_it_matches_what_the_standard_library_matches(source: str, text: bytes) -> None:
    # \Z, because $ also matches before a last line end there
    theirs = re.search(source.replace("$", r"\Z").encode(), text)
    ours = compile(source)
    assert ours.span(text) == (theirs.span() if theirs else None)
    assert ours.search(text) == ({"x": theirs["x"]} if theirs else None)


@given(PATTERNS)
def test_its_example_is_one(source: str) -> None:
    made = compile(source)
    if "^" not in source[1:] and "$" not in source[:-1]:
        assert made.span(made.example) is not None


def complaint(source: str) -> int | None:
    """Where the expression is none, or None where it is one."""
    try:
        compile(source).search(b"aaab1")
    except PatternError as error:
        return error.at
    return None


@given(st.text(st.sampled_from("ab()[]{}|*+?\\.^$,1-:P<>x=!"), max_size=20))
def test_whatever_is_written_is_an_expression_or_an_error_with_its_place(source: str) -> None:
    place = complaint(source)
    assert place is None or 0 <= place <= len(source)


@pytest.mark.parametrize(
    "evil",
    ["(a*)*b", "(a+)+b", "(a|a)*b", "(a|aa)+$", "(.*)*x", "(?:a?){30}a{30}b", ".*.*.*.*.*.*x", "((a*)*)*b", "(?:(?:)*)*b"],
)
def test_no_text_makes_it_hang(evil: str) -> None:
    assert compile(evil).search(b"a" * 2000 + b"!") is None


@pytest.mark.parametrize(
    ("source", "at"),
    [
        ("a)", 1),
        ("(a", 0),
        ("[a", 0),
        ("*a", 0),
        ("a**", 2),
        ("a{", 1),
        ("a{3,2}", 1),
        ("a{1000}", 1),
        ("{2}", 0),
        ("^*", 1),
        (r"\q", 0),
        ("\\", 0),
        (r"\xg1", 0),
        ("\\é", 0),
        ("(?=a)", 0),
        ("(?<=a)", 0),
        ("(?<!a)", 0),
        (r"(a)\1", 3),
        ("(?P<1>a)", 4),
        ("(?P<a>b)(?P<a>c)", 12),
        ("(?P<a", 4),
        ("[z-a]", 3),
        (r"[\d-a]", 4),
        ("[é]", 1),
    ],
)
def test_errors_and_their_places(source: str, at: int) -> None:
    with pytest.raises(PatternError) as caught:
        compile(source)
    assert caught.value.at == at


def test_bounds() -> None:
    compile("(" * SMTP_PATTERN_DEPTH + "a" + ")" * SMTP_PATTERN_DEPTH)
    with pytest.raises(PatternError):
        compile("(" * (SMTP_PATTERN_DEPTH + 1) + "a" + ")" * (SMTP_PATTERN_DEPTH + 1))
    with pytest.raises(PatternError):
        compile("a" * (SMTP_PATTERN_SIZE + 1))
    with pytest.raises(PatternError):
        compile("(?:(?:(?:){999}){999}){999}")


def test_details() -> None:
    assert compile("(?<name>a)").search(b"xa") == {"name": b"a"}
    assert compile("ABC", fold=True).span(b"xabc") == (1, 4)
    assert compile("[a-c]", fold=True).span(b"B") == (0, 1)
    assert compile("1", fold=True).span(b"\x11") is None
    assert compile(r"\r\n\t\\\.[\]\-][]]").span(b"\r\n\t\\.-]") == (0, 7)
    assert compile(r"[a-]").span(b"-") == (0, 1)
    assert compile("(?P<x>a)|(?P<y>b)").search(b"b") == {"x": b"", "y": b"b"}
    assert compile("").span(b"abc") == (0, 0)
    assert compile("a{0}b").example == b"b"
    assert compile(r"queued as (?P<id>[A-Z0-9]{4})").example == b"queued as 0000"
    assert compile("a|b").names == ()
