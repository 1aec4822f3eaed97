from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.domains import DomainError, is_name, is_within, parent, to_ascii, to_unicode


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.com", "example.com"),
        ("EXAMPLE.Com.", "example.com"),
        ("com", "com"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("sel_1._domainkey.a-b.example", "sel_1._domainkey.a-b.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("Bücher.EXAMPLE", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("ａbc.example", "abc.example"),
        ("_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"),
        ("1.2.3.4", "1.2.3.4"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
        (".".join(["a" * 49] * 5) + ".abc", ".".join(["a" * 49] * 5) + ".abc"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert to_ascii(text) == name
    assert is_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        ".example.com",
        "example..com",
        "example.com..",
        "-a.example",
        "a-.example",
        "exa mple.com",
        "example.com\n",
        "example.com\0",
        'ex"ample.com',
        "(c)example.com",
        "[192.0.2.1]",
        "a@b.example",
        "a/b",
        "*.example.com",
        "a" * 64 + ".example",
        "xn--" + "a" * 60 + ".example",
        ".".join(["a" * 49] * 6),
        "ü" * 2000,
        "ü" * 200 + ".example",
        "\u200b.example",
        "a\u202eb.example",
        "ü..example",
        "\ud800.example",
        "😀\0.example",
    ],
)
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(DomainError):
        to_ascii(text)


@given(st.text(max_size=40))
def test_any_text_is_a_name_or_a_domain_error(text: str) -> None:
    try:
        name = to_ascii(text)
    except DomainError:
        return
    assert is_name(name)
    assert to_ascii(name) == name
    assert to_ascii(name.upper() + ".") == name


@given(st.text(st.sampled_from("abü.-_xn例"), max_size=30))
def test_what_is_shown_leads_back(text: str) -> None:
    try:
        name = to_ascii(text)
    except DomainError:
        return
    assert to_ascii(to_unicode(name)) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("example.com", "example.com"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("xn--99999999.xn--bcher-kva.example", "xn--99999999.bücher.example"),
        ("xn--a.example", "xn--a.example"),
    ],
)
def test_unicode_is_for_showing(name: str, shown: str) -> None:
    assert to_unicode(name) == shown


@pytest.mark.parametrize(
    "text", ["", "Example.com", "example.com.", "a..b", "a b", "ü.example", "a" * 64, "example.com\n", "a." * 130]
)
def test_what_is_not_a_name_yet(text: str) -> None:
    assert not is_name(text)


def test_parents() -> None:
    assert parent("a.b.example") == "b.example"
    assert parent("example") == ""
    assert parent("") == ""


@pytest.mark.parametrize(
    ("name", "ancestor", "within"),
    [
        ("a.example", "example", True),
        ("example", "example", True),
        ("badexample", "example", False),
        ("example", "a.example", False),
        ("example.evil", "example", False),
    ],
)
def test_within(name: str, ancestor: str, within: bool) -> None:
    assert is_within(name, ancestor) is within
