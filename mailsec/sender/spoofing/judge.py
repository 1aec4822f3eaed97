"""All rules over one message, as one check."""

from __future__ import annotations

from mailsec.core.results import Check, Finding
from mailsec.message.authors import Author
from mailsec.message.fields import Message
from mailsec.message.mime import Structure
from mailsec.sender.spoofing.header import header_findings
from mailsec.sender.spoofing.identities import identity_findings
from mailsec.sender.spoofing.looks import look_findings
from mailsec.sender.spoofing.names import name_findings
from mailsec.sender.spoofing.policies import policy_findings, undecided
from mailsec.sender.spoofing.signatures import signature_findings
from mailsec.sender.spoofing.smuggling import smuggling_findings
from mailsec.sender.spoofing.subject import Arrival, Results, Subject, Watch
from mailsec.sender.spoofing.transit import envelope_findings

__all__ = ["Arrival", "Results", "Subject", "Watch", "inspect_spoofing", "spoofing_check"]

_BOOKS = (
    header_findings,
    name_findings,
    look_findings,
    smuggling_findings,
    identity_findings,
    envelope_findings,
    signature_findings,
    policy_findings,
)


def inspect_spoofing(
    message: Message, author: Author, structure: Structure, *, now: int | None = None, watch: Watch | None = None
) -> Check:
    """What can be said offline about who a message pretends to be from: nothing is asked, no envelope is known."""
    return spoofing_check(Subject(message, author, structure, now=now, watch=watch or Watch()))


def spoofing_check(subject: Subject) -> Check:
    """The findings of every rule. The status is None: a form is shown, and never said to be honest. Never raises."""
    findings: tuple[Finding, ...] = tuple(found for book in _BOOKS for found in book(subject))
    open_questions = tuple(undecided(subject))
    children: tuple[Check, ...] = ()
    if open_questions:
        text = "; ".join(each.message for each in open_questions)
        children = (Check("undecidable", None, f"what no cryptography can tell: {text}", findings=open_questions),)
    count = len(findings)
    reason = f"{count} finding{'s' if count > 1 else ''}" if count else "nothing that misleads about the sender was found"
    return Check("spoofing", None, reason, findings=findings, children=children)
