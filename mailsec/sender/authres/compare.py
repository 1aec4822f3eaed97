"""Which results are about the same thing, and which of them contradict each other."""

from __future__ import annotations

from collections.abc import Iterable

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.limits.transport import LISTED
from mailsec.core.results import AuthResult, Status
from mailsec.sender.authres.read import MethodResult

_WORDS = {status.value: status for status in Status if status is not Status.SKIPPED} | {"hardfail": Status.FAIL}
_REFUSED = (Status.FAIL, Status.SOFTFAIL)


def status_of(result: MethodResult) -> Status | None:
    """The word of RFC 8601 that a result says, None for any other."""
    return _WORDS.get(result.result)


def subject(method: str, properties: Iterable[tuple[str, str]]) -> tuple[str, str, str] | None:
    """What a result is about: the method, the kind of identifier and its domain; None where that cannot be told or compared."""
    given = dict(reversed(tuple(properties)))  # the first of several counts
    for kind in _KINDS.get(method, ()):
        if kind in given:
            domain = _domain(given[kind])
            return (method, _SAME.get(kind, kind), domain) if domain else None
    return None


_KINDS = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.helo"),
    "dmarc": ("header.from",),
}
_SAME = {"header.i": "header.d"}


def _domain(value: str) -> str:
    try:
        return to_ascii(value.strip().strip("<>").rpartition("@")[2])
    except DomainError:
        return ""


class Known:
    """Results by what they are about, so that comparing stays linear; at most `limits.LISTED` about the same."""

    def __init__(self, results: Iterable[AuthResult] = ()) -> None:
        self._by_subject: dict[tuple[str, str, str], list[AuthResult]] = {}
        self.add(results)

    def add(self, results: Iterable[AuthResult]) -> None:
        """Know these too."""
        for result in results:
            about = subject(result.method, result.properties)
            same = [] if about is None else self._by_subject.setdefault(about, [])
            if len(same) < LISTED:
                same.append(result)

    def same(self, result: MethodResult) -> list[AuthResult]:
        """Those about the same identifier as `result`, and the same signature as far as both tell."""
        about = subject(result.method, result.properties)
        return [] if about is None else [each for each in self._by_subject.get(about, ()) if _same_key(result, each)]

    def opposite(self, result: MethodResult) -> AuthResult | None:
        """The first about the same where all of them say the opposite: a pass against a fail. None without one."""
        status = status_of(result)
        if status is not Status.PASS and status not in _REFUSED:
            return None
        same = self.same(result)
        opposite = _REFUSED if status is Status.PASS else (Status.PASS,)
        return same[0] if same and all(each.status in opposite for each in same) else None


def _same_key(result: MethodResult, other: AuthResult) -> bool:
    """False for another selector, or another signature: header.b holds its first characters (RFC 8601 section 2.7.1)."""
    given = dict(other.properties)
    selector, signature = result.value("header.s"), result.value("header.b")
    if selector and given.get("header.s") and selector.lower() != given["header.s"].lower():
        return False
    start, length = given.get("header.b", ""), min(len(signature or ""), len(given.get("header.b", "")))
    return not signature or start[:length] == signature[:length]


def as_auth(result: MethodResult) -> AuthResult | None:
    """A result that another host wrote in the form that ours have, None where it says no word of RFC 8601."""
    status = status_of(result)
    about = subject(result.method, result.properties)
    domain = about[2] if about else ""
    return None if status is None else AuthResult(result.method, status, result.reason or "", domain, result.properties)
