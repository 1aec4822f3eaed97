"""What a second opinion can find."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

DKIMPY_REFUSES = Rule(
    "judges-dkimpy-refuses",
    Severity.MEDIUM,
    "A DKIM signature that is accepted here is refused by dkimpy",
    "RFC 6376 section 6.1",
    (Threat.TAMPERING, Threat.UNAUTHORIZED_MESSAGE),
    "Do not rely on the signature before it is clear which of the two is right; report the message as a defect of mailsec.",
)

OPENPGP_REFUSES = Rule(
    "judges-openpgp-refuses",
    Severity.MEDIUM,
    "An OpenPGP signature that is accepted here is refused by another program",
    "RFC 9580 section 5.2",
    (Threat.TAMPERING, Threat.UNAUTHORIZED_MESSAGE),
    "Do not rely on the signature before it is clear which of the two is right; report the message as a defect of mailsec.",
)

RULES: tuple[Rule, ...] = (DKIMPY_REFUSES, OPENPGP_REFUSES)
