"""The judgement of what a message carries: every leaf as a file, every page's links, in one pass over decoded content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mailsec.core.limits.spoofing import MAX_HTML_CHARACTERS, MAX_LINK_TARGET, MAX_MESSAGE_LINKS
from mailsec.core.results import Evidence, EvidenceKind, Finding
from mailsec.core.text import clipped
from mailsec.message.names import extension
from mailsec.message.words import charset_text
from mailsec.sender.spoofing.payload import rules
from mailsec.sender.spoofing.payload.archives import Budget
from mailsec.sender.spoofing.payload.files import File, judge_file
from mailsec.sender.spoofing.payload.html import Link, LinkKind, Page, read_page
from mailsec.sender.spoofing.payload.kinds import HTML, SVG
from mailsec.sender.spoofing.payload.links import Seen, judge_page
from mailsec.sender.spoofing.payload.names import PAGES
from mailsec.sender.spoofing.payload.notes import Notes
from mailsec.sender.spoofing.payload.urls import Url


class Content(NamedTuple):
    """A leaf with its content decoded. `names` are all file names it has, the one that is shown first; `start` and `end` are
    its octets in the file."""

    part: str
    type: str
    data: bytes
    charset: str = ""
    disposition: str = ""
    names: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None

    @property
    def is_file(self) -> bool:
        """True where programs offer it as a file."""
        return self.disposition == "attachment" or (bool(self.names) and self.disposition != "inline")


@dataclass(frozen=True, slots=True)
class Payload:
    """What a message carries: each link once, and what is odd about its files and links."""

    links: tuple[Seen, ...] = ()
    findings: tuple[Finding, ...] = ()
    links_left_out: int = 0


NOTHING = Payload()
"""What an empty message carries."""

_URL_MARK = re.compile(r"://|\b(?:www|WWW)\.(?=\w)")
_SCHEME_IN_FRONT = re.compile(r"(?i)(?<![a-z0-9])(?:https?|ftp)\Z")
_URL_REST = re.compile(rf"(?:://)?[^\s<>\"'`{{}}|\\^\[\]]{{1,{MAX_LINK_TARGET}}}")
_TRAILING = ".,;:!?)*_~"
_PAGE_TYPES = ("text/html", "application/xhtml+xml", "image/svg+xml")


class PayloadJudge:
    """Judges leaf by leaf, so that no more than one needs to be in memory. `site` is a domain of the author, or ""."""

    def __init__(self, site: str = "") -> None:
        self._site = site
        self._notes = Notes()
        self._budget = Budget()
        self._links: dict[tuple[str, LinkKind], Seen] = {}
        self._urls: dict[str, Url] = {}
        self._left_out = 0

    def add(self, content: Content) -> File:
        """Judge one more leaf; what it is as a file."""
        place = Evidence(EvidenceKind.BYTES, f"part {content.part}", "", content.start, content.end)
        file = judge_file(content.data, content.names, content.type, place, (self._budget, self._notes))
        if content.type in _PAGE_TYPES or file.kind in (HTML, SVG) or extension(file.name) in PAGES:
            page = read_page(_text(content))
            if content.is_file:
                self._attached(page, file, place)
            self._keep(judge_page(page, place, self._site, self._notes, self._urls))
        elif content.type.startswith(("text/", "message/")):
            self._keep(judge_page(Page(tuple(_links_in_text(content))), place, self._site, self._notes, self._urls))
        return file

    def reply(self, subject: str, place: Evidence, *, refers: bool) -> None:
        """Judge the Subject, which stands at `place`; `refers` says whether a field names the message that this one answers."""
        if not refers and (match := _REPLY.match(subject)):
            self._notes.add(rules.FAKE_REPLY, f"it begins with {match[1]}", place)

    def result(self) -> Payload:
        """What was found in all leaves."""
        return Payload(tuple(self._links.values()), tuple(self._notes.findings()), self._left_out)

    def _attached(self, page: Page, file: File, place: Evidence) -> None:
        name = clipped(file.name, 100) or place.where
        if page.smuggles:
            self._notes.add(rules.HTML_SMUGGLING, name, place)
        elif page.scripts:
            self._notes.add(rules.HTML_ACTIVE, f"{name}: {page.scripts} scripts", place)
        else:
            self._notes.add(rules.HTML_ATTACHMENT, name, place)

    def _keep(self, seen: Iterable[Seen]) -> None:
        for each in seen:
            # an address in the text and a link to it are one target
            key = (each.url.text, LinkKind.LINK if each.kind is LinkKind.TEXT else each.kind)
            known = self._links.get(key)
            if known is not None:
                self._links[key] = known._replace(times=known.times + 1, text=known.text or each.text)
            elif len(self._links) < MAX_MESSAGE_LINKS:
                self._links[key] = each
            else:
                self._left_out += 1


_REPLY = re.compile(r"(?i)\s{0,20}((?:re|aw|sv|antw|odp|vs|rif|res|回复|回覆)(?:\[\d{1,3}\])?\s{0,3}[:\uff1a])")


def _text(content: Content) -> str:
    """The text of a part, as far as it is read."""
    data = content.data[:MAX_HTML_CHARACTERS]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or content.charset.startswith("utf-16"):
        return data.decode("utf-16", "replace")
    return charset_text(data, content.charset)


def _links_in_text(content: Content) -> Iterator[Link]:
    """The addresses of the web that stand in a text, as programs make them links."""
    marked = b"://" in content.data
    named = b"www." in content.data or b"WWW." in content.data
    if not marked and not named:
        return
    text = _text(content)[:MAX_HTML_CHARACTERS]
    at = 0
    # the mark is found faster than a scheme in any case, and the scheme stands in front of it
    while (mark := _mark(text, at) if named else text.find("://", at)) >= 0:
        address = text[mark] == ":"
        scheme = _SCHEME_IN_FRONT.search(text[max(mark - 6, at) : mark]) if address else None
        rest = _URL_REST.match(text, mark)
        at = rest.end() if rest else mark + 3
        if rest is not None and rest.end() > mark + 3 and (scheme is not None or not address):
            target = rest[0].rstrip(_TRAILING)
            yield Link(LinkKind.TEXT, f"{scheme[0]}{target}" if scheme else f"http://{target}", "", mark)


def _mark(text: str, at: int) -> int:
    """Where the next address begins, or its `://` is; -1 where there is none."""
    match = _URL_MARK.search(text, at)
    return match.start() if match else -1
