from __future__ import annotations

import pytest

from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Query, Record
from mailsec.core.lookup import evidence, failed, failure, listed, quoted, texts, txt_line

ASKED = Query("example.com", "TXT")


@pytest.mark.parametrize("status", AnswerStatus)
@pytest.mark.parametrize("dnssec", Dnssec)
def test_what_nothing_was_learned_from(status: AnswerStatus, dnssec: Dnssec) -> None:
    assert failed(Answer(ASKED, status, dnssec=dnssec)) is (status.failed or dnssec is Dnssec.BOGUS)


def test_why() -> None:
    assert failure(Answer(ASKED, AnswerStatus.TIMEOUT)) == "TXT lookup of example.com: timeout"
    bogus = Answer(ASKED, AnswerStatus.OK, dnssec=Dnssec.BOGUS, reason="expired")
    assert failure(bogus) == "TXT lookup of example.com: bogus (expired)"


def test_texts() -> None:
    records = tuple(Record("a", "TXT", 1, data) for data in (b"\1a\1b", b"\5a", b"\1\xff"))
    assert texts(Answer(ASKED, AnswerStatus.OK, records)) == ["ab", "\\xff"]


def test_long_records_are_clipped_in_evidence() -> None:
    assert quoted("a", "x" * 70_000, 1, 2_000).start is None
    assert len(quoted("a", "x" * 70_000).text) == 1_000
    assert (quoted("a", "xyz", 1, 2).start, quoted("a", "xyz", 1, 2).end) == (1, 2)
    assert evidence(Record("a", "TXT", 1, b"\1a")).text == '"a"'


def test_lists() -> None:
    assert listed([]) == ""
    assert listed(["a"] * 10) == ", ".join(["a"] * 10)
    assert listed(["a"] * 12) == ", ".join(["a"] * 10) + " and 2 more"


def test_lines_of_zone_files() -> None:
    assert txt_line("a.example", 'x"') == 'a.example. IN TXT "x\\""'
    assert txt_line("a", "x" * 256) == f'a. IN TXT "{"x" * 255}" "x"'
