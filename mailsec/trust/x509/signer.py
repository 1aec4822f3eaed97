"""The judgement of a person's certificate: its path to a trusted root, and whether it is for mail (RFC 8550, RFC 5280).

Every certificate beside the roots is a stranger's: the search for paths, and what is judged of each, are bounded. Nothing is
fetched: roots, CRLs and OCSP responses are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from mailsec.core.limits.keys import (
    X509_CERTIFICATE_BYTES,
    X509_CHAIN,
    X509_OCSP_BYTES,
    X509_REVOCATION_BYTES,
    X509_REVOCATION_FILES,
    X509_REVOCATION_TOTAL,
    X509_ROOTS,
)
from mailsec.core.results import Finding, Status, finding
from mailsec.trust.x509 import rules
from mailsec.trust.x509.chains import Chain, Finder, Link, link
from mailsec.trust.x509.crl import lists
from mailsec.trust.x509.flaws import Flaw
from mailsec.trust.x509.refusals import refused as refused_by
from mailsec.trust.x509.revocation import NO_FILES, UNKNOWN, RevocationAnswer, RevocationFiles
from mailsec.trust.x509.tree import SignerPath, Step, issuer, step, subject
from mailsec.trust.x509.usage import Purpose, above, date_flaws, is_authority, strength_flaws, usage_flaws

NOT_CHECKED = "revocation not checked"


def judge_signer(
    chain: Sequence[bytes],
    anchors: Iterable[bytes],
    *,
    now: int,
    purpose: Purpose | None = Purpose.SIGN,
    revocation: RevocationFiles = NO_FILES,
) -> SignerPath:
    """Judge the first of `chain` (DER; the rest in any order, as strangers sent it) for mail, with paths to `anchors` (DER) at
    `now` (seconds since 1970 UTC); `purpose` None is any. A root that is the person's own certificate is a path by itself."""
    leaf = _link(chain[0]) if chain else None
    if leaf is None:
        missing = finding(rules.UNREADABLE, Flaw.UNREADABLE if chain else Flaw.NONE_SHOWN)
        return SignerPath(Status.FAIL, (missing.message,), findings=(missing,))
    others = [each for each in map(_link, chain[1 : X509_CHAIN + 1]) if each is not None]
    finder = Finder(others, _roots(tuple(anchors)))
    chains = finder.chains(leaf)
    if not chains:
        return _without_root(finder.longest(leaf), now, purpose)
    files = _bounded(revocation)
    judgement = _Judgement(now, purpose, files, partial=files != revocation)
    refused: list[SignerPath] = []
    forged = [each for each in chains if not _may_hold(each)]
    # of those that somebody made up in an authority's name one says as much as a dozen
    for each in (*(each for each in chains if each not in forged), *forged[:1]):
        judged = judgement.path(each)
        if judged.status is Status.PASS:
            return judged
        refused.append(judged)
    # what could not be found out weighs less than what is wrong, and may be all that is missing
    return min(refused, key=lambda each: (not each.unchecked, len(each.reasons)))


def _may_hold(chain: Chain) -> bool:
    """False where a signature is surely not one of the issuer: found out many times faster than by the judgement."""
    for below, issuing in pairwise(chain):
        try:
            below.certificate.verify_directly_issued_by(issuing.certificate)
        except InvalidSignature:
            return False
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue  # the judgement knows more kinds of keys, and compares names as names
    return True


def _link(der: bytes) -> Link | None:
    return link(der) if len(der) <= X509_CERTIFICATE_BYTES else None


@lru_cache(maxsize=4)
def _roots(anchors: tuple[bytes, ...]) -> tuple[Link, ...]:
    """The roots that can be read; kept, as they are the same for one signature after the other."""
    return tuple(each for each in map(_link, anchors[:X509_ROOTS]) if each is not None)


def _bounded(files: RevocationFiles) -> RevocationFiles:
    """Of the CRLs and OCSP responses what can be borne."""
    left, crls = X509_REVOCATION_TOTAL, []
    for der in files.crls[:X509_REVOCATION_FILES]:
        if len(der) <= min(left, X509_REVOCATION_BYTES):
            left -= len(der)
            crls.append(der)
    ocsps = tuple(der for der in files.ocsps[:X509_REVOCATION_FILES] if len(der) <= X509_OCSP_BYTES)
    return RevocationFiles(tuple(crls), ocsps, files.required)


def _without_root(chain: Chain, now: int, purpose: Purpose | None) -> SignerPath:
    """What can be said where no way leads to a root. Certificates above the person's own may be anybody's: they are shown."""
    leaf, top = chain[0], chain[-1]
    if top.subject != top.issuer:
        gap = finding(rules.UNKNOWN_ISSUER, f"{Flaw.UNKNOWN_ISSUER}: {issuer(top)}")
    else:
        gap = finding(rules.UNKNOWN_ROOT, f"{Flaw.UNTRUSTED_ROOT if len(chain) > 1 else Flaw.SELF_SIGNED}: {subject(top)}")
    own = tuple(_flaws(leaf, now, purpose, root=False))
    reasons = (*(f"{flaw.message}: {subject(leaf)}" for flaw in own), gap.message)
    steps = tuple(step(each, () if place else own, gaps=(gap,) * (each is top)) for place, each in enumerate(chain))
    return SignerPath(Status.FAIL if own else Status.NEUTRAL, reasons, steps)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What paths are judged with."""

    now: int
    purpose: Purpose | None
    files: RevocationFiles
    partial: bool

    def path(self, chain: Chain) -> SignerPath:
        """One path to a root."""
        own = [list(self._flaws(chain, place)) for place in range(len(chain))]
        answers = [UNKNOWN] * len(chain)
        if refusal := self._refusal(chain):
            own[refusal[0]].insert(0, refusal[1])
        elif self.files:
            answers = [*(self._revocation(chain, each) for each in range(len(chain) - 1)), UNKNOWN]
        for flaws, answer in zip(own, answers, strict=True):
            if answer.revoked:
                flaws.insert(0, finding(rules.REVOKED, f"the certificate is {answer.reason} (RFC 5280 section 6.3)"))
        unchecked = self.files.required and any(answer.revoked is None for answer in answers[:-1]) and not any(own)
        steps = tuple(
            step(each, tuple(flaws), answer, _gaps(answer) if unchecked and each is not chain[-1] else ())
            for each, flaws, answer in zip(chain, own, answers, strict=True)
        )
        if reasons := tuple(f"{flaw.message}: {each.subject}" for each in steps for flaw in each.flaws):
            return SignerPath(Status.FAIL, reasons, steps)
        status = Status.NEUTRAL if unchecked else Status.PASS
        return SignerPath(status, tuple(self._notes(steps[:-1])), steps, unchecked=unchecked)

    def _flaws(self, chain: Chain, place: int) -> Iterator[Finding]:
        root = place == len(chain) - 1
        if root and place and not is_authority(chain[place].certificate):
            yield finding(rules.NOT_AUTHORITY, "the trusted certificate is no authority (RFC 5280 section 4.2.1.9)")
        yield from _flaws(chain[place], self.now, above(self.purpose) if place else self.purpose, root=root)

    def _refusal(self, chain: Chain) -> tuple[int, Finding] | None:
        """The rule of RFC 5280 section 6.1 that the path breaks, and the place of the certificate that breaks it."""
        from mailsec.trust.x509.pkix import Pkix  # noqa: PLC0415 (half a second, and few runs judge a person)

        try:
            words = Pkix([each.der for each in chain], self._moment(chain)).refusal()
        except Exception:  # several classes of several libraries, for what strangers make up
            damaged = "the path cannot be judged: one of its certificates is damaged (RFC 5280 section 6.1)"
            return 0, finding(rules.PATH, damaged)
        return refused_by(words, chain) if words else None

    def _revocation(self, chain: Chain, place: int) -> RevocationAnswer:
        """What the CRLs say, and what OCSP says: "revoked" of either counts."""
        answers = [self._online(chain, place), lists(self.files.crls).answer(chain[place], chain[place + 1], self.now)]
        for revoked in (True, False):
            if found := next((each for each in answers if each.revoked is revoked), None):
                return found
        why = "; ".join(each.reason for each in answers if each.reason)
        return RevocationAnswer(None, why or "no CRL or OCSP response of its issuer is at hand")

    def _online(self, chain: Chain, place: int) -> RevocationAnswer:
        if not self.files.ocsps:
            return UNKNOWN
        from mailsec.trust.x509.pkix import Pkix  # noqa: PLC0415 (the same)

        try:
            return Pkix([each.der for each in chain], self.now).online(place, self.files.ocsps)
        except Exception:  # the same
            return RevocationAnswer(None, "an OCSP response is damaged")

    def _notes(self, steps: Sequence[Step]) -> Iterator[str]:
        """What was not looked at."""
        unknown = [each for each in steps if each.revocation.revoked is None]
        if unknown and not self.files:
            yield NOT_CHECKED
        else:
            yield from (f"{NOT_CHECKED}: {each.subject} ({each.revocation.reason})" for each in unknown)
        if self.partial:
            yield "CRLs or OCSP responses that are too large, or too many, were left out"

    def _moment(self, chain: Chain) -> int:
        """The time next to `now` at which all of the path is valid, so that a flawed date hides no other flaw."""
        begin = max(int(each.certificate.not_valid_before_utc.timestamp()) for each in chain)
        end = min(int(each.certificate.not_valid_after_utc.timestamp()) for each in chain)
        return min(max(self.now, begin), end)


def _flaws(each: Link, now: int, purpose: Purpose | None, *, root: bool) -> Iterator[Finding]:
    """What is wrong with a certificate by itself."""
    yield from usage_flaws(each.certificate, purpose)
    yield from strength_flaws(each.certificate, root=root)
    yield from date_flaws(each.certificate, now)


def _gaps(answer: RevocationAnswer) -> tuple[Finding, ...]:
    why = answer.reason or "nothing is at hand to tell it by"
    return () if answer.revoked is not None else (finding(rules.REVOCATION_UNKNOWN, f"{NOT_CHECKED}: {why}"),)
