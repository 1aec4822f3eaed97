"""Characters and domains that are not what they look like, wherever a reader meets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from mailsec.core.domains import is_within, to_unicode
from mailsec.core.limits.spoofing import SPOOF_ADDRESSES, SPOOF_DOMAINS, SPOOF_FIELD, SPOOF_PARTS, SPOOF_TEXT
from mailsec.core.results import Finding, finding
from mailsec.core.rules import Rule, Severity
from mailsec.core.text import clipped, from_bytes
from mailsec.message.checks import field_evidence, octets_evidence
from mailsec.message.fields import Field
from mailsec.message.words import display_text
from mailsec.sender.spoofing import characters, rules
from mailsec.sender.spoofing.confusables import skeleton
from mailsec.sender.spoofing.lookalike import Likeness, inside, likeness
from mailsec.sender.spoofing.names import shown
from mailsec.sender.spoofing.scripts import alphabets, mixed_word
from mailsec.sender.spoofing.subject import Claim, Subject, akin

_SEEN = ("From", "Sender", "Reply-To", "Subject")
_FILE_NAME = re.compile(rb"(?i)name[^=;\r\n]{0,12}=[ \t]*(?:\"([^\"]{1,1000})\"|([^;\r\n]{1,1000}))")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def look_findings(subject: Subject) -> Iterator[Finding]:
    """What the characters of names and the looks of domains hide."""
    for name in _SEEN:
        for field in subject.fields(name)[:SPOOF_ADDRESSES]:
            yield from _characters(subject, name, field)
    yield from _file_names(subject)
    yield from _domains(subject)


# --- characters


def _characters(subject: Subject, name: str, field: Field) -> Iterator[Finding]:
    value = field.value[:SPOOF_FIELD]
    if value.isascii() and b"=?" not in value and value.translate(None, b"\r\n\t").decode("ascii").isprintable():
        return
    found = [*_in_text(name, subject.decoded(value)), *(() if name == "Subject" else _in_addresses(subject, name))]
    if found:
        where = field_evidence(subject.message, field)
        for rule, text, severity in found:
            yield finding(rule, text, where, severity=severity)


_Found: TypeAlias = tuple[Rule, str, Severity | None]
"""A rule, what it found, and a severity other than its own."""


def _in_addresses(subject: Subject, name: str) -> Iterator[_Found]:
    claims = subject.authors if name == "From" else subject.claimed(name)
    addresses = " ".join(from_bytes(claim.mailbox.address) for claim in claims)
    if char := characters.invisible_in_address(addresses):
        yield rules.INVISIBLE, f"{characters.named(char)} in an address of {name}", Severity.HIGH
    if char := characters.bidirectional(addresses):
        yield rules.BIDIRECTIONAL, f"{characters.named(char)} in an address of {name}", Severity.HIGH


def _in_text(name: str, text: str) -> Iterator[_Found]:
    """What `text`, the decoded value of a field, has of each kind of character; in a Subject it hides no author."""
    milder = name == "Subject"
    if char := characters.control(text):
        yield rules.CONTROL_CHARACTER, f"{characters.named(char)} in {name}", Severity.MEDIUM if milder else None
    if char := characters.bidirectional(text):
        yield rules.BIDIRECTIONAL, f"{characters.named(char)} in {name}", None
    if char := characters.invisible(text):
        yield rules.INVISIBLE, f"{characters.named(char)} in {name}", Severity.LOW if milder else None
    if word := mixed_word(text):
        yield rules.MIXED_SCRIPTS, f"{shown(word)} in {name}: {_scripts(word)}", Severity.LOW if milder else None


def _scripts(word: str) -> str:
    return ", ".join(sorted(script.lower() for script in alphabets(word)))


def _file_names(subject: Subject) -> Iterator[Finding]:
    """Names of attachments; one finding of each kind is enough."""
    said: set[Rule] = set()
    for start, header in _part_headers(subject):
        if header.isascii() and b"=?" not in header and b"%" not in header:
            continue
        for match in _FILE_NAME.finditer(header):
            for rule, char, name in _in_file_name(match[1] or match[2]):
                if rule not in said:
                    said.add(rule)
                    where = octets_evidence(subject.message, start + match.start(), start + match.end())
                    severity = Severity.HIGH if rule is rules.BIDIRECTIONAL else None
                    text = f"{characters.named(char)} in the file name {shown(name)!r}"
                    yield finding(rule, text, where, severity=severity)


def _part_headers(subject: Subject) -> Iterator[tuple[int, bytes]]:
    """Where headers of parts begin and what they are, the first `SPOOF_PARTS`; of the message's own, the two that matter."""
    for name in ("Content-Type", "Content-Disposition"):
        for field in subject.fields(name)[:SPOOF_ADDRESSES]:
            yield field.start, field.raw[:SPOOF_FIELD]
    data = subject.message.data
    for part in subject.structure.parts[1:SPOOF_PARTS]:
        yield part.header, data[part.header : min(part.body, part.header + SPOOF_FIELD)]


def _in_file_name(raw: bytes) -> Iterator[tuple[Rule, str, str]]:
    """The rules that a file name breaks, by which character, and the name decoded."""
    name = _file_name(raw)
    if char := characters.bidirectional(name):
        yield rules.BIDIRECTIONAL, char, name
    if char := characters.invisible(name):
        yield rules.INVISIBLE, char, name


def _file_name(raw: bytes) -> str:
    """The name decoded every way that programs know: percent signs of RFC 2231, and the encoded words that they also read."""
    return display_text(_PERCENT.sub(lambda match: bytes((int(match[1], 16),)), raw), SPOOF_TEXT)


# --- domains


def _domains(subject: Subject) -> Iterator[Finding]:
    said: set[tuple[str, str]] = set()
    for claim in _distinct(subject):
        yield from _own_looks(subject, claim)
        for reference, protected in _references(subject, claim):
            if (claim.domain, reference) not in said:
                said.add((claim.domain, reference))
                yield from _likeness(subject, claim, reference, protected=protected)


def _distinct(subject: Subject) -> list[Claim]:
    """The claims with a domain, each domain once as it is written, the first `SPOOF_DOMAINS`."""
    found: dict[bytes, Claim] = {}
    for claim in (*subject.authors, *subject.others):
        if claim.domain:
            found.setdefault(claim.mailbox.domain, claim)
    return list(found.values())[:SPOOF_DOMAINS]


def _own_looks(subject: Subject, claim: Claim) -> Iterator[Finding]:
    """What a domain by itself shows: scripts mixed in a label, or a label that is ASCII to the eye only."""
    if "xn--" not in claim.domain:
        return
    *labels, suffix = to_unicode(claim.domain).split(".")
    for label in labels:
        if word := mixed_word(label):
            text = f"{shown(word)} in {claim.domain}: {_scripts(word)}"
            yield finding(rules.MIXED_SCRIPTS, text, field_evidence(subject.message, claim.field))
        elif suffix.isascii() and (scripts := alphabets(label)) and "LATIN" not in scripts and skeleton(label).isascii():
            text = f"{claim.domain} looks the same as {shown('.'.join((*map(skeleton, labels), suffix)))}"
            where = field_evidence(subject.message, claim.field)
            yield finding(rules.HOMOGRAPH, text, where, severity=Severity.MEDIUM)
            return


def _references(subject: Subject, claim: Claim) -> Iterator[tuple[str, bool]]:
    """The domains that this one may want to be taken for, and whether they are protected."""
    if not any(is_within(claim.domain, each) for each in subject.watch.protect):
        for protected in subject.watch.protect:
            yield protected, True
    if claim.name == "From":
        for recipient in subject.recipients:
            yield recipient, False
    else:
        for author in subject.author_domains:
            yield author, False


def _likeness(subject: Subject, claim: Claim, reference: str, *, protected: bool) -> Iterator[Finding]:
    found = likeness(claim.domain, reference, _written(claim))
    if found is None and protected:
        found = inside(claim.domain, reference)
    if found is None or (not protected and not _telling(found, claim.domain, reference)):
        return
    rule, severity = _JUDGED[found]
    if rule is rules.LOOKALIKE and protected:
        severity = Severity.HIGH
    text = f"{claim.name}: {_both(claim.domain)} {found.value} {_both(reference)}"
    yield finding(rule, text, field_evidence(subject.message, claim.field), severity=severity)


_JUDGED: dict[Likeness, tuple[Rule, Severity | None]] = {
    Likeness.HOMOGRAPH: (rules.HOMOGRAPH, None),
    Likeness.ACCENTS: (rules.LOOKALIKE, None),
    Likeness.NEAR: (rules.LOOKALIKE, None),
    Likeness.EMBEDS: (rules.EMBEDDED_DOMAIN, None),
    Likeness.OTHER_SUFFIX: (rules.EMBEDDED_DOMAIN, Severity.MEDIUM),
}


def _telling(found: Likeness, domain: str, reference: str) -> bool:
    """Between domains that nobody named, only long names under one suffix are near each other for a reason."""
    if found is not Likeness.NEAR:
        return not akin(domain, reference)
    own, _, suffix = domain.rpartition(".")
    label, _, other = reference.rpartition(".")
    return suffix == other and min(len(own), len(label)) >= 8 and own[-1] not in "0123456789" and not akin(domain, reference)


def _written(claim: Claim) -> str:
    """The domain with the capitals that the message gives it; "" where they make no difference to how it reads."""
    text = from_bytes(claim.mailbox.domain)
    return text if text.isascii() and text != claim.domain else ""


def _both(name: str) -> str:
    shown_name = to_unicode(name)
    return name if shown_name == name else clipped(f"{shown_name} ({name})", 200)
