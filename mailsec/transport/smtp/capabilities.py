"""What a server says it can do: the reply to EHLO or LHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mailsec.core.text import from_bytes
from mailsec.transport.smtp.replies import Reply

_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The server's name for itself, and its extensions: keyword in upper case to parameters as written."""

    host: str = ""
    extensions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NONE)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.extensions

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """What AUTH offers (RFC 4954 section 3), in upper case."""
        return tuple(name.upper() for name in self.extensions.get("AUTH", ()))

    @property
    def size(self) -> int | None:
        """The largest message that it takes, in octets; None where SIZE is not offered or sets no limit (RFC 1870)."""
        stated = (*self.extensions.get("SIZE", ()), "0")[0]
        number = int(stated) if stated.isascii() and stated.isdigit() and len(stated) <= 20 else 0
        return number or None

    @property
    def texts(self) -> tuple[str, ...]:
        """Each extension as one text."""
        return tuple(" ".join((name, *parameters)) for name, parameters in self.extensions.items())


def capabilities(reply: Reply) -> Capabilities:
    """What a 250 reply to EHLO says. A line that is no keyword with parameters is passed over; `AUTH=PLAIN`, an old form, is
    read as AUTH PLAIN; of a keyword given twice the parameters add up."""
    host = from_bytes(reply.lines[0]).partition(" ")[0]
    found: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        keyword, *parameters = from_bytes(line).split() or [""]
        if keyword.upper().startswith("AUTH="):
            keyword, parameters = "AUTH", [keyword[5:], *parameters]
        if _KEYWORD.match(keyword):
            known = found.get(keyword.upper(), ())
            found[keyword.upper()] = (*known, *(each for each in parameters if each and each not in known))
    return Capabilities(host, MappingProxyType(found))
