"""Keys of persons in the DNS: the name that a mailbox has there, and how it is asked for (RFC 7929, RFC 8162)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from unicodedata import normalize

from mailsec.core.domains import DomainError
from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, Flow, ask
from mailsec.core.lookup import failed
from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses

_HASH_DIGITS = 56


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: `local` without quotation marks and in Unicode form C, `domain` as an A-label name."""

    local: str
    domain: str

    @property
    def lowered(self) -> Address:
        """The mailbox that careless software means."""
        return Address(self.local.lower(), self.domain)

    def name(self, label: str) -> str:
        """The DNS name of the mailbox's keys under `label` (_openpgpkey or _smimecert). No case is folded."""
        digest = sha256(self.local.encode("utf-8")).hexdigest()[:_HASH_DIGITS]
        return f"{digest}.{label}.{self.domain}"

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


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """What the DNS said. `exact` is False where only the lower-cased mailbox has records: somebody else's, perhaps."""

    address: Address
    name: str
    answer: Answer
    exact: bool


def look_up(address: Address, label: str, type: str) -> Flow[KeyAnswer]:
    """Ask for the keys of `address`, and for those of its lower-cased form where it has none."""
    name = address.name(label)
    answer = yield from ask(name, type)
    if failed(answer) or answer.records or address.lowered == address:
        return KeyAnswer(address, name, answer, True)
    lowered = address.lowered.name(label)
    other = yield from ask(lowered, type)
    if failed(other) or other.records:
        return KeyAnswer(address.lowered, lowered, other, False)
    return KeyAnswer(address, name, answer, True)
