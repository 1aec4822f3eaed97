"""Makes the SMIMEA record of a certificate (RFC 8162 section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailsec.content.keyrecords import judged_as_published
from mailsec.content.smime import rules
from mailsec.content.smime.smimea import lint, owner_name
from mailsec.core.errors import BadInput
from mailsec.core.flow import Record
from mailsec.core.limits.transport import KEY_RECORD_BYTES, KEY_RECORD_LARGE
from mailsec.core.results import Check, Finding, finding
from mailsec.message.person import parse_address
from mailsec.trust.x509.association import associations
from mailsec.trust.x509.path import load
from mailsec.trust.x509.usage import is_authority

_USAGES = (
    "an authority that trusted roots already vouch for; certificates of others do not count",
    "the certificate, where a path leads from it to a trusted root as well",
    "an authority of one's own, trusted for this address as if it were a root",
    "the certificate itself, trusted for this address without any path",
)
_SELECTORS = ("the certificate", "its public key, so that the certificate can be renewed")
_MATCHINGS = ("whole", "as a SHA-256 digest", "as a SHA-512 digest")


@dataclass(frozen=True, slots=True)
class Form:
    """The three numbers of a record: usage 0 to 3, selector 0 or 1, matching type 0, 1 or 2 (RFC 7218)."""

    usage: int = 3
    selector: int = 0
    matching: int = 0

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching}"

    @property
    def carries(self) -> bool:
        """True where others can encrypt to what the record holds."""
        return (self.usage, self.selector, self.matching) == (3, 0, 0)

    @property
    def of_authority(self) -> bool:
        """True where the record is about the authority that issued the certificate."""
        return self.usage in (0, 2)

    @property
    def meaning(self) -> str:
        """What it says, in words."""
        what = f"{_USAGES[self.usage]}; published is {_SELECTORS[self.selector]}, {_MATCHINGS[self.matching]}"
        return what if self.carries else f"{what}; only 3 0 0 lets others encrypt"


def record_for(address: str, certificate: bytes, form: Form, *, now: int) -> tuple[Record, Check]:
    """The record of `certificate` (DER) for `address`, and what `check` would find at `now` (seconds since 1970 UTC) once it
    is published. Raises BadInput where `address` is none, the certificate is damaged, or no record can hold it."""
    wanted = associations(certificate).get((form.selector, form.matching))
    loaded = load(certificate)
    if wanted is None or loaded is None:
        raise BadInput("the certificate is damaged or cut off")
    record = Record(owner_name(address), "SMIMEA", 0, bytes([form.usage, form.selector, form.matching]) + wanted)
    if len(record.rdata) > KEY_RECORD_BYTES:
        raise BadInput(f"the record would have {len(record.rdata)} octets, more than the DNS can carry")
    # what is wrong with the certificate is wrong in every form
    whole = Record(record.owner, record.type, 0, bytes([form.usage, 0, 0]) + certificate)
    judged = judged_as_published(lint(address, now=now), whole)
    findings = [found for found in judged.all_findings() if found.rule != rules.NO_CERTIFICATE.id]
    if form.of_authority and not is_authority(loaded):
        findings.append(finding(rules.NOT_AUTHORITY, loaded.subject.rfc4514_string() or "without a name"))
    findings += _of_record(address, record, form)
    return record, Check("smimea", judged.status, f"{form}: {form.meaning}", judged.facts, tuple(findings))


def _of_record(address: str, record: Record, form: Form) -> Iterator[Finding]:
    mailbox = parse_address(address)
    if not form.carries:
        yield finding(rules.NO_CERTIFICATE, f"{form} confirms a certificate, but does not carry it for encryption")
    if mailbox != mailbox.lowered:
        yield finding(rules.MIXED_CASE, f"{mailbox}: programs that ask for {mailbox.lowered} do not find it")
    if len(record.rdata) > KEY_RECORD_LARGE:
        yield finding(rules.LARGE, f"{len(record.rdata)} octets")
