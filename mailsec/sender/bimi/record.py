"""The BIMI assertion record: text to a frozen `BimiRecord` and back (the draft's section 4.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailsec.core.taglist import Tag, TagListError
from mailsec.core.taglist import parse as parse_tags

_VERSION = re.compile(r"v[ \t]*=[ \t]*BIMI1[ \t]*(?:;|\Z)")
# RFC 3986 without the comma, which has to be encoded.
_HTTPS = re.compile(
    r"https://[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]+(?::[0-9]{1,5})?"
    r"(?:[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+=\[\]-]|%[0-9A-Fa-f]{2})*)?\Z",
    re.IGNORECASE,
)
_MAX_URI = 4_096
_KNOWN = frozenset({"v", "l", "a", "avp", "lps"})


class BimiError(ValueError):
    """The record cannot be used; `start` and `end` are offsets of characters into its text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class BimiRecord:
    """A record. `location` and `evidence` are https: addresses or "".

    `preference` is "brand" or "personal", `local_part_selector` whether the local part chooses another record. `ignored` are
    the tags that mean nothing, or have a value that does.
    """

    location: str
    evidence: str = ""
    preference: str = "brand"
    local_part_selector: bool = False
    ignored: tuple[tuple[str, str], ...] = ()
    text: str = field(default="", compare=False)

    @property
    def declined(self) -> bool:
        """True where the domain says that it wants no logo shown (the draft's section 4.3.1)."""
        return not self.location

    @property
    def is_svg(self) -> bool:
        """False where the address of the logo ends like another format."""
        path = self.location.partition("#")[0].partition("?")[0].rpartition("/")[2].lower()
        return "." not in path or path.endswith((".svg", ".svgz"))


def is_record(text: str) -> bool:
    """True for a TXT record that is a BIMI record: `v=BIMI1` comes first and is case-sensitive."""
    return _VERSION.match(text) is not None


def parse(text: str) -> BimiRecord:
    """The record in `text`. Raises BimiError; nothing is repaired, as the draft demands."""
    try:
        tags = {tag.name: tag for tag in parse_tags(text)}
    except TagListError as error:
        raise BimiError(error.message, error.offset, len(text)) from None
    if not is_record(text):
        raise BimiError("v=BIMI1 does not stand first", 0, len(text))
    if "l" not in tags:
        raise BimiError("there is no l=", 0, len(text))
    ignored = [(tag.name, tag.value) for tag in tags.values() if tag.name not in _KNOWN]
    return BimiRecord(
        _uri(tags["l"]),
        _uri(tags["a"]) if "a" in tags else "",
        _word(tags.get("avp"), ("brand", "personal"), ignored),
        _word(tags.get("lps"), ("false", "true"), ignored) == "true",
        tuple(ignored),
        text,
    )


def _uri(tag: Tag) -> str:
    if tag.value and (len(tag.value) > _MAX_URI or not _HTTPS.match(tag.value)):
        raise BimiError(f"{tag.name}= is not one https: address", tag.start, tag.end)
    return tag.value


def _word(tag: Tag | None, words: tuple[str, str], ignored: list[tuple[str, str]]) -> str:
    """The value of a tag that takes one of two words, the default first."""
    if tag is not None and tag.value in words:
        return tag.value
    if tag is not None:
        ignored.append((tag.name, tag.value))
    return words[0]


def to_text(record: BimiRecord) -> str:
    """`record` as it is published: l= and a= always, the others where they differ from their default, ignored tags never."""
    tags = [("v", "BIMI1"), ("l", record.location), ("a", record.evidence)]
    if record.preference != "brand":
        tags.append(("avp", record.preference))
    if record.local_part_selector:
        tags.append(("lps", "true"))
    return "; ".join(f"{name}={value}" for name, value in tags) + ";"
