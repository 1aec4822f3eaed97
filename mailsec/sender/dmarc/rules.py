"""What DMARC evaluation and the lint of a domain can find (RFC 9989, 9990)."""

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
MISSING = Rule(
    "dmarc-missing",
    Severity.HIGH,
    "No DMARC record covers the domain",
    "RFC 9989 section 4.10.1",
    _FORGERY,
    "Publish a record at _dmarc of the domain; p=none with rua= is a start that changes no delivery.",
)
NOT_RECOGNIZED = Rule(
    "dmarc-not-recognized",
    Severity.MEDIUM,
    "A TXT record is nearly a DMARC record, but is not taken for one",
    "RFC 9989 section 4.8",
    _FORGERY,
    "Begin the record with v=DMARC1 and a semicolon; the version is case-sensitive and nothing may come before it.",
)
WRONG_PLACE = Rule(
    "dmarc-wrong-place",
    Severity.LOW,
    "A DMARC record stands at the domain itself, where nobody looks for it",
    "RFC 9989 section 4.10",
    _FORGERY,
    "Publish it at _dmarc below the domain and delete it here.",
)
SUBDOMAINS_WEAKER = Rule(
    "dmarc-sp-weaker",
    Severity.MEDIUM,
    "The policy for subdomains is weaker than the domain's own",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Delete sp= once the mail of all subdomains passes: until then they can be forged where the domain cannot.",
)
NONEXISTENT_WEAKER = Rule(
    "dmarc-np-weaker",
    Severity.MEDIUM,
    "The policy for subdomains that do not exist is weaker than for those that do",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Delete np= or write np=reject: nobody sends legitimate mail from a name that does not exist.",
)
SUBDOMAIN_POLICY_IGNORED = Rule(
    "dmarc-sp-ignored",
    Severity.INFO,
    "A policy for subdomains stands in a record that is not the organizational domain's",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Move the policy to the record of the organizational domain: only there does it apply to subdomains.",
)
NO_REPORTS = Rule(
    "dmarc-no-reports",
    Severity.LOW,
    "The record asks for no aggregate reports",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Add rua=mailto: with an address that is read: without reports nobody learns what fails, or who forges.",
)
REPORTS_NOT_AUTHORIZED = Rule(
    "dmarc-reports-not-authorized",
    Severity.LOW,
    "Reports go to a host that has not agreed to receive them",
    "RFC 9990 section 4",
    _FORGERY,
    "Let the owner of the host publish v=DMARC1 at the name given, or send the reports to an address of your own.",
)
REPORT_SCHEME = Rule(
    "dmarc-report-scheme",
    Severity.LOW,
    "Reports are to go to an address of a kind that nobody has to serve",
    "RFC 9990 section 3",
    (Threat.UNAVAILABLE,),
    "Use a mailto: address.",
)
REPORT_ADDRESS = Rule(
    "dmarc-report-address",
    Severity.LOW,
    "The address for reports is not one that mail can be sent to",
    "RFC 9990 section 3",
    (Threat.UNAVAILABLE,),
    "Correct the address behind mailto:.",
)
REPORT_SIZE = Rule(
    "dmarc-report-size",
    Severity.INFO,
    "The address for reports has a size limit, which means nothing any more",
    "RFC 9989 section 4.7",
    (Threat.UNAVAILABLE,),
    "Delete the exclamation mark and what follows it.",
)
UNKNOWN_TAG = Rule(
    "dmarc-unknown-tag",
    Severity.INFO,
    "The record has a tag that is not registered",
    "RFC 9989 section 4.8",
    (Threat.UNAVAILABLE,),
    "Delete the tag, or correct its name: it is ignored.",
)
PUBLIC_SUFFIX = Rule(
    "dmarc-psd-misused",
    Severity.MEDIUM,
    "The record calls the domain a public suffix, which it is not known to be",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Delete psd=y, unless others register names directly below the domain: with it each of those is an organization.",
)
BOUNDARY = Rule(
    "dmarc-psd-boundary",
    Severity.INFO,
    "A subdomain makes itself an organization of its own by psd=n",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Delete psd=n if the mail of the domain above is to align with this one, or its policy is to apply here.",
)
STANDARDS_DIFFER = Rule(
    "dmarc-standards-differ",
    Severity.INFO,
    "Receivers that still follow RFC 7489 judge the domain differently",
    "RFC 9989 appendix C",
    _FORGERY,
    "Publish records so that tree walk and public suffix list lead to the same: one at each name that sends mail.",
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
    MISSING,
    NOT_RECOGNIZED,
    WRONG_PLACE,
    SUBDOMAINS_WEAKER,
    NONEXISTENT_WEAKER,
    SUBDOMAIN_POLICY_IGNORED,
    NO_REPORTS,
    REPORTS_NOT_AUTHORIZED,
    REPORT_SCHEME,
    REPORT_ADDRESS,
    REPORT_SIZE,
    UNKNOWN_TAG,
    PUBLIC_SUFFIX,
    BOUNDARY,
    STANDARDS_DIFFER,
)
