"""The results of other hosts as a check: a field a branch, a result a leaf. They are shown, not judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailsec.core.limits.sender import FOREIGN_RESULTS, FOREIGN_SHOWN
from mailsec.core.limits.transport import LISTED
from mailsec.core.results import AuthResult, Check, Fact, Finding, finding
from mailsec.core.rules import Rule
from mailsec.core.text import clipped, from_bytes
from mailsec.message.checks import field_evidence
from mailsec.message.fields import Field, Message
from mailsec.sender.authres import rules
from mailsec.sender.authres.compare import Known, as_auth
from mailsec.sender.authres.foreign import Foreign, is_foreign
from mailsec.sender.authres.read import MethodResult

NAME = "foreign results"
_WIDTH = 100


def foreign_check(message: Message, found: Sequence[Foreign], own: Sequence[AuthResult] = ()) -> Check:
    """What other hosts said of `message`, held against each other and against `own`, what was judged here.

    The status is None: who believes a receiver says so with `foreign_results`, and what then counts is marked there.
    """
    total = sum(map(is_foreign, message.fields))
    reason = f"{total} field{'s' * (total != 1)} in which other hosts say what they judged" if total else "none"
    findings = (*_limit(total), *_against_own(message, found, own), *_among_each_other(message, found))
    return Check(NAME, None, reason, (), findings, (), tuple(_branch(message, each) for each in found))


def _branch(message: Message, each: Foreign) -> Check:
    facts = (
        Fact("authserv-id", each.authserv_id and _short(each.authserv_id)),
        Fact("standing", _standing(each).partition(":")[0]),
        Fact("claims-to-be-ours", each.ours),
        Fact("defects", ", ".join(each.defects) or None),
    )
    leaves = tuple(map(_leaf, each.results[:FOREIGN_SHOWN]))
    words = " ".join(f"{result.method}={result.result}" for result in each.results[:LISTED])
    says = f"{_short(each.authserv_id or 'a host without a name')} says {_short(words) or 'nothing'}"
    reason = f"{says}; {_standing(each)}"
    return Check(name_of(each.field), None, reason, facts, (), (field_evidence(message, each.field),), leaves)


def _standing(each: Foreign) -> str:
    if each.trusted:
        return "trusted: the receiver wrote it"
    if each.above:
        return "behind the border: no outsider wrote it"
    return "claimed: anybody can have written it" + (", and it claims to be ours" if each.ours else "")


def _leaf(result: MethodResult) -> Check:
    facts = tuple(Fact(name, value) for name, value in result.properties[:FOREIGN_SHOWN])
    other = as_auth(result)
    words = (result.result, other.domain if other is not None else "", result.reason)
    return Check(result.method, None, ", ".join(filter(None, words)), facts)


def name_of(field: Field) -> str:
    """The name of a field as it is written; it is one of three, in any case."""
    return from_bytes(field.name)


def _short(text: str) -> str:
    return clipped(text, _WIDTH)


def _limit(total: int) -> Iterator[Finding]:
    if total > FOREIGN_RESULTS:
        yield finding(rules.TOO_MANY, f"{total}, of which the upper {FOREIGN_RESULTS} were read")


def _against_own(message: Message, found: Sequence[Foreign], own: Sequence[AuthResult]) -> Iterator[Finding]:
    known = Known(own)
    for trusted, rule in ((True, rules.RECEIVER_CONTRADICTS), (False, rules.CONTRADICTS)):
        odd = [
            (each, f"{_who(each)}: {_said(result)}, here {other.status}")
            for each in found
            if each.trusted is trusted
            for result in each.results[:FOREIGN_SHOWN]
            if (other := known.opposite(result)) is not None
        ]
        yield from _one(message, rule, odd)


def _among_each_other(message: Message, found: Sequence[Foreign]) -> Iterator[Finding]:
    """Each field against the ones above it, which were written later."""
    odd = []
    above = Known()
    for each in found:
        for result in each.results[:FOREIGN_SHOWN]:
            if (other := above.opposite(result)) is not None:
                odd.append((each, f"{_who(each)}: {_said(result)}, further up {other.status}"))
        above.add(filter(None, map(as_auth, each.results[:FOREIGN_SHOWN])))
    yield from _one(message, rules.DISAGREE, odd)


def _one(message: Message, rule: Rule, odd: Sequence[tuple[Foreign, str]]) -> Iterator[Finding]:
    if odd:
        more = f"; and {len(odd) - LISTED} more" if len(odd) > LISTED else ""
        fields = dict.fromkeys(each.field for each, _ in odd)
        evidence = [field_evidence(message, field) for field in fields][:LISTED]
        yield finding(rule, "; ".join(text for _, text in odd[:LISTED]) + more, *evidence)


def _who(each: Foreign) -> str:
    return _short(each.authserv_id or "a host without a name")


def _said(result: MethodResult) -> str:
    other = as_auth(result)
    domain = f" of {other.domain}" if other is not None and other.domain else ""
    return f"{result.method}{domain} {_short(result.result)}"
