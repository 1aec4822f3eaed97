from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.network import MAX_TAGS
from mailsec.core.taglist import Tag, TagListError, parse, unfold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \r\n\t", []),
        ("v=1", [("v", "1")]),
        ("v=1;", [("v", "1")]),
        ("v=1; \r\n\t", [("v", "1")]),
        ("v=", [("v", "")]),
        ("v = DKIM1 ; k = rsa", [("v", "DKIM1"), ("k", "rsa")]),
        ("b=ab cd\r\n\tef; q=a=b", [("b", "ab cd\r\n\tef"), ("q", "a=b")]),
        ("A=1;a=2", [("A", "1"), ("a", "2")]),
        ("a_1=x", [("a_1", "x")]),
    ],
)
def test_lists(text: str, expected: list[tuple[str, str]]) -> None:
    tags = parse(text)
    assert [(tag.name, tag.value) for tag in tags] == expected
    assert [text[tag.start : tag.end] for tag in tags] == [value for _, value in expected]


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("v", "a part has no '='", 0),
        (";", "a part has no '='", 0),
        ("v=1;;k=2", "a part has no '='", 4),
        ("v=1; ;", "a part has no '='", 4),
        ("v=1; k", "a part has no '='", 4),
        ("=1", "a tag name is not valid", 0),
        ("v=1;1k=2", "a tag name is not valid", 4),
        ("v v=1", "a tag name is not valid", 0),
        ("v\x0b=1", "a tag name is not valid", 0),
        ("é=1", "a tag name is not valid", 0),
        ("v=1; v=2", "the tag v= stands twice", 4),
    ],
)
def test_what_is_no_list(text: str, message: str, offset: int) -> None:
    with pytest.raises(TagListError) as error:
        parse(text)
    assert (error.value.message, error.value.offset) == (message, offset)


def test_tags_are_bounded() -> None:
    assert len(parse(";".join(f"t{n}=" for n in range(MAX_TAGS)))) == MAX_TAGS
    with pytest.raises(TagListError, match=f"more than {MAX_TAGS} tags"):
        parse(";".join(f"t{n}=" for n in range(MAX_TAGS + 1)))


names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
values = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";"), max_size=20)


@given(st.dictionaries(names, values), st.sampled_from(["", " ", "\r\n\t"]), st.booleans())
def test_what_is_written_is_read(tags: dict[str, str], space: str, final: bool) -> None:
    text = ";".join(f"{space}{name}{space}={space}{value}{space}" for name, value in tags.items()) + (
        ";" if final and tags else ""
    )
    assert {tag.name: tag.value for tag in parse(text)} == tags


@given(st.text(st.characters(codec="latin-1")))
def test_any_text_is_a_list_or_an_error(text: str) -> None:
    try:
        tags = parse(text)
    except TagListError as error:
        stopped = error.offset
    else:
        stopped = 0
        assert all(text[tag.start : tag.end] == tag.value for tag in tags)
    assert 0 <= stopped <= len(text)


def test_a_megabyte_of_one_value() -> None:
    assert parse("b=" + " " * 1_000_000 + ";c=1") == (
        Tag("b", "", 2 + 1_000_000, 2 + 1_000_000),
        Tag("c", "1", 1_000_005, 1_000_006),
    )


def test_unfold_removes_folding_white_space_and_no_other() -> None:
    assert unfold("a b\tc\r\n d") == "abcd"
    assert unfold("a\xa0b\x0bc\x1cd\u2003e") == "a\xa0b\x0bc\x1cd\u2003e"
