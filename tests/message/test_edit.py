"""Byte-exact edits."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput
from mailsec.message.edit import insert, remove, replace
from mailsec.message.fields import parse

FILE = b"From: a@b\r\nTo: c\r\n\r\nbody\r\n"


def test_insert_on_top_and_before_a_field() -> None:
    message = parse(FILE)
    assert insert(FILE, message, [b"X: 1\r\n", b"Y: 2"]) == b"X: 1\r\nY: 2\r\n" + FILE
    assert insert(FILE, message, [b"X: 1\n folded\n"], 1) == b"From: a@b\r\nX: 1\r\n folded\r\nTo: c\r\n\r\nbody\r\n"
    assert insert(FILE, message, []) == FILE


def test_a_file_of_bare_line_feeds_keeps_them() -> None:
    file = FILE.replace(b"\r\n", b"\n")
    assert insert(file, parse(file), [b"X: 1\r\n 2\r\n"]) == b"X: 1\n 2\n" + file


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b"From a@b Mon\n", b"From a@b Mon\r\n"])
@pytest.mark.parametrize("file", [FILE, FILE.replace(b"\r\n", b"\n")])
def test_what_stands_in_front_stays_in_front(prefix: bytes, file: bytes) -> None:
    made = insert(prefix + file, parse(prefix + file), [b"X: 1"])
    assert made.startswith(prefix + b"X: 1")
    assert made.endswith(file)


def test_a_bad_first_line_stays_where_it_is() -> None:
    file = b" folded\r\n" + FILE
    assert insert(file, parse(file), [b"X: 1"]) == b" folded\r\nX: 1\r\n" + FILE


def test_remove_and_replace() -> None:
    message = parse(FILE)
    assert remove(FILE, message, message.all("from")) == b"To: c\r\n\r\nbody\r\n"
    assert remove(FILE, message, (*message.fields, *message.fields)) == b"\r\nbody\r\n"
    assert remove(FILE, message, ()) == FILE
    assert replace(FILE, message, message.fields[0], b"From: x@y") == b"From: x@y\r\nTo: c\r\n\r\nbody\r\n"


@pytest.mark.parametrize(
    "bad",
    [
        *(b"", b"\r\n", b"no colon", b" folded: x", b"A b: x", b"A : x", b"A: x\rB: y", b"A: \0", b"From x: y"),
        *(b"A: x\r\nB: y", b"A: x\n\nbody", b"A: x\r\n\r\n", b"\xef\xbb\xbfA: x", b"A: x\r\r\n"),
    ],
)
def test_only_one_whole_field_can_be_put_in(bad: bytes) -> None:
    message = parse(FILE)
    with pytest.raises(ValueError):
        insert(FILE, message, [bad])
    with pytest.raises(ValueError):
        replace(FILE, message, message.fields[0], bad)


def test_what_cannot_be_done() -> None:
    with pytest.raises(ValueError):
        insert(FILE, parse(FILE), [b"X: 1"], 2)
    with pytest.raises(ValueError):
        insert(FILE, parse(FILE), [b"X: 1"], -1)
    with pytest.raises(BadInput):
        insert(b"no header", parse(b"no header"), [b"X: 1"])


def test_ten_thousand_fields_out_of_a_large_file_in_one_pass() -> None:
    file = b"A: x\nB: y\n" * 9_000 + b"\n" + b"body\n" * 1_000_000
    message = parse(file)
    started = time.process_time()
    made = remove(file, message, message.all("A"))
    assert time.process_time() - started < 2
    assert made == b"B: y\n" * 9_000 + b"\n" + b"body\n" * 1_000_000


_PIECES = st.sampled_from([b"A: x", b"B: y", b" fold", b"junk", b"", b"C : z", b"body\r", b"\0", b"From: a"])
_FILES = st.tuples(
    st.sampled_from([b"", b"\xef\xbb\xbf", b"From me Mon\n", b"From me Mon\r\n", b"\xef\xbb\xbfFrom me\n"]),
    st.lists(st.tuples(_PIECES, st.sampled_from([b"\r\n", b"\n", b"\r"])).map(b"".join), max_size=10).map(b"".join)
    | st.lists(_PIECES, max_size=10).map(b"\n".join)
    | st.lists(_PIECES, max_size=10).map(b"\r\n".join),
).map(b"".join)
_NEW = st.lists(st.sampled_from([b"X-New: 1", b"X-New: 1\r\n 2\r\n", b"X-New:\n"]), min_size=1, max_size=3)


@given(_FILES, _NEW, st.data())
def test_insert_then_remove_gives_the_same_file(file: bytes, new: list[bytes], data: st.DataObject) -> None:
    message = parse(file)
    assume(message.fields)
    before = data.draw(st.none() | st.integers(0, len(message.fields) - 1))
    made = insert(file, message, new, before)
    again = parse(made)
    at = before or 0
    assert again.lf_only == message.lf_only
    assert [field.raw for field in again.fields[:at]] == [field.raw for field in message.fields[:at]]
    assert [field.name for field in again.fields[at : at + len(new)]] == [b"X-New"] * len(new)
    assert [field.raw for field in again.fields[at + len(new) :]] == [field.raw for field in message.fields[at:]]
    assert again.data[again.body :] == message.data[message.body :]
    assert remove(made, again, again.fields[at : at + len(new)]) == file


@given(_FILES)
def test_replacing_a_field_by_itself_changes_nothing(file: bytes) -> None:
    message = parse(file)
    for field in message.fields:
        try:
            same = replace(file, message, field, field.raw)
        except ValueError:
            assert b" :" in field.raw or field.raw.count(b"\r") != field.raw.count(b"\r\n") or b"\0" in field.raw
        else:
            assert same == file or field.raw.count(b"\n") != field.raw.count(b"\r\n") or not field.raw.endswith(b"\n")
