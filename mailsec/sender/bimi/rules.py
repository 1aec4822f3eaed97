"""What can be found about BIMI records."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_DRAFT = "draft-brand-indicators-for-message-identification section "
_UNSEEN = (Threat.PHISHING,)

SEVERAL_RECORDS = Rule(
    "bimi-several-records",
    Severity.MEDIUM,
    "Several BIMI records stand at one name, so receivers use none",
    _DRAFT + "7.2",
    _UNSEEN,
    "Keep one TXT record that begins with v=BIMI1.",
)
INVALID = Rule(
    "bimi-invalid-record",
    Severity.MEDIUM,
    "The BIMI record is not valid, so no logo is shown",
    _DRAFT + "4.3",
    _UNSEEN,
    "Write v=BIMI1; l= and a= with one https: address each, commas encoded as %2C.",
)
NOT_SVG = Rule(
    "bimi-not-svg",
    Severity.MEDIUM,
    "The logo is of a format that receivers refuse",
    _DRAFT + "4.3.2",
    _UNSEEN,
    "Publish the logo as SVG (profile SVG Tiny PS), with .svg or .svgz at the end of its address.",
)
NO_EVIDENCE = Rule(
    "bimi-no-evidence",
    Severity.INFO,
    "The record names no mark certificate, so most receivers show no logo",
    _DRAFT + "4.3",
    _UNSEEN,
    "Obtain a mark certificate (VMC or CMC) and publish its address in a=.",
)
UNKNOWN_TAG = Rule(
    "bimi-unknown-tag",
    Severity.INFO,
    "The BIMI record has tags or values that mean nothing",
    _DRAFT + "4.3",
    _UNSEEN,
    "Delete them, or correct their spelling.",
)
NOT_ELIGIBLE = Rule(
    "bimi-not-eligible",
    Severity.LOW,
    "The DMARC policy is too weak for BIMI, so no logo is shown",
    _DRAFT + "1",
    _UNSEEN,
    "Publish p=quarantine or p=reject, no sp=none, and neither t=y nor a pct= below 100.",
)

RULES: tuple[Rule, ...] = (SEVERAL_RECORDS, INVALID, NOT_SVG, NO_EVIDENCE, UNKNOWN_TAG, NOT_ELIGIBLE)
