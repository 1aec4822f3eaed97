from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import AnswerStatus, Dnssec
from mailsec.core.results import Check, Status
from mailsec.sender.bimi import rules
from mailsec.sender.bimi.discover import owner_name
from mailsec.sender.bimi.lint import Eligibility, eligibility, lint
from mailsec.sender.bimi.record import BimiError, BimiRecord, parse, to_text
from mailsec.sender.dmarc.record import DmarcRecord, Scope
from mailsec.sender.dmarc.record import parse as parse_dmarc
from tests.published import Published, fired, fix, judge, message

NAME = "default._bimi.example.com TXT"
GOOD = "v=BIMI1; l=https://bimi.example.com/logo.svg; a=https://bimi.example.com/vmc.pem"
YES = Eligibility(True, "DMARC asks for reject")


def lint_of(*texts: str, dmarc: Eligibility = YES) -> Check:
    return judge(lint("example.com", dmarc), {NAME: list(texts)})


def dmarc(text: str) -> DmarcRecord:
    record = parse_dmarc(text)
    assert record is not None
    return record


def test_a_good_record() -> None:
    check = lint_of(GOOD, "v=spf1 -all")
    assert check.status is Status.PASS
    assert not fired(check)
    assert check.fact("location") == "https://bimi.example.com/logo.svg"


def test_all_tags() -> None:
    record = parse("v = BIMI1 ;l= https://a.example/l.svgz?x=1 ; a=; avp=personal; lps=true; z=1")
    assert record == BimiRecord("https://a.example/l.svgz?x=1", "", "personal", True, (("z", "1"),))
    assert record.is_svg
    assert to_text(record) == "v=BIMI1; l=https://a.example/l.svgz?x=1; a=; avp=personal; lps=true;"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v=BIMI1; a=https://a.example/v.pem", "there is no l="),
        ("v=BIMI1; l=http://a.example/l.svg", "l= is not one https: address"),
        ("v=BIMI1; l=https://localhost/l.svg", "l= is not one https: address"),
        ("v=BIMI1; l=https://a.example/l.svg,https://b.example/l.svg", "l= is not one https: address"),
        ("v=BIMI1; l=https://a.example/l.svg; a=self", "a= is not one https: address"),
        ("v=BIMI1; l=https://a.example/" + "x" * 60_000, "l= is not one https: address"),
        ("v=BIMI1; l=https://" + "a." * 30_000, "l= is not one https: address"),
        ("v=BIMI1; l=\0", "l= is not one https: address"),
        ("v=BIMI1; l=; l=", "the tag l= stands twice"),
        ("v=BIMI1; logo", "a part has no '='"),
    ],
)
def test_invalid(text: str, message: str) -> None:
    check = lint_of(text)
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.INVALID.id}
    assert check.reason == message


def test_other_texts() -> None:
    with pytest.raises(BimiError):
        parse("l=; v=BIMI1")
    for text in ("v=bimi1; l=", "V=BIMI1; l=", "v=BIMI10; l=", "l=; v=BIMI1"):
        assert lint_of(text).status is Status.NONE


def test_declined() -> None:
    check = lint_of("v=BIMI1; l=; a=;")
    assert check.status is Status.NEUTRAL
    assert not fired(check)


def test_no_svg() -> None:
    check = lint_of(GOOD.replace(".svg", ".png"))
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.NOT_SVG.id}
    assert not fired(lint_of(GOOD.replace("/logo.svg", "/logo")))


def test_no_evidence() -> None:
    check = lint_of("v=BIMI1; l=https://bimi.example.com/logo.svg")
    assert check.status is Status.PASS
    assert fired(check) == {rules.NO_EVIDENCE.id}


def test_tags_that_mean_nothing() -> None:
    check = lint_of(GOOD + "; z=1; avp=Brand; lps=yes")
    assert fired(check) == {rules.UNKNOWN_TAG.id}
    assert message(check, rules.UNKNOWN_TAG) == "z=1, avp=Brand, lps=yes"
    assert fix(check, rules.UNKNOWN_TAG) == f'default._bimi.example.com. IN TXT "{GOOD};"'


def test_several_records() -> None:
    check = lint_of(*[GOOD] * 1_000)
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.SEVERAL_RECORDS.id}


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_no_absence(status: AnswerStatus) -> None:
    assert judge(lint("example.com", YES), {NAME: status}).status is Status.TEMPERROR
    fallback = lint("a.example.com", YES, organizational_domain="example.com")
    assert judge(fallback, {"default._bimi.a.example.com TXT": status, NAME: [GOOD]}).status is Status.TEMPERROR
    assert judge(lint("example.com", YES), Published({NAME: [GOOD]}, dnssec=Dnssec.BOGUS)).status is Status.TEMPERROR


def test_the_organizational_domain_stands_in() -> None:
    check = judge(lint("a.example.com", YES, organizational_domain="example.com"), {NAME: [GOOD]})
    assert (check.status, check.fact("record-at")) == (Status.PASS, "default._bimi.example.com")
    assert judge(lint("a.example.com", YES), {NAME: [GOOD]}).status is Status.NONE


def test_another_selector() -> None:
    check = judge(lint("example.com", YES, selector="brand"), {"brand._bimi.example.com TXT": [GOOD]})
    assert check.status is Status.PASS
    assert owner_name("example.com", "brand") == "brand._bimi.example.com"


def test_dmarc_does_not_suffice() -> None:
    check = lint_of(GOOD, dmarc=Eligibility(False, "the DMARC policy is p=none"))
    assert check.status is Status.POLICY
    assert fired(check) == {rules.NOT_ELIGIBLE.id}


def test_dmarc_is_not_known() -> None:
    check = lint_of(GOOD, dmarc=Eligibility(None, "timeout"))
    assert check.status is Status.NEUTRAL
    assert not fired(check)


@pytest.mark.parametrize(
    ("text", "eligible"),
    [
        ("v=DMARC1; p=reject", True),
        ("v=DMARC1; p=quarantine", True),
        ("v=DMARC1; p=none", False),
        ("v=DMARC1", False),
        ("v=DMARC1; p=reject; sp=none", False),
        ("v=DMARC1; p=reject; t=y", False),
        ("v=DMARC1; p=quarantine; pct=50", False),
        ("v=DMARC1; p=quarantine; pct=100", True),
        ("v=DMARC1; p=reject; pct=50", True),
    ],
)
def test_eligibility(text: str, eligible: bool) -> None:
    assert eligibility(dmarc(text)).eligible is eligible


def test_eligibility_of_a_subdomain() -> None:
    strict = dmarc("v=DMARC1; p=reject")
    assert eligibility(None).eligible is False
    assert eligibility(dmarc("v=DMARC1; p=none; sp=reject"), scope=Scope.SUBDOMAIN).eligible is False
    assert eligibility(strict, organizational=dmarc("v=DMARC1; p=none")).eligible is False
    assert eligibility(strict, organizational=dmarc("v=DMARC1; p=reject; sp=none")).eligible is False
    assert eligibility(dmarc("v=DMARC1; p=reject; sp=none"), organizational=strict).eligible is True
    assert eligibility(strict, organizational=strict).eligible is True


@given(st.booleans(), st.sampled_from(["brand", "personal"]), st.sampled_from(["", "https://a.example/x.svg"]))
def test_round_trip(selector: bool, preference: str, uri: str) -> None:
    record = BimiRecord(uri, uri, preference, selector)
    assert parse(to_text(record)) == record


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    start = end = 0
    try:
        parse("v=BIMI1;" + text)
    except BimiError as error:
        start, end = error.start, error.end
    assert 0 <= start <= end <= len(text) + 8
