"""dkimpy's opinion beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mailsec.api.session import Session
from mailsec.api.verify_message import VerifyOptions, verify_message
from mailsec.api.verify_second import Heard, second_opinion
from mailsec.core.flow import AnswerStatus, run
from mailsec.core.results import Check, Status
from mailsec.judges import dkimpy
from mailsec.judges.child import Bounds, Ran
from mailsec.message.fields import parse
from mailsec.sender.dkim.verify import verify
from tests.sender.dkim.support import MESSAGE, NOW, key, sign_with_dkimpy, signed, zone
from tests.support import TableSource


def opinion(data: bytes, table: Mapping[str, Any], *, now: int = NOW, bounds: Bounds | None = None) -> Check:
    heard = Heard()
    message = parse(data)
    result = run(heard.listen(verify(message, now=now)), TableSource(table))
    return second_opinion(message, result, heard.keys, now=now, bounds=bounds)


def said(check: Check) -> list[tuple[object, object]]:
    return [(each.fact("here"), each.fact("dkimpy")) for each in check.children]


@pytest.mark.parametrize("form", ["simple/simple", "relaxed/relaxed"])
def test_both_accept(form: str) -> None:
    keys = (key(), key("ed25519", selector="s2"))
    check = opinion(signed(MESSAGE, *keys, canonicalization=form), zone(*keys))
    assert said(check) == [("pass", "accepts"), ("pass", "accepts")]
    assert (check.status, check.reason) == (None, "dkimpy agrees about 2 of 2")
    assert not check.findings


def test_both_refuse() -> None:
    check = opinion(signed().replace(b"see you", b"pay me"), zone(key()))
    assert said(check) == [("fail", "refuses")]
    assert "body hash mismatch" in check.children[0].reason
    assert not check.findings


def test_the_time_is_the_one_that_is_judged_for() -> None:
    data = signed(MESSAGE, expire=60)
    assert said(opinion(data, zone(key()), now=NOW + 30)) == [("pass", "accepts")]
    assert said(opinion(data, zone(key()), now=NOW + 40_000)) == [("policy", "refuses")]  # it allows ten hours


def test_a_finding_only_where_it_refuses_what_is_accepted() -> None:
    # a folded name that begins with white space: here a body, for dkimpy a header that it cannot read
    odd = b"No field at all\r\n" + signed()
    check = opinion(odd, zone(key()))
    assert said(check) == [("pass", "refuses")]
    (found,) = check.findings
    assert found.rule == "judges-dkimpy-refuses"
    assert found.message.startswith("d=example.com s=s1: Unexpected characters")
    assert found.evidence
    # the other way round is only shown
    short = key(bits=1024)
    assert not opinion(signed(MESSAGE, short), zone(short)).findings


def test_several_keys_at_one_name() -> None:
    extra = {"s1._domainkey.example.com": ["v=DKIM1; p=AAAA", zone(key())[key().key_name]["TXT"][0]]}
    assert said(opinion(signed(), zone(extra=extra))) == [("pass", "accepts")]


def test_what_was_not_received_is_not_judged() -> None:
    table = {key().key_name: {"TXT": AnswerStatus.TIMEOUT}}
    check = opinion(signed(), table)
    assert check.status is Status.SKIPPED
    assert check.reason == "it lacks the key at s1._domainkey.example.com"
    assert said(opinion(signed(), {})) == [("permerror", "refuses")]
    assert opinion(MESSAGE, {}).reason == "there is no signature to judge"


def test_a_message_made_to_hurt_dkimpy_is_killed() -> None:
    data = signed(MESSAGE + b" " * 80_000 + b"x\r\n", canonicalization="relaxed/relaxed")
    check = opinion(data, zone(key()), bounds=Bounds(seconds=1.0))
    assert check.status is Status.SKIPPED
    assert check.reason == "dkimpy was stopped: it took longer than 1 seconds"
    assert said(check) == [("pass", "no judgement")]


def test_without_dkimpy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "child.py"
    script.write_text(f"import sys\nsys.exit({dkimpy.MISSING})\n")
    monkeypatch.setattr(dkimpy, "_SCRIPT", script)
    assert opinion(signed(), zone(key())).reason == "dkimpy is not installed: pip install 'mailsec[second-opinion]'"


@pytest.mark.parametrize(
    ("ran", "reason"),
    [
        (Ran(b"", b"Traceback\nKeyError: 'x'\n", 1), "dkimpy failed: KeyError: 'x'"),
        (Ran(b"", b"", 3), "dkimpy failed: exit code 3"),
        (Ran(b"", b"", None, "it died: SIGSEGV"), "dkimpy was stopped: it died: SIGSEGV"),
        (Ran(b'nonsense\n[]\n{"at": "x"}\n{"at": 1}\n', b"", 0), "dkimpy failed: exit code 0"),
        (Ran(b'{"at": 0, "accepts": "yes", "reason": ""}\n', b"", 0), "dkimpy failed: exit code 0"),
        (Ran(b"[" * 500_000, b"", 0), "dkimpy failed: exit code 0"),
        (Ran(b'{"at": 0, "accepts": null, "reason": "\\ud800"}\n', b"", 0), "\\ud800"),
    ],
)
def test_what_becomes_of_it_is_said(ran: Ran, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkimpy, "run_child", lambda *_: ran)
    check = opinion(signed(), zone(key()))
    assert (check.status, check.reason) == (Status.SKIPPED, reason)


def test_what_was_judged_before_a_kill_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"at": 0, "accepts": true, "reason": ""}\n'
    monkeypatch.setattr(dkimpy, "run_child", lambda *_: Ran(line + b'{"at": 1, "acc', b"", None, "it died: SIGKILL"))
    keys = (key(), key(selector="s2"))
    check = opinion(signed(MESSAGE, *keys), zone(*keys))
    assert said(check) == [("pass", "accepts"), ("pass", "no judgement")]
    assert check.reason == "dkimpy agrees about 1 of 2"


def test_in_the_report_of_verify() -> None:
    source = TableSource(zone(key()) | {"_dmarc.example.com": {"TXT": ["v=DMARC1; p=reject"]}})
    odd = b"No field at all\r\n" + signed()
    with Session(source=source) as session:
        report = verify_message(odd, "m", session, VerifyOptions(at=NOW, second_opinion=True, trace=True)).report
    check = report.check("second opinion")
    assert check is not None
    assert "judges-dkimpy-refuses" in {each.rule for each in report.all_findings()}
    assert report.verdict is not None
    assert report.verdict.decided_by == 11  # a finding of medium: it decides only where --fail-on says so
    assert report.check("trace") is not None


def test_signatures_beyond_the_limit_are_not_asked_for() -> None:
    many = signed(MESSAGE, *[key(selector=f"s{at}") for at in range(12)])
    check = opinion(many, {})
    assert len(check.children) == 10


def test_dkimpys_own_signatures() -> None:
    data = sign_with_dkimpy(MESSAGE, "relaxed/simple") + MESSAGE
    assert said(opinion(data, zone(key()), now=NOW + 10**9)) == [("pass", "accepts")]
