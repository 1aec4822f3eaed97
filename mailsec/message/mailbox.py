"""What an address list holds and what can be wrong with it: values, made by `addresses.parse_addresses`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, StrEnum

from mailsec.core.domains import to_ascii
from mailsec.core.text import from_bytes
from mailsec.message.tokens import quoted


class Grade(Enum):
    """How bad an address defect is."""

    OBSOLETE = "obsolete"
    """The obsolete syntax, which every reader must understand."""
    MALFORMED = "malformed"
    """Against the grammar, but there is one sensible reading."""
    AMBIGUOUS = "ambiguous"
    """Different programs will read different addresses."""


class AddressDefectKind(StrEnum):
    """What can be wrong with an address list; `grade` says how bad it is."""

    OBSOLETE_ROUTE = "obsolete-route"
    OBSOLETE_SPACE = "obsolete-space"
    OBSOLETE_PHRASE = "obsolete-phrase"
    EMPTY_ELEMENT = "empty-element"
    UNQUOTED_PHRASE = "unquoted-phrase"
    ADDRESS_IN_PHRASE = "address-in-phrase"
    EMPTY_ADDRESS = "empty-address"
    NO_AT = "no-at"
    BAD_DOTS = "bad-dots"
    LEADING_TEXT = "leading-text"
    TRAILING_TEXT = "trailing-text"
    UNCLOSED_GROUP = "unclosed-group"
    STRAY_SEMICOLON = "stray-semicolon"
    DEEP_COMMENT = "deep-comment"
    UNCLOSED_COMMENT = "unclosed-comment"
    UNCLOSED_QUOTE = "unclosed-quote"
    UNCLOSED_LITERAL = "unclosed-literal"
    UNCLOSED_ANGLE = "unclosed-angle"
    STRAY_ANGLE = "stray-angle"
    STRAY_COLON = "stray-colon"
    MISSING_COMMA = "missing-comma"
    SEVERAL_AT = "several-at"
    BAD_LOCAL = "bad-local"
    BAD_DOMAIN = "bad-domain"
    ENCODED_WORD = "encoded-word"
    CONTROL_CHARACTER = "control-character"
    NOT_UTF8 = "not-utf8"
    TOO_MANY = "too-many"
    TOO_LONG = "too-long"

    @property
    def grade(self) -> Grade:
        """How bad it is."""
        return _GRADES.get(self, Grade.AMBIGUOUS)


_OBSOLETE = ("obsolete-route", "obsolete-space", "obsolete-phrase", "empty-element")
_MALFORMED = (
    *("unquoted-phrase", "address-in-phrase", "empty-address", "no-at", "bad-dots", "leading-text", "trailing-text"),
    *("unclosed-group", "stray-semicolon", "deep-comment", "unclosed-angle", "stray-angle", "not-utf8"),
)
_GRADES = {AddressDefectKind(kind): Grade.OBSOLETE for kind in _OBSOLETE} | {
    AddressDefectKind(kind): Grade.MALFORMED for kind in _MALFORMED
}


@dataclass(frozen=True, slots=True)
class AddressDefect:
    """One thing that is wrong, and its octet offsets in the value."""

    kind: AddressDefectKind
    start: int
    end: int


_DOT_ATOM = re.compile(rb"[!#$%&'*+\-/-9=?A-Z^-~\x80-\xff]+(?:\.[!#$%&'*+\-/-9=?A-Z^-~\x80-\xff]+)*\Z")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address. `start` and `end` are its octet offsets in the value, display name and angle brackets included.

    `display` is the display name without quotes and comments, encoded words as they are (`words.display_text` reads them);
    `local` the local part without quoting; `domain` without comments and white space, in brackets where it is a literal;
    `route` the domains of an obsolete source route.
    """

    display: bytes
    local: bytes
    domain: bytes
    route: tuple[bytes, ...]
    start: int
    end: int

    @property
    def address(self) -> bytes:
        """The address as one writes it, the local part quoted where it must be."""
        local = self.local if _DOT_ATOM.match(self.local) else quoted(self.local)
        return local + b"@" + self.domain

    @property
    def is_literal(self) -> bool:
        """True for `user@[192.0.2.1]`: there is no domain that could vouch for it."""
        return self.domain.startswith(b"[")

    def domain_name(self) -> str:
        """The domain in lower-case A-labels. Raises DomainError where it is a literal or no valid name."""
        return to_ascii(from_bytes(self.domain))


@dataclass(frozen=True, slots=True)
class Group:
    """A named group of mailboxes, which may be empty."""

    display: bytes
    mailboxes: tuple[Mailbox, ...]


@dataclass(frozen=True, slots=True)
class AddressList:
    """What a field's value holds: all mailboxes in order, those in groups included."""

    mailboxes: tuple[Mailbox, ...]
    groups: tuple[Group, ...] = ()
    defects: tuple[AddressDefect, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """True where different programs will read different addresses here."""
        return any(defect.kind.grade is Grade.AMBIGUOUS for defect in self.defects)
