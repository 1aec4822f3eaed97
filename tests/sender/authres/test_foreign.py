"""The results of other hosts: which could be trusted, which claim to be ours, which contradict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import FOREIGN_RESULTS, FOREIGN_SHOWN
from mailsec.core.limits.transport import LISTED
from mailsec.core.results import AuthResult, Check, Status
from mailsec.message.fields import Message, parse
from mailsec.sender.authres.compare import Known, as_auth, status_of, subject
from mailsec.sender.authres.foreign import Foreign, foreign_results
from mailsec.sender.authres.read import AuthresDefect, MethodResult, read
from mailsec.sender.authres.report import foreign_check
from mailsec.sender.authres.rules import RULES

OURS = "mx.receiver.example"
GOOD = (
    b"Authentication-Results: MX.receiver.example; spf=pass smtp.mailfrom=a@bank.example;"
    b" dmarc=pass header.from=bank.example\r\n"
)
SPF = b"Received-SPF: fail (no) receiver=mx.receiver.example; envelope-from=a@bank.example\r\n"
ARC = b"ARC-Authentication-Results: i=1; mx.receiver.example; dkim=pass header.d=bank.example\r\n"
NAMELESS = b"Authentication-Results: spf=pass smtp.mailfrom=bank.example; dkim=pass header.d=bank.example\r\n"
BORDER = b"Received: from x by mx.receiver.example; now\r\n"
REST = b"From: a@bank.example\r\n\r\n"


def message(*parts: bytes) -> Message:
    return parse(b"".join((*parts, REST)))


def found(*parts: bytes, trusted: str = OURS, ours: tuple[str, ...] = (OURS,)) -> tuple[Foreign, ...]:
    made = message(*parts)
    border = made.first("Received")
    return foreign_results(made, border=border.start if border else None, trusted=trusted, ours=ours)


@pytest.mark.parametrize(
    ("parts", "trusted", "expected"),
    [
        ((GOOD, SPF, BORDER), OURS, [True, True]),
        ((GOOD, SPF, BORDER), "MX.Receiver.Example.", [True, True]),
        # below the border anybody can have written it
        ((BORDER, GOOD, SPF), OURS, [False, False]),
        ((GOOD, BORDER, GOOD), OURS, [True, False]),
        # without a border nothing is above it
        ((GOOD, SPF), OURS, [False, False]),
        ((GOOD, BORDER), "", [False]),
        ((GOOD, BORDER), "receiver.example", [False]),
        ((GOOD, BORDER), "x.mx.receiver.example", [False]),
        ((NAMELESS, BORDER), OURS, [False]),
        ((NAMELESS, BORDER), "", [False]),
        # an ARC set is judged by its seal, not by its place
        ((ARC, BORDER), OURS, [False]),
        ((b"Authentication-Results: mx.receiver.example (really) 1; none\r\n", BORDER), OURS, [True]),
        ((b"Authentication-Results: evil.example (mx.receiver.example); spf=pass\r\n", BORDER), OURS, [False]),
        ((b'Authentication-Results: "mx.receiver.example"; spf=pass\r\n', BORDER), OURS, [True]),
    ],
)
def test_which_count(parts: tuple[bytes, ...], trusted: str, expected: list[bool]) -> None:
    assert [each.trusted for each in found(*parts, trusted=trusted)] == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (GOOD, True),
        (SPF, True),
        (ARC, False),
        (b"Authentication-Results: other.example; none\r\n", False),
        (b"Authentication-Results: mx . receiver . example; none\r\n", True),
        (b"Received-SPF: pass receiver=other.example\r\n", False),
        (b"Received-SPF: pass\r\n", False),
    ],
)
def test_which_claim_to_be_ours(part: bytes, expected: bool) -> None:
    (each,) = found(BORDER, part)
    assert each.ours is expected
    assert not found(BORDER, part, ours=())[0].ours


def test_what_they_say() -> None:
    nameless, arc, spf = found(NAMELESS, ARC, SPF)
    assert nameless.authserv_id is None
    assert AuthresDefect.NO_ID in nameless.defects
    assert [each.method for each in nameless.results] == ["spf", "dkim"]
    assert (arc.authserv_id, arc.results[0].method) == (OURS, "dkim")
    assert (spf.authserv_id, spf.results[0].result) == (OURS, "fail")
    (without,) = found(b"ARC-Authentication-Results: mx.receiver.example; spf=pass\r\n")
    assert without.authserv_id == OURS


def test_only_the_topmost_are_read() -> None:
    assert len(found(GOOD * (FOREIGN_RESULTS + 5))) == FOREIGN_RESULTS


# --- what is about the same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dkim=pass header.d=Bank.Example", ("dkim", "header.d", "bank.example")),
        ("dkim=pass header.i=@bank.example", ("dkim", "header.d", "bank.example")),
        ("dkim=pass header.d=a.example header.d=b.example", ("dkim", "header.d", "a.example")),
        ("spf=pass smtp.mailfrom=<a@bank.example>", ("spf", "smtp.mailfrom", "bank.example")),
        ("spf=pass smtp.helo=h.example", ("spf", "smtp.helo", "h.example")),
        ("dmarc=pass header.from=bank.example", ("dmarc", "header.from", "bank.example")),
        ("dkim=pass", None),
        ("dkim=pass header.d=not_a..name", None),
        ("iprev=pass policy.iprev=192.0.2.1", None),
    ],
)
def test_subjects(text: str, expected: tuple[str, str, str] | None) -> None:
    (result,) = read(f"x; {text}".encode()).results
    assert subject(result.method, result.properties) == expected


def own(status: Status, *properties: tuple[str, str], method: str = "dkim") -> AuthResult:
    return AuthResult(method, status, "", "bank.example", (("header.d", "bank.example"), *properties))


@pytest.mark.parametrize(
    ("text", "others", "expected"),
    [
        ("dkim=pass header.d=bank.example", (own(Status.FAIL),), True),
        ("dkim=fail header.d=bank.example", (own(Status.PASS),), True),
        ("dkim=pass header.d=bank.example", (own(Status.PASS),), False),
        ("dkim=pass header.d=bank.example", (own(Status.FAIL), own(Status.PASS)), False),
        ("dkim=pass header.d=bank.example", (own(Status.PERMERROR),), False),
        ("dkim=temperror header.d=bank.example", (own(Status.FAIL),), False),
        ("dkim=nonsense header.d=bank.example", (own(Status.FAIL),), False),
        ("dkim=pass header.d=other.example", (own(Status.FAIL),), False),
        ("dkim=pass header.d=bank.example header.s=a", (own(Status.FAIL, ("header.s", "b")),), False),
        ("dkim=pass header.d=bank.example header.s=A", (own(Status.FAIL, ("header.s", "a")),), True),
        ("dkim=pass header.d=bank.example header.b=abcd", (own(Status.FAIL, ("header.b", "abcdefgh")),), True),
        ("dkim=pass header.d=bank.example header.b=abcdefghij", (own(Status.FAIL, ("header.b", "abcdefgh")),), True),
        ("dkim=pass header.d=bank.example header.b=xbcd", (own(Status.FAIL, ("header.b", "abcdefgh")),), False),
        ("dkim=pass", (own(Status.FAIL),), False),
    ],
)
def test_opposites(text: str, others: tuple[AuthResult, ...], expected: bool) -> None:
    (result,) = read(f"x; {text}".encode()).results
    assert (Known(others).opposite(result) is not None) is expected


def test_the_words_of_others() -> None:
    assert status_of(MethodResult("spf", "hardfail")) is Status.FAIL
    assert status_of(MethodResult("spf", "skipped")) is None
    assert as_auth(MethodResult("spf", "bestguesspass")) is None
    assert as_auth(MethodResult("spf", "pass", "why", (("smtp.mailfrom", "a@b.example"),))) == AuthResult(
        "spf", Status.PASS, "why", "b.example", (("smtp.mailfrom", "a@b.example"),)
    )


# --- the check


def check(*parts: bytes, results: tuple[AuthResult, ...] = ()) -> Check:
    return foreign_check(message(*parts), found(*parts), results)


FAILED = (AuthResult("dmarc", Status.FAIL, "", "bank.example", (("header.from", "bank.example"),)),)
CASES = {
    "authres-contradicts": ((BORDER, GOOD), FAILED, "MX.receiver.example: dmarc of bank.example pass, here fail"),
    "authres-receiver-contradicts": ((GOOD, BORDER), FAILED, "MX.receiver.example: dmarc of bank.example pass, here fail"),
    "authres-disagree": ((NAMELESS, SPF), (), "mx.receiver.example: spf of bank.example fail, further up pass"),
    "authres-too-many": ((GOOD * (FOREIGN_RESULTS + 1),), (), f"51, of which the upper {FOREIGN_RESULTS} were read"),
}


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_fires_and_stays_quiet(rule: str) -> None:
    parts, results, words = CASES[rule]
    fired = {each.rule: each for each in check(*parts, results=results).findings}
    assert fired[rule].message == words
    assert fired[rule].evidence or rule == "authres-too-many"
    assert not check(GOOD, ARC, BORDER, NAMELESS, results=(own(Status.PASS),)).findings


def test_every_rule_is_tested() -> None:  # the last one in tests/api/test_verify_reported.py
    assert {*CASES, "authres-reported"} == {rule.id for rule in RULES}


def test_long_lists_are_cut() -> None:
    (fired,) = check(GOOD * (LISTED + 2), results=FAILED).findings
    assert fired.message.endswith("; and 2 more")
    assert len(fired.evidence) == LISTED


def test_the_tree() -> None:
    made = check(GOOD, b"Authentication-Results: other.example; none\r\n", BORDER, NAMELESS, GOOD)
    assert made.status is None
    assert made.reason == "4 fields in which other hosts say what they judged"
    assert [
        (each.reason.partition("; ")[2], each.fact("standing"), each.fact("claims-to-be-ours")) for each in made.children
    ] == [
        ("trusted: the receiver wrote it", "trusted", True),
        ("behind the border: no outsider wrote it", "behind the border", False),
        ("claimed: anybody can have written it", "claimed", False),
        ("claimed: anybody can have written it, and it claims to be ours", "claimed", True),
    ]
    assert [(leaf.name, leaf.reason) for leaf in made.children[0].children] == [
        ("spf", "pass, bank.example"),
        ("dmarc", "pass, bank.example"),
    ]
    assert made.children[1].reason.startswith("other.example says nothing")
    assert made.children[2].reason.startswith("a host without a name says spf=pass dkim=pass")
    assert check(BORDER).reason == "none"


def test_hostile_fields_stay_bounded() -> None:
    many = b"Authentication-Results: x; " + b"spf=pass smtp.mailfrom=bank.example;" * 1_500 + b"\r\n"
    fails = b"Authentication-Results: y; " + b"spf=fail smtp.mailfrom=bank.example;" * 1_500 + b"\r\n"
    made = check((many + fails) * 50)
    assert len(made.children) == FOREIGN_RESULTS
    assert max(len(each.children) for each in made.children) == FOREIGN_SHOWN


_VALUE = st.text(alphabet='dkimspf=pass; header.d@ex"()\\i1,\0é', max_size=80).map(str.encode)


@given(
    st.lists(st.tuples(st.sampled_from([b"Authentication-Results", b"ARC-Authentication-Results", b"Received-SPF"]), _VALUE))
)
def test_it_never_raises(fields: list[tuple[bytes, bytes]]) -> None:
    parts = [name + b": " + value + b"\r\n" for name, value in fields]
    check(*parts)
    assert not any(each.trusted for each in found(*parts))
