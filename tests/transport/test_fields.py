from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.transport.fields import extensions, read, starts_with


@pytest.mark.parametrize(
    ("text", "ours"),
    [("v=X1", True), ("v=X1;", True), ("v=X1 \t; a=1", True), ("v=X12;", False), ("v=x1;", False), (" v=X1;", False)],
)
def test_starts_with(text: str, ours: bool) -> None:
    assert starts_with(text, "v=X1") is ours


def test_fields_and_their_places() -> None:
    text = "v=X1; a=1 ;\tb=2=3;"
    fields, defects = read(text, "v=X1")
    assert {name: text[field.start : field.end] for name, field in fields.items()} == {"a": "1", "b": "2=3"}
    assert not defects


@pytest.mark.parametrize(
    ("text", "message", "fatal"),
    [
        ("v=X1; a", "a part has no '='", True),
        ("v=X1; ; a=1", "an empty part", True),
        ("v=X1; =1", "a field name is not valid", True),
        ("v=X1; a =1", "a field name is not valid", True),
        ("v=X1; a=1; a=2", "a= stands again; the first one counts", False),
    ],
)
def test_defects(text: str, message: str, fatal: bool) -> None:
    fields, defects = read(text, "v=X1")
    assert [(defect.message, defect.fatal) for defect in defects] == [(message, fatal)]
    if "a" in fields:
        assert fields["a"].value == "1"


def test_too_many_fields() -> None:
    fields, defects = read("v=X1;" + ";".join(f"a{n}=1" for n in range(20_000)), "v=X1")
    assert len(fields) == 200
    assert len(defects) == 1


def test_extensions() -> None:
    fields, defects = read("v=X1; a=1; b=2; c=3 4", "v=X1")
    assert extensions(fields, "a", defects) == (("b", "2"), ("c", "3 4"))
    assert [defect.message for defect in defects] == ["c= has no valid value"]


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    fields, _ = read("v=X1;" + text, "v=X1")
    assert all(("v=X1;" + text)[field.start : field.end] == field.value for field in fields.values())
