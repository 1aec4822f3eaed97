"""The header of a message: who it says it is from, what it says was verified, and every field as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from mailsec.api.inspect_case import Case
from mailsec.core.domains import DomainError, is_within
from mailsec.core.limits.spoofing import INSPECT_ADDRESSES, INSPECT_FIELD_BYTES, INSPECT_FIELDS, INSPECT_SIGNATURES
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact
from mailsec.core.suffixes import listed_organization
from mailsec.core.taglist import TagListError
from mailsec.core.taglist import parse as parse_tags
from mailsec.core.text import clipped, from_bytes
from mailsec.message.addresses import Mailbox, parse_addresses
from mailsec.message.fields import DefectKind, Field
from mailsec.message.words import display_text
from mailsec.sender.authres.foreign import foreign_results
from mailsec.sender.authres.report import foreign_check
from mailsec.sender.dkim.keyless import tail_of
from mailsec.sender.dkim.signature import SignatureError, parse_signature

_SHOWN = 300
_IDENTITIES = ("From", "Sender", "Reply-To", "Resent-From", "Resent-Sender", "Resent-Reply-To", "Errors-To")


# --- identities


def identities_check(case: Case) -> Check:
    """The senders that the message names, side by side: each address, its display name, and how it is related to From."""
    children = [*_helo(case), *_mail_from(case)]
    for name in _IDENTITIES:
        for field in case.message.all(name)[:INSPECT_ADDRESSES]:
            known = case.author.mailboxes if name == "From" and len(case.author.fields) == 1 else None
            children += _field_identities(case, name, field, known)
    return Check("identities", None, "who the message says it is from", children=tuple(children))


def _helo(case: Case) -> Iterator[Check]:
    """The name that a client gave to the newest receiver that wrote it down."""
    step = next((step for step in reversed(case.path.steps) if step.hop.helo), None)
    if step is not None:
        hop = step.hop
        trust = "" if step.believed else ", as the Received field claims"
        literal = f" [{hop.ip}]" if hop.ip else ""
        facts = (Fact("name", hop.helo), Fact("ip", str(hop.ip) if hop.ip else None), Fact("by", hop.by or None))
        yield Check("HELO", None, f"{clipped(hop.helo, _SHOWN)}{literal}{trust}", facts, evidence=(_place(case, hop.field),))


def _mail_from(case: Case) -> Iterator[Check]:
    found, field = case.path.return_path, case.message.first("Return-Path")
    if found is None or field is None:
        if field is not None:
            yield Check("MAIL FROM", None, f"cannot be read: {_one_line(field)}", evidence=(_place(case, field),))
        return
    domain = found.address.rpartition("@")[2].lower()
    words = [f"<{clipped(found.address, _SHOWN)}>", _relation(case, domain) if found.address else "", found.meaning]
    facts = (Fact("address", f"<{found.address}>"), Fact("domain", domain or None), Fact("scheme", found.scheme.value))
    yield Check("MAIL FROM", None, ": ".join(filter(None, words)), facts, evidence=(_place(case, field),))


def _field_identities(case: Case, name: str, field: Field, known: Sequence[Mailbox] | None) -> Iterator[Check]:
    mailboxes = parse_addresses(field.value).mailboxes if known is None else known
    place = (_place(case, field),)
    if not mailboxes:
        yield Check(name, None, f"no address: {_one_line(field)}", evidence=place)
    for mailbox in mailboxes[:INSPECT_ADDRESSES]:
        try:
            domain = mailbox.domain_name()
        except DomainError:
            domain = ""
        display = display_text(mailbox.display) if mailbox.display else ""
        address = from_bytes(mailbox.address)
        words = f"{clipped(address, _SHOWN)} “{display}”" if display else clipped(address, _SHOWN)
        relation = "" if name == "From" else _relation(case, domain)
        facts = (Fact("address", address), Fact("display-name", display or None), Fact("domain", domain or None))
        yield Check(name, None, f"{words}: {relation}" if relation else words, facts, evidence=place)


def _relation(case: Case, domain: str) -> str:
    """How a domain is related to those of From."""
    domains = case.author.domains
    if not domain or not domains or domain in domains:
        return ""
    if any(is_within(domain, each) or is_within(each, domain) for each in domains):
        return "the same organization as From"
    if listed_organization(domain) in map(listed_organization, domains):
        return "the same organization as From"
    return "another organization than From"


# --- what the message says was verified


def authentication_check(case: Case) -> Check:
    """Signatures and results that the message carries: what they say, none of it verified."""
    children: list[Check] = []
    tails: dict[object, int | None] = {}
    for field in case.message.all("DKIM-Signature")[:INSPECT_SIGNATURES]:
        children.append(_dkim(case, field, tails))
    for name in ("ARC-Seal", "ARC-Message-Signature"):
        children += (_arc(case, field) for field in case.message.all(name)[:INSPECT_SIGNATURES])
    edge = case.path.border
    start = edge.field.start if edge is not None and edge.field is not None and edge.ip is not None else None
    others = foreign_check(case.message, foreign_results(case.message, border=start, trusted=case.path.receiver))
    children += others.children
    kinds = ", ".join(dict.fromkeys(child.name for child in children))
    reason = f"{kinds}: as they stand, not verified" if children else "no signature and no result of a check"
    return Check("authentication", None, reason, findings=others.findings, children=tuple(children))


def _dkim(case: Case, field: Field, tails: dict[object, int | None]) -> Check:
    """What a signature says; `tails` remembers what is known of the body, as several signatures mostly cover the same."""
    place = (_place(case, field),)
    try:
        found = parse_signature(field.value)
    except SignatureError as error:
        return Check("DKIM-Signature", None, f"cannot be used: {error.message}", evidence=place)
    facts: tuple[Fact, ...] = (
        Fact("d", found.domain),
        Fact("s", found.selector),
        Fact("i", found.auid),
        Fact("a", found.algorithm),
        Fact("c", found.canonicalization),
        Fact("h", " ".join(map(from_bytes, found.fields))),
        Fact("l", found.length),
        Fact("t", found.timestamp),
        Fact("x", found.expiration),
    )
    words = [f"by {found.domain} with key {found.selector}", _relation(case, found.domain)]
    if case.structure is not None:
        key = (found.body_canonicalization, found.length, found.body_hash)
        if key not in tails:
            tails[key] = tail_of(case.message, found)
        tail = tails[key]
        facts += (Fact("body-as-signed", tail is not None), Fact("unsigned-body", tail))
        words.append("the body was changed" if tail is None else f"{tail} octets of the body are unsigned" if tail else "")
    return Check("DKIM-Signature", None, "; ".join(filter(None, words)), facts, evidence=place)


def _arc(case: Case, field: Field) -> Check:
    name = "ARC-Seal" if field.key == b"arc-seal" else "ARC-Message-Signature"
    place = (_place(case, field),)
    try:
        tags = {tag.name: tag.value for tag in parse_tags(from_bytes(field.value[:INSPECT_FIELD_BYTES]))}
    except TagListError as error:
        return Check(name, None, f"cannot be read: {error.message}", evidence=place)
    facts = tuple(Fact(key, tags[key]) for key in ("i", "d", "s", "cv") if key in tags)
    chain = f", chain {clipped(tags['cv'], 40)}" if "cv" in tags else ""
    words = f"instance {clipped(tags.get('i', '?'), 40)} by {clipped(tags.get('d', '?'), _SHOWN)}{chain}"
    return Check(name, None, words, facts, evidence=place)


# --- fields


def header_check(case: Case, form: Check) -> Check:
    """Every field in order, byte-exact, with its offsets in the file, and what is wrong with the message's form."""
    fields = case.message.fields
    shown = fields[:INSPECT_FIELDS]
    odd = tuple(islice(_unread(case), INSPECT_FIELDS))
    facts = (*form.facts, Fact("left-out", len(fields) - len(shown) or None))
    reason = form.reason or f"{len(fields)} fields in {case.offset(case.message.body)} octets"
    children = tuple(_field(case, field) for field in shown)
    return Check("header", form.status, reason, facts, form.findings, form.evidence, (*children, *odd))


def _field(case: Case, field: Field) -> Check:
    value = field.value
    start = case.offset(field.start)
    text = from_bytes(value[:INSPECT_FIELD_BYTES])
    evidence = Evidence(EvidenceKind.FIELD, from_bytes(field.name[:INSPECT_FIELD_BYTES]), text, start, case.offset(field.end))
    if b"=?" in value:
        shown = display_text(value, _SHOWN)
    else:
        shown = clipped(" ".join(text[: 4 * _SHOWN].split()) if "\n" in text else text.strip(), _SHOWN)
    return Check(evidence.where, None, shown, evidence=(evidence,))


_NOT_FIELDS = (DefectKind.NO_COLON, DefectKind.BAD_NAME, DefectKind.LEADING_FOLD)
_NOT_READ = (DefectKind.TOO_MANY_FIELDS, DefectKind.HEADER_TOO_LARGE)


def _unread(case: Case) -> Iterator[Check]:
    """The lines of the header that are no fields, and the rest of one that is too large: as octets with their offsets."""
    message = case.message
    at = 0
    for field in message.fields:
        if field.start > at:
            yield _octets(case, at, field.start)
        at = field.end
    end = message.body
    if any(defect.kind in _NOT_FIELDS for defect in message.defects) and message.data[at:end].strip(b"\r\n"):
        yield _octets(case, at, end)
    for defect in message.defects:
        if defect.kind in _NOT_READ:
            yield _octets(case, defect.start, defect.end, "octets that were not read as header")


def _octets(case: Case, start: int, end: int, name: str = "octets that are no field") -> Check:
    text = from_bytes(case.message.data[start : min(end, start + INSPECT_FIELD_BYTES)])
    first, last = case.offset(start), case.offset(end)
    evidence = Evidence(EvidenceKind.BYTES, "header", text, first, last)
    return Check(name, None, f"{last - first} octets at {first}", evidence=(evidence,))


def _place(case: Case, field: Field) -> Evidence:
    return Evidence(
        EvidenceKind.FIELD,
        clipped(from_bytes(field.name[:_SHOWN]), _SHOWN),
        "",
        case.offset(field.start),
        case.offset(field.end),
    )


def _one_line(field: Field) -> str:
    return clipped(" ".join(from_bytes(field.value[: 4 * _SHOWN]).split()), _SHOWN)
