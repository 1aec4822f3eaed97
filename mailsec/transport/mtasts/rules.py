"""What can be found about MTA-STS records and policies."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_INTERCEPTED = (Threat.EAVESDROPPING, Threat.SPOOFED_RECEIVER)
_LOST = (Threat.UNAVAILABLE,)

NO_RECORD = Rule(
    "mta-sts-no-record",
    Severity.LOW,
    "The domain takes mail and publishes no MTA-STS policy",
    "RFC 8461 section 3",
    _INTERCEPTED,
    "Serve a policy in mode testing, publish the record at _mta-sts, and enforce it once the TLS reports are clean.",
)
SEVERAL_RECORDS = Rule(
    "mta-sts-several-records",
    Severity.MEDIUM,
    "Several MTA-STS records stand at one name, so senders use none",
    "RFC 8461 section 3.1",
    _INTERCEPTED,
    "Keep one TXT record that begins with v=STSv1.",
)
INVALID_RECORD = Rule(
    "mta-sts-invalid-record",
    Severity.MEDIUM,
    "The MTA-STS record is not valid, so senders use no policy",
    "RFC 8461 section 3.1",
    _INTERCEPTED,
    "Write v=STSv1; id=…; with an id of up to 32 letters and digits.",
)
INVALID_POLICY = Rule(
    "mta-sts-invalid-policy",
    Severity.MEDIUM,
    "The MTA-STS policy is not valid, so senders use none",
    "RFC 8461 section 3.2",
    _INTERCEPTED,
    "Serve one `name: value` a line: version, mode, mx for each mail host, max_age.",
)
UNTIDY = Rule(
    "mta-sts-untidy",
    Severity.LOW,
    "The MTA-STS record or policy has parts that strict readers may refuse",
    "RFC 8461 section 3.2",
    _INTERCEPTED,
    "Delete repeated fields and empty lines.",
)
UNREACHABLE = Rule(
    "mta-sts-policy-unreachable",
    Severity.MEDIUM,
    "An MTA-STS record is published, but its policy could not be fetched",
    "RFC 8461 section 3.3",
    _INTERCEPTED,
    "Serve the policy at https://mta-sts.DOMAIN/.well-known/mta-sts.txt with a certificate for that name.",
)
HTTP_STATUS = Rule(
    "mta-sts-policy-http-status",
    Severity.MEDIUM,
    "The policy server does not answer with 200, so senders use no policy",
    "RFC 8461 section 3.3",
    _INTERCEPTED,
    "Serve the policy itself at its address: senders follow no redirection.",
)
TOO_LARGE = Rule(
    "mta-sts-policy-too-large",
    Severity.MEDIUM,
    "The policy is larger than senders read",
    "RFC 8461 section 3.3",
    (*_INTERCEPTED, *_LOST),
    "Serve a policy of less than 64 kB; wildcards keep it short.",
)
CONTENT_TYPE = Rule(
    "mta-sts-policy-content-type",
    Severity.MEDIUM,
    "The policy is not served as text/plain, so strict senders refuse it",
    "RFC 8461 section 3.3",
    _INTERCEPTED,
    "Serve it with the header field Content-Type: text/plain.",
)
UNCOVERED = Rule(
    "mta-sts-uncovered-host",
    Severity.HIGH,
    "The policy does not allow a mail host of the domain",
    "RFC 8461 section 4.1",
    _LOST,
    "Add an mx line for every mail host, then give the record a new id.",
)
UNUSED = Rule(
    "mta-sts-unused-pattern",
    Severity.INFO,
    "The policy allows hosts that the MX records do not name",
    "RFC 8461 section 4.1",
    (Threat.SPOOFED_RECEIVER,),
    "Delete patterns that are not needed; before a move they are right.",
)
TESTING = Rule(
    "mta-sts-testing",
    Severity.LOW,
    "The policy is in mode testing: failures are reported, and the mail is sent all the same",
    "RFC 8461 section 5",
    _INTERCEPTED,
    "Switch to mode enforce once the TLS reports show no failures.",
)
MODE_NONE = Rule(
    "mta-sts-mode-none",
    Severity.LOW,
    "The policy has mode none: it asks senders to forget it",
    "RFC 8461 section 8.3",
    _INTERCEPTED,
    "Publish mode testing or enforce, or remove record and policy once the old max_age is over.",
)
SHORT_AGE = Rule(
    "mta-sts-short-max-age",
    Severity.LOW,
    "Senders forget the policy after less than a week",
    "RFC 8461 section 3.2",
    _INTERCEPTED,
    "Publish a max_age of weeks: an attacker only has to block the policy for that long.",
)
POLICY_ONLY = Rule(
    "mta-sts-policy-without-record",
    Severity.MEDIUM,
    "A policy is served, but no record announces it, so senders never look",
    "RFC 8461 section 3.1",
    _INTERCEPTED,
    "Publish the record at _mta-sts.",
)
LOOKUP_FAILED = Rule(
    "mta-sts-lookup-failed",
    Severity.LOW,
    "The record or the policy could not be looked up",
    "RFC 8461 section 3.3",
    _LOST,
    "Ask again later.",
)

RULES: tuple[Rule, ...] = (
    NO_RECORD,
    SEVERAL_RECORDS,
    INVALID_RECORD,
    INVALID_POLICY,
    UNTIDY,
    UNREACHABLE,
    HTTP_STATUS,
    TOO_LARGE,
    CONTENT_TYPE,
    UNCOVERED,
    UNUSED,
    TESTING,
    MODE_NONE,
    SHORT_AGE,
    POLICY_ONLY,
    LOOKUP_FAILED,
)
