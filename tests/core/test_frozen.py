"""A frozen class made here and one that the standard library made are the same to their users."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """A class with every kind of field that the project has."""

    name: str
    size: int = 3
    notes: list[str] = field(default_factory=list)
    aside: str = field(default="", compare=False)
    hidden: str = field(default="h", repr=False)
    made: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """The same, made by the standard library."""

    name: str
    size: int = 3
    notes: list[str] = field(default_factory=list)
    aside: str = field(default="", compare=False)
    hidden: str = field(default="h", repr=False)
    made: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Empty:
    """No field at all."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One that looks at what it is given, and says itself how it is shown."""

    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("negative")

    def __repr__(self) -> str:
        return f"<{self.size}>"


@dataclass(frozen=True, slots=True)
class Longer(Empty):
    """One that adds to another."""

    more: tuple[int, ...] = ()


values = st.tuples(st.text(max_size=2), st.integers(0, 2), st.lists(st.sampled_from("ab"), max_size=2), st.sampled_from("xy"))


@given(values, values)
def test_equal_and_shown_as_by_the_standard_library(one: Any, other: Any) -> None:
    assert (Ours(*one) == Ours(*other)) is (Theirs(*one) == Theirs(*other))
    assert (Ours(*one) != Ours(*other)) is (Theirs(*one) != Theirs(*other))
    assert repr(Ours(*one)) == repr(Theirs(*one)).replace("Theirs", "Ours")


@given(values)
def test_copied_pickled_and_replaced(given_values: Any) -> None:
    made = Ours(*given_values)
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made)), replace(made, name=made.name)):
        assert again == made
        assert (again.aside, again.hidden, again.made) == (made.aside, made.hidden, made.made)
    assert replace(made, size=9).size == 9


def test_constructor_is_that_of_the_standard_library() -> None:
    ours, theirs = (inspect.signature(each) for each in (Ours, Theirs))
    assert list(ours.parameters) == list(theirs.parameters)
    assert [each.annotation for each in ours.parameters.values()] == [each.annotation for each in theirs.parameters.values()]
    assert Ours(name="n", size=1) == Ours("n", 1)
    assert Ours("n").notes is not Ours("n").notes
    for wrong in ((), ("n", 1, [], "", "", {})):
        with pytest.raises(TypeError):
            Ours(*wrong)


def test_nothing_can_be_changed() -> None:
    made = Ours("n")
    with pytest.raises(FrozenInstanceError):
        made.name = "m"  # type: ignore[misc]  # what is tested
    with pytest.raises(FrozenInstanceError):
        del made.name
    with pytest.raises(FrozenInstanceError):
        made.other = 1  # type: ignore[attr-defined]  # what is tested
    assert not hasattr(made, "__dict__")


def test_hash_goes_by_the_values() -> None:
    assert len({Longer((1,)), Longer((1,)), Longer()}) == 2
    assert hash(Empty()) == hash(Empty())
    assert Empty() == Empty()
    assert Empty() != Longer()
    with pytest.raises(TypeError):
        hash(Ours("n"))  # a list in it has none


def test_what_a_class_says_itself_stays() -> None:
    assert repr(Checked(1)) == "<1>"
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)
    with pytest.raises(ValueError, match="negative"):
        replace(Checked(1), size=-1)


def test_matched_and_listed() -> None:
    match Ours("n", 5):
        case Ours(name, size):
            assert (name, size) == ("n", 5)
    assert [each.name for each in fields(Longer)] == ["more"]


def test_no_other_form() -> None:
    with pytest.raises(TypeError):
        dataclass(frozen=True, slots=False)
