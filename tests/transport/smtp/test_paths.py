from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailsec.transport.smtp.paths import NULL, Path, PathError, original_recipient, parse_path, xtext


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("bob@example.test", "bob@example.test"),
        ("<bob@example.test>", "bob@example.test"),
        ("Bob@Example.TEST", "Bob@example.test"),
        ('"bob the builder"@example.test', '"bob the builder"@example.test'),
        ('"b\\"o"@example.test', '"b\\"o"@example.test'),
        ('"bob"@example.test', "bob@example.test"),
        ("bob@bücher.example", "bob@xn--bcher-kva.example"),
        ("jürgen@example.test", "jürgen@example.test"),
        ("bob@[192.0.2.1]", "bob@[192.0.2.1]"),
        ("bob@[IPv6:2001:db8::1]", "bob@[IPv6:2001:db8::1]"),
        ("a+b=c@example.test", "a+b=c@example.test"),
    ],
)
def test_addresses(text: str, path: str) -> None:
    assert str(parse_path(text)) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<>",
        "bob",
        "postmaster",
        "bob@",
        "@example.test",
        "Bob <bob@example.test>",
        "bob@example.test, eve@example.test",
        "bob@example.test SIZE=1",
        "bob@example.test>\r\nRCPT TO:<eve@example.test",
        "bob@example.test\n",
        "bob\0@example.test",
        '"bob\r\nDATA"@example.test',
        '"b\tb"@example.test',
        "bob@exam ple.test",
        "bob (hi)@example.test",
        "@a.test,@b.test:bob@example.test",
        "bob@[300.1.1.1]",
        "bob@[2001:db8::1]",
        "bob@[IPv6:hello]",
        "bob@[tag:x]",
        "bob@-.test",
        "a" * 250 + "@example.test",
        "bob@x..y",
        "b..b@x.test",
        "<bob@example.test",
        "<<bob@example.test>>",
        "bob@example.test>",
        "friends: bob@example.test;",
    ],
)
def test_what_no_command_can_carry(text: str) -> None:
    with pytest.raises(PathError):
        parse_path(text)


def test_the_null_path_and_the_postmaster() -> None:
    assert parse_path("<>", null=True) == parse_path("", null=True) == NULL
    assert str(NULL) == ""
    assert str(parse_path("Postmaster", postmaster=True)) == "Postmaster"
    assert Path("a", "[192.0.2.1]").is_literal
    assert not Path("a", "b.test").is_literal
    assert (Path("ä", "b.test").utf8, Path("a", "b.test").utf8) == (True, False)


@given(st.text(max_size=40) | st.from_regex(r"[a-z\"\\<> \r\n\0@.,()\[\]:;]{1,20}@[a-z.\r\n>]{1,10}"))
@example('"\\\r"@a.b')
def test_no_path_can_end_a_command_early(text: str) -> None:
    """Whatever is accepted has no control character, and a space or bracket in a quoted string only."""
    try:
        path = parse_path(text)
    except PathError:
        return
    assert not set(str(path)) & set(map(chr, (*range(32), *range(127, 160))))
    if not path.local.startswith('"'):
        assert not set(str(path)) & set(' <>()",;:\\') or path.is_literal
    assert not set(path.domain) & set(' <>()",;\\')
    assert parse_path(str(path)) == path


def test_xtext() -> None:
    """RFC 3461 section 4 and the example of section 10.1."""
    assert xtext("Bob+tag=1@Example.test") == "Bob+2Btag+3D1@Example.test"
    assert xtext("a b") == "a+20b"
    assert original_recipient(Path("Dana", "ivory.test")) == "rfc822;Dana@ivory.test"
    assert original_recipient(Path("jürgen+x", "ivory.test")) == "utf-8;j\\x{FC}rgen\\x{2B}x@ivory.test"
