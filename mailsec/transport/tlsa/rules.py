"""What can be found about TLSA records of mail hosts."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_INTERCEPTED = (Threat.EAVESDROPPING, Threat.SPOOFED_RECEIVER)
_DEFERRED = (Threat.UNAVAILABLE, Threat.DNS_POISONING)

NONE = Rule(
    "tlsa-none",
    Severity.INFO,
    "No mail host publishes TLSA records",
    "RFC 7672 section 2.2",
    _INTERCEPTED,
    "Sign the zone with DNSSEC and publish a 3 1 1 record for each mail host, so that senders refuse a false one.",
)
MISSING = Rule(
    "tlsa-missing-host",
    Severity.MEDIUM,
    "Some mail hosts publish TLSA records and others do not",
    "RFC 7672 section 2.2.1",
    _INTERCEPTED,
    "Publish TLSA records for every mail host: an attacker steers senders to the unprotected one.",
)
MALFORMED = Rule(
    "tlsa-malformed",
    Severity.MEDIUM,
    "A TLSA record cannot be used: it is damaged or has numbers that nobody assigned",
    "RFC 6698 section 2.1",
    _INTERCEPTED,
    "Make the record again from the server's certificate.",
)
PKIX_USAGE = Rule(
    "tlsa-pkix-usage",
    Severity.MEDIUM,
    "A TLSA record has usage 0 or 1, which SMTP clients do not use",
    "RFC 7672 section 3.1.3",
    _INTERCEPTED,
    "Publish usage 3 for the server's own key, or usage 2 for its issuer.",
)
NONE_USABLE = Rule(
    "tlsa-none-usable",
    Severity.MEDIUM,
    "A mail host has TLSA records, but none that SMTP clients can use: TLS is demanded, but nobody is authenticated",
    "RFC 7672 section 2.2",
    _INTERCEPTED,
    "Publish at least one record with usage 3 or 2.",
)
NOT_RECOMMENDED = Rule(
    "tlsa-not-recommended",
    Severity.INFO,
    "No TLSA record of a mail host is of a recommended form",
    "RFC 7672 section 3.1.1",
    _INTERCEPTED,
    "Publish 3 1 1 (or 2 1 1 for the issuer): it survives renewals with the same key, and every client knows SHA-256.",
)
INSECURE = Rule(
    "tlsa-insecure",
    Severity.MEDIUM,
    "TLSA records are published without DNSSEC, so senders ignore them",
    "RFC 7672 section 2.1.1",
    _INTERCEPTED,
    "Sign the zones of the domain, of the mail host and of its TLSA records.",
)
UNSIGNED_WAY = Rule(
    "tlsa-unsigned-way",
    Severity.LOW,
    "A mail host's TLSA records are signed, but the MX record or the addresses that lead to the host are not",
    "RFC 7672 section 2.2.1",
    _INTERCEPTED,
    "Sign the domain: an attacker who forges an unsigned MX record leads senders past the TLSA records.",
)
BOGUS = Rule(
    "tlsa-bogus",
    Severity.HIGH,
    "DNSSEC of a mail host or its TLSA records is broken, so senders with DANE keep the mail back",
    "RFC 7672 section 2.1.2",
    _DEFERRED,
    "Repair the signatures or the DS record of the zone.",
)
NOT_VALIDATED = Rule(
    "tlsa-not-validated",
    Severity.INFO,
    "Whether DNSSEC vouches for the TLSA records was not found out",
    "RFC 7672 section 2.1.1",
    _INTERCEPTED,
    "Run the check with DNSSEC validation.",
)
LOOKUP_FAILED = Rule(
    "tlsa-lookup-failed",
    Severity.LOW,
    "TLSA records of a mail host could not be looked up; senders with DANE keep the mail back while that lasts",
    "RFC 7672 section 2.1.2",
    _DEFERRED,
    "Ask again later; if it stays so, look for name servers or firewalls that drop questions of unknown types.",
)
TOO_MANY = Rule(
    "tlsa-too-many",
    Severity.LOW,
    "A mail host has more TLSA records than are judged",
    "mailsec limit",
    (Threat.UNAVAILABLE,),
    "Keep the records of the present and the next key.",
)

RULES: tuple[Rule, ...] = (
    NONE,
    MISSING,
    MALFORMED,
    PKIX_USAGE,
    NONE_USABLE,
    NOT_RECOMMENDED,
    INSECURE,
    UNSIGNED_WAY,
    BOGUS,
    NOT_VALIDATED,
    LOOKUP_FAILED,
    TOO_MANY,
)
