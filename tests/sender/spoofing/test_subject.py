"""What several rules share."""

from __future__ import annotations

import pytest

from mailsec.sender.spoofing.judge import Arrival
from mailsec.sender.spoofing.subject import akin
from tests.sender.spoofing.support import mail, subject


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("b.example", "b.example", True),
        ("mail.b.example", "b.example", True),
        ("b.example", "mail.b.example", True),
        ("x.b.example", "y.b.example", True),
        ("b.example", "c.example", False),
        ("b.co.uk", "c.co.uk", False),
        ("x.b.co.uk", "y.b.co.uk", True),
        ("b.example", "b.test", False),
    ],
)
def test_one_organization(one: str, other: str, expected: bool) -> None:
    assert akin(one, other) is expected


def test_recipients_come_from_the_envelope_first() -> None:
    message = mail("a@b.example", "To: x@to.example", "Cc: y@cc.example, z@-")
    assert subject(message).recipients == {"to.example", "cc.example"}
    stated = subject(message, arrival=Arrival(recipients=("x@rcpt.example", "postmaster", "x@..")))
    assert stated.recipients == {"rcpt.example"}


def test_without_from_there_is_no_author() -> None:
    alone = subject(b"To: x@y.example\r\n\r\nx")
    assert alone.authors == ()
    assert alone.author_domains == ()


def test_offline_nothing_has_passed() -> None:
    assert subject(mail("a@b.example")).passed == frozenset()
    assert not subject(mail("a@b.example")).vouched("b.example")


def test_a_list_is_told_by_its_fields() -> None:
    assert subject(mail("a@b.example", "List-Id: <x>")).listed
    assert not subject(mail("a@b.example")).listed
