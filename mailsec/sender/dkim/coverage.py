"""What a signature covers: the header fields it hashes, and those it leaves open (RFC 6376 sections 5.4 and 8.15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailsec.core.limits.sender import DKIM_QUOTED
from mailsec.core.results import Evidence, EvidenceKind, Finding, finding
from mailsec.core.rules import Severity
from mailsec.core.text import clipped, from_bytes
from mailsec.message.fields import Field, Message
from mailsec.sender.dkim import rules
from mailsec.sender.dkim.canonical import RELAXED, header_fields, without
from mailsec.sender.dkim.signature import Signature

SINGLETONS = (
    "From",
    "Subject",
    "Date",
    "To",
    "Cc",
    "Reply-To",
    "Sender",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)
"""Fields that stand at most once (RFC 5322 section 3.6, RFC 2045) and that readers of mail look at."""

OVERSIGNED = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")
"""Those that no honest relay adds later, so a signer lists them once more than they are present."""

_KEYS = tuple((name, name.lower().encode()) for name in SINGLETONS)
_CACHED_NAMES = 60  # honest lists are shorter; a cache must not keep what an attacker made large
_OVERSIGNED = frozenset(OVERSIGNED)
_BASIC = frozenset({"Subject", "Date", "To"})

Index = Mapping[bytes, Sequence[Field]]
"""The fields of a message by lower-case name, from the top."""


def index_of(fields: Iterable[Field]) -> dict[bytes, list[Field]]:
    """The index of `fields`."""
    index: dict[bytes, list[Field]] = {}
    for field in fields:
        key = field.name.lower()
        if key in index:
            index[key].append(field)
        else:
            index[key] = [field]
    return index


def signed_data(index: Index, names: Iterable[bytes], field: Field, hole: tuple[int, int], canonicalization: str) -> bytes:
    """What a signature is made over (RFC 6376 sections 3.7 and 5.4.2).

    The fields called `names`, each name taking the next instance from the bottom and none where none is left; then the
    signature's own `field` without the octets in `hole`.
    """
    taken: dict[bytes, int] = {}
    fields = []
    for name in names:
        if name not in index:
            continue
        instances = index[name]
        taken[name] = count = taken.get(name, 0) + 1
        if count <= len(instances):
            fields.append(instances[-count])
    fields.append(without(field, hole))
    return header_fields(fields, relaxed=canonicalization == RELAXED).removesuffix(b"\n").removesuffix(b"\r")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How h= and the message's fields meet. `signed` holds the names of h= that are present, in lower case.

    Of the fields that may stand once: `unsigned` are present and not in h=; `partly` stand more often than h= says; `open` are
    covered, and one more could be added unnoticed.
    """

    signed: tuple[str, ...]
    unsigned: tuple[str, ...]
    partly: tuple[str, ...]
    open: tuple[str, ...]


def coverage(index: Index, names: tuple[bytes, ...]) -> Coverage:
    """What h= with `names` covers of the fields in `index`."""
    listed = _counts(names) if len(names) > _CACHED_NAMES else _counts_cached(names)
    unsigned, partly, open_ = [], [], []
    for name, key in _KEYS:
        if key not in index:
            continue
        present, count = len(index[key]), listed.get(key, 0)
        if not count:
            unsigned.append(name)
        elif count < present:
            partly.append(name)
        elif count == present and name in _OVERSIGNED:
            open_.append(name)
    signed = tuple([name.decode("ascii") for name in listed if name in index])
    return Coverage(signed, tuple(unsigned), tuple(partly), tuple(open_))


def _counts(names: tuple[bytes, ...]) -> Mapping[bytes, int]:
    counts: dict[bytes, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


# A signer lists the same names in message after message.
_counts_cached = lru_cache(256)(_counts)


def coverage_findings(
    found: Coverage, signature: Signature, unsigned_body: int, index: Index, message: Message
) -> list[Finding]:
    """What to say about a signature that holds and leaves something open."""
    findings = []
    if unsigned_body:
        text = f"the last {unsigned_body} octets of the body are not signed (l={signature.length})"
        findings.append(finding(rules.UNSIGNED_TAIL, text))
    if found.partly:
        # An added From is what the reader sees as the author; the signed one is another.
        severity = Severity.HIGH if "From" in found.partly else None
        text = f"not every instance is signed of: {', '.join(found.partly)}"
        # the topmost instance is what most readers of mail show, and it is not signed
        evidence = [field_evidence(index[name.lower().encode()][0], message) for name in found.partly]
        findings.append(finding(rules.UNSIGNED_DUPLICATE, text, *evidence, severity=severity))
    if "Content-Type" in found.unsigned:
        findings.append(finding(rules.CONTENT_TYPE_UNSIGNED, "Content-Type is not in h="))
    basic = [name for name in found.unsigned if name in _BASIC]
    if basic:
        findings.append(finding(rules.FIELD_UNSIGNED, f"not in h=: {', '.join(basic)}"))
    if found.open:
        findings.append(finding(rules.NOT_OVERSIGNED, f"one more could be added of: {', '.join(found.open)}"))
    return findings


def field_evidence(field: Field, message: Message) -> Evidence:
    """Where `field` stands in the file, and its text."""
    text = clipped(from_bytes(field.raw[: DKIM_QUOTED * 4].rstrip()), DKIM_QUOTED)
    start, end = message.file_offset(field.start), message.file_offset(field.end)
    return Evidence(EvidenceKind.FIELD, from_bytes(field.name), text, start, end)
