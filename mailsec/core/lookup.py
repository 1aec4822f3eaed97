"""What every room says of an answer of the DNS: that it cannot be relied on, the texts in it, its records as evidence."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.core import rdata
from mailsec.core.flow import Answer, Dnssec, Record
from mailsec.core.limits.transport import LISTED, RECORD_QUOTED
from mailsec.core.rdata import RdataError, encode_txt, show
from mailsec.core.results import Evidence, EvidenceKind
from mailsec.core.text import clipped, from_bytes


def failed(answer: Answer) -> bool:
    """True where nothing was learned: no answer came, or DNSSEC proves that it is a false one (RFC 4035 section 5)."""
    return answer.status.failed or answer.dnssec is Dnssec.BOGUS


def failure(answer: Answer) -> str:
    """Why nothing was learned."""
    what = answer.status.value if answer.status.failed else answer.dnssec.value
    why = f" ({answer.reason})" if answer.reason else ""
    return f"{answer.query.type} lookup of {answer.query.name}: {what}{why}"


def texts(answer: Answer) -> list[str]:
    """The texts of the TXT records in `answer`, each with its strings joined; what is no TXT record is left out."""
    found = []
    for record in answer.records:
        try:
            found.append(from_bytes(rdata.txt(record.rdata)))
        except RdataError:
            continue
    return found


def quoted(name: str, text: str, start: int | None = None, end: int | None = None) -> Evidence:
    """The text of a record as evidence; `start` and `end` are left out where they lie beyond what is shown."""
    if end is not None and end > RECORD_QUOTED:
        start = end = None
    return Evidence(EvidenceKind.RECORD, name, clipped(text, RECORD_QUOTED), start, end)


def evidence(record: Record) -> Evidence:
    """A record as evidence, as zone files write it."""
    return quoted(f"{record.owner} {record.type}", show(record.type, record.rdata))


def listed(names: Sequence[str]) -> str:
    """The first of `names` in one line, and how many more there are."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def zone_line(name: str, type: str, data: bytes) -> str:
    """A record as a line of a zone file, ready to paste."""
    return f"{name}. IN {type} {show(type, data)}"


def txt_line(name: str, text: str) -> str:
    """A TXT record as a line of a zone file, its text in strings of at most 255 octets."""
    return zone_line(name, "TXT", encode_txt(text.encode()))
