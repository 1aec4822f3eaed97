"""A test for each row of the decision table, and for the order among them."""

from __future__ import annotations

import pytest

from mailsec.api.verdict import AuthorDomain, Case, Content, DomainAnswer, Question, decide
from mailsec.content.judge.layer import ContentAnswer
from mailsec.core.results import Finding, Status
from mailsec.core.rules import Severity

YES = AuthorDomain("a.example", "reject", vouchers=("DKIM d=a.example",))
YES_WITHOUT_POLICY = AuthorDomain("a.example", None, vouchers=("SPF a.example",))
NO = AuthorDomain("a.example", "reject", failed=("SPF says fail",), changed="the body was changed")
NO_P_NONE = AuthorDomain("a.example", "none")
PARTIAL = AuthorDomain("a.example", "reject", partial=("DKIM d=a.example leaves 9 octets unsigned",))
TEMPORARY = AuthorDomain("a.example", "reject", temporary="timeout at s._domainkey.a.example")
CHANGED = AuthorDomain("a.example", "reject", failed=("DKIM fail",), skipped=True, changed="the body was changed")
SKIPPED = AuthorDomain("a.example", "reject", skipped=True)
GONE = AuthorDomain("a.example", "reject", skipped=True, unusable="no key")
NONE_FAIL = AuthorDomain("a.example", None, failed=("SPF says fail",))
NONE = AuthorDomain("a.example", None)
GOOD = Content(ContentAnswer.GOOD, "signed by alice")
GOOD_HEADER = Content(ContentAnswer.GOOD, "signed by alice", header=True)
EXPOSED = Content(ContentAnswer.GOOD, "signed by alice", exposed="Reply-To names c@x.example")
IN_PART = Content(ContentAnswer.PARTIAL, "signed by alice, but not all of it")
ATTACHED = Content(ContentAnswer.PARTIAL, "what is signed is inside of an attachment", attached=True)
BAD = Content(ContentAnswer.BAD, "the text was changed")
UNKNOWN = Content(ContentAnswer.UNJUDGED, "made by a key that is not known")
UNASKED = Content(ContentAnswer.UNJUDGED, "the key server did not answer", temporary=True)
HIGH = Finding("x-rule", Severity.HIGH, "something bad")
LOW = Finding("y-rule", Severity.LOW, "something small")


@pytest.mark.parametrize(
    ("case", "row", "overall", "exit_code", "words"),
    [
        (Case((YES,), refusal="it has no From"), 2, Status.PERMERROR, 1, "no From"),
        (Case((YES,), findings=(LOW, HIGH)), 4, Status.POLICY, 1, "something bad (x-rule)"),
        (Case((YES,), findings=(LOW,), fail_on=Severity.LOW), 4, Status.POLICY, 1, "y-rule"),
        (Case((YES,), findings=(HIGH,), fail_on=None), 11, Status.PASS, 0, "vouches"),
        (Case((YES,), content=BAD), 3, Status.FAIL, 1, "not the author's: the text was changed"),
        (Case((YES,), findings=(HIGH,), content=BAD), 3, Status.FAIL, 1, "the text was changed"),
        (Case((YES,), refusal="it has no From", content=BAD), 2, Status.PERMERROR, 1, "no From"),
        (Case((NO,), content=GOOD_HEADER), 6, Status.PASS, 0, "by the person, not by the domain"),
        (Case((NO,), content=GOOD), 7, Status.FAIL, 1, "The text is authentic, this mail is not"),
        (Case((NO,), content=IN_PART), 8, Status.FAIL, 1, "does not vouch"),
        (Case((NO,), content=UNKNOWN), 8, Status.FAIL, 1, "does not vouch"),
        (Case((YES,), content=IN_PART), 9, Status.POLICY, 1, "but not all of it"),
        (Case((NONE,), content=IN_PART), 9, Status.POLICY, 1, "but not all of it"),
        (Case((NONE,), content=EXPOSED), 9, Status.POLICY, 1, "Reply-To names c@x.example, and neither"),
        (Case((YES,), content=EXPOSED), 11, Status.PASS, 0, "vouches"),
        (Case((YES,), content=UNKNOWN), 10, Status.NEUTRAL, 7, "a key that is not known"),
        (Case((YES,), content=UNASKED), 10, Status.TEMPERROR, 5, "did not answer"),
        (Case((YES,), content=GOOD), 11, Status.PASS, 0, "Signed by alice; a.example vouches"),
        (Case((YES,), content=IN_PART, allow_partial=True), 11, Status.PASS, 0, "a.example vouches"),
        (Case((NONE,), content=GOOD), 12, Status.PASS, 0, "Signed by alice; a.example offers no way to confirm it."),
        (Case((SKIPPED,), content=GOOD), 12, Status.PASS, 0, "a.example was not settled"),
        (Case((TEMPORARY,), content=GOOD), 12, Status.PASS, 0, "was not settled"),
        (Case((NONE,), content=IN_PART, allow_partial=True), 12, Status.PASS, 0, "Signed by alice"),
        (Case((YES,), content=ATTACHED, allow_partial=True), 11, Status.PASS, 0, "a.example vouches"),
        (Case((NO,), content=ATTACHED, allow_partial=True), 8, Status.FAIL, 1, "a.example does not vouch"),
        (Case((NONE,), content=ATTACHED, allow_partial=True), 9, Status.POLICY, 1, "inside of an attachment"),
        (Case((NO,)), 8, Status.FAIL, 1, "does not vouch for this message: SPF says fail (policy: reject)"),
        (Case((NO_P_NONE,)), 8, Status.FAIL, 1, "asks for no action"),
        (
            Case((NO,), mailing_list="the list L"),
            8,
            Status.FAIL,
            1,
            "the list L, which vouches for it; a.example itself does not",
        ),
        (Case((YES,)), 11, Status.PASS, 0, "a.example vouches for this message by DKIM d=a.example."),
        (Case((YES_WITHOUT_POLICY,)), 11, Status.PASS, 0, "and publishes no policy"),
        (Case((PARTIAL,)), 13, Status.POLICY, 1, "9 octets unsigned"),
        (Case((TEMPORARY,)), 14, Status.TEMPERROR, 5, "timeout at"),
        (Case((CHANGED,)), 15, Status.FAIL, 1, "Changed since a.example signed it"),
        (Case((SKIPPED,)), 16, Status.NONE, 3, "no envelope is known"),
        (Case((SKIPPED,), envelope=True), 16, Status.NONE, 3, "Not all"),
        (Case((GONE,)), 16, Status.NONE, 3, "no key"),
        (Case((NONE_FAIL,)), 17, Status.FAIL, 1, "SPF says fail"),
        (Case((NONE,)), 17, Status.NONE, 3, "nothing vouches"),
    ],
)
def test_each_row(case: Case, row: int, overall: Status, exit_code: int, words: str) -> None:
    decision = decide(case)
    assert (decision.verdict.decided_by, decision.verdict.overall, decision.verdict.exit) == (row, overall, exit_code)
    assert words in decision.sentence


def test_of_several_author_domains_the_worst_counts() -> None:
    order = [NO, SKIPPED, NONE, YES]
    for index, worst in enumerate(order):
        for other in order[index:]:
            assert Case((other, worst)).domain.answer is worst.answer


def test_an_aligned_pass_wins_over_what_failed_or_timed_out() -> None:
    domain = AuthorDomain("a.example", "reject", vouchers=("SPF",), failed=("DKIM",), temporary="timeout", skipped=True)
    assert domain.answer is DomainAnswer.YES


def test_a_change_is_not_held_against_the_message_where_spf_could_still_have_passed() -> None:
    assert decide(Case((CHANGED,), envelope=True)).verdict.decided_by == 16


@pytest.mark.parametrize(
    ("case", "question", "exit_code"),
    [
        (Case((YES,), content=UNKNOWN), Question.DOMAIN, 0),
        (Case((YES,), content=BAD), Question.DOMAIN, 0),
        (Case((NO,), content=GOOD), Question.DOMAIN, 1),
        (Case((NO,), content=GOOD), Question.CONTENT, 0),
        (Case((NO,), content=GOOD), Question.ANY, 0),
        (Case((NO,), content=GOOD), Question.BOTH, 1),
        (Case((YES,), content=GOOD), Question.BOTH, 0),
        (Case((YES,)), Question.CONTENT, 3),
        (Case((YES,)), Question.BOTH, 3),
        (Case((YES,), content=IN_PART), Question.CONTENT, 1),
        (Case((YES,), content=IN_PART, allow_partial=True), Question.CONTENT, 0),
        (Case((YES,), content=UNASKED), Question.CONTENT, 5),
        (Case((YES,), content=UNKNOWN), Question.CONTENT, 7),
        (Case((TEMPORARY,), content=GOOD), Question.DOMAIN, 5),
        (Case((TEMPORARY,), content=UNKNOWN), Question.ANY, 7),
        (Case((NONE,)), Question.ANY, 3),
        (Case((YES,), refusal="it has no From"), Question.DOMAIN, 1),
        (Case((YES,), findings=(HIGH,)), Question.DOMAIN, 1),
    ],
)
def test_the_exit_code_of_one_question(case: Case, question: Question, exit_code: int) -> None:
    assert decide(case, question).verdict.exit == exit_code
    assert decide(case, question).verdict.decided_by == decide(case).verdict.decided_by
