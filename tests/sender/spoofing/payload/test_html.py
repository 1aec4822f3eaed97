from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.spoofing import MAX_HTML_CHARACTERS, MAX_HTML_LINKS, MAX_LINK_TEXT
from mailsec.sender.spoofing.payload.html import LinkKind, read_page, visible_text


def links(text: str) -> list[tuple[str, str, str]]:
    return [(link.kind.value, link.target, link.text) for link in read_page(text).links]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<a href="x">y</a>', ("link", "x", "y")),
        ("<A HREF='x'\n>y</A>", ("link", "x", "y")),
        ("<a href=x>y", ("link", "x", "y")),
        ("<a/href=x/>y</a>", ("link", "x/", "y")),
        ('<a title="<a href=no>" href="x">y</a>', ("link", "x", "y")),
        ('<a href="x" href="no"> a <b>b</b>\n&amp; c </a>', ("link", "x", "a b & c")),
        ('<area href=x alt="a &lt; b">', ("link", "x", "a < b")),
        ('<form action="x">', ("form", "x", "")),
        ("<form>", ("form", "", "")),
        ("<button formaction=x>", ("form", "x", "")),
        ("<meta http-equiv=Refresh content=\"0; URL='x'\">", ("refresh", "x", "")),
        ('<meta content="3,x" http-equiv=refresh>', ("refresh", "x", "")),
        ("<img src=x>", ("resource", "x", "")),
        ("<iframe src=x>", ("resource", "x", "")),
        ("<object data=x>", ("resource", "x", "")),
        ("<link href=x>", ("resource", "x", "")),
        ("<script src=x></script>", ("resource", "x", "")),
        ("<!--[if mso]><a href=x>y</a><![endif]-->", ("link", "x", "y")),
        ("<!--><a href=x>y</a>", ("link", "x", "y")),
        ("<a = href=x>y</a>", ("link", "x", "y")),
    ],
)
def test_what_leads_somewhere(markup: str, expected: tuple[str, str, str]) -> None:
    assert links(f"text {markup}") == [expected]


@pytest.mark.parametrize(
    "markup",
    [
        "<a name=x>y</a>",
        "<a href>y</a>",
        "<!-- <a href=x>y</a> -->",
        "<!-- <a href=x>y</a>",
        "<script>'<a href=x>y</a>'</script>",
        "<style><a href=x></style>",
        "<title><a href=x></title>",
        "<meta http-equiv=refresh content=5>",
        "<ab href=x>y</ab>",
        "<img>",
    ],
)
def test_what_leads_nowhere(markup: str) -> None:
    assert links(markup) == []


def test_an_empty_target_is_the_base() -> None:
    page = read_page('<base href="https://b.example/"><base href=no><a href="">x</a>')
    assert (page.base, page.links[0].target) == ("https://b.example/", "")


def test_a_link_ends_where_the_next_begins() -> None:
    assert links("<a href=1>one<a href=2>two</a>three") == [("link", "1", "one"), ("link", "2", "two")]


def test_a_form_that_asks_for_a_password() -> None:
    first, second = read_page("<form action=1><input type=' Password '></form><input type=password><form action=2>").links
    assert (first.password, second.password) == (True, False)


@pytest.mark.parametrize(
    ("script", "smuggles"),
    [
        ("new Blob([atob(x)]); a.download = 'x'", True),
        ("msSaveOrOpenBlob(new Blob())", True),
        ("new Blob()", False),
        ("a.download='x'", False),
        ("alert(1)", False),
    ],
)
def test_scripts_that_build_files(script: str, smuggles: bool) -> None:
    page = read_page(f"<script>{script}</script><script>x</script>")
    assert (page.scripts, page.smuggles) == (2, smuggles)


def test_bounds() -> None:
    page = read_page("<a href=x>y</a>" * (MAX_HTML_LINKS + 1))
    assert (len(page.links), page.whole) == (MAX_HTML_LINKS, False)
    assert not read_page("x" * (MAX_HTML_CHARACTERS + 1)).whole
    assert len(visible_text("x" * 10_000)) == MAX_LINK_TEXT


class _Judge(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(reversed(attrs)).get("href")
        if tag == "a" and href:
            self.found.append(href)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z0-9:.?_-][a-z0-9/:.?=_-]{0,19}", fullmatch=True),
            st.from_regex(r"[a-zA-Z0-9 .]{0,20}", fullmatch=True),
            st.sampled_from(
                ['<a href="{}">{}</a>', "<A class='x y' HREF='{}' >{}</A>", "<a id=1 href={} >{}</a>", "<p><b>{}</b>{}</p>"]
            ),
        ),
        max_size=8,
    )
)
def test_the_standard_library_finds_the_same_links(pieces: list[tuple[str, str, str]]) -> None:
    text = "".join(form.format(target, shown) for target, shown, form in pieces)
    judge = _Judge()
    judge.feed(text)
    assert [link.target for link in read_page(text).links if link.kind is LinkKind.LINK] == judge.found


@given(st.text(alphabet="<>/!-=\"' ahrefscipt&;x\n", max_size=300))
def test_any_markup_is_read(text: str) -> None:
    page = read_page(text)
    assert all(len(link.text) <= MAX_LINK_TEXT for link in page.links)


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<a ",
        "<a href=",
        '<a href="',
        "<a href='",
        "<!--",
        '<a x="',
        "<script>",
        "&",
        "<a b ",
        "<a href=x>",
        "</a",
        "<meta content=';",
        "=",
    ],
)
def test_hostile_repetition_is_linear(unit: str) -> None:
    start = time.process_time()
    read_page(unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 10
