"""Short ways to ask the rules about a message made by hand."""

from __future__ import annotations

from typing import Any

from mailsec.core.results import Finding
from mailsec.core.rules import Severity
from mailsec.message.authors import author
from mailsec.message.fields import parse
from mailsec.message.mime import structure
from mailsec.sender.spoofing.judge import Arrival, Results, Subject, Watch, spoofing_check

NOW = 1_790_000_000


def subject(
    message: bytes, *, arrival: Arrival | None = None, results: Results | None = None, now: int | None = NOW, **watch: Any
) -> Subject:
    parsed = parse(message)
    who, parts = author(parsed), structure(parsed)
    return Subject(parsed, who, parts, now=now, watch=Watch(**watch), arrival=arrival or Arrival(), results=results)


def findings(message: bytes, **how: Any) -> dict[str, Finding]:
    """The findings by rule, the first of each."""
    found: dict[str, Finding] = {}
    for each in spoofing_check(subject(message, **how)).all_findings():
        found.setdefault(each.rule.removeprefix("spoofing-"), each)
    return found


def severities(message: bytes, **how: Any) -> dict[str, Severity]:
    return {rule: each.severity for rule, each in findings(message, **how).items()}


def mail(sender: str, *lines: str, body: str = "x") -> bytes:
    """A message from `sender`, the value of From, with further header lines."""
    return "\r\n".join((f"From: {sender}", *lines, "", body, "")).encode()
