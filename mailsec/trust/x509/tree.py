"""What the judgement of a path answers with: its certificates one above the other, and what is wrong with each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

from mailsec.core.moment import utc
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Status
from mailsec.core.text import clipped
from mailsec.trust.x509.chains import Link
from mailsec.trust.x509.person import kind_of_key
from mailsec.trust.x509.revocation import UNKNOWN, RevocationAnswer
from mailsec.trust.x509.usage import described_usage, public_key

_NAME = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One certificate of a path. `flaws` are the rules that it breaks, `gaps` what is missing; times in seconds since 1970 UTC.

    `bits` is 0 where the kind of key (`algorithm`) has no choice of sizes. `revocation` is empty for a root: who does not
    trust it any more takes it away.
    """

    der: bytes
    fingerprint: str
    subject: str
    issuer: str
    serial: str
    not_before: int
    not_after: int
    algorithm: str
    bits: int
    usage: str
    flaws: tuple[Finding, ...] = ()
    gaps: tuple[Finding, ...] = ()
    revocation: RevocationAnswer = UNKNOWN

    @property
    def check(self) -> Check:
        """The certificate by itself."""
        facts = (
            Fact("serial", self.serial),
            Fact("issuer", self.issuer),
            Fact("not-before", utc(self.not_before)),
            Fact("not-after", utc(self.not_after)),
            Fact("key", self.algorithm),
            Fact("bits", self.bits or None),
            Fact("usage", self.usage or None),
            Fact("revoked", self.revocation.revoked),
        )
        evidence = (Evidence(EvidenceKind.KEY, self.fingerprint),)
        status = Status.FAIL if self.flaws else Status.NEUTRAL if self.gaps else None
        found = (*self.flaws, *self.gaps)
        reason = "; ".join(each.message for each in found) or self.revocation.reason
        return Check(self.subject, status, reason, facts, found, evidence)


@dataclass(frozen=True, slots=True)
class SignerPath:
    """The judgement. `steps` lead from the person's certificate (first) to the root, or as far as there was a way.

    pass: the path holds and the certificate is for mail. neutral: it leads to no root that is trusted, or (`unchecked`)
    revocation was to be found out and was not. fail: expired or not valid yet, revoked, weak, not for mail, or a rule of the
    path is broken. `reasons` say all of it, the weightiest first; with pass, what was not looked at. `findings` is about no
    certificate of the path, where there is none. `origin` is where the root comes from, `notes` say what was fetched in vain.
    """

    status: Status
    reasons: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    unchecked: bool = False
    origin: str = ""
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def needless(self) -> SignerPath:
        """The path where the user said whose the certificate is: that it leads to no trusted root is said, and amiss no more.
        What was to be found out of revocation still is."""
        if self.unchecked:
            return self
        return replace(self, steps=tuple(replace(each, gaps=()) for each in self.steps))

    @property
    def check(self) -> Check:
        """The path as a tree: the root above, the person's certificate at its end."""
        below: tuple[Check, ...] = ()
        for step in self.steps:
            own = step.check
            below = (Check(own.name, own.status, own.reason, own.facts, own.findings, own.evidence, below),)
        facts = (Fact("roots", self.origin), *(Fact("fetch", each) for each in self.notes))
        shown = tuple(fact for fact in facts if fact.value)
        return Check("certificate-path", self.status, "; ".join(self.reasons), shown, self.findings, children=below)


def step(
    each: Link, flaws: tuple[Finding, ...] = (), answer: RevocationAnswer = UNKNOWN, gaps: tuple[Finding, ...] = ()
) -> Step:
    """A certificate of the path, with what was found."""
    certificate = each.certificate
    algorithm, bits = kind_of_key(public_key(certificate))
    return Step(
        each.der,
        sha256(each.der).hexdigest().upper(),
        subject(each),
        issuer(each),
        f"{each.serial:X}",
        int(certificate.not_valid_before_utc.timestamp()),
        int(certificate.not_valid_after_utc.timestamp()),
        algorithm,
        bits,
        described_usage(certificate),
        flaws,
        gaps,
        answer,
    )


def subject(each: Link) -> str:
    """Whose a certificate is, as it is shown."""
    return clipped(each.certificate.subject.rfc4514_string(), _NAME) or "without a name"


def issuer(each: Link) -> str:
    """Who issued it, as it is shown."""
    return clipped(each.certificate.issuer.rfc4514_string(), _NAME) or "without a name"
