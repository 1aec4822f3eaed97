"""Defects as findings, and who the author is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import (
    MAX_ADDRESS_BYTES,
    MAX_AUTHORS,
    MAX_FIELDS,
    MAX_HEADER_BYTES,
    MAX_MIME_PARTS,
    MAX_READ_SECTIONS,
)
from mailsec.core.results import Check, Finding, Status
from mailsec.core.rules import Severity
from mailsec.message import checks, rules
from mailsec.message.checks import author, message_check
from mailsec.message.fields import DefectKind, parse
from mailsec.message.mime import MimeDefectKind, structure

GOOD = b"From: Joe <joe@example.com>\r\nDate: x\r\n\r\nbody\r\n"


def check(file: bytes) -> Check:
    return message_check(parse(file))


def found(file: bytes) -> dict[str, Finding]:
    return {each.rule: each for each in check(file).findings}


def test_a_good_message_has_no_findings() -> None:
    result = check(GOOD)
    assert result.status is None
    assert result.findings == ()
    assert {fact.name: fact.value for fact in result.facts} == {
        "octets": len(GOOD),
        "fields": 2,
        "parts": 1,
        "line-ends": "crlf",
        "protection": None,
    }
    assert result.evidence[0].text == "Joe <joe@example.com>"
    assert (result.evidence[0].start, result.evidence[0].end) == (0, 29)


def coded(content: bytes) -> bytes:
    return GOOD.replace(b"body", content)


BASE64 = b"Content-Transfer-Encoding: base64\r\n"
MULTI = b"Content-Type: multipart/mixed; boundary=b\r\n"
BIG = MULTI + b"\r\n"
PART = b"Content-Type: a/b\r\n\r\ncontent\r\n"
PARTS = b"--b\r\n" + PART + b"--b--\r\n"

CASES: list[tuple[bytes, str, Severity]] = [
    (GOOD.replace(b"\r\n", b"\n"), "message-lf-only", Severity.INFO),
    (b"From x@y\r\n" + GOOD, "message-mbox-line", Severity.INFO),
    (b"\xef\xbb\xbf" + GOOD, "message-byte-order-mark", Severity.INFO),
    (GOOD + b"a\nb\n", "message-bare-lf", Severity.MEDIUM),
    (GOOD + b"a\rb", "message-bare-cr", Severity.MEDIUM),
    (GOOD + b"\0", "message-nul", Severity.MEDIUM),
    (b"X: y\r\nno colon\r\n" + GOOD, "message-no-colon", Severity.MEDIUM),
    (b"X: y\r\nbad name: x\r\n" + GOOD, "message-bad-field-name", Severity.MEDIUM),
    (b"X : y\r\n" + GOOD, "message-space-before-colon", Severity.LOW),
    (b" X: y\r\n" + GOOD, "message-leading-fold", Severity.MEDIUM),
    (b"From: a@b.example\r\nDate: x\r\n", "message-no-separator", Severity.LOW),
    (b"X: y\r\n" * (MAX_FIELDS + 1) + GOOD, "message-too-many-fields", Severity.HIGH),
    (b"X: " + b"y" * MAX_HEADER_BYTES + b"\r\n" + GOOD, "message-header-too-large", Severity.HIGH),
    (b"Date: x\r\n\r\n", "message-no-from", Severity.MEDIUM),
    (b"From: a@b.example\r\n" + GOOD, "message-several-from", Severity.MEDIUM),
    (b"From: nobody\r\nDate: x\r\n\r\n", "message-from-no-address", Severity.MEDIUM),
    (b"From: a@b.example c@d.example\r\n\r\n", "message-from-ambiguous", Severity.HIGH),
    (b"From: a@b.example <c@d.example>\r\n\r\n", "message-from-malformed", Severity.MEDIUM),
    (b"From: a@b.example, c@[192.0.2.1]\r\n\r\n", "message-author-without-domain", Severity.HIGH),
    (b"From: a@b.example, c@d.example\r\n\r\n", "message-several-authors", Severity.INFO),
    (b"To: <a@b\r\n" + GOOD, "message-address-malformed", Severity.LOW),
    (b"From: <@a.example:b@c.example>\r\n\r\n", "message-obsolete-address", Severity.INFO),
    (b"Subject: a\r\nsubject: b\r\n" + GOOD, "message-repeated-field", Severity.MEDIUM),
    (b"Content-Type: a/b\r\nContent-type: b/c\r\n" + GOOD, "message-repeated-field", Severity.MEDIUM),
    (b"From: a@b.example\r\n\r\n", "message-no-date", Severity.LOW),
    (GOOD + b"x" * 999 + b"\r\n", "message-long-line", Severity.LOW),
    (GOOD + b"\xc3\xbc", "message-undeclared-8bit", Severity.LOW),
    (b"Subject: \xfc\r\n" + GOOD, "message-header-not-utf8", Severity.LOW),
    (b"Content-Type: message/rfc822\r\n\r\n" * 150, "message-mime-too-deep", Severity.MEDIUM),
    (BIG + b"--b\r\n\r\n" * (MAX_MIME_PARTS + 1), "message-mime-too-many-parts", Severity.MEDIUM),
    (b"Content-Type: multipart/mixed\r\n" + GOOD, "message-mime-no-boundary", Severity.LOW),
    (BIG + b"--b\r\n" + BIG + b"--b--\r\n", "message-mime-same-boundary", Severity.MEDIUM),
    (BIG + b"--b\r\n\r\n", "message-mime-unterminated", Severity.LOW),
    (b"Content-Type: ?\r\n" + GOOD, "message-mime-bad-type", Severity.LOW),
    (b"Content-Type: a/b; c=d; c=e\r\n" + GOOD, "message-mime-repeated", Severity.MEDIUM),
    (
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n" + GOOD,
        "message-mime-encoded-composite",
        Severity.LOW,
    ),
    (b"Content-Type: text/plain\r\n" + MULTI + b"\r\n" + PARTS, "message-mime-other-type", Severity.HIGH),
    (b"Content-Type: multipart/mixed; boundary=c; boundary=b\r\n\r\n" + PARTS, "message-mime-other-boundary", Severity.HIGH),
    (b"Content-Type: multipart/mixed\r\n\r\n" + PARTS, "message-mime-guessed-boundary", Severity.MEDIUM),
    (BIG + b"--bX\r\nA: b\r\n\r\nx\r\n--b--\r\n", "message-mime-loose-delimiter", Severity.MEDIUM),
    (BIG + b"--b\r\n\r\nx\r\n--b--\r\n" + PARTS, "message-mime-behind-the-end", Severity.HIGH),
    (
        BIG + b"--b\r\n" + BIG.replace(b"=b", b"=c") + b"--c\r\n\r\nx\r\n--b\r\n\r\ny\r\n--c--\r\n--b--\r\n",
        "message-mime-cut-off",
        Severity.LOW,
    ),
    (BIG + b"note\r\n--b\r\n\r\nx\r\n--b--\r\n", "message-mime-preamble", Severity.INFO),
    (BIG + PART.replace(b"content", b"other") + PARTS, "message-mime-preamble", Severity.HIGH),
    (BIG + b"--b\r\n\r\nx\r\n--b--\r\nfooter\r\n", "message-mime-epilogue", Severity.INFO),
    (BIG + b"--b\r\njunk\r\n" + PART + b"--b--\r\n", "message-mime-other-header", Severity.MEDIUM),
    (
        b"Content-Transfer-Encoding: x-base64\r\n" + GOOD.replace(b"body", b"Ym9keQ=="),
        "message-mime-other-encoding",
        Severity.MEDIUM,
    ),
    (
        b"Content-Transfer-Encoding: base64\r\n" + GOOD.replace(b"body", b"Ym9k=eQ=="),
        "message-mime-lenient-decoder",
        Severity.LOW,
    ),
    (BASE64 + coded(b"Ym9keQ"), "message-mime-bad-encoding", Severity.LOW),
    (b"Content-Type: a/b\r\n" + BASE64 + coded(b"Ym9k#eQ=="), "message-mime-bad-encoding", Severity.MEDIUM),
    (b"Content-Type: text/plain (x)\r\n" + GOOD, "message-mime-unusual", Severity.LOW),
    (
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQpib2R5\r\n",
        "message-mime-encoded-part",
        Severity.LOW,
    ),
    (GOOD + b"begin 644 x.exe\r\n#0V%T\r\n`\r\nend\r\n", "message-mime-embedded-file", Severity.LOW),
    (BIG + b"--bx\r\n" * (MAX_READ_SECTIONS + 1), "message-mime-too-many-readings", Severity.MEDIUM),
    (b"Content-Type: message/partial; id=x; number=1\r\n" + GOOD, "message-mime-partial", Severity.MEDIUM),
    (b"Content-Type: message/external-body; access-type=x\r\n" + GOOD, "message-mime-external-body", Severity.LOW),
    (
        b'Content-Type: a/b; name="a.pdf"\r\nContent-Disposition: x; filename=a.exe\r\n' + GOOD,
        "message-name-conflict",
        Severity.MEDIUM,
    ),
    (b"Content-Disposition: x; filename*=utf-8''a%00.exe\r\n" + GOOD, "message-name-control-character", Severity.MEDIUM),
    (b"Content-Type: text/plain; charset=UTF-7\r\n" + GOOD, "message-charset-surprising", Severity.MEDIUM),
]


@pytest.mark.parametrize(("file", "rule", "severity"), CASES)
def test_each_finding(file: bytes, rule: str, severity: Severity) -> None:
    finding = found(file)[rule]
    assert finding.severity is severity
    assert len(finding.message) < 400
    for evidence in finding.evidence:
        assert len(evidence.text) <= 120
        assert evidence.start is not None
        assert evidence.end is not None
        assert 0 <= evidence.start <= evidence.end <= len(file)


def test_every_rule_has_a_case_and_every_defect_a_rule() -> None:
    assert {rule.id for rule in rules.RULES} - {"message-backscatter"} == {rule for _, rule, _ in CASES}  # it needs a bounce
    assert len({rule.id for rule in rules.RULES}) == len(rules.RULES)
    assert all(rule.id.startswith("message-") and rule.remedy.endswith(".") and rule.reference for rule in rules.RULES)
    assert {rule for rule in vars(rules).values() if isinstance(rule, rules.Rule)} == set(rules.RULES)
    assert set(checks._DEFECTS) == set(DefectKind)
    assert set(checks._MIME_DEFECTS) == set(MimeDefectKind)


def test_offsets_are_those_of_the_file() -> None:
    file = b"\xef\xbb\xbf" + GOOD.replace(b"\r\n", b"\n") + b"ab\0c\n"
    (evidence,) = found(file)["message-nul"].evidence
    assert file[evidence.start : evidence.end] == b"\0"
    assert f"octet {evidence.start}" in found(file)["message-nul"].message
    file = b"To: x, <a@b\n" + GOOD.replace(b"\r\n", b"\n")
    evidence = found(file)["message-address-malformed"].evidence[1]
    assert file[evidence.start : evidence.end] == b"<a@b"


def test_line_ends_and_protection_are_facts() -> None:
    assert check(GOOD + b"a\n").fact("line-ends") == "mixed"
    assert check(GOOD.replace(b"\r\n", b"\n")).fact("line-ends") == "lf"
    assert (
        check(b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n" + GOOD).fact("protection")
        == "smime signed in part 0"
    )


def test_a_structure_at_hand_is_used() -> None:
    message = parse(GOOD)
    assert message_check(message, structure(message)) == message_check(message)


@pytest.mark.parametrize(
    ("length", "end", "long"),
    [
        (998, b"\r\n", False),
        (999, b"\r\n", True),
        (998, b"", False),
        (999, b"", True),
        (998, b"\r", False),
        (5000, b"\r\nx\r\n", True),
    ],
)
def test_long_lines(length: int, end: bytes, long: bool) -> None:
    file = GOOD + b"short\r\n" * 500 + b"x" * length + end
    assert ("message-long-line" in found(file)) is long
    if long:
        assert found(file)["message-long-line"].message == f"a line has {length} octets"


def test_eight_bit_content_that_is_declared() -> None:
    assert found(b"Content-Transfer-Encoding: 8bit\r\n" + GOOD + b"\xc3\xbc") == {}
    assert found(b"Subject: \xc3\xbc\r\n" + GOOD) == {}
    assert "message-undeclared-8bit" in found(b"Content-Transfer-Encoding: base64\r\n" + GOOD + b"\xff")
    # the preamble of a multipart is no content
    assert "message-undeclared-8bit" not in found(GOOD[:-8] + BIG + b"\xff\r\n--b\r\n\r\nx\r\n--b--\r\n")


# --- the author


@pytest.mark.parametrize(
    ("header", "domains", "reason"),
    [
        (b"From: Joe <joe@Example.COM>\r\n", ("example.com",), ""),
        (b"From: a@b.example, c@d.example, e@B.example\r\n", ("b.example", "d.example"), ""),
        (b"From: G: a@b.example;\r\n", ("b.example",), ""),
        ("From: a@müller.example\r\n".encode(), ("xn--mller-kva.example",), ""),
        (b"From: a@b.example, c@[192.0.2.1]\r\n", ("b.example",), ""),
        (b"", (), "no From field"),
        (b"From: a@b.example\r\nFROM: a@b.example\r\n", ("b.example",), "2 From fields"),
        (b"From:\r\n", (), "no address with a valid domain"),
        (b"From: <>\r\n", (), "no address with a valid domain"),
        (b"From: undisclosed:;\r\n", (), "no address with a valid domain"),
        (b"From: a@[192.0.2.1]\r\n", (), "no address with a valid domain"),
        (b"From: a@b..c\r\n", (), "no address with a valid domain"),
        (b"From: a@b@c\r\n", (), "no address with a valid domain"),
    ],
)
def test_the_author(header: bytes, domains: tuple[str, ...], reason: str) -> None:
    message = parse(b"X: y\r\n" + header + b"\r\n")
    who = author(message)
    assert who.domains == domains
    assert who.fields == message.all("from")
    assert reason in who.reason
    assert bool(who.reason) == bool(reason)
    assert message_check(message).status is (Status.PERMERROR if reason else None)


def test_two_from_fields_are_both_read() -> None:
    who = author(parse(b"From: a@b.example\r\nFrom: c@d.example x\r\n\r\n"))
    assert [mailbox.address for mailbox in who.mailboxes] == [b"a@b.example", b"c@d.example"]
    assert [len(defects) for defects in who.defects] == [0, 1]


def test_authors_are_bounded() -> None:
    many = b", ".join(b"a@d%d.example" % n for n in range(MAX_AUTHORS + 3))
    who = author(parse(b"From: " + many + b"\r\n\r\n"))
    assert len(who.domains) == MAX_AUTHORS
    assert len(who.without_domain) == 3
    started = time.process_time()
    who = author(parse((b"From: " + b"," * (MAX_ADDRESS_BYTES // 2) + b"\r\n") * 10 + b"\r\n"))
    assert len(who.defects) == 1
    assert len(who.fields) == 10
    assert time.process_time() - started < 2
    assert "message-from-ambiguous" in found(
        b"From: " + b"x" * (MAX_ADDRESS_BYTES + 1) + b"\r\nTo: " + b"y" * (MAX_ADDRESS_BYTES + 1) + b"\r\n\r\n"
    )


def test_ten_thousand_from_fields() -> None:
    started = time.process_time()
    result = check(b"From: a@b.example <c@d.example\r\n" * 10_000 + b"\r\n")
    assert time.process_time() - started < 5
    assert len(result.findings) < 20
    assert len(result.evidence) == 5


_LINES = st.sampled_from(
    [
        b"From: a@b.example",
        b"From: <a@b> c@d",
        b"To: (",
        b"Date: x",
        b"",
        b"--b",
        b"--b--",
        b"x" * 1200,
        b"\xff",
        b"Subject: \xfe",
    ]
)


@given(
    st.lists(_LINES, max_size=10).map(b"\r\n".join) | st.lists(_LINES, max_size=10).map(b"\n".join) | st.binary(max_size=100)
)
def test_it_never_raises_and_every_text_can_be_encoded(file: bytes) -> None:
    result = check(file)
    for each in result.findings:
        each.message.encode()
        for evidence in each.evidence:
            (evidence.where + evidence.text).encode()
            assert evidence.start is not None
            assert evidence.end is not None
            assert 0 <= evidence.start <= evidence.end <= len(file)
