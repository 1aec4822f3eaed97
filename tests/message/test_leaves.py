"""The union of all readings: the table of ambiguous messages, and what holds for any message."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.rules import Severity
from mailsec.message.checks import message_check
from mailsec.message.decode import Decoder
from mailsec.message.fields import Message, parse
from mailsec.message.leaf import standard_leaves
from mailsec.message.leaves import STANDARD, Leaf, Reading, contents, decoded, leaves, paths, raw, readings
from mailsec.message.mime import structure
from mailsec.message.ordinary import ordinary_readings
from mailsec.message.readings import other_readings

TABLE = json.loads((Path(__file__).parent.parent / "data" / "mime" / "ambiguities.json").read_text())
CASES: list[dict[str, Any]] = TABLE["cases"]


def union(data: bytes) -> tuple[Message, tuple[Leaf, ...]]:
    message = parse(data)
    return message, leaves(message, structure(message))


def content(message: Message, leaf: Leaf) -> bytes:
    return decoded(message, leaf).data


def as_listed(message: Message, leaf: Leaf) -> dict[str, Any]:
    data = content(message, leaf)
    listed = {
        "path": leaf.path,
        "reading": leaf.reading,
        "type": leaf.type,
        "decoder": leaf.decoder.value,
        "size": len(data),
        "sha256": sha256(data).hexdigest(),
    }
    return listed | ({"names": [name.text for name in leaf.names]} if leaf.names else {})


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_table(case: dict[str, Any]) -> None:
    message = parse(case["message"].encode("latin-1"))
    found = structure(message)
    seen = readings(message, found)
    hashes = {sha256(content(message, leaf).rstrip(b"\r\n")).hexdigest() for leaf in seen.leaves}
    assert TABLE["payload_sha256"] in hashes or not case["payload"]
    assert seen.complete
    assert [as_listed(message, leaf) for leaf in seen.leaves] == case["leaves"]
    check = message_check(message, found, None, seen)
    assert sorted({(each.rule, each.severity.value) for each in check.findings}) == [tuple(each) for each in case["findings"]]


def test_controls_stay_quiet_and_nothing_else_does() -> None:
    for case in CASES:
        worst = max((Severity(severity).rank for _, severity in case["findings"]), default=-1)
        assert worst < Severity.LOW.rank if case["control"] else worst >= Severity.LOW.rank, case["id"]


def test_the_table_is_large_enough_and_every_reading_has_a_case() -> None:
    assert len(CASES) >= 40
    assert {leaf["reading"] for case in CASES for leaf in case["leaves"]} == {STANDARD, *Reading}
    assert {leaf["decoder"] for case in CASES for leaf in case["leaves"]} == {*Decoder}


MIXED = (
    b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
    b"Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c\r\n"
    b"Content-Type: text/html\r\n\r\ntwo\r\n--c--\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\n\r\nthree\r\n--d--\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nfour\r\n--b--\r\n"
)


def test_parts_have_the_numbers_that_people_use() -> None:
    message, found = union(MIXED)
    assert [(leaf.path, content(message, leaf)) for leaf in found] == [
        ("1", b"text"),
        ("2.1", b"one"),
        ("2.2", b"two"),
        ("3.1", b"three"),
        ("4.1", b"four"),
    ]
    assert paths(structure(message).parts) == ["", "1", "2", "2.1", "2.2", "3", "3", "3.1", "4", "4.1"]
    single, (leaf,) = union(b"Subject: x\r\n\r\nbody")
    assert (leaf.path, bytes(raw(single, leaf)), leaf.standard, leaf.name) == ("1", b"body", True, "")


def test_a_leaf_within_encoded_content_is_got_at_through_its_holder() -> None:
    case = next(case for case in CASES if case["id"] == "uuencode-in-base64-text")
    message, found = union(case["message"].encode("latin-1"))
    inner = found[-1]
    assert (inner.path, inner.part, inner.name, inner.standard) == ("1~1", None, "hidden.exe", False)
    assert inner.holder == found[0]
    assert bytes(raw(message, inner)).startswith(b"begin 644 hidden.exe\r\n")


def test_contents_are_those_of_each_leaf() -> None:
    for case in CASES:
        message, found = union(case["message"].encode("latin-1"))
        assert [(leaf, each.data) for leaf, each in contents(message, found)] == [
            (leaf, content(message, leaf)) for leaf in found
        ]
    message, found = union(
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(b"".join(b"begin 644 %d\r\n#0V%%T\r\n#0V%%%c\r\n`\r\nend\r\n" % (n, 64 + n) for n in range(5)))
    )
    assert [(leaf.path, leaf.name) for leaf, _ in contents(message, reversed(found))][:2] == [("1~5", "4"), ("1~4", "3")]


def test_names_of_all_readings_belong_to_the_leaf() -> None:
    case = next(case for case in CASES if case["id"] == "name-field-twice")
    _, found = union(case["message"].encode("latin-1"))
    assert [name.text for name in found[1].names] == ["invoice.png", "invoice.exe"]
    assert found[1].name == "invoice.png"


ORDINARY = [case["message"].encode("latin-1") for case in CASES if case["id"].startswith("plain-")] + [MIXED]


@pytest.mark.parametrize("data", ORDINARY)
def test_the_short_way_and_the_long_way_agree_on_ordinary_messages(data: bytes) -> None:
    message = parse(data)
    found = structure(message)
    short, long = ordinary_readings(message, found), other_readings(message, found)
    if short is None:
        assert b"begin 644" in data
        return
    assert {(leaf.start, leaf.end, leaf.reading, leaf.decoder, leaf.names) for leaf in short.leaves} == {
        (leaf.start, leaf.end, leaf.reading, leaf.decoder, leaf.names) for leaf in long.leaves
    }


@pytest.mark.parametrize("case", [case for case in CASES if not case["control"]], ids=lambda case: case["id"])
def test_what_is_ambiguous_never_takes_the_short_way(case: dict[str, Any]) -> None:
    message = parse(case["message"].encode("latin-1"))
    found = structure(message)
    if len(case["leaves"]) > len(list(standard_leaves(found))):
        assert ordinary_readings(message, found) is None


_PIECES = st.sampled_from(
    [case["message"].encode("latin-1")[start : start + 60] for case in CASES[::3] for start in (160, 250, 330)]
    + [b"\r\n", b"\n", b"\r", b"--outer\r\n", b"--outer--\r\n", b"--", b"\0", b"=", b'"', b"(", b";", b"\\", b" ", b"boundary="]
)


@given(st.lists(_PIECES, max_size=25))
def test_any_message_can_be_read(pieces: list[bytes]) -> None:
    message = parse(b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=outer\r\n" + b"".join(pieces))
    found = structure(message)
    seen = readings(message, found)
    assert [leaf for leaf in seen.leaves if leaf.part is not None] == list(seen.leaves[: len(list(standard_leaves(found)))])
    assert len({leaf.path for leaf in seen.leaves}) == len(seen.leaves)
    for leaf in seen.leaves:
        assert 0 <= leaf.start <= leaf.end
        content(message, leaf)
    message_check(message, found, None, seen)
