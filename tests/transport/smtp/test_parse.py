from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.exits import Exit
from mailsec.core.limits.transport import SMTP_SCRIPT_BYTES, SMTP_SCRIPT_LINE, SMTP_SCRIPT_LINES
from mailsec.core.results import Evidence, EvidenceKind
from mailsec.transport.smtp.directives import DIRECTIVES
from mailsec.transport.smtp.parse import parse
from mailsec.transport.smtp.script import (
    Connection,
    ExpectClose,
    How,
    Lmtp,
    Reply,
    Say,
    Script,
    ScriptError,
    SkipUnless,
    Sleep,
    Timeout,
    Tls,
    TlsExpect,
    Verify,
)


def made(text: str) -> Script:
    return parse(text.encode(), "x.smtp")


def says(text: str) -> list[tuple[How, bytes]]:
    return [(step.how, step.text.fill({})) for step in made(text).steps if isinstance(step, Say)]


def test_what_the_client_says() -> None:
    assert says("C: EHLO x\nC:QUIT\nC:\nC: \nC:  folded\nC: tail \nC:< m.eml\nC:<m.eml \nC\\: a\\r\\n\n  C: in\n") == [
        (How.LINE, b"EHLO x"),
        (How.LINE, b"QUIT"),
        (How.LINE, b""),
        (How.LINE, b""),
        (How.LINE, b" folded"),
        (How.LINE, b"tail "),
        (How.FILE, b"m.eml"),
        (How.FILE, b"m.eml"),
        (How.RAW, b"a\r\n"),
        (How.LINE, b"in"),
    ]
    assert says("C: <not a file>") == [(How.LINE, b"<not a file>")]


def test_line_ends_and_comments() -> None:
    script = made("\ufeff# first\r\n\r\n   # second\r\nS: 220 hi\r\n\t\r\nC: QUIT\r\n")
    assert [step.line for step in script.steps] == [4, 6]
    assert script.evidence(1) == Evidence(EvidenceKind.SCRIPT, "x.smtp:6", "C: QUIT")
    assert made("S: 220").steps[0].source == "S: 220"


def test_replies_of_several_lines() -> None:
    script = made("S: 250-a\n# comment\nS: 250-b\nS: 250 c\nS: 250 d\nS: 250-e\nC: x\nS: 250-f\nS: 354 g\nS: 250-h\n!lmtp\n")
    replies = [step for step in script.steps if isinstance(step, Reply)]
    assert [[text.source for text in step.expected.texts] for step in replies] == [
        ["a", "b", "c"],
        ["d"],
        ["e"],
        ["f"],
        ["g"],
        ["h"],
    ]
    assert replies[0].numbers == (1, 3, 4)
    assert replies[0].source == "S: 250-a\nS: 250-b\nS: 250 c"


def test_directives() -> None:
    script = made(
        "!tls verify=pkix name=mx.example version>=1.2 version<=1.3\n"
        "!tls-expect version>=1.2 cipher=*GCM* bits>=128 pkix=pass\n"
        "S: 220\n!tls\n!timeout 5\n!sleep 0.5\n!conn 2\n!tls verify=dane version=1.2\nS: 220\n!skip-unless AUTH PLAIN\n!lmtp\n"
        "!expect-close\n"
    )
    first, expect, _, later, timeout, sleep, conn, second, _, skip, lmtp, close = script.steps
    assert first == Tls(1, script.steps[0].source, Verify.PKIX, "mx.example", ("TLSv1.2", "TLSv1.3"), True)
    assert isinstance(expect, TlsExpect)
    assert expect.terms == (("version", ">=", "1.2"), ("cipher", "=", "*GCM*"), ("bits", ">=", "128"), ("pkix", "=", "pass"))
    assert later == Tls(4, "!tls")
    assert (timeout, sleep, conn) == (Timeout(5, "!timeout 5", 5), Sleep(6, "!sleep 0.5", 0.5), Connection(7, "!conn 2", 2))
    assert second == Tls(8, script.steps[7].source, Verify.DANE, "", ("TLSv1.2", "TLSv1.2"), True)
    assert isinstance(skip, SkipUnless)
    assert skip.words == ("AUTH", "PLAIN")
    assert (lmtp, close) == (Lmtp(11, "!lmtp"), ExpectClose(12, "!expect-close"))
    assert script.wants_dane
    assert not made("S: 220\n!tls verify=pkix").wants_dane


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "nobody says anything"),
        ("# x\n!lmtp", 1, 1, "nobody says anything"),
        ("S: 220\nhello", 2, 1, "not a statement"),
        ("  c: x", 1, 3, "not a statement"),
        ("S: hello", 1, 4, "not a reply code"),
        ("S:", 1, 3, "not a reply code"),
        ("S: 250 /a(/", 1, 10, "a ( without its )"),
        ("C\\: abc\\q", 1, 8, "a backslash"),
        ("C: a\x01b", 1, 5, "control character"),
        ("C: a\rb", 1, 5, "control character"),
        ("C:<", 1, 4, "needs a file name"),
        ("S: 220\n!nope 1", 2, 1, "no such directive: !nope"),
        ("S: 220\n!", 2, 1, "no such directive: !"),
        ("S: 220\n!sleep", 2, 7, "one argument"),
        ("S: 220\n!sleep 1 2", 2, 10, "one argument"),
        ("S: 220\n!sleep x", 2, 8, "a time"),
        ("S: 220\n!sleep 0", 2, 8, "a time"),
        ("S: 220\n!sleep 601", 2, 8, "a time"),
        ("S: 220\n!timeout 1e9", 2, 10, "a time"),
        ("S: 220\n!conn 0", 2, 7, "connections"),
        ("S: 220\n!conn 9", 2, 7, "connections"),
        ("S: 220\n!conn ²", 2, 7, "connections"),
        ("S: 220\n!lmtp now", 2, 7, "no argument"),
        ("S: 220\n!expect-close now", 2, 15, "no argument"),
        ("S: 220\n!skip-unless", 2, 13, "which capability"),
        ("S: 220\n!tls verify=x", 2, 13, "pkix, dane or none"),
        ("S: 220\n!tls verify>=pkix", 2, 12, "compared by ="),
        ("S: 220\n!tls nonsense", 2, 6, "not known here"),
        ("S: 220\n!tls version=9", 2, 14, "a version of TLS"),
        ("S: 220\n!tls-expect", 2, 12, "what is expected"),
        ("S: 220\n!tls-expect version>=1.9", 2, 22, "a version of TLS"),
        ("S: 220\n!tls-expect bits>=many", 2, 19, "a number"),
        ("S: 220\n!tls-expect pkix=maybe", 2, 18, "pass or fail"),
        ("C: " + "x" * SMTP_SCRIPT_LINE, 1, SMTP_SCRIPT_LINE + 1, "more than"),
        ("#\n" * SMTP_SCRIPT_LINES + "S: 220", SMTP_SCRIPT_LINES, 1, "more than"),
    ],
)
def test_errors_have_a_line_and_a_column(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(ScriptError) as caught:
        made(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.message
    assert caught.value.message.startswith(f"line {line}, column {column}: ")
    assert caught.value.name == "x.smtp"
    assert caught.value.exit is Exit.BAD_INPUT


def test_what_is_not_utf8() -> None:
    with pytest.raises(ScriptError) as caught:
        parse(b"S: 220\nC: caf\xe9\n", "x.smtp")
    assert (caught.value.line, caught.value.column) == (2, 7)
    assert "C\\:" in caught.value.hint


def test_a_script_that_is_too_large() -> None:
    with pytest.raises(ScriptError):
        parse(b"#" * (SMTP_SCRIPT_BYTES + 1), "x.smtp")


def complaint(data: bytes) -> ScriptError | None:
    """The error that a script is, or None where it can be read."""
    try:
        assert parse(data, "x.smtp").steps
    except ScriptError as error:
        return error
    return None


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
LINES = st.one_of(
    st.sampled_from(
        ["S: 250-a", "S: 250 b", "C: x", "C\\: \\x41", "C:< f", "", "# c", "S: 2xx /a(?P<n>b)/", "!conn 2", "!tls"]
    ),
    st.builds("!{} {}".format, st.sampled_from(list(DIRECTIVES)), PRINTABLE),
    st.builds("{}{}".format, st.sampled_from(["S: ", "C: ", "C\\: ", "S: 250 "]), st.text(max_size=12)),
    st.text(max_size=12),
)


@given(st.lists(LINES, max_size=8).map("\n".join))
def test_any_text_is_a_script_or_an_error_with_its_place(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    error = complaint(data)
    assert error is None or (1 <= error.line <= text.count("\n") + 1 and error.column >= 1)


@given(st.binary(max_size=60))
def test_any_octets_are_a_script_or_an_error(data: bytes) -> None:
    error = complaint(data)
    assert error is None or error.line >= 1
