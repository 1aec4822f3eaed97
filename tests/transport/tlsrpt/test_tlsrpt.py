from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput
from mailsec.core.flow import AnswerStatus
from mailsec.core.results import Check, Status
from mailsec.transport.tlsrpt import rules
from mailsec.transport.tlsrpt.lint import lint
from mailsec.transport.tlsrpt.publish import record_for, zone_line
from mailsec.transport.tlsrpt.record import TlsRptRecord, parse, to_text
from tests.published import fired, fix, judge

NAME = "_smtp._tls.example.com TXT"


def lint_of(*texts: str) -> Check:
    return judge(lint("example.com"), {NAME: list(texts)})


@pytest.mark.parametrize("text", ["", "v=TLSRPTv2; rua=mailto:a@b.c", "v=tlsrptv1;", "v=TLSRPTv11;", "v=spf1"])
def test_no_record(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "rua"),
    [
        ("v=TLSRPTv1;rua=mailto:reports@example.com", ("mailto:reports@example.com",)),
        ("v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt;", ("https://reporting.example.com/v1/tlsrpt",)),
        ("v=TLSRPTv1; rua=mailto:a@b.c , https://d.e/f%2C?g=h", ("mailto:a@b.c", "https://d.e/f%2C?g=h")),
        ("v=TLSRPTv1; x=1; rua=MAILTO:a@b.c?subject=x", ("MAILTO:a@b.c?subject=x",)),
    ],
)
def test_valid(text: str, rua: tuple[str, ...]) -> None:
    record = parse(text)
    assert record is not None
    assert (record.valid, record.rua) == (True, rua)
    check = lint_of(text)
    assert check.status is Status.PASS
    assert not fired(check)


@pytest.mark.parametrize(
    "text",
    [
        "v=TLSRPTv1",
        "v=TLSRPTv1; rua=",
        "v=TLSRPTv1; rua=reports@example.com",
        "v=TLSRPTv1; rua=mailto:",
        "v=TLSRPTv1; rua=mailto:nobody",
        "v=TLSRPTv1; rua=https://",
        "v=TLSRPTv1; rua=mailto:a@b.c!10m",
        "v=TLSRPTv1; rua=mailto:a@b.c,",
        "v=TLSRPTv1; rua=mailto:a@b.c mailto:d@e.f",
        "v=TLSRPTv1; rua=mailto:a@b.c; x=",
        "v=TLSRPTv1; rua=mailto:\0@b.c",
        "v=TLSRPTv1; ruf=mailto:a@b.c",
    ],
)
def test_invalid(text: str) -> None:
    check = lint_of(text)
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.INVALID.id}
    repaired = parse(fix(check, rules.INVALID).partition('"')[2].rstrip('"'))
    assert repaired is not None
    assert repaired.valid


def test_absent() -> None:
    check = judge(lint("example.com"), {})
    assert check.status is Status.NONE
    assert fired(check) == {rules.NO_RECORD.id}
    assert fix(check, rules.NO_RECORD) == '_smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:tls-reports@example.com"'


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_no_absence(status: AnswerStatus) -> None:
    assert judge(lint("example.com"), {NAME: status}).status is Status.TEMPERROR


def test_several_records() -> None:
    check = lint_of(*(f"v=TLSRPTv1; rua=mailto:a{n}@b.c" for n in range(1000)))
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.SEVERAL_RECORDS.id}


def test_other_schemes() -> None:
    check = lint_of("v=TLSRPTv1; rua=http://a.b/c,mailto:a@b.c")
    assert check.status is Status.PASS
    assert fired(check) == {rules.UNKNOWN_SCHEME.id}
    assert fix(check, rules.UNKNOWN_SCHEME).endswith('"v=TLSRPTv1; rua=mailto:a@b.c"')
    assert lint_of("v=TLSRPTv1; rua=http://a.b/c").status is Status.PERMERROR


def test_a_repeated_field() -> None:
    check = lint_of("v=TLSRPTv1; rua=mailto:a@b.c; rua=mailto:d@e.f")
    assert check.status is Status.PASS
    assert fired(check) == {rules.REPEATED.id}


def test_64_kilobytes() -> None:
    check = lint_of("v=TLSRPTv1; rua=" + ",".join(["mailto:a@b.c"] * 5_000))
    assert check.status is Status.PERMERROR
    assert len(check.findings) == 1
    assert lint_of("v=TLSRPTv1; rua=" + "x:" * 30_000 + "!").status is Status.PERMERROR


def test_publishing() -> None:
    assert zone_line("example.com", ["mailto:a@b.c", "https://d.e/f"]) == (
        '_smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:a@b.c,https://d.e/f"'
    )
    for wrong in ([], ["http://a.b"], ["nobody"]):
        with pytest.raises(BadInput):
            record_for(wrong)


@given(st.lists(st.from_regex(r"mailto:[a-z]{1,5}@[a-z]{1,5}\.example", fullmatch=True), min_size=1, max_size=5))
def test_round_trip(rua: list[str]) -> None:
    record = TlsRptRecord(tuple(rua), (("x", "1"),))
    assert parse(to_text(record)) == record


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    record = parse("v=TLSRPTv1; rua=" + text)
    assert record is not None
    assert all(0 <= defect.start <= defect.end <= len(record.text) for defect in record.defects)
