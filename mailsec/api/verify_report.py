"""The report of `verify`: the protocols' checks, the identities side by side, the trace, a paragraph for a ticket."""

from __future__ import annotations

from dataclasses import replace

from mailsec.api.tool import TOOL
from mailsec.api.trace import Trace, trace_check
from mailsec.api.verdict import Case, Decision, DomainAnswer
from mailsec.api.verify_case import Evidenced
from mailsec.api.verify_identities import identities
from mailsec.core.domains import to_unicode
from mailsec.core.results import Check, Fact, Report, Status
from mailsec.core.text import clipped, from_bytes, visible
from mailsec.message.mime import protection


def report(
    evidenced: Evidenced, case: Case, decision: Decision, *, subject: str, now: int, trace: Trace | None, explain: bool
) -> Report:
    """The whole answer about one message, with the trace and the paragraph where they are wanted."""
    checks = [
        identities(evidenced),
        evidenced.envelope.check(),
        _spf(evidenced),
        evidenced.dkim.check,
        evidenced.dmarc.check,
        *((evidenced.bimi.check,) if evidenced.bimi else ()),
        *evidenced.others(),
        *_content(evidenced),
        evidenced.form,
        evidenced.spoofing,
    ]
    if trace is not None:
        checks.append(trace_check(trace))
    return Report(
        subject,
        decision.verdict.overall,
        decision.sentence,
        tuple(checks),
        now,
        TOOL,
        decision.verdict.exit,
        decision.verdict,
        explanation(evidenced, case, decision) if explain else "",
    )


def _spf(evidenced: Evidenced) -> Check:
    """Both SPF identities under one node; the return path's answer is the node's."""
    named = (("MAIL FROM", evidenced.mail_from), ("HELO", evidenced.helo))
    asked = tuple(replace(result.check, name=name) for name, result in named if result)
    mail_from = evidenced.mail_from.auth if evidenced.mail_from else evidenced.envelope.unasked
    return Check("spf", mail_from.status, mail_from.reason, children=asked)


def _content(evidenced: Evidenced) -> tuple[Check, ...]:
    """What was judged of the content; and what is there and protects nothing, such as certificates alone: said, not hidden."""
    if evidenced.content is not None:
        return (evidenced.content.check,)
    kinds = ", ".join(dict.fromkeys(f"{each.method} {each.form}" for each in protection(evidenced.structure)))
    if not kinds:
        return ()
    return (Check("content", Status.SKIPPED, f"{kinds}: nothing in it is signed or encrypted", (Fact("protection", kinds),)),)


_ADVICE = {
    Status.PASS: "The sender's domain stands behind it. That says who sent it, not that what it says is true.",
    Status.FAIL: "Treat it as forged or changed: do not answer, pay, click or open anything in it; ask the supposed sender "
    "another way.",
    Status.POLICY: "Do not rely on it: ask the supposed sender another way before you act on it.",
    Status.PERMERROR: "Honest software does not write messages like this. Do not act on it.",
    Status.NEUTRAL: "Nothing proves who wrote it until the key is known and trusted. Until then ask the supposed sender "
    "another way.",
    Status.TEMPERROR: "Try again later; until then treat it as unproven.",
    Status.NONE: "Nothing proves who sent it and nothing disproves it. Before you act on it, ask the supposed sender "
    "another way.",
}


_SAID = (2, 3, 4, 6, 7, 9, 10, 12)
"""The rows whose sentence says more than the domain's answer does."""


def explanation(evidenced: Evidenced, case: Case, decision: Decision) -> str:
    """One paragraph for somebody who knows nothing of SPF, DKIM and DMARC."""
    addresses = [visible(from_bytes(mailbox.address)) for mailbox in evidenced.author.mailboxes]
    claims = f"The message says that it comes from {clipped(', '.join(addresses), 200)}. " if addresses else ""
    overall = decision.verdict.overall or Status.NONE
    return f"{claims}{_finding(evidenced, case, decision)} {_ADVICE.get(overall, _ADVICE[Status.NONE])}"


def _finding(evidenced: Evidenced, case: Case, decision: Decision) -> str:
    if decision.verdict.decided_by in _SAID or not case.domains:
        return decision.sentence
    name = _shown(case.domain.name)
    if case.answer is DomainAnswer.YES and (reporter := _only_reported(evidenced, case.domain.name)):
        return f"We cannot check that with {name} any more. When it came in, {reporter} noted that {name} confirmed it."
    return {
        DomainAnswer.YES: f"We checked with {name}, and it confirms that.",
        DomainAnswer.NO: f"We checked with {name}, and it does not confirm that.",
        DomainAnswer.OPEN: f"We could not settle whether {name} really sent it as it is now. {decision.sentence}",
        DomainAnswer.NONE: f"{name} offers no way to confirm that. {decision.sentence}",
    }[case.answer]


def _only_reported(evidenced: Evidenced, domain: str) -> str:
    """Who reported what vouches for `domain`, "" where anything that was judged here does."""
    aligned = [index for judgement in evidenced.dmarc.judgements if judgement.domain == domain for index in judgement.aligned]
    reporters = [evidenced.reported[index].by for index in aligned if index in evidenced.reported]
    return reporters[0] if reporters and len(reporters) == len(aligned) else ""


def _shown(name: str) -> str:
    """A name with its U-labels beside it, where it has any."""
    shown = to_unicode(name)
    return name if shown == name else f"{shown} ({name})"
