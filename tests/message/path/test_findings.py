"""What is odd about a path, each with a control that is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mailsec.core.limits.message import MAX_RECEIVED, PATH_VISITS
from mailsec.core.limits.transport import LISTED
from mailsec.core.results import Finding
from mailsec.core.rules import Severity
from mailsec.message.path.read import received_path
from mailsec.message.path.rules import RULES
from tests.message.received_fields import field, message


def found(parts: Sequence[str], host: str = "") -> dict[str, Finding]:
    findings = received_path(message(*parts), received_from=host).check.findings
    assert len({each.rule for each in findings}) == len(findings)
    return {each.rule: each for each in findings}


def hop(by: str, client: str = "", *, day: int = 2, hour: int = 10, note: str = "", kind: str = "ESMTP") -> str:
    origin = f"from {client or 'a.example'} ({client or 'a.example'} [192.0.2.1]) {note}"
    return field(f"{origin} by {by} (Postfix) with {kind} id 1; {day} Nov 2026 {hour}:00:00 +0000")


PRIVATE = field("from x (x [10.0.0.1]) by mx.b.example (Postfix) with ESMTP id 1; 2 Nov 2026 10:00:00 +0000")
PING, PONG = hop("a.example", "b.example"), hop("b.example", "a.example")

CASES = {
    "path-back-in-time": (
        [hop("c.example", "b.example", hour=8), hop("b.example", hour=10)],
        [hop("c.example", "b.example", hour=9), hop("b.example", hour=10)],
        "c.example received it 2 h before the hop below had it",
    ),
    "path-long-delay": (
        [hop("c.example", "b.example", day=8), hop("b.example", day=2)],
        [
            field("from b.example by localhost with IMAP (fetchmail-6); 8 Nov 2027 10:00:00 +0000"),
            hop("c.example", "b.example", day=7),
            hop("b.example"),
        ],
        "c.example received it 6 d after the hop below",
    ),
    "path-broken-chain": (
        [hop("c.example", "evil.test"), hop("mail.bank.example")],
        [
            hop("c.example", "out.bank.example"),
            hop("mail.bank.example", "mx.b.example"),
            PRIVATE,
            hop("localhost", "evil.test"),
        ],
        "c.example took it from evil.test",
    ),
    "path-loop": ([PING, PONG] * PATH_VISITS, [PING, PONG] * (PATH_VISITS - 1), "b.example 4 times, a.example 4 times"),
    "path-too-many-hops": (
        [hop("a.example")] * (MAX_RECEIVED + 5),
        [hop("a.example")] * MAX_RECEIVED,
        f"{MAX_RECEIVED + 5}, of which the upper {MAX_RECEIVED} were read",
    ),
    "path-unknown-format": (["Received: nonsense\r\n"], [hop("a.example")], "20 octets"),
    "path-weak-tls": (
        [hop("a.example", note="(using TLSv1 with cipher AES256-SHA (256/256 bits))", kind="ESMTPS")],
        [hop("a.example", note="(using TLSv1.2 with cipher AES256-SHA (256/256 bits))", kind="ESMTPS")],
        "a.example: TLS 1.0",
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_fires_and_stays_quiet(rule: str) -> None:
    odd, benign, words = CASES[rule]
    assert rule in found(odd)
    assert found(odd)[rule].message == words
    assert found(odd)[rule].evidence or rule == "path-too-many-hops"
    assert rule not in found(benign)


def test_a_private_border() -> None:
    assert found([PRIVATE], "mx.b.example")["path-private-border"].message == "mx.b.example took it from 10.0.0.1"
    assert found([PRIVATE, hop("x.example")], "mx.b.example")["path-private-border"].severity is Severity.MEDIUM
    assert "path-private-border" not in found([PRIVATE])
    assert "path-private-border" not in found([hop("mx.b.example")], "mx.b.example")


def test_every_rule_is_tested() -> None:
    assert {*CASES, "path-private-border"} == {rule.id for rule in RULES}


def test_long_lists_are_cut() -> None:
    many = found(["Received: nonsense\r\n"] * (LISTED + 3))["path-unknown-format"]
    assert many.message.endswith("; and 3 more")
    assert len(many.evidence) == LISTED


def test_the_same_host_in_a_row_is_no_loop() -> None:
    assert "path-loop" not in found([hop("a.example")] * 20)
    assert "path-loop" not in found([hop("localhost"), hop("a.example")] * 20)


def test_a_hop_whose_client_has_no_name_breaks_nothing() -> None:
    nameless = field("from x ([192.0.2.7]) by c.example (Postfix) with SMTP id 1; 2 Nov 2026 10:00:00 +0000")
    assert "path-broken-chain" not in found([nameless, hop("mail.bank.example")])
    own = hop("mx.c.example", "out.c.example")
    assert "path-broken-chain" not in found([own, hop("mail.bank.example")])
    assert "path-broken-chain" not in found([hop("c.example", "evil.test"), field("from x by localhost with LMTP id 1; x")])
