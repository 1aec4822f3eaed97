"""The rule book's vocabulary: how severe a finding is, which threat it bears on, and what a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters, mildest first; `rank` orders them."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for info up to 3 for high."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Threat(StrEnum):
    """The threats to mail of NIST SP 800-177, by what they attack."""

    # integrity
    UNAUTHORIZED_SENDER = "unauthorized senders within an organization's address block"
    UNAUTHORIZED_RECEIVER = "unauthorized receivers within an organization's address block"
    UNAUTHORIZED_MESSAGE = "unauthorized messages from a valid domain"
    TAMPERING = "tampering with the content of messages from a valid domain"
    DNS_POISONING = "DNS cache poisoning"
    PHISHING = "phishing and spear phishing"
    # confidentiality
    EAVESDROPPING = "eavesdropping on the packets between hops"
    RELAY_COPIES = "copies made by software on a transfer agent"
    SPOOFED_RECEIVER = "a spoofed receiving server that draws the mail to an attacker"
    # availability
    BOMBING = "email bombing"
    UNSOLICITED_BULK = "unsolicited bulk email"
    UNAVAILABLE = "unavailable servers"

    @property
    def function(self) -> str:
        """What the threat attacks: integrity, confidentiality or availability."""
        if self in (Threat.EAVESDROPPING, Threat.RELAY_COPIES, Threat.SPOOFED_RECEIVER):
            return "confidentiality"
        if self in (Threat.BOMBING, Threat.UNSOLICITED_BULK, Threat.UNAVAILABLE):
            return "availability"
        return "integrity"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing mailsec can find. The id is kebab-case and never changes meaning; `reference` names the RFC section."""

    id: str
    severity: Severity
    title: str
    reference: str
    threats: tuple[Threat, ...]
    remedy: str
