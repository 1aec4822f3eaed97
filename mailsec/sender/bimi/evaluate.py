"""BIMI for a message: may its domain's logo be shown (draft-brand-indicators-for-message-identification section 7)?

Only a message that passes DMARC under a policy that suffices is asked about. What it brings along of fields that receivers
write is named and never believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailsec.core.flow import Flow
from mailsec.core.limits.sender import BIMI_FIELD
from mailsec.core.lookup import failed, failure, quoted
from mailsec.core.results import AuthResult, Check, Evidence, Fact, Finding, Status, finding
from mailsec.core.taglist import TagListError
from mailsec.core.taglist import parse as parse_tags
from mailsec.core.text import from_bytes
from mailsec.message.authors import Author
from mailsec.message.evidence import field_evidence
from mailsec.message.fields import Message
from mailsec.sender.bimi import rules
from mailsec.sender.bimi.discover import Discovered, discover, is_selector
from mailsec.sender.bimi.lint import DEFAULT_SELECTOR
from mailsec.sender.bimi.material import Trust, judge_material, worst
from mailsec.sender.bimi.policy import position_of
from mailsec.sender.bimi.record import BimiError, BimiRecord, parse
from mailsec.sender.dmarc.evaluate import DmarcResult

RECEIVERS = ("BIMI-Location", "BIMI-Indicator", "BIMI-Logo-Preference")
"""The fields that only a receiver may write."""
_SELECTOR = "BIMI-Selector"
_SHOWN = 5
_UNVOUCHED = "the logo is of the profile; no mark certificate vouches that it is the domain's"


@dataclass(frozen=True, slots=True)
class Subject:
    """The message, its author, what DMARC made of it, and what the DKIM signatures that align and pass have signed (lower-case
    names). What stands from the octet `border` on came in with the message; None where that is not known."""

    message: Message
    author: Author
    dmarc: DmarcResult
    signed: frozenset[str] = frozenset()
    border: int | None = None


@dataclass(frozen=True, slots=True)
class BimiResult:
    """pass: the logo may be shown; fail: it may not; none: there is no record, or the domain declines; neutral: the root of the
    certificate is not known here; skipped: not asked, and why; temperror: a lookup failed."""

    check: Check
    auth: AuthResult


def brought_along(subject: Subject) -> tuple[Finding, ...]:
    """The finding about fields of a receiver that came in with the message."""
    fields = [
        field
        for name in RECEIVERS
        for field in subject.message.all(name)
        if subject.border is None or field.start >= subject.border
    ]
    if not fields:
        return ()
    names = ", ".join(dict.fromkeys(from_bytes(field.name) for field in fields))
    shown = (field_evidence(subject.message, field) for field in fields[:_SHOWN])
    return (finding(rules.BROUGHT, f"{names}: not believed", *shown),)


def unasked(subject: Subject, reason: str) -> BimiResult:
    """The result where nothing is asked, for that reason."""
    return _Answer(subject).result(Status.SKIPPED, reason)


def evaluate(subject: Subject, trust: Trust) -> Flow[BimiResult]:
    """Judge BIMI for a message. Never raises."""
    answer = _Answer(subject)
    refusal = _refusal(subject)
    if refusal:
        return answer.result(Status.SKIPPED, refusal)
    position = yield from position_of(subject.author.domains[0])
    if not position.eligibility.eligible:
        status = Status.SKIPPED if position.eligibility.eligible is False else Status.TEMPERROR
        return answer.result(status, f"the DMARC policy: {position.eligibility.reason}")
    return (yield from _shown(answer, subject, position.organizational_domain, trust))


def _shown(answer: _Answer, subject: Subject, organizational_domain: str, trust: Trust) -> Flow[BimiResult]:
    """The result for a message that may have a logo: the record, and what it names (sections 7.2 to 7.6)."""
    selector, notes = _selector(subject)
    answer.findings += notes
    local_part = from_bytes(subject.author.mailboxes[0].local)
    found = yield from discover(subject.author.domains[0], organizational_domain, selector, local_part)
    answer.place = found
    if failed(found.answer):
        return answer.result(Status.TEMPERROR, failure(found.answer))
    if not found.found:
        return answer.result(Status.NONE, "no record")
    answer.evidence = tuple(quoted(found.name, text) for text in found.found[:_SHOWN])
    record, why = _record(found)
    if record is None:
        return answer.result(Status.FAIL, why)
    if record.declined:
        return answer.result(Status.NONE, "the domain declines to have a logo shown", word="declined")
    answer.record = record
    answer.children = yield from judge_material(found.place, record.location, record.evidence, trust)
    return answer.judged()


def _refusal(subject: Subject) -> str:
    """Why BIMI is not to be asked about (section 7.1)."""
    who, dmarc = subject.author, subject.dmarc
    if who.reason or len(who.mailboxes) != 1 or len(who.domains) != 1:
        return "the message has not exactly one author"
    if dmarc.status is not Status.PASS:
        return f"the message does not pass DMARC: {dmarc.status}"
    return ""


def _record(found: Discovered) -> tuple[BimiRecord | None, str]:
    if len(found.found) > 1:
        return None, "several records"
    try:
        record = parse(found.found[0])
    except BimiError as error:
        return None, f"the record is not valid: {error.message}"
    return (record, "") if record.is_svg or record.declined else (None, "the logo is not SVG")


def _selector(subject: Subject) -> tuple[str, tuple[Finding, ...]]:
    """The selector that the message asks for, where that is signed by its domain; else the default, and why (section 5.5)."""
    fields = subject.message.all(_SELECTOR)
    if not fields:
        return DEFAULT_SELECTOR, ()
    why = ""
    selector = ""
    if len(fields) > 1:
        why = f"{len(fields)} fields of this name"
    elif _SELECTOR.lower() not in subject.signed:
        why = "no DKIM signature that aligns covers it"
    elif not (selector := _named(fields[0].value)):
        why = "it is not of the form v=BIMI1; s=SELECTOR;"
    if not why:
        return selector, ()
    return DEFAULT_SELECTOR, (finding(rules.SELECTOR_IGNORED, why, field_evidence(subject.message, fields[0])),)


def _named(value: bytes) -> str:
    """The selector in a BIMI-Selector field, in lower case; "" where the field is not valid."""
    try:
        tags = parse_tags(from_bytes(value[: BIMI_FIELD + 1])) if len(value) <= BIMI_FIELD else ()
    except TagListError:
        return ""
    if not tags or (tags[0].name, tags[0].value) != ("v", "BIMI1"):
        return ""
    named = next((tag.value for tag in tags if tag.name == "s"), "")
    return named.lower() if is_selector(named) else ""


class _Answer:
    """What was learned so far."""

    def __init__(self, subject: Subject) -> None:
        self.findings = brought_along(subject)
        self.place: Discovered | None = None
        self.record: BimiRecord | None = None
        self.evidence: tuple[Evidence, ...] = ()
        self.children: Sequence[Check] = ()

    def judged(self) -> BimiResult:
        """The result over what the record names."""
        decisive = worst(self.children)
        if decisive is None:
            vouched = any(check.name == "certificate" for check in self.children)
            return self.result(Status.PASS, "the logo may be shown" if vouched else _UNVOUCHED)
        return self.result(decisive.status or Status.FAIL, f"{decisive.name}: {decisive.reason}")

    def result(self, status: Status, reason: str, word: str = "") -> BimiResult:
        """The check and the result in the terms of RFC 8601. What has no word in the draft is not written there."""
        check = Check("bimi", status, reason, tuple(self._facts()), self.findings, self.evidence, tuple(self.children))
        said = Status.SKIPPED if status is Status.NEUTRAL else status
        domain = self.place.place.domain if self.place else ""
        return BimiResult(check, AuthResult("bimi", said, reason, domain, tuple(self._properties()), word))

    def _facts(self) -> Iterator[Fact]:
        if self.place is not None:
            yield Fact("record-at", self.place.name)
        if self.record is not None:
            yield Fact("location", self.record.location)
            yield Fact("evidence", self.record.evidence)
            yield Fact("preference", self.record.preference)

    def _properties(self) -> Iterator[tuple[str, str]]:
        """Section 7.7. The authority is judged by itself, whatever became of the logo."""
        if self.place is None or self.record is None:
            return
        yield "header.d", self.place.place.domain
        yield "header.selector", self.place.place.selector
        certificate = next((check for check in self.children if check.name == "certificate"), None)
        status = certificate.status if certificate else None
        yield "policy.authority", status.value if status in (Status.PASS, Status.FAIL) else "none"
        if self.record.evidence:
            yield "policy.authority-uri", self.record.evidence
        yield "policy.indicator-uri", self.record.location
