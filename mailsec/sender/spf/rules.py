"""What an SPF evaluation can find beside its result."""

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
)
