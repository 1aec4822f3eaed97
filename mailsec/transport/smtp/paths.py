"""Reverse and forward paths (RFC 5321 section 4.1.2, with the UTF-8 of RFC 6531): what may stand between the angle brackets.

Nothing becomes a `Path` that could end a command line early or be read as a parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.limits.transport import SMTP_PATH
from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.tokens import quoted
from mailsec.transport.mx.hosts import address as ip_of

POSTMASTER = "postmaster"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LITERAL = re.compile(r"\[(?:IPv6:)?[0-9A-Fa-f:.]+\]\Z")


class PathError(ValueError):
    """The text is no address that a command could carry."""


@dataclass(frozen=True, slots=True)
class Path:
    """An address as MAIL and RCPT have it: `local` in its quoted form where it needs one, `domain` as A-labels or a literal.

    Both are empty in the null reverse path; `domain` alone is in `<postmaster>`. Made by `parse_path` only.
    """

    local: str = ""
    domain: str = ""

    @property
    def utf8(self) -> bool:
        """True where only SMTPUTF8 can carry it."""
        return not self.local.isascii()

    @property
    def is_literal(self) -> bool:
        """True where the domain is an address."""
        return self.domain.startswith("[")

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}" if self.domain else self.local


NULL = Path()


@lru_cache(1024)
def parse_path(text: str, *, null: bool = False, postmaster: bool = False) -> Path:
    """The path that `text` is, with or without angle brackets. `null` allows the empty one, `postmaster` that word alone.

    A domain with U-labels becomes A-labels. Raises PathError where it is not exactly one plain address: a display name, a
    comment, a source route, white space, a control character, or more than 256 octets.
    """
    inner = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if not inner and null:
        return NULL
    if inner.lower() == POSTMASTER and postmaster:
        return Path(inner)
    if _CONTROLS.search(inner):
        raise PathError("an address has no control characters")
    value = inner.encode()
    found = parse_addresses(value)
    if len(found.mailboxes) != 1 or found.defects or found.groups:
        raise PathError("not one address of the form local@domain")
    mailbox = found.mailboxes[0]
    written = (mailbox.address, mailbox.local + b"@" + mailbox.domain, quoted(mailbox.local) + b"@" + mailbox.domain)
    if mailbox.display or value not in written:
        raise PathError("only the address itself: no name, comment or space beside it")
    path = Path(from_bytes(mailbox.address[: -len(mailbox.domain) - 1]), _domain(from_bytes(mailbox.domain)))
    if len(str(path).encode()) + 2 > SMTP_PATH:
        raise PathError(f"longer than {SMTP_PATH} octets")
    return path


def _domain(text: str) -> str:
    if text.startswith("["):
        if not _LITERAL.match(text) or ip_of(text.lower()) is None or (":" in text and not text.startswith("[IPv6:")):
            raise PathError("not an address literal: write [192.0.2.1] or [IPv6:2001:db8::1]")
        return text
    try:
        return to_ascii(text)
    except DomainError as error:
        raise PathError(f"its domain is no name: {error}") from None


_PLAIN = frozenset(range(33, 127)) - {ord("+"), ord("=")}


def xtext(text: str) -> str:
    """`text` as a DSN parameter's value (RFC 3461 section 4). Raises ValueError where it is not ASCII."""
    return "".join(chr(octet) if octet in _PLAIN else f"+{octet:02X}" for octet in text.encode("ascii"))


def original_recipient(path: Path) -> str:
    """The value of ORCPT (RFC 3461 section 4.2), for an address with UTF-8 in the form of RFC 6533 section 3."""
    text = str(path)
    if text.isascii():
        return f"rfc822;{xtext(text)}"
    kept = _PLAIN - {ord("\\")}
    return "utf-8;" + "".join(char if ord(char) in kept else f"\\x{{{ord(char):X}}}" for char in text)
