"""The TLS-RPT record of a domain (RFC 8460)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailsec.core.flow import Flow, ask
from mailsec.core.limits.transport import LISTED
from mailsec.core.lookup import failed, failure, listed, quoted, texts, txt_line
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.transport.tlsrpt import rules
from mailsec.transport.tlsrpt.publish import owner_name, zone_line
from mailsec.transport.tlsrpt.record import TlsRptRecord, parse, to_text


def lint(domain: str) -> Flow[Check]:
    """Judge the record of `domain`.

    pass: one valid record; none: none; permerror: several, an invalid one, or one that nobody can report to; temperror: the
    lookup failed.
    """
    name = owner_name(domain)
    answer = yield from ask(name, "TXT")
    if failed(answer):
        return Check("tls-rpt", Status.TEMPERROR, failure(answer))
    records = [record for record in map(parse, texts(answer)) if record]
    if not records:
        found = finding(rules.NO_RECORD, f"nothing at {name}", fix=zone_line(domain, [f"mailto:tls-reports@{domain}"]))
        return Check("tls-rpt", Status.NONE, "no record", findings=(found,))
    status, reason = _status(records)
    return Check(
        "tls-rpt",
        status,
        reason,
        (Fact("rua", listed(records[0].rua)), Fact("dnssec", answer.dnssec.value)),
        tuple(_findings(domain, records)),
        tuple(quoted(name, record.text) for record in records[:LISTED]),
    )


def _status(records: Sequence[TlsRptRecord]) -> tuple[Status, str]:
    record = records[0]
    if len(records) > 1:
        return Status.PERMERROR, "several records"
    if not record.valid:
        return Status.PERMERROR, "the record is not valid"
    if len(record.unknown_schemes) == len(record.rua):
        return Status.PERMERROR, "no report address can be used"
    return Status.PASS, f"reports go to {listed(record.rua)}"


def _findings(domain: str, records: Sequence[TlsRptRecord]) -> Iterator[Finding]:
    name, record = owner_name(domain), records[0]
    if len(records) > 1:
        yield finding(rules.SEVERAL_RECORDS, f"{len(records)} records at {name}")
        return
    fix = txt_line(name, to_text(_repaired(domain, record)))
    for defect in [defect for defect in record.defects if defect.fatal][:LISTED]:
        yield finding(rules.INVALID, defect.message, quoted(name, record.text, defect.start, defect.end), fix=fix)
    for defect in [defect for defect in record.defects if not defect.fatal][:LISTED]:
        yield finding(rules.REPEATED, defect.message, quoted(name, record.text, defect.start, defect.end), fix=fix)
    if record.unknown_schemes:
        yield finding(rules.UNKNOWN_SCHEME, listed(record.unknown_schemes), fix=fix)


def _repaired(domain: str, record: TlsRptRecord) -> TlsRptRecord:
    """What was valid of `record`, with an address to report to."""
    known = tuple(uri for uri in record.rua if uri not in record.unknown_schemes)
    return TlsRptRecord(known or (f"mailto:tls-reports@{domain}",))
