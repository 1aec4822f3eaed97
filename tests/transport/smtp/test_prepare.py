from __future__ import annotations

import email.utils
import smtplib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput, NothingToJudge
from mailsec.core.limits.transport import SMTP_BLOCK
from mailsec.transport.smtp.prepare import Content, Preparation, content_blocks, prepare

HOW = Preparation(1790000000, "0a1b", "client.example.test")
AS_IS = Preparation(1790000000, "0a1b", "client.example.test", as_is=True)
MEND = Preparation(1790000000, "0a1b", "client.example.test", mend=True)
WHOLE = b"Date: Mon, 21 Sep 2026 14:13:20 +0000\r\nMessage-ID: <1@x.test>\r\nFrom: a@x.test\r\n\r\nHi\r\n"


def rules(content: Content) -> list[str]:
    return [found.rule for found in content.findings]


def test_a_whole_message_is_left_alone() -> None:
    content = prepare(WHOLE, HOW)
    assert content == Content(WHOLE)
    assert content.size == len(WHOLE)


def test_line_ends_of_a_file_become_those_of_mail() -> None:
    assert prepare(WHOLE.replace(b"\r\n", b"\n"), HOW).data == WHOLE
    assert prepare(WHOLE.removesuffix(b"\r\n"), HOW).data == WHOLE


def test_a_submitter_adds_date_and_message_id() -> None:
    content = prepare(b"From: Alice <a@x.test>\n\nHi\n", HOW)
    assert content.added == ("Message-ID", "Date")
    header, _, body = content.data.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in header.decode().split("\r\n"))
    assert fields["Message-ID"] == "<1790000000.0a1b@x.test>"
    assert email.utils.parsedate_to_datetime(fields["Date"]).timestamp() == 1790000000
    assert fields["From"] == "Alice <a@x.test>"
    assert body == b"Hi\r\n"


@pytest.mark.parametrize("author", [b"From: a@x.test, b@y.test", b"From: nobody", b"Subject: none"])
def test_without_one_author_domain_the_message_id_has_this_host(author: bytes) -> None:
    assert b"<1790000000.0a1b@client.example.test>" in prepare(author + b"\n\nHi\n", HOW).data


def test_hidden_recipients_are_removed_with_their_folding() -> None:
    hidden = b"Bcc: c@x.test,\r\n d@x.test\r\nX: 1\r\nRESENT-BCC : e@x.test\r\nbcc:\r\n"
    content = prepare(hidden + WHOLE, HOW)
    assert content.data == b"X: 1\r\n" + WHOLE
    assert content.removed == ("Bcc", "RESENT-BCC", "bcc")
    assert rules(content) == []


def test_as_is_adds_and_removes_nothing() -> None:
    raw = b"Bcc: c@x.test\r\n\r\nHi\r\n"
    assert prepare(raw, AS_IS) == Content(raw)
    assert prepare(b"no header at all", AS_IS).data == b"no header at all\r\n"


def test_what_a_signature_covers_is_not_added() -> None:
    signed = b"DKIM-Signature: v=1; d=x.test; h=From : date:\r\n message-id:Date: bcc; b=abc\r\nFrom: a@x.test\r\n\r\nHi\r\n"
    content = prepare(signed, HOW)
    assert content.data == signed
    assert rules(content) == ["smtp-field-not-added"]
    assert rules(prepare(b"Bcc: b@x.test\r\n" + signed, HOW)) == ["smtp-bcc-signed", "smtp-field-not-added"]
    broken = signed.replace(b"v=1;", b"v=1; v=1;")
    assert prepare(broken, HOW).added == ("Message-ID", "Date")


def test_an_mbox_line_and_a_byte_order_mark_are_no_part_of_the_message() -> None:
    assert prepare(b"\xef\xbb\xbfFrom a@x.test Mon Sep 21 14:13:20 2026\r\n" + WHOLE, HOW).data == WHOLE


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (WHOLE + b"evil\n.\r\n", "a LF without CR at octet"),
        (WHOLE + b"evil\r.\r\n", "a CR without LF at octet"),
        (b"a: b\r\rc", "CR without LF at octet 4"),
        (b"From: a@x.test\n\nx\ry\n", "CR without LF at octet 17"),
        (WHOLE + b"\0", "a NUL at octet"),
        (WHOLE + b"x" * 999, "more than 998 octets"),
        (b"Subject: \xff\r\n\r\n", "not UTF-8, at octet 9"),
        (b"just a text\r\nof two lines\r\n", "no header field"),
    ],
)
def test_what_is_refused(file: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        prepare(file, HOW)


def test_a_header_too_large_to_be_read_could_hide_a_bcc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailsec.message.fields.MAX_FIELDS", 5)
    raw = b"X: y\r\n" * 10 + b"Bcc: c@x.test\r\n\r\nHi\r\n"
    with pytest.raises(BadInput, match="goes on at octet"):
        prepare(raw, HOW)
    assert prepare(raw, AS_IS).data == raw


def test_nothing_to_send() -> None:
    with pytest.raises(NothingToJudge):
        prepare(b"", HOW)


def test_lines_of_the_longest_length_pass() -> None:
    assert prepare(WHOLE + b"x" * 998, HOW).data == WHOLE + b"x" * 998 + b"\r\n"


def test_line_ends_are_mended_when_told() -> None:
    content = prepare(WHOLE + b"a\n.\r\r\nb\rc\n", MEND)
    assert content.data == WHOLE + b"a\r\n.\r\n\r\nb\r\nc\r\n"
    assert rules(content) == ["smtp-line-ends-mended"]


def test_as_is_lets_pass_what_only_breaks_and_says_so() -> None:
    content = prepare(b"Subject: \xff\r\n\r\n" + b"x" * 999, AS_IS)
    assert rules(content) == ["smtp-long-line", "smtp-header-not-utf8"]
    with pytest.raises(BadInput):
        prepare(b"a\rb", AS_IS)
    with pytest.raises(BadInput):
        prepare(b"a\0b", AS_IS)


def test_what_the_server_must_be_able_to() -> None:
    assert (prepare(WHOLE, HOW).eight_bit, prepare(WHOLE, HOW).utf8) == (False, False)
    body = prepare(WHOLE + "ä".encode(), HOW)
    assert (body.eight_bit, body.utf8) == (True, False)
    header = prepare("Subject: ä\r\n".encode() + WHOLE, HOW)
    assert (header.eight_bit, header.utf8) == (True, True)


PIECES = st.lists(st.sampled_from([b"\r\n", b".", b"a", b"\r\n.\r\n", b"..", b"From: x"]), max_size=60).map(b"".join)


@given(PIECES)
@example(b"")
@example(b".\r\n.\r\n")
def test_stuffing_is_that_of_the_standard_library(text: bytes) -> None:
    data = text if text.endswith(b"\r\n") else text + b"\r\n"
    sent = b"".join(content_blocks(data))
    assert sent == smtplib._quote_periods(data) + b".\r\n"
    assert sent.find(b"\r\n.\r\n") in (len(sent) - 5, -1)


@pytest.mark.parametrize("shift", range(-4, 5))
@pytest.mark.parametrize("piece", [b"\r\n.\r\n", b"\r\n..\r\n", b"a.\r\n", b"\r\n\r\n."])
def test_a_line_across_two_blocks_is_stuffed(piece: bytes, shift: int) -> None:
    data = b"x" * (SMTP_BLOCK + shift) + piece + b"y" * 10 + b"\r\n"
    blocks = list(content_blocks(data))
    assert len(blocks) == 2
    assert b"".join(blocks) == smtplib._quote_periods(data) + b".\r\n"


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"x", b"a: b", b"\r\n", b"\r\n.\r\n"]), max_size=40).map(b"".join))
def test_nothing_that_leaves_can_smuggle(file: bytes) -> None:
    """Whatever the file holds: only CRLF, and the line `.` nowhere but at the end."""
    for how in (HOW, AS_IS, MEND, Preparation(0, "u", "h", as_is=True, mend=True)):
        try:
            sent = b"".join(content_blocks(prepare(file, how).data))
        except (BadInput, NothingToJudge):
            continue
        assert sent.count(b"\r") == sent.count(b"\n") == sent.count(b"\r\n")
        assert sent.split(b"\r\n").count(b".") == 1
        assert sent.endswith((b"\r\n.\r\n",)) or sent == b".\r\n"
