from __future__ import annotations

import pytest

from mailsec.core.limits.spoofing import MAX_HTML_LINKS, MAX_MESSAGE_LINKS
from mailsec.core.results import Evidence, EvidenceKind
from mailsec.sender.spoofing.payload.html import LinkKind
from mailsec.sender.spoofing.payload.judge import Content, Payload, PayloadJudge

PLACE = Evidence(EvidenceKind.FIELD, "Subject")


def judged(*contents: Content, site: str = "") -> Payload:
    judge = PayloadJudge(site)
    for content in contents:
        judge.add(content)
    return judge.result()


def text(data: bytes, **more: str) -> Content:
    return Content("1", "text/plain", data, **more)


@pytest.mark.parametrize(
    ("data", "urls"),
    [
        (b"see https://a.example/x. And http://b.example!", ["https://a.example/x", "http://b.example"]),
        (b"(https://a.example/x)", ["https://a.example/x"]),
        (b"<https://a.example/x>", ["https://a.example/x"]),
        (b"FTP://a.example www.b.example, WWW.c.example", ["FTP://a.example", "http://www.b.example", "http://WWW.c.example"]),
        (b"https://a.example/?u=https://b.example/", ["https://a.example/?u=https://b.example/"]),
        (b"xhttp://a.example nothttps://b.example ://c.example www. http:// x", []),
        (b"no address at all", []),
    ],
)
def test_addresses_in_text(data: bytes, urls: list[str]) -> None:
    assert [seen.url.text for seen in judged(text(data)).links] == urls


def test_text_and_page_with_the_same_link_are_one_target() -> None:
    page = Content("2", "text/html", b"<a href='https://a.example/x'>here</a><a href='https://a.example/x'>there</a>")
    (seen,) = judged(text(b"https://a.example/x"), page).links
    assert (seen.text, seen.times, seen.part, seen.kind) == ("here", 3, "part 1", LinkKind.TEXT)


@pytest.mark.parametrize(
    "content",
    [
        Content("1", "text/html", "<a href='https://b.example'>https://a.example</a>".encode("utf-16")),
        Content("1", "text/html", "<a href='https://b.example'>https://a.example</a>".encode("utf-16-le"), "utf-16le"),
        Content("1", "text/plain", b"<html><a href='https://b.example'>https://a.example</a>"),
        Content("1", "application/octet-stream", b"<a href='https://b.example'>https://a.example</a>", names=("a.html",)),
    ],
)
def test_pages_under_any_label_are_read(content: Content) -> None:
    assert "payload-link-text" in {found.rule for found in judged(content).findings}


def test_links_of_a_message_are_bounded() -> None:
    page = b"".join(b"<a href='https://a.example/%d'>x</a>" % each for each in range(MAX_HTML_LINKS))
    pages = [Content(str(part), "text/html", page.replace(b"a.example", b"a%d.example" % part)) for part in range(4)]
    found = judged(*pages)
    assert (len(found.links), found.links_left_out) == (MAX_MESSAGE_LINKS, 4 * MAX_HTML_LINKS - MAX_MESSAGE_LINKS)


@pytest.mark.parametrize("subject", ["Re: x", "RE[2]: x", "AW: x", "Re : x", "\u56de\u590d\uff1ax"])
def test_a_reply_to_nothing(subject: str) -> None:
    for refers, rules in ((False, ["payload-fake-reply"]), (True, [])):
        judge = PayloadJudge()
        judge.reply(subject, PLACE, refers=refers)
        assert [found.rule for found in judge.result().findings] == rules


@pytest.mark.parametrize("subject", ["", "Regarding x", "Fwd: x", "Ready: x"])
def test_no_reply(subject: str) -> None:
    judge = PayloadJudge()
    judge.reply(subject, PLACE, refers=False)
    assert judge.result().findings == ()
