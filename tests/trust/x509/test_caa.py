from __future__ import annotations

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core import rdata
from mailsec.core.flow import AnswerStatus, Dnssec, Query
from mailsec.core.results import Check, Status
from mailsec.trust.x509 import rules
from mailsec.trust.x509.caa import CaaError, CaaRecord, lint, parse
from tests.published import Published, Raw, fired, fix, judge


def caa(text: str) -> Raw:
    return Raw(dns.rdata.from_text("IN", "CAA", text).to_wire())


MAIL = caa('0 issuemail "ca.example.net; account=1"')
GOOD = [caa('0 issue "letsencrypt.org"'), caa('0 issuewild ";"'), MAIL, caa('0 iodef "mailto:a@example.com"')]


def lint_of(*records: Raw) -> Check:
    return judge(lint("example.com"), {"example.com CAA": list(records)})


def test_good_records() -> None:
    check = lint_of(*GOOD)
    assert check.status is Status.PASS
    assert not fired(check)
    assert (check.fact("issue"), check.fact("issuewild"), check.fact("issuemail")) == ("letsencrypt.org", "", "ca.example.net")
    assert check.fact("issuevmc") is None


def test_the_nearest_name_above() -> None:
    world = Published({"example.com CAA": GOOD, "com CAA": [caa('0 issue ";"')]})
    check = judge(lint("a.b.example.com"), world)
    assert (check.status, check.fact("found-at")) == (Status.PASS, "example.com")
    assert world.asked == [Query(name, "CAA") for name in ("a.b.example.com", "b.example.com", "example.com")]


def test_no_record() -> None:
    world = Published({})
    check = judge(lint("a.example.com"), world)
    assert check.status is Status.NONE
    assert fired(check) == {rules.NONE.id}
    assert len(world.asked) == 3


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_stops_the_climb(status: AnswerStatus) -> None:
    assert judge(lint("a.example.com"), {"a.example.com CAA": status, "example.com CAA": GOOD}).status is Status.TEMPERROR


def test_a_bogus_answer_is_not_used() -> None:
    assert judge(lint("example.com"), Published({"example.com CAA": GOOD}, dnssec=Dnssec.BOGUS)).status is Status.TEMPERROR


def test_a_name_of_many_labels() -> None:
    world = Published({})
    assert judge(lint("a." * 120 + "com"), world).status is Status.TEMPERROR
    assert len(world.asked) == 16


def test_no_issuemail() -> None:
    check = lint_of(*[record for record in GOOD if record is not MAIL])
    assert check.status is Status.PASS
    assert fired(check) == {rules.NO_ISSUEMAIL.id}


def test_unknown_tags() -> None:
    check = lint_of(MAIL, caa('0 isue "a.example"'))
    assert (check.status, fired(check)) == (Status.PASS, {rules.UNKNOWN.id})
    check = lint_of(MAIL, caa('128 isue "a.example"'))
    assert (check.status, fired(check)) == (Status.PERMERROR, {rules.UNKNOWN_CRITICAL.id})
    assert not fired(lint_of(MAIL, caa('128 ISSUE "a.example"')))


def test_reserved_flags() -> None:
    check = lint_of(MAIL, caa('129 issue "a.example"'))
    assert (check.status, fired(check)) == (Status.PASS, {rules.RESERVED_FLAGS.id})
    assert fix(check, rules.RESERVED_FLAGS) == 'example.com. IN CAA 128 issue "a.example"'


@pytest.mark.parametrize(
    "record",
    [
        caa('0 issue "%%%%%"'),
        caa('0 issue "a..example"'),
        caa('0 issue "a.example; nothing"'),
        caa('0 issue "a.example; a=b;"'),
        caa('0 issue "a.example; =b"'),
        caa('0 iodef "nobody"'),
        caa(f'0 issue "{"a" * 255}"'),
        Raw(b"\0\5issue\0\xff"),
        Raw(b"\0"),
        Raw(b"\0\x09issue"),
        Raw(b"\0\0"),
        Raw(b"\0\5is-uea.example"),
        Raw(b"\0\5issue" + b"a-" * 32_000),
    ],
)
def test_malformed(record: Raw) -> None:
    check = lint_of(MAIL, record)
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.MALFORMED.id}


@pytest.mark.parametrize(
    ("value", "issuer"),
    [("a.example", "a.example"), (" A.Example ; a=1; b = 2 ", "a.example"), (";", ""), ("", ""), ("; a=", ""), ("%%%%%", "")],
)
def test_issuers(value: str, issuer: str) -> None:
    assert CaaRecord(0, "issue", value).issuer == issuer


@pytest.mark.parametrize("value", ["mailto:a@b.c", "https://a.example/x", "HTTP://a.example"])
def test_report_addresses(value: str) -> None:
    assert not CaaRecord(0, "iodef", value).problem


def test_1000_records() -> None:
    check = lint_of(MAIL, *[caa('129 x "y"')] * 1_000)
    assert rules.TOO_MANY.id in fired(check)
    assert len(check.findings) < 30
    assert len(check.evidence) == 10


@given(st.binary(max_size=100))
def test_any_octets(data: bytes) -> None:
    try:
        record = parse(data)
    except CaaError:
        return
    record.value.encode()
    assert isinstance(record.issuer, str)


@given(st.integers(0, 255), st.from_regex(r"[a-zA-Z0-9]{1,15}", fullmatch=True), st.binary(max_size=50))
def test_as_zone_files_write_it(flags: int, tag: str, value: bytes) -> None:
    data = bytes([flags, len(tag)]) + tag.encode() + value
    assert dns.rdata.from_text("IN", "CAA", rdata.show("CAA", data)).to_wire() == data
