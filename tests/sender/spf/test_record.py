"""The grammar of SPF records."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.results import Status
from mailsec.sender.spf.record import Kind, Mechanism, Modifier, Qualifier, Record, Unknown, is_spf, parse


def only(text: str) -> Mechanism:
    record = parse(f"v=spf1 {text}".encode())
    assert not record.problems, record.problems
    (term,) = record.terms
    assert isinstance(term, Mechanism)
    return term


def test_every_kind_of_term_with_its_position() -> None:
    text = b"v=spf1  A:x.example/24//64 -include:%{d1}.example  redirect=_spf.example.com Foo=bar%{i} exp=e.example "
    record = parse(text)
    assert not record.problems
    first, second, redirect, unknown, exp = record.terms
    assert isinstance(first, Mechanism)
    assert (first.kind, first.qualifier, first.prefix4, first.prefix6) == (Kind.A, Qualifier.PASS, 24, 64)
    assert isinstance(second, Mechanism)
    assert (second.kind, second.qualifier.status) == (Kind.INCLUDE, Status.FAIL)
    assert record.mechanisms == (first, second)
    assert record.redirect is redirect
    assert record.exp is exp
    assert isinstance(unknown, Modifier)
    assert (unknown.name, unknown.value.text) == ("foo", "bar%{i}")
    for term in record.terms:
        assert text[term.start : term.end] == term.text.encode()
    assert str(record) == "v=spf1 a:x.example/24//64 -include:%{d1}.example redirect=_spf.example.com foo=bar%{i} exp=e.example"


def test_addresses() -> None:
    four, six = only("?IP4:192.0.2.7/24"), only("~ip6:2001:DB8::1/32")
    assert (four.address, four.prefix4, four.prefix6) == (IPv4Address("192.0.2.7"), 24, None)
    assert (six.address, six.prefix4, six.prefix6) == (IPv6Address("2001:db8::1"), None, 32)
    assert (str(four), str(six)) == ("?ip4:192.0.2.7/24", "~ip6:2001:db8::1/32")


GOOD = """
    all -all a a/0 a//0 a/32//128 mx:a.b/8 MX ptr ptr:a.b exists:%{i} exists:%% a:x%_.b-c a:.b a:a:b/c.d a:a/b.c/24 a:x.1-2
    a:x.xn--p1ai include:a.b. ip4:1.2.3.4 ip6::: ip6:::1/0
"""


@pytest.mark.parametrize("term", GOOD.split())
def test_good_terms(term: str) -> None:
    assert str(only(term)) == term.lower()


@pytest.mark.parametrize(
    ("term", "offset"),
    [
        ("all.", 3),
        ("all:x", 3),
        ("all/8", 3),
        ("moo", 0),
        ("+", 0),
        ("--all", 0),
        ("-", 0),
        ("=x", 0),
        ("1up=x", 0),
        ("include", 7),
        ("exists", 6),
        ("exists/24", 6),
        ("include:", 8),
        ("include:a.b/24", 10),
        ("ptr/0", 3),
        ("ptr:", 4),
        ("a:", 2),
        ("a:museum", 2),
        ("a:museum.", 2),
        ("a:a.-b", 4),
        ("a:a.b-", 4),
        ("a:192.0.2.1", 10),
        ("a:a.b:80", 4),
        ("a:%{d}.", 6),
        ("a:%{d}x", 6),
        ("a:a..", 4),
        ("a/33", 2),
        ("a//129", 3),
        ("a/024", 2),
        ("a/24/64", 1),
        ("a/12345", 1),
        ("mx:a.b/33", 7),
        ("ip4", 3),
        ("ip4:", 4),
        ("ip4:1.2.3", 4),
        ("ip4:1.2.3.04", 4),
        ("ip4:1.2.3.4:25", 4),
        ("ip4:1.2.3.4/", 12),
        ("ip4:1.2.3.4/33", 12),
        ("ip4:1.2.3.4/032", 12),
        ("ip4:1.2.3.4//32", 12),
        ("ip4:1.2.3.4/99999", 12),
        ("ip4:::1", 4),
        ("ip6::1:2", 4),
        ("ip6:fe80::1%eth0", 4),
        ("ip6:::/129", 7),
        ("ip6", 3),
        ("redirect=", 9),
        ("redirect=-all", 9),
        ("exp=%{c}.a.b", 4),
        ("foo=%", 4),
        ("foo=a%abc", 5),
        ("foo=%{x}", 4),
        ("foo=%{d0}", 4),
        ("redirect:a.b", 0),
        ("a:x\0.b", 3),
        ("a:b\r.c", 3),
    ],
)
def test_bad_terms(term: str, offset: int) -> None:
    record = parse(f"v=spf1 {term}".encode())
    (problem,) = record.problems
    assert (problem.start - 7, problem.end - 7, problem.term) == (offset, len(term), term)
    assert record.terms == (Unknown(term, 7, 7 + len(term)),)
    assert str(record) == f"v=spf1 {term}"


def test_every_problem_is_reported() -> None:
    record = parse(b"v=spf1 moo a:b ip4:x -all")
    assert [problem.term for problem in record.problems] == ["moo", "a:b", "ip4:x"]
    assert [term.text for term in record.mechanisms] == ["-all"]


@pytest.mark.parametrize("name", ["redirect", "exp"])
def test_a_modifier_that_stands_twice(name: str) -> None:
    record = parse(f"v=spf1 {name}=a.b -all {name.upper()}=c.d".encode())
    (problem,) = record.problems
    assert problem.message == f"{name}= stands twice"
    assert problem.start == len(f"v=spf1 {name}=a.b -all ")


def test_unknown_modifiers_may_stand_twice() -> None:
    assert not parse(b"v=spf1 ra=a ra=b v=spf1 x=").problems


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"v=spf1", True),
        (b"V=SpF1 -all", True),
        (b"v=spf1\t-all", False),
        (b"v=spf10", False),
        (b"v=spf", False),
        (b"", False),
        (b" v=spf1", False),
    ],
)
def test_is_spf(data: bytes, expected: bool) -> None:
    assert is_spf(data) is expected


def test_text_that_is_no_record() -> None:
    assert parse(b"hello -all").problems[0].message == "the record does not begin with v=spf1"


def test_what_is_not_ascii() -> None:
    record = parse(b"v=spf1 a:\xffb.example caf\xc3\xa9=1 -all")
    assert [(problem.start, problem.term) for problem in record.problems] == [(9, "a:\\xffb.example"), (23, "café=1")]


def test_tabs_and_other_controls_separate_nothing() -> None:
    assert parse(b"v=spf1 a\tmx").problems


NAMES = st.sampled_from(["a.example", "%{d}", "%{ir}.%{v}._spf.%{d2}", "_x.y.example.", "%{l1r-+}.b.example"])
PREFIX4 = st.none() | st.integers(0, 32)
PREFIX6 = st.none() | st.integers(0, 128)


@st.composite
def terms(draw: st.DrawFn) -> str:
    sign = draw(st.sampled_from(["", "+", "-", "~", "?"]))
    kind = draw(st.sampled_from(["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists", "redirect", "x-y"]))
    match kind:
        case "all":
            return sign + kind
        case "redirect" | "x-y":
            return f"{kind}={draw(NAMES)}"
        case "ip4" | "ip6":
            four = kind == "ip4"
            prefix = draw(PREFIX4 if four else PREFIX6)
            slash = "" if prefix is None else f"/{prefix}"
            return f"{sign}{kind}:{draw(st.ip_addresses(v=4 if four else 6))}{slash}"
        case "a" | "mx":
            four, six = draw(PREFIX4), draw(PREFIX6)
            tail = ("" if four is None else f"/{four}") + ("" if six is None else f"//{six}")
            return f"{sign}{kind}{draw(st.sampled_from(['', ':'])) and ':' + draw(NAMES)}{tail}"
        case _:
            return f"{sign}{kind}:{draw(NAMES)}"


def bare(record: Record) -> list[object]:
    """What the terms say, without where they stand."""
    out: list[object] = []
    for term in record.terms:
        if isinstance(term, Mechanism):
            out.append((term.qualifier, term.kind, term.domain, term.address, term.prefix4, term.prefix6))
        else:
            assert isinstance(term, Modifier)
            out.append((term.name, term.value))
    return out


@given(st.lists(terms(), max_size=8))
def test_written_and_read_again(parts: list[str]) -> None:
    parts = [part for index, part in enumerate(parts) if not (part.startswith("redirect") and index)]
    record = parse(" ".join(["v=spf1", *parts]).encode())
    assert not record.problems
    again = parse(str(record).encode())
    assert bare(again) == bare(record)
    assert str(again) == str(record)


@given(st.binary(max_size=60) | st.text("aipmx4:/.=%{}dl-+~ 0129v", max_size=60).map(str.encode))
def test_nothing_makes_the_parser_raise(tail: bytes) -> None:
    data = b"v=spf1 " + tail
    record = parse(data)
    assert all(0 <= problem.start <= problem.end <= len(data) for problem in record.problems)
    assert len(record.terms) == len([part for part in tail.split(b" ") if part])
    record.text.encode()
