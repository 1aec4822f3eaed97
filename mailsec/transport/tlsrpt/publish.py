"""Making a TLS-RPT record."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.core.errors import BadInput
from mailsec.core.lookup import txt_line
from mailsec.transport.tlsrpt.record import TlsRptRecord, is_address, to_text


def owner_name(domain: str) -> str:
    """The name of the record."""
    return f"_smtp._tls.{domain}"


def record_for(rua: Sequence[str]) -> str:
    """The text of a record for reports to `rua`: mailto: and https: URIs. Raises BadInput for others and for none."""
    record = TlsRptRecord(tuple(rua))
    if not rua or record.unknown_schemes or not all(map(is_address, rua)):
        raise BadInput("not an address for TLS reports", hint="give mailto:tls-reports@example.com or an https: address")
    return to_text(record)


def zone_line(domain: str, rua: Sequence[str]) -> str:
    """The record as a line of a zone file."""
    return txt_line(owner_name(domain), record_for(rua))
