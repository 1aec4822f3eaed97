"""SMIMEA records: a person's S/MIME certificate in the DNS (RFC 8162)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailsec.content.keyrecords import KeyAnswer, look_up, record_owner
from mailsec.content.smime import rules
from mailsec.core import rdata
from mailsec.core.flow import Dnssec, Flow, Record
from mailsec.core.limits.transport import KEY_RECORD_BYTES, KEY_RECORDS
from mailsec.core.lookup import evidence, failed, failure, listed
from mailsec.core.moment import utc
from mailsec.core.rdata import Association, RdataError
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.message.person import Address, parse_address, same

if TYPE_CHECKING:
    from mailsec.trust.x509.person import Certificate

LABEL = "_smimecert"

_DIGEST_OCTETS = {0: None, 1: 32, 2: 64}
_END_ENTITY = frozenset({1, 3})


@dataclass(slots=True)
class _Judged:
    """What one record comes to: `good` where somebody can encrypt to its certificate, `broken` where it cannot be read."""

    check: Check
    good: bool = False
    broken: bool = False
    carries: bool = False


def owner_name(address: str) -> str:
    """The DNS name of the certificates of `address`. Raises BadInput where it is no address."""
    return record_owner(parse_address(address), LABEL)


def lint(address: str, *, now: int) -> Flow[Check]:
    """Judge the certificates published for `address` at the time `now` (seconds since 1970 UTC).

    pass: a sound certificate that DNSSEC vouches for, or a record that confirms one; neutral: the same, but without DNSSEC or
    not validated; fail: every certificate is expired, weak or somebody else's; permerror: no record can be read; none: no
    record; temperror: the lookup failed. Raises BadInput where `address` is none.
    """
    found = yield from look_up(parse_address(address), LABEL, "SMIMEA")
    answer = found.answer
    if failed(answer):
        return Check("smimea", Status.TEMPERROR, failure(answer))
    if not answer.records:
        return Check("smimea", Status.NONE, "no record", (Fact("name", found.name),))
    judged = [_judge(record, found.address, now) for record in answer.records[:KEY_RECORDS]]
    status, reason = _status(judged, answer.dnssec)
    facts = (
        Fact("name", found.name),
        Fact("exact", found.exact),
        Fact("records", len(answer.records)),
        Fact("dnssec", answer.dnssec.value),
    )
    findings = tuple(_findings(found, judged))
    return Check("smimea", status, reason, facts, findings, children=tuple(each.check for each in judged))


def _status(judged: Sequence[_Judged], dnssec: Dnssec) -> tuple[Status, str]:
    if all(each.broken for each in judged):
        return Status.PERMERROR, "no record can be read"
    good = sum(each.good for each in judged)
    if any(each.carries for each in judged) and not good:
        return Status.FAIL, "no certificate can be relied on"
    if dnssec is not Dnssec.SECURE:
        return Status.NEUTRAL, f"not to be trusted: DNSSEC is {dnssec}"
    return Status.PASS, f"{good} certificates" if good else "records that confirm a certificate"


def _findings(found: KeyAnswer, judged: Sequence[_Judged]) -> Iterator[Finding]:
    answer = found.answer
    if not found.exact:
        yield finding(rules.CASE_VARIANT, f"records for {found.address}")
    if answer.dnssec is Dnssec.INSECURE:
        yield finding(rules.INSECURE, found.name)
    elif answer.dnssec is not Dnssec.SECURE:
        yield finding(rules.NOT_VALIDATED, f"{found.name}: {answer.dnssec}")
    if len(answer.records) > KEY_RECORDS:
        yield finding(rules.TOO_MANY, f"{len(answer.records)} records; the first {KEY_RECORDS} are judged")
    if not any(each.carries or each.broken for each in judged):
        yield finding(rules.NO_CERTIFICATE, f"{len(answer.records)} records, none of the form 3 0 0")


def _judge(record: Record, address: Address, now: int) -> _Judged:
    # Asking for a domain needs no cryptography, and it is slow to load.
    from mailsec.trust.x509.person import CertificateError, load  # noqa: PLC0415

    try:
        fields = rdata.association(record.rdata)
        if trouble := problem(fields):
            raise RdataError(trouble)
        if fields.selector != 0 or fields.matching != 0:
            return _Judged(_confirming(fields))
        certificate = load(fields.data)
    except (RdataError, CertificateError) as error:
        broken = finding(rules.MALFORMED, str(error), evidence(record))
        return _Judged(Check("record", Status.PERMERROR, str(error), findings=(broken,)), broken=True)
    return _certificate(fields, certificate, address, now)


def problem(fields: Association) -> str:
    """Why nobody can use the record; "" where it is well formed."""
    if fields.usage > 3 or fields.selector > 1 or fields.matching > 2:
        return f"{fields.usage} {fields.selector} {fields.matching} has a number that is not assigned"
    octets = _DIGEST_OCTETS[fields.matching]
    if octets and len(fields.data) != octets:
        return f"a digest of {len(fields.data)} octets, matching type {fields.matching} has {octets}"
    return "more octets than a record can carry" if len(fields.data) > KEY_RECORD_BYTES else ""


def _form(fields: Association) -> Fact:
    return Fact("form", f"{fields.usage} {fields.selector} {fields.matching}")


def _confirming(fields: Association) -> Check:
    return Check("record", None, "confirms a certificate, but does not carry it", (_form(fields),))


def _certificate(fields: Association, certificate: Certificate, address: Address, now: int) -> _Judged:
    own = fields.usage in _END_ENTITY
    findings = tuple(_certificate_findings(certificate, address, now, own))
    facts = (
        _form(fields),
        Fact("sha256", certificate.fingerprint),
        Fact("subject", certificate.subject),
        Fact("issuer", certificate.issuer),
        Fact("algorithm", certificate.algorithm),
        Fact("bits", certificate.bits or None),
        Fact("signature-hash", certificate.signature_hash),
        Fact("not-before", utc(certificate.not_before)),
        Fact("not-after", utc(certificate.not_after)),
        Fact("addresses", listed(certificate.addresses)),
        Fact("names-address", any(same(address, other) for other in certificate.addresses)),
    )
    status = Status.FAIL if findings else Status.PASS
    reason = "the certificate of the address" if own else "a certificate of an authority, which confirms others"
    return _Judged(Check("record", status, reason, facts, findings), good=own and not findings, carries=own)


def _certificate_findings(certificate: Certificate, address: Address, now: int, own: bool) -> Iterator[Finding]:
    if now > certificate.not_after:
        yield finding(rules.EXPIRED, f"expired at {utc(certificate.not_after)}")
    if now < certificate.not_before:
        yield finding(rules.EXPIRED, f"not valid before {utc(certificate.not_before)}")
    if certificate.weakness:
        yield finding(rules.WEAK, certificate.weakness)
    if not own:
        return
    if not any(same(address, other) for other in certificate.addresses):
        named = f"it names {listed(certificate.addresses)}" if certificate.addresses else "it names no address"
        yield finding(rules.OTHER_ADDRESS, f"{address}: {named}")
    if not certificate.for_mail:
        yield finding(rules.NOT_FOR_MAIL, "no emailProtection")
