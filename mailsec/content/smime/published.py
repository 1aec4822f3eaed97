"""What the DNS says of a person's certificates, as far as it may be trusted (RFC 8162 sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.content.keyrecords import vouched
from mailsec.content.smime import rules
from mailsec.content.smime.smimea import LABEL, problem
from mailsec.core import rdata
from mailsec.core.flow import Flow, Record
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
    found = yield from vouched(address, LABEL, "SMIMEA", accept_case_variant=accept_case_variant)
    if found.variant:
        variant = finding(rules.CASE_VARIANT, found.reason, fix="--accept-case-variant takes them")
        return Published(str(address), found.name, Status.NONE, found.reason, findings=(variant,))
    usable = tuple(_usable(found.records))
    if found.status is Status.PASS and not usable:
        return Published(str(address), found.name, Status.NONE, "no SMIMEA record can be used")
    return Published(str(address), found.name, found.status, found.reason, usable)


def _usable(records: Sequence[Record]) -> list[Association]:
    usable = []
    for record in records:
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
