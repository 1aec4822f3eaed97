"""Records, names and senders made to hurt: every answer comes soon, and none is an exception."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import AnswerStatus, Query, run
from mailsec.core.limits.network import MAX_TXT
from mailsec.core.limits.sender import SPF_TERMS
from mailsec.core.results import Status
from mailsec.sender.spf.evaluate import SpfResult, evaluate, evaluate_helo
from mailsec.sender.spf.record import parse
from tests.support import TableSource

IP = "192.0.2.1"


def judge(table: Any, mail_from: str = "alice@example.com", helo: str = "h.example") -> tuple[SpfResult, TableSource]:
    source = TableSource(table)
    started = time.process_time()
    result = run(evaluate(IP, mail_from, helo, now=0), source)
    assert time.process_time() - started < 2
    return result, source


def filled(pattern: str, size: int = MAX_TXT - 500) -> str:
    """A record of about `size` octets."""
    return "v=spf1 " + pattern * (size // len(pattern))


@pytest.mark.parametrize("pattern", ["a ", "mx ", "+all ", "x= ", "moo ", "a:%{d} ", "ip4:1.2.3.4 "])
def test_twenty_thousand_terms(pattern: str) -> None:
    record = parse(filled(pattern).encode())
    assert len(record.terms) == SPF_TERMS
    assert record.problems[-1].message == f"more than {SPF_TERMS} terms"
    result, source = judge({"example.com": {"TXT": [filled(pattern)]}})
    assert (result.status, len(source.asked)) == (Status.PERMERROR, 1)
    assert len(result.check.findings) <= 20


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 " + "a" * 65_000,
        "v=spf1 a:" + "a." * 32_000,
        "v=spf1 a:" + "%{" * 32_000,
        "v=spf1 a:" + "%%" * 32_000,
        "v=spf1 a:x.y" + "/1" * 30_000,
        "v=spf1 a:x.y/" + "1" * 60_000,
        "v=spf1 a" + "//" * 30_000,
        "v=spf1 ip4:" + "1." * 30_000,
        "v=spf1 ip6:" + ":" * 60_000,
        "v=spf1 " + " " * 65_000,
        "v=spf1 exists:%{d" + "1" * 60_000 + "}",
        "v=spf1 exists:%{d" + "." * 60_000 + "}",
        "v=spf1 " + "x" * 60_000 + "=",
        "v=spf1 " + "\x80" * 60_000,
    ],
)
def test_one_long_term(text: str) -> None:
    judge({"example.com": {"TXT": [text.encode("latin-1")]}})


@pytest.mark.parametrize("macro", ["%{s}", "%{l1r-}", "%{L}", "%{dr}", "%{i}", "%{h.-+,/_=}"])
def test_macro_bombs(macro: str) -> None:
    bomb = filled(macro, 60_000).removeprefix("v=spf1 ")
    table = {
        "example.com": {"TXT": [f"v=spf1 exists:{bomb} include:{bomb} -all exp=e.example"]},
        "e.example": {"TXT": [bomb]},
    }
    result, source = judge(table, "a-b." * 250_000 + "x@example.com", "h" * 500_000)
    assert result.status in (Status.FAIL, Status.PERMERROR)
    assert result.explanation == ""
    assert len(source.asked) <= 5


def test_many_terms_with_many_macros() -> None:
    record = "v=spf1 " + " ".join(["exists:" + "%{l1r-}" * 60 + ".x"] * 10) + " -all"
    result, _ = judge({"example.com": {"TXT": [record]}}, "a-b." * 100_000 + "x@example.com")
    assert (result.status, result.lookups) == (Status.FAIL, 10)


def test_includes_of_each_other() -> None:
    table = {
        name: {"TXT": [f"v=spf1 include:{other} include:{other} -all"]}
        for name, other in (("example.com", "b.c"), ("b.c", "example.com"))
    }
    result, source = judge(table)
    assert (result.status, len(source.asked)) == (Status.PERMERROR, 11)
    assert result.mechanism.count("include:") == 11


def test_a_deep_chain() -> None:
    table = {f"n{n}.example.com": {"TXT": [f"v=spf1 include:n{n + 1}.example.com -all"]} for n in range(1000)}
    result, source = judge(table, "a@n0.example.com")
    assert (result.status, len(source.asked)) == (Status.PERMERROR, 11)


def test_a_wide_tree_is_shown_once_for_each_term() -> None:
    table: dict[str, Any] = {
        "example.com": {"TXT": ["v=spf1 " + " ".join(f"include:i{n}.example" for n in range(10)) + " -all"]}
    }
    table |= {f"i{n}.example": {"TXT": [filled("ip4:198.51.100.1 ", 16_000) + "~all"]} for n in range(10)}
    result, _ = judge(table)
    assert result.status is Status.FAIL
    assert len(list(result.check.walk())) < 10_000


def test_thousands_of_records() -> None:
    result, source = judge({"example.com": {"TXT": ["v=spf1 -all"] * 4_000}})
    assert (result.status, len(source.asked)) == (Status.PERMERROR, 1)
    assert len(result.check.findings[0].evidence) <= 20


@pytest.mark.parametrize(
    "name", ["a\0b.example", "a\nb.example", "\x1b[31m.example", "a\x7f.example", "." * 10_000, "x" * 100_000, "\udcff.example"]
)
def test_names_that_no_question_can_be_made_of(name: str) -> None:
    table: dict[str, Any] = {"example.com": {"TXT": ["v=spf1 a:%{h} mx:%{h} exists:%{l}.%{h} ?include:%{h}.x%{h} -all"]}}
    result, source = judge(table, f"{name}@example.com", name)
    assert result.status in (Status.FAIL, Status.PERMERROR)
    assert [ask.name for ask in source.asked if isinstance(ask, Query)] == ["example.com"]
    result.sender.encode()
    result.reason.encode()


TERMS = ["a", "mx", "ptr", "exists:%{s}.%{h}", "include:%{o}", "include:%{d}", "redirect=%{p}.x", "a:%{l}.b/8//8", "exp=%{i}.c"]


@given(
    st.sampled_from([IP, "2001:db8::1", "::ffff:192.0.2.1", ""]) | st.text(max_size=20),
    st.text(max_size=30) | st.sampled_from(["a@example.com", "", "@", "é@bücher.example", "a@b@example.com"]),
    st.text(max_size=30) | st.sampled_from(["h.example", "bücher.example", "[192.0.2.1]"]),
    st.lists(
        st.sampled_from(TERMS) | st.text("aipmx4:/.=%{}dl-+~ 0129v", max_size=12),
        max_size=6,
    ),
    st.sampled_from([AnswerStatus.NODATA, AnswerStatus.NXDOMAIN, AnswerStatus.TIMEOUT, ["v=spf1 -all"]]),
)
def test_nothing_is_ever_raised(ip: str, mail_from: str, helo: str, terms: list[str], otherwise: Any) -> None:
    class Everything(TableSource):
        def start(self, ask: Any) -> Any:
            if ask.name not in self.table:
                self.table = {**self.table, ask.name: {"TXT": otherwise}}
            return super().start(ask)

    source = Everything({"example.com": {"TXT": [("v=spf1 " + " ".join(terms)).encode()]}})
    for flow in (evaluate(ip, mail_from, helo, now=0), evaluate_helo(ip, helo, now=0)):
        result = run(flow, source)
        assert result.lookups <= 12
        assert result.voids <= 3
        assert result.check.status is result.status is result.auth.status
        repr(result).encode()
