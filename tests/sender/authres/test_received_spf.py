"""Reading Received-SPF fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import AUTHRES_BYTES, AUTHRES_RESULTS
from mailsec.sender.authres.read import AuthenticationResults, AuthresDefect, MethodResult
from mailsec.sender.authres.received_spf import read_received_spf

# the forms of RFC 7208 section 9.1, of Google, of Postfix's policy server, and of Microsoft
SAMPLES = [
    (
        b" pass (mybox.example.org: domain of myname@example.com\r\n  designates 192.0.2.1 as permitted sender)\r\n"
        b'  receiver=mybox.example.org; client-ip=192.0.2.1;\r\n  envelope-from="myname@example.com"; helo=foo.example.com;',
        "mybox.example.org",
        MethodResult(
            "spf",
            "pass",
            "mybox.example.org: domain of myname@example.com designates 192.0.2.1 as permitted sender",
            (
                ("receiver", "mybox.example.org"),
                ("smtp.remote-ip", "192.0.2.1"),
                ("smtp.mailfrom", "myname@example.com"),
                ("smtp.helo", "foo.example.com"),
            ),
        ),
    ),
    (
        b" fail (mybox.example.org: domain of x@y.example does not designate 192.0.2.1 as permitted sender)"
        b" identity=mailfrom; client-ip=192.0.2.1; envelope-from=x@y.example;",
        None,
        MethodResult(
            "spf",
            "fail",
            "mybox.example.org: domain of x@y.example does not designate 192.0.2.1 as permitted sender",
            (("identity", "mailfrom"), ("smtp.remote-ip", "192.0.2.1"), ("smtp.mailfrom", "x@y.example")),
        ),
    ),
    (
        b" None (no SPF record) identity=helo; client-ip=192.0.2.1; helo=h.example; envelope-from=x@y.example;"
        b" receiver=<UNKNOWN>",
        "UNKNOWN",
        MethodResult(
            "spf",
            "none",
            "no SPF record",
            (
                ("identity", "helo"),
                ("smtp.remote-ip", "192.0.2.1"),
                ("smtp.helo", "h.example"),
                ("envelope-from", "x@y.example"),
                ("receiver", "UNKNOWN"),
            ),
        ),
    ),
    (
        b" Pass (protection.outlook.com: domain of a.example designates 192.0.2.1) receiver=protection.outlook.com;"
        b" client-ip=192.0.2.1; helo=a.example; pr=C",
        "protection.outlook.com",
        MethodResult(
            "spf",
            "pass",
            "protection.outlook.com: domain of a.example designates 192.0.2.1",
            (
                ("receiver", "protection.outlook.com"),
                ("smtp.remote-ip", "192.0.2.1"),
                ("smtp.helo", "a.example"),
                ("pr", "C"),
            ),
        ),
    ),
    (b" softfail", None, MethodResult("spf", "softfail")),
    (b'pass (a (b) \\) c) x="q\\"r"', None, MethodResult("spf", "pass", "a (b) \\) c", (("x", 'q"r'),))),
]


@pytest.mark.parametrize(("value", "receiver", "result"), SAMPLES)
def test_samples(value: bytes, receiver: str | None, result: MethodResult) -> None:
    assert read_received_spf(value) == AuthenticationResults(receiver, 1, (result,), ())


@pytest.mark.parametrize(
    ("value", "defect"),
    [
        (b"", AuthresDefect.BAD_RESULT),
        (b" ;;", AuthresDefect.BAD_RESULT),
        (b" pass (open", AuthresDefect.OPEN_COMMENT),
        (b" pass key", AuthresDefect.BAD_PROPERTY),
        (b" pass a=b; !", AuthresDefect.BAD_PROPERTY),
        (b" pass " + b"a=b;" * (AUTHRES_RESULTS + 1), AuthresDefect.TOO_MANY),
        (b" pass (" + b"x" * AUTHRES_BYTES, AuthresDefect.TOO_LARGE),
    ],
)
def test_defects(value: bytes, defect: AuthresDefect) -> None:
    found = read_received_spf(value)
    assert defect in found.defects
    assert len(found.results) == (defect is not AuthresDefect.BAD_RESULT)


@given(st.binary(max_size=200) | st.text(alphabet='pas ()"\\=;<>a1', max_size=200).map(str.encode))
def test_it_never_raises(value: bytes) -> None:
    read_received_spf(value)


@pytest.mark.parametrize("piece", [b'a="', b"a=<", b'a="\\', b"(", b"a=b ", b"=", b";"])
def test_it_is_linear(piece: bytes) -> None:
    read_received_spf(b"pass " + piece * 100_000)
