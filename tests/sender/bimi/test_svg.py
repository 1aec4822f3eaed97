"""Logos against the profile: a table of cases with the rules they break, and what strangers send."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import BIMI_SVG_BYTES, BIMI_SVG_DEPTH, BIMI_SVG_ELEMENTS, BIMI_SVG_FINDINGS, BIMI_SVG_READ
from mailsec.core.results import Status
from mailsec.core.rules import Rule
from mailsec.sender.bimi import rules
from mailsec.sender.bimi.svg import Indicator, SvgProblem, judge, unpacked
from tests.published import fired, message
from tests.sender.bimi.marks import SVG

GOOD = SVG.decode()
ROOT = '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">'
TITLE = "<title>Example</title>"
XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def judged(text: str | bytes) -> Indicator:
    return judge(text if isinstance(text, bytes) else text.encode(), "logo.svg")


def drawing(*inside: str, root: str = ROOT, title: str = TITLE) -> str:
    return f"{root}{title}{''.join(inside)}</svg>"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<!-- a comment -->' + GOOD,
        "\ufeff" + GOOD,
        drawing(
            '<g fill="none"><path d="M0 0L1 1z"/><circle r="1"/><ellipse rx="1"/><line x1="0"/><polygon points="0,0"/></g>'
        ),
        drawing(
            '<defs><linearGradient id="a"><stop offset="0" stop-color="red"/></linearGradient></defs><rect fill="url(#a)"/>'
        ),
        drawing("<defs><radialGradient id='a' r='1'/><solidColor id='b'/></defs><text x='1'>A &amp; B</text><textArea/>"),
        drawing(f'<defs><g id="a"/></defs><use {XLINK} xlink:href="#a"/>'),
        drawing("<desc>Words</desc><metadata>words</metadata><g><title>another</title></g>"),
        drawing(root=ROOT.replace("0 0 64 64", " 0,0 , 1e2 100.0 ").replace(">", ' zoomAndPan="disable" focusable="false">')),
        drawing(root=ROOT.replace("<svg ", "<s:svg ").replace("xmlns=", "xmlns:s="), title="").replace(
            "</svg>", "<s:title>x</s:title></s:svg>"
        ),
    ],
)
def test_of_the_profile(text: str) -> None:
    found = judged(text)
    assert (found.check.status, fired(found.check)) == (Status.PASS, set()), found.check.findings
    assert found.svg == text.encode()


CASES: list[tuple[str, Rule, str]] = [
    (drawing("<script>alert(1)</script>"), rules.SVG_SCRIPT, "line 1: <script>"),
    (drawing("<handler/>"), rules.SVG_SCRIPT, "<handler>"),
    (drawing('<rect onclick="x()"/>'), rules.SVG_SCRIPT, 'the event handler onclick="x()"'),
    (drawing('<rect ONLOAD="x()"/>'), rules.SVG_SCRIPT, "ONLOAD"),
    (drawing('<rect fill=" java&#9;script:alert(1)"/>'), rules.SVG_SCRIPT, "fill="),
    (drawing('<x:script xmlns:x="http://www.w3.org/1999/xhtml"/>'), rules.SVG_SCRIPT, "script"),
    (drawing("<animate/>"), rules.SVG_ANIMATION, "<animate>"),
    (drawing("<set/>"), rules.SVG_ANIMATION, "<set>"),
    (drawing("<image/>"), rules.SVG_RASTER, "<image>"),
    (drawing("<video/>"), rules.SVG_RASTER, "<video>"),
    (drawing(f'<use {XLINK} xlink:href="data:image/png;base64,AA"/>'), rules.SVG_RASTER, "data:image/png"),
    (drawing("<a/>"), rules.SVG_REFERENCE, "<a>"),
    (drawing(f'<use {XLINK} xlink:href="http://evil.example/x"/>'), rules.SVG_REFERENCE, "xlink:href"),
    (drawing('<use href="other.svg#a"/>'), rules.SVG_REFERENCE, "href"),
    (drawing('<rect fill="url(https://evil.example/#a)"/>'), rules.SVG_REFERENCE, "fill"),
    (drawing("<rect fill=\"url( 'x.svg#a')\"/>"), rules.SVG_REFERENCE, "fill"),
    (drawing('<rect fill="&#117;RL(//evil.example)"/>'), rules.SVG_REFERENCE, "fill"),
    (drawing('<rect fill="\\75rl(//evil.example)"/>'), rules.SVG_REFERENCE, "fill"),
    (drawing('<rect fill="data:text/plain,x"/>'), rules.SVG_REFERENCE, "fill"),
    (drawing('<g xml:base="http://evil.example/"/>'), rules.SVG_REFERENCE, "xml:base"),
    ('<?xml-stylesheet href="x.css"?>' + GOOD, rules.SVG_REFERENCE, "<?xml-stylesheet?>"),
    (drawing("<foreignObject/>"), rules.SVG_ELEMENT, "<foreignObject>"),
    (drawing("<style>rect { fill: red }</style>"), rules.SVG_ELEMENT, "<style>"),
    (drawing("<switch/>"), rules.SVG_ELEMENT, "<switch>"),
    (drawing("<svg/>"), rules.SVG_ELEMENT, "<svg>"),
    (drawing("<Rect/>"), rules.SVG_ELEMENT, "<Rect>"),
    (drawing('<x:rect xmlns:x="urn:x"/>'), rules.SVG_ELEMENT, "<urn:x:rect>"),
    (drawing('<rect xmlns=""/>'), rules.SVG_ELEMENT, "<:rect>"),
    (drawing('<rect style="fill:red"/>'), rules.SVG_ATTRIBUTE, 'style="fill:red" on <rect>'),
    (drawing('<rect x:label="a" xmlns:x="urn:ink"/>'), rules.SVG_ATTRIBUTE, 'urn:ink:label="a"'),
    (drawing('<rect filter="none"/>'), rules.SVG_ATTRIBUTE, "filter"),
    (drawing(root=ROOT.replace(">", ' focusable="true">')), rules.SVG_ATTRIBUTE, 'focusable="true", not "false"'),
    (GOOD.replace('version="1.2"', 'version="1.1"'), rules.SVG_ROOT, '"1.1" stands there'),
    (GOOD.replace(' version="1.2"', ""), rules.SVG_ROOT, 'version="1.2" is missing'),
    (GOOD.replace("tiny-ps", "tiny"), rules.SVG_ROOT, 'baseProfile="tiny-ps" is missing: "tiny" stands there'),
    (drawing(root=ROOT.replace(">", ' x="0px">')), rules.SVG_ROOT, "x= stands on the root"),
    (GOOD.replace("http://www.w3.org/2000/svg", "urn:x"), rules.SVG_ROOT, "the root is <urn:x:svg>"),
    ("<html/>", rules.SVG_ROOT, "the root is <:html>"),
    (GOOD.replace(' viewBox="0 0 64 64"', ""), rules.SVG_VIEWBOX, "viewBox= is missing"),
    (GOOD.replace("0 0 64 64", "0 0 64 32"), rules.SVG_VIEWBOX, "is not square"),
    (GOOD.replace("0 0 64 64", "0 0 64"), rules.SVG_VIEWBOX, "is not four numbers"),
    (GOOD.replace("0 0 64 64", "0 0 a b"), rules.SVG_VIEWBOX, "is not four numbers"),
    (GOOD.replace("0 0 64 64", "0 0 0 0"), rules.SVG_VIEWBOX, "has no area"),
    (GOOD.replace("0 0 64 64", "0 0 1e999 1e999"), rules.SVG_VIEWBOX, "has no area"),
    (GOOD.replace("0 0 64 64", "9" * 100_000), rules.SVG_VIEWBOX, "is not four numbers"),
    (drawing(title=""), rules.SVG_TITLE, "no <title>"),
    (drawing(title="<g><title>x</title></g>"), rules.SVG_TITLE, "no <title>"),
    (drawing(title=TITLE * 2), rules.SVG_TITLE, "2 <title>"),
    (drawing(title="<title> </title>"), rules.SVG_TITLE, "is empty"),
    (drawing(title=f"<title>{'x' * 65}</title>"), rules.SVG_TITLE, "more than 64"),
    ("<!DOCTYPE svg>" + GOOD, rules.SVG_DOCTYPE, "the rest was not read"),
    ('<!DOCTYPE svg SYSTEM "file:///etc/passwd">' + GOOD, rules.SVG_DOCTYPE, "the rest was not read"),
    ('<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + GOOD, rules.SVG_DOCTYPE, "the rest was not read"),
    ("", rules.SVG_UNREADABLE, "empty"),
    ("  \n", rules.SVG_UNREADABLE, "empty"),
    ("no xml", rules.SVG_UNREADABLE, "line 1"),
    (GOOD.replace("</svg>", ""), rules.SVG_UNREADABLE, "line"),
    (GOOD + GOOD, rules.SVG_UNREADABLE, "junk after document element"),
    (GOOD.replace("Example", "&undefined;"), rules.SVG_UNREADABLE, "undefined entity"),
    (GOOD.replace("Example", "\0"), rules.SVG_UNREADABLE, "NUL"),
    ('<?xml version="1.0" encoding="ISO-8859-1"?>' + GOOD, rules.SVG_UNREADABLE, "ISO-8859-1, not UTF-8"),
    (drawing("<g>" * BIMI_SVG_DEPTH, "</g>" * BIMI_SVG_DEPTH), rules.SVG_COMPLEX, f"more than {BIMI_SVG_DEPTH}"),
    (drawing("<g/>" * BIMI_SVG_ELEMENTS), rules.SVG_COMPLEX, f"more than {BIMI_SVG_ELEMENTS}"),
    (drawing(f"<desc>{'x' * BIMI_SVG_BYTES}</desc>"), rules.SVG_SIZE, "octets without compression"),
    ("x" * (BIMI_SVG_READ + 1), rules.SVG_SIZE, "more than are read"),
]


@pytest.mark.parametrize(("text", "rule", "said"), CASES)
def test_what_breaks_the_profile(text: str, rule: Rule, said: str) -> None:
    found = judged(text).check
    assert found.status is Status.FAIL
    assert rule.id in fired(found)
    assert said in message(found, rule)
    if "encoding=" not in text and rule is not rules.SVG_COMPLEX:
        expected = {rule.id} | ({rules.SVG_SIZE.id} if len(text) > BIMI_SVG_BYTES else set())
        assert fired(found) <= expected | {rules.SVG_TITLE.id if "<title>" not in text else rule.id}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_other_encodings(encoding: str) -> None:
    found = judged(GOOD.replace("Example", "Bücher").encode(encoding)).check
    assert fired(found) == {rules.SVG_UNREADABLE.id}


def test_lines_are_named() -> None:
    found = judged(GOOD.replace("<rect", "<image/>\n<rect")).check
    assert message(found, rules.SVG_RASTER) == "line 3: <image>"
    assert found.findings[0].evidence[0].where == "logo.svg line 3"


def test_many_breaches_are_counted() -> None:
    found = judged(drawing("<b/>" * 200)).check
    assert len(found.findings) == BIMI_SVG_FINDINGS
    assert found.fact("breaches") == 200
    assert found.reason.endswith("150 more are not shown")


def test_compression() -> None:
    packed = gzip.compress(SVG)
    found = judge(packed, "logo.svgz")
    assert (found.check.status, found.svg, found.check.fact("compressed")) == (Status.PASS, SVG, True)
    assert (found.check.fact("octets"), found.check.fact("svg-octets")) == (len(packed), len(SVG))
    for bad in (packed[:-1], packed + b"x", b"\x1f\x8b", b"\x1f\x8bxxxxxxxxxxxxx", packed * 2):
        found = judge(bad, "x")
        assert (fired(found.check), found.svg) == ({rules.SVG_UNREADABLE.id, *fired(found.check)}, b"")
        with pytest.raises(SvgProblem):
            unpacked(bad)


def test_a_gigabyte_is_not_unpacked() -> None:
    engine = zlib.compressobj(9, wbits=31)
    block = b" " * (1 << 20)
    bomb = b"".join(engine.compress(block) for _ in range(1024)) + engine.flush()
    found = judge(bomb, "x")
    assert (fired(found.check), found.svg) == ({rules.SVG_SIZE.id}, b"")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_anything_is_judged(data: bytes) -> None:
    assert judge(data, "x").check.status is Status.FAIL
    judge(GOOD.replace("Example", "").encode() + data, "x")
    judge(ROOT.encode() + data, "x")


@given(st.sampled_from(["<g ", "<", "&#x;", "<!--", "<![CDATA[", 'a="', "]]>", "<?x ", "url(", "\\"]), st.integers(1, 30_000))
def test_repetitions_are_harmless(piece: str, count: int) -> None:
    judge((ROOT + piece * count).encode(), "x")
    judge(drawing(f'<rect fill="{piece.replace("<", "").replace(chr(34), "").replace("&", "") * count}"/>').encode(), "x")
