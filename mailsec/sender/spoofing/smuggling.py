"""Traces of SMTP smuggling: what one server passes on as text and the next takes for the end of the message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailsec.core.results import Finding, finding
from mailsec.core.rules import Severity
from mailsec.core.text import from_bytes
from mailsec.message.checks import octets_evidence
from mailsec.message.fields import DefectKind
from mailsec.sender.spoofing import rules
from mailsec.sender.spoofing.names import shown
from mailsec.sender.spoofing.subject import Subject

_USUAL = b"\r\n.\r\n"
# a dot alone between line ends of any kind, as servers were found to accept them (CVE-2023-51764, -51765, -51766)
_END = rb"\x00?\.\x00?(?:\r*+\n|\r)"
_ODD_END = re.compile(rb"(?:(?<!\r)\n|\r(?!\n)|\r\n(?!\.\r\n))" + _END)
_DIALOGUE = re.compile(
    rb"(?i)((?:\r?\n|\r)" + _END + rb")[\r\n]{0,16}+"
    rb"((?:MAIL FROM|RCPT TO):[^\r\n]*|(?:EHLO|HELO) [^\r\n]+|(?:RSET|DATA|XCLIENT|BDAT)\b[^\r\n]*)"
)
_ODD = frozenset({DefectKind.BARE_CR, DefectKind.BARE_LF, DefectKind.NUL})


def smuggling_findings(subject: Subject) -> Iterator[Finding]:
    """The first end of data with a command behind it, else the first one that only some servers know."""
    data = subject.message.data
    odd = any(defect.kind in _ODD for defect in subject.message.defects)
    if not odd and _USUAL not in data:
        return
    if found := _DIALOGUE.search(data):
        text = f"{_spelt(found[1])} and then {shown(from_bytes(found[2][:400]))}"
        severity = Severity.MEDIUM if found[1] == _USUAL else None
        yield finding(rules.SMUGGLED_DIALOGUE, text, octets_evidence(subject.message, *found.span()), severity=severity)
    elif odd and (found := _ODD_END.search(data)):
        text = f"{_spelt(found[0])} at octet {subject.message.file_offset(found.start())}"
        yield finding(rules.END_OF_DATA, text, octets_evidence(subject.message, *found.span()))


def _spelt(end: bytes) -> str:
    """The octets by their names: CR LF . LF."""
    names = {0x0D: "CR", 0x0A: "LF", 0x2E: ".", 0x00: "NUL"}
    return " ".join(names[octet] for octet in end[:12])
