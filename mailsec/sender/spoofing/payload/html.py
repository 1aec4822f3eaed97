"""What an HTML part makes a reader's program do: its links with the text they show, its forms, its scripts.

A scanner, not a parser: it looks for the few tags that matter, wherever they stand, as browsers forgive everything. One pass,
linear in the text; comments, scripts and styles are left out, but not the comments that Outlook reads.
"""

from __future__ import annotations

import re
from enum import StrEnum
from html import unescape
from typing import NamedTuple

from mailsec.core.limits.spoofing import MAX_HTML_ATTRIBUTES, MAX_HTML_CHARACTERS, MAX_HTML_LINKS, MAX_LINK_TEXT
from mailsec.core.text import clipped


class LinkKind(StrEnum):
    """What leads to the target."""

    LINK = "link"
    FORM = "form"
    REFRESH = "refresh"
    RESOURCE = "resource"
    TEXT = "text"


class Link(NamedTuple):
    """One place in a page that leads somewhere. `target` is as written; `text` is what a reader sees, "" where there is none.

    `at` is an offset in characters. `password` is True for a form that asks for one.
    """

    kind: LinkKind
    target: str
    text: str
    at: int
    password: bool = False


class Page(NamedTuple):
    """What was found in a page, in its order. `base` is the target of the first base tag; `smuggles` says that a script builds
    a file and hands it over; `whole` is False where the page, or the number of its links, is beyond what is read."""

    links: tuple[Link, ...]
    base: str = ""
    scripts: int = 0
    smuggles: bool = False
    whole: bool = True


_TAG = re.compile(
    r"(?i)<(?:(!--)|(/)?(a|area|base|button|embed|form|frame|iframe|img|input|link|meta|object|script|style|title)(?=[\s/>]))"
)
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?""")
_ONLY_TARGET = re.compile(r"""\s(href|src)="([^"]*)"\s?>""")
_TAG_END = re.compile(r"[\s/=]*>?")
_MARKUP = re.compile(r"<[^<>]*>")
_REFRESH = re.compile(r"(?i)[^;,]{0,40}[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"]*)")
_RAW_END = {name: re.compile(f"(?i)</{name}") for name in ("script", "style", "title")}
_HANDS_OVER = re.compile(r"(?i)\b(?:createObjectURL|msSaveOrOpenBlob|msSaveBlob)\b|\.download\s*=")
_BUILDS = re.compile(r"(?i)\bnew\s+(?:Blob|File)\b|\batob\s*\(|\bUint8Array\b|data:application/")
_RESOURCES = {
    "embed": ("src",),
    "frame": ("src",),
    "iframe": ("src",),
    "img": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
}


def read_page(text: str) -> Page:
    """What stands in a page. Never raises."""
    return _Scanner(text[:MAX_HTML_CHARACTERS], whole=len(text) <= MAX_HTML_CHARACTERS).run()


class _Scanner:
    def __init__(self, text: str, *, whole: bool) -> None:
        self.text = text
        self.whole = whole
        self.links: list[Link] = []
        self.base = ""
        self.scripts = 0
        self.builds = self.hands_over = False
        self.open: tuple[str, int, int] | None = None  # a link's target, where it begins, where its text does
        self.form: int | None = None  # the place of the open form among the links

    def run(self) -> Page:
        at = 0
        while (match := _TAG.search(self.text, at)) is not None:
            if match[1]:
                at = self._comment(match.end())
            elif match[2]:
                at = match.end()
                self._closing(match[3].lower(), match.start())
            else:
                attributes, at = self._attributes(match.end())
                at = self._opening(match[3].lower(), attributes, match.start(), at)
        self._end_link(len(self.text))
        return Page(tuple(self.links), self.base, self.scripts, self.builds and self.hands_over, self.whole)

    def _comment(self, at: int) -> int:
        if self.text.startswith(("[if", "[IF"), at):
            return at  # Outlook reads what stands in it
        if self.text.startswith((">", "->"), at):
            return at + 1
        end = self.text.find("-->", at)
        return len(self.text) if end < 0 else end + 3

    def _attributes(self, at: int) -> tuple[dict[str, str], int]:
        """The attributes of the tag from `at` on, the first of each name, and where the tag ends."""
        text = self.text
        plain = _ONLY_TARGET.match(text, at)
        if plain is not None:
            return {plain[1]: plain[2]}, plain.end()
        found: dict[str, str] = {}
        count = 0
        while (match := _ATTRIBUTE.match(text, at)) is not None:
            at = match.end()
            count += 1
            if count <= MAX_HTML_ATTRIBUTES:
                value = match[2] if match[2] is not None else match[3] if match[3] is not None else match[4] or ""
                found.setdefault(match[1].lower(), value)
        end = _TAG_END.match(text, at)
        return found, end.end() if end else at

    def _opening(self, name: str, attributes: dict[str, str], start: int, at: int) -> int:
        """Note what an opening tag says; where to read on."""
        if name == "a":
            self._end_link(start)
            if "href" in attributes:
                self.open = (attributes["href"], start, at)
        elif name == "area":
            self._add(LinkKind.LINK, attributes.get("href", ""), start, _short(attributes.get("alt", "")))
        elif name == "base":
            self.base = self.base or attributes.get("href", "")
        elif name == "form":
            self.form = len(self.links)
            self._add(LinkKind.FORM, attributes.get("action", ""), start, keep_empty=True)
        elif name in ("input", "button"):
            self._control(attributes, start)
        elif name == "meta":
            self._meta(attributes, start)
        for attribute in _RESOURCES.get(name, ()):
            self._add(LinkKind.RESOURCE, attributes.get(attribute, ""), start)
        return self._raw(name, at) if name in _RAW_END else at

    def _closing(self, name: str, start: int) -> None:
        if name == "a":
            self._end_link(start)
        elif name == "form":
            self.form = None

    def _control(self, attributes: dict[str, str], start: int) -> None:
        if attributes.get("formaction"):
            self._add(LinkKind.FORM, attributes["formaction"], start)
        form = self.form
        if attributes.get("type", "").strip().lower() == "password" and form is not None and form < len(self.links):
            self.links[form] = self.links[form]._replace(password=True)

    def _meta(self, attributes: dict[str, str], start: int) -> None:
        if attributes.get("http-equiv", "").strip().lower() == "refresh":
            match = _REFRESH.match(unescape(attributes.get("content", "")))
            self._add(LinkKind.REFRESH, match[1] if match else "", start)

    def _raw(self, name: str, at: int) -> int:
        """Behind the content of a script, style or title, which holds no tags."""
        match = _RAW_END[name].search(self.text, at)
        end = match.start() if match else len(self.text)
        if name == "script":
            self.scripts += 1
            script = self.text[at:end]
            self.builds = self.builds or _BUILDS.search(script) is not None
            self.hands_over = self.hands_over or _HANDS_OVER.search(script) is not None
        return end

    def _end_link(self, end: int) -> None:
        if self.open is not None:
            target, start, inner = self.open
            self.open = None
            text = visible_text(self.text[inner : min(end, inner + _SOURCE)])
            # an empty target is the page itself, or what its base tag says
            self._add(LinkKind.LINK, target, start, text, keep_empty=bool(self.base))

    def _add(self, kind: LinkKind, target: str, at: int, text: str = "", *, keep_empty: bool = False) -> None:
        if not target and not keep_empty:
            return
        if len(self.links) >= MAX_HTML_LINKS:
            self.whole = False
        else:
            self.links.append(Link(kind, target, text, at))


_SOURCE = 10 * MAX_LINK_TEXT
"""Characters of markup that are looked at for the text of one link."""


def _short(text: str) -> str:
    """An attribute's text as a reader sees it."""
    return clipped(" ".join(unescape(text[:_SOURCE]).split()), MAX_LINK_TEXT)


def visible_text(markup: str) -> str:
    """What a reader sees of a short piece of markup, on one line."""
    return _short(_MARKUP.sub("", markup) if "<" in markup else markup)
