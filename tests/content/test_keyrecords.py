from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.keyrecords import judged_as_published, look_up, record_owner
from mailsec.content.openpgp.openpgpkey import owner_name as openpgp_name
from mailsec.content.smime.smimea import owner_name as smime_name
from mailsec.core.errors import BadInput
from mailsec.core.flow import AnswerStatus, Dnssec, Flow, Record, ask
from mailsec.core.results import Check
from mailsec.message.person import parse_address, same
from tests.published import Published, Raw, Value, judge

HUGH = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6"


def test_the_example_of_the_standard() -> None:
    assert openpgp_name("hugh@example.com") == f"{HUGH}._openpgpkey.example.com"
    assert smime_name("hugh@example.com") == f"{HUGH}._smimecert.example.com"


def test_no_case_is_folded_on_the_left() -> None:
    assert openpgp_name("Hugh@EXAMPLE.com") != openpgp_name("hugh@example.com")
    assert openpgp_name("Hugh@EXAMPLE.com") == openpgp_name("Hugh@example.com")


def test_quotation_marks_and_form_c_do_not_count() -> None:
    assert openpgp_name('"hugh"@example.com') == openpgp_name("hugh@example.com")
    assert openpgp_name("re\u0301@example.com") == openpgp_name("r\u00e9@example.com")
    assert openpgp_name("a@b\u00fccher.example").endswith("._openpgpkey.xn--bcher-kva.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hugh",
        "@example.com",
        "a@",
        "a@b, c@d",
        "Hugh <hugh@example.com>",
        "<hugh@example.com>",
        "a@[192.0.2.1]",
        "g: a@b;",
        "a@\ud800",
        "\ud800@a.example",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadInput):
        parse_address(text)


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        ("Hugh@Example.COM", True),
        ("hugh@example.com", False),
        ("Hugh@example.org", False),
        ("Hugh", False),
        ("X <Hugh@example.com>", False),
    ],
)
def test_same(other: str, equal: bool) -> None:
    assert same(parse_address("Hugh@example.com"), other) is equal


@given(st.text(max_size=50))
def test_any_text(text: str) -> None:
    try:
        name = record_owner(parse_address(text), "_openpgpkey")
    except BadInput:
        return
    assert len(name.split(".")[0]) == 56


KEY = [Raw(b"key")]
EXACT, LOWER = openpgp_name("Hugh@example.com"), openpgp_name("hugh@example.com")


@pytest.mark.parametrize(
    ("table", "name", "exact", "questions"),
    [
        ({EXACT: KEY, LOWER: KEY}, EXACT, True, 1),
        ({LOWER: KEY}, LOWER, False, 2),
        ({}, EXACT, True, 2),
        ({EXACT: AnswerStatus.TIMEOUT, LOWER: KEY}, EXACT, True, 1),
        ({LOWER: AnswerStatus.SERVFAIL}, LOWER, False, 2),
    ],
)
def test_the_exact_name_is_asked_first(table: dict[str, Value], name: str, exact: bool, questions: int) -> None:
    world = Published({f"{key} OPENPGPKEY": value for key, value in table.items()})
    found = judge(look_up(parse_address("Hugh@example.com"), "_openpgpkey", "OPENPGPKEY"), world)
    assert (found.name, found.exact, len(world.asked)) == (name, exact, questions)


def test_a_lower_case_address_is_asked_once() -> None:
    world = Published({})
    judge(look_up(parse_address("hugh@example.com"), "_openpgpkey", "OPENPGPKEY"), world)
    assert len(world.asked) == 1


def test_a_bogus_answer_is_no_reason_to_ask_for_somebody_else() -> None:
    world = Published({f"{EXACT} OPENPGPKEY": KEY}, dnssec=Dnssec.BOGUS)
    judge(look_up(parse_address("Hugh@example.com"), "_openpgpkey", "OPENPGPKEY"), world)
    assert len(world.asked) == 1


def test_what_asks_for_something_else_is_not_judged_as_published() -> None:
    with pytest.raises(AssertionError, match="something else"):
        judged_as_published(_asking_twice(), Record("a.example", "SMIMEA", 0, b""))


def _asking_twice() -> Flow[Check]:
    yield from ask("a.example", "SMIMEA")
    yield from ask("b.example", "SMIMEA")
    raise AssertionError("nobody answers")
