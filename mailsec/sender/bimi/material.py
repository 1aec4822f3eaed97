"""The logo and the mark certificate behind a record: fetched, or files that are to be published, and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.core.flow import Fetched, FetchStatus, Flow, Purpose, fetch, pure, together
from mailsec.core.limits.sender import BIMI_EVIDENCE_BYTES, BIMI_REDIRECTS, BIMI_SVG_READ
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.core.rules import Rule
from mailsec.core.text import clipped
from mailsec.sender.bimi import rules
from mailsec.sender.bimi.svg import judge as judge_svg

_UNKNOWN = frozenset({FetchStatus.TIMEOUT, FetchStatus.UNRECORDED, FetchStatus.REFUSED})
_TEMPORARY = frozenset({408, 425, 429})
_QUOTED = 200


@dataclass(frozen=True, slots=True)
class File:
    """Octets, and where they came from: an address, or a file's name."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Trust:
    """What logos and certificates are judged with: the time (seconds since 1970 UTC), roots of mark authorities (DER) besides
    those known; `indicator` and `certificate` are judged in place of what a record names."""

    now: int
    roots: tuple[bytes, ...] = ()
    indicator: File | None = None
    certificate: File | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: its domain, the organizational domain ("" where it is not known), the selector."""

    domain: str
    organizational_domain: str
    selector: str


def judge_material(place: Place, location: str, evidence: str, trust: Trust) -> Flow[tuple[Check, ...]]:
    """The checks "indicator" and "certificate" of what stands at the addresses `location` and `evidence`, "" for none.

    pass, fail, and for the certificate neutral: see there. skipped: the user does not let it be fetched; temperror: it could
    not be had for now.
    """
    logo, mark = yield from together(
        _file("indicator", location, trust.indicator, BIMI_SVG_READ, rules.SVG_SIZE),
        _file("certificate", evidence, trust.certificate, BIMI_EVIDENCE_BYTES, rules.CERT_UNREADABLE),
    )
    checks: list[Check] = []
    svg: bytes | None = None
    if isinstance(logo, File):
        indicator = judge_svg(logo.data, logo.name)
        checks.append(indicator.check)
        svg = indicator.svg or None
    elif logo is not None:
        checks.append(logo)
    if isinstance(mark, File):
        checks.append((yield from _certificate(mark, place, svg, trust)))
    elif mark is not None:
        checks.append(mark)
    return tuple(checks)


def _certificate(file: File, place: Place, svg: bytes | None, trust: Trust) -> Flow[Check]:
    from mailsec.sender.bimi.certificate import Expected, judge  # noqa: PLC0415 (the cryptography, and few need it)

    expected = Expected(place.domain, place.organizational_domain, place.selector, svg, trust.roots)
    return (yield from judge(file.data, file.name, expected, now=trust.now))


def _file(name: str, url: str, given: File | None, max_bytes: int, too_large: Rule) -> Flow[File | Check | None]:
    """The file that was given, or what stands at `url`; the check that says why there is none; None without either."""
    if given is not None or not url:
        return (yield from pure(given))
    accept = "image/svg+xml" if name == "indicator" else "application/x-pem-file, application/pem-certificate-chain"
    fetched = yield from fetch(url, max_bytes, redirects=BIMI_REDIRECTS, accept=accept, purpose=Purpose.EVIDENCE)
    if fetched.status is FetchStatus.OK and fetched.code == 200:
        return File(url, fetched.body)
    return _missing(name, url, fetched, too_large)


def _missing(name: str, url: str, fetched: Fetched, too_large: Rule) -> Check:
    answered = fetched.status is FetchStatus.OK
    reason = f"the server answers {fetched.code}" if answered else clipped(fetched.reason or fetched.status.value, _QUOTED)
    facts = (Fact("from", url),)
    if fetched.status is FetchStatus.SKIPPED:
        return Check(name, Status.SKIPPED, reason, facts)
    if fetched.status in _UNKNOWN or (answered and (fetched.code in _TEMPORARY or fetched.code >= 500)):
        return Check(name, Status.TEMPERROR, reason, facts)
    rule = too_large if fetched.status is FetchStatus.TOO_LARGE else rules.NOT_FETCHED
    return Check(name, Status.FAIL, reason, facts, _found(rule, url, reason))


def _found(rule: Rule, url: str, reason: str) -> tuple[Finding, ...]:
    return (finding(rule, f"{clipped(url, _QUOTED)}: {reason}"),)


def worst(checks: Sequence[Check]) -> Check | None:
    """The check that decides over what was fetched: one that does not hold, else one that was not judged; None: all hold."""
    for status in (Status.FAIL, Status.TEMPERROR, Status.SKIPPED, Status.NEUTRAL):
        for check in checks:
            if check.status is status:
                return check
    return None
