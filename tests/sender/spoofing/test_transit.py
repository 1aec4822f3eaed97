"""Return paths and host names that are written to be misread."""

from __future__ import annotations

import pytest

from mailsec.sender.spoofing.judge import Arrival
from tests.sender.spoofing.support import findings, mail

MESSAGE = mail("a@b.example")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a@b.example", set()),
        ("", set()),
        ("a@[192.0.2.1]", set()),
        ("o'brien+x=y@b.example", set()),
        ("SRS0=x=y=c.example=a@b.example", set()),
        ('"a b"@b.example', set()),
        ("\u00fc@b\u00fccher.example", set()),
        ("postmaster", set()),
        ('"a@c.example"@b.example', {"mail-from-injection"}),
        ("a(c@b.example", {"mail-from-injection"}),
        ("a b@b.example", {"mail-from-injection"}),
        ("a@c@b.example", {"mail-from-injection"}),
        ("a\x00@b.example", {"mail-from-injection"}),
        ("a@b.example(c", {"mail-from-injection"}),
        ("a@b..example", {"mail-from-injection"}),
        ("@c.example:a@b.example", {"mail-from-route"}),
        ("@c.example,@d.example:a;b@b.example", {"mail-from-route", "mail-from-injection"}),
    ],
)
def test_return_paths(path: str, found: set[str]) -> None:
    assert set(findings(MESSAGE, arrival=Arrival(mail_from=path))) == found


@pytest.mark.parametrize(
    ("helo", "found"),
    [
        ("mx.b.example", False),
        ("[192.0.2.1]", False),
        ("[IPv6:2001:db8::1]", False),
        ("my_pc", False),
        ("a;b", True),
        ("a b", True),
        ("a\x00", True),
    ],
)
def test_host_names(helo: str, found: bool) -> None:
    assert ("helo-injection" in findings(MESSAGE, arrival=Arrival(helo=helo))) is found
