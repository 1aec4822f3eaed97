"""What can be found about MX records."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_LOST = (Threat.UNAVAILABLE,)
_DRAWN_AWAY = (Threat.SPOOFED_RECEIVER, Threat.UNAVAILABLE)

IMPLICIT = Rule(
    "mx-implicit",
    Severity.LOW,
    "There is no MX record, so mail goes to the domain's own addresses",
    "RFC 5321 section 5.1",
    _DRAWN_AWAY,
    "Name the mail host in an MX record, or publish a null MX (0 .) where the domain takes no mail.",
)
MALFORMED = Rule(
    "mx-malformed",
    Severity.MEDIUM,
    "An MX record cannot be read",
    "RFC 1035 section 3.3.9",
    _LOST,
    "Write a preference and a host name.",
)
NULL_NOT_ALONE = Rule(
    "mx-null-not-alone",
    Severity.MEDIUM,
    "A null MX stands beside other MX records",
    "RFC 7505 section 3",
    _LOST,
    "Keep the null MX alone where the domain takes no mail, otherwise delete it.",
)
NULL_PREFERENCE = Rule(
    "mx-null-preference",
    Severity.INFO,
    "The null MX has a preference other than 0",
    "RFC 7505 section 3",
    _LOST,
    "Publish it as 0 followed by a single dot.",
)
ADDRESS = Rule(
    "mx-address",
    Severity.MEDIUM,
    "An MX record names an IP address, where a host name has to stand",
    "RFC 5321 section 5.1",
    _LOST,
    "Give the host a name with an A or AAAA record, and put that name into the MX record.",
)
INVALID_NAME = Rule(
    "mx-invalid-name",
    Severity.MEDIUM,
    "An MX record names something that is no host name",
    "RFC 5321 section 2.3.5",
    _LOST,
    "Put the full name of a host into the MX record.",
)
ALIAS = Rule(
    "mx-alias",
    Severity.MEDIUM,
    "An MX record names an alias",
    "RFC 2181 section 10.3",
    _LOST,
    "Put the name that the CNAME record leads to into the MX record.",
)
UNRESOLVABLE = Rule(
    "mx-unresolvable",
    Severity.MEDIUM,
    "A mail host has no address",
    "RFC 5321 section 5.1",
    _DRAWN_AWAY,
    "Publish an address for the host or delete the MX record: a name that anybody may register draws mail to a stranger.",
)
NOT_PUBLIC = Rule(
    "mx-not-public",
    Severity.MEDIUM,
    "A mail host has an address that is not reachable from the internet",
    "RFC 6890 section 2.2",
    _LOST,
    "Delete private, loopback and reserved addresses from the public DNS.",
)
DUPLICATE = Rule(
    "mx-duplicate",
    Severity.LOW,
    "A host is named by several MX records",
    "RFC 5321 section 5.1",
    _LOST,
    "Keep one MX record for each host.",
)
TOO_MANY = Rule(
    "mx-too-many",
    Severity.LOW,
    "There are more MX records than senders will try",
    "RFC 5321 section 5.1",
    _LOST,
    "Keep a handful of MX records; put further machines behind one name.",
)
SINGLE = Rule(
    "mx-single",
    Severity.INFO,
    "All mail goes to a single host name",
    "RFC 5321 section 5.1",
    _LOST,
    "A second host takes the mail while the first one is down; senders also wait for days.",
)
NO_IPV6 = Rule(
    "mx-no-ipv6",
    Severity.INFO,
    "No mail host has an IPv6 address",
    "RFC 5321 section 5.2",
    _LOST,
    "Publish an AAAA record where the host can be reached by IPv6.",
)
LOOKUP_FAILED = Rule(
    "mx-lookup-failed",
    Severity.LOW,
    "The address of a mail host could not be looked up",
    "RFC 5321 section 5.1",
    _LOST,
    "Ask again later; if it stays so, repair the name servers of the host's zone.",
)

RULES: tuple[Rule, ...] = (
    IMPLICIT,
    MALFORMED,
    NULL_NOT_ALONE,
    NULL_PREFERENCE,
    ADDRESS,
    INVALID_NAME,
    ALIAS,
    UNRESOLVABLE,
    NOT_PUBLIC,
    DUPLICATE,
    TOO_MANY,
    SINGLE,
    NO_IPV6,
    LOOKUP_FAILED,
)
