"""What the receiver reported when the message came in, in place of what can no longer be judged (`--trust-authres`).

Only results that the trusted receiver wrote, above the border, stand in, and only for what nobody can judge now: a signature
whose key is gone or cannot be looked up, SPF without the envelope. What was judged here stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mailsec.core.results import AuthResult, Check, Fact, Status, finding
from mailsec.message.fields import Message
from mailsec.sender.authres import rules
from mailsec.sender.authres.compare import Known, as_auth
from mailsec.sender.authres.foreign import foreign_results
from mailsec.sender.authres.read import MethodResult
from mailsec.sender.authres.report import foreign_check
from mailsec.sender.dkim.keyless import unsigned_tail
from mailsec.sender.dkim.verify import SignatureResult

_JUDGED = (Status.PASS, Status.FAIL, Status.SOFTFAIL, Status.POLICY)


@dataclass(frozen=True, slots=True)
class StandIn:
    """A reported result: who said it (an authserv-id), and how many octets of the body a signature leaves unsigned."""

    by: str
    result: AuthResult
    unsigned_body: int = 0


class Others:
    """What other hosts said of one message.

    `border` is the offset of the Received field with which it came in, None where that is not known; `trusted` the authserv-id
    of the receiver, "" for nobody; `ours` those that we write.
    """

    def __init__(self, message: Message, border: int | None, trusted: str, ours: Sequence[str]) -> None:
        self._message = message
        self._found = foreign_results(message, border=border, trusted=trusted, ours=ours)
        self._trusted = trusted
        self._border = border

    def stand_ins(self, own: Sequence[AuthResult], signatures: Sequence[SignatureResult], *, now: int) -> Mapping[int, StandIn]:
        """The results that stand in, by their index in `own`: SPF for MAIL FROM first, then one for each of `signatures`."""
        said = [(each.authserv_id or "", result) for each in self._found if each.trusted for result in each.results]
        made = {0: _spf(own[0], said)}
        for index, signature in enumerate(signatures, 1):
            if signature.key_gone or signature.status is Status.TEMPERROR:
                several = sum(each.domain == signature.domain for each in signatures) > 1
                about = [each for each in said if _identifies(each[1], several)]
                made[index] = _dkim(self._message, signature, about, now)
        return {index: stand_in for index, stand_in in made.items() if stand_in is not None}

    def check(self, own: Sequence[AuthResult], reported: Mapping[int, StandIn]) -> Check:
        """All of it as a node of the report; what stands in is marked as *reported*."""
        check = foreign_check(self._message, self._found, own)
        if not self._trusted:
            return check
        marks = tuple(
            Fact("reported", f"{each.result.method}={each.result.status} {each.result.domain}") for each in reported.values()
        )
        findings = (finding(rules.REPORTED, "; ".join(map(_words, reported.values()))),) if reported else ()
        reason = f"{check.reason}; {self._standing()}"
        return replace(check, reason=reason, facts=marks, findings=(*check.findings, *findings))

    def _standing(self) -> str:
        if self._border is None:
            return f"none can be believed, as the border of {self._trusted} is not known"
        count = sum(each.trusted for each in self._found)
        return f"{count} of them by {self._trusted}, above the border"


def _words(stand_in: StandIn) -> str:
    result = stand_in.result
    return f"{result.method} of {result.domain}: {result.status}, {result.reason}"


def _spf(own: AuthResult, said: Sequence[tuple[str, MethodResult]]) -> StandIn | None:
    if own.status not in (Status.SKIPPED, Status.TEMPERROR):
        return None
    about = [(by, auth) for by, auth in _auths(said, "spf") if auth.domain and "smtp.mailfrom" in dict(auth.properties)]
    if any(auth.domain != (own.domain or about[0][1].domain) for _, auth in about):
        return None
    return _agreed(about, own.reason)


def _dkim(message: Message, signature: SignatureResult, said: Sequence[tuple[str, MethodResult]], now: int) -> StandIn | None:
    known = Known((signature.auth,))
    stand_in = _agreed(list(_auths([each for each in said if known.same(each[1])], "dkim")), signature.reason)
    if stand_in is None or stand_in.result.status is not Status.PASS:
        return stand_in
    # without the key the header stays unproven, but a body that is not the signed one is judged here
    tail = unsigned_tail(message, signature.field, now=now)
    return None if tail is None else StandIn(stand_in.by, stand_in.result, tail)


def _auths(said: Sequence[tuple[str, MethodResult]], method: str) -> Iterator[tuple[str, AuthResult]]:
    for by, result in said:
        auth = as_auth(result) if result.method == method else None
        if auth is not None and auth.status in _JUDGED:
            yield by, auth


def _identifies(result: MethodResult, several: bool) -> bool:
    """True where a result says of which signature it is: among several of one domain the domain is not enough."""
    return not several or bool(result.value("header.b") or result.value("header.s"))


def _agreed(about: Sequence[tuple[str, AuthResult]], why: str) -> StandIn | None:
    """The one answer of all results about the same; None where there is none, or they are not of one mind."""
    if len({auth.status for _, auth in about}) != 1:
        return None
    by, auth = about[0]
    reason = f"reported by {by} ({why})"
    return StandIn(by, AuthResult(auth.method, auth.status, reason, auth.domain, auth.properties))
