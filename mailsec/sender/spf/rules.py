"""What an SPF evaluation can find beside its result, and what a lint can find in a record and all that it leads to."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

TOO_MANY_LOOKUPS = Rule(
    "spf-too-many-lookups",
    Severity.MEDIUM,
    "The SPF record needs more than ten lookups",
    "RFC 7208 section 4.6.4",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.UNAVAILABLE),
    "Remove includes that are no longer used, or replace include, a and mx by the ip4 and ip6 networks that they stand for.",
)
TOO_MANY_VOIDS = Rule(
    "spf-too-many-voids",
    Severity.MEDIUM,
    "More than two terms of the SPF record ask for names that are not there",
    "RFC 7208 section 4.6.4",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.UNAVAILABLE),
    "Remove the terms whose names no longer exist or have no records of the type that is asked for.",
)
TOO_MANY_MX = Rule(
    "spf-too-many-mx",
    Severity.MEDIUM,
    "An mx mechanism leads to more than ten hosts",
    "RFC 7208 section 4.6.4",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.UNAVAILABLE),
    "Replace the mx mechanism by the ip4 and ip6 networks of the hosts that send mail.",
)
SEVERAL_RECORDS = Rule(
    "spf-several-records",
    Severity.MEDIUM,
    "A name has several SPF records",
    "RFC 7208 section 4.5",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Join the records into one: with several, none of them counts.",
)
SYNTAX = Rule(
    "spf-syntax",
    Severity.MEDIUM,
    "The SPF record has a syntax error",
    "RFC 7208 section 4.6",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Correct the term: one error anywhere makes the whole record void.",
)
NO_TARGET = Rule(
    "spf-target-without-record",
    Severity.MEDIUM,
    "An include or redirect leads to a name without an SPF record",
    "RFC 7208 sections 5.2 and 6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Remove the include or redirect, or publish a record at its target; if it can be registered by others, do so at once.",
)
PLUS_ALL = Rule(
    "spf-plus-all",
    Severity.MEDIUM,
    "The SPF record authorizes the whole Internet",
    "RFC 7208 section 5.1",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING),
    "Replace +all by -all or ~all after naming the hosts that send mail: a pass that everybody gets says nothing.",
)
NEUTRAL_ALL = Rule(
    "spf-neutral-all",
    Severity.LOW,
    "The SPF record says nothing about hosts that it does not name",
    "RFC 7208 section 8.2",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "End the record with -all or ~all.",
)
PTR = Rule(
    "spf-ptr",
    Severity.LOW,
    "The SPF record relies on reverse names",
    "RFC 7208 section 5.5",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.DNS_POISONING),
    "Replace ptr and %{p} by ip4, ip6, a or mx: they are slow, unreliable and not to be published.",
)
NO_RECORD = Rule(
    "spf-no-record",
    Severity.MEDIUM,
    "The domain publishes no SPF record",
    "RFC 7208 section 3",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING),
    "Publish a record that names the hosts that send mail and ends in -all or ~all; v=spf1 -all where none does.",
)
NOT_RECOGNIZED = Rule(
    "spf-not-recognized",
    Severity.MEDIUM,
    "A TXT record is nearly an SPF record, but is not taken for one",
    "RFC 7208 section 4.5",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Begin the record with v=spf1 and a space, without quotes, white space or anything else before or between.",
)
LOST_SPACE = Rule(
    "spf-lost-space",
    Severity.MEDIUM,
    "Two terms run together where one string of the record ends and the next begins",
    "RFC 7208 section 3.3",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "End the first string, or begin the second, with the space that belongs between the terms: strings are joined without one.",
)
SEVERAL_STRINGS = Rule(
    "spf-several-strings",
    Severity.INFO,
    "The record consists of several strings",
    "RFC 7208 section 3.3",
    (Threat.UNAVAILABLE,),
    "Nothing has to be done: strings of at most 255 octets are joined; keep the space between terms inside of one of them.",
)
LONG_RECORD = Rule(
    "spf-long-record",
    Severity.INFO,
    "The TXT records of the name may not fit into one reply over UDP",
    "RFC 7208 section 3.4",
    (Threat.UNAVAILABLE,),
    "Shorten the record, or move other TXT records to names of their own, so that name and texts stay under 450 octets.",
)
TYPE_SPF = Rule(
    "spf-type-spf",
    Severity.LOW,
    "A record of the abandoned type SPF (99) is still published",
    "RFC 7208 section 3.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Delete the record of type SPF: nobody has to read it, and it ages apart from the TXT record.",
)
NO_ALL = Rule(
    "spf-no-all",
    Severity.LOW,
    "The SPF record ends without all and without redirect",
    "RFC 7208 section 4.7",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "End the record with -all or ~all: without, hosts that it does not name get the result neutral.",
)
SOFTFAIL_ALL = Rule(
    "spf-softfail-all",
    Severity.INFO,
    "The SPF record ends in ~all",
    "RFC 7208 section 8.5",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Keep ~all while DMARC decides; -all lets receivers without DMARC refuse what the record does not name.",
)
INCLUDE_PASSES_ALL = Rule(
    "spf-include-passes-all",
    Severity.HIGH,
    "An include or redirect leads to a record that gives every host a pass",
    "RFC 7208 section 5.2",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.PHISHING),
    "Remove the include or redirect until its owner has corrected the record: through it anybody may send for the domain.",
)
WIDE = Rule(
    "spf-wide-network",
    Severity.MEDIUM,
    "The SPF record authorizes a very large network",
    "RFC 7208 section 11.4",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.UNAUTHORIZED_SENDER, Threat.UNSOLICITED_BULK),
    "Name the hosts or small networks that send the domain's mail; every other host in the network may send it too.",
)
DUPLICATE = Rule(
    "spf-duplicate-term",
    Severity.LOW,
    "A term of the SPF record stands twice",
    "RFC 7208 section 4.6.2",
    (Threat.UNAVAILABLE,),
    "Delete the second one: it can never match, and may cost lookups.",
)
DEAD_TERM = Rule(
    "spf-dead-term",
    Severity.LOW,
    "A term of the SPF record is never reached",
    "RFC 7208 sections 5.1 and 6.1",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Delete what stands behind all, and a redirect beside all; if it was meant to count, move it before all.",
)
CONTAINED = Rule(
    "spf-contained-network",
    Severity.INFO,
    "A network of the SPF record lies in another one of it",
    "RFC 7208 section 5.6",
    (Threat.UNAUTHORIZED_SENDER,),
    "Keep the smaller of the two networks if it is enough, else the larger.",
)
MECHANISM_AS_MODIFIER = Rule(
    "spf-mechanism-as-modifier",
    Severity.MEDIUM,
    "A mechanism is written with = and has no effect",
    "RFC 7208 section 6",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Write a colon after the name of the mechanism: with = it is an unknown modifier, which everybody ignores.",
)
UNKNOWN_MODIFIER = Rule(
    "spf-unknown-modifier",
    Severity.INFO,
    "The SPF record has a modifier that is not defined",
    "RFC 7208 section 6",
    (Threat.UNAVAILABLE,),
    "Delete it unless it serves a purpose that you know: everybody ignores it.",
)
UPPER_CASE = Rule(
    "spf-upper-case",
    Severity.INFO,
    "The version or the name of a mechanism is in upper case",
    "RFC 7208 section 4.6.1",
    (Threat.UNAVAILABLE,),
    "Write them in lower case: case does not matter to the standard, but to some software it does.",
)
LOOP = Rule(
    "spf-loop",
    Severity.MEDIUM,
    "Includes or redirects lead back to a record that they came from",
    "RFC 7208 section 4.6.4",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.UNAVAILABLE),
    "Remove the include or redirect that closes the circle: whoever is not named before it gets an error.",
)
FINDS_NOTHING = Rule(
    "spf-term-finds-nothing",
    Severity.LOW,
    "A term of the SPF record leads to no address",
    "RFC 7208 section 4.6.4",
    (Threat.UNAUTHORIZED_MESSAGE, Threat.UNAVAILABLE),
    "Remove the term or repair its name: two may find nothing, and whoever can register the name could send.",
)
BAD_NAME = Rule(
    "spf-name-not-askable",
    Severity.LOW,
    "A term of the SPF record has a name that the DNS cannot be asked for",
    "RFC 7208 section 4.3",
    (Threat.UNAUTHORIZED_MESSAGE,),
    "Correct the name: labels have 1 to 63 octets, a name at most 253.",
)
NO_EXPLANATION = Rule(
    "spf-no-explanation",
    Severity.LOW,
    "The explanation that exp= names cannot be used",
    "RFC 7208 section 6.2",
    (Threat.UNAVAILABLE,),
    "Publish one TXT record of ASCII text at the name, or delete exp=.",
)
LOOKUP_FAILED = Rule(
    "spf-lookup-failed",
    Severity.LOW,
    "A question to the DNS about SPF was not answered",
    "RFC 7208 section 2.6.6",
    (Threat.DNS_POISONING, Threat.UNAVAILABLE),
    "Ask again later, or give the missing name in a zone file.",
)
TREE_CUT = Rule(
    "spf-tree-cut",
    Severity.LOW,
    "The SPF record leads to more than is looked at",
    "RFC 7208 section 4.6.4",
    (Threat.UNAVAILABLE,),
    "Make the record smaller; the numbers given for it are lower bounds.",
)

RULES: tuple[Rule, ...] = (
    TOO_MANY_LOOKUPS,
    TOO_MANY_VOIDS,
    TOO_MANY_MX,
    SEVERAL_RECORDS,
    SYNTAX,
    NO_TARGET,
    PLUS_ALL,
    NEUTRAL_ALL,
    PTR,
    NO_RECORD,
    NOT_RECOGNIZED,
    LOST_SPACE,
    SEVERAL_STRINGS,
    LONG_RECORD,
    TYPE_SPF,
    NO_ALL,
    SOFTFAIL_ALL,
    INCLUDE_PASSES_ALL,
    WIDE,
    DUPLICATE,
    DEAD_TERM,
    CONTAINED,
    MECHANISM_AS_MODIFIER,
    UNKNOWN_MODIFIER,
    UPPER_CASE,
    LOOP,
    FINDS_NOTHING,
    BAD_NAME,
    NO_EXPLANATION,
    LOOKUP_FAILED,
    TREE_CUT,
)
