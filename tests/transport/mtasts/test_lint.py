from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailsec.core.flow import AnswerStatus, Dnssec, Fetch, Fetched, FetchStatus
from mailsec.core.results import Check, Status
from mailsec.transport.mtasts import rules
from mailsec.transport.mtasts.lint import lint
from mailsec.transport.mtasts.policy import parse
from mailsec.transport.mtasts.record import parse as parse_record
from tests.published import Published, fired, fix, judge, message, severity

URL = "https://mta-sts.example.com/.well-known/mta-sts.txt"
POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmx: *.example.net\r\nmax_age: 2592000\r\n"
RECORD = {"_mta-sts.example.com TXT": ["v=STSv1; id=20240101T000000;"]}
MX = ["mx.example.com", "a.example.net"]


def served(body: bytes = POLICY, **changes: Any) -> Fetched:
    reply = Fetched(Fetch(URL, 65_536), FetchStatus.OK, 200, "text/plain; charset=utf-8", body)
    return replace(reply, **changes)


def world(reply: Fetched | None = None, table: Any = None, **more: Any) -> Published:
    return Published(RECORD if table is None else table, web={URL: reply or served()}, **more)


def lint_of(source: Published, mx: list[str] | None = None) -> Check:
    return judge(lint("example.com", MX if mx is None else mx), source)


def test_record_and_policy_are_fine() -> None:
    source = world()
    check = lint_of(source)
    assert check.status is Status.PASS
    assert not fired(check)
    assert check.fact("id") == "20240101T000000"
    assert check.children[0].fact("mode") == "enforce"
    fetch = source.asked[-1]
    assert isinstance(fetch, Fetch)
    assert (fetch.url, fetch.max_bytes, fetch.redirects) == (URL, 65_536, 0)


def test_an_alias_is_allowed() -> None:
    source = Published(
        {"sts.example.net TXT": ["v=STSv1; id=1"]}, aliases={"_mta-sts.example.com": "sts.example.net"}, web={URL: served()}
    )
    check = lint_of(source)
    assert (check.status, check.fact("alias")) == (Status.PASS, True)


def test_other_texts_do_not_count() -> None:
    assert lint_of(world(table={"_mta-sts.example.com TXT": ["v=spf1 -all", "v=STSv1; id=1", "\0\xff"]})).status is Status.PASS


def test_nothing_published() -> None:
    source = Published({})
    check = lint_of(source)
    assert check.status is Status.NONE
    assert fired(check) == {rules.NO_RECORD.id}
    assert not any(isinstance(asked, Fetch) for asked in source.asked)
    assert not fired(lint_of(Published({}), []))


def test_a_policy_without_record() -> None:
    source = world(table={"mta-sts.example.com A": ["8.8.8.8"]})
    check = lint_of(source)
    assert check.status is Status.NONE
    assert fired(check) == {rules.POLICY_ONLY.id}
    text = fix(check, rules.POLICY_ONLY)
    assert text.startswith('_mta-sts.example.com. IN TXT "v=STSv1; id=')
    record = parse_record(text.partition('"')[2].rstrip('"'))
    assert record is not None
    assert record.valid


@pytest.mark.parametrize("reply", [served(code=404), served(b"<html>"), served(status=FetchStatus.TIMEOUT)])
def test_a_host_without_policy(reply: Fetched) -> None:
    check = lint_of(world(reply, {"mta-sts.example.com AAAA": ["2a00:1450::1"]}))
    assert fired(check) == {rules.NO_RECORD.id}


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_no_absence(status: AnswerStatus) -> None:
    check = lint_of(world(table={"_mta-sts.example.com TXT": status}))
    assert check.status is Status.TEMPERROR
    assert fired(check) == {rules.LOOKUP_FAILED.id}


def test_a_bogus_record() -> None:
    assert lint_of(world(dnssec=Dnssec.BOGUS)).status is Status.TEMPERROR


def test_several_records() -> None:
    check = lint_of(world(table={"_mta-sts.example.com TXT": ["v=STSv1; id=1", "v=STSv1; id=2"]}))
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.SEVERAL_RECORDS.id}


@pytest.mark.parametrize("text", ["v=STSv1; id=2024-01-01", "v=STSv1", "v=STSv1; " + "x" * 64_000, "v=STSv1;\0"])
def test_an_invalid_record(text: str) -> None:
    check = lint_of(world(table={"_mta-sts.example.com TXT": [text]}))
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.INVALID_RECORD.id}
    repaired = parse_record(fix(check, rules.INVALID_RECORD).partition('"')[2].rstrip('"'))
    assert repaired is not None
    assert repaired.valid


def test_an_untidy_record() -> None:
    check = lint_of(world(table={"_mta-sts.example.com TXT": ["v=STSv1; id=1; id=2"]}))
    assert check.status is Status.PASS
    assert fired(check) == {rules.UNTIDY.id}


def test_an_untidy_policy() -> None:
    check = lint_of(world(served(POLICY + b"\r\n")))
    assert check.status is Status.PASS
    assert fired(check) == {rules.UNTIDY.id}


@pytest.mark.parametrize("status", [FetchStatus.TIMEOUT, FetchStatus.UNRECORDED, FetchStatus.REFUSED])
def test_a_policy_of_which_nothing_is_known(status: FetchStatus) -> None:
    check = lint_of(world(served(status=status, reason="no public address")))
    assert check.status is Status.TEMPERROR
    assert fired(check) == {rules.LOOKUP_FAILED.id}


def test_a_certificate_that_does_not_hold() -> None:
    check = lint_of(world(served(status=FetchStatus.FAILED, reason="certificate has expired")))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.UNREACHABLE.id}
    assert "certificate has expired" in message(check, rules.UNREACHABLE)


def test_a_policy_of_a_gigabyte() -> None:
    check = lint_of(world(served(b"", status=FetchStatus.TOO_LARGE)))
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.TOO_LARGE.id}


@pytest.mark.parametrize(
    ("code", "status"),
    [(301, Status.FAIL), (404, Status.FAIL), (204, Status.FAIL), (503, Status.TEMPERROR), (429, Status.TEMPERROR)],
)
def test_http_status(code: int, status: Status) -> None:
    check = lint_of(world(served(code=code, reason="location: https://elsewhere" if code == 301 else "")))
    assert check.status is status
    assert fired(check) == {rules.HTTP_STATUS.id}
    assert str(code) in message(check, rules.HTTP_STATUS)


@pytest.mark.parametrize(
    ("kind", "fine"),
    [("text/plain", True), ("Text/Plain;charset=x", True), ("text/html", False), ("", False), ("text/plainer", False)],
)
def test_content_type(kind: str, fine: bool) -> None:
    check = lint_of(world(served(content_type=kind)))
    assert fired(check) == (set() if fine else {rules.CONTENT_TYPE.id})


def test_an_invalid_policy() -> None:
    check = lint_of(world(served(POLICY.replace(b"enforce", b"strict"))))
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.INVALID_POLICY.id}
    repaired = parse(fix(check, rules.INVALID_POLICY).encode())
    assert repaired.valid
    assert not repaired.uncovered(MX)
    found = next(check.all_findings())
    place = found.evidence[0]
    assert place.text[place.start : place.end] == "strict"
    assert not fix(lint_of(world(served(b"")), []), rules.INVALID_POLICY)


@pytest.mark.parametrize(
    ("mode", "expected", "status"), [("enforce", "high", Status.FAIL), ("testing", "medium", Status.POLICY)]
)
def test_a_host_that_is_not_allowed(mode: str, expected: str, status: Status) -> None:
    check = lint_of(world(served(POLICY.replace(b"enforce", mode.encode()))), [*MX, "a.b.example.net"])
    assert check.status is status
    assert rules.UNCOVERED.id in fired(check)
    assert severity(check, rules.UNCOVERED) == expected
    assert not parse(fix(check, rules.UNCOVERED).encode()).uncovered([*MX, "a.b.example.net"])


def test_an_unused_pattern() -> None:
    check = lint_of(world(), ["mx.example.com"])
    assert check.status is Status.PASS
    assert fired(check) == {rules.UNUSED.id}
    assert not fired(lint_of(world(), []))


def test_mode_testing() -> None:
    check = lint_of(world(served(POLICY.replace(b"enforce", b"testing"))))
    assert check.status is Status.PASS
    assert fired(check) == {rules.TESTING.id}


def test_mode_none() -> None:
    check = lint_of(world(served(b"version: STSv1\nmode: none\nmax_age: 86400\n")))
    assert check.status is Status.NEUTRAL
    assert fired(check) == {rules.MODE_NONE.id}


def test_a_short_max_age() -> None:
    check = lint_of(world(served(POLICY.replace(b"2592000", b"86400"))))
    assert check.status is Status.PASS
    assert fired(check) == {rules.SHORT_AGE.id}


def test_without_fetching() -> None:
    source = world()
    check = judge(lint("example.com", MX, fetch_policy=False), source)
    assert check.status is Status.NEUTRAL
    assert not any(isinstance(asked, Fetch) for asked in source.asked)
    empty = Published({})
    assert judge(lint("example.com", MX, fetch_policy=False), empty).status is Status.NONE
    assert len(empty.asked) == 1


def test_1000_records() -> None:
    check = lint_of(world(table={"_mta-sts.example.com TXT": [f"v=STSv1; id={n}" for n in range(1000)]}))
    assert check.status is Status.PERMERROR
    assert len(check.evidence) == 10
