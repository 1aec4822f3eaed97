"""Header lines that are a field for some readers and none for others, and dates that no program writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from mailsec.core.limits.message import MAX_RECEIVED
from mailsec.core.limits.spoofing import SPOOF_ADDRESSES
from mailsec.core.results import Finding, finding
from mailsec.core.text import from_bytes
from mailsec.message.checks import field_evidence, octets_evidence
from mailsec.message.dates import parse_date, weekdays
from mailsec.message.fields import DefectKind
from mailsec.sender.spoofing import rules
from mailsec.sender.spoofing.names import shown
from mailsec.sender.spoofing.subject import Subject

_NAMES = rb"(from|sender|reply-to|to|cc|subject|date|content-type|mime-version|return-path)"
# continuation lines (or the first line) that begin like a field; lists of names in h= have colons or semicolons behind them
_INDENTED = re.compile(rb"(?im)^[ \t]+(from|sender|reply-to)[ \t]*:([ \t]*[^:;\n]*@[^:;\n]*)$")
_FOLDED = re.compile(rb"(?im)^" + _NAMES + rb"[ \t]*\r?\n[ \t]+:([^\n]*)")
_BEHIND_CR = re.compile(rb"(?i)\r[ \t]*" + _NAMES + rb"[ \t]*:([^\r\n]*)")
_LINE = re.compile(rb"(?m)^([^:\n]{4,40}):([^\n]*)")
_NO_LETTER = re.compile(rb"[^A-Za-z-]+")
_NAME = re.compile(_NAMES + rb"\Z", re.IGNORECASE)
_ADDRESS = re.compile(rb"[^\s<>@,;:\"]{1,64}@([A-Za-z0-9\x80-\xff.-]{1,255})")
# any of them, quickly: nearly every header has none
_ODD = re.compile(rb"(?i)\n[ \t]+(?:(?:from|sender|reply-to)[ \t]*:|\r?\n)")
_ODD_KINDS = frozenset({DefectKind.LEADING_FOLD, DefectKind.NO_COLON, DefectKind.BARE_CR, DefectKind.BAD_NAME, DefectKind.NUL})
_BLANK_LINE = re.compile(rb"\n[ \t]+\r?\n")
_SIGNATURES = (b"dkim-signature", b"arc-message-signature", b"x-google-dkim-signature", b"domainkey-signature")
_AHEAD = 2 * 86_400
"""Seconds that a Date may lie ahead of the clock: a zone forgotten and a clock that is a day fast."""

_LOOKED_AT = 1_000
"""Suspicious lines of one header that are looked at."""


def header_findings(subject: Subject) -> Iterator[Finding]:
    """Hidden fields, and the date."""
    yield from _hidden(subject)
    yield from _date(subject)


def _hidden(subject: Subject) -> Iterator[Finding]:
    """One finding for a hidden From, one for all other fields."""
    kinds = {defect.kind for defect in subject.message.defects}
    if not kinds & _ODD_KINDS and not _ODD.search(subject.header):
        return
    candidates = sorted(islice(_candidates(subject, kinds), _LOOKED_AT))
    froms = [each for each in candidates if each[2] == "from" and _other_author(subject, each[3])]
    others = [each for each in candidates if each not in froms]
    for rule, found in ((rules.HIDDEN_FROM, froms), (rules.HIDDEN_FIELD, others)):
        if found:
            _, _, name, value = found[0]
            text = f"{name.capitalize()}: {shown(from_bytes(value[:400]).strip())}"
            evidence = (octets_evidence(subject.message, at, to) for at, to, _, _ in found[:SPOOF_ADDRESSES])
            yield finding(rule, text if len(found) == 1 else f"{text} and {len(found) - 1} more", *evidence)


def _candidates(subject: Subject, kinds: set[DefectKind]) -> Iterator[tuple[int, int, str, bytes]]:
    """Start and end, name and value of each line that somebody may take for a field."""
    header = subject.header
    signed = [(each.start, each.end) for name in _SIGNATURES for each in subject.index.get(name, ())[:MAX_RECEIVED]]
    patterns = [_INDENTED]
    if DefectKind.NO_COLON in kinds:
        patterns.append(_FOLDED)
    if DefectKind.BARE_CR in kinds:
        patterns.append(_BEHIND_CR)
    for pattern in patterns:
        for match in pattern.finditer(header):
            if not any(start <= match.start() < end for start, end in signed):
                yield match.start(), match.end(), match[1].decode("ascii").lower(), match[2]
    if kinds & {DefectKind.BAD_NAME, DefectKind.NUL}:
        for match in _LINE.finditer(header):
            letters = _NO_LETTER.sub(b"", match[1])
            if letters != match[1].rstrip(b" \t") and _NAME.match(letters) and match[1][:1] not in b" \t":
                yield match.start(), match.end(), letters.decode("ascii").lower(), match[2]
    for match in _BLANK_LINE.finditer(header):
        if match.end() < len(header) - 2:
            yield match.start() + 1, match.end(), "a line of white space", b"for some readers the header ends here"


def _other_author(subject: Subject, value: bytes) -> bool:
    """True where the line names an author whom From does not name."""
    own = {claim.mailbox.address.lower() for claim in subject.authors}
    found = [match[0].lower() for match in _ADDRESS.finditer(value[:2000])]
    return any(each not in own for each in found) if found else not own


def _date(subject: Subject) -> Iterator[Finding]:
    field = next(iter(subject.fields("Date")), None)
    if field is None:
        return
    text = from_bytes(field.value[:200]).partition("(")[0].strip()
    if (days := weekdays(text)) and days[0] != days[1]:
        yield finding(rules.WEEKDAY, f"{shown(text)} is a {days[1]}", field_evidence(subject.message, field))
    moment = parse_date(text)
    if moment is not None and subject.now is not None and moment > subject.now + _AHEAD:
        ahead = (moment - subject.now) // 86_400
        yield finding(rules.FUTURE_DATE, f"{ahead} days ahead", field_evidence(subject.message, field))
