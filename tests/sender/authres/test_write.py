"""Writing an Authentication-Results field: nothing in a value gets out of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import UsageError
from mailsec.core.limits.message import MAX_LINE
from mailsec.core.limits.sender import AUTHRES_VALUE
from mailsec.core.results import AuthResult, Status
from mailsec.message.fields import parse
from mailsec.sender.authres.read import read
from mailsec.sender.authres.write import write


def value(field: bytes) -> bytes:
    return field.partition(b":")[2]


def spf(mail_from: str, reason: str = "") -> AuthResult:
    return AuthResult("spf", Status.PASS, reason, "", (("smtp.mailfrom", mail_from),))


def test_a_field_with_several_results() -> None:
    results = [
        spf("bounce@example.com"),
        AuthResult("dkim", Status.FAIL, "body hash differs", "", (("header.d", "example.com"), ("header.b", "abc/+=12"))),
        AuthResult("dmarc", Status.TEMPERROR, "", "", (("header.from", "example.com"),)),
    ]
    assert write("mx.example.org", results) == (
        b"Authentication-Results: mx.example.org;\r\n"
        b" spf=pass smtp.mailfrom=bounce@example.com;\r\n"
        b' dkim=fail reason="body hash differs" header.d=example.com\r\n'
        b' header.b="abc/+=12";\r\n'
        b" dmarc=temperror header.from=example.com\r\n"
    )


def test_no_results() -> None:
    assert write("mx.example.org", []) == b"Authentication-Results: mx.example.org; none\r\n"


def test_skipped_has_no_word_and_is_left_out() -> None:
    skipped = AuthResult("dmarc", Status.SKIPPED)
    assert write("mx.example.org", [skipped]) == b"Authentication-Results: mx.example.org; none\r\n"
    assert b"dmarc" not in write("mx.example.org", [spf("a@b.example"), skipped])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("example.com", b"=example.com"),
        ("@example.com", b"=@example.com"),
        ("a+b.c_d-e@example.com", b"=a+b.c_d-e@example.com"),
        ("SRS0=x=y=z@example.com", b'="SRS0=x=y=z@example.com"'),
        ('"a b"@example.com', b'="\\"a b\\"@example.com"'),
        ("a;dkim=pass", b'="a;dkim=pass"'),
        ("a (b)", b'="a (b)"'),
        ("a\\", b'="a\\\\"'),
        ("a\r\nX: y", b'="a??X: y"'),
        ("a\0b\tc\x7f", b'="a?b?c?"'),
        ("jörg@bücher.example", b'="j?rg@b?cher.example"'),
        ("", b'=""'),
        ("[192.0.2.1]", b'="[192.0.2.1]"'),
        ("a@b@c", b'="a@b@c"'),
        ("a,b", b'="a,b"'),
        ("a,b@c.example", b'="a,b@c.example"'),
        ("a\n", b'="a?"'),
        (".a@b.example", b'=".a@b.example"'),
    ],
)
def test_how_a_value_is_written(text: str, written: bytes) -> None:
    assert write("mx.example.org", [spf(text)]) == (
        b"Authentication-Results: mx.example.org;\r\n spf=pass smtp.mailfrom" + written + b"\r\n"
    )


@pytest.mark.parametrize("name", ["", "a b", "mx.example.org; dkim=pass", "a\r\nb", 'a"b', "a(b)", "a/b", "a..b", "x" * 300])
def test_an_authserv_id_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        write(name, [])


def test_an_authserv_id_is_written_in_ascii() -> None:
    assert write("MX.bücher.example", []).startswith(b"Authentication-Results: mx.xn--bcher-kva.example;")


@pytest.mark.parametrize(
    "result",
    [
        AuthResult("dk im", Status.PASS),
        AuthResult("dkim;", Status.PASS),
        AuthResult("", Status.PASS),
        AuthResult("dkim", Status.PASS, "", "", (("header", "x"),)),
        AuthResult("dkim", Status.PASS, "", "", (("header.d=x", "x"),)),
    ],
)
def test_names_that_are_no_keywords_are_a_bug(result: AuthResult) -> None:
    with pytest.raises(ValueError, match="keyword"):
        write("mx.example.org", [result])


def test_a_long_value_is_cut_and_says_so() -> None:
    (result,) = read(value(write("mx.example.org", [spf("x" * 10_000)]))).results
    assert result.properties[0][1] == "x" * (AUTHRES_VALUE - 3) + "..."


TSPECIALS = set('()<>@,;:\\"/[]?= ')


@pytest.mark.parametrize("char", [chr(code) for code in range(128)])
def test_only_token_characters_stand_unquoted(char: str) -> None:
    written = value(write("mx.example.org", [spf(f"a{char}b")])).split(b"smtp.mailfrom=")[1]
    token = char.isprintable() and char not in TSPECIALS
    assert token or char == "@" or written.startswith(b'"')


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from(list('"\\;()=.@ \t\r\n\0,<>/é\u2028a')), max_size=60),
    st.sampled_from(
        [
            'x"; dkim=pass header.d=bank.example',
            "x\r\n\r\nbody",
            "\\",
            '\\"',
            "(",
            "; none",
            "x" * 10_000,
            '"' * 10_000,
            " " * 10_000,
        ]
    ),
    st.text(st.sampled_from('" \\a'), min_size=300, max_size=450),
)
RESULTS = st.lists(
    st.builds(
        AuthResult,
        st.sampled_from(["spf", "dkim", "dmarc", "x-own"]),
        st.sampled_from([status for status in Status if status is not Status.SKIPPED]),
        HOSTILE,
        st.just(""),
        st.lists(st.tuples(st.sampled_from(["smtp.mailfrom", "header.i", "policy.dmarc"]), HOSTILE), max_size=4).map(tuple),
    ),
    max_size=4,
)


def shown(text: str) -> str:
    text = re.sub("[^ -~]", "?", text)
    return text if len(text) <= AUTHRES_VALUE else text[: AUTHRES_VALUE - 3] + "..."


@given(RESULTS)
def test_what_is_written_reads_back_and_nothing_more(results: list[AuthResult]) -> None:
    field = write("mx.example.org", results)
    found = read(value(field))
    assert found.authserv_id == "mx.example.org"
    assert not found.defects
    assert [(each.method, each.result, each.reason or "", each.properties) for each in found.results] == [
        (given.method, given.status.value, shown(given.reason), tuple((name, shown(text)) for name, text in given.properties))
        for given in results
    ]


@given(RESULTS)
def test_a_written_field_is_one_field_of_short_printable_lines(results: list[AuthResult]) -> None:
    field = write("mx.example.org", results)
    message = parse(field + b"\r\nbody")
    assert [each.raw for each in message.fields] == [field]
    assert not message.defects
    lines = field.split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        assert len(line) <= MAX_LINE
        assert re.fullmatch(rb"[ -~]*[!-~][ -~]*", line)
    assert all(line.startswith(b" ") for line in lines[1:])


@given(st.lists(st.text(st.sampled_from("ab(;=é"), min_size=1, max_size=40), max_size=20).map(" ".join))
def test_lines_are_folded_where_a_space_allows_it(text: str) -> None:
    assert all(len(line) <= 78 for line in write("mx.example.org", [spf("a@b.example", text)]).split(b"\r\n"))
