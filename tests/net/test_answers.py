"""Saved answers: what is saved comes back, and a hostile file is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core import rdata
from mailsec.core.errors import BadInput
from mailsec.core.flow import (
    Answer,
    AnswerStatus,
    Ask,
    Dnssec,
    Fetch,
    Fetched,
    FetchStatus,
    Purpose,
    Query,
    Record,
    Reply,
    ask,
    fetch,
    gather,
    run,
    through,
)
from mailsec.net import answers
from mailsec.net.answers import ReplaySource, load
from mailsec.net.browse import Browser, PinnedFetch
from mailsec.net.deadline import timed_out
from mailsec.net.saving import SavingSource, dump
from mailsec.net.zone import load_zones
from tests.support import TableSource, answer

NOW = 1_790_000_000
ZONE = r"""
$ORIGIN example.com.
@ SOA ns host 1 2 3 4 60
@ TXT "v=spf1 -all" "\000\255"
@ MX 10 mx
mx A 192.0.2.1
mx AAAA 2001:db8::1
www CNAME mx
@ RRSIG TXT 13 2 300 20300101000000 20200101000000 1 example.com. AAAA
_25._tcp.mx TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
@ TYPE65280 \# 3 010203
@ CAA 0 issue "ca.example"
odd\.name TXT "x"
$ANSWER slow TIMEOUT
"""
QUESTIONS = [
    *(("example.com", type) for type in ("TXT", "MX", "SOA", "A", "CAA", "TYPE65280", "RRSIG", "nonsense")),
    *(("mx.example.com", "A"), ("mx.example.com", "AAAA"), ("www.example.com", "A"), ("www.example.com", "CNAME")),
    *(("_25._tcp.mx.example.com", "TLSA"), ("none.example.com", "TXT"), ("slow.example.com", "TXT"), ("elsewhere.test", "TXT")),
    *((r"odd\046name.example.com", "TXT"), ("bücher.example", "A"), ("a..b", "A"), ("", "NS")),
]


def saved(source: SavingSource | dict[Ask, Reply]) -> tuple[ReplaySource, int]:
    return load("saved.json", source.dump(NOW) if isinstance(source, SavingSource) else dump(source, NOW))


def test_a_run_comes_back() -> None:
    source = SavingSource(load_zones([("z", ZONE)]))
    flow = gather([ask(name, type) for name, type in QUESTIONS])
    first = run(flow, source)
    replay, now = saved(source)
    assert now == NOW
    assert run(gather([ask(name, type) for name, type in QUESTIONS]), replay) == first
    assert len(replay.replies) == len(QUESTIONS)
    assert source.left_out == 0
    source.close()
    replay.close()


def test_what_was_not_saved_is_unrecorded() -> None:
    replay, _ = saved({})
    found = run(ask("example.com", "TXT"), replay)
    assert (found.status, found.reason) == (AnswerStatus.UNRECORDED, "not among the saved answers")
    assert run(fetch("https://a.example/", 1), replay).status is FetchStatus.UNRECORDED
    with pytest.raises(RuntimeError):
        replay.wait()


class Web(TableSource):
    """Pages from anywhere, none of them at hand."""

    def __init__(self) -> None:
        super().__init__({"a.example": {"A": ["1.1.1.1"]}})
        self.flying: list[PinnedFetch] = []

    def start(self, ask: Ask) -> Reply | None:
        if isinstance(ask, PinnedFetch):
            self.flying.append(ask)
            return None
        return super().start(ask)

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        asked = self.flying.pop()
        return [(asked, Fetched(asked, FetchStatus.OK, 200, "text/plain", b"\0\xffpolicy", (b"leaf", b"root"), "fine"))]


def test_requests_come_back() -> None:
    source = SavingSource(Web())

    def visit() -> Any:
        return through(fetch("https://a.example/x", 100, redirects=3, accept="text/plain"), Browser().handle)

    first = run(visit(), source)
    assert first.status is FetchStatus.OK
    replay, _ = saved(source)
    assert run(visit(), replay) == first


def test_a_question_is_answered_as_it_was() -> None:
    replies = iter([AnswerStatus.TIMEOUT, AnswerStatus.NXDOMAIN])

    class Fickle(TableSource):
        def start(self, ask: Ask) -> Reply | None:
            assert isinstance(ask, Query)
            return Answer(ask, next(replies))

    source = SavingSource(Fickle({}))
    assert [run(ask("a.example", "A"), source).status for _ in range(3)] == [AnswerStatus.TIMEOUT] * 3


def test_a_question_that_was_cut_is_asked_again() -> None:
    query = Query("a.example", "A")
    for reason in ("no reply before the deadline of the domain", "not asked: the deadline of the domain has passed"):
        source = SavingSource(TableSource({}))
        source.keep(query, timed_out(query, reason))
        assert run(ask("a.example", "A"), saved(source)[0]).reason == reason
        assert run(ask("a.example", "A"), source).status is AnswerStatus.NXDOMAIN
        source.keep(query, timed_out(query, reason))
        assert run(ask("a.example", "A"), saved(source)[0]).status is AnswerStatus.NXDOMAIN


def test_only_so_many_are_kept() -> None:
    for size in range(256, 900, 7):
        source = SavingSource(TableSource({}), size)
        run(gather([ask(f"n{number}.example", "A") for number in range(5)]), source)
        query = Query("slow.example", "A")
        for reply in (timed_out(query, "no reply before the deadline of the domain"), Answer(query, AnswerStatus.NODATA)):
            source.keep(query, reply)
        data = source.dump(NOW)
        assert len(data) <= size
        assert json.loads(data)["left_out"] == source.left_out
        assert len(saved(source)[0].replies) + source.left_out >= 6
    assert source.left_out == 0


def test_the_file() -> None:
    replies: dict[Ask, Reply] = {}
    for name in ("b.example", "a.example"):
        found = answer(name, "TXT", ["v=spf1 -all"])
        replies[found.query] = found
    text = dump(replies, NOW)
    assert text == dump(dict(reversed(replies.items())), NOW)
    assert text.decode().splitlines() == [
        '{"schema": "mailsec-answers/1", "now": 1790000000, "left_out": 0,',
        '"answers": [',
        '{"name": "a.example", "type": "TXT", "status": "ok", "records": [{"owner": "a.example", "type": "TXT", "ttl": 300, '
        '"data": "C3Y9c3BmMSAtYWxs", "text": "\\"v=spf1 -all\\""}], "dnssec": "unchecked", "reason": ""},',
        '{"name": "b.example", "type": "TXT", "status": "ok", "records": [{"owner": "b.example", "type": "TXT", "ttl": 300, '
        '"data": "C3Y9c3BmMSAtYWxs", "text": "\\"v=spf1 -all\\""}], "dnssec": "unchecked", "reason": ""}],',
        '"fetches": []}',
    ]


# --- round trip

LABELS = st.binary(min_size=1, max_size=20).map(lambda raw: rdata.name(bytes((len(raw),)) + raw + b"\0"))
OWNERS = st.lists(LABELS, max_size=3).map(".".join)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WIRES: dict[str, st.SearchStrategy[bytes]] = {
    "A": st.binary(min_size=4, max_size=4),
    "AAAA": st.binary(min_size=16, max_size=16),
    "TXT": st.binary(max_size=600).map(rdata.encode_txt),
    "CNAME": st.binary(min_size=1, max_size=63).map(lambda raw: bytes((len(raw),)) + raw + b"\0"),
    "MX": st.binary(min_size=1, max_size=63).map(lambda raw: b"\0\1" + bytes((len(raw),)) + raw + b"\0"),
    "TYPE65280": st.binary(max_size=20),
}


@st.composite
def some_records(draw: Callable[..., Any], type: str, **size: int) -> tuple[Record, ...]:
    ttl = st.integers(0, 2**31 - 1)
    return tuple(draw(st.lists(st.builds(Record, OWNERS, st.just(type), ttl, WIRES[type]), max_size=3, **size)))


@st.composite
def some_answers(draw: Callable[..., Any]) -> Answer:
    type = draw(st.sampled_from(sorted(WIRES)))
    status = draw(st.sampled_from(AnswerStatus))
    records = draw(some_records(type, min_size=1)) if status is AnswerStatus.OK else ()
    aliases, proof = draw(some_records("CNAME")), draw(some_records("TXT"))
    return Answer(Query(draw(OWNERS), type), status, records, aliases, proof, draw(st.sampled_from(Dnssec)), draw(TEXTS))


@st.composite
def some_fetched(draw: Callable[..., Any]) -> Fetched:
    sizes = draw(st.integers(50, 10**6)), draw(st.integers(0, 9))
    fields = (draw(TEXTS), *sizes, draw(TEXTS), draw(st.binary()), draw(TEXTS), draw(st.sampled_from(Purpose)))
    asked = Fetch(*fields)
    if draw(st.booleans()):
        asked = PinnedFetch(*fields, tuple(draw(st.lists(TEXTS, max_size=3))))
    chain = tuple(draw(st.lists(st.binary(), max_size=3)))
    code = draw(st.integers(0, 999))
    return Fetched(
        asked, draw(st.sampled_from(FetchStatus)), code, draw(TEXTS), draw(st.binary(max_size=50)), chain, draw(TEXTS)
    )


@given(st.lists(some_answers(), max_size=3), st.lists(some_fetched(), max_size=3), st.integers(0, 2**40))
def test_round_trip(found: list[Answer], fetched: list[Fetched], now: int) -> None:
    replies: dict[Ask, Reply] = {each.query: each for each in found} | {each.fetch: each for each in fetched}
    replay, then = load("x", dump(replies, now))
    assert then == now
    assert replay.replies == replies
    assert dump(replay.replies, now) == dump(replies, now)


# --- what is no such file

GOOD = answer("a.example", "TXT", ["x"])
FETCHED = Fetched(PinnedFetch("https://a.example/", 10, addresses=("1.1.1.1",)), FetchStatus.OK, 200, "", b"x", (b"leaf",))


def content() -> dict[str, Any]:
    alias = Record("b.example", "CNAME", 1, b"\1a\0")
    found: dict[str, Any] = json.loads(dump({GOOD.query: replace(GOOD, aliases=(alias,)), FETCHED.fetch: FETCHED}, NOW))
    return found


def problem(data: bytes | dict[str, Any]) -> str:
    with pytest.raises(BadInput) as raised:
        load("f.json", data if isinstance(data, bytes) else json.dumps(data).encode())
    assert raised.value.message.startswith("f.json: ")
    assert raised.value.hint
    return raised.value.message.removeprefix("f.json: ")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe\xfd", "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"now": ' + b"9" * 5_000 + b"}", "not valid JSON"),
        (b"[]", "holds no saved answers of the form mailsec-answers/1"),
        (b"{}", "holds no saved answers"),
        (b'{"schema": "mailsec-answers/2"}', "holds no saved answers"),
        (b'{"schema": "mailsec-answers/1"}', "now is no number"),
        (b'{"schema": "mailsec-answers/1", "now": true}', "now is no number"),
        (b'{"schema": "mailsec-answers/1", "now": -1}', "now is no number"),
        (b'{"schema": "mailsec-answers/1", "now": 1}', "answers is no list"),
        (b'{"schema": "mailsec-answers/1", "now": 1, "answers": [1], "fetches": []}', "answers entry 1: is no object"),
    ],
)
def test_no_such_file(data: bytes, reason: str) -> None:
    assert problem(data).startswith(reason)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("answers.0.name", 1, "answers entry 1: name is no text"),
        ("answers.0.name", "\ud800", "answers entry 1: name has half a character"),
        ("answers.0.status", "fine", "answers entry 1: status is none of ok, nodata"),
        ("answers.0.status", "nodata", "answers entry 1: records and status do not fit together"),
        ("answers.0.records", [], "answers entry 1: records and status do not fit together"),
        ("answers.0.records", [1], "answers entry 1: a record is an object"),
        ("answers.0.records", {}, "answers entry 1: records is no list"),
        ("answers.0.type", "A", "answers entry 1: records do not fit the question"),
        ("answers.0.type", "ANY", "answers entry 1: 'ANY' is not a type that records have"),
        ("answers.0.dnssec", "sure", "answers entry 1: dnssec is none of"),
        ("answers.0.records.0.owner", "A.example", "answers entry 1: a record's owner or type is not as it was saved"),
        ("answers.0.records.0.owner", "a..example", "answers entry 1: 'a..example' has an empty label"),
        ("answers.0.records.0.type", "txt", "answers entry 1: a record's owner or type is not as it was saved"),
        ("answers.0.records.0.ttl", -1, "answers entry 1: ttl is no number from 0 to 2147483647"),
        ("answers.0.records.0.ttl", 1.5, "answers entry 1: ttl is no number"),
        ("answers.0.records.0.data", "?", "answers entry 1: data is not base64"),
        ("answers.0.records.0.data", "BXg=", "answers entry 1: a character-string runs over the end"),
        ("answers.0.aliases.0.data", "AWEAAA==", "answers entry 1: the data of CNAME is not valid"),
        ("answers.0.aliases.0.data", "wAw=", "answers entry 1: a label is not valid"),
        ("answers.0.aliases.0.type", "NS", "answers entry 1: aliases are CNAME records"),
        ("fetches.0.url", None, "fetches entry 1: url is no text"),
        ("fetches.0.addresses", ["1", 2], "fetches entry 1: a value is no text"),
        ("fetches.0.code", 1000, "fetches entry 1: code is no number from 0 to 999"),
        ("fetches.0.chain", ["??"], "fetches entry 1: a value is not base64"),
        ("fetches.0.chain", ["AA=="] * 21, "fetches entry 1: the reply is larger than was asked for"),
        ("fetches.0.max_bytes", 0, "fetches entry 1: the reply is larger than was asked for"),
        ("fetches.0.status", "great", "fetches entry 1: status is none of"),
    ],
)
def test_damaged(path: str, value: object, reason: str) -> None:
    data = content()
    at: Any = data
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[last] = value
    assert problem(data).startswith(reason)


@pytest.mark.parametrize(
    ("type", "wire", "reason"),
    [
        ("A", b"\1", "an A record has 4 octets"),
        ("AAAA", b"\1", "an AAAA record has 16 octets"),
        ("MX", b"\0", "a name runs over the end"),
        ("SOA", b"\0", "the data of SOA is not valid"),
        ("TLSA", b"\0", "the data of TLSA is not valid"),
        ("TXT", bytes(65_536), "a record's data has at most 65535 octets"),
    ],
)
def test_wire_data(type: str, wire: bytes, reason: str) -> None:
    query = Query("a.example", type)
    data = dump({query: Answer(query, AnswerStatus.OK, (Record("a.example", type, 1, wire),))}, NOW)
    assert problem(data).startswith(f"answers entry 1: {reason}")


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    many = replace(GOOD, records=GOOD.records * 5)
    monkeypatch.setattr(answers, "MAX_ANSWER_RECORDS", 4)
    assert problem(dump({GOOD.query: many}, NOW)) == "answers entry 1: more than 4 records"
    monkeypatch.setattr(answers, "MAX_ANSWERS_BYTES", 10)
    assert problem(dump({}, NOW)) == "larger than 10 octets"


def test_twice_the_same() -> None:
    data = content()
    data["answers"] *= 2
    assert problem(data) == "answers entry 2: stands there twice"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["name", "type", "status", "records", "url", "data"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_nothing_else_is_raised(value: object) -> None:
    for key in ("answers", "fetches"):
        text = {"schema": "mailsec-answers/1", "now": 1, "answers": [], "fetches": [], key: [value]}
        with pytest.raises(BadInput):
            load("f.json", json.dumps(text).encode())
