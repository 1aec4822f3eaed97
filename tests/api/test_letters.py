"""What is said of a message that is encrypted for many."""

from __future__ import annotations

import pytest

from mailsec.api import letters
from mailsec.api.encrypt_smime import SmimeOptions, encrypt_smime
from mailsec.trust.keyring.certificates import read_certificates
from tests.certificates import NOW
from tests.content.smime.forge import BOB, HEADER, MALLORY, TEXT


def test_of_many_recipients_the_first_are_named_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_SHOWN", 1)
    keys = read_certificates([("bob", BOB.pem), ("mallory", MALLORY.pem)], str)
    report = encrypt_smime(HEADER + TEXT, "m", SmimeOptions(keys, certificates=keys.listed), now=NOW).report
    assert report.summary.endswith(" and 1 more.")
    assert sum(each.name == "recipient" for each in report.checks[0].children) == 2
