"""What the DNSSEC checks can find (RFC 4033, 4035, 5155, 9276, 9905)."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_POISON = (Threat.DNS_POISONING, Threat.SPOOFED_RECEIVER)

BOGUS = Rule(
    "dnssec-bogus",
    Severity.HIGH,
    "The chain of trust to the domain is broken: validating resolvers refuse its answers",
    "RFC 4035 section 5.5",
    (*_POISON, Threat.UNAVAILABLE),
    "Sign the zone anew, or correct the DS record at the registry; if neither is at fault, somebody is forging answers.",
)
INSECURE = Rule(
    "dnssec-insecure",
    Severity.LOW,
    "The domain is not signed, so its records can be forged on the way",
    "RFC 4033 section 5",
    _POISON,
    "Sign the zone and publish its DS record through the registrar.",
)
NO_DS = Rule(
    "dnssec-no-ds",
    Severity.LOW,
    "The zone has keys, but the zone above has no DS record for them, so nobody trusts them",
    "RFC 4035 section 5.2",
    _POISON,
    "Hand the DS record to the registrar.",
)
SHA1 = Rule(
    "dnssec-sha1",
    Severity.MEDIUM,
    "The zone is signed with SHA-1, or its DS record is a SHA-1 digest",
    "RFC 9905 section 2",
    _POISON,
    "Roll to algorithm 13 (ECDSA P-256 with SHA-256) and publish a DS record with digest type 2.",
)
NSEC3_ITERATIONS = Rule(
    "dnssec-nsec3-iterations",
    Severity.LOW,
    "The zone's NSEC3 parameters have extra iterations, which protect nothing and cost every resolver",
    "RFC 9276 section 3.1",
    (Threat.UNAVAILABLE, Threat.DNS_POISONING),
    "Set the iterations to 0 and leave the salt empty.",
)
EXPIRES_SOON = Rule(
    "dnssec-expires-soon",
    Severity.LOW,
    "A signature of the zone expires soon",
    "RFC 4034 section 3.1.5",
    (Threat.UNAVAILABLE,),
    "See that the zone is signed anew in time; whatever does it may have stopped.",
)
ANCHOR_EXPIRED = Rule(
    "dnssec-anchor-expired",
    Severity.MEDIUM,
    "No trust anchor is valid at this time, so nothing can be validated",
    "RFC 9718 section 2",
    (Threat.DNS_POISONING,),
    "Update mailsec, or give the current root-anchors.xml of IANA with --trust-anchor.",
)
UNJUDGED = Rule(
    "dnssec-indeterminate",
    Severity.LOW,
    "Whether the domain is signed correctly could not be found out",
    "RFC 4033 section 5",
    (Threat.DNS_POISONING, Threat.UNAVAILABLE),
    "Ask again later, or another name server: it may not pass DNSSEC records on.",
)

RULES: tuple[Rule, ...] = (BOGUS, INSECURE, NO_DS, SHA1, NSEC3_ITERATIONS, EXPIRES_SOON, ANCHOR_EXPIRED, UNJUDGED)
