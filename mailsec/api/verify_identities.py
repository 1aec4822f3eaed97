"""The sender identities of a message side by side, and what authenticated each of them."""

from __future__ import annotations

from mailsec.api.verify_case import Evidenced, describe
from mailsec.core.domains import DomainError, is_within
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Status
from mailsec.core.text import from_bytes
from mailsec.message.addresses import Mailbox, parse_addresses
from mailsec.message.fields import Field

_SHOWN = 20


def identities(evidenced: Evidenced) -> Check:
    """HELO, MAIL FROM, From, Sender, Reply-To: each with its address and what vouches for it."""
    children = [
        *_helo(evidenced),
        *_mail_from(evidenced),
        *(child for name in ("From", "Sender", "Reply-To") for child in _header(evidenced, name)),
    ]
    return Check("identities", None, "who the message says it is from", children=tuple(children))


def _helo(evidenced: Evidenced) -> tuple[Check, ...]:
    helo = evidenced.envelope.helo
    if helo is None:
        return ()
    if evidenced.helo is None:
        return (Check("HELO", Status.SKIPPED, "not asked", (Fact("name", helo),)),)
    return (Check("HELO", evidenced.helo.status, f"SPF: {evidenced.helo.reason}", (Fact("name", helo),)),)


def _mail_from(evidenced: Evidenced) -> tuple[Check, ...]:
    sender = evidenced.envelope.mail_from
    if sender is None:
        return ()
    facts = (Fact("address", f"<{sender}>"),)
    result = evidenced.mail_from
    if result is None:
        return (Check("MAIL FROM", Status.SKIPPED, "not asked", facts),)
    return (Check("MAIL FROM", result.status, f"SPF: {result.reason}", facts),)


def _header(evidenced: Evidenced, name: str) -> list[Check]:
    """One check for each address of each field called `name`."""
    fields = evidenced.message.all(name)[:_SHOWN]
    if name == "From" and len(fields) == 1:  # already read
        return [_address(evidenced, name, fields[0], mailbox) for mailbox in evidenced.author.mailboxes[:_SHOWN]]
    return [
        _address(evidenced, name, field, mailbox)
        for field in fields
        for mailbox in parse_addresses(field.value).mailboxes[:_SHOWN]
    ]


def _address(evidenced: Evidenced, name: str, field: Field, mailbox: Mailbox) -> Check:
    try:
        domain = mailbox.domain_name()
    except DomainError:
        domain = ""
    status, reason = _vouched(evidenced, name, domain)
    facts = [Fact("address", from_bytes(mailbox.address))]
    if mailbox.display:
        facts.append(Fact("display-name", from_bytes(mailbox.display)))
    if domain:
        facts.append(Fact("domain", domain))
    message = evidenced.message
    start, end = message.file_offset(field.start), message.file_offset(field.end)
    return Check(name, status, reason, tuple(facts), evidence=(Evidence(EvidenceKind.FIELD, name, "", start, end),))


def _vouched(evidenced: Evidenced, name: str, domain: str) -> tuple[Status, str]:
    """What stands behind an address: for From, DMARC's alignment decides; else a domain that is the same or above."""
    if not domain:
        return Status.NONE, "no domain that could vouch"
    return _as_author(evidenced, domain) if name == "From" else _as_other(evidenced, name, domain)


def _as_author(evidenced: Evidenced, domain: str) -> tuple[Status, str]:
    judgement = next((each for each in evidenced.dmarc.judgements if each.domain == domain), None)
    if judgement is not None and judgement.aligned:
        return Status.PASS, "authenticated by " + ", ".join(describe(evidenced, index) for index in judgement.aligned)
    status = Status.FAIL if judgement is not None and judgement.status is Status.FAIL else Status.NONE
    return status, f"nothing that passed belongs to {domain}"


def _as_other(evidenced: Evidenced, name: str, domain: str) -> tuple[Status, str]:
    for index, identifier in enumerate(evidenced.identifiers):
        if identifier.status is Status.PASS and identifier.domain and is_within(domain, identifier.domain):
            return Status.PASS, f"{domain} is authenticated by {describe(evidenced, index)}"
    passed = [each for each in evidenced.dkim.signatures if each.status is Status.PASS]
    signers = dict.fromkeys(each.domain for each in passed if _covers(each.signed_fields, name))
    signed = f"; the field is signed by {', '.join(signers)}" if signers else ""
    return Status.NONE, f"nothing that passed belongs to {domain}{signed}"


def _covers(signed: tuple[str, ...], name: str) -> bool:
    return name.lower() in (each.lower() for each in signed)
