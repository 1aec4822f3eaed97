"""Identity: is the key that signed the key of the one author whom From names?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailsec.content.judge import rules
from mailsec.core.errors import BadInput
from mailsec.core.results import Finding, Status, finding
from mailsec.core.text import clipped, from_bytes
from mailsec.message.addresses import Grade, parse_addresses
from mailsec.message.authors import Author
from mailsec.message.fields import Message
from mailsec.message.mailbox import Mailbox
from mailsec.message.person import normal, parse_address, same
from mailsec.message.words import display_text
from mailsec.trust.keyring.keys import Bound, Certificate, Keys, Kind

_ADDRESS = re.compile(r"[^\s@<>\"'(),;:]{1,64}@[^\s@<>\"'(),;:]{1,255}")
_SHOWN = 200
_OTHERS = ("Sender", "Reply-To")
TRUST = {
    Kind.OPENPGP: "mailsec keys trust {} --address {}",
    Kind.X509: "mailsec verify --ca FILE, with the root of whoever issued the certificate",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whether a key is the author's: pass, fail (it is somebody else's), neutral (nobody vouched for it yet, or its domain
    publishes other keys) or temperror (what its domain publishes could not be looked up)."""

    status: Status
    reason: str
    address: str = ""
    findings: tuple[Finding, ...] = ()
    command: str = ""


def identify(author: Author, certificate: Certificate, keys: Keys) -> Identity:
    """Whether `certificate` is the one of the only author."""
    if trouble := _undecided(author):
        return Identity(Status.FAIL, trouble, findings=(finding(rules.AUTHOR_UNDECIDED, trouble),))
    mailbox = author.mailboxes[0]
    address = normal(from_bytes(mailbox.address))
    if other := _other_in_name(mailbox, address):
        said = f"the name says {clipped(other, _SHOWN)}, the address is {clipped(address, _SHOWN)}"
        return Identity(Status.FAIL, said, address, (finding(rules.ADDRESS_IN_NAME, said),))
    binding = keys.binding(certificate, address)
    if binding.bound.authenticated:
        return Identity(Status.PASS, f"the key of {clipped(address, _SHOWN)} ({binding.reason or binding.bound})", address)
    if binding.bound in (Bound.DENIED, Bound.OPEN):
        status = Status.NEUTRAL if binding.bound is Bound.DENIED else Status.TEMPERROR
        return Identity(status, f"whether the key is the one of {clipped(address, _SHOWN)}: {binding.reason}", address)
    if any(each.fingerprint == certificate.fingerprint for each in keys.of_address(address)):
        command = TRUST[certificate.kind].format(certificate.fingerprint, address)
        said = f"the key {certificate.fingerprint} says that it is of {clipped(address, _SHOWN)}; nobody vouched for that yet"
        return Identity(Status.NEUTRAL, said, address, (finding(rules.UNAUTHENTICATED, said, fix=command),), command)
    said = f"{clipped(address, _SHOWN)} is not an address of the key {certificate.fingerprint}"
    return Identity(Status.FAIL, said, address, (finding(rules.SIGNER_NOT_AUTHOR, said),))


def _undecided(author: Author) -> str:
    """Why there is no single author; "" where there is."""
    if author.reason:
        return author.reason
    if len(author.mailboxes) != 1:
        return f"From names {len(author.mailboxes)} addresses"
    if any(defect.kind.grade is Grade.AMBIGUOUS for defects in author.defects for defect in defects):
        return "programs will read different addresses in From"
    return ""


def _other_in_name(mailbox: Mailbox, address: str) -> str:
    """An address in the display name that is not the mailbox's own, or ""."""
    shown = display_text(mailbox.display, 5 * _SHOWN)
    return next((each for each in _ADDRESS.findall(shown) if not _same(each, address)), "")


def others(message: Message, address: str) -> tuple[Finding, ...]:
    """The fields beside From that name somebody else than `address`."""
    found = []
    for name in _OTHERS:
        for field in message.all(name):
            strange = [
                from_bytes(each.address)
                for each in parse_addresses(field.value).mailboxes
                if not _same(from_bytes(each.address), address)
            ]
            if strange:
                found.append(finding(rules.OTHER_SENDER, f"{name} names {clipped(strange[0], _SHOWN)}"))
    return tuple(found[:10])


def _same(one: str, other: str) -> bool:
    try:
        return same(parse_address(one), other)
    except BadInput:
        return False
