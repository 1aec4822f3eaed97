"""Whether a handshake is what a policy asks for."""

from __future__ import annotations

from hashlib import sha256

import pytest

from mailsec.core.results import Status
from mailsec.transport.smtp.policy import Need, TlsPolicy, TlsVerdict, judge_tls, tls_check
from mailsec.transport.tlsa.record import TlsaRecord
from mailsec.transport.wire import PkixVerdict, TlsState
from tests.certificates import NOW, make, spki

HOST = "mx.example.net"
LEAF = make(HOST)
RIGHT = TlsaRecord(3, 1, 1, sha256(spki(LEAF)).digest())
WRONG = TlsaRecord(3, 1, 1, b"x" * 32)
GOOD = PkixVerdict(Status.PASS)
BAD = PkixVerdict(Status.FAIL, ("the certificate has expired", "the certificate is for another name"))


def state(pkix: PkixVerdict = GOOD, version: str = "TLSv1.3") -> TlsState:
    return TlsState(version, "TLS_AES_256_GCM_SHA384", 256, HOST, (LEAF,), pkix)


def policy(need: Need, *records: TlsaRecord, tested: bool = False) -> TlsPolicy:
    return TlsPolicy(need, HOST, (HOST,), records, "why", tested)


@pytest.mark.parametrize(
    ("wanted", "got", "status", "reason"),
    [
        (policy(Need.NONE), None, Status.PASS, "in the clear"),
        (policy(Need.OPPORTUNISTIC), None, Status.PASS, "in the clear"),
        (policy(Need.ENCRYPTED), None, Status.FAIL, "TLS is needed (why), and there is none"),
        (policy(Need.PKIX), None, Status.FAIL, "TLS is needed (why), and there is none"),
        (policy(Need.DANE, RIGHT), None, Status.FAIL, "TLS is needed (why), and there is none"),
        (TlsPolicy(Need.PKIX), None, Status.FAIL, "TLS is needed (pkix), and there is none"),
        (policy(Need.NONE), state(BAD), Status.PASS, "encrypted with TLSv1.3, the certificate does not matter"),
        (policy(Need.OPPORTUNISTIC), state(BAD), Status.PASS, "encrypted with TLSv1.3, the certificate does not matter"),
        (policy(Need.ENCRYPTED), state(BAD), Status.PASS, "encrypted with TLSv1.3, the certificate does not matter"),
        (policy(Need.PKIX), state(), Status.PASS, "the certificate is valid for the host"),
        (policy(Need.PKIX), state(BAD), Status.FAIL, "the certificate has expired; the certificate is for another name"),
        (policy(Need.PKIX), state(PkixVerdict(Status.FAIL)), Status.FAIL, "the certificate is not valid"),
        (policy(Need.PKIX), state(PkixVerdict(Status.NEUTRAL, ("no name",))), Status.TEMPERROR, "no name"),
        (policy(Need.PKIX), state(PkixVerdict(Status.SKIPPED)), Status.TEMPERROR, "the certificate was not judged"),
        (policy(Need.DANE, RIGHT), state(BAD), Status.PASS, "DANE: 3 1 1 means this certificate"),
        (policy(Need.DANE, WRONG), state(), Status.FAIL, "DANE: no record means this certificate"),
        (policy(Need.DANE), state(), Status.FAIL, "DANE: no usable record"),
    ],
)
def test_verdicts(wanted: TlsPolicy, got: TlsState | None, status: Status, reason: str) -> None:
    verdict = judge_tls(wanted, got, now=NOW)
    assert (verdict.status, verdict.reason) == (status, reason)
    assert verdict.complaint == ("" if status is Status.PASS else reason)


def rules(verdict: TlsVerdict) -> list[str]:
    return [found.rule for found in verdict.findings]


def test_what_is_worth_saying() -> None:
    assert rules(judge_tls(policy(Need.OPPORTUNISTIC), state(BAD), now=NOW)) == []
    assert rules(judge_tls(policy(Need.OPPORTUNISTIC), None, now=NOW)) == ["smtp-in-the-clear"]
    assert rules(judge_tls(policy(Need.NONE), None, now=NOW)) == []
    assert rules(judge_tls(policy(Need.OPPORTUNISTIC), state(version="TLSv1.1"), now=NOW)) == ["smtp-old-tls"]
    tested = policy(Need.OPPORTUNISTIC, tested=True)
    assert rules(judge_tls(tested, state(), now=NOW)) == []
    assert rules(judge_tls(tested, state(BAD), now=NOW)) == ["smtp-sts-testing-failed"]
    assert rules(judge_tls(tested, state(PkixVerdict(Status.SKIPPED)), now=NOW)) == ["smtp-sts-testing-failed"]
    assert rules(judge_tls(tested, None, now=NOW)) == ["smtp-in-the-clear", "smtp-sts-testing-failed"]


@pytest.mark.parametrize("need", list(Need))
def test_old_versions_are_offered_only_where_anything_is_better_than_nothing(need: Need) -> None:
    wish = policy(need).wish
    assert wish.name == HOST
    assert wish.versions == (("TLSv1", "") if need is Need.OPPORTUNISTIC else ("TLSv1.2", ""))
    assert need.mandatory is (need in (Need.ENCRYPTED, Need.PKIX, Need.DANE))
    assert need.authenticated is (need in (Need.PKIX, Need.DANE))


def test_the_part_of_a_report() -> None:
    wanted = policy(Need.PKIX)
    check = tls_check(wanted, state(BAD), judge_tls(wanted, state(BAD), now=NOW))
    assert (check.name, check.status) == ("tls", Status.FAIL)
    assert [(fact.name, fact.value) for fact in check.facts] == [
        ("policy", "pkix"),
        ("why", "why"),
        ("name", HOST),
        ("version", "TLSv1.3"),
        ("cipher", "TLS_AES_256_GCM_SHA384"),
        ("bits", 256),
        ("pkix", "fail"),
        ("pkix-reasons", "the certificate has expired; the certificate is for another name"),
    ]
    assert tls_check(wanted, None, judge_tls(wanted, None, now=NOW)).fact("version") is None
