from __future__ import annotations

from itertools import combinations

import pytest

from mailsec.core import errors
from mailsec.core.exits import Exit, exit_for, most_severe
from mailsec.core.results import Status

ORDER = [70, 2, 1, 7, 6, 5, 4, 3, 0]


def test_codes_are_what_scripts_rely_on() -> None:
    assert [code.value for code in Exit] == [0, 1, 2, 3, 4, 5, 6, 7, 70, 130, 141]
    assert all(code.meaning for code in Exit)


@pytest.mark.parametrize(("worse", "better"), list(combinations(ORDER, 2)))
def test_the_most_severe_decides(worse: int, better: int) -> None:
    assert most_severe([better, worse, better]) is Exit(worse)


def test_nothing_done_is_done() -> None:
    assert most_severe([]) is Exit.HOLDS


@pytest.mark.parametrize("code", list(Exit))
def test_every_code_has_its_place(code: Exit) -> None:
    assert most_severe([code]) is code
    assert most_severe([0, code]) is code


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (None, 0),
        (Status.PASS, 0),
        (Status.FAIL, 1),
        (Status.POLICY, 1),
        (Status.PERMERROR, 1),
        (Status.TEMPERROR, 5),
        (Status.NONE, 3),
        (Status.NEUTRAL, 3),
        (Status.SOFTFAIL, 3),
        (Status.SKIPPED, 3),
    ],
)
def test_a_single_judgements_code(status: Status | None, code: int) -> None:
    assert exit_for(status) == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.MailsecError, 70),
        (errors.UsageError, 2),
        (errors.NothingToJudge, 3),
        (errors.BadInput, 4),
        (errors.TemporaryFailure, 5),
        (errors.KeyUnavailable, 7),
    ],
)
def test_errors_carry_their_code_and_a_hint(kind: type[errors.MailsecError], code: int) -> None:
    error = kind("what", hint="next")
    assert (str(error), error.message, error.hint, error.exit) == ("what", "what", "next", code)
    assert kind("what").hint == ""
