"""Header fields, byte-exact."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_FIELDS, MAX_HEADER_BYTES
from mailsec.message import fields
from mailsec.message.fields import Defect, DefectKind, Field, Message, parse

PLAIN = b"From: a@b.example\r\nSubject: one\r\n two\r\n\r\nbody\r\n"


def kinds(message: Message) -> list[DefectKind]:
    return [defect.kind for defect in message.defects]


def names(message: Message) -> list[bytes]:
    return [field.name for field in message.fields]


def test_a_well_formed_message() -> None:
    message = parse(PLAIN)
    assert message.fields == (
        Field(b"From", b"From: a@b.example\r\n", 0, 4),
        Field(b"Subject", b"Subject: one\r\n two\r\n", 19, 7),
    )
    assert message.fields[1].value == b" one\r\n two"
    assert message.fields[1].end == message.body - 2
    assert PLAIN[message.fields[1].value_start :].startswith(b" one")
    assert message.data[message.body :] == b"body\r\n"
    assert message.defects == ()
    assert message.file_offset(7) == 7


def test_names_compare_without_case_and_keep_it() -> None:
    message = parse(b"FROM: a\r\nfrom: b\r\n\r\n")
    assert names(message) == [b"FROM", b"from"]
    assert [field.value for field in message.all("From")] == [b" a", b" b"]
    assert message.first("fROM") is message.fields[0]
    assert message.first("To") is None
    assert message.defect(DefectKind.NUL) is None


@pytest.mark.parametrize(
    ("file", "expected", "body"),
    [
        (b"", [], b""),
        (b"A: x", [b"A"], b""),
        (b"A: x\r", [b"A"], b""),
        (b"A:\r\n\r\n", [b"A"], b""),
        (b"A: x\r\n \r\n\r\nb", [b"A"], b"b"),
        (b"A: x\r\n\r\n\r\nb", [b"A"], b"\r\nb"),
        (b"\r\nA: x\r\n", [], b"A: x\r\n"),
        (b"hello\r\nworld\r\n", [], b"hello\r\nworld\r\n"),
        (b"hello\r\nA: x\r\n\r\nb", [b"A"], b"b"),
        (b"A: x\r\nno colon\r\n folded: y\r\nB: z\r\n\r\nb", [b"A", b"B"], b"b"),
        (b"A : x\r\nB: y\r\n\r\n", [b"A", b"B"], b""),
        (b"A\t \t: x\r\n\r\n", [b"A"], b""),
        (b": x\r\nB: y\r\n\r\n", [b"B"], b""),
        (b"N\xe4me: x\r\nB: y\r\n\r\n", [b"B"], b""),
        (b" A: x\r\nB: y\r\n\r\n", [b"B"], b""),
        (b"A: x\r\n\nb\r\n", [b"A"], b"b\r\n"),
        (b"A: x\r\n\rB: y\r\nC: z\r\n\r\n", [b"A", b"C"], b""),
        (b"A: x\nFrom: hidden\r\n\r\n", [b"A", b"From"], b""),
        (b"A: x\rFrom: not seen\r\n\r\n", [b"A"], b""),
    ],
)
def test_where_fields_begin_and_end(file: bytes, expected: list[bytes], body: bytes) -> None:
    message = parse(file)
    assert names(message) == expected
    assert message.data[message.body :] == body


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"A: x\r\nb\r\nC\r\nD: y\r\n\r\n", [Defect(DefectKind.NO_COLON, 6, 9, 2)]),
        (b"A: x\r\nB c: y\r\n\r\n", [Defect(DefectKind.BAD_NAME, 6, 14)]),
        (b"A: x\r\nB : y\r\n\r\n", [Defect(DefectKind.SPACE_BEFORE_COLON, 6, 8)]),
        (b" A: x\r\nB: y\r\n\r\n", [Defect(DefectKind.LEADING_FOLD, 0, 7)]),
        (b"A: x\r\n", [Defect(DefectKind.NO_SEPARATOR, 6, 6)]),
        (b"A: x\r\n\r\na\nb\nc\r\n", [Defect(DefectKind.BARE_LF, 9, 10, 2)]),
        (b"A: x\r\n\r\na\rb\r\r\n", [Defect(DefectKind.BARE_CR, 9, 10, 2)]),
        (b"A: x\r\n\r\n\0\0\r\n", [Defect(DefectKind.NUL, 8, 9, 2)]),
        (b"A: x\n\n", [Defect(DefectKind.LF_ONLY, 0, 0, 2)]),
        (b"A: x\n\na\rb", [Defect(DefectKind.LF_ONLY, 0, 0, 2), Defect(DefectKind.BARE_CR, 9, 10)]),
    ],
)
def test_defects(file: bytes, expected: list[Defect]) -> None:
    assert list(parse(file).defects) == expected


def test_a_file_without_crlf_is_read_as_crlf_and_maps_back() -> None:
    file = b"From x@y Mon Jan  1 00:00:00 2026\nA: x\nB: y\n\nbody\n"
    message = parse(file)
    assert message.lf_only
    assert message.data == b"A: x\r\nB: y\r\n\r\nbody\r\n"
    assert kinds(message) == [DefectKind.MBOX_FROM, DefectKind.LF_ONLY]
    for at, octet in enumerate(message.data):
        here = file[message.file_offset(at)]
        assert here == (0x0A if octet == 0x0D else octet)
    assert message.file_offset(len(message.data)) == len(file)


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b"From a@b Mon\r\n", b"\xef\xbb\xbfFrom a@b Mon\r\n", b"From \r\n"])
def test_what_stands_in_front_is_set_aside(prefix: bytes) -> None:
    message = parse(prefix + PLAIN)
    assert message.data == PLAIN
    assert message.prefix == len(prefix)
    assert message.file_offset(0) == len(prefix)
    assert set(kinds(message)) <= {DefectKind.MBOX_FROM, DefectKind.BYTE_ORDER_MARK}


def test_a_lonely_mbox_line() -> None:
    assert parse(b"From a@b").data == b""


@pytest.mark.parametrize("space", [b" ", b"\t ", b" " * 5000])
def test_a_from_field_with_much_space_before_its_colon_is_no_mbox_line(space: bytes) -> None:
    message = parse(b"From" + space + b": evil@a.example\r\nTo: b\r\n\r\n")
    assert names(message) == [b"From", b"To"]
    assert kinds(message) == [DefectKind.SPACE_BEFORE_COLON]


def test_too_many_fields() -> None:
    message = parse(b"A: x\r\n" * (MAX_FIELDS + 1) + b"\r\n")
    assert len(message.fields) == MAX_FIELDS
    assert kinds(message) == [DefectKind.TOO_MANY_FIELDS]


def test_lines_that_are_no_fields_are_bounded_too() -> None:
    message = parse(b"A: x\r\n" + b"junk\r\n" * (MAX_FIELDS + 10))
    assert kinds(message) == [DefectKind.NO_COLON, DefectKind.TOO_MANY_FIELDS]
    assert message.defects[0].count == MAX_FIELDS - 1


def test_a_header_that_is_too_large() -> None:
    message = parse(b"A: " + b"x" * MAX_HEADER_BYTES + b"\r\nFrom: a\r\n\r\n")
    assert names(message) == [b"A"]
    assert kinds(message) == [DefectKind.HEADER_TOO_LARGE]


def test_ten_thousand_fields() -> None:
    message = parse(b"A: x\r\n" * 10_000 + b"\r\n")
    assert len(message.fields) == 10_000
    assert message.defects == ()


@pytest.mark.parametrize(
    "file",
    [
        b"A: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"A: " + b"\r\n " * 300_000 + b"\r\n\r\n",
        b"x" * 1_000_000,
        b"A: x\r\n" + b"x" * 60_000 + b"\r\n\r\n",
        b"A: x\r\n" + b"x " * 500_000 + b"\r\n\r\n",
        b"A" + b" " * 1_000_000 + b"\r\n\r\n",
        b"A: x\r\n\r\n" + b"\0" * 5_000_000,
        b"A: x\r\n\r\n" + b"\r" * 1_000_000,
        b"\n" * 1_000_000,
        b"A: x\n" * 100_000 + b"\r\n",
        b"From" + b" " * 1_000_000,
    ],
)
def test_hostile_forms_take_linear_time(file: bytes) -> None:
    started = time.process_time()
    parse(file)
    assert time.process_time() - started < 1


_LINE = st.sampled_from(
    [
        b"From: a@b",
        b"Subject: x",
        b" fold",
        b"\tfold",
        b"bad",
        b"Na me: x",
        b"A : x",
        b"",
        b"\0",
        b"\xef\xbb\xbf",
        b"From a",
        b": ",
        b"--",
    ]
)
_END = st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r", b"", b"\r\r\n"])
_FILES = st.lists(st.tuples(_LINE, _END).map(b"".join), max_size=12).map(b"".join) | st.binary(max_size=200)


@given(_FILES)
def test_nothing_is_lost_and_nothing_raises(file: bytes) -> None:
    message = parse(file)
    assert message.file_offset(len(message.data)) == len(file)
    assert (message.data.replace(b"\r\n", b"\n") if message.lf_only else message.data) == file[message.prefix :]
    assert len(set(kinds(message))) == len(message.defects)
    end = 0
    for field in message.fields:
        assert end <= field.start
        assert message.data[field.start : field.end] == field.raw
        assert field.raw[field.colon : field.colon + 1] == b":"
        assert field.raw[: field.colon].rstrip(b" \t") == field.name
        end = field.end
    assert end <= message.body <= len(message.data)


@given(_FILES)
def test_the_quick_way_gives_what_the_thorough_one_gives(file: bytes) -> None:
    quick = fields._quick_header(file)
    if quick is not None:
        assert fields._header(file) == (*quick, ())


_NAME = st.text("ABCxyz-019!~", min_size=1, max_size=8).map(str.encode)
_TEXT = st.binary(max_size=30).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b""))
_FIELD = st.builds(
    lambda name, lines: name + b":" + b"\r\n ".join(lines) + b"\r\n", _NAME, st.lists(_TEXT, min_size=1, max_size=3)
)


@given(
    st.sampled_from([b"", b"\xef\xbb\xbf", b"From me\r\n"]),
    st.lists(_FIELD, min_size=1, max_size=8),
    st.sampled_from([b"\r\n", b"\n"]),
    st.binary(max_size=50),
)
def test_prefix_fields_separator_and_body_are_the_file(
    prefix: bytes, header: list[bytes], separator: bytes, body: bytes
) -> None:
    file = prefix + b"".join(header) + separator + body
    message = parse(file)
    assert [field.raw for field in message.fields] == header
    assert (
        file[: message.prefix] + b"".join(field.raw for field in message.fields) + separator + message.data[message.body :]
        == file
    )
