"""The selectors worth asking for."""

from __future__ import annotations

import pytest

from mailsec.core.domains import to_ascii
from mailsec.core.limits.sender import DKIM_SELECTORS
from mailsec.sender.dkim import selectors
from mailsec.sender.dkim.selectors import COMMON, inferred


def test_the_common_ones_are_names_and_stand_once() -> None:
    assert len(set(COMMON)) == len(COMMON)
    assert all(to_ascii(selector) == selector for selector in COMMON)
    everything = {*COMMON, *(each for _, found in selectors._PROVIDERS for each in found)}
    assert all(to_ascii(selector) == selector for selector in everything)
    assert len(everything) < DKIM_SELECTORS


@pytest.mark.parametrize(
    ("hosts", "includes", "expected"),
    [
        (["aspmx.l.google.com"], [], {"google", "20230601"}),
        ([], ["_spf.google.com"], {"google", "20230601"}),
        (["example-com.mail.protection.outlook.com"], [], {"selector1", "selector2"}),
        ([], ["SPF.Protection.Outlook.COM."], {"selector1", "selector2"}),
        (["in1-smtp.messagingengine.com"], [], {"fm1", "fm2", "fm3"}),
        (["mail.protonmail.ch"], [], {"protonmail", "protonmail2", "protonmail3"}),
        ([], ["amazonses.com"], {"amazonses"}),
        ([], ["servers.mcsv.net", "sendgrid.net"], {"k1", "s1"}),
    ],
)
def test_providers_are_recognized(hosts: list[str], includes: list[str], expected: set[str]) -> None:
    assert expected <= set(inferred(hosts, includes))


def test_nobody_else_is() -> None:
    assert inferred(["mx.example.com", "google.com.example", "notgoogle.com"], ["", "com"]) == ()
    found = inferred(["a.google.com", "b.google.com"], ["_spf.google.com"])
    assert len(found) == len(set(found))
