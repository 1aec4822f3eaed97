"""Traces of SMTP smuggling: what one server passes on as text and the next takes for the end of the message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from mailsec.core.results import Finding, finding
from mailsec.core.rules import Severity
from mailsec.core.text import from_bytes
from mailsec.message.checks import octets_evidence
from mailsec.message.fields import DefectKind
from mailsec.sender.spoofing import rules
from mailsec.sender.spoofing.names import shown
from mailsec.sender.spoofing.subject import Subject

# a dot alone between line ends of any kind, as servers were found to accept them (CVE-2023-51764, -51765, -51766)
_ODD_END = re.compile(rb"(\r*\n|\r)\x00?\.\x00?(\r*\n|\r)")
_END = b"\r\n.\r\n"
_COMMAND = re.compile(
    rb"(?:\r*\n|\r)*((?:MAIL FROM|RCPT TO):[^\r\n]*|(?:EHLO|HELO) [^\r\n]+|(?:RSET|DATA|XCLIENT|BDAT)\b[^\r\n]*)", re.IGNORECASE
)
_LOOKED_AT = 1_000
"""Dots alone on a line that are looked at in one message."""


def smuggling_findings(subject: Subject) -> Iterator[Finding]:
    """The first end of data with a command behind it, else the first one that only some servers know."""
    kinds = {defect.kind for defect in subject.message.defects}
    odd = kinds & {DefectKind.BARE_CR, DefectKind.BARE_LF, DefectKind.NUL}
    first: tuple[int, int] | None = None
    data = subject.message.data
    for start, end in islice(_odd_ends(data) if odd else _plain_ends(data), _LOOKED_AT):
        usual = data[start:end] == _END
        command = _COMMAND.match(data, end)
        if command:
            text = f"{_spelt(data[start:end])} and then {shown(from_bytes(command[1][:400]))}"
            where = octets_evidence(subject.message, start, command.end())
            yield finding(rules.SMUGGLED_DIALOGUE, text, where, severity=Severity.MEDIUM if usual else None)
            return
        if not usual and first is None:
            first = start, end
    if first is not None:
        text = f"{_spelt(data[first[0] : first[1]])} at octet {subject.message.file_offset(first[0])}"
        yield finding(rules.END_OF_DATA, text, octets_evidence(subject.message, *first))


def _odd_ends(data: bytes) -> Iterator[tuple[int, int]]:
    for match in _ODD_END.finditer(data):
        yield match.span()


def _plain_ends(data: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(_END)
    while at >= 0:
        yield at, at + len(_END)
        at = data.find(_END, at + 3)


def _spelt(end: bytes) -> str:
    """The octets by their names: CR LF . LF."""
    names = {0x0D: "CR", 0x0A: "LF", 0x2E: ".", 0x00: "NUL"}
    return " ".join(names[octet] for octet in end[:12])
