"""Keys of persons in the DNS: the name that a mailbox has there, and how it is asked for (RFC 7929, RFC 8162)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Flow, Query, Record, ask
from mailsec.core.lookup import failed
from mailsec.core.results import Check
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


def judged_as_published(flow: Flow[Check], record: Record) -> Check:
    """What `flow`, which asks for the keys of one address, would find if the DNS held `record` alone and vouched for it."""
    query = next(flow)
    assert isinstance(query, Query)
    try:
        flow.send(Answer(query, AnswerStatus.OK, (record,), dnssec=Dnssec.SECURE))
    except StopIteration as done:
        return cast(Check, done.value)
    raise AssertionError("it asks for something else")
