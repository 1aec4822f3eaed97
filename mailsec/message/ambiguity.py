"""What programs disagree about, as findings: other parts, other content, other names, other text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailsec.core.limits.transport import LISTED
from mailsec.core.results import Evidence, Finding, finding
from mailsec.core.rules import Rule, Severity
from mailsec.core.text import clipped
from mailsec.message import rules
from mailsec.message.charsets import is_surprising
from mailsec.message.clues import loose_fields
from mailsec.message.decode import DecodeDefect
from mailsec.message.evidence import octets_evidence
from mailsec.message.fields import Message
from mailsec.message.leaves import Leaf, Reading, Readings
from mailsec.message.mime import Part, Structure
from mailsec.message.names import extension

_RULES: dict[str, Rule] = {
    Reading.OTHER_TYPE: rules.MIME_OTHER_TYPE,
    Reading.OTHER_BOUNDARY: rules.MIME_OTHER_BOUNDARY,
    Reading.GUESSED_BOUNDARY: rules.MIME_GUESSED_BOUNDARY,
    Reading.LOOSE_DELIMITERS: rules.MIME_LOOSE_DELIMITER,
    Reading.BEHIND_THE_END: rules.MIME_BEHIND_THE_END,
    Reading.INNER_FIRST: rules.MIME_INNER_FIRST,
    Reading.PREAMBLE: rules.MIME_PREAMBLE,
    Reading.EPILOGUE: rules.MIME_EPILOGUE,
    Reading.OTHER_HEADER: rules.MIME_OTHER_HEADER,
    Reading.OTHER_ENCODING: rules.MIME_OTHER_ENCODING,
    Reading.LENIENT_DECODER: rules.MIME_LENIENT_DECODER,
    Reading.ENCODED_COMPOSITE: rules.MIME_ENCODED_PART,
    Reading.EMBEDDED: rules.MIME_EMBEDDED,
}
# how bad it is where the leaf that only some programs see is a file and no text
_WITH_A_FILE = {
    Reading.GUESSED_BOUNDARY: Severity.MEDIUM,
    Reading.LENIENT_DECODER: Severity.MEDIUM,
    Reading.ENCODED_COMPOSITE: Severity.MEDIUM,
    Reading.EMBEDDED: Severity.LOW,
}
_GRAVE = {DecodeDefect.FOREIGN_CHARACTERS, DecodeDefect.DATA_AFTER_PADDING}
_ENDS = b"; \t\r\n"
_QUOTED = re.compile(rb"\"[^\"\\]*\"")
_UNUSUAL = re.compile(
    rb"(?i)[(\\\x00]|='|boundary\*|[ \t\r\n]=|=[ \t\r\n]"
    rb"|\"\"[ \t]*[^; \t\r\n\"]|[^= \t\r\n\"]\"\"|=[^; \t\r\n\"]+[ \t]+[^; \t\r\n]|;[ \t\r\n]*[^=;]+(?:;|\Z)"
)
_PADDED_BOUNDARY = re.compile(rb"(?i)boundary=\"(?:[ \t]|[^\"\r\n]*[ \t]\"|[^\"\n]*\n)")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_SHOWN = 120


def ambiguity_findings(message: Message, found: Structure, seen: Readings) -> Iterator[Finding]:
    """One finding for each way in which programs disagree about the message, with the places of the first few leaves."""
    yield from _unusual(message, found)
    yield from _encodings(message, seen)
    for reading, leaves in seen.differing().items():
        # an encoded message/global is as the standard has it (RFC 6532 section 3.5)
        ambiguous = [leaf for leaf in leaves if leaf.holder is None or leaf.holder.type != "message/global"]
        if ambiguous:
            yield _reading_finding(message, reading, ambiguous)
    if not seen.complete:
        yield finding(rules.MIME_TOO_MANY_READINGS, "the search for other readings stopped at a bound")
    yield from _found(message, rules.MIME_PARTIAL, (leaf for leaf in seen.leaves if leaf.type == "message/partial"))
    yield from _found(message, rules.MIME_EXTERNAL_BODY, (leaf for leaf in seen.leaves if leaf.type == "message/external-body"))
    yield from _names(message, seen)
    surprising = [leaf for leaf in seen.leaves if leaf.type.startswith("text/") and is_surprising(leaf.charset)]
    yield from _found(message, rules.CHARSET_SURPRISING, surprising, ", ".join({leaf.charset: None for leaf in surprising}))


def _reading_finding(message: Message, reading: str, leaves: list[Leaf]) -> Finding:
    rule = _RULES[reading]
    files = [leaf for leaf in leaves if is_file(leaf)]
    severity = _WITH_A_FILE.get(Reading(reading), Severity.HIGH) if files else rule.severity
    what = ", ".join(clipped(leaf.name or leaf.type, _SHOWN) for leaf in (files or leaves)[:LISTED])
    text = f"{len(leaves)} {'leaf' if len(leaves) == 1 else 'leaves'} by {reading}: {what}"
    return finding(rule, text, *(leaf_evidence(message, leaf) for leaf in (files or leaves)[:LISTED]), severity=severity)


def _unusual(message: Message, found: Structure) -> Iterator[Finding]:
    """Comments, escapes and the like in the fields that say what a part is: by the standard, and yet not understood by all."""
    unusual: list[Part] = []
    for part in found.parts:
        if not part.media.ordinary and len(unusual) < LISTED:
            fields = loose_fields(message.data[part.header : part.body])
            if any(not field.standard or _is_unusual(field.value) for field in fields):
                unusual.append(part)
    if unusual:
        what = ", ".join(part.media.type for part in unusual)
        yield finding(rules.MIME_UNUSUAL, what, *(octets_evidence(message, part.header, part.body) for part in unusual))


def _is_unusual(value: bytes) -> bool:
    return _UNUSUAL.search(_QUOTED.sub(b'""', value).strip(_ENDS)) is not None or _PADDED_BOUNDARY.search(value) is not None


def _encodings(message: Message, seen: Readings) -> Iterator[Finding]:
    bad = [leaf for leaf in seen.leaves if leaf.part is not None and leaf.defects]
    if bad:
        grave = any(is_file(leaf) and _GRAVE.intersection(leaf.defects) for leaf in bad)
        kinds = ", ".join({kind.value.replace("-", " "): None for leaf in bad for kind in leaf.defects})
        evidence = (leaf_evidence(message, leaf) for leaf in bad[:LISTED])
        yield finding(rules.MIME_BAD_ENCODING, kinds, *evidence, severity=Severity.MEDIUM if grave else None)


def is_file(leaf: Leaf) -> bool:
    """True for a leaf that a mail reader shows as an attachment: it has a name, or is neither text nor a composite."""
    return bool(leaf.names) or not leaf.type.startswith(("text/", "multipart/", "message/"))


def leaf_evidence(message: Message, leaf: Leaf) -> Evidence:
    """Where in the file the leaf stands, or the encoded content that it lies in."""
    while leaf.holder is not None:
        leaf = leaf.holder
    return octets_evidence(message, leaf.start, leaf.end)


def _found(message: Message, rule: Rule, leaves: Iterable[Leaf], what: str = "") -> Iterator[Finding]:
    given = list(leaves)
    if given:
        text = what or f"in part {', '.join(leaf.path for leaf in given[:LISTED])}"
        yield finding(rule, clipped(text, _SHOWN), *(leaf_evidence(message, leaf) for leaf in given[:LISTED]))


def _names(message: Message, seen: Readings) -> Iterator[Finding]:
    named = [leaf for leaf in seen.leaves if leaf.names]
    control = [leaf for leaf in named if any(_CONTROL.search(name.text) for name in leaf.names)]
    yield from _found(message, rules.NAME_CONTROL, control, "; ".join(leaf.name for leaf in control[:LISTED]))
    for leaf in [leaf for leaf in named if len({extension(name.text) for name in leaf.names}) > 1][:LISTED]:
        text = "; ".join(f"{clipped(name.text, _SHOWN)} ({name.source})" for name in leaf.names[:LISTED])
        yield finding(rules.NAME_CONFLICT, text, leaf_evidence(message, leaf))
