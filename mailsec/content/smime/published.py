"""What the DNS says of a person's certificates, as far as it may be trusted (RFC 8162 sections 3 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.content.keyrecords import KeyAnswer, look_up
from mailsec.content.smime import rules
from mailsec.content.smime.smimea import LABEL, problem
from mailsec.core import rdata
from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Flow, Record, ask
from mailsec.core.limits import KEY_RECORDS
from mailsec.core.lookup import failed, failure
from mailsec.core.rdata import Association, RdataError
from mailsec.core.results import Finding, Status, finding
from mailsec.message.person import Address
from mailsec.trust.x509.spki import public_key_info

_SEQUENCE = 0x30
"""What a certificate and a key begin with in DER."""


@dataclass(frozen=True, slots=True)
class Published:
    """The SMIMEA records at `name` for the mailbox `address`.

    pass: DNSSEC vouches for `records`, all of which can be used; none: there is nothing that may be trusted, and nothing
    depends on it; temperror: the lookup failed, and what is there may count. `reason` says it in words.
    """

    address: str
    name: str
    status: Status
    reason: str
    records: tuple[Association, ...] = ()
    findings: tuple[Finding, ...] = ()


def published(address: Address, *, accept_case_variant: bool = False) -> Flow[Published]:
    """Ask for the certificates of `address`; with `accept_case_variant` those of its lower-cased form serve as well."""
    found = yield from look_up(address, LABEL, "SMIMEA")
    if failed(found.answer):
        status = yield from _failed(found.answer, address)
        return Published(str(address), found.name, status, failure(found.answer))
    if reason := _untrusted(found.answer):
        return Published(str(address), found.name, Status.NONE, reason)
    if not found.exact and not accept_case_variant:
        return _variant(found, address)
    usable = tuple(_usable(found.answer.records))
    if not usable:
        return Published(str(address), found.name, Status.NONE, "no SMIMEA record can be used")
    return Published(str(address), found.name, Status.PASS, "DNSSEC secure", usable)


def _failed(answer: Answer, address: Address) -> Flow[Status]:
    """Whether a failed lookup counts. Where nobody signs the domain no answer could have been trusted, and servers that fail
    on types that they do not know are no concern of anybody's (RFC 7672 section 2.1.2 does the same for TLSA)."""
    if answer.status is AnswerStatus.UNRECORDED:
        return Status.NONE
    if answer.dnssec is Dnssec.BOGUS:
        return Status.TEMPERROR
    zone = yield from ask(address.domain, "SOA")
    return Status.NONE if zone.dnssec is Dnssec.INSECURE else Status.TEMPERROR


def _untrusted(answer: Answer) -> str:
    """Why nothing of an answer may be trusted; "" where DNSSEC vouches for records."""
    if not answer.records:
        return "no SMIMEA record"
    return "" if answer.dnssec is Dnssec.SECURE else f"SMIMEA records that may not be trusted: DNSSEC is {answer.dnssec}"


def _variant(found: KeyAnswer, address: Address) -> Published:
    said = f"SMIMEA records for {found.address} alone, who may be somebody else"
    variant = finding(rules.CASE_VARIANT, said, fix="--accept-case-variant takes them")
    return Published(str(address), found.name, Status.NONE, said, findings=(variant,))


def _usable(records: Sequence[Record]) -> list[Association]:
    usable = []
    for record in records[:KEY_RECORDS]:
        try:
            fields = rdata.association(record.rdata)
        except RdataError:
            continue
        if fields.data and not problem(fields) and not _damaged(fields):
            usable.append(fields)
    return usable


def _damaged(fields: Association) -> bool:
    """Whether a whole certificate or key cannot be one: such a record is as good as none (RFC 6698 section 4.1)."""
    if fields.matching:
        return False
    return fields.data[0] != _SEQUENCE or (fields.selector == 0 and public_key_info(fields.data) is None)
