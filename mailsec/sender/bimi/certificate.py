"""The judgement of a mark certificate: its path, its purpose, its domain, its logo (draft-fetch-validation-vmc-wchuang).

Revocation is asked for as the certificates name it, where the user lets it (`--fetch`); that it was not looked at is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mailsec.core.errors import BadInput
from mailsec.core.flow import Flow
from mailsec.core.limits.keys import X509_FETCHES
from mailsec.core.limits.transport import LISTED
from mailsec.core.lookup import listed
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.sender.bimi import rules
from mailsec.sender.bimi.mark import Mark, MarkKind, of
from mailsec.sender.bimi.roots import known
from mailsec.sender.bimi.svg import judge as judge_svg
from mailsec.trust.x509.bundle import read_chain
from mailsec.trust.x509.fetching import gathered
from mailsec.trust.x509.path import load
from mailsec.trust.x509.revocation import NO_FILES
from mailsec.trust.x509.signer import judge_signer
from mailsec.trust.x509.tree import SignerPath
from mailsec.trust.x509.usage import Purpose

UNKNOWN_ROOT = "its root is not known here: not judged"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a mark certificate is judged against.

    `domain`, `organizational_domain` ("" where it is the same or not known) and `selector` are those of the record that named
    it; `svg` is the logo that is published, None where it could not be had; `roots` (DER) are trusted besides those known.
    """

    domain: str
    organizational_domain: str
    selector: str
    svg: bytes | None
    roots: tuple[bytes, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of which the certificate has to have one (section 5.2)."""
        domains = [each for each in (self.domain, self.organizational_domain) if each]
        return frozenset((*domains, *(f"{self.selector}._bimi.{each}" for each in domains)))


def judge(pem: bytes, where: str, expected: Expected, *, now: int) -> Flow[Check]:
    """Judge the certificates in `pem`, the mark's own first, that came from `where`, at `now` (seconds since 1970 UTC), with
    what they name of issuers and revocation, where that may be fetched.

    pass: it vouches for the logo; fail: it does not; neutral: it leads to no root that is known here. Never raises.
    """
    try:
        chain = read_chain(pem)
    except BadInput as error:
        found = finding(rules.CERT_UNREADABLE, error.message)
        return Check("certificate", Status.FAIL, error.message, (Fact("from", where),), (found,))
    loaded = load(chain[0])
    assert loaded is not None  # the chain has none that cannot be read
    mark = of(loaded)
    path = yield from _path(chain, expected, now)
    findings = (*_path_findings(path), *_mark_findings(mark, expected))
    logo = _own_logo(mark, expected)
    status, reason = _status(path, mark, findings)
    if logo and logo[0].status is Status.FAIL and status is not Status.FAIL:
        status, reason = Status.FAIL, f"its logo: {logo[0].reason}"
    return Check("certificate", status, reason, (Fact("from", where), *mark.facts), findings, children=(path.check, *logo))


def _own_logo(mark: Mark, expected: Expected) -> tuple[Check, ...]:
    """The check of the logo in the certificate, where no published one is at hand that was judged and has to be the same."""
    if mark.logo is None or expected.svg is not None:
        return ()
    return (judge_svg(mark.logo.svg, "the certificate").check,)


def _path(chain: tuple[bytes, ...], expected: Expected, now: int) -> Flow[SignerPath]:
    """The path, after what it lacks was asked for: with a root that came so, revocation can be asked for, too."""
    files, left = NO_FILES, X509_FETCHES
    notes: tuple[str, ...] = ()
    for _ in range(2):
        roots = (*expected.roots, *known(chain))
        found = yield from gathered(chain, roots, files, now=now, most=left, use=Purpose.MARK)
        chain, files, notes, left = (*chain, *found.issuers), found.files, (*notes, *found.notes), left - found.requests
        if not found.issuers or known(chain) == known(chain[: -len(found.issuers)]):
            break
    path = judge_signer(chain, roots, now=now, purpose=Purpose.MARK, revocation=files)
    return replace(path, notes=notes)


def _status(path: SignerPath, mark: Mark, findings: Sequence[Finding]) -> tuple[Status, str]:
    wrong = [each for each in findings if each.rule in _REFUSING]
    if wrong:
        return Status.FAIL, "; ".join(each.message for each in wrong[:LISTED])
    if path.status is Status.NEUTRAL:
        return Status.NEUTRAL, UNKNOWN_ROOT
    notes = "".join(f"; {each}" for each in path.reasons)
    return Status.PASS, f"{mark.kind.value} for the domain and its logo{notes}"


_REFUSING = frozenset(
    rule.id for rule in (rules.CERT_PATH, rules.CERT_USAGE, rules.CERT_DOMAIN, rules.CERT_LOGO, rules.CERT_OTHER_LOGO)
)


def _path_findings(path: SignerPath) -> Iterator[Finding]:
    if path.status is Status.NEUTRAL:
        yield finding(rules.CERT_ROOT, "; ".join(path.reasons[:LISTED]))
        return
    if path.status is Status.PASS:
        return
    usage = [each for each in path.reasons if each.startswith("the certificate is not for marks")]
    others = [each for each in path.reasons if each not in usage]
    if usage:
        yield finding(rules.CERT_USAGE, "; ".join(usage))
    if others:
        yield finding(rules.CERT_PATH, "; ".join(others[:LISTED]))


def _mark_findings(mark: Mark, expected: Expected) -> Iterator[Finding]:
    if not mark.is_for(expected.names):
        yield finding(rules.CERT_DOMAIN, f"it is for {listed(mark.domains) or 'no domain'}, not for {expected.domain}")
    if mark.logo is None:
        yield finding(rules.CERT_LOGO, mark.logo_problem)
    elif expected.svg is not None and mark.logo.svg != expected.svg:
        sizes = f"{len(expected.svg)} octets are published, {len(mark.logo.svg)} are in the certificate"
        yield finding(rules.CERT_OTHER_LOGO, f"the logo is another one: {sizes}")
    if not mark.timestamps:
        yield finding(rules.CERT_NO_SCT, "it has no signed timestamps")
    if mark.kind is MarkKind.UNKNOWN:
        yield finding(rules.CERT_MARK_TYPE, f"mark type: {dict(mark.named).get('mark-type', 'none')}")
