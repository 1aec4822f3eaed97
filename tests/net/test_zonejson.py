"""Zones in JSON."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core import rdata
from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, AnswerStatus, Query
from mailsec.net.zone import ZoneSource, load_zones

WORLD = {
    "zones": ["example.com", "zoné.test."],
    "example.com": {"TXT": ["v=spf1 -all", ["two ", "strings"]], "MX": "10 mx", "A": [], "SPF": "x" * 300},
    "mx.example.com.": {"A": ["192.0.2.1", "192.0.2.2"], "AAAA": "2001:db8::1", "MX": "TIMEOUT"},
    "alias.example.com": {"CNAME": "mx.example.com."},
    "*.wild.example.com": {"TXT": ["TIMEOUT"]},
    "slow.example": "TIMEOUT",
    "half.example": {"TXT": "SERVFAIL"},
    "bare.example": {},
    "bücher.example": {"TXT": "ü", "TYPE16": r'"\252"', "TLSA": "3 1 1 " + "ab" * 32},
    "own.example": {"SOA": "ns. host. 1 2 3 4 5"},
}


@pytest.fixture(scope="module")
def source() -> ZoneSource:
    return load_zones([("world.json", "\ufeff\n " + json.dumps(WORLD))])


def reply(source: ZoneSource, name: str, type: str) -> Answer:
    answer = source.start(Query(name, type))
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize(
    ("name", "type", "shown"),
    [
        ("example.com", "TXT", ['"v=spf1 -all"', '"two " "strings"']),
        ("example.com", "MX", ["10 mx."]),
        ("example.com", "SPF", ['"' + "x" * 255 + '" "' + "x" * 45 + '"']),
        ("mx.example.com", "A", ["192.0.2.1", "192.0.2.2"]),
        ("mx.example.com", "AAAA", ["2001:db8::1"]),
        ("alias.example.com", "A", ["192.0.2.1", "192.0.2.2"]),
        ("a.wild.example.com", "TXT", ['"TIMEOUT"']),
        ("xn--bcher-kva.example", "TXT", [r'"\195\188"', r'"\252"']),
    ],
)
def test_records(source: ZoneSource, name: str, type: str, shown: list[str]) -> None:
    answer = reply(source, name, type)
    assert [rdata.show(type, record.rdata) for record in answer.records] == shown
    assert {record.ttl for record in answer.records} == {300}


@pytest.mark.parametrize(
    ("name", "type", "status"),
    [
        ("example.com", "A", AnswerStatus.NODATA),
        ("example.com", "AAAA", AnswerStatus.NODATA),
        ("example.com", "SOA", AnswerStatus.UNRECORDED),
        ("example.com", "NS", AnswerStatus.UNRECORDED),
        ("www.example.com", "A", AnswerStatus.NXDOMAIN),
        ("mx.example.com", "MX", AnswerStatus.TIMEOUT),
        ("alias.example.com", "MX", AnswerStatus.TIMEOUT),
        ("x.xn--zon-dma.test", "A", AnswerStatus.NXDOMAIN),
        ("slow.example", "TXT", AnswerStatus.TIMEOUT),
        ("x.slow.example", "TXT", AnswerStatus.UNRECORDED),
        ("half.example", "TXT", AnswerStatus.SERVFAIL),
        ("half.example", "A", AnswerStatus.UNRECORDED),
        ("bare.example", "A", AnswerStatus.UNRECORDED),
        ("own.example", "A", AnswerStatus.NODATA),
        ("x.own.example", "A", AnswerStatus.NXDOMAIN),
        ("own.example", "SOA", AnswerStatus.OK),
        ("own.example", "TLSA", AnswerStatus.NODATA),
        ("elsewhere.test", "A", AnswerStatus.UNRECORDED),
    ],
)
def test_status(source: ZoneSource, name: str, type: str, status: AnswerStatus) -> None:
    assert reply(source, name, type).status is status


def test_a_closed_world() -> None:
    source = load_zones([("z", '{"zones": ["."], "example.com": {"TXT": "x"}}')])
    assert reply(source, "example.com", "TXT").status is AnswerStatus.OK
    assert reply(source, "com", "TXT").status is AnswerStatus.NODATA
    assert reply(source, "org", "TXT").status is AnswerStatus.NXDOMAIN
    assert not reply(source, "org", "TXT").proof


def test_a_name_that_is_called_zones() -> None:
    source = load_zones([("z", '{"zones": {"TXT": "x"}}')])
    assert reply(source, "zones", "TXT").status is AnswerStatus.OK


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": {"TXT": "x"},\n"b": }', "z.json, line 2: not valid JSON"),
        ('{"a": {}, "a": {}}', "'a' stands twice"),
        ('{"a": {"TXT": "x", "TXT": "y"}}', "'TXT' stands twice"),
        ('{"a": ' * 100_000, "not valid JSON"),
        ('{"a": ' + "9" * 5_000 + "}", "not valid JSON"),
        ('{"a": []}', "z.json, 'a': a name has an object"),
        ('{"a": "SLOW"}', "'SLOW' is not a status"),
        ('{"a": {"TXT": 1}}', "a record is a text"),
        ('{"a": {"TXT": [[1]]}}', "a record is a text"),
        ('{"a": {"TXT": [[]]}}', "one string or more"),
        ('{"a": {"TXT": "' + "x" * 70_000 + '"}}', "at most 65535"),
        ('{"a": {"TXT": [["' + "x" * 256 + '"]]}}', "at most 255"),
        (r'{"a": {"TXT": "\ud800"}}', "surrogates"),
        ('{"a": {"A": "x"}}', "'a': "),
        ('{"a": {"NONSENSE": "x"}}', "not a record type"),
        ('{"a..b": {}}', "empty label"),
        ('{"zones": ["a..b"]}', "empty label"),
        ('{"zones": [1]}', "a record is a text"),
        ('{"a": {"CNAME": "b", "A": "192.0.2.1"}}', "CNAME and other"),
        ('{"a": {"TXT": ["x"], "TYPE16": "SERVFAIL"}}', "another answer"),
        ('{"a": {"MX": "10 \\"b"}}', "not closed"),
    ],
)
def test_errors_name_the_place(text: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_zones([("z.json", text)])
    assert words in caught.value.message
    assert caught.value.message.isprintable()


def test_what_starts_like_json_and_is_a_list() -> None:
    with pytest.raises(BadInput):
        load_zones([("z", "[]")])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["TIMEOUT", "x", "10 a", "192.0.2.1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["TXT", "A", "MX", "CNAME", "SOA", "a.b", "zones", "*"]) | st.text(max_size=4), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a.example", "zones", "."]) | st.text(max_size=5), JSON, max_size=4))
def test_any_json_is_read_or_refused(content: object) -> None:
    with suppress(BadInput):
        load_zones([("z", json.dumps(content))])
