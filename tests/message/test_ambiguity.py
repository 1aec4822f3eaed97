"""Details of the findings about what programs disagree on, and of how other readings are found."""

from __future__ import annotations

import pytest

from mailsec.core.limits.message import MAX_CLUE_BYTES, MAX_CLUES, MAX_LOOSE_FIELDS, MAX_READ_DEPTH, MAX_READ_LEAVES
from mailsec.message.checks import message_check
from mailsec.message.clues import clues, has_hidden_field, loose_fields
from mailsec.message.decode import Decoder
from mailsec.message.division import delimiters, divide, guessed, other_headers
from mailsec.message.fields import parse
from mailsec.message.leaves import Reading, readings
from mailsec.message.mime import structure
from mailsec.message.readings import _Explorer

HEAD = b"From: a@b.example\r\nDate: x\r\n"


def seen(data: bytes) -> list[tuple[str, str]]:
    message = parse(data)
    return [(leaf.path, leaf.reading) for leaf in readings(message, structure(message)).leaves]


@pytest.mark.parametrize(
    ("header", "hidden"),
    [
        (b"Content-Type: a/b\r\n\r\n", False),
        (b"DKIM-Signature: h=from:\r\n\tcontent-type:mime-version; b=a/b\r\n\r\n", False),
        (b"X: y\r\n Content-Type: a/b\r\n\r\n", True),
        (b"X: y\rContent-Type: a/b\r\n\r\n", True),
        (b"X: Content-Type: a/b\r\n\r\n", False),
        (b"X-Content-Type: a/b\r\n\r\n", False),
    ],
)
def test_hidden_fields(header: bytes, hidden: bool) -> None:
    assert has_hidden_field(header, 0, len(header)) is hidden


def test_the_search_for_fields_is_bounded() -> None:
    assert len(list(loose_fields(b"Content-Type: a/b\r\n" * (MAX_CLUES * 30)))) == MAX_LOOSE_FIELDS
    assert len(clues(b"".join(b"Content-Type: a/b; boundary=%d\r\n" % n for n in range(200)), "a/b").boundaries) <= MAX_CLUES
    assert clues(b"Content-Type: multipart/mixed; " + b"boundary=x" * 500 + b"\r\n\r\n", "a/b").boundaries


def test_words_do_not_hide_a_field_and_an_endless_header_is_said_to_be_read_in_part() -> None:
    header = b"X: " + b"content " * 5_000 + b"\r\n Content-Type: multipart/mixed; boundary=b\r\n"
    assert has_hidden_field(header, 0, len(header))
    data = HEAD + b"X: " + b"y" * MAX_CLUE_BYTES + b"\r\n\r\n"
    message = parse(data)
    assert not readings(message, structure(message)).complete


def test_what_a_header_may_mean() -> None:
    clue = clues(
        b"Content-Type: a/b\r\nContent-Type: multipart/x; boundary=c\r\nContent-Transfer-Encoding: x-qp\r\n\r\n", "t/p"
    )
    assert clue.types == ("a/b", "multipart/x")
    assert (clue.divided, clue.undivided, clue.messages, clue.plain) == (True, True, False, False)
    assert clue.decoders == (Decoder.QUOTED_PRINTABLE,)
    assert b"c" in clue.boundaries


def test_delimiters_of_every_kind() -> None:
    data = b"--b\r\nx\r\n--b--\r\n --b \r\n\r--bX\r\ny --b z"
    found = delimiters(data, 0, len(data), b"b")
    assert [(each.strict, each.line, each.whole, each.closing) for each in found] == [
        (True, True, True, False),
        (True, True, True, True),
        (False, True, True, False),
        (False, True, False, False),
        (False, False, False, False),
    ]
    assert divide([], 3, 9, final=True) == ((3, 9), (), (9, 9))
    assert divide(found[:2], 0, len(data), final=False).epilogue == (15, len(data))


def test_guesses() -> None:
    data = b"--x\r\nA: b\r\n--y--\r\n\r\n--x\r\nA: b\r\n--z\r\nA: b\r\n--w\r\nA: b\r\n"
    assert list(guessed(data, 0, len(data))) == [b"x", b"y", b"z"]


def test_other_ends_of_a_header() -> None:
    data = b"A: b\r\r\r\n\r\nContent-Type: a/b\r\n\r\nx"
    assert list(other_headers(data, 0, 8, len(data))) == [(0, 6)]
    data = b"\r\n\r\n: Content-Type: a/b\r\n\r\nx"
    assert list(other_headers(data, 0, 2, len(data))) == [(6, 27)]
    assert list(other_headers(b"A: b\r\n\r\nx", 0, 8, 9)) == []


def test_other_readings_go_only_so_deep() -> None:
    part = b"Content-Type: message/rfc822 (x)\r\n\r\n"
    message = parse(HEAD + part * (MAX_READ_DEPTH + 3) + b"Content-Transfer-Encoding: x-base64\r\n\r\nYQ==\r\n")
    found = structure(message)
    assert not readings(message, found).complete
    assert "message-mime-too-many-readings" in {each.rule for each in message_check(message, found).findings}


def test_the_leaves_that_other_readings_add_are_bounded() -> None:
    blocks = b"".join(b"begin 644 a\r\n#%c%c%c%c\r\n`\r\nend\r\n" % (33 + n % 60, 33 + n // 60, 40, 40) for n in range(1500))
    assert len(seen(HEAD + b"\r\n" + blocks)) == 1 + MAX_READ_LEAVES


def test_the_whole_of_a_message_without_a_type_may_be_a_multipart() -> None:
    data = HEAD + b"\r\n--x\r\nContent-Type: a/b\r\n\r\ncontent\r\n--x--\r\n"
    assert ("1~1", Reading.GUESSED_BOUNDARY) in seen(data)
    assert seen(data.replace(b"Date: x", b"Content-Type: text/plain")) == [("1", "standard")]


def test_findings_show_their_place_even_within_encoded_content() -> None:
    data = HEAD + b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQpib2R5\r\n"
    (finding,) = [each for each in message_check(parse(data)).findings if each.rule == "message-mime-encoded-part"]
    assert finding.evidence[0].text.startswith("U3Viam")
    assert finding.message == "1 leaf by an encoded part taken apart: text/plain"


@pytest.mark.parametrize("budget", range(0, 1500, 100))
def test_a_search_that_must_stop_keeps_the_leaves_of_the_standard(budget: int) -> None:
    data = HEAD + (
        b"Content-Type: multipart/mixed; boundary=c; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n--c\r\n"
        b"Content-Type: text/plain (x)\r\n\r\ntext\r\n--b\r\n\r\nfile\r\n--b--\r\n--c--\r\n"
    )
    message = parse(data)
    found = structure(message)
    explorer = _Explorer(message, found)
    explorer.budget = budget
    got = explorer.run()
    assert [leaf.path for leaf in got.leaves if leaf.standard] == ["1"]
    assert not got.complete
