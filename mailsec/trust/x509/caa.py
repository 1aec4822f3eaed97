"""CAA records: which authorities may issue certificates for a domain (RFC 8659) and its addresses (RFC 9495)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailsec.core import rdata
from mailsec.core.domains import parent
from mailsec.core.flow import Answer, Flow, Record, ask
from mailsec.core.limits.transport import CAA_CLIMB, CAA_RECORDS, LISTED
from mailsec.core.lookup import evidence, failed, failure, listed
from mailsec.core.rdata import RdataError
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.core.text import from_bytes
from mailsec.trust.x509 import rules

CRITICAL = 0x80

_ISSUERS = ("issue", "issuewild", "issuemail", "issuevmc")
_REGISTERED = frozenset({*_ISSUERS, "iodef", "contactemail", "contactphone"})
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\Z")
_PARAMETER = re.compile(r"[A-Za-z0-9-]+[ \t]*=[ \t]*[!-:<-~]*\Z")
_REPORT = re.compile(r"(?:mailto:[^@\s]+@[^@\s]+|https?://[^\s/]\S*)\Z", re.IGNORECASE)
_MAX_NAME = 253


@dataclass(frozen=True, slots=True)
class CaaRecord:
    """One property. `tag` in lower case. `value` is text that may hold anything; `problem` says what is wrong with it."""

    flags: int
    tag: str
    value: str

    @property
    def critical(self) -> bool:
        """True where an authority that does not know the tag must not issue."""
        return bool(self.flags & CRITICAL)

    @property
    def known(self) -> bool:
        """True where the tag is registered."""
        return self.tag in _REGISTERED

    @property
    def issuer(self) -> str:
        """The authority that the property allows, in lower case; "" where it allows nobody, as a damaged one does."""
        return "" if self.problem else self.value.partition(";")[0].strip(" \t").lower()

    @property
    def problem(self) -> str:
        """What is wrong with the value; "" where it has the form that its tag wants."""
        if self.tag in _ISSUERS:
            name, _, parameters = self.value.partition(";")
            name = name.strip(" \t")
            if name and (len(name) > _MAX_NAME or not _DOMAIN.match(name)):
                return f"{self.tag} names no domain"
            pieces = [piece.strip(" \t") for piece in parameters.split(";")] if parameters.strip(" \t") else []
            return "" if all(map(_PARAMETER.match, pieces)) else f"{self.tag} has a parameter that is not name=value"
        if self.tag == "iodef" and not _REPORT.match(self.value):
            return "iodef is neither a mailto: nor an http: or https: address"
        return ""


class CaaError(ValueError):
    """The data is no CAA record."""


def parse(data: bytes) -> CaaRecord:
    """The record in wire data. Raises CaaError."""
    try:
        flags, tag, value = rdata.caa(data)
    except RdataError as error:
        raise CaaError(str(error)) from None
    if not tag.isalnum():
        raise CaaError("the tag is empty or not made of letters and digits")
    return CaaRecord(flags, tag.decode("ascii").lower(), from_bytes(value))


def lint(domain: str) -> Flow[Check]:
    """Judge the CAA records that apply to `domain`: its own, or those of the nearest name above it (RFC 8659 section 3).

    pass: records apply and are well formed; none: no name has any; permerror: one is damaged, or critical and unknown;
    temperror: a lookup failed, which is no absence.
    """
    name = domain
    for _ in range(CAA_CLIMB):
        answer = yield from ask(name, "CAA")
        if failed(answer):
            return Check("caa", Status.TEMPERROR, failure(answer))
        if answer.records:
            return _check(domain, name, answer)
        name = parent(name)
        if not name:
            found = finding(rules.NONE, f"nothing at {domain} or above")
            return Check("caa", Status.NONE, "no record", findings=(found,))
    return Check("caa", Status.TEMPERROR, f"no record at {CAA_CLIMB} names; those above were not asked")


def _check(domain: str, name: str, answer: Answer) -> Check:
    records: list[CaaRecord] = []
    findings: list[Finding] = []
    for record in answer.records[:CAA_RECORDS]:
        try:
            parsed = parse(record.rdata)
        except CaaError as error:
            findings.append(finding(rules.MALFORMED, str(error), evidence(record)))
            continue
        records.append(parsed)
        findings.extend(_findings(parsed, record))
    broken = any(found.rule in (rules.MALFORMED.id, rules.UNKNOWN_CRITICAL.id) for found in findings)
    findings = [*findings[: 2 * LISTED], *_findings_of_all(domain, answer, records)]
    return Check(
        "caa",
        Status.PERMERROR if broken else Status.PASS,
        f"records at {name} have mistakes" if broken else f"{len(answer.records)} records at {name}",
        (Fact("found-at", name), *_facts(records), Fact("dnssec", answer.dnssec.value)),
        tuple(findings),
        tuple(evidence(record) for record in answer.records[:LISTED]),
    )


def _facts(records: Sequence[CaaRecord]) -> Iterator[Fact]:
    """The authorities that each property allows; "" where it allows none, no fact where it is not there."""
    for tag in _ISSUERS:
        if any(record.tag == tag for record in records):
            yield Fact(tag, listed(sorted({record.issuer for record in records if record.tag == tag and record.issuer})))


def _findings(record: CaaRecord, raw: Record) -> Iterator[Finding]:
    if record.problem:
        yield finding(rules.MALFORMED, record.problem, evidence(raw))
    if not record.known:
        rule = rules.UNKNOWN_CRITICAL if record.critical else rules.UNKNOWN
        yield finding(rule, record.tag, evidence(raw))
    if record.flags & ~CRITICAL:
        fix = rdata.show("CAA", bytes([record.flags & CRITICAL]) + raw.rdata[1:])
        yield finding(rules.RESERVED_FLAGS, f"flags {record.flags}", evidence(raw), fix=f"{raw.owner}. IN CAA {fix}")


def _findings_of_all(domain: str, answer: Answer, records: Sequence[CaaRecord]) -> Iterator[Finding]:
    if len(answer.records) > CAA_RECORDS:
        yield finding(rules.TOO_MANY, f"{len(answer.records)} records; the first {CAA_RECORDS} are judged")
    if not any(record.tag == "issuemail" for record in records):
        yield finding(rules.NO_ISSUEMAIL, f"no issuemail for {domain}")
