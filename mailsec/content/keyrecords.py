"""Keys of persons in the DNS: the name that a mailbox has there, and how it is asked for (RFC 7929, RFC 8162)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Flow, Query, Record, ask
from mailsec.core.limits.transport import KEY_RECORDS
from mailsec.core.lookup import failed, failure
from mailsec.core.results import Check, Status
from mailsec.message.person import Address

_HASH_DIGITS = 56


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """What the DNS said. `exact` is False where only the lower-cased mailbox has records: somebody else's, perhaps."""

    address: Address
    name: str
    answer: Answer
    exact: bool


def record_owner(address: Address, label: str) -> str:
    """The DNS name of the mailbox's keys under `label` (_openpgpkey or _smimecert). No case is folded."""
    digest = sha256(address.local.encode("utf-8")).hexdigest()[:_HASH_DIGITS]
    return f"{digest}.{label}.{address.domain}"


def look_up(address: Address, label: str, type: str) -> Flow[KeyAnswer]:
    """Ask for the keys of `address`, and for those of its lower-cased form where it has none."""
    name = record_owner(address, label)
    answer = yield from ask(name, type)
    if failed(answer) or answer.records or address.lowered == address:
        return KeyAnswer(address, name, answer, True)
    lowered = record_owner(address.lowered, label)
    other = yield from ask(lowered, type)
    if failed(other) or other.records:
        return KeyAnswer(address.lowered, lowered, other, False)
    return KeyAnswer(address, name, answer, True)


@dataclass(frozen=True, slots=True)
class Vouched:
    """The key records of a mailbox at `name`, as far as they may be trusted.

    pass: DNSSEC vouches for `records`, of which there are KEY_RECORDS at most; none: there is nothing that may be trusted, and
    nothing depends on it; temperror: the lookup failed, and what is there may count. `reason` says it in words. `variant` is
    True where there is nothing but records of the lower-cased mailbox.
    """

    name: str
    status: Status
    reason: str
    records: tuple[Record, ...] = ()
    variant: bool = False


def vouched(address: Address, label: str, type: str, *, accept_case_variant: bool) -> Flow[Vouched]:
    """Ask for the keys of `address` that may be trusted: those that DNSSEC vouches for, and of the lower-cased mailbox only
    where that is accepted (RFC 7929 sections 4 and 5, RFC 8162 sections 4 and 6)."""
    found = yield from look_up(address, label, type)
    answer = found.answer
    if failed(answer):
        status = yield from _failed(answer, address)
        return Vouched(found.name, status, failure(answer))
    if not answer.records:
        return Vouched(found.name, Status.NONE, f"no {type} record")
    if answer.dnssec is not Dnssec.SECURE:
        said = f"{type} records that may not be trusted: DNSSEC is {answer.dnssec}"
        return Vouched(found.name, Status.NONE, said)
    if not found.exact and not accept_case_variant:
        said = f"{type} records for {found.address} alone, who may be somebody else"
        return Vouched(found.name, Status.NONE, said, variant=True)
    return Vouched(found.name, Status.PASS, "DNSSEC secure", answer.records[:KEY_RECORDS])


def _failed(answer: Answer, address: Address) -> Flow[Status]:
    """Whether a failed lookup counts. Where nobody signs the domain no answer could have been trusted, and servers that fail
    on types that they do not know are no concern of anybody's (RFC 7672 section 2.1.2 does the same for TLSA)."""
    if answer.status is AnswerStatus.UNRECORDED:
        return Status.NONE
    if answer.dnssec is Dnssec.BOGUS:
        return Status.TEMPERROR
    zone = yield from ask(address.domain, "SOA")
    return Status.NONE if zone.dnssec is Dnssec.INSECURE else Status.TEMPERROR


def judged_as_published(flow: Flow[Check], record: Record) -> Check:
    """What `flow`, which asks for the keys of one address, would find if the DNS held `record` alone and vouched for it."""
    query = next(flow)
    assert isinstance(query, Query)
    try:
        flow.send(Answer(query, AnswerStatus.OK, (record,), dnssec=Dnssec.SECURE))
    except StopIteration as done:
        return cast(Check, done.value)
    raise AssertionError("it asks for something else")
