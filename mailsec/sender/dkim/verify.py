"""Who signed a message, and does it hold (RFC 6376 section 6): every signature judged, the keys asked for side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from mailsec.core.flow import Answer, Flow, ask, gather
from mailsec.core.limits.sender import DKIM_SIGNATURES, DKIM_SIGNATURES_SHOWN, DMARC_AUTHOR_DOMAINS
from mailsec.core.results import Check, Finding, Status, finding
from mailsec.message.fields import Field, Message
from mailsec.sender.dkim import rules
from mailsec.sender.dkim.canonical import RELAXED, BodyHash, hash_body
from mailsec.sender.dkim.coverage import index_of
from mailsec.sender.dkim.judge import Job, SignatureResult, bare_result
from mailsec.sender.dkim.signature import claimed_domain

__all__ = ["DkimResult", "SignatureResult", "verify"]

# Which of several results stands for the message: what it would take to believe it, best first.
_BEST = (
    Status.PASS,
    Status.TEMPERROR,
    Status.POLICY,
    Status.FAIL,
    Status.NEUTRAL,
    Status.PERMERROR,
    Status.SKIPPED,
)


@dataclass(frozen=True, slots=True)
class DkimResult:
    """The signatures in the order of the message, and the best of their results as `status` (none where there is none)."""

    signatures: tuple[SignatureResult, ...]
    status: Status
    check: Check


def verify(message: Message, *, now: int, author_domains: Sequence[str] = ()) -> Flow[DkimResult]:
    """Judge the DKIM signatures of `message` at the time `now`, in seconds since 1970 UTC.

    At most `limits.DKIM_SIGNATURES` are judged, first those whose d= could align with one of `author_domains` (names); others
    are *skipped*. The flow asks one TXT question a key. Never raises.
    """
    index = index_of(message.fields)
    fields = index.get(b"dkim-signature", [])
    drafts = _drafts(index.get(b"dkim2-signature", []))
    if not fields:
        return DkimResult((), Status.NONE, Check("dkim", Status.NONE, "the message has no DKIM signature", children=drafts))
    order = _order(fields, author_domains)
    jobs = [Job(fields[position]) for position in order[:DKIM_SIGNATURES]]
    yield from _fetch_keys(jobs)
    bodies = _hash_bodies(message, jobs)
    results = [job.judge(index, bodies, message, now) for job in jobs]
    for position in order[DKIM_SIGNATURES:DKIM_SIGNATURES_SHOWN]:
        results.append(bare_result(fields[position], message, Status.SKIPPED, f"limit: {DKIM_SIGNATURES} are judged"))
    in_order = sorted(zip(order, results, strict=False), key=itemgetter(0))
    return _summary(tuple([result for _, result in in_order]), len(fields), drafts)


def _summary(signatures: tuple[SignatureResult, ...], total: int, drafts: tuple[Check, ...]) -> DkimResult:
    best = min(signatures, key=lambda result: _BEST.index(result.status))
    status, reason = best.status, best.reason
    if status is Status.PASS:
        signers = dict.fromkeys([result.domain for result in signatures if result.status is Status.PASS])
        reason = f"signed by {', '.join(signers)}"
    findings: tuple[Finding, ...] = ()
    if total > DKIM_SIGNATURES:
        findings = (finding(rules.SIGNATURE_LIMIT, f"{total} signatures, of which {DKIM_SIGNATURES} were judged"),)
    children = (*[result.check for result in signatures], *drafts)
    return DkimResult(signatures, status, Check("dkim", status, reason, (), findings, (), children))


def _drafts(fields: Sequence[Field]) -> tuple[Check, ...]:
    if not fields:
        return ()
    return (Check("dkim2", Status.SKIPPED, f"DKIM2 is a draft: DKIM2-Signature fields not judged: {len(fields)}"),)


def _order(fields: Sequence[Field], author_domains: Sequence[str]) -> list[int]:
    """The positions of `fields`, those first whose d= is closest to an author domain; the message's order among equals."""
    positions = list(range(len(fields)))
    if len(fields) > DKIM_SIGNATURES and author_domains:
        authors = author_domains[:DMARC_AUTHOR_DOMAINS]
        positions.sort(key=lambda at: -_closeness(claimed_domain(fields[at].value), authors))
    return positions


def _closeness(domain: str, authors: Sequence[str]) -> int:
    """How many labels `domain` shares with an author domain, counted from the right; one more label where they are the same."""
    labels = domain.split(".")[::-1]
    best = 0
    for author in authors:
        if domain == author:
            return len(labels) + 1
        shared = 0
        for one, other in zip(labels, author.split(".")[::-1], strict=False):
            if one != other:
                break
            shared += 1
        best = max(best, shared)
    return best


def _fetch_keys(jobs: Sequence[Job]) -> Flow[None]:
    """Ask for all keys at once, each name once, and hand them to the jobs."""
    waiting: dict[str, list[Job]] = {}
    for job in jobs:
        if job.signature is not None and job.failure is None:
            waiting.setdefault(job.signature.key_name, []).append(job)
    answers: list[Answer]
    if len(waiting) == 1:
        answers = [(yield from ask(next(iter(waiting)), "TXT"))]
    else:
        answers = yield from gather([ask(name, "TXT") for name in waiting])
    for answer, group in zip(answers, waiting.values(), strict=True):
        for job in group:
            job.take_keys(answer)


def _hash_bodies(message: Message, jobs: Sequence[Job]) -> dict[bool, BodyHash]:
    """The body hashes that the jobs with a key need, by *relaxed*: each canonical form is made once."""
    lengths: dict[bool, set[int]] = {}
    for job in jobs:
        if job.keys and job.signature is not None:
            wanted = lengths.setdefault(job.signature.body_canonicalization == RELAXED, set())
            if job.signature.length is not None:
                wanted.add(job.signature.length)
    return {
        relaxed: hash_body(message.data, message.body, relaxed=relaxed, lengths=wanted) for relaxed, wanted in lengths.items()
    }
