"""The envelope: a return path or host name that is written to be misread, and what SPF's answer is worth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailsec.core.limits.spoofing import SPOOF_TEXT
from mailsec.core.results import Evidence, EvidenceKind, Finding, Status, finding
from mailsec.core.text import clipped
from mailsec.sender.spoofing import rules
from mailsec.sender.spoofing.names import shown
from mailsec.sender.spoofing.subject import Subject

# what ends a word for some reader of a header field: quotes, brackets, comments, separators, white space, controls
_SPECIAL = re.compile(r"[\x00-\x20\x7f-\x9f\"(),:;<>@\[\\\]]")
_LITERAL = re.compile(r"\[[0-9A-Fa-f.:IPv]{2,60}\]\Z")
_NO_NAME = re.compile(r"[\x00-,/:-@\[-\^`{-\xa0]")  # all but letters, digits, "._-" and what is beyond Latin-1's controls
_QUOTED = re.compile(r"\"(?:[^\"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*\"\Z")
_ROUTE = re.compile(r"@[^:]*:")
_IN_HOST = re.compile(r"[\x00-\x20\x7f\"'(),;<>@\\=]")
_REPORTS = ("multipart/report",)


def envelope_findings(subject: Subject) -> Iterator[Finding]:
    """What is odd about the envelope, as far as it is known."""
    yield from _mail_from(subject)
    yield from _helo(subject)
    yield from _other_domain(subject)


def _mail_from(subject: Subject) -> Iterator[Finding]:
    path = subject.arrival.mail_from
    if not path:
        return
    where = _evidence("MAIL FROM", path)
    route = _ROUTE.match(path)
    if route:
        yield finding(rules.MAIL_FROM_ROUTE, shown(path), where)
        path = path[route.end() :]
    local, at, domain = path.rpartition("@")
    if not at:
        return
    if (reason := _local(local)) or (reason := _domain(domain)):
        yield finding(rules.MAIL_FROM_INJECTION, f"{reason}: {shown(path)!r}", where)


def _local(local: str) -> str:
    """Why the local part can be misread; "" where it cannot."""
    if _QUOTED.match(local):
        return "the quoted local part has an @" if "@" in local else ""
    found = _SPECIAL.search(local)
    return f"the local part has {_named(found[0])}" if found else ""


def _domain(domain: str) -> str:
    """Why the domain can be misread; "" where it cannot, even if there can be no such domain."""
    found = None if _LITERAL.match(domain) else _NO_NAME.search(domain)
    return f"the domain has {_named(found[0])}" if found else ""


def _helo(subject: Subject) -> Iterator[Finding]:
    helo = subject.arrival.helo or ""
    if not _LITERAL.match(helo) and (found := _IN_HOST.search(helo)):
        yield finding(rules.HELO_INJECTION, f"{_named(found[0])} in {shown(helo)!r}", _evidence("HELO", helo))


def _other_domain(subject: Subject) -> Iterator[Finding]:
    """A return path of another organization, where that decides what vouches for the author."""
    results = subject.results
    if not subject.author_domains or results is None or any(judgement.aligned for judgement in results.dmarc.judgements):
        return
    spf, helo, path = results.mail_from, results.helo, subject.arrival.mail_from
    if path and spf is not None and spf.domain and not subject.is_author(spf.domain):
        text = f"<{shown(path)}>, the author is at {subject.author_domains[0]}"
        yield finding(rules.MAIL_FROM_DIFFERS, text, _evidence("MAIL FROM", path))
    if helo is None or helo.status is not Status.PASS or _is_report(subject):
        return
    alone = spf is None or spf.status is not Status.PASS or not path
    if alone and not subject.is_author(helo.domain):
        text = f"{helo.domain} passes; the author is at {subject.author_domains[0]}"
        yield finding(rules.HELO_ONLY, text, _evidence("HELO", subject.arrival.helo or ""))


def _is_report(subject: Subject) -> bool:
    """True for a bounce or another report, which a host writes in its own name."""
    return bool(subject.structure.parts) and subject.structure.parts[0].type in _REPORTS


def _evidence(where: str, text: str) -> Evidence:
    return Evidence(EvidenceKind.ENVELOPE, where, clipped(text, SPOOF_TEXT))


def _named(char: str) -> str:
    return char if char.isprintable() and char != " " else f"U+{ord(char):04X}"
