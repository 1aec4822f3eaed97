"""What a reader is shown as the author: display names, comments, encoded words, and what stands around the address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailsec.core.domains import DomainError, is_within, to_ascii
from mailsec.core.limits.message import MAX_ADDRESS_BYTES
from mailsec.core.limits.spoofing import SPOOF_ADDRESSES, SPOOF_FIELD, SPOOF_NAME, SPOOF_TEXT
from mailsec.core.results import Evidence, Finding, finding
from mailsec.core.rules import Severity
from mailsec.core.text import clipped, from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.checks import field_evidence
from mailsec.message.fields import Field
from mailsec.message.words import display_text
from mailsec.sender.spoofing import rules
from mailsec.sender.spoofing.lookalike import looks
from mailsec.sender.spoofing.subject import Claim, Subject

_WORDS = r"[^\s\x00-\x1f\x7f@<>()\[\]\"',;:\\]"
_ADDRESS = re.compile(_WORDS + r"{1,64}@(" + _WORDS + r"{1,255})")
_DOMAIN = re.compile(
    # only the names of the ends ignore case: a class of thousands of letters that does takes long to compile
    r"(?<![\w@.-])((?:[A-Za-z0-9\u00a1-\uffff-]{2,63}\.)+"
    r"(?i:com|net|org|edu|gov|mil|info|biz|io|co\.[a-z]{2}|test|example))(?![\w-])"
)
_WORD = re.compile(r"[^\W_]{2,63}")
_COMMENT = re.compile(rb"\(([^()\\\"]{3,400})\)")
_RELAYED = re.compile(rb"(?i)[%!][^%!]+\.[a-z]{2,}|[a-z]\.[a-z]{2,}!")
_ANGLE = re.compile(r"<[^<>@]{0,64}@[^<>]{1,255}>")
_LEFT_OVER = re.compile(r"=\?([^?\s]{1,40})\?[bBqQ]\?[^?]*\?=")
_PADDING = re.compile("[ \t\u00a0\u2000-\u200a\u202f\u3000]{40}")
_SHOWN = 100


def name_findings(subject: Subject) -> Iterator[Finding]:
    """Everything about From but its characters and its domain's looks."""
    yield from _values(subject)
    yield from _mailboxes(subject)


def shown(text: str) -> str:
    """`text` as a message of a finding quotes it."""
    return clipped(text, _SHOWN)


def _values(subject: Subject) -> Iterator[Finding]:
    """The From fields as a whole, before they are taken apart."""
    yield from _stray(subject)
    for field in subject.author.fields[:SPOOF_ADDRESSES]:
        value = field.value
        if b"=?" in value:
            yield from _encoded(subject, value[:SPOOF_FIELD])
            if left := _LEFT_OVER.search(subject.decoded(value[:SPOOF_FIELD])):
                yield finding(rules.UNREADABLE_WORD, left[1], field_evidence(subject.message, field))
        if b"(" in value:
            yield from _comments(subject, field)
        if b":" in value and len(value) <= MAX_ADDRESS_BYTES:
            groups = parse_addresses(value).groups
            if groups:
                text = f"the group {shown(display_text(groups[0].display))!r}"
                yield finding(rules.FROM_GROUP, text, field_evidence(subject.message, field))


def _comments(subject: Subject, field: Field) -> Iterator[Finding]:
    for comment in _COMMENT.finditer(field.value[:SPOOF_FIELD]):
        for domain in _strangers(subject, from_bytes(comment[1])):
            text = f"the comment shows an address at {domain}"
            yield finding(rules.COMMENT_ADDRESS, text, field_evidence(subject.message, field))
            return


def _stray(subject: Subject) -> Iterator[Finding]:
    """Addresses outside of everything that was read as a mailbox: in brackets, as a group's name, behind the last one."""
    if len(subject.author.fields) != 1 or not subject.author.defects[0] or not subject.authors:
        return
    value = subject.author.fields[0].value
    rest, at = [], 0
    for mailbox in subject.author.mailboxes[:SPOOF_ADDRESSES]:
        rest.append(value[at : mailbox.start])
        at = mailbox.end
    left = _COMMENT.sub(b" ", b" ".join((*rest, value[at:]))[: SPOOF_TEXT * 4])
    for domain in _strangers(subject, from_bytes(left)):
        where = field_evidence(subject.message, subject.author.fields[0])
        yield finding(rules.STRAY_ADDRESS, f"an address at {domain} beside {_address(subject.authors[0])}", where)
        return


def _encoded(subject: Subject, value: bytes) -> Iterator[Finding]:
    """An address that only decoding shows, other than as part of a display name: `names` judges those."""
    decoded = subject.decoded(value)
    if "@" not in decoded:
        return
    raw = from_bytes(value)
    names = {subject.decoded(claim.mailbox.display) for claim in subject.authors}
    for match in _ADDRESS.finditer(decoded):
        domain = _name(match[1])
        if not domain or match[0] in raw or subject.is_author(domain):
            continue
        inside = any(match[0] in name for name in names)
        angled = any(match[0] in angle[0] for angle in _ANGLE.finditer(decoded)) or f"<{match[0]}" in decoded
        if not inside or angled:
            where = field_evidence(subject.message, subject.author.fields[0])
            yield finding(rules.ENCODED_ADDRESS, f"decoded, it shows {shown(match[0])}", where)
            return


def _mailboxes(subject: Subject) -> Iterator[Finding]:
    for claim in subject.authors:
        yield from _address_forms(subject, claim)
        if claim.mailbox.display:
            name = subject.decoded(claim.mailbox.display)
            if len(name) > SPOOF_NAME or _PADDING.search(name):
                text = f"{len(claim.mailbox.display)} octets: {shown(name)!r}"
                yield finding(rules.PADDED_NAME, text, _where(subject, claim))
            yield from _display(subject, claim, name)


def _address_forms(subject: Subject, claim: Claim) -> Iterator[Finding]:
    """A route in front of the address, another address in its local part."""
    mailbox = claim.mailbox
    if mailbox.route:
        text = f"by way of {shown(', '.join(map(from_bytes, mailbox.route[:3])))} to {_address(claim)}"
        yield finding(rules.FROM_ROUTE, text, _where(subject, claim))
    if b"@" in mailbox.local:
        yield finding(rules.LOCAL_PART_ADDRESS, _address(claim), _where(subject, claim))
    elif _RELAYED.search(mailbox.local[:SPOOF_TEXT]):
        text = f"{_address(claim)} is a relayed address"
        yield finding(rules.LOCAL_PART_ADDRESS, text, _where(subject, claim), severity=Severity.LOW)


def _display(subject: Subject, claim: Claim, name: str) -> Iterator[Finding]:
    """What the decoded display name `name` shows beside the address."""
    addresses = list(_strangers(subject, name)) if "@" in name else []
    for domain in addresses:
        # a list that writes its own address into From leaves the author's in the display name
        severity = _severity(subject, domain) or (Severity.LOW if subject.listed else None)
        yield finding(
            rules.DISPLAY_ADDRESS, f"{shown(name)!r} beside {_address(claim)}", _where(subject, claim), severity=severity
        )
        return
    domains = [_name(match[1]) for match in _DOMAIN.finditer(name)] if "." in name else []
    strange = [domain for domain in domains if domain and not subject.is_author(domain) and not _branch(claim.domain, domain)]
    if strange:
        text = f"{shown(name)!r} beside {_address(claim)}"
        yield finding(rules.DISPLAY_DOMAIN, text, _where(subject, claim), severity=_severity(subject, strange[0]))
    elif brand := _brand(subject, claim, name):
        text = f"{shown(name)!r} names {brand}, the address is {_address(claim)}"
        yield finding(rules.DISPLAY_DOMAIN, text, _where(subject, claim), severity=Severity.MEDIUM)


def _branch(domain: str, other: str) -> bool:
    """Amazon.com in the name and amazon.co.uk in the address, or news-amazon.com: the same name elsewhere."""
    return other.partition(".")[0] in re.split(r"[.-]", domain)


def _brand(subject: Subject, claim: Claim, name: str) -> str:
    """The protected domain whose first label stands as a word in the display name of somebody else; "" where none does."""
    if not subject.watch.protect or any(is_within(claim.domain, each) for each in subject.watch.protect):
        return ""
    words = {looks(match[0]) for match in _WORD.finditer(name)}
    for protected in subject.watch.protect:
        label = protected.partition(".")[0]
        if len(label) >= 4 and looks(label) in words:
            return protected
    return ""


def _severity(subject: Subject, domain: str) -> Severity | None:
    """High where the domain shown is a protected one."""
    return Severity.HIGH if any(is_within(domain, each) for each in subject.watch.protect) else None


def _strangers(subject: Subject, text: str) -> Iterator[str]:
    """The domains of the addresses in `text` that are not those of From, the first few."""
    for count, match in enumerate(_ADDRESS.finditer(text)):
        domain = _name(match[1])
        if count < SPOOF_ADDRESSES and domain and not subject.is_author(domain):
            yield domain


def _name(text: str) -> str:
    """`text` as a name with a dot in it, else ""."""
    try:
        name = to_ascii(text.strip(".-"))
    except DomainError:
        return ""
    return name if "." in name else ""


def _where(subject: Subject, claim: Claim) -> Evidence:
    return field_evidence(subject.message, claim.field)


def _address(claim: Claim) -> str:
    return shown(from_bytes(claim.mailbox.address[: _SHOWN * 4]))
