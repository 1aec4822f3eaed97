"""DKIM used as a weapon: names that are written to be misread, signed parts of a body, signed messages sent again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailsec.core.limits.spoofing import SPOOF_FIELD, SPOOF_RECIPIENTS, SPOOF_SIGNATURES
from mailsec.core.results import Finding, Status, finding
from mailsec.core.rules import Severity
from mailsec.core.text import from_bytes
from mailsec.message.checks import field_evidence
from mailsec.message.dates import parse_date
from mailsec.sender.dkim.verify import SignatureResult
from mailsec.sender.spoofing import rules
from mailsec.sender.spoofing.names import shown
from mailsec.sender.spoofing.subject import Results, Subject, akin

_TAG = re.compile(rb"(?:\A|;)[ \t\r\n]*([dsl])[ \t\r\n]*=([^;]*)")
_SPECIAL = re.compile(rb"[\x00-\x20\x7f\"'()<>@,:\\`=\[\]]|\._domainkey(?:\.|\Z)")
_OLD = 3 * 86_400
"""Seconds between signing and arrival above which a message is old: queues give up after five days, most arrive at once."""
_BASIC = frozenset({"Subject", "To"})


def signature_findings(subject: Subject) -> Iterator[Finding]:
    """What the signatures make possible, and whether it seems to have been done."""
    for field in subject.fields("DKIM-Signature")[:SPOOF_SIGNATURES]:
        for match in _TAG.finditer(field.value[:SPOOF_FIELD]):
            tag, text = match[1].decode("ascii"), match[2].strip(b" \t\r\n")
            if tag == "l":
                if subject.results is None:  # else the number of unsigned octets is known, and said
                    yield finding(
                        rules.LENGTH_TAG, f"l={shown(from_bytes(text[:400]))}", field_evidence(subject.message, field)
                    )
            elif _SPECIAL.search(text):
                misread = f"{tag}={shown(from_bytes(text[:400]))!r}"
                yield finding(rules.SIGNATURE_INJECTION, misread, field_evidence(subject.message, field))
    if subject.results is not None:
        yield from _replay(subject, subject.results)


def _replay(subject: Subject, results: Results) -> Iterator[Finding]:
    """Signs that a signed message was taken and sent again; two are what forwarding leaves too."""
    signature = _voucher(subject, results)
    if signature is None:
        return
    signs = [*_misdirected(subject), *_sent_by_others(subject, results, signature), *_old(subject, signature)]
    loose = _BASIC.intersection(signature.unsigned_singletons)
    if loose:
        signs.append(f"{' and '.join(sorted(loose))} not signed")
    if len(signs) > 1:
        severity = Severity.MEDIUM if len(signs) > 2 else None
        yield finding(rules.REPLAY, f"DKIM d={signature.domain}: {', '.join(signs)}", severity=severity)


def _voucher(subject: Subject, results: Results) -> SignatureResult | None:
    """The first signature that holds, or has expired, and is of an author's organization."""
    for signature in results.dkim.signatures:
        held = signature.status in (Status.PASS, Status.POLICY) and signature.key_bits
        if held and subject.is_author(signature.domain):
            return signature
    return None


def _misdirected(subject: Subject) -> Iterator[str]:
    recipients = subject.arrival.recipients[:SPOOF_RECIPIENTS]
    if not recipients or subject.listed:
        return
    named = b"\n".join(field.value[: SPOOF_FIELD * 16] for name in ("To", "Cc") for field in subject.fields(name)).lower()
    if not any(recipient.lower().encode(errors="replace") in named for recipient in recipients):
        yield "no recipient is in To or Cc"


def _sent_by_others(subject: Subject, results: Results, signature: SignatureResult) -> Iterator[str]:
    spf = results.mail_from
    if spf is None or subject.listed:
        return
    if spf.status in (Status.FAIL, Status.SOFTFAIL):
        yield f"SPF says {spf.status}"
    elif spf.status is Status.PASS and not akin(spf.domain, signature.domain):
        yield f"sent by a host of {spf.domain}"


def _old(subject: Subject, signature: SignatureResult) -> Iterator[str]:
    if signature.status is Status.POLICY and "expired" in signature.reason:
        yield "expired"
        return
    arrival = subject.arrival.time
    date = next(iter(subject.fields("Date")), None)
    signed = signature.check.fact("t")
    if not isinstance(signed, int):
        signed = parse_date(from_bytes(date.value[:200]).partition("(")[0].strip()) if date else None
    if arrival is not None and signed is not None and arrival - signed > _OLD:
        yield f"{(arrival - signed) // 86_400} days old when it arrived"
