"""The decision table of `verify`: from the answers of the protocols to one overall verdict, one sentence and an exit code.

Protocol results (spf=, dkim=, dmarc=) stay to the letter of their RFC. What is decided here is mailsec's own judgement and
stands apart from them; the row that decided is named in the report. The row that needs ARC has its number reserved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailsec.content.judge.layer import ContentAnswer
from mailsec.core.exits import Exit, most_severe
from mailsec.core.results import Finding, Status, Verdict
from mailsec.core.rules import Severity


class DomainAnswer(StrEnum):
    """Did the author domain vouch for the message?"""

    YES = "yes"
    NO = "no"
    OPEN = "open"
    NONE = "none"


class Question(StrEnum):
    """Which question the exit code answers (`--require`)."""

    DOMAIN = "domain"
    CONTENT = "content"
    BOTH = "both"
    ANY = "any"


_WORST = (DomainAnswer.NO, DomainAnswer.OPEN, DomainAnswer.NONE, DomainAnswer.YES)


@dataclass(frozen=True, slots=True)
class AuthorDomain:
    """What is known about one author domain when the table is asked.

    `vouchers` name what passed and aligned ("DKIM d=example.com"); `partial` names those that leave body octets unsigned;
    `failed` names aligned identifiers that fail; `temporary` says that a lookup which could change the answer failed;
    `skipped` that one was not asked; `changed` that an aligned signature does not match the message.
    """

    name: str
    policy: str | None = None
    vouchers: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    temporary: str = ""
    skipped: bool = False
    changed: str = ""
    unusable: str = ""

    @property
    def answer(self) -> DomainAnswer:
        """The domain answer for this author domain."""
        if self.vouchers:
            return DomainAnswer.YES
        if self.temporary or self.skipped or self.partial:
            return DomainAnswer.OPEN
        return DomainAnswer.NONE if self.policy is None else DomainAnswer.NO


@dataclass(frozen=True, slots=True)
class Content:
    """What is known about the content when the table is asked. `reason` says why the answer is what it is; `header` is True
    where the signature covers the header fields too; `exposed` names a field that it does not cover and that names somebody
    else; `temporary` is True where the lookup of a key failed, `attached` where what is signed is inside of an attachment, and
    says nothing about this message."""

    answer: ContentAnswer = ContentAnswer.ABSENT
    reason: str = ""
    header: bool = False
    exposed: str = ""
    temporary: bool = False
    attached: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All that the decision rests on; a file that is no mail has no `domains`. `refusal` says why the From cannot be judged
    (row 2); `mailing_list` names a list; `allow_partial` lets a content that is covered in part count as good."""

    domains: tuple[AuthorDomain, ...]
    refusal: str = ""
    findings: tuple[Finding, ...] = ()
    fail_on: Severity | None = Severity.HIGH
    envelope: bool = False
    mailing_list: str = ""
    content: Content = Content()
    allow_partial: bool = False

    @property
    def vouched(self) -> bool:
        """True where a person's key vouches for the content, or for as much of it as is asked for."""
        if self.content.answer is ContentAnswer.PARTIAL:
            return self.allow_partial and not self.content.attached
        return self.content.answer is ContentAnswer.GOOD

    @property
    def in_part(self) -> bool:
        """True where a key vouches for a part only: of the body, or of what a reader takes the message to be, because a field
        that neither signature nor domain covers names somebody else."""
        if self.content.answer is ContentAnswer.PARTIAL:
            return not self.allow_partial or (self.content.attached and self.answer is not DomainAnswer.YES)
        exposed = self.content.answer is ContentAnswer.GOOD and bool(self.content.exposed)
        return exposed and self.answer is not DomainAnswer.YES

    @property
    def domain(self) -> AuthorDomain:
        """The author domain that counts: the worst of several."""
        return min(self.domains, key=lambda domain: _WORST.index(domain.answer))

    @property
    def answer(self) -> DomainAnswer:
        """The domain answer of the whole message."""
        return self.domain.answer if self.domains else DomainAnswer.NONE

    @property
    def serious(self) -> Finding | None:
        """The first of the most severe findings at or above `fail_on`."""
        if self.fail_on is None:
            return None
        above = [found for found in self.findings if found.severity.rank >= self.fail_on.rank]
        return max(above, key=lambda found: found.severity.rank, default=None)


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict and the sentence that a person reads first."""

    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    applies: Callable[[Case], bool]
    overall: Status
    exit: Exit
    sentence: Callable[[Case], str]


def decide(case: Case, question: Question | None = None) -> Decision:
    """The first row of the table that applies. With a `question` the exit code answers that alone; the verdict stays."""
    row = next(row for row in _ROWS if row.applies(case))
    code = row.exit if question is None else _answered(case, row, Question(question))
    verdict = Verdict(case.answer, case.content.answer, row.overall, code, row.number)
    return Decision(verdict, row.sentence(case))


_DOMAIN_EXITS = {
    DomainAnswer.YES: Exit.HOLDS,
    DomainAnswer.NO: Exit.DOES_NOT_HOLD,
    DomainAnswer.OPEN: Exit.NOTHING,
    DomainAnswer.NONE: Exit.NOTHING,
}
_CONTENT_EXITS = {
    ContentAnswer.GOOD: Exit.HOLDS,
    ContentAnswer.PARTIAL: Exit.DOES_NOT_HOLD,
    ContentAnswer.BAD: Exit.DOES_NOT_HOLD,
    ContentAnswer.UNJUDGED: Exit.KEY,
    ContentAnswer.ABSENT: Exit.NOTHING,
}


def _answered(case: Case, row: _Row, question: Question) -> Exit:
    """The exit code for one question. What nobody can be held to (row 2) or is not to be trusted (row 4) keeps its own."""
    if row.number in (2, 4):
        return row.exit
    domain = Exit.TEMPORARY if _open(case) and case.domain.temporary else _DOMAIN_EXITS[case.answer]
    content = Exit.TEMPORARY if _unjudged(case) and case.content.temporary else _CONTENT_EXITS[case.content.answer]
    if case.vouched:
        content = Exit.DOES_NOT_HOLD if case.in_part else Exit.HOLDS
    if question is Question.DOMAIN:
        return domain
    if question is Question.CONTENT:
        return content
    codes = (domain, content)
    return (most_severe if question is Question.BOTH else _mildest)(codes)


def _mildest(codes: Sequence[Exit]) -> Exit:
    """0 where any holds, else the most severe of what is against it."""
    return Exit.HOLDS if Exit.HOLDS in codes else most_severe(codes)


def _list(names: Sequence[str]) -> str:
    return " and ".join(names)


def _refused(case: Case) -> str:
    return f"Nobody can be held to this message: {case.refusal}."


def _serious(case: Case) -> str:
    found = case.serious
    assert found is not None
    return f"Not to be trusted: {found.sentence} ({found.rule})."


def _forged(case: Case) -> str:
    domain = case.domain
    if case.mailing_list:
        change = f" ({domain.changed})" if domain.changed else ""
        text = f"Sent through {case.mailing_list}, which vouches for it; {domain.name} itself does not{change}"
    else:
        why = f": {_list(domain.failed)}" if domain.failed else ": nothing that passed belongs to it"
        text = f"{domain.name} does not vouch for this message{why}"
    return text + ("; its owner asks for no action (p=none)." if domain.policy == "none" else f" (policy: {domain.policy}).")


def _vouched(case: Case) -> str:
    sentences = [_capital(case.content.reason)] if case.vouched else []
    for domain in case.domains:
        policy = " and publishes no policy" if domain.policy is None else ""
        sentences.append(f"{domain.name} vouches for this message by {_list(domain.vouchers)}{policy}")
    return "; ".join(sentences) + "."


def _partly(case: Case) -> str:
    return f"{case.domain.name} vouches for the beginning only: {_list(case.domain.partial)}."


def _temporary(case: Case) -> str:
    return f"Could not be judged for now: {case.domain.temporary}."


def _changed(case: Case) -> str:
    return f"Changed since {case.domain.name} signed it ({case.domain.changed}); SPF was not asked, as no envelope is known."


def _unasked(case: Case) -> str:
    domain = case.domain
    if domain.unusable:
        return f"No usable signature of {domain.name} ({domain.unusable}), and SPF was not asked, as no envelope is known."
    if case.envelope:
        return f"Not all that could vouch for {domain.name} was judged."
    return f"Nothing to judge: no signature of {domain.name}, and no envelope is known (--ip, --helo, --mail-from)."


def _denied(case: Case) -> str:
    return f"{case.domain.name} publishes no DMARC policy, but {_list(case.domain.failed)}."


def _silent(case: Case) -> str:
    return f"{case.domain.name} publishes no DMARC policy, and nothing vouches for this message."


def _ensured(case: Case) -> str:
    return f"Authentic by the person, not by the domain: {case.content.reason}, its header too; {_forged(case)}"


def _replayed(case: Case) -> str:
    return (
        f"The text is authentic, this mail is not: {case.content.reason}, but an old text can be sent again under new header "
        f"fields, and {_forged(case)}"
    )


def _contradicted(case: Case) -> str:
    if not case.domains:
        return f"The signature does not hold: {case.content.reason}."
    return f"The content is not the author's: {case.content.reason}."


def _covered_in_part(case: Case) -> str:
    if case.content.answer is ContentAnswer.GOOD:
        return f"{_capital(case.content.reason)}, but {case.content.exposed}, and neither signature nor domain covers that."
    return f"{_capital(case.content.reason)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unjudged_content(case: Case) -> str:
    return f"Who wrote it could not be judged: {case.content.reason}."


def _signed(case: Case) -> str:
    if not case.domains:
        return f"{_capital(case.content.reason)}."
    domain = case.domain.name
    how = "offers no way to confirm it" if case.answer is DomainAnswer.NONE else "was not settled"
    return f"{_capital(case.content.reason)}; {domain} {how}."


def _unjudged(case: Case) -> bool:
    return case.content.answer is ContentAnswer.UNJUDGED


def _open(case: Case) -> bool:
    return case.answer is DomainAnswer.OPEN


_ROWS = (
    _Row(2, lambda case: bool(case.refusal), Status.PERMERROR, Exit.DOES_NOT_HOLD, _refused),
    _Row(3, lambda case: case.content.answer is ContentAnswer.BAD, Status.FAIL, Exit.DOES_NOT_HOLD, _contradicted),
    _Row(4, lambda case: case.serious is not None, Status.POLICY, Exit.DOES_NOT_HOLD, _serious),
    _Row(
        6,
        lambda case: case.answer is DomainAnswer.NO and case.vouched and case.content.header,
        Status.PASS,
        Exit.HOLDS,
        _ensured,
    ),
    _Row(
        7,
        lambda case: case.answer is DomainAnswer.NO and case.vouched,
        Status.FAIL,
        Exit.DOES_NOT_HOLD,
        _replayed,
    ),
    _Row(8, lambda case: case.answer is DomainAnswer.NO, Status.FAIL, Exit.DOES_NOT_HOLD, _forged),
    _Row(9, lambda case: case.in_part, Status.POLICY, Exit.DOES_NOT_HOLD, _covered_in_part),
    _Row(10, lambda case: _unjudged(case) and case.content.temporary, Status.TEMPERROR, Exit.TEMPORARY, _unjudged_content),
    _Row(10, _unjudged, Status.NEUTRAL, Exit.KEY, _unjudged_content),
    _Row(11, lambda case: case.answer is DomainAnswer.YES, Status.PASS, Exit.HOLDS, _vouched),
    _Row(12, lambda case: case.vouched, Status.PASS, Exit.HOLDS, _signed),
    _Row(13, lambda case: bool(case.domain.partial), Status.POLICY, Exit.DOES_NOT_HOLD, _partly),
    _Row(14, lambda case: _open(case) and bool(case.domain.temporary), Status.TEMPERROR, Exit.TEMPORARY, _temporary),
    _Row(
        15,
        lambda case: _open(case) and bool(case.domain.changed) and not case.envelope,
        Status.FAIL,
        Exit.DOES_NOT_HOLD,
        _changed,
    ),
    _Row(16, _open, Status.NONE, Exit.NOTHING, _unasked),
    _Row(17, lambda case: bool(case.domain.failed), Status.FAIL, Exit.DOES_NOT_HOLD, _denied),
    _Row(17, lambda case: True, Status.NONE, Exit.NOTHING, _silent),
)
