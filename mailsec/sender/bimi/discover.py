"""Which record speaks for a domain (draft-brand-indicators-for-message-identification sections 4.5 and 7.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailsec.core.flow import Answer, Flow, ask
from mailsec.core.limits.network import MAX_NAME
from mailsec.core.lookup import failed, texts
from mailsec.sender.bimi.material import Place
from mailsec.sender.bimi.record import BimiError, is_record, parse

_GAP = re.compile(r"[_.-]+")
_LABEL = re.compile(r"[a-z0-9-]{1,63}\Z", re.ASCII)


def owner_name(domain: str, selector: str) -> str:
    """The name of the record."""
    return f"{selector}._bimi.{domain}"


@dataclass(frozen=True, slots=True)
class Discovered:
    """What stands at the name of `place`: `found` are the texts of the records there, `answer` the DNS's word."""

    place: Place
    answer: Answer
    found: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the record."""
        return owner_name(self.place.domain, self.place.selector)


def discover(domain: str, organizational_domain: str, selector: str, local_part: str = "") -> Flow[Discovered]:
    """The records of `domain`, or those of its organizational domain where it has none.

    `local_part` is that of the author's address: a record may say that it chooses another one. The last answer comes back where
    there is no record; one that failed ends the search.
    """
    found = yield from _at(domain, organizational_domain, selector)
    if not found.found and not failed(found.answer) and organizational_domain not in ("", domain):
        found = yield from _at(organizational_domain, organizational_domain, selector)
    chosen = selector_of(local_part) if _asks_local_part(found) else ""
    if chosen and chosen != found.place.selector:
        other = yield from _at(found.place.domain, organizational_domain, chosen)
        return found if not _usable(other) else other
    return found


def _at(domain: str, organizational_domain: str, selector: str) -> Flow[Discovered]:
    answer = yield from ask(owner_name(domain, selector), "TXT")
    found = () if failed(answer) else tuple(text for text in texts(answer) if is_record(text))
    return Discovered(Place(domain, organizational_domain, selector), answer, found)


def _asks_local_part(found: Discovered) -> bool:
    try:
        return len(found.found) == 1 and parse(found.found[0]).local_part_selector
    except BimiError:
        return False


def _usable(found: Discovered) -> bool:
    try:
        return len(found.found) == 1 and parse(found.found[0]) is not None
    except BimiError:
        return False


def selector_of(local_part: str) -> str:
    """The selector that a local part makes (section 4.5), "" where it makes none."""
    text = _GAP.sub("-", local_part.partition("+")[0].lower()).strip("-")
    return text if _LABEL.match(text) else ""


def is_selector(text: str) -> bool:
    """Whether `text` can be a selector: labels between periods (section 4.4)."""
    return len(text) < MAX_NAME and all(_LABEL.match(label) and label.strip("-") == label for label in text.lower().split("."))
