"""From the results of the protocols to the case that the decision table judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailsec.api.envelope import Envelope
from mailsec.api.verdict import AuthorDomain, Case, Content
from mailsec.core.domains import is_within
from mailsec.core.results import AuthResult, Check, Finding, Status
from mailsec.core.rules import Severity
from mailsec.core.text import from_bytes
from mailsec.message.checks import Author
from mailsec.message.fields import Message
from mailsec.message.mime import Structure
from mailsec.sender.dkim.verify import DkimResult, SignatureResult
from mailsec.sender.dmarc.evaluate import DmarcResult, DomainJudgement

if TYPE_CHECKING:
    from mailsec.api.verify_reported import StandIn
    from mailsec.content.judge.content import ContentResult
    from mailsec.content.smime.published import Published
    from mailsec.sender.bimi.evaluate import BimiResult
    from mailsec.sender.spf.evaluate import SpfResult


@dataclass(frozen=True, slots=True)
class Evidenced:
    """All that the rooms found out about one message.

    `identifiers` is what DMARC was fed with: MAIL FROM first, then one for each DKIM signature in the order of `dkim`. Those in
    `reported`, by their index, are what the receiver reported in place of what could not be judged. `foreign` shows what other
    hosts said of the message, None where none did; `opinion` what another program did, None where none was asked; `content`
    what became of signatures of the content, None where there are none; `published` what the DNS says of the author's
    certificates, `bimi` whether the domain's logo may be shown, both None where that was not asked.
    """

    message: Message
    envelope: Envelope
    author: Author
    mail_from: SpfResult | None
    helo: SpfResult | None
    dkim: DkimResult
    dmarc: DmarcResult
    identifiers: tuple[AuthResult, ...]
    structure: Structure
    form: Check
    spoofing: Check
    content: ContentResult | None = None
    foreign: Check | None = None
    opinion: Check | None = None
    published: Published | None = None
    bimi: BimiResult | None = None
    reported: Mapping[int, StandIn] = field(default_factory=dict)

    def signature(self, index: int) -> SignatureResult | None:
        """The DKIM signature behind an identifier, None for SPF."""
        return self.dkim.signatures[index - 1] if index else None

    def unsigned_body(self, index: int) -> int:
        """How many octets of the body an identifier leaves unsigned."""
        if index in self.reported:
            return self.reported[index].unsigned_body
        signature = self.signature(index)
        return (signature.unsigned_body or 0) if signature is not None else 0

    def others(self) -> tuple[Check, ...]:
        """What was judged elsewhere: by other hosts on the way, by other programs here."""
        return tuple(check for check in (self.foreign, self.opinion) if check is not None)

    def findings(self) -> Iterator[Finding]:
        """Every finding of every room."""
        for check in (
            self.form,
            self.spoofing,
            self.dkim.check,
            self.dmarc.check,
            *(each.check for each in (self.mail_from, self.helo, self.content, self.bimi) if each),
            *self.others(),
        ):
            yield from check.all_findings()


def case_of(evidenced: Evidenced, fail_on: Severity | None, *, allow_partial: bool = False) -> Case:
    """What the decision table needs to know."""
    return Case(
        tuple(_author_domain(evidenced, judgement) for judgement in evidenced.dmarc.judgements),
        refusal=evidenced.author.reason,
        findings=tuple(evidenced.findings()),
        fail_on=fail_on,
        envelope=evidenced.envelope.known,
        mailing_list=mailing_list(evidenced),
        content=_content(evidenced.content),
        allow_partial=allow_partial,
    )


def _content(found: ContentResult | None) -> Content:
    if found is None:
        return Content()
    return Content(found.answer, found.reason, found.protected.complete, found.exposed, found.temporary, found.attached)


def describe(evidenced: Evidenced, index: int) -> str:
    """An identifier in a few words: "SPF bank.example", "DKIM d=bank.example s=2026, as mx.example.net reported"."""
    signature = evidenced.signature(index)
    name = f"DKIM d={signature.domain} s={signature.selector}" if signature else f"SPF {evidenced.identifiers[index].domain}"
    return f"{name}, as {evidenced.reported[index].by} reported" if index in evidenced.reported else name


def _author_domain(evidenced: Evidenced, judgement: DomainJudgement) -> AuthorDomain:
    whole, partial = [], []
    for index in judgement.aligned:
        if unsigned := evidenced.unsigned_body(index):
            partial.append(f"{describe(evidenced, index)} leaves {unsigned} octets of the body unsigned")
        else:
            whole.append(describe(evidenced, index))
    open_to = (*judgement.alignable, *judgement.unknown)
    return AuthorDomain(
        judgement.domain,
        _policy(judgement),
        vouchers=tuple(whole),
        partial=tuple(partial),
        failed=tuple(_failure(evidenced, index) for index in judgement.alignable if _status(evidenced, index) is Status.FAIL),
        temporary=_temporary(evidenced, judgement),
        skipped=any(_status(evidenced, index) is Status.SKIPPED for index in open_to),
        changed=_reason(evidenced, judgement, Status.FAIL),
        unusable=_reason(evidenced, judgement, Status.PERMERROR) or _reason(evidenced, judgement, Status.POLICY),
    )


def _policy(judgement: DomainJudgement) -> str | None:
    """The policy in force, None without one; "unknown" where a record is there and a lookup would have told which applies."""
    if judgement.record is None or not judgement.record.usable:
        return None
    return judgement.policy or "unknown"


def _status(evidenced: Evidenced, index: int) -> Status:
    return evidenced.identifiers[index].status


def _failure(evidenced: Evidenced, index: int) -> str:
    if evidenced.signature(index) is None and index not in evidenced.reported:
        return f"SPF of {evidenced.identifiers[index].domain} says fail for {evidenced.envelope.ip}"
    return f"{describe(evidenced, index)} fails: {evidenced.identifiers[index].reason}"


def _temporary(evidenced: Evidenced, judgement: DomainJudgement) -> str:
    """The failed lookup that could change the answer, in words; "" where there is none."""
    for index in (*judgement.alignable, *judgement.unknown):
        if _status(evidenced, index) is Status.TEMPERROR:
            return f"{describe(evidenced, index)}: {evidenced.identifiers[index].reason}"
    asked = any(each.status is not Status.SKIPPED for each in evidenced.identifiers)
    return f"DMARC: {judgement.reason}" if asked and judgement.status is Status.TEMPERROR else ""


def _reason(evidenced: Evidenced, judgement: DomainJudgement, status: Status) -> str:
    """Why the first signature that could align has this status."""
    return next(
        (evidenced.identifiers[index].reason for index in judgement.alignable if index and _status(evidenced, index) is status),
        "",
    )


def mailing_list(evidenced: Evidenced) -> str:
    """The mailing list that passed the message on and vouches for it (List-Id, RFC 2919), or ""."""
    found = evidenced.message.first("List-Id")
    if found is None:
        return ""
    name = from_bytes(found.value.rpartition(b"<")[2].partition(b">")[0].strip()).lower()
    passed = {each.domain for each in evidenced.identifiers if each.status is Status.PASS and each.domain}
    return f"the mailing list {name}" if any(is_within(name, domain) for domain in passed) else ""
