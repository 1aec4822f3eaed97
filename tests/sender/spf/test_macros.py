"""Macro-strings: the examples of RFC 7208 section 7.4 and what else section 7 says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import SPF_EXPANSION
from mailsec.sender.spf.macros import Macro, MacroError, Values, expand, name_of, parse, parse_domain

FOUR = Values(
    sender="strong-bad@email.example.com",
    local="strong-bad",
    sender_domain="email.example.com",
    domain="email.example.com",
    ip="192.0.2.3",
    validated="mx.example.org",
    network="in-addr",
    helo="host.example.net",
    readable_ip="192.0.2.3",
    receiver="mail.example.net",
    now=1_700_000_000,
)
SIX = Values(
    **{name: getattr(FOUR, name) for name in FOUR.__slots__}
    | {"ip": ".".join("20010DB8000000000000000000CB01"), "network": "ip6"}
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%{p}.%{h}", "mx.example.org.host.example.net"),
        ("%{D1}%%%_%-", "com% %20"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%{d127}", "email.example.com"),
        ("%{d99999999999999999999}", "email.example.com"),
        ("%{d002R}", "example.email"),
    ],
)
def test_expansion(text: str, expected: str) -> None:
    assert expand(parse(text), FOUR) == expected


def test_several_delimiters() -> None:
    values = Values(**{name: getattr(FOUR, name) for name in FOUR.__slots__} | {"local": "a+b-c_d=e/f,g.h"})
    assert expand(parse("%{l.-+,/_=}"), values) == "a.b.c.d.e.f.g.h"
    assert expand(parse("%{l2r-+}"), values) == "b.a"


def test_nibbles() -> None:
    assert expand(parse("%{ir}.%{v}.arpa"), SIX) == "1.0.B.C." + "0." * 18 + "8.B.D.0.1.0.0.2.ip6.arpa"


def test_what_only_explanations_may_have() -> None:
    text = "%{c} asked %{r} at %{t}"
    assert expand(parse(text, explanation=True), FOUR, explanation=True) == "192.0.2.3 asked mail.example.net at 1700000000"
    for letter in "crtCRT":
        with pytest.raises(MacroError, match="in explanations only"):
            parse(f"%{{{letter}}}")
    with pytest.raises(MacroError):
        parse("a b")


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("ab%", 2),
        ("a%{", 1),
        ("%{d", 0),
        ("%{}", 0),
        ("%(d)", 0),
        ("%{q}", 0),
        ("%{s1@}", 0),
        ("x%{d0}", 1),
        ("%{dd}", 0),
        ("é", 0),
        ("a\x7f", 1),
    ],
)
def test_bad_macro_strings(text: str, offset: int) -> None:
    with pytest.raises(MacroError) as raised:
        parse(text)
    assert raised.value.offset == offset


def test_parts() -> None:
    macros = parse("a%%b%{l2r-+}%{P}c")
    assert macros.parts == ("a", "%", "b", Macro("l", 2, True, "-+"), Macro("P"), "c")
    assert str(macros.parts[3]) == "%{l2r-+}"
    assert macros.uses_p
    assert not macros.fixed
    assert not parse("%{d}").uses_p
    assert parse("").parts == ()


def test_fixed_text_has_its_name() -> None:
    assert parse_domain("Mail.example.com.").name == "Mail.example.com"
    assert parse_domain("a%%b%_.example").name == "a%b\\032.example"
    assert parse_domain("%{d}.example").name == ""


def test_what_is_not_ascii_never_becomes_a_name() -> None:
    values = Values(**{name: getattr(FOUR, name) for name in FOUR.__slots__} | {"local": "jürgen"})
    for text in ("%{l}.example", "%{L}.example"):
        with pytest.raises(MacroError, match="a domain name cannot have"):
            expand(parse(text), values)
    assert expand(parse("%{l} %{L}", explanation=True), values, explanation=True) == "jürgen j%C3%BCrgen"


def test_a_lone_surrogate_does_not_stop_url_escaping() -> None:
    values = Values(**{name: getattr(FOUR, name) for name in FOUR.__slots__} | {"local": "\udcff"})
    assert expand(parse("%{L}", explanation=True), values, explanation=True) == "%3F"


@pytest.mark.parametrize("text", ["%{s}" * 400, "%{l1r-}" * 16_000, "a" * (SPF_EXPANSION + 1), "%{L}" * 9_000])
def test_expansion_is_bounded(text: str) -> None:
    with pytest.raises(MacroError, match="expands beyond"):
        expand(parse(text), FOUR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.example", "a.example"),
        ("a.example.", "a.example"),
        ("a b.example", "a\\032b.example"),
        ('a"\\.example', "a\\034\\092.example"),
        ("foo:bar/baz.example", "foo:bar/baz.example"),
        ("", ""),
        (".", ""),
        ("a..b", ""),
        (".a.b", ""),
        ("a.b..", ""),
        ("a\0.b", ""),
        ("a\x7f.b", ""),
        ("é.b", ""),
        ("a" * 63 + ".b", "a" * 63 + ".b"),
        ("a" * 64 + ".b", ""),
        ("x" * 300, ""),
        ("c." + "b" * 63 + ("." + "a" * 62) * 3, "b" * 63 + ("." + "a" * 62) * 3),
    ],
)
def test_name_of(text: str, expected: str) -> None:
    assert name_of(text) == expected


def test_a_long_name_loses_labels_from_the_left() -> None:
    name = name_of(".".join(f"label{index}" for index in range(100)))
    assert len(name) <= 253
    assert name.startswith("label")
    assert name.endswith(".label99")
    longest = "x" * 61 + "." + ".".join(["y" * 63] * 3)
    assert len(longest) == 253
    assert name_of(longest) == longest
    assert name_of("z." + longest) == longest
    assert name_of("zz" + longest) == ".".join(["y" * 63] * 3)


@given(st.text(max_size=40) | st.text("%{}sldp1r-._ ", max_size=40))
def test_the_parser_raises_its_own_error_only(text: str) -> None:
    for explanation in (False, True):
        try:
            macros = parse(text, explanation=explanation)
        except MacroError:
            continue
        assert expand(macros, FOUR, explanation=explanation).isascii()
        name_of(expand(macros, FOUR, explanation=True))
