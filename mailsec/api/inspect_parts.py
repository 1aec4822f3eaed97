"""The parts of a message as a tree, and those that are files with what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailsec.api.inspect_case import Case, Looked
from mailsec.api.inspect_cms import cms_check
from mailsec.core.limits.spoofing import INSPECT_MEMBERS, INSPECT_PARTS
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, FactValue
from mailsec.core.text import clipped, from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.fields import parse
from mailsec.message.leaves import paths
from mailsec.message.mime import MESSAGE_TYPES, Part
from mailsec.message.words import display_text
from mailsec.sender.spoofing.payload.archives import Item
from mailsec.sender.spoofing.payload.rules import OF_LINKS

_NAME = 200
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")


def parts_check(case: Case) -> Check:
    """The MIME tree over the original octets: each part with type, charset, encoding, size, names and, for leaves, the hash.

    A leaf that only another reading yields stands below the part that it was found in.
    """
    assert case.structure is not None
    parts = case.structure.parts
    numbers = paths(case.structure.parts)
    shown = min(len(parts), INSPECT_PARTS)
    below: list[list[Check]] = [[] for _ in range(shown)]
    # the standard's leaves come first, in the order of their parts
    whole = {each.leaf.part: each for each in case.leaves[:shown] if each.leaf.part is not None}
    for index, check in _others(case, numbers[:shown]):
        below[index].append(check)
    for index in range(shown - 1, -1, -1):
        part = parts[index]
        children = tuple(reversed(below[index]))
        check = _part(case, numbers[index], part, whole.get(index), children)
        if part.parent >= 0:
            below[part.parent].append(check)
    left_out = len(parts) - shown
    facts = (
        Fact("parts", len(parts)),
        Fact("left-out", left_out or None),
        Fact("all-readings", case.union is not None and case.union.complete),
    )
    reason = f"{len(parts)} part{'s' * (len(parts) != 1)}" + (f", {left_out} of them not shown" if left_out else "")
    if parts[0].type.startswith("multipart/") and check.children:
        return Check("parts", None, f"{parts[0].type}, {reason}", facts, (), check.evidence, check.children)
    return Check("parts", None, reason, facts, children=(check,))


def _others(case: Case, numbers: Sequence[str]) -> Iterator[tuple[int, Check]]:
    """The leaves that only other readings yield, the last first, each with the index of the part it was found in."""
    places = {number: index for index, number in reversed(tuple(enumerate(numbers)))}
    others = [each for each in reversed(case.leaves[-INSPECT_PARTS:]) if each.leaf.part is None]
    for each in others:
        leaf = each.leaf
        words = [leaf.reading, *_words(leaf.type, leaf.charset, leaf.encoding, each)]
        place = places.get(leaf.path.partition("~")[0], 0)
        yield place, Check(leaf.path, None, ", ".join(words), tuple(_leaf_facts(each)))


def _part(case: Case, number: str, part: Part, looked: Looked | None, children: tuple[Check, ...]) -> Check:
    media = part.media
    start, end = case.offset(part.header), case.offset(part.end)
    evidence = (Evidence(EvidenceKind.BYTES, f"part {number}" if number else "message", "", start, end),)
    if looked is not None:
        facts = tuple(_leaf_facts(looked))
        cms = cms_check(case.message, part)
        children = (*children, cms) if cms is not None else children
        return Check(
            number, None, ", ".join(_words(part.type, media.charset, media.encoding, looked)), facts, (), evidence, children
        )
    facts = (Fact("type", part.type), Fact("octets", part.end - part.body))
    words = [part.type]
    if part.type in MESSAGE_TYPES:
        nested = dict(_nested(case, part, children))
        words += [f"{name} {text}" for name, text in nested.items()]
        facts += tuple(Fact(name.lower(), text) for name, text in nested.items())
    return Check(number or "message", None, ", ".join(words), facts, (), evidence, children)


def _nested(case: Case, part: Part, children: tuple[Check, ...]) -> Iterator[tuple[str, str]]:
    """Who wrote the message in a part, what about, and when: by its own header."""
    inner = parse(case.message.data[part.body : min(part.end, part.body + _NESTED_HEADER)])
    sender = inner.first("From")
    if sender is not None:
        found = parse_addresses(sender.value).mailboxes
        yield "From", from_bytes(found[0].address) if found else display_text(sender.value)
    for name in ("Subject", "Date"):
        field = inner.first(name)
        if field is not None:
            yield name, display_text(field.value, _NAME)


_NESTED_HEADER = 64 * 1024


def _words(type: str, charset: str, encoding: str, looked: Looked) -> Iterator[str]:
    """A leaf in a line: type, charset, encoding, size, name, and what it is where that is not what one expects of the type."""
    yield clipped(type, _NAME)
    if charset and charset not in ("us-ascii", "ascii"):
        yield clipped(charset, 40)
    if encoding not in ("7bit", "8bit", "binary"):
        yield clipped(encoding, 40)
    yield f"{looked.file.size} octets"
    if looked.leaf.disposition not in ("", "inline"):
        yield clipped(looked.leaf.disposition, 40)
    if looked.leaf.name:
        yield f"“{clipped(looked.leaf.name, _NAME)}”"
    kind = looked.file.kind
    if kind is not None and kind.name.split()[0].lower() not in type:
        yield f"is {kind.name}"


def _leaf_facts(looked: Looked) -> Iterator[Fact]:
    leaf = looked.leaf
    kind = looked.file.kind
    values: tuple[tuple[str, FactValue], ...] = (
        ("type", leaf.type),
        ("charset", leaf.charset),
        ("encoding", leaf.encoding),
        ("disposition", leaf.disposition),
        *(("name", name.text) for name in leaf.names),
        ("octets", looked.file.size),
        ("encoded-octets", leaf.end - leaf.start),
        ("kind", kind.name if kind else ""),
        ("reading", "" if leaf.standard else leaf.reading),
        ("decoding", ", ".join(leaf.defects)),
        ("sha256", looked.sha256),
    )
    return (Fact(name, value) for name, value in values if value != "")


def attachments_check(case: Case) -> Check:
    """The parts that are offered as files, each with its hash; the members of those that are archives below."""
    files = [each for each in case.leaves if is_attachment(each)]
    shown = files[:INSPECT_PARTS]
    reason = f"{len(files)} file{'s' * (len(files) != 1)}" if files else "none"
    findings = tuple(case.payload_findings(OF_LINKS, inside=False))
    return Check("attachments", None, reason, findings=findings, children=tuple(_attachment(each) for each in shown))


def is_attachment(looked: Looked) -> bool:
    """True for a part that a reader gets as a file, and for whatever is neither text nor a signature."""
    leaf = looked.leaf
    if leaf.names or leaf.disposition == "attachment":
        return True
    return not leaf.type.startswith(("text/", "message/")) and leaf.type not in _SIGNATURES and looked.file.size > 0


def _attachment(looked: Looked) -> Check:
    leaf, file = looked.leaf, looked.file
    kind = f", {file.kind.name}" if file.kind else ""
    items = file.contents.items if file.contents else ()
    facts = (
        Fact("part", leaf.path),
        Fact("octets", file.size),
        Fact("type", leaf.type),
        Fact("kind", file.kind.name if file.kind else None),
        Fact("members", len(items) or None),
        Fact("sha256", looked.sha256),
    )
    name = clipped(leaf.name, _NAME) or f"part {leaf.path}"
    return Check(name, None, f"{leaf.type}{kind}", facts, children=tuple(map(_member, items[:INSPECT_MEMBERS])))


def _member(item: Item) -> Check:
    member = item.member
    words = [f"{member.size} octets"] if member.size >= 0 and not member.folder else []
    words += [item.kind.name] if item.kind else []
    words += ["encrypted"] * member.encrypted + ["folder"] * member.folder + [f"link to {member.link}"] * bool(member.link)
    size = Fact("octets", member.size if member.size >= 0 else None)
    return Check(clipped(item.path, _NAME), None, ", ".join(words), (size, Fact("packed", member.packed)))
