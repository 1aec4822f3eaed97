"""Reading Authentication-Results fields, and telling which claim to be ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import AUTHRES_BYTES, AUTHRES_RESULTS
from mailsec.sender.authres.read import AuthresDefect, MethodResult, authserv_id, claims, read
from mailsec.sender.authres.write import write


@pytest.mark.parametrize(
    ("value", "identity", "results"),
    [
        # the forms of RFC 8601 appendix B
        (b" example.org 1; none", "example.org", ()),
        (
            b" example.com;\r\n              spf=pass smtp.mailfrom=example.net",
            "example.com",
            (MethodResult("spf", "pass", None, (("smtp.mailfrom", "example.net"),)),),
        ),
        (
            b" example.com;\r\n auth=pass (cleartext) smtp.auth=sender@example.net;\r\n spf=pass smtp.mailfrom=example.net",
            "example.com",
            (
                MethodResult("auth", "pass", None, (("smtp.auth", "sender@example.net"),)),
                MethodResult("spf", "pass", None, (("smtp.mailfrom", "example.net"),)),
            ),
        ),
        (
            b' example.com; dkim=pass reason="good signature"\r\n header.i=@mail-router.example.net; '
            b'dkim=fail reason="bad signature" header.i=@newyork.example.com',
            "example.com",
            (
                MethodResult("dkim", "pass", "good signature", (("header.i", "@mail-router.example.net"),)),
                MethodResult("dkim", "fail", "bad signature", (("header.i", "@newyork.example.com"),)),
            ),
        ),
        (
            b" foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
            b"      policy (A dot can go here) . (like that) expired\r\n      (this surprised me) = (as I wasn't expecting it) "
            b"1362471462",
            "foo.example.net",
            (MethodResult("dkim", "fail", None, (("policy.expired", "1362471462"),)),),
        ),
    ],
)
def test_examples(value: bytes, identity: str, results: tuple[MethodResult, ...]) -> None:
    found = read(value)
    assert (found.authserv_id, found.results, found.version) == (identity, results, 1)
    assert not found.defects


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"a@b.example", "a@b.example"),
        (b'"a b"@c.example', '"a b"@c.example'),
        (b'"a b@c.example"', "a b@c.example"),
        (b'"a\\"b\\\\c"', 'a"b\\c'),
        (b'"a\r\n b"', "a b"),
        (b"SRS0=a=b@c.example(x)", "SRS0=a=b@c.example"),
        ("jörg@bücher.example".encode(), "jörg@bücher.example"),
        (b"\xff", "\\xff"),
        (b'x"y z"', 'x"y z"'),
        (b'""', ""),
    ],
)
def test_values(text: bytes, value: str) -> None:
    (result,) = read(b"mx.example; SPF = Pass smtp.mailfrom=" + text).results
    assert result == MethodResult("spf", "pass", None, (("smtp.mailfrom", value),))
    assert result.value("smtp.mailfrom") == value
    assert result.value("smtp.helo") is None


@pytest.mark.parametrize(
    ("value", "results", "defects"),
    [
        (b"", 0, [AuthresDefect.NO_ID, AuthresDefect.NO_RESULTS]),
        (b"mx.example", 0, [AuthresDefect.NO_RESULTS]),
        (b"mx.example;", 0, []),
        (b"; spf=pass", 1, [AuthresDefect.NO_ID]),
        (b"mx.example junk; spf=pass", 1, [AuthresDefect.NO_ID, AuthresDefect.BAD_VERSION]),
        (b"mx.example 1 2; spf=pass", 1, [AuthresDefect.BAD_VERSION]),
        (b"mx.example 1234567890; spf=pass", 1, [AuthresDefect.BAD_VERSION]),
        (b'"mx.example; spf=pass', 0, [AuthresDefect.OPEN_QUOTE, AuthresDefect.NO_ID, AuthresDefect.NO_RESULTS]),
        (b"mx.example; spf=pass (x; dkim=pass", 1, [AuthresDefect.OPEN_COMMENT]),
        (b"mx.example; spf; dkim=pass", 1, [AuthresDefect.BAD_RESULT]),
        (b"mx.example; spf=; dkim=pass", 1, [AuthresDefect.BAD_RESULT]),
        (b"mx.example; =x; dkim=pass", 1, [AuthresDefect.BAD_RESULT]),
        (b"mx.example; none x=y; dkim=pass", 1, [AuthresDefect.BAD_RESULT]),
        (b"mx.example; spf/x=pass; dkim=pass", 1, [AuthresDefect.BAD_RESULT]),
        (b"mx.example; spf=pass smtp.mailfrom; dkim=pass", 1, [AuthresDefect.BAD_RESULT]),
        (b"mx.example; spf=pass smtp.mailfrom=; dkim=pass", 1, [AuthresDefect.BAD_RESULT]),
        (b'mx.example; spf=pass x.y="; dkim=pass', 0, [AuthresDefect.OPEN_QUOTE, AuthresDefect.BAD_RESULT]),
        (b'mx.example; spf=pass ! "; dkim=fail" (; dkim=fail); dkim=pass', 1, [AuthresDefect.BAD_RESULT]),
        (b'mx.example; spf=pass ! "; dkim=pass', 0, [AuthresDefect.BAD_RESULT, AuthresDefect.OPEN_QUOTE]),
        (b"mx.example; dmarc=pass action=none header.from=a.example", 1, [AuthresDefect.BAD_PROPERTY]),
        (b"mx.example; spf=pass reason=a reason=b", 1, []),
        (b"mx.example; none; spf=pass", 1, []),
        (b"mx.example (a(b)c\\)d); spf=pass (((((x)))))", 1, []),
    ],
)
def test_what_is_not_by_the_grammar(value: bytes, results: int, defects: list[AuthresDefect]) -> None:
    found = read(value)
    assert len(found.results) == results
    assert list(found.defects) == defects


def test_versions() -> None:
    found = read(b"mx.example 2; spf/3=pass")
    assert (found.version, found.results[0].version) == (2, 3)


def test_bounds() -> None:
    assert len(read(b"a" + b"; x=y" * (AUTHRES_RESULTS + 5)).results) == AUTHRES_RESULTS
    found = read(b"a; x=y" + b" p.q=r" * (AUTHRES_RESULTS + 5))
    assert len(found.results[0].properties) == AUTHRES_RESULTS
    assert found.defects == (AuthresDefect.TOO_MANY,)
    assert AuthresDefect.TOO_LARGE in read(b"a; x=y " + b" " * AUTHRES_BYTES).defects


@pytest.mark.parametrize(
    "piece", [b"(", b")", b'"', b"\\", b";", b" ", b"a=", b'"" ', b"()", b'"\\', b"(\\", b"x.y=z ", b".", b"; a=b"]
)
def test_repeated_pieces_are_read_in_linear_time(piece: bytes) -> None:
    # quadratic work on any of these would take minutes
    read(b"mx.example; spf=pass " + piece * (AUTHRES_BYTES // len(piece)))
    claims(piece * (4 * AUTHRES_BYTES // len(piece)), "mx.example")


PIECES = st.lists(
    st.sampled_from(
        [b"mx.example", b"(", b")", b'"', b"\\", b";", b"=", b".", b"/", b" ", b"\r\n ", b"none", b"spf", b"1", b"\0", b"\xff"]
    ),
    max_size=30,
).map(b"".join)


@given(st.one_of(st.binary(max_size=80), PIECES))
def test_reading_never_raises(value: bytes) -> None:
    found = read(value)
    assert found.authserv_id == authserv_id(value)
    found_text = repr(found)
    found_text.encode()
    assert isinstance(claims(value, "mx.example"), bool)


@given(st.one_of(st.binary(max_size=80), PIECES))
def test_a_field_read_as_ours_claims_to_be_ours(value: bytes) -> None:
    if (authserv_id(value) or "").lower() == "mx.example":
        assert claims(value, "mx.example")


@given(PIECES)
def test_ours_before_the_first_semicolon_claims_whatever_stands_around_it(noise: bytes) -> None:
    assert claims(noise.replace(b";", b"") + b" mx.example ", "mx.example")


@pytest.mark.parametrize(
    "value",
    [
        b"mx.example; spf=pass",
        b" MX.Example ; none",
        b"mx.example.; none",
        b'"mx.example"; none',
        b'"m\\x.example"; none',
        b"mx.example 1; none",
        b"mx.example/1; none",
        b"(x) mx.example; none",
        b"(;) mx.example; none",
        b"(a(b;)c) mx.example; none",
        b'";" mx.example; none',
        b"(unclosed mx.example; none",
        b'"unclosed ; mx.example; none',
        b"mx\0.example; none",
        b"mx . example; none",
        b"mx.\r\n example; none",
        b"mx.(c)example; none",
        b"x. mx.example; none",
        b". mx.example; none",
        b"other.example (mx.example); none",
        b"mx.example",
        b"<mx.example>; none",
        b"a@mx.example; none",
        b"=?utf-8?q?mx.example?=; none",
        b"=?utf-8?b?bXguZXhhbXBsZQ==?=; none",
        "ｍｘ.example; none".encode(),
        b"",
        b"; spf=pass",
        b"   ; spf=pass",
        b"(x); spf=pass",
        b"(" + b"x" * 2000 + b") other.example; none",
    ],
)
def test_what_claims_to_be_ours(value: bytes) -> None:
    assert claims(value, "mx.example")
    assert claims(value, "MX.example.")


@pytest.mark.parametrize(
    "value",
    [
        b"other.example; none",
        b"notmx.example; none",
        b"sub.mx.example; none",
        b"mx.example.net; none",
        b"mx-example; none",
        b"other.example; mx.example=pass",
        b"other.example 1; spf=pass smtp.mailfrom=mx.example",
        "mx.exämple; none".encode(),
        "\u2028.\u2028; none".encode(),
    ],
)
def test_what_does_not(value: bytes) -> None:
    assert not claims(value, "mx.example")


def test_a_u_label_of_our_name_claims_it() -> None:
    assert claims("mx.bücher.example; none".encode(), "mx.xn--bcher-kva.example")
    assert claims(b"mx.xn--bcher-kva.example; none", "mx.bücher.example")


def test_what_we_write_claims_to_be_ours() -> None:
    assert claims(write("mx.example", []).partition(b":")[2], "mx.example")


@pytest.mark.parametrize(
    ("value", "identity"),
    [
        (b" mx.example; none", "mx.example"),
        (b'"mx example"; none', "mx example"),
        (b"i=1; mx.example; none", None),
        (b"mx.example extra; none", None),
        (b"mx.example 1; none", "mx.example"),
        (b"mx.example", "mx.example"),
        (b"(only)", None),
    ],
)
def test_who_wrote_it(value: bytes, identity: str | None) -> None:
    assert authserv_id(value) == identity
