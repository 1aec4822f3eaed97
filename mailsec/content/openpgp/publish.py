"""Makes the OPENPGPKEY record of a key (RFC 7929 section 2)."""

from __future__ import annotations

from collections.abc import Iterator

from mailsec.content.keyrecords import judged_as_published
from mailsec.content.openpgp import rules
from mailsec.content.openpgp.openpgpkey import lint, owner_name
from mailsec.core.errors import BadInput
from mailsec.core.flow import Record
from mailsec.core.limits.transport import KEY_RECORD_BYTES, KEY_RECORD_LARGE
from mailsec.core.results import Check, Finding, finding
from mailsec.message.person import parse_address


def record_for(address: str, key: bytes, *, now: int) -> tuple[Record, Check]:
    """The record of `key` (a transferable public key, binary) for `address`, and what `check` would find at `now` (seconds
    since 1970 UTC) once it is published. Raises BadInput where `address` is none, or no record can hold the key."""
    record = Record(owner_name(address), "OPENPGPKEY", 0, key)
    if len(key) > KEY_RECORD_BYTES:
        raise BadInput(f"the key has {len(key)} octets, more than a record can carry", hint="publish it without certifications")
    judged = judged_as_published(lint(address, now=now), record)
    findings = (*judged.all_findings(), *_of_record(address, record))
    return record, Check("openpgpkey", judged.status, "the key, whole: others can encrypt to it", judged.facts, findings)


def _of_record(address: str, record: Record) -> Iterator[Finding]:
    mailbox = parse_address(address)
    if mailbox != mailbox.lowered:
        yield finding(rules.MIXED_CASE, f"{mailbox}: programs that ask for {mailbox.lowered} do not find it")
    if len(record.rdata) > KEY_RECORD_LARGE:
        yield finding(rules.LARGE, f"{len(record.rdata)} octets")
