"""Whose key it is: what the bindings of keys come to, and whom a message names."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from mailsec.content.judge.identity import identify, others
from mailsec.core.results import Status
from mailsec.message.authors import author
from mailsec.message.fields import parse
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Binding, Bound, Certificate, Keys, Kind

WHO = "alice@bank.example"
CERTIFICATE = Certificate(Kind.X509, "F" * 64, b"")


@dataclass(frozen=True)
class Said:
    """Keys that say this of every address."""

    bound: Bound
    base: FileKeys = field(default_factory=FileKeys)

    def binding(self, certificate: Certificate, address: str) -> Binding:
        return Binding(address, self.bound, "as it is said")

    def __getattr__(self, name: str) -> object:
        return getattr(self.base, name)


def status(sender: bytes, bound: Bound) -> Status:
    keys: Keys = Said(bound)  # type: ignore[assignment] # the rest is the base's
    return identify(author(parse(b"From: " + sender + b"\r\n\r\n")), CERTIFICATE, keys).status


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (Bound.CERTIFIED, Status.PASS),
        (Bound.NOT, Status.FAIL),
        (Bound.DENIED, Status.NEUTRAL),
        (Bound.OPEN, Status.TEMPERROR),
    ],
)
def test_what_keys_say(bound: Bound, expected: Status) -> None:
    assert status(b"Alice <alice@bank.example>", bound) is expected


@pytest.mark.parametrize(
    "sender",
    [
        b"",
        b"nobody",
        b"a@bank.example, b@bank.example",
        b'"alice@bank.example" <mallory@evil.example>',
        b"alice@bank.example <mallory@evil.example>",
        b"Alice <mallory@evil.example@bank.example>",
        b"alice@bank.example: ",
    ],
)
def test_no_key_is_the_one_of_an_author_who_cannot_be_told(sender: bytes) -> None:
    assert status(sender, Bound.CERTIFIED) is Status.FAIL


def test_others_that_are_no_address_are_named_too() -> None:
    message = parse(b"Reply-To: <x@[>\r\nSender: Alice <alice@BANK.example>\r\n\r\n")
    assert all("Reply-To" in each.message for each in others(message, WHO))
