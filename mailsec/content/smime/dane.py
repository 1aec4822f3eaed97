"""Whether SMIMEA records mean the certificate that made a signature (RFC 8162, RFC 6698 section 2.1, RFC 7671).

The usages are those of TLSA: 3 the certificate itself, no path needed; 2 an authority that is trusted for this address alone;
1 and 0 the certificate or an authority, with a path to a root that is trusted anyway. Records that mean none of the signer's
certificates deny it the address, even where a root vouches for it. Dates, usages and a revocation that is known count with each
of them: what has expired or was taken back signs nothing, whoever publishes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.content.smime import rules
from mailsec.content.smime.published import Published
from mailsec.core import rdata
from mailsec.core.limits.content import CMS_CERTIFICATES
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.trust.x509.association import anchors, means, strongest
from mailsec.trust.x509.path import load
from mailsec.trust.x509.signer import judge_signer
from mailsec.trust.x509.tree import SignerPath

PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)
"""Usages (RFC 7218 section 2.1)."""
_AUTHORITIES = (PKIX_TA, DANE_TA)


@dataclass(frozen=True, slots=True)
class Association:
    """What the records of `address` say of one certificate.

    pass: they mean it; fail: they mean others; none: they say nothing that counts; temperror: the lookup failed. `path` is the
    one that DANE gives in place of the one to a root; `own` is True where a record means the certificate itself, whatever
    names it has (usage 3).
    """

    address: str
    name: str
    status: Status
    reason: str
    path: SignerPath | None = None
    own: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def check(self) -> Check:
        """The association as a node of the report."""
        return Check("smimea", self.status, self.reason, (Fact("name", self.name),), self.findings)


def associated(published: Published, chain: Sequence[bytes], path: SignerPath, *, now: int) -> Association:
    """What `published` says of the first of `chain` (DER, the rest in any order), whose path to a trusted root is `path`, at
    `now` (seconds since 1970 UTC)."""
    if published.status is not Status.PASS:
        return _result(published, published.status, published.reason, findings=published.findings)
    lacking = ""
    for record in sorted(strongest(published.records), key=lambda each: -each.usage):
        form = f"SMIMEA {record.usage} {record.selector} {record.matching} at {published.name}"
        means_it, way = _meant(record, chain, path, now)
        if means_it and way.status is not Status.NEUTRAL:
            what = "an authority above it" if record.usage in _AUTHORITIES else "it"
            own = record.usage == DANE_EE
            return _result(published, Status.PASS, f"{form} means {what}, DNSSEC secure", way, own)
        if means_it:
            lacking = f"{form} means it, but wants a path to a trusted root beside"
    if lacking:
        return _result(published, Status.NONE, lacking)
    said = f"the SMIMEA records at {published.name} mean other certificates"
    return _result(published, Status.FAIL, said, findings=(finding(rules.OTHER_CERTIFICATE, said),))


def _result(
    published: Published,
    status: Status,
    reason: str,
    path: SignerPath | None = None,
    own: bool = False,
    findings: tuple[Finding, ...] = (),
) -> Association:
    return Association(published.address, published.name, status, reason, path, own, findings)


def _meant(record: rdata.Association, chain: Sequence[bytes], path: SignerPath, now: int) -> tuple[bool, SignerPath]:
    """Whether `record` means the first of `chain` or an authority above it, and the path that counts then."""
    # what its issuer took back stays taken back, whoever publishes it
    revoked = bool(path.steps) and path.steps[0].revocation.revoked
    if record.usage == DANE_EE:
        meant = means(record, chain[0])
        return meant, judge_signer(chain[:1], chain[:1], now=now) if meant and not revoked else path
    if record.usage == PKIX_EE:
        return means(record, chain[0]), path
    if record.usage == PKIX_TA:
        return any(means(record, step.der) for step in path.steps[1:]), path
    shown = [each for each in map(load, chain[:CMS_CERTIFICATES]) if each is not None]
    roots = tuple(dict.fromkeys(anchors(record, shown, now=now)))
    way = judge_signer(chain, roots, now=now) if roots and not revoked else path
    return bool(roots) and way.status is not Status.NEUTRAL, way
