"""The grammar of a DMARC record."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.network import MAX_TAGS
from mailsec.sender.dmarc.record import (
    DefectKind,
    DmarcRecord,
    Mode,
    Policy,
    Psd,
    ReportUri,
    Scope,
    parse,
    to_text,
)


def record(text: str) -> DmarcRecord:
    found = parse(text)
    assert found is not None
    return found


def defects(text: str) -> list[tuple[DefectKind, str]]:
    return [(defect.kind, defect.tag) for defect in record(text).defects]


def test_a_full_record() -> None:
    found = record(
        "v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=r; t=y; psd=n; rua=mailto:a@example.com,"
        "https://example.com/report!10m; ruf=mailto:f@example.com; fo=1:d:s; pct=50; ri=3600; x=y"
    )
    assert (found.policy, found.subdomain_policy, found.nonexistent_policy) == (Policy.REJECT, Policy.QUARANTINE, Policy.NONE)
    assert (found.adkim, found.aspf, found.testing, found.psd) == (Mode.STRICT, Mode.RELAXED, True, Psd.NO)
    assert found.rua == (ReportUri("mailto:a@example.com"), ReportUri("https://example.com/report", "10m"))
    assert [uri.scheme for uri in found.rua] == ["mailto", "https"]
    assert found.ruf == (ReportUri("mailto:f@example.com"),)
    assert found.fo == ("1", "d", "s")
    assert found.removed == (("pct", "50"), ("ri", "3600"))
    assert found.unknown == (("x", "y"),)
    assert not found.defects


@pytest.mark.parametrize("text", ["v=DMARC1", "v=DMARC1;", "V = DMARC1 ;", "v=DMARC1;p=none", "v\t=\tDMARC1\t;"])
def test_the_version_comes_first(text: str) -> None:
    assert parse(text) is not None


@pytest.mark.parametrize(
    "text", ["", "v=dmarc1", " v=DMARC1", "v=DMARC1 p=none", "v=DMARC11", "v=DMARC1\n", "p=none; v=DMARC1", "v=DMARC1,p=none"]
)
def test_what_is_no_dmarc_record(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=DMARC1; nonsense; p=reject", [(DefectKind.NO_EQUALS, "nonsense")]),
        ("v=DMARC1; p=reject; 1x=y", [(DefectKind.BAD_NAME, "1x")]),
        ("v=DMARC1; p=reject; p=none", [(DefectKind.REPEATED, "p")]),
        ("v=DMARC1; p=", [(DefectKind.BAD_VALUE, "p")]),
        ("v=DMARC1; p=rejéct", [(DefectKind.BAD_VALUE, "p")]),
        ("v=DMARC1; adkim=x; aspf=; t=1; psd=q", [(DefectKind.BAD_VALUE, name) for name in ("adkim", "aspf", "t", "psd")]),
        ("v=DMARC1; fo=0:1", [(DefectKind.BAD_VALUE, "fo")]),
        ("v=DMARC1; fo=d:d", [(DefectKind.BAD_VALUE, "fo")]),
        ("v=DMARC1; fo=x", [(DefectKind.BAD_VALUE, "fo")]),
        ("v=DMARC1; rua=a@example.com,mailto:b@example.com,mailto:c", [(DefectKind.BAD_URI, "rua")] * 2),
        ("v=DMARC1;;; p=none ; ;", []),
    ],
)
def test_a_syntax_error_costs_its_own_tag_only(text: str, expected: list[tuple[DefectKind, str]]) -> None:
    assert defects(text) == expected


def test_the_first_of_two_equal_tags_counts() -> None:
    assert record("v=DMARC1; p=reject; p=none").policy is Policy.REJECT


def test_defects_say_where_they_are() -> None:
    text = "v=DMARC1; p = rejekt ; rua=mailto:a@b.example, x"
    bad = record(text).defects
    assert [text[defect.start : defect.end] for defect in bad] == ["rejekt", " x"]


def test_tag_names_are_case_sensitive() -> None:
    found = record("v=DMARC1; P=reject")
    assert found.policy is None
    assert found.unknown == (("P", "reject"),)


@pytest.mark.parametrize("name", ["rua", "ruf"])
@pytest.mark.parametrize(
    ("value", "uris"),
    [
        ("mailto:a@b.example!", ()),
        ("mailto:a@b.example!10x", ()),
        ("mailto:a!b@c.example", ()),
        ("mailto:a%21b@c.example", ("mailto:a%21b@c.example",)),
        ("mailto:a%2", ()),
        ("MAILTO:a@b.example?subject=x", ("MAILTO:a@b.example?subject=x",)),
        ("mailto:", ()),
        ("https://b.example/", ("https://b.example/",)),
        ("b.example", ()),
        (" mailto:a@b.example , mailto:c@d.example!5", ("mailto:a@b.example", "mailto:c@d.example")),
        ("", ()),
    ],
)
def test_report_addresses(name: str, value: str, uris: tuple[str, ...]) -> None:
    found = record(f"v=DMARC1; {name}={value}")
    assert tuple(uri.uri for uri in getattr(found, name)) == uris


def test_a_missing_policy_is_none_with_and_without_reports() -> None:
    for text in ("v=DMARC1", "v=DMARC1; rua=mailto:a@b.example"):
        assert record(text).usable
        assert record(text).requested(Scope.DOMAIN) is Policy.NONE


def test_a_missing_policy_leaves_the_subdomains_their_own() -> None:
    found = record("v=DMARC1; sp=reject; np=quarantine")
    assert found.requested(Scope.SUBDOMAIN) is Policy.REJECT
    assert found.requested(Scope.NONEXISTENT) is Policy.QUARANTINE


def test_test_mode_lowers_every_policy_by_one() -> None:
    assert [policy.lowered for policy in Policy] == [Policy.NONE, Policy.NONE, Policy.QUARANTINE]
    assert record("v=DMARC1; p=reject; t=y").applied(Scope.DOMAIN) is Policy.QUARANTINE


def test_tags_and_addresses_are_bounded() -> None:
    many = record("v=DMARC1;" + ";".join(f"{'x' * (at + 1)}=1" for at in range(MAX_TAGS + 5)))
    assert len(many.unknown) == MAX_TAGS
    assert many.defects[-1].kind is DefectKind.TOO_MANY
    uris = record("v=DMARC1; rua=" + ",".join(["mailto:a@b.example"] * (MAX_TAGS + 5)))
    assert len(uris.rua) == MAX_TAGS
    assert uris.defects[-1].kind is DefectKind.TOO_MANY


WORDS = st.sampled_from([None, *Policy])
URIS = st.lists(
    st.sampled_from(
        [ReportUri("mailto:a@b.example"), ReportUri("https://c.example/x?y=z", "3g"), ReportUri("mailto:d@e.example", "10")]
    ),
    max_size=3,
).map(tuple)
RECORDS = st.builds(
    DmarcRecord,
    policy=WORDS,
    subdomain_policy=WORDS,
    nonexistent_policy=WORDS,
    adkim=st.sampled_from(Mode),
    aspf=st.sampled_from(Mode),
    testing=st.booleans(),
    psd=st.sampled_from(Psd),
    rua=URIS,
    ruf=URIS,
    fo=st.sampled_from([("0",), ("1",), ("1", "d"), ("s", "0")]),
    removed=st.sampled_from([(), (("pct", "5"),), (("ri", "1"), ("rf", "afrf"))]),
    unknown=st.sampled_from([(), (("foo", "bar baz"),)]),
)


@given(RECORDS)
def test_what_is_written_reads_back(wanted: DmarcRecord) -> None:
    assert record(to_text(wanted)) == wanted


@given(
    st.one_of(st.text(max_size=80), st.lists(st.sampled_from(["p", "=", "none", ";", "rua", "mailto:a@b", ",", "!1k", " "])))
)
def test_parsing_never_raises_and_offsets_lie_inside(tail: str | list[str]) -> None:
    text = "v=DMARC1;" + (tail if isinstance(tail, str) else "".join(tail))
    found = record(text)
    assert all(0 <= defect.start <= defect.end <= len(text) for defect in found.defects)
    again = record(to_text(found))
    for each in fields(DmarcRecord):
        if each.compare and each.name != "unknown":
            assert getattr(again, each.name) == getattr(found, each.name)


def test_a_long_record_takes_no_longer_than_it_should() -> None:
    # quadratic work on any of these would take minutes
    for piece in (" ", ";", ",", "=", "a", "mailto:a@b,", "!1", "%41"):
        assert parse("v=DMARC1; p=none; rua=" + piece * 200_000) is not None
