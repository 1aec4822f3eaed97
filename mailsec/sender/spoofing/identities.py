"""The identities of a message side by side: Sender, Reply-To, Resent fields, the account that logged in, foreign results."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailsec.core.domains import DomainError, is_within, to_ascii
from mailsec.core.limits.spoofing import SPOOF_ADDRESSES, SPOOF_FIELD
from mailsec.core.results import Finding, finding
from mailsec.core.rules import Severity
from mailsec.core.text import from_bytes
from mailsec.message.checks import field_evidence
from mailsec.message.fields import Field
from mailsec.sender.authres.read import claims, read
from mailsec.sender.spoofing import rules
from mailsec.sender.spoofing.names import shown
from mailsec.sender.spoofing.providers import MAILBOXES
from mailsec.sender.spoofing.subject import Claim, Subject

_LOGIN_FIELDS = ("X-Authenticated-Sender", "X-Authenticated-User", "X-Auth-Sender", "X-AuthUser", "X-Authenticated-Id")
_ADDRESS = re.compile(rb"[^\s<>@,;:\"()]{1,64}@([A-Za-z0-9\x80-\xff.-]{1,255})")
_LOGIN = re.compile(
    rb"\((?:Authenticated sender|authenticated (?:as|bits=\d+)|Smtp-auth)[ :=]+([^()\s]{1,320})\)", re.IGNORECASE
)


def identity_findings(subject: Subject) -> Iterator[Finding]:
    """Where the identities in the header disagree."""
    if subject.author_domains:
        author = subject.author_domains[0]
        yield from _sender(subject, author)
        yield from _reply_to(subject, author)
        yield from _resent(subject, author)
        yield from _login(subject, author)
        yield from _protected(subject, author)
    yield from _resent_block(subject)
    yield from _forged_results(subject)


def _stranger(subject: Subject, *names: str) -> Claim | None:
    """The first address of the fields called `names` that is of no author's organization."""
    for claim in subject.claimed(*names):
        if claim.domain and not subject.is_author(claim.domain):
            return claim
    return None


def _sender(subject: Subject, author: str) -> Iterator[Finding]:
    claim = _stranger(subject, "Sender")
    if claim is None:
        return
    unproven = subject.results is not None and not subject.listed and not subject.vouched(claim.domain)
    text = f"{_address(claim)}, the author is at {author}"
    if unproven:
        text += "; nothing vouches for the sender"
    yield finding(
        rules.SENDER_DIFFERS, text, field_evidence(subject.message, claim.field), severity=Severity.LOW if unproven else None
    )


def _reply_to(subject: Subject, author: str) -> Iterator[Finding]:
    claim = _stranger(subject, "Reply-To")
    if claim is None:
        return
    # a firm in From and a mailbox that anybody can have behind it is how invoices are redirected
    free = claim.domain in MAILBOXES and not any(each in MAILBOXES for each in subject.author_domains) and not subject.listed
    text = f"{_address(claim)}, the author is at {author}"
    severity = Severity.LOW if free else None
    yield finding(rules.REPLY_TO_DIFFERS, text, field_evidence(subject.message, claim.field), severity=severity)


def _resent(subject: Subject, author: str) -> Iterator[Finding]:
    claim = _stranger(subject, "Resent-From", "Resent-Sender")
    if claim is not None:
        text = f"{claim.name}: {_address(claim)}, the author is at {author}"
        yield finding(rules.RESENT_DIFFERS, text, field_evidence(subject.message, claim.field))


def _resent_block(subject: Subject) -> Iterator[Finding]:
    """RFC 5322 section 3.6.6: Resent-From and Resent-Date are required in every block."""
    present = next((fields[0] for name, fields in subject.index.items() if name.startswith(b"resent-")), None)
    if present is None:
        return
    froms, dates = len(subject.fields("Resent-From")), len(subject.fields("Resent-Date"))
    if not froms or froms != dates:
        text = f"Resent-From: {froms}, Resent-Date: {dates}"
        yield finding(rules.RESENT_INCOMPLETE, text, field_evidence(subject.message, present))


def _login(subject: Subject, author: str) -> Iterator[Finding]:
    """The account that a submission server wrote down, in the first field that names one."""
    for field, text in _accounts(subject):
        match = _ADDRESS.search(text)
        domain = _name(match[1]) if match else ""
        if match and domain:
            if not subject.is_author(domain):
                message = f"{shown(from_bytes(match[0]))}, the author is at {author}"
                yield finding(rules.AUTHENTICATED_OTHER, message, field_evidence(subject.message, field))
            return


def _accounts(subject: Subject) -> Iterator[tuple[Field, bytes]]:
    for name in _LOGIN_FIELDS:
        for field in subject.fields(name)[:1]:
            yield field, field.value[:SPOOF_FIELD]
    for field in subject.fields("Authentication-Results")[:SPOOF_ADDRESSES]:
        if b"auth=" in field.value[:SPOOF_FIELD]:
            for result in read(field.value[:SPOOF_FIELD]).results:
                if result.method == "auth" and (account := result.value("smtp.auth") or result.value("smtp.mailfrom")):
                    yield field, account.encode()
    if b"uthenticated" not in subject.header and b"mtp-auth" not in subject.header:
        return
    for field in subject.fields("Received")[:SPOOF_ADDRESSES]:
        for match in _LOGIN.finditer(field.value[:SPOOF_FIELD]):
            yield field, match[1]


def _protected(subject: Subject, author: str) -> Iterator[Finding]:
    """A protected domain in a field that some programs show in place of From, where it is known that nothing vouches for it."""
    if subject.results is None or not subject.watch.protect:
        return
    for claim in subject.claimed("Sender", "Resent-From", "Resent-Sender"):
        guarded = next((each for each in subject.watch.protect if claim.domain and is_within(claim.domain, each)), "")
        if (
            guarded
            and not any(is_within(each, guarded) for each in subject.author_domains)
            and not subject.vouched(claim.domain)
        ):
            text = f"{claim.name}: {_address(claim)}, the author is at {author}"
            yield finding(rules.PROTECTED_IDENTITY, text, field_evidence(subject.message, claim.field))
            return


def _forged_results(subject: Subject) -> Iterator[Finding]:
    """Authentication results in the receiver's name that were there before the receiver had the message."""
    border = subject.arrival.border
    if border is None or not subject.watch.receivers:
        return
    forged = [
        field
        for field in subject.fields("Authentication-Results")
        if field.start >= border and any(claims(field.value, receiver) for receiver in subject.watch.receivers)
    ]
    if forged:
        evidence = (field_evidence(subject.message, field) for field in forged[:SPOOF_ADDRESSES])
        yield finding(rules.FORGED_RESULTS, shown(from_bytes(forged[0].value[:400]).strip()), *evidence)


def _name(raw: bytes) -> str:
    try:
        return to_ascii(from_bytes(raw).strip("."))
    except DomainError:
        return ""


def _address(claim: Claim) -> str:
    return shown(from_bytes(claim.mailbox.address[:400]))
