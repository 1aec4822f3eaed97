"""Links, forms and redirections: where a reader is told they lead against where they lead."""

from __future__ import annotations

import re
from typing import NamedTuple

from mailsec.core.domains import to_unicode
from mailsec.core.limits.spoofing import MAX_MESSAGE_LINKS
from mailsec.core.results import Evidence
from mailsec.core.rules import Severity
from mailsec.core.text import clipped
from mailsec.sender.spoofing.payload import rules
from mailsec.sender.spoofing.payload.html import Link, LinkKind, Page
from mailsec.sender.spoofing.payload.names import words
from mailsec.sender.spoofing.payload.notes import Notes
from mailsec.sender.spoofing.payload.urls import WEB, Trick, Url, organization, parse_url, same_site

_SHOWN_URL = re.compile(r"(?i)\b(?:https?|ftp)://[^\s<>\"'()\[\]{}]{1,2000}")
_SHOWN_HOST = re.compile(r"(?i)(?:www\.)?((?:[\w-]{1,63}\.){1,10}[a-z]{2,24})(?::\d{1,5})?(?:[/?#]\S*)?\Z")
_SHOWN_ADDRESS = re.compile(r"[^\s<>@\"']{1,64}@((?:[\w-]{1,63}\.){1,10}[A-Za-z]{2,24})\Z")
# a name in two parts with one of these ends is taken for a file's or a product's, not for a host's
_NOT_HOSTS = words(
    "ai app as asp aspx bat bz c cc cgi css csv dat doc docx exe gif gz h htm html ini jar java jpeg jpg js json jsp lib "
    "log lsp md mov mp mp3 pdf php pl png ppt pptx ps pub py rb rpm rs rtf sh so sql svg sys tar tex tgz ts txt vb wav "
    "xls xlsx xml xsl yml zip"
)
_HARMLESS_SCRIPT = re.compile(r"(?i)javascript:(?:void\(?(?:0|null)?\)?|//)?;*\Z")  # without its white space
_OPENS = frozenset({"javascript", "vbscript", "file", "smb", "mhtml", "ms-msdt", "ms-appinstaller", "search-ms", "search"})
_PAGES = ("data:text/html", "data:image/svg", "data:application/xhtml", "data:text/xml", "data:application/xml")
_NUMBERED_LISTS = re.compile(r"\A[\d.]+\Z")


class Seen(NamedTuple):
    """A link of the message, each target once: where it leads, how, the first text that it shows, the part, and how often."""

    url: Url
    kind: LinkKind
    text: str
    part: str
    times: int = 1


def judge_page(page: Page, place: Evidence, site: str, notes: Notes, known: dict[str, Url]) -> list[Seen]:
    """Note what is odd about the links of a page; all of them. `site` is a domain of the author, "" where there is none.

    `known` are the URLs of the message that were read already: text and page mostly have the same.
    """
    base = parse_url(page.base) if page.base else None
    seen: list[Seen] = []
    for link in page.links:
        url = known.get(link.target) if base is None else None
        if url is None:
            url = parse_url(link.target, base)
            if base is None and len(known) < MAX_MESSAGE_LINKS:
                known[link.target] = url
        seen.append(Seen(url, link.kind, link.text, place.where))
        if link.kind is LinkKind.RESOURCE:
            continue
        _target(url, place, notes)
        if link.kind is LinkKind.FORM:
            _form(link, url, place, site, notes)
        elif link.kind is LinkKind.REFRESH:
            if url.scheme in WEB:
                notes.add(rules.REFRESH, f"it leads on to {_named(url)}", place, url.text)
        elif link.text:
            _text(link, url, place, notes)
    if not page.whole:
        notes.add(rules.HTML_LIMIT, "the rest of it was not read", place)
    return seen


def _target(url: Url, place: Evidence, notes: Notes) -> None:
    """What a target is, whatever is shown for it."""
    if url.scheme in _OPENS or (url.scheme == "data" and url.text.lower().startswith(_PAGES)):
        if not _HARMLESS_SCRIPT.match("".join(url.text.split())):
            # scripts in the body of a mail do nothing in any program of today
            severity = Severity.LOW if url.scheme == "javascript" else None
            notes.add(rules.LINK_SCHEME, f"its scheme is {url.scheme}", place, url.text, severity)
        return
    if not url.tricks and "xn--" not in url.host and not url.host[-1:].isdigit() and ":" not in url.host:
        return
    if Trick.USERINFO in url.tricks:
        _userinfo(url, place, notes)
    if Trick.BACKSLASH in url.tricks and url.host:
        notes.add(rules.LINK_DISGUISED, f"a backslash ends its host, {url.host}, where an @ comes later", place, url.text)
    if url.host and (Trick.NUMBER_HOST in url.tricks or Trick.ENCODED_HOST in url.tricks):
        how = "an unusual number" if Trick.NUMBER_HOST in url.tricks else "percent signs"
        severity = None if url.is_ip else Severity.MEDIUM
        notes.add(rules.LINK_DISGUISED, f"the host is written in {how}: {_named(url)}", place, url.text, severity)
    elif url.is_ip:
        notes.add(rules.LINK_NUMBER, f"it leads to {url.host}", place, url.text)
    if "xn--" in url.host:
        notes.add(rules.LINK_IDN, f"{to_unicode(url.host)} is {url.host}", place, url.text)
    if url.nested and url.host and not same_site(url.host, url.nested.partition(":")[0]):
        notes.add(rules.LINK_NESTED, f"{url.host} is given the address of {clipped(url.nested, 100)}", place, url.text)


def _userinfo(url: Url, place: Evidence, notes: Notes) -> None:
    """What stands before an `@` is a user's name; where it looks like a host, it is there to be read as one."""
    if url.scheme in ("http", "https"):
        looks = "." in url.userinfo or "%" in url.userinfo
        shown = clipped(url.userinfo, 100)
        message = f"it begins with {shown}, and leads to {_named(url)}"
        notes.add(rules.LINK_DISGUISED, message, place, url.text, None if looks else Severity.LOW)


def _form(link: Link, url: Url, place: Evidence, site: str, notes: Notes) -> None:
    target = _named(url) if url.host or url.scheme else "where its script says"
    if link.password:
        notes.add(rules.FORM_PASSWORD, f"it sends the password to {target}", place, url.text or "form")
    elif url.host and not (site and same_site(url.host, site)):
        notes.add(rules.FORM, f"it sends what is typed to {target}", place, url.text)


def _text(link: Link, url: Url, place: Evidence, notes: Notes) -> None:
    """A text that is itself an address of the web, or of mail, against the target."""
    if url.scheme == "mailto":
        shown = _SHOWN_ADDRESS.match(link.text)
        domain = parse_url("//" + url.text[7:].partition("?")[0].rpartition("@")[2]).host
        if shown and domain and not same_site(parse_url("//" + shown[1]).host or domain, domain):
            notes.add(rules.LINK_TEXT, f"it shows {link.text}, and writes to {domain}", place, url.text)
        return
    if url.scheme not in WEB or not url.host:
        return
    host = shown_host(link.text)
    if not host or same_site(host, url.host):
        return
    message = f"it shows {clipped(link.text, 100)}, and leads to {_named(url)}"
    if _imitates(host, url):
        notes.add(rules.LINK_DISGUISED, message, place, url.text)
    else:
        # Brand.com is a name of a firm as much as of a host
        brand = "/" not in link.text and not link.text.startswith("www.") and link.text != link.text.lower()
        notes.add(rules.LINK_TEXT, message, place, url.text, Severity.LOW if brand else None)


def shown_host(text: str) -> str:
    """The host that a reader sees in a link's text, where the text is an address of the web; "" where it is words."""
    found = _SHOWN_URL.search(text)
    if found:
        return parse_url(found[0]).host
    match = _SHOWN_HOST.match(text)
    if match is None or _NUMBERED_LISTS.match(text):
        return ""
    last = match[1].rpartition(".")[2].lower()
    www = text[:4].lower() == "www."
    return "" if last in _NOT_HOSTS and not www else parse_url("//" + text).host


def _imitates(host: str, url: Url) -> bool:
    """True where the target is a number, or has the shown domain in front of its own: bank.example.evil.example."""
    return url.is_ip or organization(host) in url.host or organization(host) in url.userinfo.lower()


def _named(url: Url) -> str:
    return url.host or (f"{url.scheme}: {clipped(url.text, 100)}" if url.scheme else clipped(url.text, 100) or "nowhere")
