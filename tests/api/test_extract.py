from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.api.extract import chosen, safe_name
from mailsec.api.inspect_case import Case, case_of
from mailsec.core.errors import BadInput
from mailsec.core.limits.spoofing import MAX_EXTRACTED_NAME
from mailsec.message.fields import parse

EXAMPLES = Path(__file__).parents[2] / "examples" / "messages"


def phish() -> Case:
    return case_of(parse((EXAMPLES / "phish.eml").read_bytes()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "1_report.pdf"),
        ("../../etc/passwd", "1_etc_passwd"),
        ("C:\\Windows\\x.dll", "1_C__Windows_x.dll"),
        (".bashrc", "1_bashrc"),
        ("CON", "1__CON"),
        ("nul.txt", "1__nul.txt"),
        ("a\x1b[31m\n.txt", "1_a_x1b[31m_n.txt"),
        ("a\u202efdp.exe", "1_a_u202efdp.exe"),
        ('a?*<>|".txt', "1_a______.txt"),
        ("...", "1_part.txt"),
        ("", "1_part.txt"),
        ("b\u00fcro.pdf", "1_b\u00fcro.pdf"),
    ],
)
def test_safe_names(name: str, expected: str) -> None:
    assert safe_name("1", "text/plain", name) == expected


def test_a_long_name_keeps_its_end() -> None:
    made = safe_name("2", "text/plain", "\u00fc" * 300 + ".pdf.exe")
    assert made.endswith("\u00fc.pdf.exe")
    assert "~" in made
    assert len(made.encode()) <= MAX_EXTRACTED_NAME + 2


@given(st.text(max_size=300))
def test_a_safe_name_is_one_file_in_the_folder(name: str) -> None:
    made = safe_name("1.2~3", "application/x-x", name)
    assert os.path.basename(made) == made
    assert made.startswith("1.2-3_")
    assert len(made.encode()) <= MAX_EXTRACTED_NAME + len("1.2-3_")
    assert made.isprintable() or not made.isascii()
    assert not any(char in made for char in '/\\:*?"<>|\0\n\x1b')


def test_all_are_the_leaves_and_enclosed_messages() -> None:
    assert [each.path for each in chosen(phish(), "all")] == ["1.1", "1.2", "2"]
    inner = b"From: c@d.example\r\n\r\ninner"
    data = b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    pieces = chosen(case_of(parse(data)), "all")
    assert [(each.path, each.name) for each in pieces[:2]] == [("1", "1_part.eml"), ("1.1", "1.1_part.txt")]
    assert pieces[0].content(case_of(parse(data))) == inner


def test_one_part_raw_and_decoded() -> None:
    case = phish()
    (piece,) = chosen(case, "2")
    assert piece.content(case)[:4] == b"PK\x03\x04"
    assert piece.content(case, encoded=True)[:4] == b"UEsD"
    (multipart,) = chosen(case, "1")
    assert b"--inner" in multipart.content(case, encoded=True)


def test_no_such_part() -> None:
    with pytest.raises(BadInput) as caught:
        chosen(phish(), "9\x1b")
    assert caught.value.message == "there is no part 9\\x1b"
    assert caught.value.hint == "the parts are 1, 1.1, 1.2, 2"
    many = b"".join(b"--x\r\n\r\n%d\r\n" % each for each in range(30))
    with pytest.raises(BadInput) as caught:
        chosen(case_of(parse(b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + many)), "no")
    assert caught.value.hint.endswith("20 and 10 more")
