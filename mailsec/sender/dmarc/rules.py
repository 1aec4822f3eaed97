"""What DMARC evaluation can find (RFC 9989)."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_FORGERY = (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING)

NO_RECORD = Rule(
    "dmarc-no-record",
    Severity.INFO,
    "The author domain publishes no DMARC policy",
    "RFC 9989 section 4.10.1",
    _FORGERY,
    "Publish a record at _dmarc of the domain; p=none with rua= is a start that changes no delivery.",
)
POLICY_NONE = Rule(
    "dmarc-policy-none",
    Severity.LOW,
    "The policy asks for no action against mail that fails",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Read the aggregate reports, repair the sources that fail, then move to p=quarantine or p=reject.",
)
SEVERAL_RECORDS = Rule(
    "dmarc-several-records",
    Severity.MEDIUM,
    "Several DMARC records stand at one name, so all are discarded",
    "RFC 9989 section 4.10",
    _FORGERY,
    "Keep one TXT record that begins with v=DMARC1 and delete the others.",
)
INVALID_POLICY = Rule(
    "dmarc-invalid-policy",
    Severity.MEDIUM,
    "A policy of the record is not valid, which puts all of them out of force",
    "RFC 9989 section 4.10.1",
    _FORGERY,
    "Write none, quarantine or reject for p=, sp= and np=.",
)
INVALID_TAG = Rule(
    "dmarc-invalid-tag",
    Severity.LOW,
    "A part of the record is not valid and was ignored",
    "RFC 9989 section 4.8",
    _FORGERY,
    "Correct the tag, or delete it to get its default.",
)
REMOVED_TAG = Rule(
    "dmarc-removed-tag",
    Severity.INFO,
    "The record has tags that DMARC no longer has",
    "RFC 9989 appendix C.5.2",
    _FORGERY,
    "Delete pct=, rf= and ri=; for pct=0 write t=y.",
)
TESTING = Rule(
    "dmarc-testing",
    Severity.LOW,
    "The policy is in test mode and applied one level lower",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Delete t=y once the reports show that legitimate mail passes.",
)
SEVERAL_AUTHOR_DOMAINS = Rule(
    "dmarc-several-author-domains",
    Severity.MEDIUM,
    "The From field names addresses of several domains, which DMARC does not cover",
    "RFC 9989 section 11.5",
    _FORGERY,
    "Treat the message with suspicion: its readers may see the one domain that nobody vouched for.",
)
LOOKUP_FAILED = Rule(
    "dmarc-lookup-failed",
    Severity.LOW,
    "A question to the DNS about DMARC was not answered",
    "RFC 9989 section 5.3.6",
    (Threat.DNS_POISONING, Threat.UNAVAILABLE),
    "Ask again later, or give the missing name in a zone file.",
)

RULES: tuple[Rule, ...] = (
    NO_RECORD,
    POLICY_NONE,
    SEVERAL_RECORDS,
    INVALID_POLICY,
    INVALID_TAG,
    REMOVED_TAG,
    TESTING,
    SEVERAL_AUTHOR_DOMAINS,
    LOOKUP_FAILED,
)
