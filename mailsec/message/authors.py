"""Whom a message names as its authors (RFC 5322 section 3.6.2): the From field, its addresses, and their domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.core.domains import DomainError
from mailsec.core.limits.message import MAX_ADDRESS_BYTES, MAX_AUTHORS
from mailsec.message.addresses import AddressDefect, Mailbox, parse_addresses
from mailsec.message.fields import Field, Message


@dataclass(frozen=True, slots=True)
class Author:
    """The From fields and what they hold.

    `domains` are the author domains: names (A-labels), each once, in order. `without_domain` are the mailboxes that have none:
    a domain literal, an invalid name, or beyond `MAX_AUTHORS`. `defects` belong to the From field with the same index. With a
    `reason` the author cannot be known, and the message is permerror: no From, several From fields, no valid address in From.
    """

    fields: tuple[Field, ...]
    mailboxes: tuple[Mailbox, ...]
    domains: tuple[str, ...]
    without_domain: tuple[Mailbox, ...]
    defects: tuple[tuple[AddressDefect, ...], ...]
    reason: str = ""


def author(message: Message) -> Author:
    """Who is named as the author of `message`. Never raises. Several From fields are all read, up to `MAX_ADDRESS_BYTES`."""
    fields = message.all("From")
    mailboxes: list[Mailbox] = []
    defects: list[tuple[AddressDefect, ...]] = []
    budget = MAX_ADDRESS_BYTES
    for index, field in enumerate(fields):
        budget -= len(field.raw)
        if budget < 0 and index:
            break
        found = parse_addresses(field.value)
        mailboxes += found.mailboxes
        defects.append(found.defects)
    domains, without = _domains(mailboxes)
    return Author(fields, tuple(mailboxes), domains, without, tuple(defects), _reason(fields, domains))


def _domains(mailboxes: Sequence[Mailbox]) -> tuple[tuple[str, ...], tuple[Mailbox, ...]]:
    domains: dict[str, None] = {}
    without = list(mailboxes[MAX_AUTHORS:])
    for mailbox in mailboxes[:MAX_AUTHORS]:
        try:
            domains[mailbox.domain_name()] = None
        except DomainError:
            without.append(mailbox)
    return tuple(domains), tuple(without)


def _reason(fields: Sequence[Field], domains: Sequence[str]) -> str:
    if not fields:
        return "the message has no From field"
    if len(fields) > 1:
        return f"the message has {len(fields)} From fields"
    return "" if domains else "From holds no address with a valid domain"
