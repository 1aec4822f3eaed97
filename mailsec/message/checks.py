"""What is wrong with a message's form, as findings."""

from __future__ import annotations

from collections.abc import Iterator

from mailsec.core.limits.message import MAX_ADDRESS_BYTES
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.core.rules import Rule
from mailsec.core.text import clipped, from_bytes
from mailsec.message import rules
from mailsec.message.addresses import AddressDefect, Grade, parse_addresses
from mailsec.message.ambiguity import ambiguity_findings
from mailsec.message.authors import Author, author
from mailsec.message.evidence import field_evidence, octets_evidence
from mailsec.message.fields import DefectKind, Field, Message
from mailsec.message.leaves import Readings, readings
from mailsec.message.lines import long_line
from mailsec.message.mime import MimeDefectKind, Structure, protection, structure
from mailsec.message.reportchecks import report_checks

__all__ = ["Author", "author", "field_evidence", "message_check", "octets_evidence"]

_SHOWN = 120
_SHOWN_ADDRESSES = 5

_DEFECTS: dict[DefectKind, tuple[Rule, str]] = {
    DefectKind.LF_ONLY: (rules.LF_ONLY, "{count} line ends are LF; they were read as CRLF"),
    DefectKind.BARE_LF: (rules.BARE_LF, "{count} LF without CR, the first at octet {at}"),
    DefectKind.BARE_CR: (rules.BARE_CR, "{count} CR without LF, the first at octet {at}"),
    DefectKind.NUL: (rules.NUL, "{count} NUL octets, the first at octet {at}"),
    DefectKind.MBOX_FROM: (rules.MBOX_LINE, "a leading mbox line was set aside"),
    DefectKind.BYTE_ORDER_MARK: (rules.BYTE_ORDER_MARK, "a leading byte order mark was set aside"),
    DefectKind.NO_COLON: (rules.NO_COLON, "{count} header lines without a colon, the first at octet {at}"),
    DefectKind.BAD_NAME: (rules.BAD_NAME, "{count} header lines with an invalid field name, the first at octet {at}"),
    DefectKind.SPACE_BEFORE_COLON: (
        rules.SPACE_BEFORE_COLON,
        "{count} fields with space before the colon, the first at octet {at}",
    ),
    DefectKind.LEADING_FOLD: (rules.LEADING_FOLD, "the header begins with a continuation line"),
    DefectKind.NO_SEPARATOR: (rules.NO_SEPARATOR, "the message ends within its header"),
    DefectKind.TOO_MANY_FIELDS: (rules.TOO_MANY_FIELDS, "the header goes on at octet {at}, unread: too many fields"),
    DefectKind.HEADER_TOO_LARGE: (rules.HEADER_TOO_LARGE, "the header goes on at octet {at}, unread: too large"),
}

_MIME_DEFECTS: dict[MimeDefectKind, tuple[Rule, str]] = {
    MimeDefectKind.TOO_DEEP: (rules.MIME_TOO_DEEP, "{count} parts are nested too deep to be taken apart"),
    MimeDefectKind.TOO_MANY_PARTS: (rules.MIME_TOO_MANY_PARTS, "too many parts: from octet {at} on they were not read"),
    MimeDefectKind.NO_BOUNDARY: (rules.MIME_NO_BOUNDARY, "{count} multiparts without a boundary"),
    MimeDefectKind.SAME_BOUNDARY: (rules.MIME_SAME_BOUNDARY, "{count} multiparts use the boundary of one around them"),
    MimeDefectKind.UNTERMINATED: (rules.MIME_UNTERMINATED, "{count} multiparts without a closing delimiter"),
    MimeDefectKind.BAD_TYPE: (rules.MIME_BAD_TYPE, "{count} parts with an unreadable Content-Type"),
    MimeDefectKind.REPEATED: (rules.MIME_REPEATED, "{count} parts say twice what they are"),
    MimeDefectKind.ENCODED_COMPOSITE: (rules.MIME_ENCODED_COMPOSITE, "{count} composite parts with a transfer encoding"),
}

_SINGLETONS = (
    *("Date", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject", "MIME-Version"),
    *("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID", "Content-Description"),
)
_ADDRESS_FIELDS = ("Sender", "Reply-To", "To", "Cc", "Bcc")


def message_check(
    message: Message, found: Structure | None = None, who: Author | None = None, seen: Readings | None = None
) -> Check:
    """What is worth saying about the form of `message`.

    `found` is its MIME structure, `who` its author and `seen` its readings, where known already.

    The status is permerror where the author cannot be known, else None: a form is shown, not judged.
    """
    found = found or structure(message)
    who = who or author(message)
    findings = (
        *_outer(message),
        *_author(message, who),
        *_other_addresses(message),
        *_repeated(message),
        *_lines(message),
        *_eight_bit(message, found),
        *_mime(message, found),
        *ambiguity_findings(message, found, seen or readings(message, found)),
    )
    evidence = tuple(field_evidence(message, field) for field in who.fields[:_SHOWN_ADDRESSES])
    status = Status.PERMERROR if who.reason else None
    return Check("message", status, who.reason, _facts(message, found), findings, evidence, report_checks(message, found))


def _facts(message: Message, found: Structure) -> tuple[Fact, ...]:
    kinds = {defect.kind for defect in message.defects}
    line_ends = "lf" if message.lf_only else "mixed" if kinds & {DefectKind.BARE_LF, DefectKind.BARE_CR} else "crlf"
    protections = [f"{each.method} {each.form} in part {each.part}" for each in protection(found)[:_SHOWN_ADDRESSES]]
    return (
        Fact("octets", message.file_offset(len(message.data))),
        Fact("fields", len(message.fields)),
        Fact("parts", len(found.parts)),
        Fact("line-ends", line_ends),
        Fact("protection", ", ".join(protections) or None),
    )


def _outer(message: Message) -> Iterator[Finding]:
    for defect in message.defects:
        rule, text = _DEFECTS[defect.kind]
        at = message.file_offset(defect.start)
        yield finding(rule, text.format(count=defect.count, at=at), octets_evidence(message, defect.start, defect.end))


def _mime(message: Message, found: Structure) -> Iterator[Finding]:
    for defect in found.defects:
        rule, text = _MIME_DEFECTS[defect.kind]
        at = message.file_offset(defect.start)
        yield finding(rule, text.format(count=defect.count, at=at), octets_evidence(message, defect.start, defect.end))


def _author(message: Message, who: Author) -> Iterator[Finding]:
    evidence = tuple(field_evidence(message, field) for field in who.fields[:_SHOWN_ADDRESSES])
    if not who.fields:
        yield finding(rules.NO_FROM, who.reason)
    elif len(who.fields) > 1:
        yield finding(rules.SEVERAL_FROM, who.reason, *evidence)
    elif who.reason:
        yield finding(rules.NO_ADDRESS, who.reason, *evidence)
    elif who.without_domain:
        names = ", ".join(_shown(mailbox.address) for mailbox in who.without_domain[:_SHOWN_ADDRESSES])
        yield finding(rules.AUTHOR_WITHOUT_DOMAIN, f"no domain can vouch for {names}", *evidence)
    elif len(who.mailboxes) > 1:
        yield finding(rules.SEVERAL_AUTHORS, f"From holds {len(who.mailboxes)} addresses", *evidence)
    for field, defects in zip(who.fields[:_SHOWN_ADDRESSES], who.defects, strict=False):
        for grade, rule in _GRADES.items():
            yield from _address_findings(message, field, [d for d in defects if d.kind.grade is grade], rule)


_GRADES = {
    Grade.AMBIGUOUS: rules.FROM_AMBIGUOUS,
    Grade.MALFORMED: rules.FROM_MALFORMED,
    Grade.OBSOLETE: rules.OBSOLETE_ADDRESS,
}


def _address_findings(message: Message, field: Field, defects: list[AddressDefect], rule: Rule) -> Iterator[Finding]:
    """One finding for all `defects` of a field, with the first few as evidence."""
    if not defects:
        return
    kinds = ", ".join(dict.fromkeys(defect.kind.value.replace("-", " ") for defect in defects))
    evidence = (
        octets_evidence(message, field.value_start + defect.start, field.value_start + defect.end)
        for defect in defects[:_SHOWN_ADDRESSES]
    )
    yield finding(rule, f"{_shown(field.name)}: {kinds}", *evidence)


def _other_addresses(message: Message) -> Iterator[Finding]:
    budget = MAX_ADDRESS_BYTES
    for name in _ADDRESS_FIELDS:
        field = message.first(name)
        if field is None or len(field.raw) > budget:
            continue
        budget -= len(field.raw)
        defects = parse_addresses(field.value).defects
        bad = [defect for defect in defects if defect.kind.grade is not Grade.OBSOLETE]
        yield from _address_findings(message, field, bad, rules.ADDRESS_MALFORMED)


def _repeated(message: Message) -> Iterator[Finding]:
    counts: dict[bytes, list[Field]] = {}
    for field in message.fields:
        counts.setdefault(field.key, []).append(field)
    for name in _SINGLETONS:
        fields = counts.get(name.lower().encode(), [])
        if len(fields) > 1:
            evidence = (field_evidence(message, field) for field in fields[:_SHOWN_ADDRESSES])
            yield finding(rules.REPEATED_FIELD, f"{name} stands {len(fields)} times", *evidence)
    if b"date" not in counts:
        yield finding(rules.NO_DATE, "the message has no Date field")


def _lines(message: Message) -> Iterator[Finding]:
    """The first line over the limit."""
    if (found := long_line(message.data)) is not None:
        start, stop = found
        yield finding(rules.LONG_LINE, f"a line has {stop - start} octets", octets_evidence(message, start, stop))


def _eight_bit(message: Message, found: Structure) -> Iterator[Finding]:
    data = message.data
    if data.isascii():
        return
    try:
        data[: message.body].decode()
    except UnicodeDecodeError as error:
        at = message.file_offset(error.start)
        evidence = octets_evidence(message, error.start, error.end)
        yield finding(rules.HEADER_NOT_UTF8, f"an octet of the header, at {at}, is not UTF-8", evidence)
    parents = {part.parent for part in found.parts}
    bad = [
        part
        for index, part in enumerate(found.parts)
        if index not in parents and part.media.encoding not in ("8bit", "binary") and not data[part.body : part.end].isascii()
    ]
    if bad:
        evidence = octets_evidence(message, bad[0].header, bad[0].body)
        yield finding(rules.UNDECLARED_8BIT, f"{len(bad)} parts hold octets that their encoding does not allow", evidence)


def _shown(value: bytes) -> str:
    return clipped(from_bytes(value[: _SHOWN * 4]), _SHOWN)
