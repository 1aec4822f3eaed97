"""BIMI for a message: who is asked about, which record speaks, and the result for Authentication-Results."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import AnswerStatus, Fetch, Fetched, FetchStatus
from mailsec.core.results import AuthResult, Status
from mailsec.message.authors import author
from mailsec.message.fields import parse
from mailsec.sender.authres.write import write
from mailsec.sender.bimi import rules
from mailsec.sender.bimi.discover import is_selector, selector_of
from mailsec.sender.bimi.evaluate import BimiResult, Subject, brought_along, evaluate, unasked
from mailsec.sender.bimi.material import Trust
from mailsec.sender.bimi.policy import position_of
from mailsec.sender.dmarc.evaluate import evaluate as evaluate_dmarc
from tests.certificates import NOW
from tests.published import Published, Value, fired, judge, message
from tests.sender.bimi.marks import SVG, bundle, mark, root

LOGO, MARK = "https://img.example/logo.svg", "https://img.example/mark.pem"
RECORD = f"v=BIMI1; l={LOGO}; a={MARK}"
TABLE: dict[str, Value] = {
    "_dmarc.example.com TXT": ["v=DMARC1; p=reject"],
    "default._bimi.example.com TXT": [RECORD],
}
TRUST = Trust(NOW, (root().der,))
FROM = b"From: Alice <alice.b+tag@example.com>\r\n"


def got(url: str, body: bytes) -> Fetched:
    return Fetched(Fetch(url, 1), FetchStatus.OK, 200, body=body)


WEB = {LOGO: got(LOGO, SVG), MARK: got(MARK, bundle(mark()))}


def world(changes: dict[str, Value] | None = None, **web: bytes) -> Published:
    pages = WEB | {url: got(url, web[name]) for name, url in (("logo", LOGO), ("mark", MARK)) if name in web}
    return Published(TABLE | (changes or {}), web=pages)


def subject(header: bytes = FROM, passes: str = "example.com", signed: frozenset[str] = frozenset()) -> Subject:
    parsed = parse(header + b"\r\nbody\r\n")
    who = author(parsed)
    auth = AuthResult("dkim", Status.PASS, "", passes, (("header.d", passes),))
    dmarc = judge(evaluate_dmarc(who.domains, (auth,)), world())
    return Subject(parsed, who, dmarc, signed)


def judged(source: Published | None = None, **more: object) -> BimiResult:
    return judge(evaluate(subject(**more), TRUST), source or world())


def results_field(found: BimiResult) -> str:
    return " ".join(write("mx.example", [found.auth]).decode().split())


def test_pass() -> None:
    found = judged()
    assert (found.check.status, fired(found.check)) == (Status.PASS, set())
    said = "header.d=example.com header.selector=default policy.authority=pass"
    assert "bimi=pass" in results_field(found)
    assert said in results_field(found)
    assert found.auth.properties[-2:] == (("policy.authority-uri", MARK), ("policy.indicator-uri", LOGO))


def test_without_a_certificate() -> None:
    found = judged(world({"default._bimi.example.com TXT": [f"v=BIMI1; l={LOGO}; a="]}))
    assert found.check.status is Status.PASS
    assert "no mark certificate vouches" in found.check.reason
    assert ("policy.authority", "none") in found.auth.properties
    assert "policy.authority-uri" not in dict(found.auth.properties)


def test_a_bad_logo_or_certificate() -> None:
    found = judged(world(logo=b"<svg/>"))
    assert (found.check.status, found.check.reason[:10]) == (Status.FAIL, "indicator:")
    assert ("policy.authority", "fail") in found.auth.properties, "the logo in it is another one"
    found = judged(world(mark=bundle(mark("example.org"))))
    assert ("policy.authority", "fail") in found.auth.properties
    assert "bimi=fail" in results_field(found)


def test_an_unknown_root_is_not_written() -> None:
    found = judge(evaluate(subject(), replace(TRUST, roots=())), world())
    assert (found.check.status, found.auth.status) == (Status.NEUTRAL, Status.SKIPPED)
    assert results_field(found).endswith("none")


def test_a_decline_has_a_word_of_its_own() -> None:
    found = judged(world({"default._bimi.example.com TXT": ["v=BIMI1; l=; a=;"]}))
    assert found.check.status is Status.NONE
    assert "bimi=declined" in results_field(found)


@pytest.mark.parametrize(
    ("value", "status", "reason"),
    [
        (AnswerStatus.NXDOMAIN, Status.NONE, "no record"),
        (["v=spf1 -all"], Status.NONE, "no record"),
        (AnswerStatus.SERVFAIL, Status.TEMPERROR, "TXT lookup of default._bimi.example.com: servfail"),
        ([RECORD, RECORD + " "], Status.FAIL, "several records"),
        (["v=BIMI1; l=http://x/"], Status.FAIL, "the record is not valid: l= is not one https: address"),
        (["v=BIMI1; l=https://a.example/logo.png"], Status.FAIL, "the logo is not SVG"),
        (["v=BIMI1; l=https://gone.example/logo.svg"], Status.FAIL, "indicator: the host does not exist"),
    ],
)
def test_records(value: Value, status: Status, reason: str) -> None:
    found = judged(world({"default._bimi.example.com TXT": value}))
    assert (found.check.status, found.check.reason) == (status, reason)


@pytest.mark.parametrize(
    ("header", "passes", "reason"),
    [
        (FROM, "example.org", "the message does not pass DMARC: fail"),
        (FROM + FROM, "example.com", "the message has not exactly one author"),
        (b"From: a@example.com, b@example.com\r\n", "example.com", "the message has not exactly one author"),
        (b"Subject: x\r\n", "example.com", "the message has not exactly one author"),
    ],
)
def test_who_is_not_asked_about(header: bytes, passes: str, reason: str) -> None:
    source = world()
    found = judged(source, header=header, passes=passes)
    assert (found.check.status, found.check.reason, source.asked) == (Status.SKIPPED, reason, [])


@pytest.mark.parametrize(
    ("record", "status", "reason"),
    [
        (["v=DMARC1; p=none"], Status.SKIPPED, "the DMARC policy: the DMARC policy is p=none"),
        (["v=DMARC1; p=reject; sp=none"], Status.SKIPPED, "the DMARC policy: sp=none leaves subdomains without a policy"),
        (AnswerStatus.TIMEOUT, Status.TEMPERROR, "the DMARC policy: a DMARC record could not be looked up"),
    ],
)
def test_policies(record: Value, status: Status, reason: str) -> None:
    found = judged(world({"_dmarc.example.com TXT": record}))
    assert (found.check.status, found.check.reason) == (status, reason)


def test_both_policies_have_to_suffice() -> None:
    table: dict[str, Value] = {"_dmarc.a.example TXT": ["v=DMARC1; p=none"], "_dmarc.b.a.example TXT": ["v=DMARC1; p=reject"]}
    found = judge(position_of("b.a.example"), table)
    assert (found.organizational_domain, found.eligibility.eligible) == ("a.example", False)
    table["_dmarc.a.example TXT"] = ["v=DMARC1; p=reject"]
    assert judge(position_of("b.a.example"), table).eligibility.eligible is True
    table = {"_dmarc.a.example TXT": ["v=DMARC1; p=reject; np=none"], "b.a.example A": ["192.0.2.1"]}
    assert judge(position_of("b.a.example"), table).eligibility.eligible is True
    assert judge(position_of("gone.a.example"), table).eligibility.eligible is False
    assert judge(position_of("none.example"), table).eligibility.reason == "no DMARC policy"


# --- which record


def test_the_organizational_domain_stands_in() -> None:
    source = world({"default._bimi.sub.example.com TXT": AnswerStatus.NXDOMAIN})
    found = judged(source, header=b"From: a@sub.example.com\r\n", passes="sub.example.com")
    assert found.check.status is Status.PASS
    assert ("header.d", "example.com") in found.auth.properties


@pytest.mark.parametrize(
    ("field", "signed", "selector", "why"),
    [
        (b"BIMI-Selector: v=BIMI1; s=News;\r\n", True, "news", ""),
        (b"BIMI-Selector: v=BIMI1;\r\n s=news\r\n", True, "news", ""),
        (b"BIMI-Selector: v=BIMI1; s=news;\r\n", False, "default", "no DKIM signature that aligns covers it"),
        (b"BIMI-Selector: s=news;\r\n", True, "default", "not of the form"),
        (b"BIMI-Selector: v=BIMI2; s=news;\r\n", True, "default", "not of the form"),
        (b"BIMI-Selector: v=BIMI1;\r\n", True, "default", "not of the form"),
        (b"BIMI-Selector: v=BIMI1; s=../x;\r\n", True, "default", "not of the form"),
        (b"BIMI-Selector: news\r\n", True, "default", "not of the form"),
        (b"BIMI-Selector: v=BIMI1; s=" + b"n" * 5_000 + b"\r\n", True, "default", "not of the form"),
        (b"BIMI-Selector: v=BIMI1; s=news\r\n" * 2, True, "default", "2 fields of this name"),
    ],
)
def test_the_selector_field(field: bytes, signed: bool, selector: str, why: str) -> None:
    source = world({"news._bimi.example.com TXT": [RECORD]})
    found = judged(source, header=FROM + field, signed=frozenset({"bimi-selector"} if signed else ()))
    assert dict(found.auth.properties)["header.selector"] == selector
    assert fired(found.check) == ({rules.SELECTOR_IGNORED.id} if why else set())
    assert not why or why in message(found.check, rules.SELECTOR_IGNORED)


def test_the_local_part_chooses() -> None:
    chooses = {"default._bimi.example.com TXT": [RECORD + "; lps=true"]}
    found = judged(world({**chooses, "alice-b._bimi.example.com TXT": [RECORD]}))
    assert dict(found.auth.properties)["header.selector"] == "alice-b"
    for other in (AnswerStatus.NXDOMAIN, AnswerStatus.SERVFAIL, ["v=BIMI1; l=x"], [RECORD, RECORD]):
        found = judged(world({**chooses, "alice-b._bimi.example.com TXT": other}))
        assert dict(found.auth.properties)["header.selector"] == "default"


@pytest.mark.parametrize(
    ("local", "selector"),
    [
        ("alice", "alice"),
        ("Alice.B_c+tag", "alice-b-c"),
        ("._a.-_b_", "a-b"),
        ("+x", ""),
        ("", ""),
        ("ü", ""),
        ("a b", ""),
        ("x" * 63, "x" * 63),
        ("x" * 64, ""),
    ],
)
def test_selectors_of_local_parts(local: str, selector: str) -> None:
    assert selector_of(local) == selector


@given(st.text(max_size=300))
def test_any_local_part(text: str) -> None:
    chosen = selector_of(text)
    assert not chosen or is_selector(chosen)


def test_selectors() -> None:
    assert is_selector("a.b-c.D1")
    for bad in ("", ".", "a..b", "-a", "a-", "a_b", "ü", "a" * 64, "a." * 200 + "a", "a b"):
        assert not is_selector(bad), bad


# --- what came along


def test_fields_of_receivers() -> None:
    fields = b"BIMI-Location: x\r\nbimi-logo-preference: y\r\n"
    branded = subject(FROM + fields)
    (found,) = brought_along(branded)
    assert found.message == "BIMI-Location, bimi-logo-preference: not believed"
    assert len(found.evidence) == 2
    inside = subject(fields + FROM)
    border = inside.message.first("From")
    assert border is not None
    assert brought_along(replace(inside, border=border.start)) == (), "they stand above the border: ours"
    assert brought_along(subject()) == ()


def test_unasked() -> None:
    found = unasked(subject(FROM + b"BIMI-Location: x\r\n" * 100), "not now")
    assert (found.check.status, found.auth.status, found.check.reason) == (Status.SKIPPED, Status.SKIPPED, "not now")
    assert len(found.check.findings[0].evidence) == 5
