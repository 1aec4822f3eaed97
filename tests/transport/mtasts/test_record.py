from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.transport.mtasts.record import StsRecord, parse, to_text


@pytest.mark.parametrize(
    "text", ["", "v=STSv2; id=1", "V=STSv1; id=1", "v=stsv1; id=1", " v=STSv1; id=1", "v=spf1 -all", "v=STSv10; id=1"]
)
def test_no_record(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "ident"),
    [
        ("v=STSv1; id=20160831085700Z;", "20160831085700Z"),
        ("v=STSv1;id=1", "1"),
        ("v=STSv1 ;\tid=" + "a" * 32 + " ; ", "a" * 32),
        ("v=STSv1; x.y-z_1=:-<>~; id=1", "1"),
    ],
)
def test_valid(text: str, ident: str) -> None:
    record = parse(text)
    assert record is not None
    assert (record.valid, record.id, record.defects) == (True, ident, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v=STSv1", "there is no id="),
        ("v=STSv1; id=", "id= is not 1 to 32 letters and digits"),
        ("v=STSv1; id=" + "a" * 33, "id= is not 1 to 32 letters and digits"),
        ("v=STSv1; id=2024-01-01", "id= is not 1 to 32 letters and digits"),
        ("v=STSv1; id= 1", "id= is not 1 to 32 letters and digits"),
        ("v=STSv1; ID=1", "there is no id="),
        ("v=STSv1; id=1; x=", "x= has no valid value"),
        ("v=STSv1; id=1; junk", "a part has no '='"),
    ],
)
def test_invalid(text: str, message: str) -> None:
    record = parse(text)
    assert record is not None
    assert not record.valid
    assert message in [defect.message for defect in record.defects]


def test_the_first_of_two_ids_counts() -> None:
    record = parse("v=STSv1; id=1; id=2")
    assert record is not None
    assert (record.valid, record.id, len(record.defects)) == (True, "1", 1)


@given(st.from_regex(r"[A-Za-z0-9]{1,32}", fullmatch=True))
def test_round_trip(ident: str) -> None:
    record = StsRecord(ident, (("x", "1"),))
    assert parse(to_text(record)) == record


@given(st.text(max_size=100))
def test_any_text(text: str) -> None:
    record = parse("v=STSv1;" + text)
    assert record is not None
    assert all(0 <= defect.start <= defect.end <= len(record.text) for defect in record.defects)
