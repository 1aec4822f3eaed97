"""What stands unprotected beside a protected part: HTML that imitates a signature, hides the part, or would carry it away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailsec.content.judge import rules
from mailsec.content.judge.coverage import named
from mailsec.core.limits.content import CONTENT_HTML_BYTES, CONTENT_SHOWN_PARTS
from mailsec.core.results import Finding, finding
from mailsec.message.decode import decode, decoder_of
from mailsec.message.fields import Message
from mailsec.message.mime import Structure

_IMITATION = re.compile(
    rb"(?i)-----BEGIN PGP SIGN|\bgood signature\b|\bgoodsig\b|\bsignature (?:is |was )?(?:valid|verified|good|correct)\b"
    rb"|\b(?:validly|digitally) signed\b|\bverified signature\b|\bgpg: "
)
_HIDING = re.compile(
    rb"(?i)<style\b|<link\b|<i?frame\b|<form\b|\bstyle\s*=\s*[\"'][^\"'>]{0,200}(?:display|visibility|position|opacity|font-size)"
    rb"|\b(?:src|background|action|srcset)\s*=\s*[\"']?\s*(?:https?:)?//|url\(\s*[\"']?(?:https?:)?//"
)


def html_findings(message: Message, found: Structure, outside: Iterable[int], *, beside: bool) -> Iterator[Finding]:
    """What the HTML among the uncovered leaves `outside` does; `beside` is True where there is a protected part to hide."""
    for index in [each for each in outside if found.parts[each].type in ("text/html", "application/xhtml+xml")][
        :CONTENT_SHOWN_PARTS
    ]:
        part = found.parts[index]
        raw = memoryview(message.data)[part.body : min(part.end, part.body + CONTENT_HTML_BYTES)]
        text = bytes(decode(raw, decoder_of(part.media.encoding)).data)
        where = f"part {named(message, found, (index,))}"
        if match := _IMITATION.search(text):
            yield finding(rules.IMITATED, f"{where} says {match[0].decode('ascii', 'replace')!r}")
        if beside and (match := _HIDING.search(text)):
            yield finding(rules.HIDING, f"{where} has {match[0].decode('ascii', 'replace')[:60]!r}")
