"""A person's mailbox as keys and certificates name it: what is the same address, and what is not."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import normalize

from mailsec.core.domains import DomainError
from mailsec.core.errors import BadInput
from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: `local` without quotation marks and in Unicode form C, `domain` as an A-label name."""

    local: str
    domain: str

    @property
    def lowered(self) -> Address:
        """The mailbox that careless software means."""
        return Address(self.local.lower(), self.domain)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse_address(text: str) -> Address:
    """The mailbox in `text`. Raises BadInput where it is not exactly one."""
    try:
        found = parse_addresses(text.encode("utf-8"))
        mailbox = found.mailboxes[0]
        if len(found.mailboxes) > 1 or found.groups or mailbox.display or mailbox.route or "<" in text or not mailbox.local:
            raise IndexError
        return Address(normalize("NFC", from_bytes(mailbox.local)), mailbox.domain_name())
    except (IndexError, DomainError, UnicodeEncodeError):
        raise BadInput("not a mail address", hint="give it as local@domain") from None


def same(address: Address, other: str) -> bool:
    """True where `other`, an address in a key or certificate, is `address`: its local part exactly, its domain in any case."""
    try:
        found = parse_address(other)
    except BadInput:
        return False
    return found == address


def normal(text: str) -> str:
    """A mail address as keys are asked for it: its domain in lower-case A-labels. What is no address stays as it is."""
    try:
        return str(parse_address(text))
    except BadInput:
        return text


def address_in(user_id: str) -> str:
    """The mail address in an OpenPGP user ID: what stands in angle brackets, or the whole."""
    start = user_id.rfind("<")
    return user_id[start + 1 : -1] if start >= 0 and user_id.endswith(">") else user_id
