"""Where the links, forms and pictures of a message lead."""

from __future__ import annotations

from mailsec.api.inspect_case import Case
from mailsec.core.domains import to_unicode
from mailsec.core.results import Check, Fact
from mailsec.core.text import clipped
from mailsec.sender.spoofing.payload.html import LinkKind
from mailsec.sender.spoofing.payload.links import Seen
from mailsec.sender.spoofing.payload.rules import OF_LINKS

_HOSTS = 5
_TEXT = 200


def links_check(case: Case) -> Check:
    """Each target once, with the text that it shows first; what a program loads by itself comes last."""
    links = sorted(case.payload.links, key=lambda each: each.kind is LinkKind.RESOURCE)
    hosts = list(dict.fromkeys(each.url.host for each in links if each.url.host and each.kind is not LinkKind.RESOURCE))
    count = sum(each.kind is not LinkKind.RESOURCE for each in links)
    reason = f"{count} target{'s' * (count != 1)}" if links else "none"
    if hosts:
        more = f" and {len(hosts) - _HOSTS} more" if len(hosts) > _HOSTS else ""
        reason += f" at {', '.join(hosts[:_HOSTS])}{more}"
    facts: tuple[Fact, ...] = (Fact("targets", count), Fact("hosts", len(hosts)), Fact("resources", len(links) - count))
    if case.payload.links_left_out:
        facts += (Fact("left-out", case.payload.links_left_out),)
    findings = tuple(case.payload_findings(OF_LINKS, inside=True))
    return Check("links", None, reason, facts, findings, children=tuple(map(_link, links)))


def _link(seen: Seen) -> Check:
    url = seen.url
    words = [] if seen.kind in (LinkKind.LINK, LinkKind.TEXT) else [seen.kind.value]
    if seen.text and seen.text != url.text:
        words.append(f"“{clipped(seen.text, _TEXT)}”")
    if seen.times > 1:
        words.append(f"{seen.times} times")
    if "xn--" in url.host:
        words.append(f"reads {to_unicode(url.host)}")
    facts: tuple[Fact, ...] = (Fact("kind", seen.kind.value), Fact("host", url.host or None), Fact("part", seen.part[5:]))
    if url.tricks:
        facts += (Fact("tricks", ", ".join(url.tricks)),)
    return Check(url.text or "(empty)", None, ", ".join(words), facts)
