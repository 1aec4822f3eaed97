"""The judgement of a person's certificate: its path to a trusted root, and whether it is for mail (RFC 8550, RFC 5280).

Every certificate beside the roots is a stranger's: the search for paths, and what is judged of each, are bounded. Nothing is
fetched: roots, CRLs and OCSP responses are handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography import x509

from mailsec.core.limits import (
    X509_CERTIFICATE_BYTES,
    X509_CHAIN,
    X509_REVOCATION_BYTES,
    X509_REVOCATION_FILES,
    X509_ROOTS,
)
from mailsec.core.moment import utc
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Status
from mailsec.core.text import clipped
from mailsec.trust.x509.chains import Chain, Finder, Link, link
from mailsec.trust.x509.flaws import Flaw
from mailsec.trust.x509.revocation import NO_FILES, UNKNOWN, RevocationAnswer, RevocationFiles
from mailsec.trust.x509.usage import Purpose, date_flaw, extension, is_authority, strength_flaws, usage_flaws

NOT_CHECKED = "revocation not checked"

_NAME = 200
_PLACE = re.compile(r"(?:the )?(?:(end-entity certificate|trust anchor)|intermediate certificate (\d{1,3}))")


@dataclass(frozen=True, slots=True)
class Step:
    """One certificate of a path. `flaws` are the rules that it breaks; times in seconds since 1970 UTC.

    `revocation` is empty for a root: who does not trust it any more takes it away.
    """

    der: bytes
    fingerprint: str
    subject: str
    issuer: str
    serial: str
    not_before: int
    not_after: int
    flaws: tuple[str, ...] = ()
    revocation: RevocationAnswer = UNKNOWN

    @property
    def check(self) -> Check:
        """The certificate by itself."""
        facts = (
            Fact("serial", self.serial),
            Fact("issuer", self.issuer),
            Fact("not-before", utc(self.not_before)),
            Fact("not-after", utc(self.not_after)),
            Fact("revoked", self.revocation.revoked),
        )
        evidence = (Evidence(EvidenceKind.KEY, self.fingerprint),)
        status = Status.FAIL if self.flaws else None
        return Check(self.subject, status, "; ".join(self.flaws) or self.revocation.reason, facts, evidence=evidence)


@dataclass(frozen=True, slots=True)
class SignerPath:
    """The judgement. `steps` lead from the person's certificate (first) to the root, or as far as there was a way.

    pass: the path holds and the certificate is for mail. neutral: it leads to no root that is trusted. fail: expired or not
    valid yet, revoked, weak, not for mail, or a rule of the path is broken. `reasons` say all of it, the weightiest first; with
    pass, what was not looked at.
    """

    status: Status
    reasons: tuple[str, ...]
    steps: tuple[Step, ...] = ()

    @property
    def check(self) -> Check:
        """The path as a tree: the root above, the person's certificate at its end."""
        below: tuple[Check, ...] = ()
        for step in self.steps:
            own = step.check
            below = (Check(own.name, own.status, own.reason, own.facts, evidence=own.evidence, children=below),)
        return Check("certificate-path", self.status, "; ".join(self.reasons), children=below)


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
        return SignerPath(Status.FAIL, (Flaw.UNREADABLE if chain else Flaw.NONE_SHOWN,))
    others = [each for each in map(_link, chain[1 : X509_CHAIN + 1]) if each is not None]
    finder = Finder(others, _roots(tuple(anchors)))
    chains = finder.chains(leaf)
    if not chains:
        return _without_root(finder.longest(leaf), now, purpose)
    files = RevocationFiles(_bounded(revocation.crls), _bounded(revocation.ocsps))
    judgement = _Judgement(now, purpose, files, partial=files != revocation)
    refused: list[SignerPath] = []
    for each in chains:
        judged = judgement.path(each)
        if judged.status is Status.PASS:
            return judged
        refused.append(judged)
    return min(refused, key=lambda each: len(each.reasons))


def _link(der: bytes) -> Link | None:
    return link(der) if len(der) <= X509_CERTIFICATE_BYTES else None


@lru_cache(maxsize=4)
def _roots(anchors: tuple[bytes, ...]) -> tuple[Link, ...]:
    """The roots that can be read; kept, as they are the same for one signature after the other."""
    return tuple(each for each in map(_link, anchors[:X509_ROOTS]) if each is not None)


def _bounded(ders: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(der for der in ders[:X509_REVOCATION_FILES] if len(der) <= X509_REVOCATION_BYTES)


def _without_root(chain: Chain, now: int, purpose: Purpose | None) -> SignerPath:
    """What can be said where no way leads to a root. Certificates above the person's own may be anybody's: they are shown."""
    leaf, top = chain[0], chain[-1]
    if leaf.subject == leaf.issuer:
        why = f"{Flaw.SELF_SIGNED}: {_subject(leaf)}"
    elif top.subject == top.issuer:
        why = f"{Flaw.UNTRUSTED_ROOT}: {_subject(top)}"
    else:
        why = f"{Flaw.UNKNOWN_ISSUER}: {_issuer(top)}"
    own = tuple(_flaws(leaf, now, purpose, root=False))
    reasons = (*(f"{flaw}: {_subject(leaf)}" for flaw in own), why)
    steps = (_step(leaf, own), *map(_step, chain[1:]))
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
        place, refusal = self._refusal(chain)
        if refusal:
            own[place].insert(0, refusal)
        elif self.files:
            answers = [*(self._revocation(chain, each) for each in range(len(chain) - 1)), UNKNOWN]
        for flaws, answer in zip(own, answers, strict=True):
            if answer.revoked:
                flaws.insert(0, f"the certificate is {answer.reason} (RFC 5280 section 6.3)")
        steps = tuple(_step(each, tuple(flaws), answer) for each, flaws, answer in zip(chain, own, answers, strict=True))
        reasons = tuple(f"{flaw}: {step.subject}" for step in steps for flaw in step.flaws)
        return SignerPath(Status.FAIL if reasons else Status.PASS, reasons or tuple(self._notes(steps[:-1])), steps)

    def _flaws(self, chain: Chain, place: int) -> Iterator[str]:
        root = place == len(chain) - 1
        if root and place and not is_authority(chain[place].certificate):
            yield "the trusted certificate is no authority (RFC 5280 section 4.2.1.9)"
        yield from _flaws(chain[place], self.now, None if place else self.purpose, root=root)

    def _refusal(self, chain: Chain) -> tuple[int, str]:
        """The rule of RFC 5280 section 6.1 that the path breaks ("": none), and the place of the certificate that breaks it."""
        from mailsec.trust.x509.pkix import Pkix  # noqa: PLC0415 (half a second, and few runs judge a person)

        try:
            words = Pkix([each.der for each in chain], self._moment(chain)).refusal()
        except Exception:  # several classes of several libraries, for what strangers make up
            return 0, "the path cannot be judged: one of its certificates is damaged (RFC 5280 section 6.1)"
        return _placed(words, chain)

    def _revocation(self, chain: Chain, place: int) -> RevocationAnswer:
        from mailsec.trust.x509.pkix import Pkix  # noqa: PLC0415

        try:
            return Pkix([each.der for each in chain], self.now).revocation(place, self.files)
        except Exception:  # the same
            return RevocationAnswer(None, "a CRL or OCSP response is damaged")

    def _notes(self, steps: Sequence[Step]) -> Iterator[str]:
        """What was not looked at."""
        unknown = [step for step in steps if step.revocation.revoked is None]
        if unknown and not self.files:
            yield NOT_CHECKED
        else:
            yield from (f"{NOT_CHECKED}: {step.subject} ({step.revocation.reason})" for step in unknown)
        if self.partial:
            yield "CRLs or OCSP responses that are too large, or too many, were left out"

    def _moment(self, chain: Chain) -> int:
        """The time next to `now` at which all of the path is valid, so that a flawed date hides no other flaw."""
        begin = max(int(each.certificate.not_valid_before_utc.timestamp()) for each in chain)
        end = min(int(each.certificate.not_valid_after_utc.timestamp()) for each in chain)
        return min(max(self.now, begin), end)


def _placed(words: str, chain: Chain) -> tuple[int, str]:
    """The library's words with "the certificate" for the one it means, and that one's place; it counts from the root on."""
    met, top = _PLACE.search(words), len(chain) - 1
    if met is None:
        place = _limiting(chain) if "maximum path length" in words else 0
    else:
        place = max(0, top - int(met[2])) if met[2] else 0 if met[1].startswith("end") else top
    shown = clipped(_PLACE.sub("the certificate", words), 400)
    return place, f"{shown} (RFC 5280 section 6.1)" if words else ""


def _limiting(chain: Chain) -> int:
    """The place of the authority that allows fewer authorities below it than the path has (RFC 5280 section 4.2.1.9)."""
    below = 0
    for place, each in enumerate(chain[1:], 1):
        limits = extension(each.certificate, x509.BasicConstraints)
        if limits is not None and limits.path_length is not None and below > limits.path_length:
            return place
        below += each.subject != each.issuer
    return 0


def _flaws(each: Link, now: int, purpose: Purpose | None, *, root: bool) -> Iterator[str]:
    """What is wrong with a certificate by itself."""
    yield from usage_flaws(each.certificate, purpose)
    yield from strength_flaws(each.certificate, root=root)
    if flaw := date_flaw(each.certificate, now):
        yield flaw


def _step(each: Link, flaws: tuple[str, ...] = (), answer: RevocationAnswer = UNKNOWN) -> Step:
    certificate = each.certificate
    return Step(
        each.der,
        sha256(each.der).hexdigest().upper(),
        _subject(each),
        _issuer(each),
        f"{each.serial:X}",
        int(certificate.not_valid_before_utc.timestamp()),
        int(certificate.not_valid_after_utc.timestamp()),
        flaws,
        answer,
    )


def _subject(each: Link) -> str:
    return clipped(each.certificate.subject.rfc4514_string(), _NAME) or "without a name"


def _issuer(each: Link) -> str:
    return clipped(each.certificate.issuer.rfc4514_string(), _NAME) or "without a name"
