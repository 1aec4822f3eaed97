"""The decision table of `verify`: from the answers of the protocols to one overall verdict, one sentence and an exit code.

Protocol results (spf=, dkim=, dmarc=) stay to the letter of their RFC. What is decided here is mailsec's own judgement and
stands apart from them; the row that decided is named in the report. Rows that need ARC, OpenPGP or S/MIME have their numbers
reserved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.exits import Exit
from mailsec.core.results import Finding, Status, Verdict
from mailsec.core.rules import Severity


class DomainAnswer(StrEnum):
    """Did the author domain vouch for the message?"""

    YES = "yes"
    NO = "no"
    OPEN = "open"
    NONE = "none"


class ContentAnswer(StrEnum):
    """Did a person's key vouch for the content? The other answers come with OpenPGP and S/MIME."""

    ABSENT = "absent"


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
class Case:
    """All that the decision rests on. `refusal` says why the From cannot be judged (row 2); `mailing_list` names a list."""

    domains: tuple[AuthorDomain, ...]
    refusal: str = ""
    findings: tuple[Finding, ...] = ()
    fail_on: Severity | None = Severity.HIGH
    envelope: bool = False
    mailing_list: str = ""

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


def decide(case: Case) -> Decision:
    """The first row of the table that applies."""
    row = next(row for row in _ROWS if row.applies(case))
    verdict = Verdict(case.answer, ContentAnswer.ABSENT, row.overall, row.exit, row.number)
    return Decision(verdict, row.sentence(case))


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
    sentences = []
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


def _open(case: Case) -> bool:
    return case.answer is DomainAnswer.OPEN


_ROWS = (
    _Row(2, lambda case: bool(case.refusal), Status.PERMERROR, Exit.DOES_NOT_HOLD, _refused),
    _Row(4, lambda case: case.serious is not None, Status.POLICY, Exit.DOES_NOT_HOLD, _serious),
    _Row(8, lambda case: case.answer is DomainAnswer.NO, Status.FAIL, Exit.DOES_NOT_HOLD, _forged),
    _Row(11, lambda case: case.answer is DomainAnswer.YES, Status.PASS, Exit.HOLDS, _vouched),
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
