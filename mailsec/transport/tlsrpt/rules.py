"""What can be found about TLS-RPT records."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_UNSEEN = (Threat.EAVESDROPPING, Threat.SPOOFED_RECEIVER, Threat.UNAVAILABLE)

NO_RECORD = Rule(
    "tls-rpt-no-record",
    Severity.INFO,
    "The domain asks for no reports about failed TLS",
    "RFC 8460 section 3",
    _UNSEEN,
    "Publish v=TLSRPTv1 with a mailbox for reports at _smtp._tls.",
)
SEVERAL_RECORDS = Rule(
    "tls-rpt-several-records",
    Severity.MEDIUM,
    "Several TLS-RPT records stand at one name, so senders use none",
    "RFC 8460 section 3",
    _UNSEEN,
    "Keep one TXT record that begins with v=TLSRPTv1.",
)
INVALID = Rule(
    "tls-rpt-invalid-record",
    Severity.MEDIUM,
    "The TLS-RPT record is not valid, so no reports come",
    "RFC 8460 section 3",
    _UNSEEN,
    "Write v=TLSRPTv1; rua= and one or more mailto: or https: addresses, separated by commas.",
)
UNKNOWN_SCHEME = Rule(
    "tls-rpt-unknown-scheme",
    Severity.LOW,
    "A report address is neither mailto: nor https:, so it gets no reports",
    "RFC 8460 section 3",
    _UNSEEN,
    "Give a mailto: or https: address.",
)
REPEATED = Rule(
    "tls-rpt-repeated-field",
    Severity.LOW,
    "A field of the TLS-RPT record stands twice; the first one counts",
    "RFC 8460 section 3",
    _UNSEEN,
    "Keep one rua= with all addresses, separated by commas.",
)

RULES: tuple[Rule, ...] = (NO_RECORD, SEVERAL_RECORDS, INVALID, UNKNOWN_SCHEME, REPEATED)
